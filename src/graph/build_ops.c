#include <string.h>

#include "base/common.h"
#include "graph/build.h"

/* A constant whose bytes are copied into the arena. */
static const char *build_copy(struct seam_build *b, const char *name, int32_t type,
                              const void *data, const int64_t *dims, int32_t rank)
{
    struct seam_onnx_tensor tensor = { .name = name, .type = type, .rank = rank, .count = 1 };
    for (int32_t i = 0; i < rank; i++)
        tensor.count *= (uint64_t)dims[i];
    tensor.size = tensor.count * seam_onnx_type_size(type);
    uint8_t *bytes = seam_arena_alloc(&b->graph->arena, (size_t)tensor.size, 1);
    int64_t *sizes = seam_arena_alloc(&b->graph->arena, (size_t)rank, sizeof(*sizes));
    if (!bytes || !sizes)
        return seam_build_memory(b);
    memcpy(bytes, data, (size_t)tensor.size);
    if (rank)
        memcpy(sizes, dims, (size_t)rank * sizeof(*sizes));
    tensor.data = bytes;
    tensor.dims = sizes;
    return seam_build_tensor(b, &tensor);
}

const char *seam_build_weight(struct seam_build *b, struct seam_weight *weight)
{
    if (!weight)
        return seam_build_missing(b, "such weight");
    weight->used = true;
    if (weight->value)
        return weight->value;
    const char *value = seam_build_tensor(b, &(struct seam_onnx_tensor){
        .name = weight->name, .type = weight->type, .rank = weight->rank, .dims = weight->dims,
        .count = weight->count, .data = weight->data, .size = weight->size });
    if (weight->type != SEAM_ONNX_FLOAT) {
        seam_build_int(b, "to", SEAM_ONNX_FLOAT);
        value = seam_build_node(b, "Cast", value);
    }
    return weight->value = value;
}

const char *seam_build_floats(struct seam_build *b, const char *name, const float *data,
                              const int64_t *dims, int32_t rank)
{
    return data ? build_copy(b, name, SEAM_ONNX_FLOAT, data, dims, rank)
                : seam_build_missing(b, "such numbers");
}

const char *seam_build_scalar(struct seam_build *b, float value)
{
    return build_copy(b, NULL, SEAM_ONNX_FLOAT, &value, NULL, 0);
}

const char *seam_build_scalar_int(struct seam_build *b, int64_t value)
{
    return build_copy(b, NULL, SEAM_ONNX_INT64, &value, NULL, 0);
}

const char *seam_build_list(struct seam_build *b, const int64_t *values, size_t n)
{
    return build_copy(b, NULL, SEAM_ONNX_INT64, values, &(int64_t){ (int64_t)n }, 1);
}

/* The same number for both directions, or for all four sides. */
static void build_repeat(struct seam_build *b, const char *key, int64_t value, size_t n)
{
    int64_t values[4];
    for (size_t i = 0; i < n; i++)
        values[i] = value;
    seam_build_ints(b, key, values, n);
}

const char *seam_build_conv(struct seam_build *b, const char *x, const char *weight,
                            const char *bias, const struct seam_build_conv *conv)
{
    if (conv->pad)
        build_repeat(b, "pads", conv->pad, 4);
    if (conv->stride > 1)
        build_repeat(b, "strides", conv->stride, 2);
    if (conv->dilation > 1)
        build_repeat(b, "dilations", conv->dilation, 2);
    if (conv->group > 1)
        seam_build_int(b, "group", conv->group);
    return bias ? seam_build_node(b, "Conv", x, weight, bias)
                : seam_build_node(b, "Conv", x, weight);
}

const char *seam_build_leaky(struct seam_build *b, const char *x, float slope)
{
    seam_build_float(b, "alpha", slope);
    return seam_build_node(b, "LeakyRelu", x);
}

const char *seam_build_add(struct seam_build *b, const char *x, const char *y)
{
    return seam_build_node(b, "Add", x, y);
}

const char *seam_build_mul(struct seam_build *b, const char *x, const char *y)
{
    return seam_build_node(b, "Mul", x, y);
}

const char *seam_build_concat(struct seam_build *b, const char *const *x, size_t n)
{
    seam_build_int(b, "axis", 1);
    return seam_build_nodes(b, "Concat", x, n, NULL, 1);
}

const char *seam_build_channels(struct seam_build *b, const char *x, int64_t begin, int64_t end)
{
    const char *const from = seam_build_list(b, &begin, 1), *const to = seam_build_list(b, &end, 1);
    return seam_build_node(b, "Slice", x, from, to, seam_build_list(b, &(int64_t){ 1 }, 1));
}

const char *seam_build_shuffle(struct seam_build *b, const char *x, int64_t factor)
{
    seam_build_int(b, "blocksize", factor);
    seam_build_string(b, "mode", "CRD");
    return seam_build_node(b, "DepthToSpace", x);
}

const char *seam_build_resize(struct seam_build *b, const char *x, const char *mode, float factor)
{
    const bool nearest = strcmp(mode, "nearest") == 0;
    const char *const scales =
        seam_build_floats(b, NULL, (const float[]){ 1, 1, factor, factor }, &(int64_t){ 4 }, 1);
    seam_build_string(b, "mode", mode);
    seam_build_string(b, "coordinate_transformation_mode", nearest ? "asymmetric" : "half_pixel");
    if (nearest)
        seam_build_string(b, "nearest_mode", "floor");
    return seam_build_node(b, "Resize", x, "", scales);
}
