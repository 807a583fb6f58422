/* 3x3 with stride 1 by Winograd's F(4x4, 3x3) (Lavin and Gray 2016): 36 products a channel for 16
 * outputs, where the plain sum takes 144.
 *
 * Cells of 4 x 4 outputs from 6 x 6 inputs. Some sets of cells at a time are transformed to the
 * scratch, [set][element][vector of input channels][cell]; then for each of the 36 elements there
 * is a product of matrices, cells x in by in x out, to [set][element][cell][vector of a block];
 * then the cells are transformed back. Weights lie [block][element][in][vector]. A slot, one
 * element of one set, takes an odd number of cache lines, so that the 36 stores of a cell go to
 * different cache sets. */

/* One row of the input transform, B' d, stored to six slots. */
ALWAYS void winograd_in_row(float *to, size_t slot, const vf *d)
{
    const vf four = vsplat(4), two = vsplat(2), five = vsplat(-5);
    const vf p = vfma(vsplat(-4), d[2], d[4]);
    const vf q = vfma(vsplat(-4), d[1], d[3]);
    const vf r = d[4] - d[2];
    const vf s = d[3] - d[1];
    vstore(to, vfma(four, d[0], vfma(five, d[2], d[4])));
    vstore(to + slot, p + q);
    vstore(to + 2 * slot, p - q);
    vstore(to + 3 * slot, vfma(two, s, r));
    vstore(to + 4 * slot, vfma(vsplat(-2), s, r));
    vstore(to + 5 * slot, vfma(four, d[1], vfma(five, d[3], d[5])));
}

/* One vector of channels of one cell. Its rows are made one or two at a time: all 36 together would
 * not fit the registers. */
ALWAYS void winograd_in_vector(const float *const in[WINOGRAD_IN], ptrdiff_t at, ptrdiff_t pitch,
                               float *to, size_t slot)
{
    vf d[WINOGRAD_IN], e[WINOGRAD_IN];
    UNROLL
    for (int k = 0; k < WINOGRAD_IN; k++) {
        const ptrdiff_t x = at + k * pitch;
        d[k] = vfma(vsplat(4), vload(in[0] + x),
                    vfma(vsplat(-5), vload(in[2] + x), vload(in[4] + x)));
    }
    winograd_in_row(to, slot, d);
    UNROLL
    for (int k = 0; k < WINOGRAD_IN; k++) {
        const ptrdiff_t x = at + k * pitch;
        const vf p = vfma(vsplat(-4), vload(in[2] + x), vload(in[4] + x));
        const vf q = vfma(vsplat(-4), vload(in[1] + x), vload(in[3] + x));
        d[k] = p + q;
        e[k] = p - q;
    }
    winograd_in_row(to + 6 * slot, slot, d);
    winograd_in_row(to + 12 * slot, slot, e);
    UNROLL
    for (int k = 0; k < WINOGRAD_IN; k++) {
        const ptrdiff_t x = at + k * pitch;
        const vf r = vload(in[4] + x) - vload(in[2] + x);
        const vf s = vload(in[3] + x) - vload(in[1] + x);
        d[k] = vfma(vsplat(2), s, r);
        e[k] = vfma(vsplat(-2), s, r);
    }
    winograd_in_row(to + 18 * slot, slot, d);
    winograd_in_row(to + 24 * slot, slot, e);
    UNROLL
    for (int k = 0; k < WINOGRAD_IN; k++) {
        const ptrdiff_t x = at + k * pitch;
        d[k] = vfma(vsplat(4), vload(in[1] + x),
                    vfma(vsplat(-5), vload(in[3] + x), vload(in[5] + x)));
    }
    winograd_in_row(to + 30 * slot, slot, d);
}

/* `count` cells, the first at column x of the outputs. */
static void winograd_in(const struct seam_conv_private *p, const float *const *in, int x, int count,
                        float *v)
{
    const ptrdiff_t pitch = p->desc.in_pitch;
    for (int t = 0; t < count; t++) {
        const ptrdiff_t at = (x + t * WINOGRAD_OUT - p->desc.pad_left) * pitch;
        float *to = v + (size_t)(t / p->cells) * WINOGRAD_SIZE * p->slot_in +
                    (size_t)(t % p->cells) * VL;
        for (int c = 0; c < p->chunks_in; c++)
            winograd_in_vector(in, at + c * VL, pitch, to + (size_t)c * (size_t)p->cells * VL,
                               p->slot_in);
    }
}

/* One element of one set. */
ALWAYS void winograd_product(const float *u, const float *v, float *m, int in, const int cells,
                             const int vectors)
{
    vf acc[16][KERNEL_MOST_VECTORS];
    UNROLL
    for (int t = 0; t < cells; t++) {
        UNROLL
        for (int n = 0; n < vectors; n++)
            acc[t][n] = vsplat(0);
    }
    for (int left = in; left > 0; left -= VL, v += cells * VL) {
        const int lanes = left < VL ? left : VL;
        for (int i = 0; i < lanes; i++, u += vectors * VL) {
            vf w[KERNEL_MOST_VECTORS];
            UNROLL
            for (int n = 0; n < vectors; n++)
                w[n] = vload(u + n * VL);
            UNROLL
            for (int t = 0; t < cells; t++) {
                const vf s = vsplat(v[t * VL + i]);
                UNROLL
                for (int n = 0; n < vectors; n++)
                    acc[t][n] = vfma(s, w[n], acc[t][n]);
            }
        }
    }
    UNROLL
    for (int t = 0; t < cells; t++) {
        UNROLL
        for (int n = 0; n < vectors; n++)
            vstore(m + (t * vectors + n) * VL, acc[t][n]);
    }
}

/* What is asked of the slower caches while the products, which leave them idle, are made: inputs of
 * the cells that come next, and outputs of these. Each row in bytes from its first column on. */
struct winograd_ahead {
    const char *in[WINOGRAD_IN], *out[WINOGRAD_OUT];
    size_t in_bytes, out_bytes;
};

/* The k-th of 36 parts. */
static void winograd_fetch(const struct winograd_ahead *a, size_t k)
{
    const size_t in = a->in_bytes * (k / 6) / 6, in_end = a->in_bytes * (k / 6 + 1) / 6;
    for (size_t i = in; i < in_end; i += 64)
        __builtin_prefetch(a->in[k % 6] + i, 0, 2);
    const size_t out = a->out_bytes * (k / 4) / 9, out_end = a->out_bytes * (k / 4 + 1) / 9;
    for (size_t i = out; i < out_end; i += 64)
        __builtin_prefetch(a->out[k % 4] + i, 1, 2);
}

/* All elements of all sets for one block of output channels. */
#define WINOGRAD_PRODUCTS(cells, vectors)                                                          \
    static void winograd_products_##cells##_##vectors(                                             \
        const struct seam_conv_private *p, const float *u, const float *v, float *m, int in,       \
        int sets, const struct winograd_ahead *ahead)                                              \
    {                                                                                              \
        const size_t step = (size_t)in * vectors * VL;                                             \
        for (size_t k = 0; k < WINOGRAD_SIZE; k++) {                                               \
            winograd_fetch(ahead, k);                                                              \
            for (size_t s = 0; s < (size_t)sets; s++)                                              \
                winograd_product(u + k * step, v + (s * WINOGRAD_SIZE + k) * p->slot_in,           \
                                 m + (s * WINOGRAD_SIZE + k) * p->slot_out, in, cells, vectors);   \
        }                                                                                          \
    }

/* What a set's table of cells and the balancing of blocks lead to. */
#if defined(SEAM_SET_AVX512) || defined(SEAM_SET_NEON)
#define WINOGRAD_SHAPES(X) X(6, 4) X(6, 3) X(8, 3) X(8, 2) X(12, 2) X(12, 1)
#elif defined(SEAM_SET_AVX2)
#define WINOGRAD_SHAPES(X) X(6, 2) X(6, 1) X(12, 1)
#else
#define WINOGRAD_SHAPES(X) X(4, 2) X(4, 1) X(8, 1)
#endif

WINOGRAD_SHAPES(WINOGRAD_PRODUCTS)

static void winograd_products(const struct seam_conv_private *p, const struct kernel_block *b,
                              const float *v, float *m, int sets,
                              const struct winograd_ahead *ahead)
{
    const float *u = p->weights + b->weights;
    v += b->in * p->cells; /* a group's first vector */
#define CALL(t, n)                                                                                 \
    if (p->cells == t && b->vectors == n) {                                                        \
        winograd_products_##t##_##n(p, u, v, m, b->count, sets, ahead);                            \
        return;                                                                                    \
    }
    WINOGRAD_SHAPES(CALL)
#undef CALL
    seam_assert(false, "the tiles and vectors of a block are one of the set's shapes");
}

/* One column of the output transform, A' m. */
ALWAYS void winograd_out_column(const float *m, size_t slot, vf *o0, vf *o1, vf *o2, vf *o3)
{
    const vf a = vload(m), b = vload(m + 6 * slot), c = vload(m + 12 * slot);
    const vf d = vload(m + 18 * slot), e = vload(m + 24 * slot), f = vload(m + 30 * slot);
    const vf p = b + c, q = b - c, r = d + e, s = d - e;
    *o0 = (a + p) + r;
    *o1 = vfma(vsplat(2), s, q);
    *o2 = vfma(vsplat(4), r, p);
    *o3 = vfma(vsplat(8), s, q) + f;
}

/* One vector of output channels of one cell at column x, of which columns `from` to `to` are
 * wanted. */
ALWAYS void winograd_out_vector(const enum seam_act act, const struct seam_conv_private *p,
                                const struct kernel_row rows[WINOGRAD_OUT], const float *m, int x,
                                int from, int to, int channel)
{
    vf o[WINOGRAD_OUT][WINOGRAD_IN];
    UNROLL
    for (int k = 0; k < WINOGRAD_IN; k++)
        winograd_out_column(m + (size_t)k * p->slot_out, p->slot_out, &o[0][k], &o[1][k], &o[2][k],
                            &o[3][k]);
    const vf bias = vload(p->bias + channel);
    UNROLL
    for (int r = 0; r < WINOGRAD_OUT; r++) {
        const vf *d = o[r];
        const vf a = d[1] + d[2], b = d[1] - d[2], c = d[3] + d[4], e = d[3] - d[4];
        const vf y[WINOGRAD_OUT] = { (d[0] + a) + c, vfma(vsplat(2), e, b), vfma(vsplat(4), c, a),
                                     vfma(vsplat(8), e, b) + d[5] };
        UNROLL
        for (int k = 0; k < WINOGRAD_OUT; k++)
            if (k >= from && k < to)
                finish(p, act, &rows[r], x + k, channel, y[k] + bias);
    }
}

ALWAYS void winograd_out_cells(const enum seam_act act, const struct seam_conv_private *p,
                               const struct seam_conv_rows *rows, const struct kernel_row *row,
                               const struct kernel_block *b, int x, int count, const float *m)
{
    for (int t = 0; t < count; t++, x += WINOGRAD_OUT) {
        const float *from = m + (size_t)(t / p->cells) * WINOGRAD_SIZE * p->slot_out +
                            (size_t)(t % p->cells * b->vectors) * VL;
        const int first = x < rows->x0 ? rows->x0 - x : 0;
        const int end = rows->x1 - x < WINOGRAD_OUT ? rows->x1 - x : WINOGRAD_OUT;
        for (int n = 0; n < b->vectors; n++)
            winograd_out_vector(act, p, row, from + (size_t)n * VL, x, first, end, b->out + n * VL);
    }
}

/* For `count` cells at column x. */
static struct winograd_ahead winograd_ahead(const struct seam_conv_private *p,
                                            const struct seam_conv_rows *rows,
                                            const struct kernel_row row[WINOGRAD_OUT], int x,
                                            int count)
{
    const struct seam_conv_desc *d = &p->desc;
    const int columns = count * WINOGRAD_OUT;
    const int from = x < rows->x0 ? rows->x0 : x;
    const int next = x + columns < rows->x1 ? x + columns : rows->x1;
    const int end = rows->x1 - next < columns ? rows->x1 : next + columns;
    struct winograd_ahead a = {
        .in_bytes = (size_t)(end - next) * (size_t)d->in_pitch * sizeof(float),
        .out_bytes = (size_t)(next - from) * (size_t)d->out_pitch * sizeof(float),
    };
    for (int k = 0; k < WINOGRAD_IN; k++)
        a.in[k] = (const char *)(row[0].in[k] + (ptrdiff_t)next * d->in_pitch);
    for (int k = 0; k < WINOGRAD_OUT; k++)
        a.out[k] = (const char *)(row[k].out + (ptrdiff_t)from * d->out_pitch);
    return a;
}

static void run_winograd(const struct seam_conv_private *p, const struct seam_conv_rows *rows,
                         float *scratch)
{
    const int many = p->sets * p->cells;
    const int first = rows->x0 - (int)((uint64_t)(rows->origin + rows->x0) % WINOGRAD_OUT);
    float *m = scratch + (size_t)p->sets * WINOGRAD_SIZE * p->slot_in;
    for (int r = 0; r < rows->rows; r += WINOGRAD_OUT) {
        struct kernel_row row[WINOGRAD_OUT];
        for (int k = 0; k < WINOGRAD_OUT; k++)
            row[k] = row_of(p, rows, r + k);
        for (int x = first; x < rows->x1; x += many * WINOGRAD_OUT) {
            const int left = (rows->x1 - x + WINOGRAD_OUT - 1) / WINOGRAD_OUT;
            const int count = left < many ? left : many;
            struct winograd_ahead ahead = winograd_ahead(p, rows, row, x, count);
            winograd_in(p, row[0].in, x, count, scratch);
            for (int i = 0; i < p->blocks; i++) {
                const struct kernel_block *b = &p->block[i];
                winograd_products(p, b, scratch, m, (count + p->cells - 1) / p->cells, &ahead);
                ahead.in_bytes = ahead.out_bytes = 0; /* once */
                FOR_ACT(winograd_out_cells, p, rows, row, b, x, count, m);
            }
        }
    }
}
