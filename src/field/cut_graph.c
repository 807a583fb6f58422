/* The graph of one pass over the picture. */
#include <stdio.h>
#include <string.h>

#include "field/cut.h"

/* What is made of the parts: room for all there may be. */
struct making {
    const struct seam_graph *graph;
    const struct seam_analysis *a;
    struct seam_arena *arena;
    int pass;
    struct seam_onnx_node *nodes;
    struct seam_onnx_value *inputs, *outputs;
    size_t n_nodes, n_inputs, n_outputs;
};

void seam_cut_taken_name(char name[static SEAM_CUT_NAME], size_t i)
{
    snprintf(name, SEAM_CUT_NAME, "seamless.taken.%zu", i);
}

void seam_cut_known_name(char name[static SEAM_CUT_NAME], size_t i, int part)
{
    snprintf(name, SEAM_CUT_NAME, "seamless.known.%zu.%d", i, part);
}

static const char *known_name(struct making *m, size_t i, int part)
{
    char name[SEAM_CUT_NAME];
    seam_cut_known_name(name, i, part);
    return seam_arena_string(m->arena, name, strlen(name));
}

/* A node of names alone; no ids are asked for where a graph is written. */
static bool set_names(struct making *m, struct seam_onnx_node *node, size_t n,
                      const char *const *names)
{
    const char **copy = seam_arena_alloc(m->arena, n, sizeof(*copy));
    int32_t *ids = seam_arena_alloc(m->arena, n, sizeof(*ids));
    if (!copy || !ids)
        return false;
    for (size_t i = 0; i < n; i++) {
        copy[i] = names[i];
        ids[i] = -1;
    }
    node->inputs = ids;
    node->input_names = copy;
    node->n_inputs = n;
    return true;
}

static bool add_cast(struct making *m, const char *from, const char *to, int32_t type)
{
    struct seam_onnx_node *node = &m->nodes[m->n_nodes++];
    struct seam_onnx_attr *attr = seam_arena_alloc(m->arena, 1, sizeof(*attr));
    const char **name = seam_arena_alloc(m->arena, 1, sizeof(*name));
    int32_t *id = seam_arena_alloc(m->arena, 1, sizeof(*id));
    if (!attr || !name || !id || !from || !to)
        return false;
    *attr = (struct seam_onnx_attr){ .name = "to", .type = SEAM_ATTR_INT, .i = type };
    *name = to;
    *id = -1;
    *node = (struct seam_onnx_node){ .name = to, .op = "Cast", .domain = "", .attrs = attr,
                                     .n_attrs = 1, .outputs = id, .output_names = name,
                                     .n_outputs = 1 };
    return set_names(m, node, 1, &from);
}

/* What is known of cut `i`, as inputs. */
static bool add_known(struct making *m, size_t i)
{
    const struct seam_cut *cut = &m->a->cuts[i];
    struct seam_onnx_dim *dims =
        seam_arena_alloc(m->arena, (size_t)cut->rank, sizeof(*dims));
    if (!dims)
        return false;
    for (int k = 0; k < cut->rank; k++)
        dims[k] = (struct seam_onnx_dim){ cut->dims[k], "" };
    for (int part = 0; part < seam_cut_known(cut); part++) {
        const char *name = known_name(m, i, part);
        if (!name)
            return false;
        m->inputs[m->n_inputs++] = (struct seam_onnx_value){
            .name = name, .id = -1, .type = SEAM_ONNX_FLOAT, .rank = cut->rank, .dims = dims
        };
    }
    const struct seam_onnx_node *node = &m->graph->nodes[cut->node];
    return cut->kind == SEAM_CUT_MOMENTS ||
           add_cast(m, m->inputs[m->n_inputs - 1].name, node->output_names[0], cut->type);
}

/* A norm over the picture, whose mean and variance are known: BatchNormalization takes them. */
static bool add_norm(struct making *m, const struct seam_onnx_node *node, size_t i)
{
    struct seam_onnx_node *out = &m->nodes[m->n_nodes++];
    const char *const names[] = { node->input_names[0], node->input_names[1], node->input_names[2],
                                  known_name(m, i, 0), known_name(m, i, 1) };
    *out = *node;
    out->op = "BatchNormalization";
    return names[3] && names[4] && set_names(m, out, 5, names);
}

static bool add_nodes(struct making *m, const bool *needed)
{
    size_t cut = 0;
    for (size_t i = 0; i < m->graph->n_nodes; i++) {
        const bool is_cut = cut < m->a->n_cuts && m->a->cuts[cut].node == i;
        if (is_cut && needed[i] && !add_norm(m, &m->graph->nodes[i], cut))
            return false;
        if (!is_cut && needed[i])
            m->nodes[m->n_nodes++] = m->graph->nodes[i];
        cut += is_cut;
    }
    return true;
}

/* What the pass gives; the picture in the last. */
static bool add_outputs(struct making *m, int32_t output)
{
    char name[SEAM_CUT_NAME];
    for (size_t i = 0; i < m->a->n_cuts; i++) {
        const struct seam_cut *cut = &m->a->cuts[i];
        if (cut->pass != m->pass)
            continue;
        seam_cut_taken_name(name, i);
        const char *copy = seam_arena_string(m->arena, name, strlen(name));
        if (!add_cast(m, m->graph->nodes[cut->node].input_names[0], copy, SEAM_ONNX_FLOAT))
            return false;
        m->outputs[m->n_outputs++] = (struct seam_onnx_value){
            .name = copy, .id = -1, .type = SEAM_ONNX_FLOAT, .rank = -1
        };
    }
    for (size_t i = 0; i < m->graph->n_outputs; i++)
        if (m->pass == m->a->passes - 1 && m->graph->outputs[i].id == output) {
            m->outputs[m->n_outputs] = m->graph->outputs[i];
            m->outputs[m->n_outputs++].rank = -1;
            break;
        }
    return true;
}

/* The weights that the nodes take. */
static bool add_weights(struct making *m, const bool *needed, struct seam_graph *out)
{
    const struct seam_graph *graph = m->graph;
    bool *used = seam_arena_alloc(m->arena, graph->n_values, sizeof(*used));
    struct seam_onnx_tensor *tensors =
        seam_arena_alloc(m->arena, graph->n_initializers, sizeof(*tensors));
    int32_t *ids = seam_arena_alloc(m->arena, graph->n_initializers, sizeof(*ids));
    size_t n = 0;
    if (!used || !tensors || !ids)
        return false;
    for (size_t i = 0; i < graph->n_nodes; i++)
        for (size_t k = 0; needed[i] && k < graph->nodes[i].n_inputs; k++)
            if (graph->nodes[i].inputs[k] >= 0)
                used[graph->nodes[i].inputs[k]] = true;
    for (size_t i = 0; i < graph->n_initializers; i++)
        if (graph->initializer_ids[i] >= 0 && used[graph->initializer_ids[i]]) {
            tensors[n] = graph->initializers[i];
            ids[n++] = graph->initializer_ids[i];
        }
    out->initializers = tensors;
    out->initializer_ids = ids;
    out->n_initializers = n;
    return true;
}

static int32_t output_id(const struct seam_graph *graph, const struct seam_analysis *a)
{
    for (size_t i = 0; i < graph->n_outputs; i++)
        if (!strcmp(graph->outputs[i].name, a->output))
            return graph->outputs[i].id;
    return -1;
}

bool seam_cut_graph(struct seam_graph *out, const struct seam_graph *graph,
                    const struct seam_analysis *a, int pass, struct seam_arena *arena)
{
    struct making m = { .graph = graph, .a = a, .arena = arena, .pass = pass };
    const int32_t output = output_id(graph, a);
    const bool *needed = seam_cut_needed(graph, a, output, pass, arena);
    m.nodes = seam_arena_alloc(arena, graph->n_nodes + 2 * a->n_cuts, sizeof(*m.nodes));
    m.inputs = seam_arena_alloc(arena, graph->n_inputs + 2 * a->n_cuts, sizeof(*m.inputs));
    m.outputs = seam_arena_alloc(arena, a->n_cuts + 1, sizeof(*m.outputs));
    if (!needed || !m.nodes || !m.inputs || !m.outputs)
        return false;
    for (size_t i = 0; i < graph->n_inputs; i++)
        m.inputs[m.n_inputs++] = graph->inputs[i];
    for (size_t i = 0; i < a->n_cuts; i++)
        if (a->cuts[i].pass < pass && !add_known(&m, i))
            return false;
    *out = *graph;
    if (!add_nodes(&m, needed) || !add_outputs(&m, output) || !add_weights(&m, needed, out))
        return false;
    out->nodes = m.nodes;
    out->n_nodes = m.n_nodes;
    out->inputs = m.inputs;
    out->n_inputs = m.n_inputs;
    out->outputs = m.outputs;
    out->n_outputs = m.n_outputs;
    out->onnx = NULL;
    out->onnx_size = 0;
    return true;
}
