/* The layers of ncnn that have kernels. */
#include <string.h>

#include "base/common.h"
#include "base/log.h"
#include "graph/ncnn.h"

#define SAME_UPPER (-233)
#define SAME_LOWER (-234)
#define LARGEST 65536 /* channels, and sides of kernels */

struct kernel {
    int64_t out, in, group; /* in: of one group */
    int64_t size[2], stride[2], dilation[2]; /* down, across */
    int64_t pads[4];                         /* top, left, bottom, right */
    uint64_t weights;
    bool bias;
};

static const char *refused(struct seam_ncnn *n, const char *why)
{
    seam_ncnn_refuse(n, "its layer %s (%s) %s; export the network as ONNX", n->layer->name,
                     n->layer->type, why);
    return NULL;
}

static bool in_range(int64_t value, int64_t least)
{
    return value >= least && value <= LARGEST;
}

static bool read_kernel(struct seam_ncnn *n, struct kernel *k)
{
    const int64_t weights = seam_ncnn_int(n, 6, 0);
    *k = (struct kernel){ .out = seam_ncnn_int(n, 0, 0),
                          .group = 1,
                          .bias = seam_ncnn_int(n, 5, 0) != 0 };
    if (strstr(n->layer->type, "DepthWise"))
        k->group = seam_ncnn_int(n, 7, 1);
    for (int i = 0; i < 2; i++) { /* ids of "across" come first, and stand for both */
        static const int32_t ids[3][2] = { { 11, 1 }, { 13, 3 }, { 12, 2 } };
        k->size[i] = seam_ncnn_int(n, ids[0][i], seam_ncnn_int(n, 1, 0));
        k->stride[i] = seam_ncnn_int(n, ids[1][i], seam_ncnn_int(n, 3, 1));
        k->dilation[i] = seam_ncnn_int(n, ids[2][i], seam_ncnn_int(n, 2, 1));
        if (!in_range(k->size[i], 1) || !in_range(k->stride[i], 1) || !in_range(k->dilation[i], 1))
            return refused(n, "has an impossible kernel"), false;
    }
    const int64_t left = seam_ncnn_int(n, 4, 0), top = seam_ncnn_int(n, 14, left);
    const int64_t pads[4] = { top, left, seam_ncnn_int(n, 16, top), seam_ncnn_int(n, 15, left) };
    memcpy(k->pads, pads, sizeof(pads));
    if (!in_range(k->out, 1) || !in_range(k->group, 1) || k->out % k->group || weights < 1)
        return refused(n, "has an impossible kernel"), false;
    const int64_t each = k->out / k->group * k->size[0] * k->size[1] * k->group;
    k->in = weights / each;
    k->weights = (uint64_t)weights;
    if (weights % each || !in_range(k->in, 1))
        return refused(n, "has weights that fit no number of channels"), false;
    return true;
}

/* Pads that follow from the size of the picture are told by name. */
static bool say_pads(struct seam_ncnn *n, const struct kernel *k)
{
    if (k->pads[1] == SAME_UPPER || k->pads[1] == SAME_LOWER) {
        seam_build_string(&n->build, "auto_pad",
                          k->pads[1] == SAME_UPPER ? "SAME_UPPER" : "SAME_LOWER");
        return true;
    }
    for (int i = 0; i < 4; i++)
        if (!in_range(k->pads[i], 0))
            return refused(n, "has an impossible padding"), false;
    seam_build_ints(&n->build, "pads", k->pads, 4);
    return true;
}

/* What a layer does to its result by itself. */
static const char *activate(struct seam_ncnn *n, const char *x)
{
    struct seam_build *const b = &n->build;
    const struct seam_ncnn_setting *const numbers = seam_ncnn_list(n, 10);
    const double first = seam_ncnn_number(n, 10, 0),
                 second = numbers && numbers->count > 1 ? numbers->values[1] : 0;
    switch (seam_ncnn_int(n, 9, 0)) {
    case 0: return x;
    case 1: return seam_build_node(b, "Relu", x);
    case 2: return seam_build_leaky(b, x, (float)first);
    case 3: {
        const char *const low = seam_build_scalar(b, (float)first);
        return seam_build_node(b, "Clip", x, low, seam_build_scalar(b, (float)second));
    }
    case 4: return seam_build_node(b, "Sigmoid", x);
    case 5:
        return seam_build_mul(b, x, seam_build_node(b, "Tanh", seam_build_node(b, "Softplus", x)));
    case 6:
        seam_build_float(b, "alpha", (float)first);
        seam_build_float(b, "beta", (float)second);
        return seam_build_mul(b, x, seam_build_node(b, "HardSigmoid", x));
    default: return refused(n, "ends in an activation that Seamless does not know");
    }
}

/* int8 weights are numbers times a scale of their channel: run as the floats that they stand
 * for. */
static bool scale_int8(struct seam_ncnn *n, struct seam_onnx_tensor *t, int64_t channels)
{
    const int64_t term = seam_ncnn_int(n, 8, 0);
    struct seam_onnx_tensor scales, others;
    if (!term)
        return t->type != SEAM_ONNX_INT8 || (refused(n, "has int8 weights without scales"), false);
    const int64_t count = term == 2 || term == 102 ? 1 : channels;
    if (!seam_ncnn_load(n, (uint64_t)count, false, &scales) ||
        !seam_ncnn_load(n, term > 100 ? 2 : 1, false, &others))
        return false;
    if (t->type != SEAM_ONNX_INT8)
        return true;
    float *floats = seam_arena_alloc(&n->graph->arena, (size_t)t->count, sizeof(*floats));
    if (!floats)
        return seam_build_memory(&n->build), false;
    for (uint64_t i = 0; i < t->count; i++) {
        float scale;
        memcpy(&scale, scales.data + (count == 1 ? 0 : 4 * (i / (t->count / (uint64_t)count))), 4);
        floats[i] = (float)(int8_t)t->data[i] / scale;
    }
    t->type = SEAM_ONNX_FLOAT;
    t->data = (const uint8_t *)floats;
    t->size = t->count * sizeof(*floats);
    return true;
}

/* Weights, bias, scales: in this order in the file. */
static bool load_kernel(struct seam_ncnn *n, const struct kernel *k,
                        struct seam_onnx_tensor *weight, const char **bias)
{
    struct seam_onnx_tensor t;
    *bias = NULL;
    if (!seam_ncnn_load(n, k->weights, true, weight))
        return false;
    if (k->bias) {
        if (!seam_ncnn_load(n, (uint64_t)k->out, false, &t))
            return false;
        *bias = seam_ncnn_constant(n, &t, &k->out, 1);
    }
    return scale_int8(n, weight, k->group > 1 ? k->group : k->out);
}

static const char *conv_node(struct seam_ncnn *n, const struct kernel *k, const char *op,
                             const char *x, const char *weight, const char *bias)
{
    struct seam_build *const b = &n->build;
    seam_build_ints(b, "kernel_shape", k->size, 2);
    seam_build_ints(b, "strides", k->stride, 2);
    seam_build_ints(b, "dilations", k->dilation, 2);
    seam_build_int(b, "group", k->group);
    return bias ? seam_build_node(b, op, x, weight, bias) : seam_build_node(b, op, x, weight);
}

const char *seam_ncnn_convolution(struct seam_ncnn *n)
{
    struct kernel k;
    struct seam_onnx_tensor weight;
    const char *bias, *x = seam_ncnn_input(n, 0);
    if (seam_ncnn_int(n, 19, 0))
        return refused(n, "takes its weights from another layer");
    if (!x || !read_kernel(n, &k) || !load_kernel(n, &k, &weight, &bias))
        return NULL;
    const char *const w =
        seam_ncnn_constant(n, &weight, (const int64_t[]){ k.out, k.in, k.size[0], k.size[1] }, 4);
    const double filled = seam_ncnn_number(n, 18, 0);
    if (filled != 0 && k.pads[1] >= 0) {
        const int64_t pads[8] = { 0, 0, k.pads[0], k.pads[1], 0, 0, k.pads[2], k.pads[3] };
        const char *const sides = seam_build_list(&n->build, pads, 8);
        x = seam_build_node(&n->build, "Pad", x, sides,
                            seam_build_scalar(&n->build, (float)filled));
        memset(k.pads, 0, sizeof(k.pads));
    }
    if (!say_pads(n, &k))
        return NULL;
    return activate(n, conv_node(n, &k, "Conv", x, w, bias));
}

/* [group][out][in][y][x] to [group][in][out][y][x]. */
static bool transpose(struct seam_ncnn *n, const struct kernel *k, struct seam_onnx_tensor *t)
{
    const size_t element = seam_onnx_type_size(t->type),
                 kernel = (size_t)(k->size[0] * k->size[1]) * element;
    const size_t out = (size_t)(k->out / k->group), in = (size_t)k->in;
    uint8_t *data = seam_arena_alloc(&n->graph->arena, (size_t)t->count, element);
    if (!data)
        return seam_build_memory(&n->build), false;
    for (size_t g = 0; g < (size_t)k->group; g++)
        for (size_t o = 0; o < out; o++)
            for (size_t i = 0; i < in; i++)
                memcpy(data + ((g * in + i) * out + o) * kernel,
                       t->data + ((g * out + o) * in + i) * kernel, kernel);
    t->data = data;
    return true;
}

const char *seam_ncnn_deconvolution(struct seam_ncnn *n)
{
    struct kernel k;
    struct seam_onnx_tensor weight;
    const char *bias, *const x = seam_ncnn_input(n, 0);
    if (seam_ncnn_int(n, 20, 0) || seam_ncnn_int(n, 21, 0))
        return refused(n, "makes pictures of one size only");
    if (!x || !read_kernel(n, &k) || !load_kernel(n, &k, &weight, &bias) ||
        !transpose(n, &k, &weight))
        return NULL;
    const int64_t dims[4] = { k.in * k.group, k.out / k.group, k.size[0], k.size[1] };
    const char *const w = seam_ncnn_constant(n, &weight, dims, 4);
    const int64_t more[2] = { seam_ncnn_int(n, 19, seam_ncnn_int(n, 18, 0)),
                              seam_ncnn_int(n, 18, 0) };
    if (!in_range(more[0], 0) || !in_range(more[1], 0))
        return refused(n, "has an impossible padding");
    if (more[0] || more[1])
        seam_build_ints(&n->build, "output_padding", more, 2);
    if (!say_pads(n, &k))
        return NULL;
    return activate(n, conv_node(n, &k, "ConvTranspose", x, w, bias));
}

/* Behind a mean over the picture a matrix product is a convolution of one pixel. */
const char *seam_ncnn_product(struct seam_ncnn *n)
{
    struct seam_onnx_tensor weight;
    struct kernel k = { .out = seam_ncnn_int(n, 0, 0),
                        .group = 1,
                        .size = { 1, 1 },
                        .stride = { 1, 1 },
                        .dilation = { 1, 1 },
                        .bias = seam_ncnn_int(n, 1, 0) != 0 };
    const int64_t weights = seam_ncnn_int(n, 2, 0);
    const char *bias, *const x = seam_ncnn_input(n, 0);
    if (x && !n->layer->in[0]->pooled)
        return refused(n, "is a matrix product over a picture of one size");
    if (!x || !in_range(k.out, 1) || weights < 1 || weights % k.out ||
        !in_range(weights / k.out, 1))
        return x ? refused(n, "has an impossible size") : NULL;
    k.in = weights / k.out;
    k.weights = (uint64_t)weights;
    if (!load_kernel(n, &k, &weight, &bias))
        return NULL;
    const char *const w = seam_ncnn_constant(n, &weight, (const int64_t[]){ k.out, k.in, 1, 1 }, 4);
    return activate(n, conv_node(n, &k, "Conv", x, w, bias));
}
