/* Layers of ncnn that newer converters write: functions of a sample, sums over axes, turns. */
#include <string.h>

#include "base/common.h"
#include "graph/ncnn.h"

static const char *refused(struct seam_ncnn *n, const char *why)
{
    seam_ncnn_refuse(n, "its layer %s (%s) %s; export the network as ONNX", n->layer->name,
                     n->layer->type, why);
    return NULL;
}

const char *seam_ncnn_unary(struct seam_ncnn *n)
{
    static const char *const ops[] = {
        "Abs", "Neg", "Floor", "Ceil", NULL, "Sqrt",       NULL,   "Exp", "Log",   "Sin",
        "Cos", "Tan", "Asin",  "Acos", "Atan", "Reciprocal", "Tanh", NULL,  "Round", NULL,
    };
    struct seam_build *const b = &n->build;
    const char *const x = seam_ncnn_input(n, 0);
    const int64_t op = seam_ncnn_int(n, 0, 0);
    if (!x || op < 0 || op >= (int64_t)SEAM_ARRAY_LEN(ops))
        return x ? refused(n, "is an operation that Seamless does not know") : NULL;
    switch (op) {
    case 4: return seam_build_mul(b, x, x);
    case 6: return seam_build_node(b, "Reciprocal", seam_build_node(b, "Sqrt", x));
    case 17:
        return seam_build_mul(b, seam_build_node(b, "Log", x),
                              seam_build_scalar(b, 0.43429448190325183f));
    case 19:
        return seam_build_mul(b, seam_build_node(b, "Sign", x),
                              seam_build_node(b, "Floor", seam_build_node(b, "Abs", x)));
    default: return seam_build_node(b, ops[op], x);
    }
}

/* One size of a value, as a list. */
static const char *size_of(struct seam_build *b, const char *x, int64_t axis)
{
    seam_build_int(b, "start", axis);
    seam_build_int(b, "end", axis + 1);
    return seam_build_node(b, "Shape", x);
}

/* Blocks of pixels become channels: those of a channel beside each other, or those of a place. */
const char *seam_ncnn_reorg(struct seam_ncnn *n)
{
    struct seam_build *const b = &n->build;
    const char *const x = seam_ncnn_input(n, 0);
    const int64_t r = seam_ncnn_int(n, 0, 1);
    if (!x || r < 1 || r > 64)
        return x ? refused(n, "has an impossible factor") : NULL;
    if (seam_ncnn_int(n, 1, 0)) {
        seam_build_int(b, "blocksize", r);
        return seam_build_node(b, "SpaceToDepth", x);
    }
    const char *const one = seam_build_list(b, &(int64_t){ 1 }, 1);
    const char *const by = seam_build_list(b, &r, 1);
    const char *const channels = size_of(b, x, 1);
    const char *const rows = seam_build_node(b, "Div", size_of(b, x, 2), by);
    const char *const columns = seam_build_node(b, "Div", size_of(b, x, 3), by);
    seam_build_int(b, "axis", 0);
    const char *const blocks =
        seam_build_node(b, "Concat", one, channels, rows, by, columns, by);
    const char *const many =
        seam_build_node(b, "Mul", channels, seam_build_list(b, &(int64_t){ r * r }, 1));
    seam_build_int(b, "axis", 0);
    const char *const shape = seam_build_node(b, "Concat", one, many, rows, columns);
    const char *const apart = seam_build_node(b, "Reshape", x, blocks);
    seam_build_ints(b, "perm", (const int64_t[]){ 0, 1, 3, 5, 2, 4 }, 6);
    return seam_build_node(b, "Reshape", seam_build_node(b, "Transpose", apart), shape);
}

const char *seam_ncnn_permute(struct seam_ncnn *n)
{
    static const int64_t orders[6][4] = { { 0, 1, 2, 3 }, { 0, 1, 3, 2 }, { 0, 2, 1, 3 },
                                          { 0, 2, 3, 1 }, { 0, 3, 1, 2 }, { 0, 3, 2, 1 } };
    const char *const x = seam_ncnn_input(n, 0);
    const int64_t order = seam_ncnn_int(n, 0, 0);
    if (!x || order < 0 || order > 5)
        return x ? refused(n, "is an order that Seamless does not know") : NULL;
    seam_build_ints(&n->build, "perm", orders[order], 4);
    return seam_build_node(&n->build, "Transpose", x);
}

/* The axes of a Reduction, of ONNX; false: not known. */
static bool read_axes(struct seam_ncnn *n, int64_t axes[3], size_t *count)
{
    const struct seam_ncnn_setting *const list = seam_ncnn_list(n, 3);
    *count = 0;
    if (!list || list->count < 1 || list->count > 3)
        return false;
    for (uint32_t i = 0; i < list->count; i++) {
        const double a = list->values[i];
        if (a != -3 && a != -2 && a != -1 && a != 0 && a != 1 && a != 2)
            return false;
        axes[(*count)++] = (int64_t)a + (a < 0 ? 4 : 1);
    }
    return true;
}

const char *seam_ncnn_reduction(struct seam_ncnn *n)
{
    static const char *const ops[] = { "ReduceSum", NULL, NULL, "ReduceMean", "ReduceMax",
                                       "ReduceMin" };
    struct seam_build *const b = &n->build;
    const char *const x = seam_ncnn_input(n, 0);
    const int64_t op = seam_ncnn_int(n, 0, 0);
    const float part = (float)seam_ncnn_number(n, 2, 1);
    int64_t axes[3];
    size_t count;
    if (!x || op < 0 || op >= (int64_t)SEAM_ARRAY_LEN(ops) || !ops[op])
        return x ? refused(n, "is an operation that Seamless does not know") : NULL;
    if (!read_axes(n, axes, &count))
        return refused(n, "sums over axes that Seamless does not know");
    const bool whole = count == 2 && axes[0] + axes[1] == 5 && axes[0] != axes[1] &&
                       seam_max(axes[0], axes[1]) == 3;
    if (!seam_ncnn_int(n, 4, 0) && !whole)
        return refused(n, "leaves out an axis of a picture");
    n->layer->out[0]->pooled = whole;
    const char *y;
    if (op == 0) {
        y = seam_build_node(b, ops[op], x, seam_build_list(b, axes, count));
    } else {
        seam_build_ints(b, "axes", axes, count);
        y = seam_build_node(b, ops[op], x);
    }
    return part == 1 ? y : seam_build_mul(b, y, seam_build_scalar(b, part));
}
