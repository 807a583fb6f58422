/* One input channel for each output channel: vectors of channels, some pixels at once. Weights lie
 * [vector][kernel_h][kernel_w]. */

#define DEPTHWISE_PIXELS 8

ALWAYS void depthwise_store(const enum seam_act act, const struct seam_conv_private *p,
                            const struct kernel_row *row, int x, const int pixels, int channel,
                            const vf *acc)
{
    UNROLL
    for (int m = 0; m < pixels; m++)
        finish(p, act, row, x + m, channel, acc[m]);
}

ALWAYS void depthwise_block(const struct seam_conv_private *p, const struct kernel_block *b,
                            const struct kernel_row *row, int x, const int pixels)
{
    const struct seam_conv_desc *d = &p->desc;
    const ptrdiff_t step = (ptrdiff_t)d->stride_x * d->in_pitch;
    const float *w = p->weights + b->weights;
    vf acc[DEPTHWISE_PIXELS];
    UNROLL
    for (int m = 0; m < pixels; m++)
        acc[m] = vload(p->bias + b->out);
    for (int ky = 0; ky < d->kernel_h; ky++) {
        const float *in = row->in[ky * d->dilation_y] + x * step -
                          (ptrdiff_t)d->pad_left * d->in_pitch + b->in;
        for (int kx = 0; kx < d->kernel_w;
             kx++, w += VL, in += (ptrdiff_t)d->dilation_x * d->in_pitch) {
            const vf u = vload(w);
            UNROLL
            for (int m = 0; m < pixels; m++)
                acc[m] = vfma(vload(in + m * step), u, acc[m]);
        }
    }
    FOR_ACT(depthwise_store, p, row, x, pixels, b->out, acc);
}

static void run_depthwise(const struct seam_conv_private *p, const struct seam_conv_rows *rows,
                          float *scratch)
{
    (void)scratch;
    for (int x0 = rows->x0; x0 < rows->x1; x0 += DIRECT_STRIP) {
        const int end = rows->x1 - x0 < DIRECT_STRIP ? rows->x1 : x0 + DIRECT_STRIP;
        for (int r = 0; r < rows->rows; r++) {
            const struct kernel_row row = row_of(p, rows, r);
            for (int i = 0; i < p->blocks; i++) {
                int x = x0;
                for (; x + DEPTHWISE_PIXELS <= end; x += DEPTHWISE_PIXELS)
                    depthwise_block(p, &p->block[i], &row, x, DEPTHWISE_PIXELS);
                for (; x < end; x++)
                    depthwise_block(p, &p->block[i], &row, x, 1);
            }
        }
    }
}
