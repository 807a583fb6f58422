/* Value ids: each name of a graph gets a number. */
#include <stdlib.h>
#include <string.h>

#include "base/common.h"
#include "graph/parts.h"

/* One place in a graph that holds a value's id, to be filled in. */
struct name_slot {
    const char *name;
    int32_t *id;
};

static int compare_slots(const void *a, const void *b)
{
    return strcmp(((const struct name_slot *)a)->name, ((const struct name_slot *)b)->name);
}

static struct name_slot *fill_slots(struct seam_graph *graph, struct name_slot *slot,
                                    int32_t *initializer_ids)
{
    for (size_t i = 0; i < graph->n_nodes; i++) {
        const struct seam_onnx_node *node = &graph->nodes[i];
        for (size_t k = 0; k < node->n_inputs; k++)
            *slot++ =
                (struct name_slot){ node->input_names[k], (int32_t *)(uintptr_t)&node->inputs[k] };
        for (size_t k = 0; k < node->n_outputs; k++)
            *slot++ = (struct name_slot){ node->output_names[k],
                                          (int32_t *)(uintptr_t)&node->outputs[k] };
    }
    for (size_t i = 0; i < graph->n_inputs; i++)
        *slot++ =
            (struct name_slot){ graph->inputs[i].name, (int32_t *)(uintptr_t)&graph->inputs[i].id };
    for (size_t i = 0; i < graph->n_outputs; i++)
        *slot++ = (struct name_slot){ graph->outputs[i].name,
                                      (int32_t *)(uintptr_t)&graph->outputs[i].id };
    for (size_t i = 0; i < graph->n_initializers; i++)
        *slot++ = (struct name_slot){ graph->initializers[i].name, &initializer_ids[i] };
    return slot;
}

/* Old files list their weights among the inputs, too. */
static bool drop_weights_from_inputs(struct seam_graph *graph)
{
    bool *weight = calloc(graph->n_values + 1, sizeof(*weight));
    if (!weight)
        return false;
    struct seam_onnx_value *inputs = (struct seam_onnx_value *)(uintptr_t)graph->inputs;
    size_t kept = 0;
    for (size_t i = 0; i < graph->n_initializers; i++)
        if (graph->initializer_ids[i] >= 0)
            weight[graph->initializer_ids[i]] = true;
    for (size_t i = 0; i < graph->n_inputs; i++)
        if (inputs[i].id >= 0 && !weight[inputs[i].id])
            inputs[kept++] = inputs[i];
    graph->n_inputs = kept;
    free(weight);
    return true;
}

/* Give each name a number. Sorting, because a hash table can be made slow by a hostile file. */
bool seam_graph_number(struct seam_graph *graph)
{
    size_t count = graph->n_inputs + graph->n_outputs + graph->n_initializers;
    for (size_t i = 0; i < graph->n_nodes; i++)
        count += graph->nodes[i].n_inputs + graph->nodes[i].n_outputs;
    int32_t *initializer_ids =
        seam_arena_alloc(&graph->arena, graph->n_initializers, sizeof(*initializer_ids));
    const char **names = seam_arena_alloc(&graph->arena, count, sizeof(*names));
    struct name_slot *slots = calloc(count + 1, sizeof(*slots));
    if (!initializer_ids || !names || !slots || count > INT32_MAX) {
        free(slots);
        return false;
    }
    fill_slots(graph, slots, initializer_ids);
    seam_sort(slots, count, sizeof(*slots), compare_slots);

    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        if (!*slots[i].name) {
            *slots[i].id = -1;
            continue;
        }
        if (!n || strcmp(names[n - 1], slots[i].name))
            names[n++] = slots[i].name;
        *slots[i].id = (int32_t)(n - 1);
    }
    free(slots);
    graph->names = names;
    graph->n_values = n;
    graph->initializer_ids = initializer_ids;
    return drop_weights_from_inputs(graph);
}
