/* The executor of a network in several passes whose engine runs tiles: all passes but the last give
 * no rows, and what they find of the picture is a few numbers. The last is the executor of
 * tiles. */
#include <stdlib.h>

#include "base/common.h"
#include "base/log.h"
#include "base/process.h"
#include "engine/sums.h"
#include "plan/plan.h"
#include "stream/executor.h"
#include "stream/flight.h"
#include "stream/replay.h"

struct passes {
    struct seam_executor_params params;
    struct seam_stream_params callbacks; /* the caller's */
    struct seam_replay *replay;
    struct seam_window window;
    struct seam_tile_work work;
    struct seam_flight flight;
    struct seam_engine_pass *pass; /* by run */
    int number; /* of the pass that is made */
    bool begun; /* the source has given rows */
    struct seam_progress progress;
    void *tiles; /* NULL: the last pass has not begun */
};

static void close_sweep(struct passes *p)
{
    seam_window_close(&p->window);
    seam_tile_work_close(&p->work);
}

static void passes_close(void *executor)
{
    struct passes *p = executor;
    if (!p)
        return;
    if (p->tiles)
        seam_executor_tiles.close(p->tiles);
    close_sweep(p);
    seam_crew_close(&p->flight.crew);
    for (int run = 0; p->pass && run < p->params.plan->runs; run++)
        seam_sums_close(&p->pass[run].sums);
    free(p->pass);
    seam_replay_close(&p->replay);
    free(p);
}

/* Whoever asks is told of all passes together. */
static bool passes_report(void *opaque, const struct seam_progress *one)
{
    struct passes *p = opaque;
    const struct seam_plan *plan = p->params.plan;
    const struct seam_stream_params *c = &p->callbacks;
    const double before = p->number, all = plan->passes;
    const double pixels = (double)plan->picture.width * (double)plan->picture.height;
    p->progress = *one;
    p->progress.plan = plan;
    p->progress.tiles = one->tiles * plan->passes;
    p->progress.tiles_done = one->tiles * p->number + one->tiles_done;
    p->progress.input_pixels_done = (before * pixels + one->input_pixels_done) / all;
    p->progress.network_pixels_done = p->progress.input_pixels_done * (1 + plan->waste);
    return c->progress ? c->progress(c->opaque, &p->progress) : true;
}

static enum seam_result open_sums(struct passes *p)
{
    size_t count;
    const struct seam_cut *cuts = seam_session_cuts(p->params.session, &count);
    const int runs = p->params.plan->runs;
    p->pass = calloc((size_t)runs, sizeof(*p->pass));
    if (!p->pass)
        return seam_log_fail(p->params.log, SEAM_ERROR_MEMORY, "no memory for passes");
    enum seam_result r = SEAM_OK;
    for (int run = 0; r == SEAM_OK && run < runs; run++)
        r = seam_sums_open(&p->pass[run].sums, cuts, count, p->params.log);
    return r;
}

static enum seam_result passes_open(void **executor, const struct seam_executor_params *params)
{
    const struct seam_picture *picture = &params->plan->picture;
    const size_t row = (size_t)picture->width * (size_t)picture->bands *
                       seam_sample_bytes(picture->sample);
    struct passes *p = calloc(1, sizeof(*p));
    if (!p)
        return seam_log_fail(params->log, SEAM_ERROR_MEMORY, "no memory for passes");
    p->params = *params;
    p->callbacks = params->callbacks;
    p->params.callbacks.progress = passes_report;
    p->params.callbacks.opaque = p;
    enum seam_result r = open_sums(p);
    if (r == SEAM_OK)
        r = seam_replay_open(&p->replay, &params->source, row, picture->height, params->log);
    if (r != SEAM_OK) {
        passes_close(p);
        return r;
    }
    p->params.source = seam_replay_source(p->replay);
    p->params.passes = p->pass;
    p->flight = (struct seam_flight){
        .plan = params->plan,
        .session = params->session,
        .work = &p->work,
        .crew = seam_tiles_crew(params->callbacks.threads),
        .log = params->log,
    };
    for (int run = 0; run < params->plan->runs; run++)
        p->pass[run].crew = p->flight.crew;
    *executor = p;
    return SEAM_OK;
}

/* ------------------------------------------------------------------------------------------------
 * A pass that gives no rows
 * --------------------------------------------------------------------------------------------- */

/* What tile i of an axis sums up: its core, and one at a border what the network crops too. */
static struct seam_span summed(const struct seam_plan *plan, const struct seam_axis *axis,
                               int64_t i)
{
    const struct seam_span all = seam_plan_summed(plan, axis);
    struct seam_span own = seam_axis_core(axis, i);
    if (i == 0)
        own.begin = all.begin;
    if (i == axis->tiles - 1)
        own.end = all.end;
    return own;
}

static enum seam_result sweep_tile(struct passes *p, int64_t i, int64_t j)
{
    const struct seam_plan *plan = p->params.plan;
    struct seam_log *quiet = &p->flight.quiet;
    struct seam_tile tile;
    enum seam_result r = SEAM_OK;
    seam_tile_place(&tile, plan, i, j);
    seam_flight_load(&p->flight, &tile);
    for (int run = 0; r == SEAM_OK && run < plan->runs; run++) {
        seam_tile_feed(&p->work, run);
        struct seam_engine_io io = seam_flight_io(&p->flight, &tile);
        p->pass[run].own[SEAM_ROWS] = summed(plan, &plan->y, j);
        p->pass[run].own[SEAM_COLUMNS] = summed(plan, &plan->x, i);
        io.pass = &p->pass[run];
        r = seam_session_run(p->params.session, &io, quiet);
        p->flight.lacked = io.lacked;
    }
    return r;
}

static enum seam_result sweep_report(struct passes *p, int64_t i, int64_t j)
{
    const struct seam_plan *plan = p->params.plan;
    const struct seam_span x = seam_axis_core(&plan->x, i), y = seam_axis_core(&plan->y, j);
    const struct seam_progress one = {
        .plan = plan,
        .tiles = plan->x.tiles * plan->y.tiles,
        .tiles_done = j * plan->x.tiles + i + 1,
        .input_pixels_done = (double)y.begin * (double)plan->picture.width +
                             (double)x.end * (double)(y.end - y.begin),
    };
    return passes_report(p, &one) ? SEAM_OK
                                  : seam_log_fail(p->params.log, SEAM_CANCELLED, "cancelled");
}

/* The tiles of a band. SEAM_ERROR_MEMORY: one does not fit, and the flight's quiet log says why;
 * all else is said. */
static enum seam_result sweep_band(struct passes *p, int64_t tail, int64_t j)
{
    const struct seam_plan *plan = p->params.plan;
    const struct seam_span reads = seam_tiles_read(plan, tail, j);
    enum seam_result r = seam_window_move(&p->window, seam_max(reads.begin, p->window.begin),
                                          seam_max(reads.end, p->window.end), &p->params.source,
                                          p->params.log);
    for (int64_t i = 0; r == SEAM_OK && i < plan->x.tiles; i++) {
        r = sweep_tile(p, i, j);
        if (r == SEAM_OK)
            r = sweep_report(p, i, j);
        else if (r != SEAM_ERROR_MEMORY)
            return seam_log_fail(p->params.log, r, "%s", p->flight.quiet.error);
    }
    return r;
}

/* The source from its first row. */
static enum seam_result begin_again(struct passes *p)
{
    const bool begun = p->begun;
    p->begun = true;
    if (!begun || p->params.source.rewind(p->params.source.opaque) == 0)
        return SEAM_OK;
    return seam_log_fail(p->params.log, SEAM_ERROR_IO, "the picture cannot be read a second time");
}

/* All of the picture, in the tiles of now. Errors: as sweep_band(). */
static enum seam_result sweep(struct passes *p)
{
    const struct seam_plan *plan = p->params.plan;
    const size_t row = (size_t)plan->picture.width * (size_t)plan->picture.bands *
                       seam_sample_bytes(plan->picture.sample);
    const int64_t tail = seam_tiles_tail(plan);
    struct seam_log *quiet = &p->flight.quiet;
    enum seam_result r = begin_again(p);
    for (int run = 0; run < plan->runs; run++) {
        p->pass[run].number = p->number;
        seam_sums_clear(p->pass[run].sums, p->number);
    }
    seam_log_init(quiet);
    seam_session_limit(p->params.session, plan->budget_bytes,
                       plan->peak_bytes - plan->scratch_bytes);
    if (r == SEAM_OK)
        r = seam_window_open(&p->window, plan->window_rows, row, quiet);
    if (r == SEAM_OK)
        r = seam_tile_work_open(&p->work, plan, &p->window, quiet);
    for (int64_t j = 0; r == SEAM_OK && j < plan->y.tiles; j++)
        r = sweep_band(p, tail, j);
    close_sweep(p);
    return r;
}

/* Sums do not depend on tiles: with smaller ones a pass that did not fit begins anew. */
static enum seam_result make_pass(struct passes *p)
{
    struct seam_plan *plan = p->params.plan;
    struct seam_log *log = p->params.log;
    enum seam_result r = sweep(p);
    while (r == SEAM_ERROR_MEMORY) {
        if (!seam_plan_halve(plan, &p->params.facts, 0))
            return seam_tiles_too_large(plan, &p->flight, log);
        seam_debug(log, "%s: going on with tiles of %lld x %lld", p->flight.quiet.error,
                   (long long)plan->x.tile, (long long)plan->y.tile);
        seam_memory_trim();
        r = sweep(p);
    }
    for (int run = 0; r == SEAM_OK && run < plan->runs; run++)
        r = seam_sums_finish(p->pass[run].sums, p->number, log);
    return r;
}

/* ------------------------------------------------------------------------------------------------
 * Rows
 * --------------------------------------------------------------------------------------------- */

static enum seam_result passes_advance(void *executor)
{
    struct passes *p = executor;
    enum seam_result r = SEAM_OK;
    const int last = p->params.plan->passes - 1;
    while (r == SEAM_OK && p->number < last) {
        r = make_pass(p);
        p->number += r == SEAM_OK;
    }
    if (r == SEAM_OK && !p->tiles) {
        for (int run = 0; run < p->params.plan->runs; run++)
            p->pass[run].number = last;
        r = begin_again(p);
        if (r == SEAM_OK)
            r = seam_executor_tiles.open(&p->tiles, &p->params);
    }
    return r == SEAM_OK ? seam_executor_tiles.advance(p->tiles) : r;
}

static struct seam_span passes_ready(const void *executor)
{
    const struct passes *p = executor;
    const int64_t first = p->callbacks.first_row;
    return p->tiles ? seam_executor_tiles.ready(p->tiles) : (struct seam_span){ first, first };
}

static void passes_copy(const void *executor, int64_t y, void *dst)
{
    seam_executor_tiles.copy(((const struct passes *)executor)->tiles, y, dst);
}

const struct seam_executor_ops seam_executor_passes = {
    .name = "passes",
    .open = passes_open,
    .advance = passes_advance,
    .ready = passes_ready,
    .copy = passes_copy,
    .close = passes_close,
};
