/* Few output channels: vectors of input samples, multiplied lane by lane and summed across at the
 * end, so that 3 channels fill a vector of 16 as well as 64 do. Weights lie
 * [kernel_h][taps][vector of input samples][out]. */

/* What goes into or comes out of the pixels from column x on, `channels` each, one after the other
 * in a vector. */
ALWAYS vf dot_gather(const float *row, ptrdiff_t x, int pitch, const int pixels, const int channels)
{
    if (pitch == channels)
        return vload(row + x * pitch);
    float lanes[VL] = { 0 };
    UNROLL
    for (int m = 0; m < pixels; m++)
        memcpy(lanes + m * channels, row + (x + m) * pitch, (size_t)channels * sizeof(float));
    return vload(lanes);
}

ALWAYS void dot_scatter(float *row, ptrdiff_t x, int pitch, const int pixels, const int channels,
                        vf v)
{
    if (pitch == channels) {
        vstore_some(row + x * pitch, v, pixels * channels);
        return;
    }
    float lanes[VL];
    vstore(lanes, v);
    UNROLL
    for (int m = 0; m < pixels; m++)
        memcpy(row + (x + m) * pitch, lanes + m * channels, (size_t)channels * sizeof(float));
}

ALWAYS void dot_store(const enum seam_act act, const struct seam_conv_private *p,
                      const struct kernel_row *row, int x, const int pixels, const int channels,
                      vf v)
{
    const struct seam_conv_desc *d = &p->desc;
    v = v + vload(p->bias);
    if (row->before)
        v = v + dot_gather(row->before, x, d->before_pitch, pixels, channels);
    v = activate(p, act, v, act == SEAM_ACT_LEAKY ? vload(p->slope) : vsplat(0));
    if (row->after)
        v = v + dot_gather(row->after, x, d->after_pitch, pixels, channels);
    dot_scatter(row->out, x, d->out_pitch, pixels, channels, v);
}

ALWAYS void dot_block(const struct seam_conv_private *p, const struct kernel_row *row, int x,
                      const int pixels, const int channels)
{
    const struct seam_conv_desc *d = &p->desc;
    const ptrdiff_t step = (ptrdiff_t)d->stride_x * d->in_pitch;
    const float *w = p->weights;
    vf acc[VL];
    UNROLL
    for (int i = 0; i < VL; i++)
        acc[i] = vsplat(0);
    for (int ky = 0; ky < d->kernel_h; ky++) {
        const float *in =
            row->in[ky * d->dilation_y] + x * step - (ptrdiff_t)d->pad_left * d->in_pitch;
        for (int kx = 0; kx < p->taps; kx++, in += (ptrdiff_t)d->dilation_x * d->in_pitch)
            for (int c = 0; c < p->chunks_in; c++, w += channels * VL) {
                vf u[KERNEL_MOST_DOTS];
                UNROLL
                for (int n = 0; n < channels; n++)
                    u[n] = vload(w + n * VL);
                UNROLL
                for (int m = 0; m < pixels; m++) {
                    const vf s = vload(in + m * step + c * VL);
                    UNROLL
                    for (int n = 0; n < channels; n++)
                        acc[m * channels + n] = vfma(s, u[n], acc[m * channels + n]);
                }
            }
    }
    const vf sums = vsums(acc);
    FOR_ACT(dot_store, p, row, x, pixels, channels, sums);
}

#define DOT_COLUMNS(channels)                                                                      \
    static void dot_columns_##channels(const struct seam_conv_private *p,                          \
                                       const struct kernel_row *row, int x0, int x1)               \
    {                                                                                              \
        int x = x0;                                                                                \
        for (; x + VL / channels <= x1; x += VL / channels)                                        \
            dot_block(p, row, x, VL / channels, channels);                                         \
        for (; x < x1; x++)                                                                        \
            dot_block(p, row, x, 1, channels);                                                     \
    }

DOT_COLUMNS(1)
DOT_COLUMNS(2)
DOT_COLUMNS(3)
DOT_COLUMNS(4)

static void run_dot(const struct seam_conv_private *p, const struct seam_conv_rows *rows,
                    float *scratch)
{
    (void)scratch;
    for (int r = 0; r < rows->rows; r++) {
        const struct kernel_row row = row_of(p, rows, r);
        switch (p->desc.out) {
        case 1: dot_columns_1(p, &row, rows->x0, rows->x1); break;
        case 2: dot_columns_2(p, &row, rows->x0, rows->x1); break;
        case 3: dot_columns_3(p, &row, rows->x0, rows->x1); break;
        case 4: dot_columns_4(p, &row, rows->x0, rows->x1); break;
        default: break;
        }
    }
}
