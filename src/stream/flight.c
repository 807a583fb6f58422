#include <string.h>

#include "base/assert.h"
#include "base/common.h"
#include "base/log.h"
#include "plan/plan.h"
#include "stream/executor.h"
#include "stream/flight.h"

/* One tile whose rows the crew shares. */
struct share {
    struct seam_flight *flight;
    const struct seam_tile *tile;
    struct seam_strip_row row; /* all but y and lines */
    int run;
    int not_finite; /* set by any thread */
};

static void share_load(void *opaque, int64_t begin, int64_t end)
{
    const struct share *s = opaque;
    seam_tile_load_rows(s->flight->work, s->tile, begin, end);
}

static void share_look(void *opaque, int64_t begin, int64_t end)
{
    const struct share *s = opaque;
    seam_tile_fill_look(s->flight->work, begin, end);
}

static void share_fill(void *opaque, int64_t begin, int64_t end)
{
    const struct share *s = opaque;
    seam_tile_fill_rows(s->flight->work, begin, end);
}

void seam_flight_load(struct seam_flight *f, const struct seam_tile *tile)
{
    struct share share = { .flight = f, .tile = tile };
    seam_tile_load_begin(f->work, tile);
    seam_crew_share(f->crew, share_load, &share, f->plan->y.padded);
    if (f->plan->fill_alpha) {
        seam_crew_share(f->crew, share_look, &share, f->plan->y.padded);
        seam_crew_share(f->crew, share_fill, &share, f->plan->y.padded);
    }
}

/* Put a finished row into the strip. SEAM_ERROR_NOT_FINITE, said to the log if any, where it holds
 * such. */
static enum seam_result put_row(struct seam_flight *f, const struct seam_strip_row *row,
                                struct seam_log *log)
{
    const int64_t bad = seam_lines_not_finite(row->lines, row->bands, row->count);
    if (bad >= 0)
        return seam_executor_not_finite(log, f->origin, row->x + bad, row->y);
    seam_strip_put(f->strip, row);
    return SEAM_OK;
}

static void share_put(void *opaque, int64_t begin, int64_t end)
{
    struct share *s = opaque;
    struct seam_strip_row row = s->row;
    for (int64_t i = begin; i < end; i++) {
        row.y = s->tile->out_y.begin + i;
        row.lines = seam_tile_row(s->flight->work, s->tile, s->run, row.y);
        if (put_row(s->flight, &row, NULL) != SEAM_OK)
            __atomic_store_n(&s->not_finite, 1, __ATOMIC_RELAXED);
    }
}

/* Finish the rows of the bands that `run` made, or of alpha where run is -1. */
static enum seam_result put(struct seam_flight *f, const struct seam_tile *tile, int run)
{
    const struct seam_plan *plan = f->plan;
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
        struct share share = { .flight = f, .tile = tile, .row = row, .run = run };
        seam_crew_share(f->crew, share_put, &share, tile->out_y.end - tile->out_y.begin);
        if (!share.not_finite)
            return SEAM_OK;
        /* Once more, in order, to say where the first is. */
    }
    for (row.y = tile->out_y.begin; row.y < tile->out_y.end; row.y++) {
        row.lines = run < 0 ? seam_tile_alpha_row(f->work, tile, row.y)
                            : seam_tile_row(f->work, tile, run, row.y);
        const enum seam_result r = put_row(f, &row, f->log);
        if (r != SEAM_OK)
            return r;
    }
    return SEAM_OK;
}

/* Forget all runs, and pass on what went wrong unless smaller tiles may help. */
static enum seam_result fail(struct seam_flight *f, enum seam_result r)
{
    seam_flight_drop(f);
    if (r == SEAM_ERROR_MEMORY || f->quiet.result == SEAM_OK)
        return r;
    return seam_log_fail(f->log, r, "%s", f->quiet.error);
}

struct seam_engine_io seam_flight_io(const struct seam_flight *f, const struct seam_tile *tile)
{
    const struct seam_plan *plan = f->plan;
    return (struct seam_engine_io){
        .input = f->work->input,
        .batch = 1,
        .width = plan->x.padded,
        .height = plan->y.padded,
        .x = tile->padded_x.begin,
        .y = tile->padded_y.begin,
        .core = { seam_plan_summed(plan, &plan->y), seam_plan_summed(plan, &plan->x) },
        .output = f->work->output,
        .out_width = seam_plan_result_width(plan),
        .out_height = seam_plan_result_height(plan),
    };
}

/* Feed the group in `slot` to its run and begin that. */
static enum seam_result submit(struct seam_flight *f, int slot)
{
    struct seam_group *g = &f->group[slot];
    for (int k = g->count - 1; k >= 0; k--) {
        seam_tile_select(f->work, slot, k);
        seam_tile_feed(f->work, g->run);
    }
    g->io = seam_flight_io(f, &g->tile[0]);
    g->io.batch = g->count;
    g->io.slot = slot;
    g->io.pass = f->passes ? &f->passes[g->run] : NULL;
    seam_log_init(&f->quiet);
    const enum seam_result r = seam_session_submit(f->session, &g->io, &f->quiet);
    f->lacked = g->io.lacked;
    if (r == SEAM_OK)
        f->order[f->count++] = slot;
    return r;
}

static int free_slot(const struct seam_flight *f)
{
    for (int slot = 0;; slot++) {
        bool taken = false;
        for (int k = 0; k < f->count; k++)
            taken = taken || f->order[k] == slot;
        if (!taken)
            return slot;
    }
}

bool seam_flight_is_last(const struct seam_flight *f)
{
    bool last = true;
    for (int k = 0; k < f->count; k++)
        last = last && f->group[f->order[k]].run + 1 == f->plan->runs;
    return last;
}

enum seam_result seam_flight_take(struct seam_flight *f, int64_t i, int64_t j, int count)
{
    seam_assert(f->count < f->plan->in_flight && count <= f->plan->batch,
                "no more is in flight than has memory of its own");
    const int slot = free_slot(f);
    struct seam_group *g = &f->group[slot];
    g->i = i;
    g->j = j;
    g->count = count;
    g->run = 0;
    for (int k = 0; k < count; k++) {
        seam_tile_place(&g->tile[k], f->plan, i + k, j);
        seam_tile_select(f->work, slot, k);
        seam_flight_load(f, &g->tile[k]);
    }
    const enum seam_result r = submit(f, slot);
    return r == SEAM_OK ? SEAM_OK : fail(f, r);
}

/* Take the oldest run out of the order, and end it. */
static enum seam_result land(struct seam_flight *f, struct seam_log *log)
{
    struct seam_group *g = &f->group[f->order[0]];
    f->count--;
    memmove(f->order, f->order + 1, (size_t)f->count * sizeof(*f->order));
    const enum seam_result r = seam_session_wait(f->session, &g->io, log);
    f->work->all.result[g->io.slot] = g->io.result;
    return r;
}

enum seam_result seam_flight_give(struct seam_flight *f, const struct seam_group **done)
{
    const struct seam_plan *plan = f->plan;
    struct seam_group *g = &f->group[f->order[0]];
    const bool last = g->run + 1 == plan->runs;
    const bool alpha = last && plan->picture.alpha && !plan->alpha_in_model;
    *done = NULL;
    seam_assert(g->tile[0].out_y.begin == f->strip->span.begin, "a tile is put into its own strip");
    seam_log_init(&f->quiet);
    enum seam_result r = land(f, &f->quiet);
    f->lacked = g->io.lacked;
    for (int k = 0; r == SEAM_OK && k < g->count; k++) {
        seam_tile_select(f->work, g->io.slot, k);
        r = put(f, &g->tile[k], g->run);
        if (r == SEAM_OK && alpha)
            r = put(f, &g->tile[k], -1);
    }
    if (r == SEAM_OK && last) {
        *done = g;
        return SEAM_OK;
    }
    if (r == SEAM_OK) {
        g->run++;
        r = submit(f, g->io.slot);
    }
    return r == SEAM_OK ? SEAM_OK : fail(f, r);
}

void seam_flight_drop(struct seam_flight *f)
{
    while (f->count > 0)
        (void)land(f, NULL);
}
