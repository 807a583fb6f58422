/* Attention within one window: softmax(factor * q k + table + mask) v of each head. Pure.
 *
 * Queries, keys and values are [pixel][head][each] of `queries`, `keys` and `keys` pixels, the
 * result [query][head][value]. Each result is one chain of operations on its inputs, the same at
 * any place: its bits depend on the instruction set and the values alone.
 *
 *     struct seam_attend a = { .heads = 6, .queries = 64, .keys = 64, .query = 30, .value = 30,
 *                              .pitch = 64, .factor = 0.18f, .table = bias };
 *     void *scratch = aligned_alloc(64, seam_attend_scratch(&a));   // one for each thread
 *     seam_attend_run(SEAM_CPU_BEST, &a, &window, scratch);
 */
#ifndef SEAM_NATIVE_ATTEND_H
#define SEAM_NATIVE_ATTEND_H

#include "engine/native/kernels.h"

struct seam_attend {
    int heads, queries, keys;
    int query, value; /* channels of each head */
    int pitch;        /* from one query to the next in the table, in floats; a multiple of 16 */
    float factor;
    const float *table; /* [head][query][pitch]: -1e30 behind the last key */
};

struct seam_attend_window {
    const float *q, *k, *v;
    const float *mask; /* one number for each key, or NULL */
    float *out;
};

size_t seam_attend_scratch(const struct seam_attend *a);
/* `cpu` as seam_cpu_resolve() gives it. */
void seam_attend_run(enum seam_cpu cpu, const struct seam_attend *a,
                     const struct seam_attend_window *w, void *scratch);

#endif /* SEAM_NATIVE_ATTEND_H */
