#include <string.h>
#include <strings.h>

#include "graph/decode.h"
#include "base/log.h"

enum seam_result seam_decode_broken(const struct seam_decoder *decoder, const char *what)
{
    if (seam_onnx_called(decoder->graph->path))
        return seam_log_fail(decoder->log, SEAM_ERROR_MODEL,
                             "%s: no valid ONNX file (%s); download or export it again",
                             decoder->graph->path, what);
    return seam_log_fail(decoder->log, SEAM_ERROR_MODEL,
                         "%s: no network that Seamless reads (ONNX, PyTorch, safetensors, ncnn), "
                         "or not whole; download it again",
                         decoder->graph->path);
}

bool seam_onnx_called(const char *path)
{
    const char *const dot = strrchr(path, '.');
    return dot && (!strcasecmp(dot, ".onnx") || !strcasecmp(dot, ".ort"));
}

enum seam_result seam_decode_memory(const struct seam_decoder *decoder)
{
    return seam_log_fail(decoder->log, SEAM_ERROR_MEMORY, "%s: no memory to read the network",
                         decoder->graph->path);
}

enum seam_result seam_decode_string(const struct seam_decoder *decoder,
                                    const struct seam_wire_field *field, const char **text)
{
    if (field->type != SEAM_WIRE_BYTES || (field->size && memchr(field->data, 0, field->size)))
        return seam_decode_broken(decoder, "a broken name");
    *text = seam_arena_string(&decoder->graph->arena, field->data, field->size);
    return *text ? SEAM_OK : seam_decode_memory(decoder);
}

/* How many length-delimited fields `number` the message has; all of them must be readable. */
static bool count_messages(struct seam_wire wire, uint32_t number, size_t *count)
{
    struct seam_wire_field field;
    *count = 0;
    while (seam_wire_next(&wire, &field))
        if (field.number == number && field.type == SEAM_WIRE_BYTES)
            ++*count;
    return !wire.bad;
}

static enum seam_result decode_pair(const struct seam_decoder *decoder, struct seam_wire wire,
                                    struct seam_onnx_pair *pair)
{
    struct seam_wire_field field;
    enum seam_result result = SEAM_OK;
    pair->key = pair->value = "";
    while (result == SEAM_OK && seam_wire_next(&wire, &field)) {
        if (field.number == 1)
            result = seam_decode_string(decoder, &field, &pair->key);
        else if (field.number == 2)
            result = seam_decode_string(decoder, &field, &pair->value);
    }
    return wire.bad ? seam_decode_broken(decoder, "broken metadata") : result;
}

static enum seam_result decode_dim(const struct seam_decoder *decoder, struct seam_wire wire,
                                   struct seam_onnx_dim *dim)
{
    struct seam_wire_field field;
    enum seam_result result = SEAM_OK;
    dim->size = -1;
    dim->symbol = "";
    while (result == SEAM_OK && seam_wire_next(&wire, &field)) {
        /* Some exporters write 0 or -1 for a size that is free. */
        if (field.number == 1 && field.type == SEAM_WIRE_VARINT)
            dim->size = (int64_t)field.value > 0 ? (int64_t)field.value : -1;
        else if (field.number == 2)
            result = seam_decode_string(decoder, &field, &dim->symbol);
    }
    return wire.bad ? seam_decode_broken(decoder, "a broken shape") : result;
}

static enum seam_result decode_shape(const struct seam_decoder *decoder, struct seam_wire wire,
                                     struct seam_onnx_value *value)
{
    size_t count;
    if (!count_messages(wire, 1, &count) || count > 64)
        return seam_decode_broken(decoder, "a broken shape");
    struct seam_onnx_dim *dims = seam_arena_alloc(&decoder->graph->arena, count, sizeof(*dims));
    if (!dims)
        return seam_decode_memory(decoder);
    value->rank = (int32_t)count;
    value->dims = dims;

    struct seam_wire_field field;
    enum seam_result result = SEAM_OK;
    while (result == SEAM_OK && seam_wire_next(&wire, &field))
        if (field.number == 1 && field.type == SEAM_WIRE_BYTES)
            result = decode_dim(decoder, seam_wire_over(field.data, field.size), dims++);
    return result;
}

/* TypeProto: only tensors have a type here; maps and sequences keep type 0. */
static enum seam_result decode_type(const struct seam_decoder *decoder, struct seam_wire wire,
                                    struct seam_onnx_value *value)
{
    struct seam_wire_field field, inner;
    enum seam_result result = SEAM_OK;
    while (result == SEAM_OK && seam_wire_next(&wire, &field)) {
        if (field.number != 1 || field.type != SEAM_WIRE_BYTES)
            continue;
        struct seam_wire tensor = seam_wire_over(field.data, field.size);
        while (result == SEAM_OK && seam_wire_next(&tensor, &inner)) {
            if (inner.number == 1 && inner.type == SEAM_WIRE_VARINT)
                value->type = inner.value < 1000 ? (int32_t)inner.value : 0;
            else if (inner.number == 2 && inner.type == SEAM_WIRE_BYTES)
                result = decode_shape(decoder, seam_wire_over(inner.data, inner.size), value);
        }
        wire.bad |= tensor.bad;
    }
    return wire.bad ? seam_decode_broken(decoder, "a broken type") : result;
}

static enum seam_result decode_value(const struct seam_decoder *decoder, struct seam_wire wire,
                                     struct seam_onnx_value *value)
{
    struct seam_wire_field field;
    enum seam_result result = SEAM_OK;
    *value = (struct seam_onnx_value){ .name = "", .id = -1, .rank = -1 };
    while (result == SEAM_OK && seam_wire_next(&wire, &field)) {
        if (field.number == 1)
            result = seam_decode_string(decoder, &field, &value->name);
        else if (field.number == 2 && field.type == SEAM_WIRE_BYTES)
            result = decode_type(decoder, seam_wire_over(field.data, field.size), value);
    }
    return wire.bad ? seam_decode_broken(decoder, "a broken input or output") : result;
}

/* Count, then fill, one of the lists of a graph. */
#define DECODE_LIST(decoder, wire, field_number, list, count, element, call)                       \
    do {                                                                                           \
        struct seam_wire list_wire = (wire);                                                       \
        struct seam_wire_field list_field;                                                         \
        if (!count_messages(list_wire, (field_number), &(count)))                                  \
            return seam_decode_broken((decoder), "a broken list");                                 \
        element *items = seam_arena_alloc(&(decoder)->graph->arena, (count), sizeof(element));     \
        if (!items)                                                                                \
            return seam_decode_memory(decoder);                                                    \
        (list) = items;                                                                            \
        while (seam_wire_next(&list_wire, &list_field)) {                                          \
            if (list_field.number != (field_number) || list_field.type != SEAM_WIRE_BYTES)         \
                continue;                                                                          \
            struct seam_wire item = seam_wire_over(list_field.data, list_field.size);              \
            enum seam_result item_result = call((decoder), item, items++);                         \
            if (item_result != SEAM_OK)                                                            \
                return item_result;                                                                \
        }                                                                                          \
    } while (0)

static enum seam_result decode_initializer(const struct seam_decoder *decoder,
                                           struct seam_wire wire, struct seam_onnx_tensor *tensor)
{
    return seam_decode_tensor(decoder, wire.at, (size_t)(wire.end - wire.at), tensor);
}

static enum seam_result decode_graph(const struct seam_decoder *decoder, struct seam_wire wire)
{
    struct seam_graph *graph = decoder->graph;
    DECODE_LIST(decoder, wire, 1, graph->nodes, graph->n_nodes, struct seam_onnx_node,
                seam_decode_node);
    DECODE_LIST(decoder, wire, 5, graph->initializers, graph->n_initializers,
                struct seam_onnx_tensor, decode_initializer);
    DECODE_LIST(decoder, wire, 11, graph->inputs, graph->n_inputs, struct seam_onnx_value,
                decode_value);
    DECODE_LIST(decoder, wire, 12, graph->outputs, graph->n_outputs, struct seam_onnx_value,
                decode_value);
    return SEAM_OK;
}

static enum seam_result decode_opset(const struct seam_decoder *decoder, struct seam_wire wire)
{
    struct seam_wire_field field;
    const char *domain = "";
    int64_t version = 0;
    while (seam_wire_next(&wire, &field)) {
        if (field.number == 1) {
            enum seam_result result = seam_decode_string(decoder, &field, &domain);
            if (result != SEAM_OK)
                return result;
        } else if (field.number == 2 && field.type == SEAM_WIRE_VARINT) {
            version = (int64_t)field.value;
        }
    }
    if (!*domain || !strcmp(domain, "ai.onnx"))
        decoder->graph->opset = version;
    return wire.bad ? seam_decode_broken(decoder, "a broken operator set") : SEAM_OK;
}

static enum seam_result decode_header(const struct seam_decoder *decoder, struct seam_wire wire,
                                      struct seam_wire *graph_wire)
{
    struct seam_graph *graph = decoder->graph;
    struct seam_wire_field field;
    enum seam_result result = SEAM_OK;
    bool found = false;
    while (result == SEAM_OK && seam_wire_next(&wire, &field)) {
        if (field.number == 1 && field.type == SEAM_WIRE_VARINT) {
            graph->ir_version = (int64_t)field.value;
        } else if (field.number == 2) {
            result = seam_decode_string(decoder, &field, &graph->producer);
        } else if (field.number == 7 && field.type == SEAM_WIRE_BYTES) {
            if (found)
                return seam_decode_broken(decoder, "two graphs");
            *graph_wire = seam_wire_over(field.data, field.size);
            found = true;
        } else if (field.number == 8 && field.type == SEAM_WIRE_BYTES) {
            result = decode_opset(decoder, seam_wire_over(field.data, field.size));
        }
    }
    if (result != SEAM_OK)
        return result;
    if (wire.bad)
        return seam_decode_broken(decoder, "it is cut off, or another kind of file");
    return found ? SEAM_OK : seam_decode_broken(decoder, "it holds no graph");
}

enum seam_result seam_decode_model(const struct seam_decoder *decoder, const void *data,
                                   size_t size)
{
    struct seam_graph *graph = decoder->graph;
    struct seam_wire wire = seam_wire_over(data, size), graph_wire = { 0 };
    graph->producer = "";
    enum seam_result result = decode_header(decoder, wire, &graph_wire);
    if (result != SEAM_OK)
        return result;
    DECODE_LIST(decoder, wire, 14, graph->metadata, graph->n_metadata, struct seam_onnx_pair,
                decode_pair);
    return decode_graph(decoder, graph_wire);
}
