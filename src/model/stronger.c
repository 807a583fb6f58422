#include <string.h>

#include "base/common.h"
#include "base/log.h"
#include "graph/plain.h"
#include "model/stronger.h"

static const char ending[] = ".stronger";

/* What is added to `weight`; NULL: nothing. */
static const struct seam_onnx_tensor *addend(const struct seam_graph *graph,
                                             const struct seam_onnx_tensor *weight)
{
    const size_t n = strlen(weight->name);
    for (size_t i = 0; i < graph->n_initializers; i++) {
        const struct seam_onnx_tensor *t = &graph->initializers[i];
        if (strncmp(t->name, weight->name, n) == 0 && strcmp(t->name + n, ending) == 0)
            return t->type == SEAM_ONNX_FLOAT && weight->type == SEAM_ONNX_FLOAT && t->data &&
                   weight->data && t->size == weight->size ? t : NULL;
    }
    return NULL;
}

static bool ends_so(const char *name)
{
    const size_t n = strlen(name), m = sizeof(ending) - 1;
    return n > m && strcmp(name + n - m, ending) == 0;
}

bool seam_network_strengthens(const struct seam_graph *graph)
{
    for (size_t i = 0; i < graph->n_initializers; i++)
        if (ends_so(graph->initializers[i].name))
            return seam_plain_writable(graph);
    return false;
}

/* The elements of both, added; NULL without memory. */
static const uint8_t *add(struct seam_arena *arena, const struct seam_onnx_tensor *weight,
                          const struct seam_onnx_tensor *more, float times)
{
    uint8_t *const sum = seam_arena_alloc(arena, (size_t)weight->count, sizeof(float));
    for (uint64_t i = 0; sum && i < weight->count; i++) {
        float a, b;
        memcpy(&a, weight->data + i * sizeof(a), sizeof(a));
        memcpy(&b, more->data + i * sizeof(b), sizeof(b));
        a += times * b;
        memcpy(sum + i * sizeof(a), &a, sizeof(a));
    }
    return sum;
}

enum seam_result seam_network_strengthen(struct seam_graph *graph, double stronger,
                                         struct seam_log *log)
{
    if (!seam_network_strengthens(graph))
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT, "%s was not taught to remove more than it "
                             "does: its strength is 0 to 1, not %g", graph->path, 1 + stronger);
    struct seam_onnx_tensor *const list =
        seam_arena_alloc(&graph->arena, graph->n_initializers, sizeof(*list));
    bool ok = list != NULL;
    for (size_t i = 0; ok && i < graph->n_initializers; i++) {
        list[i] = graph->initializers[i];
        const struct seam_onnx_tensor *more = addend(graph, &list[i]);
        if (!more)
            continue;
        list[i].data = add(&graph->arena, &list[i], more, (float)stronger);
        list[i].external = false;
        ok = list[i].data != NULL;
    }
    if (!ok)
        return seam_log_fail(log, SEAM_ERROR_MEMORY, "%s: no memory to read the network",
                             graph->path);
    graph->initializers = list;
    graph->onnx = NULL;
    graph->onnx_size = 0;
    return SEAM_OK;
}
