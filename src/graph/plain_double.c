/* Numbers of 64 bits: engines compute with 32, so that constants, casts and ends become those. */
#include <string.h>

#include "base/common.h"
#include "graph/plain.h"

/* A float copy; NULL, and the failure is kept, without memory. */
static const struct seam_onnx_tensor *narrowed(struct seam_build *b,
                                               const struct seam_onnx_tensor *t)
{
    struct seam_onnx_tensor *copy = seam_arena_alloc(&b->graph->arena, 1, sizeof(*copy));
    float *values = seam_arena_alloc(&b->graph->arena, (size_t)t->count, sizeof(*values));
    if (!copy || (!values && t->count))
        return seam_build_memory(b);
    for (uint64_t i = 0; i < t->count; i++) {
        double value = 0;
        int64_t whole;
        if (!seam_onnx_element(t, i, &value, &whole))
            return t;
        values[i] = (float)value;
    }
    *copy = *t;
    copy->type = SEAM_ONNX_FLOAT;
    copy->data = (const uint8_t *)values;
    copy->size = t->count * sizeof(*values);
    return copy;
}

static bool is_wide(const struct seam_onnx_tensor *t)
{
    return t && t->type == SEAM_ONNX_DOUBLE && t->data;
}

/* What a node holds: a constant, the type of a Cast. */
static void narrow_node(struct seam_build *b, struct seam_onnx_node *node)
{
    struct seam_onnx_attr *attrs =
        seam_arena_alloc(&b->graph->arena, node->n_attrs, sizeof(*attrs));
    if (!attrs) {
        seam_build_memory(b);
        return;
    }
    memcpy(attrs, node->attrs, node->n_attrs * sizeof(*attrs));
    node->attrs = attrs;
    for (size_t k = 0; k < node->n_attrs; k++) {
        if (is_wide(attrs[k].tensor))
            attrs[k].tensor = narrowed(b, attrs[k].tensor);
        if (!strcmp(node->op, "Cast") && !strcmp(attrs[k].name, "to") &&
            attrs[k].i == SEAM_ONNX_DOUBLE)
            attrs[k].i = SEAM_ONNX_FLOAT;
    }
}

static void narrow_ends(struct seam_build *b, const struct seam_onnx_value **list, size_t n)
{
    struct seam_onnx_value *copy = seam_arena_alloc(&b->graph->arena, n, sizeof(*copy));
    if (!copy) {
        seam_build_memory(b);
        return;
    }
    memcpy(copy, *list, n * sizeof(*copy));
    for (size_t i = 0; i < n; i++)
        if (copy[i].type == SEAM_ONNX_DOUBLE)
            copy[i].type = SEAM_ONNX_FLOAT;
    *list = copy;
}

static bool has_wide_input(const struct seam_graph *graph, const struct seam_onnx_node *node)
{
    for (size_t i = 0; node->n_inputs > 1 && i < graph->n_initializers; i++)
        if (graph->initializer_ids[i] == node->inputs[1] && node->inputs[1] >= 0)
            return is_wide(&graph->initializers[i]);
    return false;
}

/* Whether pictures of 64 bits are convolved, which no engine does, or come in or out. */
static bool computes_wide(const struct seam_graph *graph)
{
    for (size_t i = 0; i < graph->n_inputs; i++)
        if (graph->inputs[i].type == SEAM_ONNX_DOUBLE)
            return true;
    for (size_t i = 0; i < graph->n_outputs; i++)
        if (graph->outputs[i].type == SEAM_ONNX_DOUBLE)
            return true;
    for (size_t i = 0; i < graph->n_nodes; i++)
        if (!strncmp(graph->nodes[i].op, "Conv", 4) && has_wide_input(graph, &graph->nodes[i]))
            return true;
    return false;
}

void seam_plain_double(struct seam_plain *p)
{
    struct seam_build *const b = &p->build;
    struct seam_graph *const graph = b->graph;
    if (!computes_wide(graph))
        return;
    struct seam_onnx_tensor *tensors =
        seam_arena_alloc(&graph->arena, graph->n_initializers, sizeof(*tensors));
    struct seam_onnx_node *nodes =
        seam_arena_alloc(&graph->arena, graph->n_nodes, sizeof(*nodes));
    if (!tensors || !nodes) {
        seam_build_memory(b);
        return;
    }
    memcpy(tensors, graph->initializers, graph->n_initializers * sizeof(*tensors));
    memcpy(nodes, graph->nodes, graph->n_nodes * sizeof(*nodes));
    for (size_t i = 0; i < graph->n_initializers && b->result == SEAM_OK; i++)
        if (is_wide(&tensors[i])) {
            const struct seam_onnx_tensor *const copy = narrowed(b, &tensors[i]);
            if (copy)
                tensors[i] = *copy;
        }
    for (size_t i = 0; i < graph->n_nodes && b->result == SEAM_OK; i++)
        narrow_node(b, &nodes[i]);
    narrow_ends(b, &graph->inputs, graph->n_inputs);
    narrow_ends(b, &graph->outputs, graph->n_outputs);
    graph->initializers = tensors;
    graph->nodes = nodes;
    p->changed = true;
    seam_build_say(b, "seamless.note",
                   "the network is of float64, and is computed in float32");
}
