#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/common.h"
#include "base/log.h"
#include "graph/build.h"

static struct seam_arena *arena(struct seam_build *b)
{
    return &b->graph->arena;
}

void *seam_build_memory(struct seam_build *b)
{
    if (b->result == SEAM_OK)
        b->result = seam_log_fail(b->log, SEAM_ERROR_MEMORY, "%s: no memory to read the network",
                                  b->graph->path);
    return NULL;
}

/* A value or a weight was NULL: a mistake of the builder, never of a file. */
void *seam_build_missing(struct seam_build *b, const char *what)
{
    if (b->result == SEAM_OK)
        b->result = seam_log_fail(b->log, SEAM_ERROR_MODEL, "%s: the network has no %s",
                                  b->graph->path, what);
    return NULL;
}

/* Room for one more in a list that lies in the arena. */
static void *build_grow(struct seam_build *b, const void *items, size_t n, size_t *room,
                        size_t size)
{
    if (b->result != SEAM_OK)
        return NULL;
    if (n < *room)
        return (void *)(uintptr_t)items;
    const size_t wanted = n < 32 ? 64 : 2 * n;
    void *copy = seam_arena_alloc(arena(b), wanted, size);
    if (!copy)
        return seam_build_memory(b);
    if (n)
        memcpy(copy, items, n * size);
    *room = wanted;
    return copy;
}

static const char *build_text(struct seam_build *b, const char *format, va_list args)
{
    char text[1024];
    const int length = vsnprintf(text, sizeof(text), format, args);
    const size_t size = (size_t)seam_clamp(length, 0, (int64_t)sizeof(text) - 1);
    const char *copy = b->result == SEAM_OK ? seam_arena_string(arena(b), text, size) : NULL;
    return copy ? copy : seam_build_memory(b);
}

static const char *build_new_name(struct seam_build *b, const char *what)
{
    char text[128];
    const int length = snprintf(text, sizeof(text), "/%.20s%.90s_%d", b->tag, what, b->names++);
    const char *copy = seam_arena_string(arena(b), text, (size_t)length);
    return copy ? copy : seam_build_memory(b);
}

void seam_build_init(struct seam_build *b, struct seam_graph *graph, struct seam_log *log)
{
    *b = (struct seam_build){ .graph = graph, .log = log, .tag = "" };
}

static struct seam_onnx_value *build_end(struct seam_build *b, const char *name,
                                         const struct seam_onnx_dim from[4])
{
    struct seam_onnx_value *value = seam_arena_alloc(arena(b), 1, sizeof(*value));
    struct seam_onnx_dim *dims = seam_arena_alloc(arena(b), 4, sizeof(*dims));
    if (b->result != SEAM_OK || !value || !dims)
        return seam_build_memory(b);
    memcpy(dims, from, 4 * sizeof(*dims));
    *value = (struct seam_onnx_value){
        .name = name, .id = -1, .type = SEAM_ONNX_FLOAT, .rank = 4, .dims = dims
    };
    return value;
}

static const char *build_begin(struct seam_build *b, const char *name,
                               const struct seam_onnx_dim *dims)
{
    if (b->result != SEAM_OK)
        return NULL;
    struct seam_onnx_value *value = build_end(b, name, dims), *list;
    if (!value || !(list = seam_arena_alloc(arena(b), b->graph->n_inputs + 1, sizeof(*list))))
        return seam_build_memory(b);
    if (b->graph->n_inputs)
        memcpy(list, b->graph->inputs, b->graph->n_inputs * sizeof(*list));
    list[b->graph->n_inputs++] = *value;
    b->graph->inputs = list;
    return name;
}

const char *seam_build_input(struct seam_build *b, const char *name, int64_t channels)
{
    return build_begin(b, name,
                       (const struct seam_onnx_dim[]){
                           { 1, "" }, { channels, "" }, { -1, "height" }, { -1, "width" } });
}

const char *seam_build_number(struct seam_build *b, const char *name)
{
    return build_begin(
        b, name, (const struct seam_onnx_dim[]){ { 1, "" }, { 1, "" }, { 1, "" }, { 1, "" } });
}

void seam_build_output(struct seam_build *b, const char *value, const char *name,
                       int64_t channels)
{
    if (b->result != SEAM_OK)
        return;
    if (!value) {
        seam_build_missing(b, "output");
        return;
    }
    seam_build_name(b, "%s", name);
    const char *const made = seam_build_node(b, "Identity", value);
    const struct seam_onnx_dim dims[] = { { 1, "" }, { channels > 0 ? channels : -1, "channels" },
                                          { -1, "out_height" }, { -1, "out_width" } };
    struct seam_onnx_value *end = made ? build_end(b, made, dims) : NULL;
    if (!end)
        return;
    b->graph->outputs = end;
    b->graph->n_outputs = 1;
}

void seam_build_say(struct seam_build *b, const char *key, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const char *value = build_text(b, format, args);
    va_end(args);
    struct seam_onnx_pair *list =
        build_grow(b, b->graph->metadata, b->graph->n_metadata, &b->room_metadata, sizeof(*list));
    if (!list || !value)
        return;
    list[b->graph->n_metadata++] = (struct seam_onnx_pair){ key, value };
    b->graph->metadata = list;
}

void seam_build_name(struct seam_build *b, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    b->call_next = build_text(b, format, args);
    va_end(args);
}

static void build_attr(struct seam_build *b, struct seam_onnx_attr attr)
{
    if (b->n_attrs < SEAM_ARRAY_LEN(b->attrs))
        b->attrs[b->n_attrs++] = attr;
    else
        seam_build_missing(b, "room for its attributes");
}

void seam_build_int(struct seam_build *b, const char *key, int64_t value)
{
    build_attr(b, (struct seam_onnx_attr){ .name = key, .type = SEAM_ATTR_INT, .i = value });
}

void seam_build_float(struct seam_build *b, const char *key, float value)
{
    build_attr(b, (struct seam_onnx_attr){ .name = key, .type = SEAM_ATTR_FLOAT, .f = value });
}

void seam_build_string(struct seam_build *b, const char *key, const char *value)
{
    build_attr(b, (struct seam_onnx_attr){ .name = key, .type = SEAM_ATTR_STRING, .s = value });
}

void seam_build_ints(struct seam_build *b, const char *key, const int64_t *values, size_t n)
{
    int64_t *copy = seam_arena_alloc(arena(b), n, sizeof(*copy));
    if (!copy) {
        seam_build_memory(b);
        return;
    }
    if (n)
        memcpy(copy, values, n * sizeof(*copy));
    build_attr(
        b, (struct seam_onnx_attr){ .name = key, .type = SEAM_ATTR_INTS, .ints = copy, .n = n });
}

/* What a node points to, but for its inputs: attributes, names of outputs, room for ids. */
static bool build_node_parts(struct seam_build *b, struct seam_onnx_node *node, size_t n_outputs)
{
    struct seam_onnx_attr *attrs = seam_arena_alloc(arena(b), b->n_attrs, sizeof(*attrs));
    const char **outputs = seam_arena_alloc(arena(b), n_outputs, sizeof(*outputs));
    int32_t *output_ids = seam_arena_alloc(arena(b), n_outputs, sizeof(*output_ids));
    if (!attrs || !outputs || !output_ids)
        return seam_build_memory(b), false;
    memcpy(attrs, b->attrs, b->n_attrs * sizeof(*attrs));
    for (size_t i = 0; i < n_outputs; i++)
        if (!(outputs[i] = i == 0 && b->call_next ? b->call_next : build_new_name(b, node->op)))
            return false;
    node->name = outputs[0];
    node->attrs = attrs;
    node->n_attrs = b->n_attrs;
    node->output_names = outputs;
    node->outputs = output_ids;
    node->n_outputs = n_outputs;
    return true;
}

const char *seam_build_nodes(struct seam_build *b, const char *op, const char *const *inputs,
                             size_t n_inputs, const char **outputs, size_t n_outputs)
{
    struct seam_onnx_node node = { .op = op, .domain = "", .n_inputs = n_inputs };
    for (size_t i = 0; i < n_inputs && b->result == SEAM_OK; i++)
        if (!inputs[i])
            seam_build_missing(b, "input for one of its nodes");
    struct seam_onnx_node *list =
        build_grow(b, b->graph->nodes, b->graph->n_nodes, &b->room_nodes, sizeof(*list));
    if (!list || !build_node_parts(b, &node, n_outputs))
        return NULL;
    const char **names = seam_arena_alloc(arena(b), n_inputs, sizeof(*names));
    int32_t *ids = seam_arena_alloc(arena(b), n_inputs, sizeof(*ids));
    if (!names || !ids)
        return seam_build_memory(b);
    memcpy(names, inputs, n_inputs * sizeof(*names));
    node.input_names = names;
    node.inputs = ids;
    list[b->graph->n_nodes++] = node;
    b->graph->nodes = list;
    b->n_attrs = 0;
    b->call_next = NULL;
    if (outputs)
        memcpy(outputs, node.output_names, n_outputs * sizeof(*outputs));
    return node.output_names[0];
}

void seam_build_push(struct seam_build *b, const struct seam_onnx_node *node)
{
    struct seam_onnx_node *list =
        build_grow(b, b->graph->nodes, b->graph->n_nodes, &b->room_nodes, sizeof(*list));
    if (!list)
        return;
    list[b->graph->n_nodes++] = *node;
    b->graph->nodes = list;
}

const char *seam_build_tensor(struct seam_build *b, const struct seam_onnx_tensor *tensor)
{
    struct seam_onnx_tensor *list = build_grow(b, b->graph->initializers, b->graph->n_initializers,
                                               &b->room_tensors, sizeof(*list));
    if (!list)
        return NULL;
    struct seam_onnx_tensor *made = &list[b->graph->n_initializers];
    *made = *tensor;
    if (!made->name && !(made->name = build_new_name(b, "constant")))
        return NULL;
    b->graph->initializers = list;
    b->graph->n_initializers++;
    return made->name;
}

enum seam_result seam_build_finish(struct seam_build *b)
{
    struct seam_graph *graph = b->graph;
    if (b->result == SEAM_OK && (!graph->n_inputs || !graph->n_outputs))
        seam_build_missing(b, graph->n_inputs ? "output" : "input");
    graph->ir_version = 8;
    graph->opset = SEAM_BUILD_OPSET;
    graph->producer = "";
    return b->result;
}
