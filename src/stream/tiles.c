/* The executor that runs tiles: a window of input rows, the tensors of the tiles in flight, a strip
 * of output rows. */
#include <inttypes.h>
#include <stdlib.h>

#include "tile/strip.h"
#include "base/common.h"
#include "base/crew.h"
#include "stream/executor.h"
#include "stream/flight.h"
#include "base/log.h"
#include "base/process.h"
#include "plan/plan.h"
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
    struct seam_flight flight;
    int64_t next;         /* strip to make */
    int64_t taken, column; /* strip, and tile of it, that goes into the network next */
    int64_t tail; /* first row that a strip crossing the bottom reads */
    struct seam_progress progress;
    int64_t too_wide, too_high; /* the tile that did not fit first; 0: all did */
    bool said;             /* that tiles were halved */
};

static void tiles_close(void *executor)
{
    struct tiles *t = executor;
    if (!t)
        return;
    seam_flight_drop(&t->flight);
    seam_crew_close(&t->flight.crew);
    seam_window_close(&t->window);
    seam_tile_work_close(&t->work);
    seam_strip_close(&t->strip);
    free(t);
}

/* First row that any strip from `from` on reads. Strips inside the picture read ever lower rows;
 * only those that cross the bottom reach back up, by reflection, and there are few. */
int64_t seam_tiles_tail(const struct seam_plan *plan)
{
    int64_t tail = plan->y.size;
    for (int64_t j = plan->y.tiles - 1; j >= 0; j--) {
        if (seam_axis_padded(&plan->y, plan->halo, j).end <= plan->y.size)
            break;
        tail = seam_min(tail, seam_axis_reads(&plan->y, plan->edge, plan->halo, j).begin);
    }
    return tail;
}

struct seam_span seam_tiles_read(const struct seam_plan *plan, int64_t tail, int64_t j)
{
    const struct seam_span reads = seam_axis_reads(&plan->y, plan->edge, plan->halo, j);
    return (struct seam_span){ seam_min(reads.begin, tail), reads.end };
}

/* Input rows to hold for strip j: its own, and those above that a later one comes back to. */
static struct seam_span tiles_reads(const struct tiles *t, int64_t j)
{
    return seam_tiles_read(t->params.plan, t->tail, j);
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
    t->next = t->taken = t->strip.first = j;
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
    return seam_log_fail(t->params.log, result, "%s", t->flight.quiet.error);
}

enum seam_result seam_tiles_too_large(const struct seam_plan *plan, const struct seam_flight *f,
                                      struct seam_log *log)
{
    const uint64_t needed = (uint64_t)seam_max((int64_t)plan->peak_bytes,
                                               (int64_t)(plan->budget_bytes + f->lacked));
    return seam_log_fail(log, SEAM_ERROR_MEMORY,
                         "%s; the tile of %" PRId64 " x %" PRId64 " cannot be smaller: use "
                         "--memory %s or more, and see that so much is free", f->quiet.error,
                         plan->x.tile, plan->y.tile, seam_text_budget(needed).s);
}

/* Smaller tiles from strip j down, for those of now do not fit, as t->flight.quiet says. */
static enum seam_result tiles_halve(struct tiles *t, int64_t j)
{
    struct seam_plan *plan = t->params.plan;
    const struct seam_flight *f = &t->flight;
    if (t->too_wide == 0) {
        t->too_wide = plan->x.tile;
        t->too_high = plan->y.tile;
    }
    if (!seam_plan_halve(plan, &t->params.facts, j))
        return seam_tiles_too_large(plan, f, t->params.log);
    seam_debug(t->params.log, "%s: going on with tiles of %" PRId64 " x %" PRId64, f->quiet.error,
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
    struct seam_log *quiet = &t->flight.quiet;
    seam_log_init(quiet);
    enum seam_result r = seam_window_open(&t->window, plan->window_rows, row_bytes, quiet);
    if (r == SEAM_OK)
        r = seam_tile_work_open(&t->work, plan, &t->window, quiet);
    if (r == SEAM_OK)
        r = seam_strip_open(&t->strip, plan, quiet);
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

struct seam_crew *seam_tiles_crew(int threads)
{
    struct seam_machine machine = { .cpus = threads };
    if (machine.cpus <= 0)
        seam_machine_measure(&machine);
    return seam_crew_open((int)seam_min(machine.cpus, MOST_THREADS), false);
}

static enum seam_result tiles_open(void **executor, const struct seam_executor_params *params)
{
    const struct seam_plan *plan = params->plan;
    struct tiles *t = calloc(1, sizeof(*t));
    if (!t)
        return seam_log_fail(params->log, SEAM_ERROR_MEMORY, "no memory for the tile executor");
    t->params = *params;
    t->flight = (struct seam_flight){
        .plan = plan,
        .session = params->session,
        .work = &t->work,
        .strip = &t->strip,
        .passes = params->passes,
        .log = params->log,
        .origin = seam_executor_origin(params),
    };
    enum seam_result r = tiles_begin(t);
    if (r != SEAM_OK) {
        tiles_close(t);
        return r;
    }
    t->tail = seam_tiles_tail(plan);
    t->progress.tiles = plan->x.tiles * (1 + last_strip(t));
    tiles_start(t, seam_strip_holding(plan, params->callbacks.first_row));
    t->flight.crew = seam_tiles_crew(params->callbacks.threads);
    *executor = t;
    return SEAM_OK;
}

/* Count the tiles of a group and ask whether to go on. */
static enum seam_result tiles_report(struct tiles *t, const struct seam_group *g)
{
    const struct seam_plan *plan = t->params.plan;
    const struct seam_span y = seam_axis_core(&plan->y, g->j);
    const int64_t begin = seam_axis_core(&plan->x, g->i).begin;
    const int64_t end = seam_axis_core(&plan->x, g->i + g->count - 1).end;
    t->progress.tiles_done += g->count;
    t->progress.input_pixels_done += (double)(end - begin) * (double)(y.end - y.begin);
    t->progress.network_pixels_done += g->count * seam_plan_tile_pixels(plan);
    const struct seam_stream_params *c = &t->params.callbacks;
    if (c->progress && !c->progress(c->opaque, &t->progress))
        return seam_log_fail(t->params.log, SEAM_CANCELLED, "cancelled");
    return SEAM_OK;
}

/* Whether another tile may go into the network: of this strip, or of the next where runs are in
 * flight and none of this strip is to begin any more. */
static bool tiles_may_take(const struct tiles *t)
{
    const bool ahead = t->params.plan->in_flight > 1 && seam_flight_is_last(&t->flight);
    return t->taken <= seam_min(last_strip(t), t->next + ahead) && !seam_flight_full(&t->flight);
}

static enum seam_result tiles_take(struct tiles *t)
{
    const struct seam_plan *plan = t->params.plan;
    const int count = (int)seam_min(plan->batch, plan->x.tiles - t->column);
    const int64_t i = t->column, j = t->taken;
    if (i == 0) {
        const int64_t begin = tiles_reads(t, t->next).begin, end = tiles_reads(t, j).end;
        const enum seam_result r =
            seam_window_move(&t->window, seam_max(begin, t->window.begin),
                             seam_max(end, t->window.end), &t->params.source, t->params.log);
        if (r != SEAM_OK)
            return r;
    }
    t->column += count;
    if (t->column == plan->x.tiles) {
        t->column = 0;
        t->taken++;
    }
    return seam_flight_take(&t->flight, i, j, count);
}

/* SEAM_ERROR_MEMORY: a tile does not fit, and t->flight.quiet says why. */
static enum seam_result tiles_strip(struct tiles *t, int64_t j)
{
    const struct seam_plan *plan = t->params.plan;
    enum seam_result r = SEAM_OK;
    seam_strip_begin(&t->strip, j);
    for (int64_t done = 0; r == SEAM_OK && done < plan->x.tiles;) {
        const struct seam_group *g = NULL;
        while (r == SEAM_OK && tiles_may_take(t))
            r = tiles_take(t);
        if (r == SEAM_OK)
            r = seam_flight_give(&t->flight, &g);
        if (r == SEAM_OK && g) {
            done += g->count;
            r = tiles_report(t, g);
        }
    }
    if (r == SEAM_OK)
        seam_strip_finish(&t->strip, j);
    else
        seam_flight_drop(&t->flight);
    return r;
}

/* Take the memory of smaller tiles, whose strip 0 is the one that did not fit. */
static enum seam_result tiles_reopen(struct tiles *t, bool above)
{
    const struct seam_plan *plan = t->params.plan;
    enum seam_result r = SEAM_OK;
    seam_log_init(&t->flight.quiet);
    t->tail = seam_tiles_tail(plan);
    if (plan->window_rows > t->window.capacity)
        r = seam_window_resize(&t->window, plan->window_rows, &t->flight.quiet);
    if (r == SEAM_OK)
        r = seam_tile_work_open(&t->work, plan, &t->window, &t->flight.quiet);
    if (r == SEAM_OK)
        r = seam_strip_reopen(&t->strip, above, &t->flight.quiet);
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
        t->next = t->taken = t->column = 0;
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
