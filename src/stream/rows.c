/* The executor that streams rows through an engine: no tiles, no halo. A step of the network
 * takes some input rows and gives some output rows, far behind them; the window holds the picture's
 * rows from the ones in the making to the ones going in. A network that sums up the picture takes
 * it several times: all passes but the last give no rows, and what they find is a few numbers. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/common.h"
#include "stream/executor.h"
#include "stream/kept.h"
#include "stream/replay.h"
#include "stream/rows_geometry.h"
#include "base/log.h"
#include "field/sym.h"
#include "plan/plan.h"
#include "tile/samples.h"
#include "tile/tile.h"
#include "tile/window.h"

struct rows {
    struct seam_executor_params params;
    struct seam_plan strip;  /* the plan, with the height of what `work` holds now */
    int64_t strip_rows;      /* that `work` has room for */
    int64_t context;         /* rows of them above, and below */
    struct seam_window window;
    struct seam_tile_work work;
    struct seam_tile tile;   /* the strip as a tile */
    const struct seam_rows_ops *ops;
    void *engine; /* its session */
    void **flow;  /* one for each run of the plan */
    int pass, passes;
    double *known; /* what passes found, run after run */
    size_t n_known;
    struct seam_replay *replay; /* of the source, where it is read more than once */
    struct seam_kept *kept;     /* what passes keep of one another */
    unsigned char *band;     /* finished rows */
    size_t row_bytes;
    struct seam_span ready;
    struct seam_progress progress;
};

static void rows_close(void *executor)
{
    struct rows *r = executor;
    if (!r)
        return;
    for (int i = 0; r->flow && i < r->params.plan->runs; i++)
        r->ops->close(&r->flow[i]);
    free(r->flow);
    free(r->known);
    free(r->band);
    seam_replay_close(&r->replay);
    seam_kept_close(&r->kept);
    seam_window_close(&r->window);
    if (r->work.plan)
        seam_tile_work_close(&r->work);
    free(r);
}

/* ------------------------------------------------------------------------------------------------
 * Opening
 * --------------------------------------------------------------------------------------------- */

/* The first output row that is not wanted. */
static int64_t rows_end(const struct rows *r)
{
    return r->params.callbacks.first_row + r->params.callbacks.row_count;
}

static bool is_last_pass(const struct rows *r) { return r->pass == r->passes - 1; }

static struct seam_rows_params flow_params(const struct rows *r, int run)
{
    const struct seam_plan *plan = r->params.plan;
    const int64_t down = seam_rows_shift(plan, &plan->y), across = seam_rows_shift(plan, &plan->x);
    return (struct seam_rows_params){
        .domain = { { plan->y.domain_begin, plan->y.domain_end },
                    { plan->x.domain_begin, plan->x.domain_end } },
        .want = { { r->params.callbacks.first_row - down, rows_end(r) - down },
                  { -across, plan->x.out_size - across } },
        .core = { seam_plan_summed(plan, &plan->y), seam_plan_summed(plan, &plan->x) },
        .keeps = true,
        .pass = r->pass,
        .known = r->known ? r->known + (size_t)run * r->n_known : NULL,
    };
}

/* What the picture takes, now that it is measured and no longer told by the line through others:
 * rows of the window and bytes of the network. SEAM_ERROR_MEMORY where that is beyond the
 * budget. */
static enum seam_result count_rows(struct seam_plan *plan, const struct seam_rows_size *size,
                                   const struct seam_kept *kept)
{
    const int64_t a = plan->alignment;
    const int64_t window = size->ahead + 4 * a + size->in_rows + 2 * seam_plan_context(plan) +
                           plan->margin + 4 * (a + seam_plan_most_crop(plan));
    const uint64_t row = plan->window_bytes / (uint64_t)seam_max(plan->window_rows, 1);
    const uint64_t scratch = size->bytes * (uint64_t)plan->runs + seam_kept_buffer(kept);
    const uint64_t rows = (uint64_t)seam_min(window, plan->picture.height);
    seam_plan_keep(plan, 0);
    if (rows > (uint64_t)plan->window_rows) {
        plan->peak_bytes += row * rows - plan->window_bytes;
        plan->window_rows = (int64_t)rows;
        plan->window_bytes = row * rows;
    }
    if (scratch > plan->scratch_bytes) {
        plan->peak_bytes += scratch - plan->scratch_bytes;
        plan->scratch_bytes = scratch;
    }
    seam_plan_keep(plan, seam_kept_size(kept));
    return plan->peak_bytes > plan->budget_bytes ? SEAM_ERROR_MEMORY : SEAM_OK;
}

static enum seam_result open_pass(struct rows *r)
{
    enum seam_result result = SEAM_OK;
    for (int i = 0; result == SEAM_OK && i < r->params.plan->runs; i++) {
        const struct seam_rows_params p = flow_params(r, i);
        result = r->ops->open(&r->flow[i], r->engine, &p);
    }
    return result;
}

static enum seam_result open_flows(struct rows *r, struct seam_rows_size *size)
{
    struct seam_plan *plan = r->params.plan;
    r->ops = seam_session_rows(r->params.session, &r->engine);
    r->passes = r->ops->passes ? r->ops->passes(r->engine, &r->n_known) : 1;
    r->flow = calloc((size_t)plan->runs, sizeof(*r->flow));
    r->known = calloc((size_t)plan->runs * r->n_known + 1, sizeof(*r->known));
    const struct seam_rows_params p = flow_params(r, 0);
    enum seam_result result = r->flow && r->known ? r->ops->measure(r->engine, &p, size)
                                                  : SEAM_ERROR_MEMORY;
    if (result == SEAM_OK)
        result = seam_kept_open(&r->kept, r->ops, r->engine, &p, plan->runs);
    if (result == SEAM_OK)
        result = count_rows(plan, size, r->kept);
    if (result == SEAM_OK)
        result = seam_kept_start(r->kept, plan->kept_in_memory_bytes, seam_plan_kept_buffer(plan),
                                 r->params.log);
    return result == SEAM_OK ? open_pass(r) : result;
}

/* A picture that is taken several times comes from its source, or from where its rows were put. */
static enum seam_result open_source(struct rows *r)
{
    const struct seam_picture *p = &r->params.plan->picture;
    if (r->passes == 1)
        return SEAM_OK;
    const size_t row = (size_t)p->width * (size_t)p->bands * seam_sample_bytes(p->sample);
    const enum seam_result result =
        seam_replay_open(&r->replay, &r->params.source, row, p->height, r->params.log);
    if (result == SEAM_OK)
        r->params.source = seam_replay_source(r->replay);
    return result;
}

/* Room for the strips that go in, and for those under the rows that come out. */
static enum seam_result open_work(struct rows *r, const struct seam_rows_size *size)
{
    const struct seam_plan *plan = r->params.plan;
    const int64_t under = seam_div_up(size->out_rows * plan->scale_den, plan->scale_num) + 1;
    r->strip = *plan;
    r->context = seam_align_up(seam_plan_context(plan), plan->alignment);
    r->strip_rows = seam_align_up(seam_max(size->in_rows, under), plan->alignment) +
                    2 * (r->context + plan->alignment +
                         seam_align_up(seam_plan_most_crop(plan), plan->alignment));
    r->strip.y.padded = r->strip_rows;
    r->tile.padded_x = (struct seam_span){ plan->x.domain_begin, plan->x.domain_end };
    r->tile.out_x = (struct seam_span){ 0, plan->x.out_size };
    r->row_bytes = (size_t)plan->x.out_size * (size_t)plan->out_bands *
                   seam_sample_bytes(plan->out_sample);
    r->band = seam_rows_alloc(size->out_rows, r->row_bytes);
    return r->band ? seam_tile_work_open(&r->work, &r->strip, &r->window, NULL) : SEAM_ERROR_MEMORY;
}

/* Says nothing: where there is no memory for rows there may be for tiles. */
static enum seam_result rows_open(void **executor, const struct seam_executor_params *params)
{
    const struct seam_plan *plan = params->plan;
    struct seam_rows_size size;
    struct rows *r = calloc(1, sizeof(*r));
    if (!r)
        return SEAM_ERROR_MEMORY;
    r->params = *params;
    r->ready = (struct seam_span){ params->callbacks.first_row, params->callbacks.first_row };
    enum seam_result result = open_flows(r, &size);
    if (result == SEAM_OK)
        result = open_work(r, &size);
    if (result == SEAM_OK)
        result = seam_window_open(&r->window, plan->window_rows,
                                  (size_t)plan->picture.width * (size_t)plan->picture.bands *
                                      seam_sample_bytes(plan->picture.sample), NULL);
    if (result == SEAM_OK)
        result = open_source(r);
    if (result != SEAM_OK) {
        rows_close(r);
        return result;
    }
    r->progress.plan = plan;
    r->progress.tiles = seam_max(size.steps, 1);
    *executor = r;
    return SEAM_OK;
}

/* ------------------------------------------------------------------------------------------------
 * Steps
 * --------------------------------------------------------------------------------------------- */

/* Have the window hold what the step reads, and what any later one comes back to. */
static enum seam_result move_window(struct rows *r, struct seam_span in, struct seam_span out)
{
    const struct seam_plan *plan = r->params.plan;
    struct seam_span hold = { r->window.begin, r->window.end };
    const struct seam_span going_in = seam_rows_with_context(plan, r->context, in);
    const struct seam_span reads = seam_rows_read(plan, going_in);
    /* What lies below the picture is mirrored from above its last row. */
    const int64_t below = plan->y.domain_end - plan->y.size + 2 * seam_plan_most_crop(plan) +
                          plan->alignment;
    const int64_t mirrored = seam_max(plan->y.size - 1 - below, 0);
    const struct seam_span finish = seam_rows_finishing(plan, r->context, out);
    const struct seam_span under = seam_rows_read(plan, finish);
    int64_t keep = is_last_pass(r) ? seam_min(mirrored, seam_max(finish.begin, 0))
                   : in.end > in.begin ? mirrored
                                       : r->window.begin;
    if (in.end > in.begin && reads.begin < reads.end) {
        /* Rows above the picture are read from below its first: all of those are still to come. */
        keep = seam_min(keep, seam_min(reads.begin, seam_max(going_in.begin, 0)));
        hold.end = seam_max(hold.end, reads.end);
    }
    if (out.end > out.begin && under.begin < under.end)
        hold.end = seam_max(hold.end, under.end);
    if (r->window.end == 0)
        seam_window_start(&r->window, keep);
    hold.begin = seam_clamp(keep, r->window.begin, hold.end);
    return seam_window_move(&r->window, hold.begin, seam_max(hold.end, r->window.end),
                            &r->params.source, r->params.log);
}

/* Rows of the loaded strip whose neighbours are all there, or lie outside the domain: the others
 * are context, which nobody asks for colours. */
static struct seam_span rows_to_fill(const struct rows *r)
{
    const struct seam_span rows = r->tile.padded_y;
    const struct seam_axis *y = &r->params.plan->y;
    const int64_t begin = rows.begin > y->domain_begin ? SEAM_FILL_RADIUS : 0;
    const int64_t end = rows.end - rows.begin - (rows.end < y->domain_end ? SEAM_FILL_RADIUS : 0);
    return (struct seam_span){ begin, seam_max(begin, end) };
}

static void share_look(void *opaque, int64_t begin, int64_t end)
{
    const struct rows *r = opaque;
    seam_tile_fill_look(&r->work, begin, end);
}

static void share_fill(void *opaque, int64_t begin, int64_t end)
{
    const struct rows *r = opaque;
    const int64_t first = rows_to_fill(r).begin;
    seam_tile_fill_rows(&r->work, first + begin, first + end);
}

static void fill_strip(struct rows *r)
{
    struct seam_crew *crew = r->ops->crew ? r->ops->crew(r->engine) : NULL;
    const struct seam_span fill = rows_to_fill(r);
    seam_crew_share(crew, share_look, r, r->strip.y.padded);
    seam_crew_share(crew, share_fill, r, fill.end - fill.begin);
}

/* Whether filled colours are seen again where rows come out: enlarged chroma is made of them. What
 * is hidden is the picture's own otherwise. */
static bool shows_filled(const struct seam_plan *plan)
{
    return plan->feed == SEAM_FEED_LUMA && plan->channels_out == 1 &&
           plan->scale_num != plan->scale_den;
}

/* Take domain rows, with their context, out of the window. */
static void load_strip(struct rows *r, struct seam_span rows, bool fill)
{
    r->tile.padded_y = rows;
    r->strip.y.padded = rows.end - rows.begin;
    seam_tile_load_begin(&r->work, &r->tile);
    seam_tile_load_rows(&r->work, &r->tile, 0, rows.end - rows.begin);
    if (r->strip.fill_alpha && fill)
        fill_strip(r);
}

static void put_rows(struct rows *r, struct seam_span in)
{
    const struct seam_plan *plan = &r->strip;
    const struct seam_span strip = seam_rows_with_context(plan, r->context, in);
    if (in.end <= in.begin)
        return;
    load_strip(r, strip, true);
    for (int run = 0; run < plan->runs; run++) {
        seam_tile_feed(&r->work, run);
        for (int64_t y = in.begin; y < in.end; y++)
            r->ops->put(r->flow[run], y, r->work.input + (y - strip.begin) * plan->x.padded,
                          plan->y.padded * plan->x.padded, plan->x.domain_begin);
    }
}

static enum seam_result store_row(struct rows *r, int64_t y, struct seam_bands bands,
                                  struct seam_lines lines)
{
    const struct seam_plan *plan = r->params.plan;
    const int64_t count = plan->x.out_size;
    const int64_t bad = seam_lines_not_finite(lines, bands.count, count);
    if (bad >= 0)
        return seam_executor_not_finite(r->params.log, seam_executor_origin(&r->params), bad,
                                        y);
    unsigned char *dst = r->band + (size_t)(y - r->ready.begin) * r->row_bytes +
                         (size_t)bands.first * seam_sample_bytes(plan->out_sample);
    seam_samples_store_bands(plan->out_sample, lines.first, lines.stride, bands.count, dst,
                             plan->out_bands, count);
    return SEAM_OK;
}

/* Finish the rows of one run; `out` by the result's count, its input strip loaded. */
static enum seam_result finish_run(struct rows *r, int run, struct seam_span out)
{
    const struct seam_plan *plan = &r->strip;
    const int64_t width = seam_plan_result_width(plan), height = seam_plan_result_height(plan);
    const int64_t x0 = seam_rows_first_output(plan, &plan->x, plan->x.domain_begin);
    const int64_t y0 = seam_rows_first_output(plan, &plan->y, r->tile.padded_y.begin);
    const struct seam_rows_params p = flow_params(r, run);
    const int64_t shift = seam_rows_shift(plan, &plan->y);
    for (int64_t y = out.begin; y < out.end; y++)
        r->ops->get(r->flow[run], y - shift, p.want[SEAM_COLUMNS],
                      r->work.output + (y - y0) * width - x0, height * width);
    r->work.result = r->work.output;
    enum seam_result result = SEAM_OK;
    for (int64_t y = out.begin; result == SEAM_OK && y < out.end; y++)
        result = store_row(r, y, seam_tile_run_bands(plan, run),
                           seam_tile_row(&r->work, &r->tile, run, y));
    return result;
}

static enum seam_result finish_alpha(struct rows *r, struct seam_span out)
{
    const struct seam_bands bands = { r->strip.out_bands - 1, 1 };
    enum seam_result result = SEAM_OK;
    for (int64_t y = out.begin; result == SEAM_OK && y < out.end; y++)
        result = store_row(r, y, bands, seam_tile_alpha_row(&r->work, &r->tile, y));
    return result;
}

static enum seam_result take_rows(struct rows *r, struct seam_span out)
{
    const struct seam_plan *plan = &r->strip;
    const bool alpha = plan->picture.alpha && !plan->alpha_in_model;
    const struct seam_span strip = seam_rows_finishing(plan, r->context, out);
    bool finished = !alpha;
    enum seam_result result = SEAM_OK;
    if (out.end <= out.begin)
        return SEAM_OK;
    for (int run = 0; run < plan->runs; run++)
        finished &= seam_tile_is_finished(plan, run);
    /* What is laid over the picture, or beside it, needs the picture again. */
    if (finished) {
        r->tile.padded_y = strip;
        r->strip.y.padded = strip.end - strip.begin;
    } else {
        load_strip(r, strip, shows_filled(plan));
    }
    for (int run = 0; run < plan->runs && result == SEAM_OK; run++) {
        if (!finished)
            seam_tile_feed(&r->work, run);
        result = finish_run(r, run, out);
    }
    return alpha && result == SEAM_OK ? finish_alpha(r, out) : result;
}

static enum seam_result rows_report(struct rows *r)
{
    const struct seam_plan *plan = r->params.plan;
    const struct seam_stream_params *c = &r->params.callbacks;
    r->progress.tiles_done = seam_min(r->progress.tiles_done + 1, r->progress.tiles - 1);
    if (r->ready.end >= rows_end(r))
        r->progress.tiles_done = r->progress.tiles;
    r->progress.input_pixels_done = (double)r->ready.end * (double)plan->scale_den /
                                    (double)plan->scale_num * (double)plan->picture.width;
    if (r->passes > 1)
        r->progress.input_pixels_done =
            (double)r->progress.tiles_done / (double)r->progress.tiles *
            (double)plan->picture.width * (double)plan->picture.height;
    r->progress.network_pixels_done = r->progress.input_pixels_done * (1 + plan->waste);
    if (c->progress && !c->progress(c->opaque, &r->progress))
        return seam_log_fail(r->params.log, SEAM_CANCELLED, "cancelled");
    return SEAM_OK;
}

/* What the pass found is kept, and the picture begins anew. */
static enum seam_result next_pass(struct rows *r)
{
    struct seam_log *log = r->params.log;
    enum seam_result result = SEAM_OK;
    if (is_last_pass(r))
        return seam_log_fail(log, SEAM_ERROR_ENGINE, "the network ended early");
    for (int run = 0; result == SEAM_OK && run < r->params.plan->runs; run++) {
        result = r->ops->finish(r->flow[run], log);
        r->ops->close(&r->flow[run]);
    }
    if (result == SEAM_OK && r->params.source.rewind(r->params.source.opaque) != 0)
        result = seam_log_fail(log, SEAM_ERROR_IO, "the picture cannot be read a second time");
    if (result != SEAM_OK)
        return result;
    r->window.begin = r->window.end = 0;
    r->pass++;
    result = open_pass(r);
    return result == SEAM_OK ? result
                             : seam_log_fail(log, result, "no memory for pass %d of %d",
                                             r->pass + 1, r->passes);
}

static enum seam_result run_flows(struct rows *r)
{
    enum seam_result result = SEAM_OK;
    for (int run = 0; result == SEAM_OK && run < r->params.plan->runs; run++) {
        result = seam_kept_give(r->kept, run, r->flow[run], r->params.log);
        if (result != SEAM_OK)
            break;
        r->ops->run(r->flow[run]);
        result = seam_kept_take(r->kept, run, r->flow[run], r->params.log);
    }
    return result;
}

static enum seam_result rows_advance(void *executor)
{
    struct rows *r = executor;
    struct seam_rows_step step = { { 0, 0 }, { 0, 0 } };
    const int64_t shift = seam_rows_shift(r->params.plan, &r->params.plan->y);
    enum seam_result result = SEAM_OK;
    while (result == SEAM_OK && !r->ops->next(r->flow[0], &step))
        result = next_pass(r);
    for (int run = 1; result == SEAM_OK && run < r->params.plan->runs; run++)
        (void)r->ops->next(r->flow[run], &step);
    const struct seam_span out = { step.out.begin + shift, step.out.end + shift };
    if (result == SEAM_OK)
        result = move_window(r, step.in, out);
    if (result != SEAM_OK)
        return result;
    put_rows(r, step.in);
    result = run_flows(r);
    if (result != SEAM_OK)
        return result;
    if (is_last_pass(r)) {
        r->ready = out;
        result = take_rows(r, out);
    }
    return result == SEAM_OK ? rows_report(r) : result;
}

static struct seam_span rows_ready(const void *executor)
{
    return ((const struct rows *)executor)->ready;
}

static void rows_copy(const void *executor, int64_t y, void *dst)
{
    const struct rows *r = executor;
    memcpy(dst, r->band + (size_t)(y - r->ready.begin) * r->row_bytes, r->row_bytes);
}

const struct seam_executor_ops seam_executor_rows = {
    .name = "rows",
    .open = rows_open,
    .advance = rows_advance,
    .ready = rows_ready,
    .copy = rows_copy,
    .close = rows_close,
};
