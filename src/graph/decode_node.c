/* Nodes and their attributes. */
#include <string.h>

#include "graph/decode.h"

/* How many numbers the repeated field `number` holds, packed or not. */
static bool count_numbers(struct seam_wire wire, uint32_t number, size_t width, size_t *count)
{
    struct seam_wire_field field;
    *count = 0;
    while (seam_wire_next(&wire, &field)) {
        if (field.number != number)
            continue;
        if (field.type != SEAM_WIRE_BYTES) {
            ++*count;
        } else if (width) {
            *count += field.size / width;
        } else {
            struct seam_wire packed = seam_wire_over(field.data, field.size);
            uint64_t value;
            while (seam_wire_varint(&packed, &value))
                ++*count;
            if (packed.bad)
                return false;
        }
    }
    return !wire.bad;
}

static float float_of_bits(uint32_t bits)
{
    float f;
    memcpy(&f, &bits, sizeof(f));
    return f;
}

static enum seam_result decode_ints(const struct seam_decoder *decoder, struct seam_wire wire,
                                    struct seam_onnx_attr *attr)
{
    if (!count_numbers(wire, 8, 0, &attr->n))
        return seam_decode_broken(decoder, "a broken attribute");
    int64_t *ints = seam_arena_alloc(&decoder->graph->arena, attr->n, sizeof(*ints));
    if (!ints)
        return seam_decode_memory(decoder);
    attr->ints = ints;
    struct seam_wire_field field;
    while (seam_wire_next(&wire, &field)) {
        if (field.number != 8)
            continue;
        if (field.type != SEAM_WIRE_BYTES) {
            *ints++ = (int64_t)field.value;
            continue;
        }
        struct seam_wire packed = seam_wire_over(field.data, field.size);
        uint64_t value;
        while (seam_wire_varint(&packed, &value))
            *ints++ = (int64_t)value;
    }
    return SEAM_OK;
}

static enum seam_result decode_floats(const struct seam_decoder *decoder, struct seam_wire wire,
                                      struct seam_onnx_attr *attr)
{
    if (!count_numbers(wire, 7, 4, &attr->n))
        return seam_decode_broken(decoder, "a broken attribute");
    float *floats = seam_arena_alloc(&decoder->graph->arena, attr->n, sizeof(*floats));
    if (!floats)
        return seam_decode_memory(decoder);
    attr->floats = floats;
    struct seam_wire_field field;
    while (seam_wire_next(&wire, &field)) {
        if (field.number != 7)
            continue;
        if (field.type != SEAM_WIRE_BYTES) {
            *floats++ = float_of_bits((uint32_t)field.value);
            continue;
        }
        for (size_t i = 0; i + 4 <= field.size; i += 4) {
            const uint8_t *p = field.data + i;
            *floats++ = float_of_bits((uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
                                      (uint32_t)p[3] << 24);
        }
    }
    return SEAM_OK;
}

static enum seam_result decode_attr_tensor(const struct seam_decoder *decoder,
                                           const struct seam_wire_field *field,
                                           struct seam_onnx_attr *attr)
{
    struct seam_onnx_tensor *tensor = seam_arena_alloc(&decoder->graph->arena, 1, sizeof(*tensor));
    if (!tensor)
        return seam_decode_memory(decoder);
    attr->tensor = tensor;
    return seam_decode_tensor(decoder, field->data, field->size, tensor);
}

/* The kind of an attribute that an old file does not name. */
static enum seam_onnx_attr_type attr_guess(uint32_t number)
{
    switch (number) {
    case 2: return SEAM_ATTR_FLOAT;
    case 3: return SEAM_ATTR_INT;
    case 4: return SEAM_ATTR_STRING;
    case 5: return SEAM_ATTR_TENSOR;
    case 6: return SEAM_ATTR_GRAPH;
    case 7: return SEAM_ATTR_FLOATS;
    case 8: return SEAM_ATTR_INTS;
    default: return SEAM_ATTR_OTHER;
    }
}

/* One field of an attribute that is no list of numbers. */
static enum seam_result decode_attr_field(const struct seam_decoder *decoder,
                                          const struct seam_wire_field *field,
                                          struct seam_onnx_attr *attr, uint64_t *type)
{
    switch (field->number) {
    case 1: return seam_decode_string(decoder, field, &attr->name);
    case 20: *type = field->value; return SEAM_OK;
    case 21: return seam_decode_string(decoder, field, &attr->ref);
    case 6:
        if (field->type == SEAM_WIRE_BYTES) {
            attr->bytes = field->data;
            attr->n_bytes = field->size;
        }
        break;
    case 13: return SEAM_OK;
    case 2:
        if (field->type == SEAM_WIRE_32)
            attr->f = float_of_bits((uint32_t)field->value);
        break;
    case 3: attr->i = (int64_t)field->value; break;
    case 4:
        /* A string may hold anything; only one that reads as text is of use here. */
        if (field->type == SEAM_WIRE_BYTES &&
            !(field->size && memchr(field->data, 0, field->size))) {
            enum seam_result result = seam_decode_string(decoder, field, &attr->s);
            if (result != SEAM_OK)
                return result;
        }
        break;
    case 5:
        if (field->type != SEAM_WIRE_BYTES)
            return seam_decode_broken(decoder, "a broken attribute");
        enum seam_result result = decode_attr_tensor(decoder, field, attr);
        if (result != SEAM_OK)
            return result;
        break;
    }
    enum seam_onnx_attr_type guess = attr_guess(field->number);
    if (field->number == 11)
        guess = SEAM_ATTR_GRAPH;
    if (attr->type == SEAM_ATTR_NONE || guess == SEAM_ATTR_GRAPH)
        attr->type = guess;
    return SEAM_OK;
}

static enum seam_result decode_attr(const struct seam_decoder *decoder, struct seam_wire wire,
                                    struct seam_onnx_attr *attr)
{
    struct seam_wire_field field;
    struct seam_wire scan = wire;
    uint64_t type = 0;
    *attr = (struct seam_onnx_attr){ .name = "" };
    while (seam_wire_next(&scan, &field)) {
        enum seam_result result = decode_attr_field(decoder, &field, attr, &type);
        if (result != SEAM_OK)
            return result;
    }
    if (scan.bad)
        return seam_decode_broken(decoder, "a broken attribute");
    /* An empty list leaves no trace but the type. */
    if (attr->type == SEAM_ATTR_NONE && (type == SEAM_ATTR_INTS || type == SEAM_ATTR_FLOATS))
        attr->type = type == SEAM_ATTR_INTS ? SEAM_ATTR_INTS : SEAM_ATTR_FLOATS;
    /* A default value may be left out by a writer of proto3. */
    if (attr->type == SEAM_ATTR_NONE && (type == SEAM_ATTR_INT || type == SEAM_ATTR_FLOAT))
        attr->type = type == SEAM_ATTR_INT ? SEAM_ATTR_INT : SEAM_ATTR_FLOAT;
    if (attr->type == SEAM_ATTR_STRING && !attr->s)
        attr->type = SEAM_ATTR_OTHER;
    if (attr->type == SEAM_ATTR_INTS)
        return decode_ints(decoder, wire, attr);
    if (attr->type == SEAM_ATTR_FLOATS)
        return decode_floats(decoder, wire, attr);
    return SEAM_OK;
}

/* The names that node->inputs and ->outputs stand for; onnx.c turns them into value ids. */
static enum seam_result node_lists(const struct seam_decoder *decoder, struct seam_wire wire,
                                   struct seam_onnx_node *node)
{
    struct seam_wire_field field;
    while (seam_wire_next(&wire, &field)) {
        node->n_inputs += field.number == 1;
        node->n_outputs += field.number == 2;
        node->n_attrs += field.number == 5;
    }
    if (wire.bad)
        return seam_decode_broken(decoder, "a broken node");
    struct seam_arena *arena = &decoder->graph->arena;
    node->inputs = seam_arena_alloc(arena, node->n_inputs, sizeof(int32_t));
    node->outputs = seam_arena_alloc(arena, node->n_outputs, sizeof(int32_t));
    node->attrs = seam_arena_alloc(arena, node->n_attrs, sizeof(*node->attrs));
    node->input_names = seam_arena_alloc(arena, node->n_inputs, sizeof(char *));
    node->output_names = seam_arena_alloc(arena, node->n_outputs, sizeof(char *));
    bool full =
        node->inputs && node->outputs && node->attrs && node->input_names && node->output_names;
    return full ? SEAM_OK : seam_decode_memory(decoder);
}

static enum seam_result node_field(const struct seam_decoder *decoder,
                                   const struct seam_wire_field *field, struct seam_onnx_node *node,
                                   const char ***in, const char ***out,
                                   struct seam_onnx_attr **attr)
{
    switch (field->number) {
    case 1: return seam_decode_string(decoder, field, (*in)++);
    case 2: return seam_decode_string(decoder, field, (*out)++);
    case 3: return seam_decode_string(decoder, field, &node->name);
    case 4: return seam_decode_string(decoder, field, &node->op);
    case 7: return seam_decode_string(decoder, field, &node->domain);
    case 5:
        if (field->type != SEAM_WIRE_BYTES)
            return seam_decode_broken(decoder, "a broken node");
        enum seam_result result =
            decode_attr(decoder, seam_wire_over(field->data, field->size), *attr);
        node->subgraph |= (*attr)->type == SEAM_ATTR_GRAPH;
        ++*attr;
        return result;
    }
    return SEAM_OK;
}

enum seam_result seam_decode_node(const struct seam_decoder *decoder, struct seam_wire wire,
                                  struct seam_onnx_node *node)
{
    *node = (struct seam_onnx_node){ .name = "", .op = "", .domain = "" };
    enum seam_result result = node_lists(decoder, wire, node);
    if (result != SEAM_OK)
        return result;
    const char **in = (const char **)(uintptr_t)node->input_names;
    const char **out = (const char **)(uintptr_t)node->output_names;
    struct seam_onnx_attr *attr = (struct seam_onnx_attr *)(uintptr_t)node->attrs;
    struct seam_wire_field field;
    while (result == SEAM_OK && seam_wire_next(&wire, &field))
        result = node_field(decoder, &field, node, &in, &out, &attr);
    if (!strcmp(node->domain, "ai.onnx"))
        node->domain = "";
    if (!*node->name && node->n_outputs)
        node->name = node->output_names[0];
    return result;
}
