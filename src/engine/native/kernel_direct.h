/* Any convolution: vectors of output channels, each input sample broadcast. Some pixels times some
 * vectors stay in registers over the whole sum, which runs from the bias over kernel rows, kernel
 * columns and input channels in that order. Weights lie [block][kernel_h][taps][in][vector]. */

/* Sums of `pixels` pixels and `vectors` vectors to [pixel][vector]. By itself, or the compiler runs
 * out of registers in the inner loop. */
ALWAYS void direct_sum(const struct seam_conv_private *p, const struct kernel_block *b,
                       const struct kernel_row *row, int x, float *sums, const int pixels,
                       const int vectors)
{
    const struct seam_conv_desc *d = &p->desc;
    const ptrdiff_t step = (ptrdiff_t)d->stride_x * d->in_pitch;
    const float *w = p->weights + b->weights;
    vf acc[PIXELS_1][KERNEL_MOST_VECTORS];
    UNROLL
    for (int m = 0; m < pixels; m++) {
        UNROLL
        for (int n = 0; n < vectors; n++)
            acc[m][n] = vload(p->bias + b->out + n * VL);
    }
    for (int ky = 0; ky < d->kernel_h; ky++) {
        const float *in = row->in[ky * d->dilation_y] + x * step -
                          (ptrdiff_t)d->pad_left * d->in_pitch + b->in;
        for (int kx = 0; kx < p->taps; kx++, in += (ptrdiff_t)d->dilation_x * d->in_pitch)
            for (int i = 0; i < b->count; i++, w += vectors * VL) {
                vf u[KERNEL_MOST_VECTORS];
                UNROLL
                for (int n = 0; n < vectors; n++)
                    u[n] = vload(w + n * VL);
                UNROLL
                for (int m = 0; m < pixels; m++) {
                    const vf s = vsplat(in[m * step + i]);
                    UNROLL
                    for (int n = 0; n < vectors; n++)
                        acc[m][n] = vfma(s, u[n], acc[m][n]);
                }
            }
    }
    UNROLL
    for (int m = 0; m < pixels; m++) {
        UNROLL
        for (int n = 0; n < vectors; n++)
            vstore(sums + (m * vectors + n) * VL, acc[m][n]);
    }
}

typedef void direct_sums(const struct seam_conv_private *p, const struct kernel_block *b,
                         const struct kernel_row *row, int x, float *sums);

#define DIRECT_SUMS(vectors)                                                                       \
    static NOINLINE void direct_many_##vectors(const struct seam_conv_private *p,                  \
                                               const struct kernel_block *b,                       \
                                               const struct kernel_row *row, int x, float *sums)   \
    {                                                                                              \
        direct_sum(p, b, row, x, sums, PIXELS_##vectors, vectors);                                 \
    }                                                                                              \
    static NOINLINE void direct_one_##vectors(const struct seam_conv_private *p,                   \
                                              const struct kernel_block *b,                        \
                                              const struct kernel_row *row, int x, float *sums)    \
    {                                                                                              \
        direct_sum(p, b, row, x, sums, 1, vectors);                                                \
    }

DIRECT_SUMS(1)
DIRECT_SUMS(2)
#if MANY_REGISTERS
DIRECT_SUMS(3)
DIRECT_SUMS(4)
#endif

static const struct direct_shape {
    int pixels;
    direct_sums *many, *one;
} direct_shapes[] = {
    { 0, NULL, NULL },
    { PIXELS_1, direct_many_1, direct_one_1 },
    { PIXELS_2, direct_many_2, direct_one_2 },
#if MANY_REGISTERS
    { PIXELS_3, direct_many_3, direct_one_3 },
    { PIXELS_4, direct_many_4, direct_one_4 },
#endif
};

ALWAYS void direct_finish(const enum seam_act act, const struct seam_conv_private *p,
                          const struct kernel_block *b, const struct kernel_row *row, int x,
                          int count, const float *sums)
{
    for (int m = 0; m < count; m++)
        for (int n = 0; n < b->vectors; n++, sums += VL)
            finish(p, act, row, x + m, b->out + n * VL, vload(sums));
}

/* Columns x to x1 for one block of output channels. The last ones are summed together with some
 * before them, from `first` on, where there are so many; else one by one. */
static void direct_columns(const struct seam_conv_private *p, const struct kernel_block *b,
                           const struct kernel_row *row, int first, int x, int x1)
{
    _Alignas(64) float sums[PIXELS_1 * 2 * VL];
    const struct direct_shape *shape = &direct_shapes[b->vectors];
    while (x < x1) {
        const bool one = x1 - first < shape->pixels;
        const int count = one ? 1 : shape->pixels;
        const int at = x + count > x1 ? x1 - count : x;
        (one ? shape->one : shape->many)(p, b, row, at, sums);
        const float *rest = sums + (ptrdiff_t)(x - at) * b->vectors * VL;
        FOR_ACT(direct_finish, p, b, row, x, at + count - x, rest);
        x = at + count;
    }
}

/* Columns whose inputs several blocks and rows find in the cache; a multiple of every shape's. */
#define DIRECT_STRIP 48

static void run_direct(const struct seam_conv_private *p, const struct seam_conv_rows *rows,
                       float *scratch)
{
    (void)scratch;
    for (int x = rows->x0; x < rows->x1; x += DIRECT_STRIP) {
        const int end = rows->x1 - x < DIRECT_STRIP ? rows->x1 : x + DIRECT_STRIP;
        for (int r = 0; r < rows->rows; r++) {
            const struct kernel_row row = row_of(p, rows, r);
            for (int i = 0; i < p->blocks; i++)
                direct_columns(p, &p->block[i], &row, rows->x0, x, end);
        }
    }
}
