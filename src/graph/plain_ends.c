/* What a network takes and gives: bytes instead of numbers, no batch, values of 0 to 255 that
 * nothing tells. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/common.h"
#include "graph/plain.h"

static const struct seam_onnx_node *maker_of(const struct seam_graph *graph, int32_t id)
{
    for (size_t i = 0; i < graph->n_nodes; i++)
        for (size_t k = 0; k < graph->nodes[i].n_outputs; k++)
            if (graph->nodes[i].outputs[k] == id && id >= 0)
                return &graph->nodes[i];
    return NULL;
}

/* Whether all that takes the value is such a node; *node is the last of them. */
static bool all_users(const struct seam_graph *graph, int32_t id, const char *op,
                      const struct seam_onnx_node **node)
{
    *node = NULL;
    for (size_t i = 0; i < graph->n_nodes; i++)
        for (size_t k = 0; k < graph->nodes[i].n_inputs; k++) {
            if (graph->nodes[i].inputs[k] != id)
                continue;
            if (strcmp(graph->nodes[i].op, op) != 0 || k != 0 || graph->nodes[i].n_outputs != 1)
                return false;
            *node = &graph->nodes[i];
        }
    return *node != NULL;
}

/* A list of ends that may be changed. */
static struct seam_onnx_value *own(struct seam_plain *p, const struct seam_onnx_value **list,
                                   size_t n)
{
    struct seam_onnx_value *copy = seam_arena_alloc(&p->build.graph->arena, n, sizeof(*copy));
    if (!copy)
        return seam_build_memory(&p->build);
    memcpy(copy, *list, n * sizeof(*copy));
    *list = copy;
    return copy;
}

/* Whether all that takes the value makes it float, behind what only turns it at most. */
static bool floats_soon(const struct seam_graph *graph, int32_t id, int depth)
{
    static const char *const turns[] = { "Identity", "Transpose", "Unsqueeze", "Squeeze" };
    bool any = false;
    for (size_t i = 0; i < graph->n_nodes; i++) {
        const struct seam_onnx_node *const node = &graph->nodes[i];
        for (size_t k = 0; k < node->n_inputs; k++) {
            if (node->inputs[k] != id)
                continue;
            size_t t = 0;
            while (t < SEAM_ARRAY_LEN(turns) && strcmp(node->op, turns[t]) != 0)
                t++;
            const bool turned = t < SEAM_ARRAY_LEN(turns) && depth < 4 && node->outputs[0] >= 0 &&
                                floats_soon(graph, node->outputs[0], depth + 1);
            const bool cast = !strcmp(node->op, "Cast") &&
                              seam_onnx_int(node, "to", 0) == SEAM_ONNX_FLOAT;
            if (k != 0 || (!turned && !cast))
                return false;
            any = true;
        }
    }
    return any;
}

/* uint8 that is made float before anything computes with it: it may as well come as float. */
static bool bytes_in(struct seam_plain *p, struct seam_onnx_value *in)
{
    if (in->type != SEAM_ONNX_UINT8 || in->id < 0 || !floats_soon(p->build.graph, in->id, 0))
        return false;
    in->type = SEAM_ONNX_FLOAT;
    return true;
}

/* The value behind what only names, turns or bounds it. */
static int32_t before(const struct seam_graph *graph, int32_t id)
{
    static const char *const passed[] = { "Identity", "Cast", "Transpose",
                                          "Squeeze",  "Clip", "Round" };
    for (int i = 0; i < 16; i++) {
        const struct seam_onnx_node *const node = maker_of(graph, id);
        size_t k = 0;
        while (node && k < SEAM_ARRAY_LEN(passed) && strcmp(node->op, passed[k]) != 0)
            k++;
        if (!node || k == SEAM_ARRAY_LEN(passed) || !node->n_inputs)
            return id;
        id = node->inputs[0];
    }
    return id;
}

/* The factor by which a node multiplies its first input; 0: it does something else. */
static double factor_of(const struct seam_plain *p, const struct seam_onnx_node *node)
{
    const bool divides = !strcmp(node->op, "Div");
    double value;
    int64_t whole;
    if ((!divides && strcmp(node->op, "Mul") != 0) || node->n_inputs != 2 || node->inputs[1] < 0)
        return 0;
    const struct seam_onnx_tensor *const t = p->values[node->inputs[1]].constant;
    if (!t || t->count != 1 || !seam_onnx_element(t, 0, &value, &whole) || value == 0)
        return 0;
    return divides ? 1 / value : value;
}

static bool is_near(double value, double other)
{
    return fabs(value - other) <= 1e-4 * fabs(other);
}

/* Does the first thing that happens to the picture divide it by 255? */
static bool divides_first(const struct seam_plain *p, int32_t id)
{
    static const char *const passed[] = { "Identity", "Cast", "Transpose", "Unsqueeze" };
    const struct seam_graph *const graph = p->build.graph;
    for (int i = 0; i < 8; i++) {
        const struct seam_onnx_node *user;
        if (all_users(graph, id, "Div", &user) || all_users(graph, id, "Mul", &user))
            return p->values[id].uses == 1 && is_near(factor_of(p, user), 1.0 / 255);
        size_t k = 0;
        while (k < SEAM_ARRAY_LEN(passed) && !all_users(graph, id, passed[k], &user))
            k++;
        if (k == SEAM_ARRAY_LEN(passed) || p->values[id].uses != 1 || user->outputs[0] < 0)
            return false;
        id = user->outputs[0];
    }
    return false;
}

static bool has_metadata(const struct seam_graph *graph, const char *key)
{
    for (size_t i = 0; i < graph->n_metadata; i++)
        if (!strcmp(graph->metadata[i].key, key))
            return true;
    return false;
}

/* Values of 0 to 255, by what the network does to them first and last. */
static void hint_range(struct seam_plain *p, const struct seam_onnx_value *in,
                       const struct seam_onnx_value *out, bool bytes)
{
    const struct seam_graph *const graph = p->build.graph;
    if (has_metadata(graph, "seamless.range") || in->id < 0)
        return;
    const struct seam_onnx_node *const last = maker_of(graph, before(graph, out->id));
    const bool multiplies = last && is_near(factor_of(p, last), 255);
    if (!bytes && !(divides_first(p, in->id) && multiplies))
        return;
    seam_build_say(&p->build, "seamless.range", "0..255");
    if (bytes)
        seam_build_say(&p->build, "seamless.note",
                       "the network takes bytes, which reach it as floats of 0..255");
    else
        seam_build_say(&p->build, "seamless.note",
                       "the network divides by 255 first and multiplies by it last, so that "
                       "its values are taken to be 0..255; --range says otherwise");
}

static void add_batch(struct seam_plain *p, struct seam_onnx_value *v)
{
    struct seam_onnx_dim *dims = seam_arena_alloc(&p->build.graph->arena, 4, sizeof(*dims));
    if (!dims) {
        seam_build_memory(&p->build);
        return;
    }
    dims[0] = (struct seam_onnx_dim){ .size = 1, .symbol = "" };
    memcpy(dims + 1, v->dims, 3 * sizeof(*dims));
    v->dims = dims;
    v->rank = 4;
}

/* The batch of one is taken off, or its only picture taken out. */
static bool takes_batch_off(const struct seam_plain *p, const struct seam_onnx_node *node)
{
    double value;
    int64_t index;
    if (!node || node->n_inputs < 1 || node->inputs[0] < 0)
        return false;
    if (strcmp(node->op, "Gather") != 0 || node->n_inputs != 2 || node->inputs[1] < 0)
        return !strcmp(node->op, "Squeeze");
    const struct seam_onnx_tensor *const t = p->values[node->inputs[1]].constant;
    return seam_onnx_int(node, "axis", 0) == 0 && t && t->rank == 0 &&
           seam_onnx_element(t, 0, &value, &index) && index == 0;
}

/* Channels, rows, columns: a batch of one is added by the first node, and taken off by the last. */
static bool without_batch(struct seam_plain *p, struct seam_onnx_value *in,
                          struct seam_onnx_value *out)
{
    const struct seam_graph *const graph = p->build.graph;
    const struct seam_onnx_node *first, *last = maker_of(graph, out->id);
    if (in->rank != 3 || out->rank != 3 || in->dims[0].size < 1 || in->dims[0].size > 4 ||
        in->id < 0 || !all_users(graph, in->id, "Unsqueeze", &first) || p->values[in->id].uses != 1)
        return false;
    while (last && !strcmp(last->op, "Identity") && last->inputs[0] >= 0)
        last = maker_of(graph, last->inputs[0]);
    if (!takes_batch_off(p, last) || first->outputs[0] < 0)
        return false;
    p->values[first->outputs[0]].alias = in->name;
    p->values[first->outputs[0]].channels = in->dims[0].size;
    p->values[last->outputs[0]].alias = last->input_names[0];
    add_batch(p, in);
    add_batch(p, out);
    return true;
}

/* What is made bytes last, or before it is turned, is the picture already. */
static void bytes_out(struct seam_plain *p, struct seam_onnx_value *out)
{
    const struct seam_graph *const graph = p->build.graph;
    const struct seam_onnx_node *last = maker_of(graph, out->id);
    while (last && (!strcmp(last->op, "Identity") || !strcmp(last->op, "Transpose")) &&
           last->inputs[0] >= 0)
        last = maker_of(graph, last->inputs[0]);
    if (!last || strcmp(last->op, "Cast") != 0 || seam_onnx_int(last, "to", 0) != SEAM_ONNX_UINT8 ||
        last->outputs[0] < 0)
        return;
    p->values[last->outputs[0]].alias = last->input_names[0];
    out->type = SEAM_ONNX_FLOAT;
}

/* Whether a picture without a batch has its channels first or last. */
static bool is_three(const struct seam_onnx_value *v)
{
    return v->rank == 3 && ((v->dims[0].size >= 1 && v->dims[0].size <= 4) ||
                            (v->dims[2].size >= 1 && v->dims[2].size <= 4));
}

/* The node that makes the output gives its value another name, so that one more can follow. Not
 * where others take the output, too. */
static bool rename_last(struct seam_plain *p, const struct seam_onnx_value *out)
{
    struct seam_graph *const graph = p->build.graph;
    const struct seam_onnx_node *const last = maker_of(graph, out->id);
    if (!last || p->values[out->id].uses)
        return false;
    struct seam_onnx_node *nodes =
        seam_arena_alloc(&graph->arena, graph->n_nodes, sizeof(*nodes));
    const char **names = seam_arena_alloc(&graph->arena, last->n_outputs, sizeof(*names));
    char *name = seam_arena_alloc(&graph->arena, strlen(out->name) + 8, 1);
    if (!nodes || !names || !name)
        return seam_build_memory(&p->build), false;
    sprintf(name, "plain.%s", out->name);
    memcpy(nodes, graph->nodes, graph->n_nodes * sizeof(*nodes));
    for (size_t k = 0; k < last->n_outputs; k++)
        names[k] = last->outputs[k] == out->id ? name : last->output_names[k];
    struct seam_onnx_node *const made = &nodes[last - graph->nodes];
    made->output_names = names;
    made->name = strcmp(made->name, out->name) ? made->name : name;
    graph->nodes = nodes;
    p->last = name;
    return true;
}

/* Without a batch in another way: nodes around the network take one off and put it on. */
static bool wrap_batch(struct seam_plain *p, struct seam_onnx_value *in,
                       struct seam_onnx_value *out)
{
    if (!is_three(in) || !is_three(out) || in->id < 0 || out->id < 0 || !rename_last(p, out))
        return false;
    p->in = in;
    p->out = out;
    add_batch(p, in);
    add_batch(p, out);
    return true;
}

/* Squeeze or Unsqueeze of the batch. */
static const char *batch_node(struct seam_plain *p, const char *op, const char *x)
{
    static const int64_t zero = 0;
    if (p->build.graph->opset >= 13)
        return seam_build_node(&p->build, op, x, seam_build_list(&p->build, &zero, 1));
    seam_build_ints(&p->build, "axes", &zero, 1);
    return seam_build_node(&p->build, op, x);
}

void seam_plain_begin(struct seam_plain *p)
{
    if (p->in)
        p->values[p->in->id].alias = batch_node(p, "Squeeze", p->in->name);
}

void seam_plain_finish(struct seam_plain *p)
{
    if (!p->out)
        return;
    const char *const y = batch_node(p, "Unsqueeze", p->last);
    seam_build_name(&p->build, "%s", p->out->name);
    seam_build_node(&p->build, "Identity", y);
}

void seam_plain_ends(struct seam_plain *p)
{
    struct seam_graph *const graph = p->build.graph;
    if (graph->n_inputs != 1 || graph->n_outputs != 1)
        return;
    struct seam_onnx_value *const in = own(p, &graph->inputs, 1);
    struct seam_onnx_value *const out = own(p, &graph->outputs, 1);
    if (!in || !out)
        return;
    const bool bytes = bytes_in(p, in);
    hint_range(p, in, out, bytes);
    if (bytes && out->type == SEAM_ONNX_UINT8)
        bytes_out(p, out);
    const bool batch = without_batch(p, in, out);
    const bool wrapped = !batch && wrap_batch(p, in, out);
    p->changed = p->changed || bytes || batch || wrapped;
}
