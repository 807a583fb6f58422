#include "field/free.h"

#include <string.h>

#include "base/common.h"
#include "base/log.h"
#include "field/rules.h"
#include "graph/parts.h"
#include "graph/plain.h"

static void see(struct seam_free *f, struct seam_sym size)
{
    if (!seam_sym_known(size) || seam_sym_fixed(size) || size.hw ||
        f->n_seen == (int)SEAM_ARRAY_LEN(f->seen))
        return;
    for (int i = 0; i < f->n_seen; i++)
        if (seam_sym_equal(f->seen[i], size))
            return;
    int at = f->n_seen++;
    for (; size.h && at > 0 && !f->seen[at - 1].h; at--)
        f->seen[at] = f->seen[at - 1];
    f->seen[at] = size;
}

static struct seam_free_node *add_node(struct seam_free *f, struct seam_arena *arena)
{
    struct seam_free_node *list =
        seam_arena_grow(arena, f->nodes, f->n_nodes, &f->room, 64, sizeof(*list));
    if (!list)
        return NULL;
    f->nodes = list;
    return &f->nodes[f->n_nodes++];
}

/* Before each node that sees the picture. */
static bool look(struct seam_field *field, void *opaque, struct seam_fact *out)
{
    struct seam_free *const f = opaque;
    struct seam_said said[SEAM_FREE_LISTS];
    if (f->failed)
        return false;
    for (size_t k = 0; k < field->node->n_inputs; k++) {
        const struct seam_fact *fact = seam_input(field, k);
        for (int i = 0; fact && i < fact->rank; i++)
            see(f, fact->dims[i]);
    }
    if (seam_free_windows(f, field, out))
        return true;
    const int n = seam_free_explain(f, field, said);
    if (n < 0)
        f->failed = field->node;
    struct seam_free_node *const made = n > 0 ? add_node(f, field->arena) : NULL;
    if (!made)
        return false;
    made->node = field->node;
    made->n_said = n;
    memcpy(made->said, said, (size_t)n * sizeof(*said));
    field->said = made->said;
    field->n_said = n;
    return false;
}

/* A copy of an end's sizes, to be changed. */
static struct seam_onnx_dim *own_dims(struct seam_graph *graph, struct seam_onnx_value *value)
{
    const size_t n = (size_t)seam_max(value->rank, 0);
    struct seam_onnx_dim *dims = seam_arena_alloc(&graph->arena, n, sizeof(*dims));
    if (dims && n)
        memcpy(dims, value->dims, n * sizeof(*dims));
    value->dims = dims;
    return dims;
}

static struct seam_onnx_value *own_ends(struct seam_graph *graph,
                                        const struct seam_onnx_value **list, size_t n)
{
    struct seam_onnx_value *copy = seam_arena_alloc(&graph->arena, n, sizeof(*copy));
    if (copy)
        memcpy(copy, *list, n * sizeof(*copy));
    *list = copy ? copy : *list;
    return copy;
}

static bool free_input(struct seam_graph *graph, struct seam_field_ends *ends)
{
    static const char *const names[] = { "height", "width" };
    const size_t at = (size_t)(ends->input - graph->inputs);
    struct seam_onnx_value *const inputs = own_ends(graph, &graph->inputs, graph->n_inputs);
    struct seam_onnx_dim *const dims = inputs ? own_dims(graph, &inputs[at]) : NULL;
    for (int dir = 0; dims && dir < 2; dir++)
        dims[ends->input_axis[dir]] = (struct seam_onnx_dim){ -1, names[dir] };
    ends->input = inputs ? &inputs[at] : NULL;
    return dims != NULL;
}

bool seam_graph_undeclare(struct seam_graph *graph, const struct seam_analysis *analysis)
{
    struct seam_onnx_value *const list = own_ends(graph, &graph->outputs, graph->n_outputs);
    const int axis = seam_axes_height(analysis->output_layout);
    for (size_t i = 0; list && i < graph->n_outputs; i++) {
        if (strcmp(list[i].name, analysis->output) != 0)
            continue;
        struct seam_onnx_dim *const dims = own_dims(graph, &list[i]);
        for (int k = axis; dims && k < axis + 2 && k < list[i].rank; k++)
            dims[k] = (struct seam_onnx_dim){ -1, "" };
        if (!dims)
            return false;
    }
    return list != NULL;
}

static bool free_outputs(struct seam_graph *graph, const struct seam_field *field)
{
    struct seam_onnx_value *const list = own_ends(graph, &graph->outputs, graph->n_outputs);
    for (size_t i = 0; list && i < graph->n_outputs; i++) {
        const struct seam_fact *fact = list[i].id >= 0 ? &field->facts[list[i].id] : NULL;
        struct seam_onnx_dim *const dims = own_dims(graph, &list[i]);
        if (!dims)
            return false;
        for (int k = 0; k < list[i].rank; k++)
            if (!fact || fact->state != SEAM_FACT_KNOWN || fact->rank != list[i].rank ||
                !seam_sym_fixed(fact->dims[k]))
                dims[k] = (struct seam_onnx_dim){ -1, "" };
    }
    return list != NULL;
}

static bool find_makers(struct seam_free *f, const struct seam_graph *graph,
                        struct seam_arena *arena)
{
    f->maker = seam_arena_alloc(arena, graph->n_values, sizeof(*f->maker));
    for (size_t i = 0; f->maker && i < graph->n_nodes; i++)
        for (size_t k = 0; k < graph->nodes[i].n_outputs; k++)
            if (graph->nodes[i].outputs[k] >= 0)
                f->maker[graph->nodes[i].outputs[k]] = &graph->nodes[i];
    return f->maker != NULL;
}

/* Find what the numbers mean. False: no memory. */
static bool explain(struct seam_free *f, struct seam_graph *graph,
                    struct seam_field_ends *ends, struct seam_arena *arena)
{
    struct seam_field field;
    if (!find_makers(f, graph, arena) ||
        seam_field_run_looking(&field, graph, ends, look, f, arena) != SEAM_OK || arena->failed)
        return false;
    if (f->failed || !seam_free_match(f))
        return true;
    if (!free_outputs(graph, &field))
        return false;
    for (int dir = 0; dir < 2; dir++)
        if (f->at[dir] % field.align.side[dir] != 0)
            f->why = "the size it was exported at is no multiple of what it divides by";
    return true;
}

static enum seam_result free_within(struct seam_graph *graph, struct seam_field_ends *ends,
                                    struct seam_free *f, bool guessed, struct seam_arena *arena,
                                    struct seam_log *log)
{
    bool written = true;
    if (!free_input(graph, ends))
        return SEAM_ERROR_MEMORY;
    if (!explain(f, graph, ends, arena))
        return SEAM_ERROR_MEMORY;
    if (!f->why && guessed && !f->borne_out)
        f->why = "no shape tells its size";
    if (f->why)
        return SEAM_OK;
    const enum seam_result r = seam_free_write(f, ends, graph, &written, log);
    if (!written)
        f->why = "a size cannot be written";
    return r;
}

static enum seam_result no_memory(const struct seam_graph *graph, struct seam_log *log)
{
    return seam_log_fail(log, SEAM_ERROR_MEMORY, "%s: no memory to read the network", graph->path);
}

enum seam_result seam_graph_free(struct seam_graph *graph, const char *picture, const char *output,
                                 int64_t side, struct seam_freed *freed, struct seam_log *log)
{
    struct seam_field_ends ends;
    struct seam_free f = { .half = { -1, -1, -2, 0 } };
    struct seam_arena arena;
    *freed = (struct seam_freed){ .before = *graph };
    if (!seam_plain_writable(graph))
        return SEAM_OK;
    enum seam_result r = seam_analysis_ends(&ends, graph, picture, output);
    if (r != SEAM_OK)
        return r == SEAM_ERROR_MEMORY ? no_memory(graph, log) : SEAM_OK;
    for (int dir = 0; dir < 2; dir++) {
        const int64_t size = ends.input->dims[ends.input_axis[dir]].size;
        f.at[dir] = freed->at[dir] = side > 0 && size <= 0 ? side : size;
    }
    if (f.at[0] <= 0 || f.at[1] <= 0 || f.at[0] > 1 << 16 || f.at[1] > 1 << 16)
        return SEAM_OK;
    seam_arena_init(&arena);
    r = free_within(graph, &ends, &f, side > 0, &arena, log);
    seam_arena_free(&arena);
    freed->node = f.failed;
    freed->why = f.why;
    freed->done = r == SEAM_OK && !f.why;
    if (freed->done && seam_graph_number(graph)) {
        graph->onnx = NULL;
        graph->onnx_size = 0;
        return SEAM_OK;
    }
    r = freed->done ? SEAM_ERROR_MEMORY : r;
    freed->done = false;
    if (!seam_graph_unfree(graph, freed))
        r = SEAM_ERROR_MEMORY;
    return r == SEAM_OK ? r : no_memory(graph, log);
}

bool seam_graph_unfree(struct seam_graph *graph, const struct seam_freed *freed)
{
    const struct seam_graph *const before = &freed->before;
    graph->nodes = before->nodes;
    graph->n_nodes = before->n_nodes;
    graph->inputs = before->inputs;
    graph->n_inputs = before->n_inputs;
    graph->outputs = before->outputs;
    graph->initializers = before->initializers;
    graph->n_initializers = before->n_initializers;
    graph->onnx = before->onnx;
    graph->onnx_size = before->onnx_size;
    return seam_graph_number(graph);
}
