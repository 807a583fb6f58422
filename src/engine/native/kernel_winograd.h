/* 3x3 with stride 1 by Winograd's minimal filtering (Lavin and Gray 2016): F(4x4, 3x3), or
 * F(6x6, 3x3) where there are channels enough to pay for its larger transforms.
 *
 * Cells of side x side outputs from (side + 2) x (side + 2) inputs. Some sets of cells at a time
 * are transformed to the scratch, [set][element][vector of input channels][cell]; then for each of
 * the 36 or 64 elements there is a product of matrices, cells x in by in x out, to
 * [set][element][cell][vector of a block]; then the cells are transformed back. Weights lie
 * [block][element][in][vector]. A slot, one element of one set, takes an odd number of cache lines,
 * so that the stores of a cell go to different cache sets. */
#include "engine/native/kernel_winograd_4.h"
#include "engine/native/kernel_winograd_6.h"

#define WINOGRAD_MOST_OUT 6
#define WINOGRAD_MOST_IN 8

/* Elements of a transformed cell. */
ALWAYS size_t winograd_size(const int side) { return (size_t)(side + 2) * (size_t)(side + 2); }

/* `count` cells, the first at column x of the outputs. */
ALWAYS void winograd_in(const int side, const struct seam_conv_private *p, const float *const *in,
                        int x, int count, float *v)
{
    const ptrdiff_t pitch = p->desc.in_pitch;
    for (int t = 0; t < count; t++) {
        const ptrdiff_t at = (x + t * side - p->desc.pad_left) * pitch;
        float *to = v + (size_t)(t / p->cells) * winograd_size(side) * p->slot_in +
                    (size_t)(t % p->cells) * VL;
        for (int c = 0; c < p->chunks_in; c++, to += p->cells * VL) {
            if (side == 6)
                winograd_6_in(in, at + c * VL, pitch, to, p->slot_in);
            else
                winograd_4_in(in, at + c * VL, pitch, to, p->slot_in);
        }
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
    const char *in[WINOGRAD_MOST_IN], *out[WINOGRAD_MOST_OUT];
    size_t in_bytes, out_bytes;
};

/* The bytes of part k of so many. */
static inline size_t winograd_part(size_t bytes, size_t k, size_t parts)
{
    return k < parts ? bytes * k / parts : bytes;
}

/* What is fetched beside the products of element k: a part of one row in, a part of one out. */
static void winograd_fetch(const struct winograd_ahead *a, size_t side, size_t k)
{
    const size_t rows = side + 2, parts = rows * rows / side;
    const size_t in_end = winograd_part(a->in_bytes, k / rows + 1, rows);
    for (size_t i = winograd_part(a->in_bytes, k / rows, rows); i < in_end; i += 64)
        __builtin_prefetch(a->in[k % rows] + i, 0, 2);
    const size_t out_end = winograd_part(a->out_bytes, k / side + 1, parts);
    for (size_t i = winograd_part(a->out_bytes, k / side, parts); i < out_end; i += 64)
        __builtin_prefetch(a->out[k % side] + i, 1, 2);
}

/* All elements of all sets for one block of output channels. */
#define WINOGRAD_PRODUCTS(cells, vectors)                                                          \
    static void winograd_products_##cells##_##vectors(                                             \
        const struct seam_conv_private *p, const float *u, const float *v, float *m, int in,       \
        int sets, const struct winograd_ahead *ahead)                                              \
    {                                                                                              \
        const size_t step = (size_t)in * vectors * VL, size = winograd_size(p->side);              \
        for (size_t k = 0; k < size; k++) {                                                        \
            winograd_fetch(ahead, (size_t)p->side, k);                                             \
            for (size_t s = 0; s < (size_t)sets; s++)                                              \
                winograd_product(u + k * step, v + (s * size + k) * p->slot_in,                    \
                                 m + (s * size + k) * p->slot_out, in, cells, vectors);            \
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

ALWAYS void winograd_out_line(const int side, const vf *m, vf *y)
{
    if (side == 6)
        winograd_6_out(m, y);
    else
        winograd_4_out(m, y);
}

/* One vector of output channels of one cell at column x, of which columns `from` to `to` are
 * wanted. */
ALWAYS void winograd_out_vector(const enum seam_act act, const int side,
                                const struct seam_conv_private *p, const struct kernel_row *rows,
                                const float *m, int x, int from, int to, int channel)
{
    vf o[WINOGRAD_MOST_OUT][WINOGRAD_MOST_IN], y[WINOGRAD_MOST_OUT];
    UNROLL
    for (int k = 0; k < side + 2; k++) {
        vf column[WINOGRAD_MOST_IN];
        UNROLL
        for (int r = 0; r < side + 2; r++)
            column[r] = vload(m + (size_t)(r * (side + 2) + k) * p->slot_out);
        winograd_out_line(side, column, y);
        UNROLL
        for (int r = 0; r < side; r++)
            o[r][k] = y[r];
    }
    const vf bias = vload(p->bias + channel);
    UNROLL
    for (int r = 0; r < side; r++) {
        winograd_out_line(side, o[r], y);
        UNROLL
        for (int k = 0; k < side; k++)
            if (k >= from && k < to)
                finish(p, act, &rows[r], x + k, channel, y[k] + bias);
    }
}

ALWAYS void winograd_out_cells(const enum seam_act act, const int side,
                               const struct seam_conv_private *p, const struct seam_conv_rows *rows,
                               const struct kernel_row *row, const struct kernel_block *b, int x,
                               int count, const float *m)
{
    for (int t = 0; t < count; t++, x += side) {
        const float *from = m + (size_t)(t / p->cells) * winograd_size(side) * p->slot_out +
                            (size_t)(t % p->cells * b->vectors) * VL;
        const int first = x < rows->x0 ? rows->x0 - x : 0;
        const int end = rows->x1 - x < side ? rows->x1 - x : side;
        for (int n = 0; n < b->vectors; n++)
            winograd_out_vector(act, side, p, row, from + (size_t)n * VL, x, first, end,
                                b->out + n * VL);
    }
}

/* For `count` cells at column x. */
static struct winograd_ahead winograd_ahead(const struct seam_conv_private *p,
                                            const struct seam_conv_rows *rows,
                                            const struct kernel_row *row, int x, int count)
{
    const struct seam_conv_desc *d = &p->desc;
    const int columns = count * p->side;
    const int from = x < rows->x0 ? rows->x0 : x;
    const int next = x + columns < rows->x1 ? x + columns : rows->x1;
    const int end = rows->x1 - next < columns ? rows->x1 : next + columns;
    struct winograd_ahead a = {
        .in_bytes = (size_t)(end - next) * (size_t)d->in_pitch * sizeof(float),
        .out_bytes = (size_t)(next - from) * (size_t)d->out_pitch * sizeof(float),
    };
    for (int k = 0; k < p->side + 2; k++)
        a.in[k] = (const char *)(row[0].in[k] + (ptrdiff_t)next * d->in_pitch);
    for (int k = 0; k < p->side; k++)
        a.out[k] = (const char *)(row[k].out + (ptrdiff_t)from * d->out_pitch);
    return a;
}

ALWAYS void winograd_rows(const int side, const struct seam_conv_private *p,
                          const struct seam_conv_rows *rows, float *scratch)
{
    const int many = p->sets * p->cells;
    const int behind = (int)((rows->origin + rows->x0) % side); /* may be negative */
    const int first = rows->x0 - (behind < 0 ? behind + side : behind);
    float *m = scratch + (size_t)p->sets * winograd_size(side) * p->slot_in;
    for (int r = 0; r < rows->rows; r += side) {
        struct kernel_row row[WINOGRAD_MOST_OUT];
        for (int k = 0; k < side; k++)
            row[k] = row_of(p, rows, r + k);
        for (int x = first; x < rows->x1; x += many * side) {
            const int left = (rows->x1 - x + side - 1) / side;
            const int count = left < many ? left : many;
            struct winograd_ahead ahead = winograd_ahead(p, rows, row, x, count);
            winograd_in(side, p, row[0].in, x, count, scratch);
            for (int i = 0; i < p->blocks; i++) {
                const struct kernel_block *b = &p->block[i];
                winograd_products(p, b, scratch, m, (count + p->cells - 1) / p->cells, &ahead);
                ahead.in_bytes = ahead.out_bytes = 0; /* once */
                FOR_ACT(winograd_out_cells, side, p, rows, row, b, x, count, m);
            }
        }
    }
}

static void run_winograd(const struct seam_conv_private *p, const struct seam_conv_rows *rows,
                         float *scratch)
{
    if (p->side == 6)
        winograd_rows(6, p, rows, scratch);
    else
        winograd_rows(4, p, rows, scratch);
}
