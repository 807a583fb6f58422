#include <string.h>

#include "base/common.h"
#include "graph/turn.h"

/* No network pads, strides or dilates by more. */
#define MOST (1 << 20)

const struct seam_onnx_tensor *seam_turn_kernel(const struct seam_turn *turn,
                                                const struct seam_onnx_tensor *k,
                                                struct seam_arena *arena)
{
    const int64_t rows = k->dims[k->rank - 2], columns = k->dims[k->rank - 1];
    const int64_t width = turn->transpose ? rows : columns;
    const int64_t height = turn->transpose ? columns : rows;
    const size_t size = seam_onnx_type_size(k->type);
    if (rows * columns <= 1 || (!turn->transpose && !turn->mirror_x && !turn->mirror_y))
        return k;
    struct seam_onnx_tensor *to = seam_arena_alloc(arena, 1, sizeof(*to));
    int64_t *dims = seam_arena_alloc(arena, (size_t)k->rank, sizeof(*dims));
    uint8_t *data = seam_arena_alloc(arena, (size_t)k->size, 1);
    if (!to || !dims || !data)
        return NULL;
    memcpy(dims, k->dims, (size_t)k->rank * sizeof(*dims));
    dims[k->rank - 2] = height;
    dims[k->rank - 1] = width;
    *to = *k;
    to->name = NULL;
    to->dims = dims;
    to->data = data;
    to->external = false;
    const size_t area = (size_t)(rows * columns);
    for (size_t i = 0; i < k->count; i++) {
        const int64_t y = (int64_t)(i % area) / width, x = (int64_t)(i % area) % width;
        const int64_t row = turn->mirror_y ? height - 1 - y : y;
        const int64_t column = turn->mirror_x ? width - 1 - x : x;
        const int64_t from = turn->transpose ? column * columns + row : row * columns + column;
        memcpy(data + i * size, k->data + (i - i % area + (size_t)from) * size, size);
    }
    return to;
}

static struct seam_onnx_attr *find(struct seam_turned *t, const char *name)
{
    for (size_t i = 0; i < t->n_attrs; i++)
        if (strcmp(t->attrs[i].name, name) == 0)
            return &t->attrs[i];
    return NULL;
}

/* The numbers of an attribute, of which there are n: `otherwise` where it is left out. */
static void numbers(struct seam_turned *t, const char *name, int64_t *to, size_t n,
                    int64_t otherwise)
{
    const struct seam_onnx_attr *attr = find(t, name);
    const bool given = attr && attr->type == SEAM_ATTR_INTS && attr->n == n;
    for (size_t i = 0; i < n; i++)
        to[i] = given ? attr->ints[i] : otherwise;
}

/* Whether sums and products of two of them are numbers, too. */
static bool are_small(const int64_t *of, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (of[i] < -MOST || of[i] > MOST)
            return false;
    return true;
}

/* Write them, where they are there or must be. */
static bool put(struct seam_turned *t, const char *name, const int64_t *from, size_t n, bool must)
{
    struct seam_onnx_attr *attr = find(t, name);
    if (!attr && !must)
        return true;
    int64_t *copy = seam_arena_alloc(t->arena, n, sizeof(*copy));
    if (!copy)
        return false;
    memcpy(copy, from, n * sizeof(*copy));
    if (!attr)
        attr = &t->attrs[t->n_attrs++];
    *attr = (struct seam_onnx_attr){ .name = name, .type = SEAM_ATTR_INTS, .ints = copy, .n = n };
    return true;
}

static void swap(int64_t *a, int64_t *b)
{
    const int64_t was = *a;
    *a = *b;
    *b = was;
}

/* What a window is along one axis. */
struct axis {
    int64_t kernel, stride; /* the kernel with its dilation */
    int64_t begin, end;     /* pads */
    int64_t more;           /* output padding of a transposed convolution */
    bool transposed;
};

/* Where strides are 1 the pads change places. Else the sides of the picture, which are multiples
 * of the stride, decide where the last window ends: what it overhangs there it overhangs at the
 * beginning of the mirrored one. */
static bool mirror(struct axis *a)
{
    if (a->stride == 1 && a->more == 0) {
        swap(&a->begin, &a->end);
        return true;
    }
    const int64_t over = a->kernel - a->stride - a->begin;
    const int64_t left = a->begin + a->end - a->kernel + a->stride;
    const bool fits = a->transposed ? left == a->more : left >= 0 && left < a->stride;
    a->end = a->begin + a->more;
    a->begin = over;
    return fits && over >= 0;
}

/* Pads that the operator decides: where windows overhang both sides alike, mirroring changes
 * nothing. */
static bool is_even(const char *how, const int64_t kernel[2], const int64_t strides[2],
                    const int64_t dilations[2])
{
    const bool valid = strcmp(how, "VALID") == 0;
    for (int i = 0; i < 2; i++)
        if (strides[i] != 1 || (!valid && (kernel[i] - 1) * dilations[i] % 2 != 0))
            return false;
    return true;
}

static void kernel_of(struct seam_turned *t, int64_t kernel[2])
{
    numbers(t, "kernel_shape", kernel, 2, 1);
    for (int i = 0; t->weight && i < 2; i++)
        kernel[i] = t->weight->dims[t->weight->rank - 2 + i];
}

static bool mirror_pads(struct seam_turned *t, const int64_t kernel[2], const int64_t strides[2],
                        const int64_t dilations[2], int64_t pads[4])
{
    const bool mirrored[2] = { t->turn->mirror_y, t->turn->mirror_x };
    int64_t more[2];
    numbers(t, "output_padding", more, 2, 0);
    for (int i = 0; i < 2; i++) {
        struct axis a = {
            .kernel = (kernel[i] - 1) * dilations[i] + 1, .stride = strides[i],
            .begin = pads[i], .end = pads[i + 2], .more = more[i],
            .transposed = strcmp(t->node->op, "ConvTranspose") == 0,
        };
        if (mirrored[i] && !mirror(&a))
            return false;
        pads[i] = a.begin;
        pads[i + 2] = a.end;
    }
    return true;
}

bool seam_turn_window(struct seam_turned *t)
{
    int64_t kernel[2], strides[2], dilations[2], pads[4], more[2];
    const char *how = seam_onnx_string(t->node, "auto_pad", "NOTSET");
    kernel_of(t, kernel);
    numbers(t, "strides", strides, 2, 1);
    numbers(t, "dilations", dilations, 2, 1);
    numbers(t, "output_padding", more, 2, 0);
    numbers(t, "pads", pads, 4, 0);
    const struct seam_onnx_attr *shape = find(t, "kernel_shape");
    if ((shape && shape->n != 2) || find(t, "output_shape") ||
        seam_onnx_int(t->node, "ceil_mode", 0) != 0 || !are_small(kernel, 2) ||
        !are_small(strides, 2) || !are_small(dilations, 2) || !are_small(pads, 4) ||
        !are_small(more, 2))
        return false;
    if (t->turn->transpose) {
        swap(&kernel[0], &kernel[1]);
        swap(&strides[0], &strides[1]);
        swap(&dilations[0], &dilations[1]);
        swap(&more[0], &more[1]);
        swap(&pads[0], &pads[1]);
        swap(&pads[2], &pads[3]);
    }
    if (!put(t, "kernel_shape", kernel, 2, false) || !put(t, "strides", strides, 2, false) ||
        !put(t, "dilations", dilations, 2, false) || !put(t, "output_padding", more, 2, false))
        return false;
    if (strcmp(how, "NOTSET") != 0)
        return is_even(how, kernel, strides, dilations);
    return mirror_pads(t, kernel, strides, dilations, pads) &&
           put(t, "pads", pads, 4, pads[0] || pads[1] || pads[2] || pads[3]);
}

float *seam_turn_shuffle(const struct seam_turned *t, int64_t block, int64_t channels)
{
    const int64_t all = channels * block * block;
    const bool spreads = strcmp(t->node->op, "DepthToSpace") == 0;
    const bool crd = spreads && strcmp(seam_onnx_string(t->node, "mode", "DCR"), "CRD") == 0;
    float *weights = seam_arena_alloc(t->arena, (size_t)all, (size_t)all * sizeof(*weights));
    for (int64_t i = 0; weights && i < all; i++) {
        const int64_t c = crd ? i / (block * block) : i % channels;
        const int64_t place = crd ? i % (block * block) : i / channels;
        int64_t y = place / block, x = place % block;
        if (t->turn->mirror_y)
            y = block - 1 - y;
        if (t->turn->mirror_x)
            x = block - 1 - x;
        if (t->turn->transpose)
            swap(&x, &y);
        const int64_t from = y * block + x;
        const int64_t source = crd ? c * block * block + from : from * channels + c;
        weights[spreads ? i * all + source : source * all + i] = 1;
    }
    return weights;
}
