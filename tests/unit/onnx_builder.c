#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "onnx_builder.h"

static void put(struct onnx_bytes *b, const void *data, size_t size)
{
    if (!size)
        return;
    while (b->size + size > b->room) {
        b->room = b->room ? 2 * b->room : 256;
        b->data = realloc(b->data, b->room);
        if (!b->data)
            abort();
    }
    memcpy(b->data + b->size, data, size);
    b->size += size;
}

static void put_varint(struct onnx_bytes *b, uint64_t value)
{
    do {
        uint8_t byte = (uint8_t)((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
        put(b, &byte, 1);
        value >>= 7;
    } while (value);
}

static void put_int(struct onnx_bytes *b, uint32_t field, int64_t value)
{
    put_varint(b, field << 3);
    put_varint(b, (uint64_t)value);
}

static void put_data(struct onnx_bytes *b, uint32_t field, const void *data, size_t size)
{
    put_varint(b, field << 3 | 2);
    put_varint(b, size);
    put(b, data, size);
}

static void put_text(struct onnx_bytes *b, uint32_t field, const char *text)
{
    put_data(b, field, text, strlen(text));
}

/* A message inside another; `inner` is empty after that. */
static void put_message(struct onnx_bytes *b, uint32_t field, struct onnx_bytes *inner)
{
    put_data(b, field, inner->data, inner->size);
    free(inner->data);
    memset(inner, 0, sizeof(*inner));
}

static void put_float(struct onnx_bytes *b, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof(bits));
    uint8_t bytes[4] = { (uint8_t)bits, (uint8_t)(bits >> 8), (uint8_t)(bits >> 16),
                         (uint8_t)(bits >> 24) };
    put(b, bytes, 4);
}

static void put_fixed64(struct onnx_bytes *b, int64_t value)
{
    for (int i = 0; i < 8; i++) {
        uint8_t byte = (uint8_t)((uint64_t)value >> (8 * i));
        put(b, &byte, 1);
    }
}

void onnx_begin(struct onnx_builder *b, int64_t opset)
{
    memset(b, 0, sizeof(*b));
    b->seed = 1;
    put_int(&b->head, 1, 8);
    struct onnx_bytes set = { NULL, 0, 0 };
    put_text(&set, 1, "");
    put_int(&set, 2, opset);
    put_message(&b->head, 8, &set);
    put_text(&b->graph, 2, "test");
}

void *onnx_finish(struct onnx_builder *b, size_t *size)
{
    put_message(&b->head, 7, &b->graph);
    void *file = b->head.data;
    *size = b->head.size;
    memset(b, 0, sizeof(*b));
    return file;
}

/* The next part of a list at *at, copied into part; false at its end. */
static int next_part(const char **at, const char *separators, char *part, size_t room)
{
    *at += strspn(*at, separators);
    size_t size = strcspn(*at, separators);
    if (!size)
        return 0;
    if (size >= room)
        abort();
    memcpy(part, *at, size);
    part[size] = '\0';
    *at += size;
    return 1;
}

static int is_number(const char *text)
{
    return isdigit((unsigned char)*text) || *text == '-';
}

static void put_value(struct onnx_builder *b, uint32_t field, const char *name, const char *dims)
{
    struct onnx_bytes shape = { NULL, 0, 0 }, tensor = shape, type = shape, value = shape;
    char part[64];
    while (next_part(&dims, ",", part, sizeof(part))) {
        struct onnx_bytes dim = { NULL, 0, 0 };
        if (is_number(part))
            put_int(&dim, 1, strtoll(part, NULL, 10));
        else
            put_text(&dim, 2, part);
        put_message(&shape, 1, &dim);
    }
    put_int(&tensor, 1, 1);
    put_message(&tensor, 2, &shape);
    put_message(&type, 1, &tensor);
    put_text(&value, 1, name);
    put_message(&value, 2, &type);
    put_message(&b->graph, field, &value);
}

void onnx_input(struct onnx_builder *b, const char *name, const char *dims)
{
    put_value(b, 11, name, dims);
}

void onnx_output(struct onnx_builder *b, const char *name, const char *dims)
{
    put_value(b, 12, name, dims);
}

static size_t put_dims(struct onnx_bytes *tensor, const char *dims)
{
    char part[64];
    size_t count = 1;
    while (next_part(&dims, ",", part, sizeof(part))) {
        long long size = strtoll(part, NULL, 10);
        put_int(tensor, 1, size);
        count *= (size_t)size;
    }
    return count;
}

/* A float tensor, random where `value` is NULL. */
static void put_floats(struct onnx_builder *b, const char *name, const char *dims,
                       const float *value)
{
    struct onnx_bytes tensor = { NULL, 0, 0 }, raw = tensor;
    size_t count = put_dims(&tensor, dims);
    for (size_t i = 0; i < count; i++) {
        b->seed = b->seed * 1664525u + 1013904223u;
        put_float(&raw, value ? *value : (float)(b->seed >> 8) / (float)(1 << 24) - 0.45f);
    }
    put_int(&tensor, 2, 1);
    put_text(&tensor, 8, name);
    put_message(&tensor, 9, &raw);
    put_message(&b->graph, 5, &tensor);
}

void onnx_weights(struct onnx_builder *b, const char *name, const char *dims)
{
    put_floats(b, name, dims, NULL);
}

void onnx_fill(struct onnx_builder *b, const char *name, const char *dims, float value)
{
    put_floats(b, name, dims, &value);
}

void onnx_ints(struct onnx_builder *b, const char *name, const char *values)
{
    struct onnx_bytes tensor = { NULL, 0, 0 }, raw = tensor;
    char part[64];
    int64_t count = 0;
    while (next_part(&values, ",", part, sizeof(part))) {
        put_fixed64(&raw, strtoll(part, NULL, 10));
        count++;
    }
    put_int(&tensor, 1, count);
    put_int(&tensor, 2, 7);
    put_text(&tensor, 8, name);
    put_message(&tensor, 9, &raw);
    put_message(&b->graph, 5, &tensor);
}

void onnx_floats(struct onnx_builder *b, const char *name, const char *values)
{
    struct onnx_bytes tensor = { NULL, 0, 0 }, packed = tensor;
    char part[64];
    int64_t count = 0;
    while (next_part(&values, ",", part, sizeof(part))) {
        put_float(&packed, strtof(part, NULL));
        count++;
    }
    put_int(&tensor, 1, count);
    put_int(&tensor, 2, 1);
    put_text(&tensor, 8, name);
    /* Packed float_data rather than raw bytes, so that both are read. */
    put_message(&tensor, 4, &packed);
    put_message(&b->graph, 5, &tensor);
}

static void put_pair(struct onnx_bytes *b, uint32_t field, const char *key, const char *value)
{
    struct onnx_bytes pair = { NULL, 0, 0 };
    put_text(&pair, 1, key);
    put_text(&pair, 2, value);
    put_message(b, field, &pair);
}

void onnx_metadata(struct onnx_builder *b, const char *key, const char *value)
{
    put_pair(&b->head, 14, key, value);
}

void onnx_external(struct onnx_builder *b, const char *name, const char *dims, const char *location,
                   const char *offset, const char *length)
{
    struct onnx_bytes tensor = { NULL, 0, 0 };
    put_dims(&tensor, dims);
    put_int(&tensor, 2, 1);
    put_text(&tensor, 8, name);
    put_pair(&tensor, 13, "location", location);
    if (offset)
        put_pair(&tensor, 13, "offset", offset);
    if (length)
        put_pair(&tensor, 13, "length", length);
    put_int(&tensor, 14, 1);
    put_message(&b->graph, 5, &tensor);
}

static void put_list(struct onnx_bytes *attr, const char *list, int floats)
{
    char part[64];
    while (next_part(&list, ",[]", part, sizeof(part))) {
        if (*part == 'f')
            break;
        if (floats) {
            put_varint(attr, 7 << 3 | 5);
            put_float(attr, strtof(part, NULL));
        } else {
            put_int(attr, 8, strtoll(part, NULL, 10));
        }
    }
    put_int(attr, 20, floats ? 6 : 7);
}

/* One "name=value". */
static void put_attribute(struct onnx_bytes *node, const char *text)
{
    struct onnx_bytes attr = { NULL, 0, 0 };
    const char *equal = strchr(text, '=');
    if (!equal)
        abort();
    const char *value = equal + 1;
    size_t n = strlen(value);
    put_data(&attr, 1, text, (size_t)(equal - text));
    if (*value == '[') {
        put_list(&attr, value, value[n - 1] == 'f');
    } else if (*value == '\'') {
        put_data(&attr, 4, value + 1, n - 2);
        put_int(&attr, 20, 3);
    } else if (value[n - 1] == 'f') {
        put_varint(&attr, 2 << 3 | 5);
        put_float(&attr, strtof(value, NULL));
        put_int(&attr, 20, 1);
    } else {
        put_int(&attr, 3, strtoll(value, NULL, 10));
        put_int(&attr, 20, 2);
    }
    put_message(node, 5, &attr);
}

static void put_node(struct onnx_builder *b, const char *op, const char *inputs,
                     const char *outputs, const char *attributes, const char *domain, int subgraph)
{
    struct onnx_bytes node = { NULL, 0, 0 };
    char part[256];
    while (next_part(&inputs, " ", part, sizeof(part)))
        put_text(&node, 1, strcmp(part, "_") ? part : "");
    while (next_part(&outputs, " ", part, sizeof(part)))
        put_text(&node, 2, part);
    put_text(&node, 4, op);
    while (next_part(&attributes, " ", part, sizeof(part)))
        put_attribute(&node, part);
    if (subgraph) {
        struct onnx_bytes attr = { NULL, 0, 0 }, graph = attr;
        put_text(&graph, 2, "inner");
        put_text(&attr, 1, "body");
        put_message(&attr, 6, &graph);
        put_int(&attr, 20, 5);
        put_message(&node, 5, &attr);
    }
    if (domain)
        put_text(&node, 7, domain);
    put_message(&b->graph, 1, &node);
}

void onnx_node(struct onnx_builder *b, const char *op, const char *inputs, const char *outputs,
               const char *attributes)
{
    put_node(b, op, inputs, outputs, attributes, NULL, 0);
}

void onnx_node_domain(struct onnx_builder *b, const char *op, const char *inputs,
                      const char *outputs, const char *attributes, const char *domain)
{
    put_node(b, op, inputs, outputs, attributes, domain, 0);
}

void onnx_node_subgraph(struct onnx_builder *b, const char *op, const char *inputs,
                        const char *outputs)
{
    put_node(b, op, inputs, outputs, "", NULL, 1);
}

void onnx_conv(struct onnx_builder *b, const char *input, const char *output, int in, int out,
               int kernel, const char *attributes)
{
    char weight[64], dims[64], inputs[256];
    snprintf(weight, sizeof(weight), "weight%d", b->names++);
    snprintf(dims, sizeof(dims), "%d,%d,%d,%d", out, in, kernel, kernel);
    snprintf(inputs, sizeof(inputs), "%s %s", input, weight);
    onnx_weights(b, weight, dims);
    onnx_node(b, "Conv", inputs, output, attributes);
}

void onnx_roll(struct onnx_builder *b, const char *input, const char *output, int axis, int shift)
{
    const struct { const char *name; int value; } numbers[] = {
        { "begin", 0 }, { "cut", shift }, { "end", INT32_MAX }, { "axis", axis },
    };
    char name[4][64], part[2][64], words[256];
    for (int i = 0; i < 4; i++) {
        snprintf(name[i], sizeof(name[i]), "%s_%s", output, numbers[i].name);
        snprintf(words, sizeof(words), "%d", numbers[i].value);
        onnx_ints(b, name[i], words);
    }
    for (int k = 0; k < 2; k++) {
        snprintf(part[k], sizeof(part[k]), "%s_part%d", output, k);
        snprintf(words, sizeof(words), "%s %s %s %s", input, name[k ? 0 : 1], name[k ? 1 : 2],
                 name[3]);
        onnx_node(b, "Slice", words, part[k], "");
    }
    snprintf(words, sizeof(words), "%s %s", part[0], part[1]);
    snprintf(name[0], sizeof(name[0]), "axis=%d", axis);
    onnx_node(b, "Concat", words, output, name[0]);
}
