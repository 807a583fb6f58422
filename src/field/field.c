#include <stdio.h>
#include <string.h>

#include "base/common.h"
#include "field/field.h"
#include "field/free.h"
#include "field/rules.h"

const struct seam_fact *seam_input(const struct seam_field *field, size_t k)
{
    if (k >= field->node->n_inputs || field->node->inputs[k] < 0)
        return NULL;
    const struct seam_fact *fact = &field->facts[field->node->inputs[k]];
    return fact->state == SEAM_FACT_KNOWN ? fact : NULL;
}

int seam_axis(int64_t axis, int rank)
{
    if (axis < 0)
        axis += rank;
    return axis >= 0 && axis < rank ? (int)axis : -1;
}

bool seam_list(struct seam_field *field, size_t k, const char *attr, struct seam_sym *list,
               int room, int *n)
{
    const struct seam_onnx_node *node = field->node;
    *n = -1;
    for (int i = 0; i < field->n_said; i++)
        if (field->said[i].input == k) {
            *n = field->said[i].n;
            memcpy(list, field->said[i].list, (size_t)*n * sizeof(*list));
            return true;
        }
    if (k < node->n_inputs && node->inputs[k] >= 0) {
        const struct seam_fact *fact = seam_input(field, k);
        /* An empty list stands for none. */
        if (fact && fact->rank == 1 && seam_sym_is(fact->dims[0], 0))
            return true;
        if (!fact || !fact->values || fact->n_values > room)
            return false;
        *n = (int)fact->n_values;
        if (*n)
            memcpy(list, fact->values, (size_t)*n * sizeof(*list));
        return true;
    }
    const struct seam_onnx_attr *a = attr ? seam_onnx_attr(node, attr) : NULL;
    if (!a)
        return true;
    if ((a->type != SEAM_ATTR_INTS && a->type != SEAM_ATTR_FLOATS) || a->n > (size_t)room)
        return false;
    *n = (int)a->n;
    for (int i = 0; i < *n; i++)
        list[i] = a->type == SEAM_ATTR_INTS ? seam_sym_stored(a->ints[i])
                                            : seam_sym_float((double)a->floats[i]);
    return true;
}

bool seam_axes(struct seam_field *field, size_t k, const char *attr, int rank, int *axes, int *n)
{
    struct seam_sym list[SEAM_MAX_RANK];
    bool seen[SEAM_MAX_RANK] = { false };
    if (!seam_list(field, k, attr, list, SEAM_MAX_RANK, n))
        return seam_field_fail(field, "its axes cannot be followed");
    for (int i = 0; i < *n; i++) {
        int64_t value;
        axes[i] = seam_sym_whole(list[i], &value) ? seam_axis(value, rank) : -1;
        if (axes[i] < 0 || seen[axes[i]])
            return seam_field_fail(field, "its axes do not fit its input");
        seen[axes[i]] = true;
    }
    return true;
}

bool seam_ints(struct seam_field *field, const char *attr, int n, int64_t otherwise, int64_t *list)
{
    const struct seam_onnx_attr *a = seam_onnx_attr(field->node, attr);
    if (a && a->n && (a->type != SEAM_ATTR_INTS || a->n != (size_t)n))
        return seam_field_fail(field, "its settings do not fit its input");
    for (int i = 0; i < n; i++)
        list[i] = a && a->n ? a->ints[i] : otherwise;
    return true;
}

bool seam_field_report(struct seam_field *field, const char *why)
{
    const struct seam_onnx_node *node = field->node;
    if (field->n_list && field->list[field->n_list - 1].name == node->name)
        return true;
    struct seam_arena *arena = (struct seam_arena *)(uintptr_t)&field->graph->arena;
    struct seam_unbounded *list = seam_arena_grow(arena, field->list, field->n_list,
                                                  &field->list_room, 16, sizeof(*list));
    if (!list)
        return seam_field_fail(field, "there is no memory to analyse it");
    field->list = list;
    field->list[field->n_list++] = (struct seam_unbounded){ node->name, node->op, why };
    return true;
}

bool *seam_field_needed(const struct seam_graph *graph, int32_t output, struct seam_arena *arena)
{
    bool *value = seam_arena_alloc(arena, graph->n_values, sizeof(*value));
    bool *needed = seam_arena_alloc(arena, graph->n_nodes, sizeof(*needed));
    if (!value || !needed || output < 0)
        return NULL;
    value[output] = true;
    for (size_t i = graph->n_nodes; i-- > 0;) {
        const struct seam_onnx_node *node = &graph->nodes[i];
        for (size_t k = 0; k < node->n_outputs; k++)
            needed[i] |= node->outputs[k] >= 0 && value[node->outputs[k]];
        for (size_t k = 0; needed[i] && k < node->n_inputs; k++)
            if (node->inputs[k] >= 0)
                value[node->inputs[k]] = true;
    }
    return needed;
}

const struct seam_onnx_node *seam_field_behind(const struct seam_graph *graph,
                                               const struct seam_onnx_node *node,
                                               struct seam_arena *arena)
{
    bool *value = seam_arena_alloc(arena, graph->n_values, sizeof(*value));
    for (size_t i = graph->n_nodes; value && i-- > 0;) {
        const struct seam_onnx_node *maker = &graph->nodes[i];
        bool needed = maker == node;
        for (size_t k = 0; k < maker->n_outputs && !needed; k++)
            needed = maker->outputs[k] >= 0 && value[maker->outputs[k]];
        if (needed && maker->subgraph && maker != node)
            return maker;
        for (size_t k = 0; needed && k < maker->n_inputs; k++)
            if (maker->inputs[k] >= 0)
                value[maker->inputs[k]] = true;
    }
    return node;
}

/* Another input of a free size: a second picture, which nobody cuts into tiles. */
static bool follows_picture(const struct seam_onnx_value *input)
{
    for (int k = 1; k < input->rank; k++)
        if (input->dims[k].size < 0)
            return true;
    return false;
}

/* The inputs and weights of the graph. */
static bool field_begin(struct seam_field *field, const struct seam_field_ends *ends)
{
    const struct seam_graph *graph = field->graph;
    struct seam_sym dims[SEAM_MAX_RANK];
    for (size_t i = 0; i < graph->n_initializers; i++)
        if (graph->initializer_ids[i] >= 0 &&
            !seam_values_tensor(field, &graph->initializers[i],
                                &field->facts[graph->initializer_ids[i]]))
            field->facts[graph->initializer_ids[i]].state = SEAM_FACT_LOST;
    for (size_t i = 0; i < graph->n_inputs; i++) {
        const struct seam_onnx_value *input = &graph->inputs[i];
        struct seam_fact *fact = &field->facts[input->id];
        if (input->rank < 0 || input->rank > SEAM_MAX_RANK ||
            (input != ends->input && follows_picture(input))) {
            fact->state = SEAM_FACT_LOST;
            continue;
        }
        /* A free size other than the picture's is the batch: one picture at a time. */
        for (int k = 0; k < input->rank; k++)
            dims[k] = seam_sym_const(input->dims[k].size < 0 ? 1 : input->dims[k].size);
        if (input == ends->input) {
            dims[ends->channel_axis] = seam_sym_const(ends->channels);
            for (int dir = 0; dir < 2; dir++)
                dims[ends->input_axis[dir]] = seam_field_side(field, dir);
            if (!seam_fact_picture(field, fact, input->rank, dims, ends->input_axis))
                return false;
        } else if (!seam_fact_plain(field, fact, input->rank, dims)) {
            return false;
        }
        fact->uniform = true;
        for (int k = 0; k < input->rank; k++)
            fact->uniform &= seam_sym_is(dims[k], 1);
        fact->type = input->type;
    }
    return !field->arena->failed;
}

/* What the inputs of a node have in common. */
struct inputs {
    bool depends;  /* one of them depends on the picture */
    bool reported; /* one is lost, and the list says why */
    bool lost;     /* one is lost without that */
    bool sized;    /* one is computed from the picture's size */
};

static struct inputs look_at_inputs(struct seam_field *field)
{
    struct inputs in = { false, false, false, false };
    for (size_t k = 0; k < field->node->n_inputs; k++) {
        int32_t id = field->node->inputs[k];
        if (id < 0)
            continue;
        const struct seam_fact *fact = &field->facts[id];
        in.depends |= fact->state == SEAM_FACT_KNOWN && seam_depends(fact);
        in.reported |= fact->state == SEAM_FACT_LOST && fact->reported;
        in.lost |= fact->state != SEAM_FACT_KNOWN && !fact->reported;
        in.sized |= fact->sized;
    }
    return in;
}

static void lose_outputs(struct seam_field *field, struct seam_fact *out, bool reported, bool sized)
{
    memset(out, 0, field->node->n_outputs * sizeof(*out));
    for (size_t k = 0; k < field->node->n_outputs; k++) {
        out[k].state = SEAM_FACT_LOST;
        out[k].reported = reported;
        out[k].sized = sized;
    }
}

/* All rules but these two lean on their first input. */
static bool run_rule(struct seam_field *field, const struct seam_operator *op,
                     struct seam_fact *out)
{
    bool needs_input = op->rule != seam_rule_constant && op->rule != seam_rule_join;
    if (needs_input && !seam_input(field, 0))
        return seam_field_fail(field, "its input is missing");
    if (field->look && field->look(field, field->look_opaque, out))
        return true;
    const bool ok = op->rule(field, out);
    field->n_said = 0;
    return ok;
}

/* A node that does not touch the picture: its value or at least its shape. */
static void constant_node(struct seam_field *field, const struct seam_operator *op,
                          struct seam_fact *out, const struct inputs *in)
{
    const struct seam_onnx_node *node = field->node;
    bool sum = !strcmp(node->op, "Shape") || !strcmp(node->op, "Size");
    if (op && !in->lost && node->n_outputs == 1 && seam_values_fold(field, out))
        return;
    memset(out, 0, node->n_outputs * sizeof(*out));
    if (!op || in->lost || sum || !run_rule(field, op, out)) {
        lose_outputs(field, out, false, in->sized);
        return;
    }
    /* A size that only tells the shape does not show in the elements. */
    static const char *const shaped[] = { "ConstantOfShape", "Expand", "Reshape", "Slice", "Tile" };
    const struct seam_fact *first = seam_input(field, 0);
    bool sized = in->sized;
    for (size_t i = 0; i < SEAM_ARRAY_LEN(shaped); i++)
        if (!strcmp(node->op, shaped[i]))
            sized = i > 0 && first && first->sized;
    for (size_t k = 0; k < node->n_outputs; k++)
        out[k].sized = sized;
}

/* Say so of the node behind it that nobody follows, if there is one. The first alone: one walk
 * through the graph is enough. */
static bool report_lost(struct seam_field *field, const char *why)
{
    const struct seam_onnx_node *node = field->node;
    if (field->n_list == 0)
        field->node = seam_field_behind(field->graph, node, field->arena);
    const bool ok =
        seam_field_report(field, field->node == node ? why : SEAM_FIELD_OWN_GRAPH);
    field->node = node;
    return ok;
}

/* A node that sees the picture. */
static bool picture_node(struct seam_field *field, const struct seam_operator *op,
                         struct seam_fact *out, const struct inputs *in)
{
    const struct seam_onnx_node *node = field->node;
    const size_t reported = field->n_list;
    bool shape = !strcmp(node->op, "Shape") || !strcmp(node->op, "Size");
    field->why = NULL;
    if (shape) {
        if (seam_values_fold(field, out))
            return true;
        field->why = "a size it asks for cannot be followed";
    } else if (field->graph->opset > SEAM_NEWEST_OPSET) {
        field->why = "its operator set is newer than what is known here";
    } else if (field->graph->ir_version > SEAM_NEWEST_IR) {
        field->why = "its format is newer than what is known here";
    } else if (!op) {
        field->why = node->subgraph ? SEAM_FIELD_OWN_GRAPH : "the operator is not known";
    } else if (in->lost && op->rule != seam_rule_join) {
        field->why = "it uses a value that cannot be followed";
    } else if (in->lost && !report_lost(field, "it uses a value that cannot be followed")) {
        return false;
    } else if (run_rule(field, op, out)) {
        /* One that is on the list is found by passes over the picture, if at all. */
        field->numeric |= op->exact != SEAM_ROUNDING_BITS && field->n_list == reported;
        for (size_t k = 0; k < node->n_outputs; k++)
            out[k].values = NULL;
        return true;
    }
    if (field->arena->failed)
        return false;
    lose_outputs(field, out, true, false);
    const char *why = field->why ? field->why : "the operator is not known";
    return in->lost ? report_lost(field, why) : seam_field_report(field, why);
}

static bool field_node(struct seam_field *field, const struct seam_onnx_node *node)
{
    struct seam_fact few[4], *out = few;
    const struct seam_operator *op = seam_operator_find(node);
    field->node = node;
    if (node->n_outputs > SEAM_ARRAY_LEN(few))
        out = seam_arena_alloc(field->arena, node->n_outputs, sizeof(*out));
    if (!out)
        return false;
    memset(out, 0, node->n_outputs * sizeof(*out));

    struct inputs in = look_at_inputs(field);
    if (in.reported)
        lose_outputs(field, out, true, false);
    else if (!in.depends)
        constant_node(field, op, out, &in);
    else if (!picture_node(field, op, out, &in))
        return false;
    for (size_t k = 0; k < node->n_outputs; k++) {
        /* What a node has made of a tensor of the file is another one. */
        if (!op || op->rule != seam_rule_constant)
            out[k].tensor = NULL;
        if (node->outputs[k] >= 0)
            field->facts[node->outputs[k]] = out[k];
    }
    return !field->arena->failed;
}

enum seam_result seam_field_run(struct seam_field *field, const struct seam_graph *graph,
                                const struct seam_field_ends *ends, struct seam_arena *arena)
{
    return seam_field_run_looking(field, graph, ends, NULL, NULL, arena);
}

enum seam_result seam_field_run_looking(struct seam_field *field, const struct seam_graph *graph,
                                        const struct seam_field_ends *ends,
                                        bool (*look)(struct seam_field *field, void *opaque,
                                                     struct seam_fact *out),
                                        void *opaque, struct seam_arena *arena)
{
    memset(field, 0, sizeof(*field));
    field->look = look;
    field->look_opaque = opaque;
    field->graph = graph;
    field->arena = arena;
    field->align.side[0] = field->align.side[1] = 1;
    field->facts = seam_arena_alloc(arena, graph->n_values, sizeof(*field->facts));
    bool *needed = seam_field_needed(graph, ends->output->id, arena);
    if (!field->facts || !needed)
        return SEAM_ERROR_MEMORY;
    for (int dir = 0; dir < 2; dir++) {
        field->size[dir] = ends->input->dims[ends->input_axis[dir]].size;
        field->fixed[dir] = field->size[dir] > 0;
    }
    if (!field_begin(field, ends))
        return SEAM_ERROR_MEMORY;
    for (size_t i = 0; i < graph->n_nodes; i++)
        if (needed[i] && !field_node(field, &graph->nodes[i]))
            return SEAM_ERROR_MEMORY;
    return SEAM_OK;
}
