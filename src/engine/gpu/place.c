/* Where the tensors of a tile lie: each in a place that is free for as long as it lives. */
#include <string.h>

#include "base/common.h"
#include "engine/gpu/program.h"

/* A half of what 64 bits count, so that sums need no look. */
#define MOST_BYTES (UINT64_MAX / 4)

static bool tensor_bytes(const struct seam_net_tensor *t, const struct seam_span domain[2],
                         uint64_t sample, uint64_t alignment, struct seam_gpu_place *place)
{
    uint64_t bytes = sample * (uint64_t)t->channels;
    for (int dir = 0; dir < 2; dir++) {
        place->domain[dir] = seam_net_domain(t, dir, domain[dir]);
        const int64_t size = place->domain[dir].end - place->domain[dir].begin;
        if (size < 1 || !seam_mul_size(bytes, (uint64_t)size, &bytes))
            return false;
    }
    if (bytes > MOST_BYTES)
        return false;
    place->bytes = (bytes + alignment - 1) / alignment * alignment;
    return true;
}

static bool meet(const struct seam_net_life *a, const struct seam_net_life *b)
{
    return a->first <= b->last && b->first <= a->last;
}

/* The first place that fits among those of `placed` tensors. */
static void first_fit(const struct seam_net_life *lives, struct seam_gpu_place *places,
                      const bool *placed, int n, int t)
{
    struct seam_gpu_place *p = &places[t];
    p->at = 0;
    for (bool moved = true; moved;) {
        moved = false;
        for (int i = 0; i < n; i++) {
            const struct seam_gpu_place *q = &places[i];
            if (placed[i] && meet(&lives[i], &lives[t]) && q->at < p->at + p->bytes &&
                p->at < q->at + q->bytes) {
                p->at = q->at + q->bytes;
                moved = true;
            }
        }
    }
}

static void place_in_order(const struct seam_net *net, const struct seam_net_life *lives,
                           struct seam_gpu_place *places, bool *placed,
                           struct seam_gpu_layout *layout)
{
    for (int op = -1; op < net->n_ops; op++) {
        const int t = op < 0 ? net->input : net->ops[op].output;
        first_fit(lives, places, placed, net->n_tensors, t);
        placed[t] = true;
        const uint64_t end = places[t].at + places[t].bytes;
        layout->arena = end > layout->arena ? end : layout->arena;
        if (places[t].bytes > layout->largest)
            layout->largest = places[t].bytes;
    }
}

bool seam_gpu_place_all(const struct seam_net *net, const struct seam_span domain[2],
                        uint64_t sample, uint64_t alignment, struct seam_gpu_place *places,
                        struct seam_gpu_layout *layout)
{
    *layout = (struct seam_gpu_layout){ 0 };
    uint64_t all = 0;
    for (int t = 0; t < net->n_tensors; t++) {
        if (!tensor_bytes(&net->tensors[t], domain, sample, alignment, &places[t]) ||
            places[t].bytes > MOST_BYTES - all)
            return false;
        all += places[t].bytes;
    }
    struct seam_net_life *lives = calloc((size_t)net->n_tensors, sizeof(*lives));
    bool *placed = calloc((size_t)net->n_tensors, sizeof(*placed));
    const bool ok = lives && placed;
    if (ok) {
        seam_net_lives(net, lives);
        place_in_order(net, lives, places, placed, layout);
    }
    free(lives);
    free(placed);
    const struct seam_span *out = places[net->output].domain;
    layout->out_width = out[SEAM_COLUMNS].end - out[SEAM_COLUMNS].begin;
    layout->out_height = out[SEAM_ROWS].end - out[SEAM_ROWS].begin;
    return ok;
}
