#include <string.h>

#include "base/common.h"
#include "graph/plain.h"

struct seam_plain_value *seam_plain_input(struct seam_plain *p, size_t k)
{
    p->none = (struct seam_plain_value){ 0 };
    return k < p->node->n_inputs && p->node->inputs[k] >= 0 ? &p->values[p->node->inputs[k]]
                                                            : &p->none;
}

const char *seam_plain_name(struct seam_plain *p, size_t k)
{
    const char *const alias = seam_plain_input(p, k)->alias;
    return alias ? alias : k < p->node->n_inputs ? p->node->input_names[k] : "";
}

struct seam_plain_value *seam_plain_output(struct seam_plain *p)
{
    return p->node->n_outputs && p->node->outputs[0] >= 0 ? &p->values[p->node->outputs[0]]
                                                          : &p->none;
}

void seam_plain_as_output(struct seam_plain *p)
{
    seam_build_name(&p->build, "%s", p->node->output_names[0]);
}

bool seam_plain_scalar(struct seam_plain *p, size_t k, double *value)
{
    const struct seam_onnx_tensor *const t = seam_plain_input(p, k)->constant;
    int64_t whole;
    return t && t->count == 1 && seam_onnx_element(t, 0, value, &whole);
}

const char *seam_plain_mean(struct seam_plain *p, const char *x, int64_t channels)
{
    float *part = seam_arena_alloc(&p->build.graph->arena, (size_t)channels, sizeof(*part));
    if (!part)
        return seam_build_memory(&p->build);
    for (int64_t i = 0; i < channels; i++)
        part[i] = 1 / (float)channels;
    const char *const weight =
        seam_build_floats(&p->build, NULL, part, (const int64_t[]){ 1, channels, 1, 1 }, 4);
    return seam_build_conv(&p->build, x, weight, NULL, &(struct seam_build_conv){ 0 });
}

/* What leaves the number of channels as it is, or spreads the smaller of two over the other. */
static const char *const keeping[] = {
    "Abs",         "Add",       "AveragePool", "BatchNormalization",
    "Cast",        "Clip",      "Div",         "Dropout",
    "Elu",         "Erf",       "Exp",         "Gelu",
    "HardSigmoid", "HardSwish", "Identity",    "InstanceNormalization",
    "LeakyRelu",   "Log",       "Max",         "MaxPool",
    "Min",         "Mish",      "Mul",         "Neg",
    "PRelu",       "Pow",       "Relu",        "Resize",
    "Selu",        "Sigmoid",   "Softplus",    "Sqrt",
    "Sub",         "Tanh",      "Upsample",
};

static bool spreads(const char *op)
{
    static const char *const two[] = { "Add", "Div", "Max", "Min", "Mul", "Pow", "Sub" };
    for (size_t i = 0; i < SEAM_ARRAY_LEN(two); i++)
        if (!strcmp(op, two[i]))
            return true;
    return false;
}

/* Of two operands: known where one is known and no other can be wider. */
static int64_t wider(const struct seam_plain_value *x, const struct seam_plain_value *y)
{
    const bool x_one = x->channels == 1 || (x->constant && x->constant->count == 1);
    const bool y_one = y->channels == 1 || (y->constant && y->constant->count == 1);
    const int64_t most = seam_max(x->channels, y->channels);
    return most > 1 || (x_one && y_one) ? most : 0;
}

/* The channels of what a node makes, where they follow from its inputs. */
static void follow_channels(struct seam_plain *p)
{
    const char *const op = p->node->op;
    struct seam_plain_value *const out = seam_plain_output(p);
    const struct seam_plain_value x = *seam_plain_input(p, 0), y = *seam_plain_input(p, 1);
    out->channels = 0;
    if (!strcmp(op, "Conv") && y.constant && y.constant->rank == 4)
        out->channels = y.constant->dims[0];
    if (spreads(op) && p->node->n_inputs == 2)
        out->channels = wider(&x, &y);
    else
        for (size_t i = 0; i < SEAM_ARRAY_LEN(keeping); i++)
            if (!strcmp(op, keeping[i]) && !spreads(op))
                out->channels = x.channels;
}

/* The node with its inputs by the names that they have now. */
static void keep_node(struct seam_plain *p)
{
    struct seam_onnx_node node = *p->node;
    const char **names = seam_arena_alloc(&p->build.graph->arena, node.n_inputs, sizeof(*names));
    if (!names) {
        seam_build_memory(&p->build);
        return;
    }
    for (size_t k = 0; k < node.n_inputs; k++)
        names[k] = seam_plain_name(p, k);
    node.input_names = names;
    seam_build_push(&p->build, &node);
}

/* A node that does nothing any more, unless what it makes is what the network gives. */
static bool is_skipped(struct seam_plain *p)
{
    const char *const alias = p->node->n_outputs == 1 ? seam_plain_output(p)->alias : NULL;
    const struct seam_graph *const graph = p->build.graph;
    if (!alias)
        return false;
    for (size_t i = 0; i < graph->n_outputs; i++)
        if (graph->outputs[i].id == p->node->outputs[0]) {
            seam_plain_as_output(p);
            seam_build_node(&p->build, "Identity", alias);
        }
    return true;
}

static void walk(struct seam_plain *p, const struct seam_onnx_node *nodes, size_t n)
{
    for (size_t i = 0; i < n && p->build.result == SEAM_OK; i++) {
        p->node = &nodes[i];
        if (is_skipped(p))
            continue;
        follow_channels(p);
        if (seam_plain_sequence(p) || seam_plain_rule(p) || seam_plain_nhwc(p))
            p->changed = true;
        else
            keep_node(p);
        p->build.n_attrs = 0;
        p->build.call_next = NULL;
    }
}

static void count_uses(struct seam_plain *p, const struct seam_graph *graph)
{
    for (size_t i = 0; i < graph->n_initializers; i++)
        if (graph->initializer_ids[i] >= 0)
            p->values[graph->initializer_ids[i]].constant = &graph->initializers[i];
    for (size_t i = 0; i < graph->n_inputs; i++) {
        const struct seam_onnx_value *const v = &graph->inputs[i];
        if (v->id >= 0 && v->rank == 4 && v->dims[1].size > 0 && v->dims[1].size <= 4096)
            p->values[v->id].channels = v->dims[1].size;
    }
    for (size_t i = 0; i < graph->n_nodes; i++)
        for (size_t k = 0; k < graph->nodes[i].n_inputs; k++)
            if (graph->nodes[i].inputs[k] >= 0)
                p->values[graph->nodes[i].inputs[k]].uses++;
}

/* Constants that nodes hold are constants, too. */
static void find_constants(struct seam_plain *p, const struct seam_graph *graph)
{
    for (size_t i = 0; i < graph->n_nodes; i++) {
        const struct seam_onnx_node *const node = &graph->nodes[i];
        const struct seam_onnx_attr *const value = seam_onnx_attr(node, "value");
        if (!strcmp(node->op, "Constant") && node->n_outputs == 1 && node->outputs[0] >= 0 &&
            value && value->tensor)
            p->values[node->outputs[0]].constant = value->tensor;
    }
}

bool seam_plain_writable(const struct seam_graph *graph)
{
    for (size_t i = 0; i < graph->n_nodes; i++) {
        if (graph->nodes[i].subgraph)
            return false;
        for (size_t k = 0; k < graph->nodes[i].n_attrs; k++)
            if (graph->nodes[i].attrs[k].type == SEAM_ATTR_OTHER)
                return false;
    }
    for (size_t i = 0; i < graph->n_initializers; i++)
        if (!seam_onnx_type_size(graph->initializers[i].type))
            return false;
    return true;
}

enum seam_result seam_graph_plain(struct seam_graph *graph, bool *changed, struct seam_log *log)
{
    struct seam_plain p = { .changed = *changed };
    const struct seam_graph before = *graph;
    seam_build_init(&p.build, graph, log);
    p.build.tag = "plain.";
    p.values = seam_arena_alloc(&graph->arena, graph->n_values, sizeof(*p.values));
    if (!p.values)
        return seam_build_memory(&p.build), SEAM_ERROR_MEMORY;
    seam_plain_double(&p);
    if (p.build.result != SEAM_OK)
        return p.build.result;
    count_uses(&p, graph);
    find_constants(&p, graph);
    seam_plain_ends(&p);
    const struct seam_onnx_node *const nodes = graph->nodes;
    const size_t n = graph->n_nodes;
    graph->nodes = NULL;
    graph->n_nodes = 0;
    seam_plain_begin(&p);
    walk(&p, nodes, n);
    seam_plain_finish(&p);
    if (p.build.result != SEAM_OK)
        return p.build.result;
    if (p.changed && seam_plain_writable(graph)) {
        *changed = true;
        return SEAM_OK;
    }
    /* As it was, but for what the arena holds. */
    graph->nodes = before.nodes;
    graph->n_nodes = before.n_nodes;
    graph->inputs = before.inputs;
    graph->outputs = before.outputs;
    graph->initializers = before.initializers;
    graph->n_initializers = before.n_initializers;
    return SEAM_OK;
}
