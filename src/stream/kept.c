#include <stdlib.h>

#include "base/assert.h"
#include "base/common.h"
#include "base/log.h"
#include "stream/kept.h"

struct place {
    uint64_t at;
    uint64_t record;          /* number of its first row */
    struct seam_span columns; /* that a pass made: a row of them is one record */
    int over;                 /* in the list, that lay here before: its rows are written over as the
                                 pass takes them; -1: none */
};

struct seam_kept {
    const struct seam_rows_ops *ops;
    struct seam_rows_kept *list; /* the same for every run */
    struct place *places;        /* of each, in what a run has */
    int64_t *taken;              /* by run, of each: rows up to here, in the pass that is on */
    int count, runs;
    uint64_t run_bytes, run_records;
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

/* The end of one of the first k that lies where the k-th would at `at` and is alive with it; 0:
 * none does. */
static uint64_t in_the_way(const struct seam_kept *kept, int k, uint64_t at, int over)
{
    const struct seam_rows_kept *list = kept->list, *is = &list[k];
    for (int i = 0; i < k; i++) {
        const uint64_t begin = kept->places[i].at, end = begin + size_of(&list[i]);
        const bool together = list[i].made <= is->last && is->made <= list[i].last;
        if (i != over && !is_nothing(&list[i]) && together && at < end &&
            begin < at + size_of(is))
            return end;
    }
    return 0;
}

/* Whether each row of the k-th ends where the same row of `over` does, or before. */
static bool fits_over(const struct seam_kept *kept, int k, int over)
{
    const struct seam_rows_kept *is = &kept->list[k], *old = &kept->list[over];
    return !is_nothing(old) && is->rows.begin >= old->rows.begin && is->rows.end <= old->rows.end &&
           row_size(is) <= row_size(old);
}

/* Where the k-th lies beside none of those before it that are alive with it: over the one that
 * gives it its place, or the lowest. */
static struct place place_of(const struct seam_kept *kept, int k)
{
    const int over = kept->list[k].over;
    struct place place = { .record = kept->run_records, .over = -1 };
    uint64_t end;
    if (over >= 0 && fits_over(kept, k, over) &&
        !in_the_way(kept, k, kept->places[over].at, over)) {
        place.at = kept->places[over].at;
        place.over = over;
        return place;
    }
    while ((end = in_the_way(kept, k, place.at, -1)) > 0)
        place.at = end;
    return place;
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
    k->taken = calloc((size_t)count * (size_t)runs, sizeof(*k->taken));
    const enum seam_result r = k->list && k->places && k->taken
                                   ? ops->list_kept(session, params, k->list)
                                   : SEAM_ERROR_MEMORY;
    if (r != SEAM_OK) {
        seam_kept_close(&k);
        return r;
    }
    for (int i = 0; i < count; i++) {
        if (is_nothing(&k->list[i]))
            continue;
        k->places[i] = place_of(k, i);
        k->run_records += (uint64_t)(k->list[i].rows.end - k->list[i].rows.begin);
        const uint64_t end = k->places[i].at + size_of(&k->list[i]);
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
    free(k->taken);
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

enum seam_result seam_kept_start(struct seam_kept *k, uint64_t in_memory, uint64_t buffer,
                                 struct seam_log *log)
{
    if (!k)
        return SEAM_OK;
    const struct seam_store_params params = {
        .size = seam_kept_size(k),
        .in_memory = in_memory,
        .records = k->run_records * (uint64_t)k->runs,
        .record_bytes = k->row_bytes,
        .buffer = buffer,
    };
    k->row = malloc(k->row_bytes + 1);
    if (!k->row)
        return seam_log_fail(log, SEAM_ERROR_MEMORY, "no memory for rows that are kept");
    return seam_store_open(&k->store, &params, log);
}

static struct seam_record record_of(const struct seam_kept *k, int run, int i, int64_t y)
{
    const struct seam_rows_kept *is = &k->list[i];
    const struct place *place = &k->places[i];
    const uint64_t row = (uint64_t)(y - is->rows.begin);
    const uint64_t columns = (uint64_t)(place->columns.end - place->columns.begin);
    return (struct seam_record){
        .number = (uint64_t)run * k->run_records + place->record + row,
        .at = (uint64_t)run * k->run_bytes + place->at + row * row_size(is),
        .size = (size_t)(columns * (uint64_t)is->channels * sizeof(float)),
    };
}

/* As many rows as a step takes now, the next one will. */
static void read_ahead(struct seam_kept *k, int run, int i, struct seam_span taken)
{
    const int64_t end = seam_min(2 * taken.end - taken.begin, k->list[i].rows.end);
    for (int64_t y = taken.end; y < end; y++) {
        const struct seam_record record = record_of(k, run, i, y);
        seam_store_ahead(k->store, &record);
    }
}

enum seam_result seam_kept_give(struct seam_kept *k, int run, void *rows, struct seam_log *log)
{
    enum seam_result r = SEAM_OK;
    for (int i = 0; k && i < k->count; i++) {
        struct seam_span columns;
        const struct seam_span some = k->ops->kept_taken(rows, i, &columns);
        const struct seam_span made = k->places[i].columns;
        if (some.end <= some.begin)
            continue;
        seam_assert(some.begin >= k->list[i].rows.begin && some.end <= k->list[i].rows.end &&
                    columns.begin >= made.begin && columns.end <= made.end,
                    "no more is taken than was kept");
        for (int64_t y = some.begin; r == SEAM_OK && y < some.end; y++) {
            const struct seam_record record = record_of(k, run, i, y);
            r = seam_store_read(k->store, &record, k->row, log);
            const float *first = k->row + (columns.begin - made.begin) * k->list[i].channels;
            if (r == SEAM_OK)
                k->ops->kept_put(rows, i, y, first);
        }
        k->taken[run * k->count + i] = some.end;
        if (r == SEAM_OK)
            read_ahead(k, run, i, some);
    }
    return r;
}

/* Whether what rows of the i-th up to `end` are written over was taken. */
static bool is_over_taken(const struct seam_kept *k, int run, int i, int64_t end)
{
    const int over = k->places[i].over;
    return over < 0 || k->taken[run * k->count + over] >= end;
}

enum seam_result seam_kept_take(struct seam_kept *k, int run, const void *rows,
                                struct seam_log *log)
{
    enum seam_result r = SEAM_OK;
    for (int i = 0; k && i < k->count; i++) {
        const struct seam_rows_kept *is = &k->list[i];
        struct seam_span columns;
        const struct seam_span some = k->ops->kept_made(rows, i, &columns);
        if (some.end <= some.begin)
            continue;
        seam_assert(some.begin >= is->rows.begin && some.end <= is->rows.end &&
                    columns.begin >= is->columns.begin && columns.end <= is->columns.end,
                    "no more is kept than there is room for");
        seam_assert(is_over_taken(k, run, i, some.end), "no row is written over that is wanted");
        k->places[i].columns = columns;
        for (int64_t y = some.begin; r == SEAM_OK && y < some.end; y++) {
            const struct seam_record record = record_of(k, run, i, seam_rows_taken_as(is, y));
            k->ops->kept_get(rows, i, y, k->row);
            r = seam_store_write(k->store, &record, k->row, log);
        }
    }
    return r;
}
