/* Attention within a window, for test_native_kernels.c: against plain sums in doubles, one query at
 * a time. Included once. */
#ifndef SEAM_TESTS_KERNEL_ATTENTION_H
#define SEAM_TESTS_KERNEL_ATTENTION_H

#include <math.h>
#include <string.h>

#include "engine/native/attend.h"
#include "kernel_rows.h"

#define GUARDS 16

static float *noises(int count)
{
    float *v = room((size_t)count * sizeof(*v));
    for (int i = 0; i < count; i++)
        v[i] = noise();
    return v;
}

/* What query i of a head becomes. */
static void plain_query(const struct seam_attend *a, const struct seam_attend_window *w, int head,
                        int i, double *out)
{
    double *scores = room((size_t)a->keys * sizeof(*scores)), most = -INFINITY, sum = 0;
    for (int j = 0; j < a->keys; j++) {
        scores[j] = 0;
        for (int c = 0; c < a->query; c++)
            scores[j] += (double)w->q[(i * a->heads + head) * a->query + c] *
                         (double)w->k[(j * a->heads + head) * a->query + c];
        scores[j] = (double)a->factor * scores[j] +
                    (double)a->table[(head * a->queries + i) * a->pitch + j] +
                    (w->mask ? (double)w->mask[j] : 0);
        most = fmax(most, scores[j]);
    }
    memset(out, 0, (size_t)a->value * sizeof(*out));
    for (int j = 0; j < a->keys; j++) {
        const double e = exp(scores[j] - most);
        sum += e;
        for (int c = 0; c < a->value; c++)
            out[c] += e * (double)w->v[(j * a->heads + head) * a->value + c];
    }
    for (int c = 0; c < a->value; c++)
        out[c] /= sum;
    free(scores);
}

static void check_window(const struct seam_attend *a, const struct seam_attend_window *w)
{
    double *expected = room((size_t)a->value * sizeof(*expected));
    for (int head = 0; head < a->heads; head++)
        for (int i = 0; i < a->queries; i++) {
            plain_query(a, w, head, i, expected);
            for (int c = 0; c < a->value; c++) {
                const double got = (double)w->out[(i * a->heads + head) * a->value + c];
                if (!(fabs(got - expected[c]) <= 2e-5))
                    die("head %d, query %d, channel %d: %g instead of %g", head, i, c, got,
                        expected[c]);
            }
        }
    free(expected);
}

/* One window of random sizes; `masked`: some keys count for nothing. */
static void attend_once(enum seam_cpu cpu, bool masked)
{
    struct seam_attend a = { .heads = pick(1, 4), .queries = pick(1, 70), .keys = pick(1, 70),
                             .query = pick(1, 33), .value = pick(1, 33), .factor = 0.4f };
    a.pitch = (a.keys + 15) / 16 * 16;
    float *table = noises(a.heads * a.queries * a.pitch), *mask = noises(a.keys);
    for (int i = 0; i < a.heads * a.queries * a.pitch; i++)
        if (i % a.pitch >= a.keys)
            table[i] = -1e30f;
    for (int j = 0; j < a.keys; j++)
        mask[j] = j && toss() ? -100.0f : 0;
    a.table = table;
    const int made = a.queries * a.heads * a.value;
    float *q = noises(a.queries * a.heads * a.query), *k = noises(a.keys * a.heads * a.query);
    float *v = noises(a.keys * a.heads * a.value), *out = noises(made + 2 * GUARDS);
    for (int i = 0; i < made + 2 * GUARDS; i++)
        out[i] = 77;
    void *scratch = room(seam_attend_scratch(&a));
    const struct seam_attend_window w = { q, k, v, masked ? mask : NULL, out + GUARDS };
    memset(scratch, 0xff, seam_attend_scratch(&a));
    seam_attend_run(cpu, &a, &w, scratch);
    check_window(&a, &w);
    for (int i = 0; i < GUARDS; i++)
        MUST(out[i] >= 77 && out[i] <= 77 && out[GUARDS + made + i] >= 77 &&
             out[GUARDS + made + i] <= 77);
    /* A query's bits do not depend on who is asked beside it. */
    struct seam_attend one = a;
    one.queries = 1;
    const struct seam_attend_window first = { q, k, v, w.mask, v };
    if (a.heads == 1) {
        seam_attend_run(cpu, &one, &first, scratch);
        MUST(memcmp(v, out + GUARDS, (size_t)a.value * sizeof(*v)) == 0);
    }
    free(table);
    free(mask);
    free(q);
    free(k);
    free(v);
    free(out);
    free(scratch);
}

static void test_attention(enum seam_cpu cpu)
{
    for (int i = 0; i < 24 * times; i++)
        attend_once(cpu, i % 2);
}

#endif /* SEAM_TESTS_KERNEL_ATTENTION_H */
