#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "graph/weights.h"

static int compare_name(const void *name, const void *weight)
{
    return strcmp(name, ((const struct seam_weight *)weight)->name);
}

struct seam_weight *seam_weights_find(const struct seam_weights *weights, const char *name)
{
    return weights->count ? bsearch(name, weights->items, weights->count, sizeof(*weights->items),
                                    compare_name)
                          : NULL;
}

struct seam_weight *seam_weights_take(struct seam_weights *weights, const char *name)
{
    struct seam_weight *weight = seam_weights_find(weights, name);
    if (weight)
        weight->used = true;
    return weight;
}

struct seam_weight *seam_weights_prefix(const struct seam_weights *weights, const char *prefix,
                                        size_t *n)
{
    const size_t length = strlen(prefix);
    size_t low = 0, high = weights->count;
    while (low < high) { /* the first that is no smaller */
        const size_t middle = low + (high - low) / 2;
        if (strcmp(weights->items[middle].name, prefix) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (*n = 0; low + *n < weights->count; ++*n)
        if (strncmp(weights->items[low + *n].name, prefix, length) != 0)
            break;
    return *n ? &weights->items[low] : NULL;
}

int seam_weights_span(const struct seam_weights *weights, const char *prefix, const char *suffix,
                      int first)
{
    char name[512];
    size_t n;
    for (int k = first;; k++) {
        const int length = snprintf(name, sizeof(name), "%s%d%s", prefix, k, suffix);
        if (length < 0 || (size_t)length >= sizeof(name) || !seam_weights_prefix(weights, name, &n))
            return k;
    }
}

const struct seam_weight *seam_weights_unused(const struct seam_weights *weights)
{
    for (size_t i = 0; i < weights->count; i++)
        if (!weights->items[i].used)
            return &weights->items[i];
    return NULL;
}

const char *seam_weights_metadata(const struct seam_weights *weights, const char *key)
{
    for (size_t i = 0; i < weights->n_metadata; i++)
        if (!strcmp(weights->metadata[i].key, key))
            return weights->metadata[i].value;
    return NULL;
}

float *seam_weight_floats(const struct seam_weights *weights, const struct seam_weight *weight)
{
    const struct seam_onnx_tensor tensor = {
        .type = weight->type, .count = weight->count, .data = weight->data, .size = weight->size,
    };
    if (weight->count > SIZE_MAX)
        return NULL;
    float *floats =
        seam_arena_alloc(&weights->graph->arena, (size_t)weight->count, sizeof(*floats));
    if (floats && weight->type == SEAM_ONNX_FLOAT && weight->count)
        memcpy(floats, weight->data, (size_t)weight->size);
    else if (floats)
        for (uint64_t i = 0; i < weight->count; i++) {
            double value;
            int64_t whole;
            if (!seam_onnx_element(&tensor, i, &value, &whole))
                return NULL;
            floats[i] = (float)value;
        }
    return floats;
}
