/* One input channel for each output channel: vectors of channels, some pixels at once. Weights lie
 * [vector][kernel_h][kernel_w]. */

#define DEPTHWISE_PIXELS 8
#define DEPTHWISE_TAPS 5
#define DEPTHWISE_STRIP 32 /* columns whose inputs several rows find in the cache */

ALWAYS void depthwise_store(const enum seam_act act, const struct seam_conv_private *p,
                            const struct kernel_row *row, int x, const int pixels, int channel,
                            const vf *acc)
{
    UNROLL
    for (int m = 0; m < pixels; m++)
        finish(p, act, row, x + m, channel, acc[m]);
}

/* One kernel row of any width. */
ALWAYS void depthwise_row(const struct seam_conv_desc *d, const float *w, const float *in,
                          const int pixels, vf *acc)
{
    const ptrdiff_t step = (ptrdiff_t)d->stride_x * d->in_pitch;
    for (int kx = 0; kx < d->kernel_w;
         kx++, w += VL, in += (ptrdiff_t)d->dilation_x * d->in_pitch) {
        const vf u = vload(w);
        UNROLL
        for (int m = 0; m < pixels; m++)
            acc[m] = vfma(vload(in + m * step), u, acc[m]);
    }
}

/* The same for `taps` columns side by side and no stride: each input pixel is loaded once. */
ALWAYS void depthwise_slide(const struct seam_conv_desc *d, const float *w, const float *in,
                            const int pixels, const int taps, vf *acc)
{
    vf u[DEPTHWISE_TAPS];
    UNROLL
    for (int kx = 0; kx < taps; kx++)
        u[kx] = vload(w + kx * VL);
    UNROLL
    for (int j = 0; j < pixels + taps - 1; j++) {
        const vf v = vload(in + (ptrdiff_t)j * d->in_pitch);
        UNROLL
        for (int kx = 0; kx < taps; kx++)
            if (j - kx >= 0 && j - kx < pixels)
                acc[j - kx] = vfma(v, u[kx], acc[j - kx]);
    }
}

/* `taps`: the kernel's width where its columns slide, else 0. */
ALWAYS void depthwise_block(const struct seam_conv_private *p, const struct kernel_block *b,
                            const struct kernel_row *row, int x, const int pixels, const int taps)
{
    const struct seam_conv_desc *d = &p->desc;
    const float *w = p->weights + b->weights;
    vf acc[DEPTHWISE_PIXELS];
    UNROLL
    for (int m = 0; m < pixels; m++)
        acc[m] = vload(p->bias + b->out);
    for (int ky = 0; ky < d->kernel_h; ky++, w += (ptrdiff_t)d->kernel_w * VL) {
        const float *in = row->in[ky * d->dilation_y] +
                          ((ptrdiff_t)x * d->stride_x - d->pad_left) * d->in_pitch + b->in;
        if (taps)
            depthwise_slide(d, w, in, pixels, taps, acc);
        else
            depthwise_row(d, w, in, pixels, acc);
    }
    FOR_ACT(depthwise_store, p, row, x, pixels, b->out, acc);
}

/* All channels of some pixels before the next pixels, so that memory is read as it lies. */
ALWAYS void depthwise_columns(const struct seam_conv_private *p, const struct kernel_row *row,
                              int x, int x1, const int taps)
{
    for (; x + DEPTHWISE_PIXELS <= x1; x += DEPTHWISE_PIXELS)
        for (int i = 0; i < p->blocks; i++)
            depthwise_block(p, &p->block[i], row, x, DEPTHWISE_PIXELS, taps);
    for (; x < x1; x++)
        for (int i = 0; i < p->blocks; i++)
            depthwise_block(p, &p->block[i], row, x, 1, 0);
}

static NOINLINE void depthwise_any(const struct seam_conv_private *p, const struct kernel_row *row,
                                   int x, int x1)
{
    depthwise_columns(p, row, x, x1, 0);
}

static NOINLINE void depthwise_3(const struct seam_conv_private *p, const struct kernel_row *row,
                                 int x, int x1)
{
    depthwise_columns(p, row, x, x1, 3);
}

static NOINLINE void depthwise_5(const struct seam_conv_private *p, const struct kernel_row *row,
                                 int x, int x1)
{
    depthwise_columns(p, row, x, x1, 5);
}

static void run_depthwise(const struct seam_conv_private *p, const struct seam_conv_rows *rows,
                          float *scratch)
{
    const struct seam_conv_desc *d = &p->desc;
    const bool slides = d->stride_x == 1 && d->dilation_x == 1;
    (void)scratch;
    for (int x = rows->x0; x < rows->x1; x += DEPTHWISE_STRIP) {
        const int end = rows->x1 - x < DEPTHWISE_STRIP ? rows->x1 : x + DEPTHWISE_STRIP;
        for (int r = 0; r < rows->rows; r++) {
            const struct kernel_row row = row_of(p, rows, r);
            if (slides && d->kernel_w == 3)
                depthwise_3(p, &row, x, end);
            else if (slides && d->kernel_w == 5)
                depthwise_5(p, &row, x, end);
            else
                depthwise_any(p, &row, x, end);
        }
    }
}
