/* The executor that runs tiles: a window of input rows, one tile's tensors, a strip of output
 * rows. */
#include <inttypes.h>
#include <stdlib.h>

#include "tile/strip.h"
#include "base/common.h"
#include "base/crew.h"
#include "stream/executor.h"
#include "base/log.h"
#include "base/process.h"
#include "plan/plan.h"
#include "tile/samples.h"
#include "base/text.h"
#include "tile/tile.h"
#include "tile/window.h"

/* More than these share no tile: rows would be too few to be worth waking them. */
#define MOST_THREADS 16

struct tiles {
    struct seam_executor_params params;
    struct seam_window window;
    struct seam_tile_work work;
    struct seam_strip strip;
    struct seam_crew *crew; /* NULL: the caller's thread alone */
    int64_t next; /* strip to make */
    int64_t tail; /* first row that a strip crossing the bottom reads */
    struct seam_progress progress;
    struct seam_log quiet; /* what may yet be answered by smaller tiles */
    uint64_t lacked;       /* bytes that the last run lacked; 0: not known */
    int64_t too_wide, too_high; /* the tile that did not fit first; 0: all did */
    bool said;             /* that tiles were halved */
};

static void tiles_close(void *executor)
{
    struct tiles *t = executor;
    if (!t)
        return;
    seam_crew_close(&t->crew);
    seam_window_close(&t->window);
    seam_tile_work_close(&t->work);
    seam_strip_close(&t->strip);
    free(t);
}

/* First row that any strip from `from` on reads. Strips inside the picture read ever lower rows;
 * only those that cross the bottom reach back up, by reflection, and there are few. */
static int64_t tiles_tail(const struct seam_plan *plan)
{
    int64_t tail = plan->y.size;
    for (int64_t j = plan->y.tiles - 1; j >= 0; j--) {
        if (seam_axis_padded(&plan->y, plan->halo, j).end <= plan->y.size)
            break;
        tail = seam_min(tail, seam_axis_reads(&plan->y, plan->edge, plan->halo, j).begin);
    }
    return tail;
}

/* Input rows to hold for strip j: its own, and those above that a later one comes back to. */
static struct seam_span tiles_reads(const struct tiles *t, int64_t j)
{
    const struct seam_plan *plan = t->params.plan;
    const struct seam_span reads = seam_axis_reads(&plan->y, plan->edge, plan->halo, j);
    return (struct seam_span){ seam_min(reads.begin, t->tail), reads.end };
}

/* The strip that makes the last row wanted ready: the one below its core's, where they blend
 * there. */
static int64_t last_strip(const struct tiles *t)
{
    const struct seam_plan *plan = t->params.plan;
    const int64_t last = t->params.callbacks.first_row + t->params.callbacks.row_count - 1;
    const int64_t below = seam_strip_holding(plan, last) + 1;
    const struct seam_span target = seam_axis_target(&plan->y, seam_min(below, plan->y.tiles - 1));
    const bool blends = last * plan->scale_den / plan->scale_num >= target.begin;
    return seam_min(blends ? below : below - 1, plan->y.tiles - 1);
}

/* Begin at strip j, as if those above were done. */
static void tiles_start(struct tiles *t, int64_t j)
{
    const struct seam_plan *plan = t->params.plan;
    const struct seam_span core = seam_axis_core(&plan->y, j);
    t->next = t->strip.first = j;
    t->progress.tiles_done = j * plan->x.tiles;
    t->progress.plan = plan;
    t->progress.input_pixels_done = (double)core.begin * (double)plan->picture.width;
    t->progress.network_pixels_done = (double)t->progress.tiles_done * seam_plan_tile_pixels(plan);
    if (j > 0)
        seam_window_start(&t->window, tiles_reads(t, j).begin);
}

/* What runs may take is what the budget leaves beside all else that the plan counts. */
static void tiles_limit(const struct tiles *t)
{
    const struct seam_plan *plan = t->params.plan;
    seam_session_limit(t->params.session, plan->budget_bytes,
                       plan->peak_bytes - plan->scratch_bytes);
}

/* Pass on what was kept back, for no smaller tile helps. */
static enum seam_result tiles_fail(struct tiles *t, enum seam_result result)
{
    return seam_log_fail(t->params.log, result, "%s", t->quiet.error);
}

/* Smaller tiles from strip j down, for those of now do not fit, as t->quiet says. */
static enum seam_result tiles_halve(struct tiles *t, int64_t j)
{
    struct seam_plan *plan = t->params.plan;
    if (t->too_wide == 0) {
        t->too_wide = plan->x.tile;
        t->too_high = plan->y.tile;
    }
    if (!seam_plan_halve(plan, &t->params.facts, j)) {
        const uint64_t needed = (uint64_t)seam_max((int64_t)plan->peak_bytes,
                                                   (int64_t)(plan->budget_bytes + t->lacked));
        return seam_log_fail(t->params.log, SEAM_ERROR_MEMORY,
                             "%s; the tile of %" PRId64 " x %" PRId64 " cannot be smaller: use "
                             "--memory %s or more, and see that so much is free", t->quiet.error,
                             plan->x.tile, plan->y.tile, seam_text_budget(needed).s);
    }
    seam_debug(t->params.log, "%s: going on with tiles of %" PRId64 " x %" PRId64, t->quiet.error,
               plan->x.tile, plan->y.tile);
    seam_tile_work_close(&t->work);
    tiles_limit(t);
    seam_memory_trim();
    return SEAM_OK;
}

/* Say it once, when it is known what fits. */
static void tiles_say_halved(struct tiles *t)
{
    const struct seam_plan *plan = t->params.plan;
    if (t->too_wide == 0 || t->said)
        return;
    seam_notice(t->params.log,
                "tiles of %" PRId64 " x %" PRId64
                " take more than the budget of %s leaves: going on "
                "with %" PRId64 " x %" PRId64,
                t->too_wide, t->too_high, seam_text_bytes(plan->budget_bytes).s, plan->x.tile,
                plan->y.tile);
    t->said = true;
}

/* All memory of the job. On failure none of it is held. */
static enum seam_result tiles_allocate(struct tiles *t)
{
    const struct seam_plan *plan = t->params.plan;
    const size_t row_bytes = (size_t)plan->picture.width * (size_t)plan->picture.bands *
                             seam_sample_bytes(plan->picture.sample);
    seam_log_init(&t->quiet);
    enum seam_result r = seam_window_open(&t->window, plan->window_rows, row_bytes, &t->quiet);
    if (r == SEAM_OK)
        r = seam_tile_work_open(&t->work, plan, &t->window, &t->quiet);
    if (r == SEAM_OK)
        r = seam_strip_open(&t->strip, plan, &t->quiet);
    if (r != SEAM_OK) {
        seam_tile_work_close(&t->work);
        seam_window_close(&t->window);
    }
    return r;
}

static enum seam_result tiles_begin(struct tiles *t)
{
    tiles_limit(t);
    for (;;) {
        enum seam_result r = tiles_allocate(t);
        if (r != SEAM_ERROR_MEMORY)
            return r == SEAM_OK ? SEAM_OK : tiles_fail(t, r);
        if ((r = tiles_halve(t, 0)) != SEAM_OK)
            return r;
    }
}

static enum seam_result tiles_open(void **executor, const struct seam_executor_params *params)
{
    const struct seam_plan *plan = params->plan;
    struct tiles *t = calloc(1, sizeof(*t));
    if (!t)
        return seam_log_fail(params->log, SEAM_ERROR_MEMORY, "no memory for the tile executor");
    t->params = *params;
    enum seam_result r = tiles_begin(t);
    if (r != SEAM_OK) {
        tiles_close(t);
        return r;
    }
    t->tail = tiles_tail(plan);
    t->progress.tiles = plan->x.tiles * (1 + last_strip(t));
    tiles_start(t, seam_strip_holding(plan, params->callbacks.first_row));
    struct seam_machine machine = { .cpus = params->callbacks.threads };
    if (machine.cpus <= 0)
        seam_machine_measure(&machine);
    t->crew = seam_crew_open((int)seam_min(machine.cpus, MOST_THREADS), false);
    *executor = t;
    return SEAM_OK;
}

/* One tile whose rows the crew shares. */
struct share {
    struct tiles *tiles;
    const struct seam_tile *tile;
    struct seam_strip_row row; /* all but y and lines */
    int run;
    int not_finite; /* set by any thread */
};

static void share_load(void *opaque, int64_t begin, int64_t end)
{
    const struct share *s = opaque;
    seam_tile_load_rows(&s->tiles->work, s->tile, begin, end);
}

static void share_look(void *opaque, int64_t begin, int64_t end)
{
    const struct share *s = opaque;
    seam_tile_fill_look(&s->tiles->work, begin, end);
}

static void share_fill(void *opaque, int64_t begin, int64_t end)
{
    const struct share *s = opaque;
    seam_tile_fill_rows(&s->tiles->work, begin, end);
}

static void tiles_load(struct tiles *t, const struct seam_tile *tile)
{
    struct share share = { .tiles = t, .tile = tile };
    seam_tile_load_begin(&t->work, tile);
    seam_crew_share(t->crew, share_load, &share, t->params.plan->y.padded);
    if (t->params.plan->fill_alpha) {
        seam_crew_share(t->crew, share_look, &share, t->params.plan->y.padded);
        seam_crew_share(t->crew, share_fill, &share, t->params.plan->y.padded);
    }
}

/* Put a finished row into the strip. SEAM_ERROR_NOT_FINITE, said to the log if any, where it holds
 * such. */
static enum seam_result put_row(struct tiles *t, const struct seam_strip_row *row,
                                struct seam_log *log)
{
    const int64_t bad = seam_lines_not_finite(row->lines, row->bands, row->count);
    if (bad >= 0)
        return seam_executor_not_finite(log, row->x + bad, row->y);
    seam_strip_put(&t->strip, row);
    return SEAM_OK;
}

static void share_put(void *opaque, int64_t begin, int64_t end)
{
    struct share *s = opaque;
    struct seam_strip_row row = s->row;
    for (int64_t i = begin; i < end; i++) {
        row.y = s->tile->out_y.begin + i;
        row.lines = seam_tile_row(&s->tiles->work, s->tile, s->run, row.y);
        if (put_row(s->tiles, &row, NULL) != SEAM_OK)
            __atomic_store_n(&s->not_finite, 1, __ATOMIC_RELAXED);
    }
}

/* Finish the rows of the bands that `run` made, or of alpha where run is -1. */
static enum seam_result tiles_put(struct tiles *t, const struct seam_tile *tile, int run)
{
    const struct seam_plan *plan = t->params.plan;
    const struct seam_bands bands = run < 0 ? (struct seam_bands){ plan->out_bands - 1, 1 }
                                            : seam_tile_run_bands(plan, run);
    struct seam_strip_row row = {
        .x = tile->out_x.begin,
        .y = tile->out_y.begin,
        .count = tile->out_x.end - tile->out_x.begin,
        .leftmost = tile->column == 0,
        .first = bands.first,
        .bands = bands.count,
    };
    if (run >= 0 && seam_tile_is_finished(plan, run)) {
        struct share share = { .tiles = t, .tile = tile, .row = row, .run = run };
        seam_crew_share(t->crew, share_put, &share, tile->out_y.end - tile->out_y.begin);
        if (!share.not_finite)
            return SEAM_OK;
        /* Once more, in order, to say where the first is. */
    }
    for (row.y = tile->out_y.begin; row.y < tile->out_y.end; row.y++) {
        row.lines = run < 0 ? seam_tile_alpha_row(&t->work, tile, row.y)
                              : seam_tile_row(&t->work, tile, run, row.y);
        const enum seam_result r = put_row(t, &row, t->params.log);
        if (r != SEAM_OK)
            return r;
    }
    return SEAM_OK;
}

/* What the network puts out for the tiles of a run, whose input is made. SEAM_ERROR_MEMORY: they do
 * not fit, and t->quiet says why. */
static enum seam_result tiles_infer(struct tiles *t, const struct seam_tile *tile, int count)
{
    const struct seam_plan *plan = t->params.plan;
    struct seam_engine_io io = {
        .input = t->work.all.input,
        .batch = count,
        .width = plan->x.padded,
        .height = plan->y.padded,
        .x = tile->padded_x.begin,
        .y = tile->padded_y.begin,
        .output = t->work.all.output,
        .out_width = seam_plan_result_width(plan),
        .out_height = seam_plan_result_height(plan),
    };
    seam_log_init(&t->quiet);
    const enum seam_result r = seam_session_run(t->params.session, &io, &t->quiet);
    t->work.all.result = io.result;
    t->lacked = io.lacked;
    return r == SEAM_OK || r == SEAM_ERROR_MEMORY ? r : tiles_fail(t, r);
}

/* The tiles i .. i + count - 1 of strip j, together through the network. */
static enum seam_result tiles_run(struct tiles *t, int64_t i, int64_t j, int count)
{
    const struct seam_plan *plan = t->params.plan;
    const bool alpha = plan->picture.alpha && !plan->alpha_in_model;
    struct seam_tile tile[SEAM_MOST_BATCH];
    enum seam_result r = SEAM_OK;
    for (int k = 0; k < count; k++) {
        seam_tile_place(&tile[k], plan, i + k, j);
        seam_tile_select(&t->work, k);
        tiles_load(t, &tile[k]);
    }
    for (int run = 0; r == SEAM_OK && run < plan->runs; run++) {
        for (int k = 0; k < count; k++) {
            seam_tile_select(&t->work, k);
            seam_tile_feed(&t->work, run);
        }
        r = tiles_infer(t, &tile[0], count);
        for (int k = 0; r == SEAM_OK && k < count; k++) {
            seam_tile_select(&t->work, k);
            r = tiles_put(t, &tile[k], run);
        }
    }
    for (int k = 0; r == SEAM_OK && alpha && k < count; k++) {
        seam_tile_select(&t->work, k);
        r = tiles_put(t, &tile[k], -1);
    }
    return r;
}

/* Count the tiles of a run and ask whether to go on. */
static enum seam_result tiles_report(struct tiles *t, int64_t i, int64_t j, int count)
{
    const struct seam_plan *plan = t->params.plan;
    const struct seam_span y = seam_axis_core(&plan->y, j);
    const int64_t begin = seam_axis_core(&plan->x, i).begin;
    const int64_t end = seam_axis_core(&plan->x, i + count - 1).end;
    t->progress.tiles_done += count;
    t->progress.input_pixels_done += (double)(end - begin) * (double)(y.end - y.begin);
    t->progress.network_pixels_done += count * seam_plan_tile_pixels(plan);
    const struct seam_stream_params *c = &t->params.callbacks;
    if (c->progress && !c->progress(c->opaque, &t->progress))
        return seam_log_fail(t->params.log, SEAM_CANCELLED, "cancelled");
    return SEAM_OK;
}

/* SEAM_ERROR_MEMORY: a tile does not fit, and t->quiet says why. */
static enum seam_result tiles_strip(struct tiles *t, int64_t j)
{
    const struct seam_plan *plan = t->params.plan;
    const struct seam_span reads = tiles_reads(t, j);
    enum seam_result r = seam_window_move(&t->window, seam_max(reads.begin, t->window.begin),
                                          seam_max(reads.end, t->window.end), &t->params.source,
                                          t->params.log);
    seam_strip_begin(&t->strip, j);
    for (int64_t i = 0; r == SEAM_OK && i < plan->x.tiles; i += plan->batch) {
        const int count = (int)seam_min(plan->batch, plan->x.tiles - i);
        r = tiles_run(t, i, j, count);
        if (r == SEAM_OK)
            r = tiles_report(t, i, j, count);
    }
    if (r == SEAM_OK)
        seam_strip_finish(&t->strip, j);
    return r;
}

/* Take the memory of smaller tiles, whose strip 0 is the one that did not fit. */
static enum seam_result tiles_reopen(struct tiles *t, bool above)
{
    const struct seam_plan *plan = t->params.plan;
    enum seam_result r = SEAM_OK;
    seam_log_init(&t->quiet);
    t->tail = tiles_tail(plan);
    if (plan->window_rows > t->window.capacity)
        r = seam_window_resize(&t->window, plan->window_rows, &t->quiet);
    if (r == SEAM_OK)
        r = seam_tile_work_open(&t->work, plan, &t->window, &t->quiet);
    if (r == SEAM_OK)
        r = seam_strip_reopen(&t->strip, above, &t->quiet);
    return r;
}

/* Strip t->next does not fit: go on from there, with tiles that do. `done` is the progress
 * before. */
static enum seam_result tiles_go_on(struct tiles *t, const struct seam_progress *done)
{
    const struct seam_plan *plan = t->params.plan;
    const bool above = t->next > t->strip.first;
    enum seam_result r;
    do {
        if ((r = tiles_halve(t, t->next)) != SEAM_OK)
            return r;
        t->next = 0;
        r = tiles_reopen(t, above);
    } while (r == SEAM_ERROR_MEMORY);
    t->progress = *done;
    t->progress.tiles = done->tiles_done + plan->x.tiles * (1 + last_strip(t));
    return r == SEAM_OK ? SEAM_OK : tiles_fail(t, r);
}

static enum seam_result tiles_advance(void *executor)
{
    struct tiles *t = executor;
    for (;;) {
        const struct seam_progress done = t->progress;
        enum seam_result r = tiles_strip(t, t->next);
        if (r == SEAM_ERROR_MEMORY)
            r = tiles_go_on(t, &done);
        else if (r == SEAM_OK)
            break;
        if (r != SEAM_OK)
            return r;
    }
    t->next++;
    tiles_say_halved(t);
    return SEAM_OK;
}

static struct seam_span tiles_ready(const void *executor)
{
    return ((const struct tiles *)executor)->strip.ready;
}

static void tiles_copy(const void *executor, int64_t y, void *dst)
{
    seam_strip_copy(&((const struct tiles *)executor)->strip, y, dst);
}

const struct seam_executor_ops seam_executor_tiles = {
    .name = "tiles",
    .open = tiles_open,
    .advance = tiles_advance,
    .ready = tiles_ready,
    .copy = tiles_copy,
    .close = tiles_close,
};
