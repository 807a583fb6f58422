#include <stdlib.h>

#include "base/assert.h"
#include "base/common.h"
#include "base/log.h"
#include "stream/kept.h"

struct seam_kept {
    const struct seam_rows_ops *ops;
    struct seam_rows_kept *list; /* the same for every run */
    uint64_t *places;            /* of each, in what a run has */
    int count, runs;
    uint64_t run_bytes;
    size_t row_bytes;            /* of the longest row */
    float *row;
    struct seam_store *store;
};

static uint64_t row_size(const struct seam_rows_kept *is)
{
    return (uint64_t)(is->columns.end - is->columns.begin) * (uint64_t)is->channels * sizeof(float);
}

static uint64_t size_of(const struct seam_rows_kept *is)
{
    return row_size(is) * (uint64_t)(is->rows.end - is->rows.begin);
}

static bool is_nothing(const struct seam_rows_kept *is)
{
    return is->rows.end <= is->rows.begin || is->columns.end <= is->columns.begin;
}

/* The lowest place where the k-th lies beside none of those before it that are alive with it. */
static uint64_t place_of(const struct seam_kept *kept, int k)
{
    const struct seam_rows_kept *list = kept->list, *is = &list[k];
    const uint64_t size = size_of(is);
    uint64_t at = 0;
    for (int i = 0; i < k; i++) {
        const uint64_t begin = kept->places[i], end = begin + size_of(&list[i]);
        const bool together = list[i].made <= is->last && is->made <= list[i].last;
        if (is_nothing(&list[i]) || !together || at >= end || at + size <= begin)
            continue;
        at = end;
        i = -1; /* what was passed may lie there */
    }
    return at;
}

enum seam_result seam_kept_open(struct seam_kept **kept, const struct seam_rows_ops *ops,
                                void *session, const struct seam_rows_params *params, int runs)
{
    const int count = ops->count_kept ? ops->count_kept(session) : 0;
    *kept = NULL;
    if (count == 0)
        return SEAM_OK;
    struct seam_kept *k = calloc(1, sizeof(*k));
    if (!k)
        return SEAM_ERROR_MEMORY;
    k->ops = ops;
    k->count = count;
    k->runs = runs;
    k->list = calloc((size_t)count, sizeof(*k->list));
    k->places = calloc((size_t)count, sizeof(*k->places));
    const enum seam_result r = k->list && k->places ? ops->list_kept(session, params, k->list)
                                                    : SEAM_ERROR_MEMORY;
    if (r != SEAM_OK) {
        seam_kept_close(&k);
        return r;
    }
    for (int i = 0; i < count; i++) {
        if (is_nothing(&k->list[i]))
            continue;
        k->places[i] = place_of(k, i);
        const uint64_t end = k->places[i] + size_of(&k->list[i]);
        k->run_bytes = end > k->run_bytes ? end : k->run_bytes;
        k->row_bytes = (size_t)seam_max((int64_t)k->row_bytes, (int64_t)row_size(&k->list[i]));
    }
    *kept = k;
    return SEAM_OK;
}

void seam_kept_close(struct seam_kept **kept)
{
    struct seam_kept *k = *kept;
    if (!k)
        return;
    seam_store_close(&k->store);
    free(k->row);
    free(k->places);
    free(k->list);
    free(k);
    *kept = NULL;
}

uint64_t seam_kept_size(const struct seam_kept *k)
{
    return k ? k->run_bytes * (uint64_t)k->runs : 0;
}

uint64_t seam_kept_buffer(const struct seam_kept *k)
{
    return k ? k->row_bytes : 0;
}

enum seam_result seam_kept_start(struct seam_kept *k, uint64_t in_memory, struct seam_log *log)
{
    if (!k)
        return SEAM_OK;
    k->row = malloc(k->row_bytes + 1);
    if (!k->row)
        return seam_log_fail(log, SEAM_ERROR_MEMORY, "no memory for rows that are kept");
    return seam_store_open(&k->store, seam_kept_size(k), in_memory, log);
}

/* Where the part `columns` of a row lies. */
static uint64_t place_of_row(const struct seam_kept *k, int run, int i, int64_t y,
                             struct seam_span columns, size_t *size)
{
    const struct seam_rows_kept *is = &k->list[i];
    const uint64_t pixel = (uint64_t)is->channels * sizeof(float);
    seam_assert(y >= is->rows.begin && y < is->rows.end && columns.begin >= is->columns.begin &&
                columns.end <= is->columns.end, "no more is taken than was kept");
    *size = (size_t)((uint64_t)(columns.end - columns.begin) * pixel);
    return (uint64_t)run * k->run_bytes + k->places[i] +
           (uint64_t)(y - is->rows.begin) * row_size(is) +
           (uint64_t)(columns.begin - is->columns.begin) * pixel;
}

enum seam_result seam_kept_give(struct seam_kept *k, int run, void *rows, struct seam_log *log)
{
    enum seam_result r = SEAM_OK;
    for (int i = 0; k && i < k->count; i++) {
        struct seam_span columns;
        const struct seam_span some = k->ops->kept_taken(rows, i, &columns);
        for (int64_t y = some.begin; r == SEAM_OK && y < some.end; y++) {
            size_t size;
            const uint64_t at = place_of_row(k, run, i, y, columns, &size);
            r = seam_store_read(k->store, at, k->row, size, log);
            if (r == SEAM_OK)
                k->ops->kept_put(rows, i, y, k->row);
        }
    }
    return r;
}

enum seam_result seam_kept_take(struct seam_kept *k, int run, const void *rows,
                                struct seam_log *log)
{
    enum seam_result r = SEAM_OK;
    for (int i = 0; k && i < k->count; i++) {
        struct seam_span columns;
        const struct seam_span some = k->ops->kept_made(rows, i, &columns);
        for (int64_t y = some.begin; r == SEAM_OK && y < some.end; y++) {
            size_t size;
            const uint64_t at = place_of_row(k, run, i, y, columns, &size);
            k->ops->kept_get(rows, i, y, k->row);
            r = seam_store_write(k->store, at, k->row, size, log);
        }
    }
    return r;
}
