/* From a graph to operations on rows: node by node, in the graph's order. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/common.h"
#include "net/lower.h"

bool seam_lower_fail(struct lower *l, const char *why)
{
    if (!l->why)
        l->why = why;
    return false;
}

/* ------------------------------------------------------------------------------------------------
 * Tensors and operations
 * --------------------------------------------------------------------------------------------- */

static bool grow(struct seam_arena *arena, void **list, int n, int *room, size_t size)
{
    size_t places = (size_t)*room;
    void *larger = seam_arena_grow(arena, *list, (size_t)n, &places, 32, size);
    if (!larger)
        return false;
    *list = larger;
    *room = (int)places;
    return true;
}

static int new_tensor(struct lower *l, int channels, const struct seam_sym size[2])
{
    struct seam_net *net = l->net;
    if (channels < 1 || channels > SEAM_NET_MOST_CHANNELS)
        return seam_lower_fail(l, "it has too many channels"), -1;
    if (!grow(&net->arena, (void **)&net->tensors, net->n_tensors, &net->tensor_room,
              sizeof(*net->tensors)) ||
        !grow(&l->arena, (void **)&l->tensors, net->n_tensors, &l->tensor_room,
              sizeof(*l->tensors)))
        return seam_lower_fail(l, "there is no memory"), -1;
    struct seam_net_tensor *t = &net->tensors[net->n_tensors];
    *t = (struct seam_net_tensor){ .channels = channels, .op = -1 };
    for (int dir = 0; dir < 2; dir++) {
        const struct seam_sym s = size[dir];
        const int64_t along = dir == SEAM_ROWS ? s.h : s.w, across = dir == SEAM_ROWS ? s.w : s.h;
        if (!seam_sym_known(s) || s.hw || across || along <= 0 || s.c % s.den != 0 ||
            along > 4096 || s.den > 4096)
            return seam_lower_fail(l, "its size does not follow the picture's"), -1;
        const int64_t g = seam_gcd(along, s.den);
        t->num[dir] = along / g;
        t->den[dir] = s.den / g;
        t->rest[dir] = s.c / s.den;
        net->alignment = seam_lcm(net->alignment, t->den[dir]);
    }
    l->tensors[net->n_tensors] = (struct lower_tensor){ .size = { size[0], size[1] } };
    return net->n_tensors++;
}

int seam_lower_tensor(struct lower *l, int channels, const struct seam_fact *fact, int row_axis)
{
    if (!fact || fact->state != SEAM_FACT_KNOWN || row_axis < 0 || row_axis + 1 >= fact->rank)
        return seam_lower_fail(l, "its size cannot be followed"), -1;
    return new_tensor(l, channels, &fact->dims[row_axis]);
}

int seam_lower_tensor_like(struct lower *l, int channels, int tensor)
{
    const struct seam_sym size[2] = { l->tensors[tensor].size[0], l->tensors[tensor].size[1] };
    return new_tensor(l, channels, size);
}

struct seam_ref seam_lower_whole(const struct lower *l, int tensor)
{
    return (struct seam_ref){ tensor, 0, l->net->tensors[tensor].channels };
}

struct seam_net_op *seam_lower_op(struct lower *l, enum seam_op_kind kind,
                                  const struct seam_ref *inputs, int n, int output)
{
    struct seam_net *net = l->net;
    if (output < 0)
        return NULL;
    if (net->n_ops >= SEAM_NET_MOST_OPS)
        return seam_lower_fail(l, "the network has too many operations"), NULL;
    struct seam_ref *copy = seam_arena_alloc(&net->arena, (size_t)n, sizeof(*copy));
    const char *name = seam_arena_string(&net->arena, l->node->name, strlen(l->node->name));
    if (!copy || !name || !grow(&net->arena, (void **)&net->ops, net->n_ops, &net->op_room,
                                sizeof(*net->ops)))
        return seam_lower_fail(l, "there is no memory"), NULL;
    memcpy(copy, inputs, (size_t)n * sizeof(*copy));
    for (int i = 0; i < n; i++)
        if (inputs[i].tensor >= 0)
            l->tensors[inputs[i].tensor].read = true;
    net->tensors[output].op = net->n_ops;
    struct seam_net_op *op = &net->ops[net->n_ops++];
    *op = (struct seam_net_op){
        .kind = kind,
        .name = name,
        .inputs = copy,
        .n_inputs = n,
        .output = output,
        .groups = 1,
        .step = { 1, 1 },
        .from = { 1, 1 },
        .to = { 1, 1 },
    };
    return op;
}

bool seam_lower_exclusive(const struct lower *l, const struct seam_ref *ref)
{
    const struct lower_tensor *t = &l->tensors[ref->tensor];
    int here = 0;
    for (size_t k = 0; k < l->node->n_inputs; k++) {
        const int32_t id = l->node->inputs[k];
        here += id >= 0 && l->values[id].kind == LOWER_PICTURE &&
                l->values[id].ref.tensor == ref->tensor;
    }
    return l->net->tensors[ref->tensor].op >= 0 && !t->read && t->pending == here && here == 1 &&
           ref->first == 0 && ref->channels == l->net->tensors[ref->tensor].channels;
}

/* A constant done to what a convolution makes, before anything else, is one to its weights. */
static bool link_into_weights(struct lower *l, struct seam_net_op *op, const struct seam_link *s)
{
    if (op->kind != SEAM_OP_CONV || op->n_links || s->with.tensor >= 0 || s->vector)
        return false;
    const int out = l->net->tensors[op->output].channels;
    const int64_t each = op->inputs[0].channels / op->groups * op->slide[0].kernel *
                         op->slide[1].kernel;
    for (int o = 0; o < out; o++) {
        const float v = s->list ? s->list[o] : s->a;
        float scale = 1;
        switch (s->kind) {
        case SEAM_LINK_ADD: op->bias[o] += v; continue;
        case SEAM_LINK_SUB: op->bias[o] -= v; continue;
        case SEAM_LINK_MUL: scale = v; break;
        case SEAM_LINK_DIV: scale = 1 / v; break;
        default: return false;
        }
        op->bias[o] *= scale;
        for (int64_t i = 0; i < each; i++)
            op->weights[o * each + i] *= scale;
    }
    return true;
}

static bool append_link(struct lower *l, struct seam_net_op *op, const struct seam_link *link)
{
    if (link_into_weights(l, op, link))
        return true;
    if (!grow(&l->net->arena, (void **)&op->links, op->n_links, &op->link_room,
              sizeof(*op->links)))
        return seam_lower_fail(l, "there is no memory");
    op->links[op->n_links++] = *link;
    if (link->with.tensor >= 0)
        l->tensors[link->with.tensor].read = true;
    return true;
}

bool seam_lower_link(struct lower *l, struct seam_ref ref, const struct seam_link *link,
                struct seam_ref *out)
{
    const int op = l->net->tensors[ref.tensor].op;
    /* What is added must be there when the operation runs. */
    const bool there = (link->with.tensor < 0 || l->net->tensors[link->with.tensor].op < op) &&
                       (!link->vector || l->net->vectors[link->vector - 1].last_op < op);
    *out = ref;
    if (seam_lower_exclusive(l, &ref) && there && l->net->ops[op].kind != SEAM_OP_ROLL)
        return append_link(l, &l->net->ops[op], link);
    const int tensor = seam_lower_tensor_like(l, ref.channels, ref.tensor);
    struct seam_net_op *point = seam_lower_op(l, SEAM_OP_POINT, &ref, 1, tensor);
    if (!point)
        return false;
    *out = seam_lower_whole(l, tensor);
    return append_link(l, point, link);
}

bool seam_lower_again(struct lower *l, struct seam_ref ref, const struct seam_link *link)
{
    return append_link(l, &l->net->ops[l->net->tensors[ref.tensor].op], link);
}

/* ------------------------------------------------------------------------------------------------
 * The walk
 * --------------------------------------------------------------------------------------------- */

/* Whether the node sees samples of the picture (LOWER_PICTURE), or what a pass finds of it
 * (LOWER_VECTOR). */
static bool sees(const struct lower *l, enum lower_kind kind)
{
    if (!strcmp(l->node->op, "Shape") || !strcmp(l->node->op, "Size"))
        return false;
    for (size_t k = 0; k < l->node->n_inputs; k++)
        if (l->node->inputs[k] >= 0 && l->values[l->node->inputs[k]].kind == kind)
            return true;
    return false;
}

/* The node has read its inputs. */
static void count_reads(struct lower *l)
{
    for (size_t k = 0; k < l->node->n_inputs; k++) {
        const int32_t id = l->node->inputs[k];
        if (id >= 0 && l->values[id].kind == LOWER_PICTURE)
            l->tensors[l->values[id].ref.tensor].pending--;
    }
}

/* Why what the node makes is not known. */
static const char *why_lost(const struct lower *l)
{
    for (size_t i = 0; i < l->field.n_list; i++)
        if (!strcmp(l->field.list[i].name, l->node->name))
            return l->field.list[i].why;
    return "what it depends on cannot be followed";
}

static bool lower_node(struct lower *l, const struct seam_onnx_node *node)
{
    l->node = node;
    l->why = NULL;
    if (!seam_lower_attributes(l))
        return false;
    if (!sees(l, LOWER_PICTURE)) {
        if (sees(l, LOWER_VECTOR))
            return seam_lower_vector(l) || seam_lower_fail(l, "it cannot be lowered");
        seam_lower_fold(l);
        l->why = NULL;
        return true;
    }
    lower_rule *rule = seam_lower_rule(node);
    if (!rule)
        return seam_lower_fail(l, "there is no rule for this operator");
    for (size_t k = 0; k < node->n_outputs; k++) {
        const struct seam_fact *fact = seam_lower_out_fact(l, k);
        if (fact && fact->state != SEAM_FACT_KNOWN)
            return seam_lower_fail(l, why_lost(l));
    }
    if (!rule(l))
        return seam_lower_fail(l, "it cannot be lowered");
    count_reads(l);
    return true;
}

static bool count_uses(struct lower *l)
{
    l->values = seam_arena_alloc(&l->arena, l->graph->n_values, sizeof(*l->values));
    if (!l->values)
        return false;
    for (size_t i = 0; i < l->graph->n_nodes; i++) {
        const struct seam_onnx_node *node = l->nodes[i];
        for (size_t k = 0; node && k < node->n_inputs; k++)
            if (node->inputs[k] >= 0)
                l->values[node->inputs[k]].uses++;
    }
    return true;
}

/* An input, rather than a node, is what is being lowered. */
static bool begin_input(struct lower *l, const char *name)
{
    struct seam_onnx_node *node = seam_arena_alloc(&l->arena, 1, sizeof(*node));
    if (node)
        *node = (struct seam_onnx_node){ .name = name, .op = "input", .domain = "" };
    l->node = node;
    return node != NULL;
}

static bool bind_input(struct lower *l, const struct seam_field_ends *ends)
{
    const int32_t id = ends->input->id;
    struct lower_value *v = &l->values[id];
    if (!begin_input(l, ends->input->name))
        return false;
    const int tensor = seam_lower_tensor(l, (int)ends->channels, &l->field.facts[id],
                                    ends->input_axis[0]);
    if (tensor < 0)
        return false;
    l->net->input = tensor;
    v->kind = LOWER_PICTURE;
    v->ref = seam_lower_whole(l, tensor);
    v->view = seam_lower_view_of(l, ends->input->rank, ends->channel_axis, ends->input_axis[0],
                            v->ref.channels);
    l->tensors[tensor].pending = v->uses;
    return true;
}

/* Inputs beside the picture are constants that the user gives. */
static bool bind_extras(struct lower *l, const struct seam_field_ends *ends)
{
    for (size_t i = 0; i < l->graph->n_inputs; i++) {
        const struct seam_onnx_value *input = &l->graph->inputs[i];
        if (input == ends->input || input->id < 0)
            continue;
        float *value = seam_arena_alloc(&l->arena, 1, sizeof(*value));
        bool given = l->params->lenient || !l->values[input->id].uses;
        for (size_t k = 0; value && k < l->params->input_count; k++)
            if (!strcmp(l->params->inputs[k].name, input->name)) {
                *value = (float)l->params->inputs[k].value;
                given = true;
            }
        if (!value || !begin_input(l, input->name))
            return false;
        if (!given) {
            l->valueless = true;
            return seam_lower_fail(l, "it has no value");
        }
        struct lower_value *v = &l->values[input->id];
        v->kind = LOWER_CONSTANT;
        v->data = value;
        v->count = 1;
    }
    return true;
}

static bool bind_output(struct lower *l, const struct seam_field_ends *ends)
{
    struct lower_value *v = &l->values[ends->output->id];
    if (v->kind != LOWER_PICTURE)
        return seam_lower_fail(l, "the output does not depend on the picture");
    const int rank = l->field.facts[ends->output->id].rank;
    if (rank < 3 || rank > 4)
        return seam_lower_fail(l, "what it makes has not the axes of a picture");
    if (!seam_lower_settle(l, v, rank, true))
        return false;
    const int maker = l->net->tensors[v->ref.tensor].op;
    if (maker >= 0 && l->net->ops[maker].kind == SEAM_OP_ROLL) {
        /* Only a later pass has what is rolled. */
        const int tensor = seam_lower_tensor_like(l, v->ref.channels, v->ref.tensor);
        if (!seam_lower_op(l, SEAM_OP_POINT, &v->ref, 1, tensor))
            return false;
        v->ref = seam_lower_whole(l, tensor);
    }
    l->net->result = v->ref;
    l->net->output = v->ref.tensor;
    return true;
}

static bool lower_graph(struct lower *l, const struct seam_field_ends *ends)
{
    l->why = NULL;
    if (!bind_input(l, ends) || !bind_extras(l, ends))
        return false;
    /* The output is read by who asked for it. */
    l->values[ends->output->id].uses++;
    for (size_t i = 0; i < l->graph->n_nodes; i++)
        if (l->nodes[i] && !lower_node(l, l->nodes[i]))
            return false;
    return bind_output(l, ends);
}

static void describe(struct seam_net_obstacle *o, struct lower *l)
{
    const struct seam_onnx_node *node = l->node;
    const char *why = l->why ? l->why : "it cannot be followed";
    node = node && strstr(why, "followed") ? seam_field_behind(l->graph, node, &l->arena) : node;
    if (node && node->subgraph)
        why = SEAM_FIELD_OWN_GRAPH;
    snprintf(o->name, sizeof(o->name), "%s", node ? node->name : "");
    snprintf(o->op, sizeof(o->op), "%s", node ? node->op : "");
    snprintf(o->why, sizeof(o->why), "%s", why);
}

static enum seam_result compile(struct lower *l, struct seam_net_obstacle *obstacle)
{
    struct seam_field_ends ends;
    enum seam_result r = seam_analysis_ends(&ends, l->graph, l->params->picture, l->params->output);
    if (r == SEAM_OK)
        r = seam_field_run(&l->field, l->graph, &ends, &l->arena);
    if (r != SEAM_OK) {
        l->why = "it is no network from picture to picture";
        describe(obstacle, l);
        return r == SEAM_ERROR_MEMORY ? r : SEAM_ERROR_MODEL;
    }
    if (!seam_lower_patterns(l, ends.output->id) || !count_uses(l))
        return SEAM_ERROR_MEMORY;
    l->net->alignment =
        seam_lcm(l->field.align.side[SEAM_ROWS], l->field.align.side[SEAM_COLUMNS]);
    if (!lower_graph(l, &ends)) {
        describe(obstacle, l);
        return l->arena.failed || l->net->arena.failed || l->net->weights.failed
                   ? SEAM_ERROR_MEMORY
               : l->valueless                          ? SEAM_ERROR_ARGUMENT
                                                       : SEAM_ERROR_MODEL;
    }
    if (!seam_lower_tidy(l) || !seam_net_order_passes(l->net, &l->arena))
        return SEAM_ERROR_MEMORY;
    return SEAM_OK;
}

enum seam_result seam_net_open(struct seam_net **net, const struct seam_graph *graph,
                               const struct seam_net_params *params,
                               struct seam_net_obstacle *obstacle)
{
    *net = NULL;
    *obstacle = (struct seam_net_obstacle){ "", "", "" };
    struct seam_net *n = calloc(1, sizeof(*n));
    if (!n)
        return SEAM_ERROR_MEMORY;
    struct lower l = { .net = n, .graph = graph, .params = params };
    seam_arena_init(&n->arena);
    seam_arena_init(&n->weights);
    seam_arena_init(&l.arena);
    n->alignment = 1;
    const enum seam_result r = compile(&l, obstacle);
    seam_arena_free(&l.arena);
    if (r != SEAM_OK) {
        seam_net_close(&n);
        return r;
    }
    *net = n;
    return SEAM_OK;
}

void seam_net_close(struct seam_net **net)
{
    struct seam_net *n = *net;
    if (!n)
        return;
    seam_arena_free(&n->weights);
    seam_arena_free(&n->arena);
    free(n);
    *net = NULL;
}

void seam_net_drop_weights(struct seam_net *net)
{
    for (int i = 0; i < net->n_ops; i++)
        net->ops[i].weights = net->ops[i].bias = NULL;
    seam_arena_free(&net->weights);
    seam_arena_init(&net->weights);
}
