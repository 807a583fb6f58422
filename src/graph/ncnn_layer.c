/* The layers of ncnn without kernels, and which function writes which. */
#include <float.h>
#include <limits.h>
#include <math.h>
#include <string.h>

#include "base/common.h"
#include "graph/ncnn.h"

#define WHOLE (-233) /* "as it comes" */
#define ALL_OUTPUTS ((const char *)-1)

static const char *refused(struct seam_ncnn *n, const char *why)
{
    seam_ncnn_refuse(n, "its layer %s (%s) %s; export the network as ONNX", n->layer->name,
                     n->layer->type, why);
    return NULL;
}

const char *seam_ncnn_input(struct seam_ncnn *n, uint32_t k)
{
    if (n->build.result != SEAM_OK)
        return NULL;
    if (k >= n->layer->n_in)
        return refused(n, "has too few inputs");
    if (!n->layer->in[k]->value)
        seam_ncnn_refuse(n,
                         "no valid .param file of ncnn (%s takes %s, which no layer before it "
                         "makes); download it again",
                         n->layer->name, n->layer->in[k]->name);
    return n->layer->in[k]->value;
}

/* One number for each channel. */
static const char *load_channels(struct seam_ncnn *n, int64_t count)
{
    struct seam_onnx_tensor t;
    if (count < 1 || count > INT_MAX)
        return refused(n, "has an impossible number of channels");
    if (!seam_ncnn_load(n, (uint64_t)count, false, &t))
        return NULL;
    return seam_ncnn_constant(n, &t, (const int64_t[]){ count, 1, 1 }, 3);
}

static const char *layer_input(struct seam_ncnn *n)
{
    if (n->picture)
        return refused(n, "is a second input");
    n->picture = "";
    return NULL; /* ncnn.c makes it, when the first convolution tells its channels */
}

static const char *layer_memory(struct seam_ncnn *n)
{
    struct seam_onnx_tensor t;
    const int64_t w = seam_ncnn_int(n, 0, 0), h = seam_ncnn_int(n, 1, 0),
                  c = seam_ncnn_int(n, 2, 0);
    const int64_t dims[3] = { c, h, w };
    if (seam_ncnn_int(n, 11, 0) || w < 1 || w > INT_MAX || h < 0 || h > SHRT_MAX || c < 0 ||
        c > SHRT_MAX || (c && !h) || (c == 0 && w * seam_max(h, 1) > 1))
        return refused(n, "is a constant of a shape that Seamless does not read");
    const int64_t count = w * seam_max(h, 1) * seam_max(c, 1);
    if (!seam_ncnn_load(n, (uint64_t)count, seam_ncnn_int(n, 21, 1) == 0, &t))
        return NULL;
    n->layer->out[0]->constant = true;
    return seam_ncnn_constant(n, &t, dims, c ? 3 : 0);
}

static const char *layer_same(struct seam_ncnn *n)
{
    const char *const x = seam_ncnn_input(n, 0);
    for (uint32_t i = 0; x && i < n->layer->n_out; i++) {
        n->layer->out[i]->value = x;
        n->layer->out[i]->pooled = n->layer->in[0]->pooled;
        n->layer->out[i]->constant = n->layer->in[0]->constant;
    }
    return x ? ALL_OUTPUTS : NULL;
}

static const char *binary(struct seam_ncnn *n, int64_t op, const char *x, const char *y)
{
    static const char *const ops[] = { "Add", "Sub", "Mul", "Div", "Max", "Min", "Pow" };
    if (op == 7 || op == 8)
        return seam_build_node(&n->build, ops[op == 7 ? 1 : 3], y, x);
    return op >= 0 && op <= 6 ? seam_build_node(&n->build, ops[op], x, y)
                              : refused(n, "is an operation that Seamless does not know");
}

static const char *layer_binary(struct seam_ncnn *n)
{
    const char *const x = seam_ncnn_input(n, 0);
    const int64_t op = seam_ncnn_int(n, 0, 0);
    if (!x)
        return NULL;
    if (seam_ncnn_int(n, 1, 0))
        return binary(n, op, x, seam_build_scalar(&n->build, (float)seam_ncnn_number(n, 2, 0)));
    const char *const y = seam_ncnn_input(n, 1);
    return y ? binary(n, op, x, y) : NULL;
}

static const char *layer_eltwise(struct seam_ncnn *n)
{
    static const char *const ops[] = { "Mul", "Add", "Max" };
    const int64_t op = seam_ncnn_int(n, 0, 0);
    const struct seam_ncnn_setting *const factors = seam_ncnn_list(n, 1);
    const char *sum = NULL;
    if (op < 0 || op > 2 || (factors && factors->count && factors->count != n->layer->n_in))
        return refused(n, "is an operation that Seamless does not know");
    for (uint32_t i = 0; i < n->layer->n_in; i++) {
        const char *x = seam_ncnn_input(n, i);
        if (x && op == 1 && factors && factors->count && factors->values[i] != 1)
            x = seam_build_mul(&n->build, x,
                               seam_build_scalar(&n->build, (float)factors->values[i]));
        sum = i ? seam_build_node(&n->build, ops[op], sum, x) : x;
    }
    return sum ? sum : refused(n, "has no input");
}

static const char *layer_scale(struct seam_ncnn *n)
{
    const char *const x = seam_ncnn_input(n, 0);
    const int64_t count = seam_ncnn_int(n, 0, 0);
    if (x && count == WHOLE) {
        const char *const y = seam_ncnn_input(n, 1);
        return y ? seam_build_mul(&n->build, x, y) : NULL;
    }
    const char *const factor = x ? load_channels(n, count) : NULL;
    const char *const scaled = factor ? seam_build_mul(&n->build, x, factor) : NULL;
    if (!scaled || !seam_ncnn_int(n, 1, 0))
        return scaled;
    const char *const bias = load_channels(n, count);
    return bias ? seam_build_add(&n->build, scaled, bias) : NULL;
}

static const char *layer_norm(struct seam_ncnn *n)
{
    const int64_t count = seam_ncnn_int(n, 0, 0);
    const char *const x = seam_ncnn_input(n, 0), *parts[4];
    if (!x || count < 1 || count > INT_MAX)
        return x ? refused(n, "has an impossible number of channels") : NULL;
    for (int i = 0; i < 4; i++) { /* slope, mean, variance, bias */
        struct seam_onnx_tensor t;
        if (!seam_ncnn_load(n, (uint64_t)count, false, &t))
            return NULL;
        parts[i] = seam_ncnn_constant(n, &t, &count, 1);
    }
    seam_build_float(&n->build, "epsilon", (float)seam_ncnn_number(n, 1, 0));
    return seam_build_node(&n->build, "BatchNormalization", x, parts[0], parts[3], parts[1],
                           parts[2]);
}

/* Cut to the size of the second input, from an offset. */
static const char *crop_like(struct seam_ncnn *n, const char *x)
{
    struct seam_build *const b = &n->build;
    const char *const other = seam_ncnn_input(n, 1);
    if (!other || seam_ncnn_int(n, 2, 0))
        return other ? refused(n, "cuts channels by another picture") : NULL;
    const int64_t from[2] = { seam_ncnn_int(n, 1, 0), seam_ncnn_int(n, 0, 0) };
    const char *const begin = seam_build_list(b, from, 2);
    const char *const axes = seam_build_list(b, (const int64_t[]){ 2, 3 }, 2);
    const char *const shape = seam_build_node(b, "Shape", other);
    const char *const two = seam_build_list(b, &(int64_t){ 2 }, 1);
    const char *const four = seam_build_list(b, &(int64_t){ 4 }, 1);
    const char *const size =
        seam_build_node(b, "Slice", shape, two, four, seam_build_list(b, &(int64_t){ 0 }, 1));
    const char *const end = seam_build_add(b, size, begin);
    return seam_build_node(b, "Slice", x, begin, end, axes);
}

/* A number of a list as a place: what is far beyond any picture stays so. */
static int64_t whole_of(double value)
{
    return (int64_t)fmax(fmin(value, 1e15), -1e15);
}

/* From starts to ends (of the end, where not positive) along axes of channels, rows, columns. */
static const char *crop_slice(struct seam_ncnn *n, const char *x,
                              const struct seam_ncnn_setting *starts,
                              const struct seam_ncnn_setting *ends,
                              const struct seam_ncnn_setting *axes)
{
    int64_t begin[3], end[3], axis[3];
    const uint32_t count = starts->count;
    if (!ends || count < 1 || count > 3 || ends->count != count || (axes && axes->count != count) ||
        (!axes && count != 3))
        return refused(n, "cuts in a way that Seamless does not know");
    for (uint32_t i = 0; i < count; i++) {
        const double a = axes ? axes->values[i] : i, e = ends->values[i];
        begin[i] = starts->values[i] == WHOLE ? 0 : whole_of(starts->values[i]);
        end[i] = e == 0 || e == WHOLE || e >= INT_MAX ? INT64_MAX : whole_of(e);
        axis[i] = whole_of(a < 0 ? a + 4 : a + 1);
        if (axis[i] < 1 || axis[i] > 3)
            return refused(n, "cuts in a way that Seamless does not know");
    }
    const char *const from = seam_build_list(&n->build, begin, count);
    const char *const to = seam_build_list(&n->build, end, count);
    return seam_build_node(&n->build, "Slice", x, from, to,
                           seam_build_list(&n->build, axis, count));
}

static const char *layer_crop(struct seam_ncnn *n)
{
    const char *const x = seam_ncnn_input(n, 0);
    if (!x)
        return NULL;
    const struct seam_ncnn_setting *const starts = seam_ncnn_list(n, 9);
    if (starts)
        return crop_slice(n, x, starts, seam_ncnn_list(n, 10), seam_ncnn_list(n, 11));
    if (n->layer->n_in > 1)
        return crop_like(n, x);
    if (seam_ncnn_int(n, 3, 0) > 0 || seam_ncnn_int(n, 4, 0) > 0 || seam_ncnn_int(n, 2, 0) ||
        seam_ncnn_int(n, 5, 0) > 0)
        return refused(n, "makes pictures of one size only");
    const double from[2] = { seam_ncnn_number(n, 1, 0), seam_ncnn_number(n, 0, 0) };
    const double to[2] = { -seam_ncnn_number(n, 7, 0), -seam_ncnn_number(n, 6, 0) };
    const double axes[2] = { 1, 2 };
    const struct seam_ncnn_setting s = { .values = from, .count = 2 },
                                   e = { .values = to, .count = 2 },
                                   a = { .values = axes, .count = 2 };
    return crop_slice(n, x, &s, &e, &a);
}

static const char *layer_concat(struct seam_ncnn *n)
{
    const int64_t axis = seam_ncnn_int(n, 0, 0);
    const char **list = seam_arena_alloc(&n->arena, n->layer->n_in, sizeof(*list));
    if (!list || axis < -3 || axis > 2 || !n->layer->n_in)
        return refused(n, "joins along no axis of a picture");
    for (uint32_t i = 0; i < n->layer->n_in; i++)
        if (!(list[i] = seam_ncnn_input(n, i)))
            return NULL;
    seam_build_int(&n->build, "axis", axis < 0 ? axis + 4 : axis + 1);
    return seam_build_nodes(&n->build, "Concat", list, n->layer->n_in, NULL, 1);
}

/* Into parts along an axis; a part of -233 is what is left, all of them are equal parts. */
static const char *layer_slice(struct seam_ncnn *n)
{
    const char *const x = seam_ncnn_input(n, 0);
    const struct seam_ncnn_setting *const sizes = seam_ncnn_list(n, 0);
    const int64_t axis = seam_ncnn_int(n, 1, 0);
    const uint32_t count = n->layer->n_out;
    if (!x || !sizes || sizes->count != count || count < 1 || count > 64 || axis < -3 || axis > 2)
        return x ? refused(n, "cuts in a way that Seamless does not know") : NULL;
    const char *outputs[64];
    bool equal = true;
    int64_t parts[64];
    for (uint32_t i = 0; i < count; i++) {
        parts[i] = whole_of(sizes->values[i]);
        equal = equal && parts[i] == WHOLE;
    }
    for (uint32_t i = 0; i < count; i++)
        if (!equal && parts[i] < 1)
            return refused(n, "leaves a part to be told by the rest");
    seam_build_int(&n->build, "axis", axis < 0 ? axis + 4 : axis + 1);
    const char *const inputs[2] = { x, equal ? "" : seam_build_list(&n->build, parts, count) };
    if (!seam_build_nodes(&n->build, "Split", inputs, equal ? 1 : 2, outputs, count))
        return NULL;
    for (uint32_t i = 0; i < count; i++)
        n->layer->out[i]->value = outputs[i];
    return ALL_OUTPUTS;
}

static const char *layer_pooling(struct seam_ncnn *n)
{
    struct seam_build *const b = &n->build;
    const char *const x = seam_ncnn_input(n, 0);
    const bool mean = seam_ncnn_int(n, 0, 0) == 1;
    if (!x)
        return NULL;
    if (seam_ncnn_int(n, 4, 0)) {
        n->layer->out[0]->pooled = true;
        return seam_build_node(b, mean ? "GlobalAveragePool" : "GlobalMaxPool", x);
    }
    const int64_t across = seam_ncnn_int(n, 1, 0), stride = seam_ncnn_int(n, 2, 1),
                  left = seam_ncnn_int(n, 3, 0);
    const int64_t size[2] = { seam_ncnn_int(n, 11, across), across },
                  strides[2] = { seam_ncnn_int(n, 12, stride), stride };
    const int64_t top = seam_ncnn_int(n, 13, left), mode = seam_ncnn_int(n, 5, 0);
    const int64_t pads[4] = { top, left, seam_ncnn_int(n, 15, top), seam_ncnn_int(n, 14, left) };
    for (int i = 0; i < 4; i++)
        if (pads[i] < 0 || pads[i] > SHRT_MAX || size[i & 1] < 1 || size[i & 1] > SHRT_MAX ||
            strides[i & 1] < 1)
            return refused(n, "has an impossible window");
    const bool padded = pads[0] || pads[1] || pads[2] || pads[3];
    const bool even = size[0] == strides[0] && size[1] == strides[1];
    if (seam_ncnn_int(n, 7, 0) || (mode != 1 && (mode != 0 || (mean && (padded || !even)))))
        return refused(n, "is a pooling that Seamless does not know");
    seam_build_ints(b, "kernel_shape", size, 2);
    seam_build_ints(b, "strides", strides, 2);
    seam_build_ints(b, "pads", pads, 4);
    if (mode == 0)
        seam_build_int(b, "ceil_mode", 1);
    if (mean)
        seam_build_int(b, "count_include_pad", seam_ncnn_int(n, 6, 0) != 0);
    return seam_build_node(b, mean ? "AveragePool" : "MaxPool", x);
}

static const char *layer_interp(struct seam_ncnn *n)
{
    static const char *const modes[] = { "", "nearest", "linear", "cubic" };
    struct seam_build *const b = &n->build;
    const char *const x = seam_ncnn_input(n, 0);
    const int64_t mode = seam_ncnn_int(n, 0, 0);
    const float scales[4] = { 1, 1, (float)seam_ncnn_number(n, 1, 1),
                              (float)seam_ncnn_number(n, 2, 1) };
    if (!x)
        return NULL;
    if (mode < 1 || mode > 3 || seam_ncnn_int(n, 3, 0) || seam_ncnn_int(n, 4, 0) ||
        n->layer->n_in > 1 || scales[2] <= 0 || scales[3] <= 0)
        return refused(n, "makes pictures of one size only");
    const bool corners = seam_ncnn_int(n, 6, 0) != 0 && mode > 1;
    seam_build_string(b, "mode", modes[mode]);
    seam_build_string(b, "coordinate_transformation_mode",
                      mode == 1 ? "asymmetric" : corners ? "align_corners" : "half_pixel");
    if (mode == 1)
        seam_build_string(b, "nearest_mode", "floor");
    const char *const list = seam_build_floats(b, NULL, scales, &(int64_t){ 4 }, 1);
    return seam_build_node(b, "Resize", x, "", list);
}

static const char *layer_padding(struct seam_ncnn *n)
{
    static const char *const modes[] = { "constant", "edge", "reflect" };
    struct seam_build *const b = &n->build;
    const char *const x = seam_ncnn_input(n, 0);
    const int64_t mode = seam_ncnn_int(n, 4, 0);
    const int64_t pads[8] = { 0, 0, seam_ncnn_int(n, 0, 0), seam_ncnn_int(n, 2, 0),
                              0, 0, seam_ncnn_int(n, 1, 0), seam_ncnn_int(n, 3, 0) };
    if (!x)
        return NULL;
    if (mode < 0 || mode > 2 || seam_ncnn_int(n, 7, 0) || seam_ncnn_int(n, 8, 0) ||
        seam_ncnn_int(n, 6, 0))
        return refused(n, "is a padding that Seamless does not know");
    seam_build_string(b, "mode", modes[mode]);
    const char *const sides = seam_build_list(b, pads, 8);
    return seam_build_node(b, "Pad", x, sides,
                           seam_build_scalar(b, (float)seam_ncnn_number(n, 5, 0)));
}

static const char *layer_shuffle(struct seam_ncnn *n)
{
    const char *const x = seam_ncnn_input(n, 0);
    const int64_t factor = seam_ncnn_int(n, 0, 1);
    if (!x || factor < 1 || factor > 64)
        return x ? refused(n, "has an impossible factor") : NULL;
    seam_build_int(&n->build, "blocksize", factor);
    seam_build_string(&n->build, "mode", seam_ncnn_int(n, 1, 0) ? "DCR" : "CRD");
    return seam_build_node(&n->build, "DepthToSpace", x);
}

static const char *layer_prelu(struct seam_ncnn *n)
{
    const char *const x = seam_ncnn_input(n, 0);
    const char *const slope = x ? load_channels(n, seam_ncnn_int(n, 0, 0)) : NULL;
    return slope ? seam_build_node(&n->build, "PRelu", x, slope) : NULL;
}

/* One input, no weights. */
static const char *layer_point(struct seam_ncnn *n)
{
    struct seam_build *const b = &n->build;
    const char *const type = n->layer->type, *const x = seam_ncnn_input(n, 0);
    if (!x)
        return NULL;
    if (!strcmp(type, "ReLU")) {
        const float slope = (float)seam_ncnn_number(n, 0, 0);
        return slope != 0 ? seam_build_leaky(b, x, slope) : seam_build_node(b, "Relu", x);
    }
    if (!strcmp(type, "Swish"))
        return seam_build_mul(b, x, seam_build_node(b, "Sigmoid", x));
    if (!strcmp(type, "Mish"))
        return seam_build_mul(b, x, seam_build_node(b, "Tanh", seam_build_node(b, "Softplus", x)));
    if (!strcmp(type, "GELU")) {
        const char *const part = seam_build_mul(b, x, seam_build_scalar(b, 0.70710678118654752f));
        const char *const one =
            seam_build_add(b, seam_build_node(b, "Erf", part), seam_build_scalar(b, 1));
        return seam_build_mul(b, seam_build_mul(b, x, one), seam_build_scalar(b, 0.5f));
    }
    if (!strcmp(type, "Clip")) {
        const char *const low = seam_build_scalar(b, (float)seam_ncnn_number(n, 0, -FLT_MAX));
        return seam_build_node(b, "Clip", x, low,
                               seam_build_scalar(b, (float)seam_ncnn_number(n, 1, FLT_MAX)));
    }
    if (!strcmp(type, "ELU"))
        seam_build_float(b, "alpha", (float)seam_ncnn_number(n, 0, 0.1));
    if (!strncmp(type, "Hard", 4)) {
        seam_build_float(b, "alpha", (float)seam_ncnn_number(n, 0, 0.2));
        seam_build_float(b, "beta", (float)seam_ncnn_number(n, 1, 0.5));
        const char *const y = seam_build_node(b, "HardSigmoid", x);
        return strcmp(type, "HardSwish") ? y : seam_build_mul(b, x, y);
    }
    return seam_build_node(b,
                           !strcmp(type, "TanH")  ? "Tanh"
                           : !strcmp(type, "ELU") ? "Elu"
                                                  : "Sigmoid",
                           x);
}

static const struct {
    const char *type;
    const char *(*write)(struct seam_ncnn *n);
} writers[] = {
    { "BatchNorm", layer_norm },
    { "BinaryOp", layer_binary },
    { "Clip", layer_point },
    { "Concat", layer_concat },
    { "Convolution", seam_ncnn_convolution },
    { "ConvolutionDepthWise", seam_ncnn_convolution },
    { "Crop", layer_crop },
    { "Deconvolution", seam_ncnn_deconvolution },
    { "DeconvolutionDepthWise", seam_ncnn_deconvolution },
    { "Dropout", layer_same },
    { "ELU", layer_point },
    { "Eltwise", layer_eltwise },
    { "GELU", layer_point },
    { "HardSigmoid", layer_point },
    { "HardSwish", layer_point },
    { "InnerProduct", seam_ncnn_product },
    { "Input", layer_input },
    { "Interp", layer_interp },
    { "MemoryData", layer_memory },
    { "Mish", layer_point },
    { "Noop", layer_same },
    { "PReLU", layer_prelu },
    { "Padding", layer_padding },
    { "Permute", seam_ncnn_permute },
    { "PixelShuffle", layer_shuffle },
    { "Pooling", layer_pooling },
    { "ReLU", layer_point },
    { "Reduction", seam_ncnn_reduction },
    { "Reorg", seam_ncnn_reorg },
    { "Scale", layer_scale },
    { "Sigmoid", layer_point },
    { "Slice", layer_slice },
    { "Split", layer_same },
    { "Swish", layer_point },
    { "TanH", layer_point },
    { "UnaryOp", seam_ncnn_unary },
};

enum seam_result seam_ncnn_layer(struct seam_ncnn *n)
{
    const struct seam_ncnn_layer *const l = n->layer;
    size_t i = 0;
    while (i < SEAM_ARRAY_LEN(writers) && strcmp(writers[i].type, l->type) != 0)
        i++;
    if (i == SEAM_ARRAY_LEN(writers))
        return seam_ncnn_refuse(n,
                                "its layer %s is of the type %s, which Seamless does not read; "
                                "export the network as ONNX",
                                l->name, l->type);
    if (l->n_out < 1)
        return seam_ncnn_refuse(
            n, "no valid .param file of ncnn (%s makes nothing); download it again", l->name);
    /* What works pixel by pixel keeps a mean what it is. */
    const bool pooled = l->n_in && l->in[0]->pooled;
    const char *const value = writers[i].write(n);
    if (n->build.result != SEAM_OK)
        return n->build.result;
    if (value && value != ALL_OUTPUTS) {
        l->out[0]->value = value;
        l->out[0]->pooled |= pooled;
    }
    return SEAM_OK;
}
