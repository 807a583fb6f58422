#include <string.h>

#include "base/common.h"
#include "graph/bytes.h"
#include "graph/ncnn.h"

/* What stands before flagged weights. */
#define TAG_FLOAT 0x00000000u
#define TAG_FLOAT_TOO 0x0002C056u
#define TAG_HALF 0x01306B47u
#define TAG_INT8 0x000D4B38u
#define LEVELS 256

static bool missing(struct seam_ncnn *n)
{
    seam_ncnn_refuse(n,
                     "its .bin file is shorter than its layers need (at %s); it belongs to another "
                     ".param file, or "
                     "was cut off",
                     n->layer->name);
    return false;
}

/* The next `count` elements in place, filled up to four bytes. */
static bool take(struct seam_ncnn *n, uint64_t count, int32_t type, struct seam_onnx_tensor *t)
{
    const uint64_t left = (uint64_t)(n->end - n->at);
    const size_t element = seam_onnx_type_size(type);
    if (count > left / element)
        return missing(n);
    t->type = type;
    t->data = n->at;
    t->count = count;
    t->size = count * element;
    const uint64_t padded = (t->size + 3) & ~UINT64_C(3);
    if (padded > left)
        return missing(n);
    n->at += padded;
    return true;
}

static bool is_sum(uint32_t tag)
{
    return (tag & 255) + (tag >> 8 & 255) + (tag >> 16 & 255) + (tag >> 24) != 0;
}

/* 256 levels, and which of them each weight is. */
static bool take_levels(struct seam_ncnn *n, uint64_t count, struct seam_onnx_tensor *t)
{
    struct seam_onnx_tensor levels, indexes;
    if (!take(n, LEVELS, SEAM_ONNX_FLOAT, &levels) || !take(n, count, SEAM_ONNX_UINT8, &indexes))
        return false;
    uint8_t *data = seam_arena_alloc(&n->graph->arena, (size_t)count, sizeof(float));
    if (!data) {
        seam_build_memory(&n->build);
        return false;
    }
    for (uint64_t i = 0; i < count; i++)
        memcpy(data + 4 * i, levels.data + (size_t)4 * indexes.data[i], 4);
    *t = (struct seam_onnx_tensor){
        .type = SEAM_ONNX_FLOAT, .data = data, .count = count, .size = 4 * count
    };
    return true;
}

bool seam_ncnn_load(struct seam_ncnn *n, uint64_t count, bool flagged, struct seam_onnx_tensor *t)
{
    *t = (struct seam_onnx_tensor){ .name = NULL };
    if (!flagged)
        return take(n, count, SEAM_ONNX_FLOAT, t);
    if (n->end - n->at < 4)
        return missing(n);
    const uint32_t tag = (uint32_t)seam_little(n->at, 4);
    n->at += 4;
    switch (tag) {
    case TAG_HALF: return take(n, count, SEAM_ONNX_FLOAT16, t);
    case TAG_INT8: return take(n, count, SEAM_ONNX_INT8, t);
    case TAG_FLOAT:
    case TAG_FLOAT_TOO: return take(n, count, SEAM_ONNX_FLOAT, t);
    default: return is_sum(tag) ? take_levels(n, count, t) : take(n, count, SEAM_ONNX_FLOAT, t);
    }
}

const char *seam_ncnn_constant(struct seam_ncnn *n, struct seam_onnx_tensor *tensor,
                               const int64_t *dims, int32_t rank)
{
    int64_t *copy = seam_arena_alloc(&n->graph->arena, (size_t)rank, sizeof(*copy));
    if (!copy)
        return seam_build_memory(&n->build);
    if (rank)
        memcpy(copy, dims, (size_t)rank * sizeof(*copy));
    tensor->dims = copy;
    tensor->rank = rank;
    const char *value = seam_build_tensor(&n->build, tensor);
    if (!value || tensor->type == SEAM_ONNX_FLOAT)
        return value;
    seam_build_int(&n->build, "to", SEAM_ONNX_FLOAT);
    return seam_build_node(&n->build, "Cast", value);
}
