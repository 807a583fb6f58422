#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/common.h"
#include "base/log.h"
#include "plan/plan.h"
#include "tile/samples.h"
#include "tile/tile.h"
#include "tile/channels.h"
#include "tile/transfer.h"

void seam_tile_place(struct seam_tile *tile, const struct seam_plan *plan, int64_t i, int64_t j)
{
    tile->column = i;
    tile->padded_x = seam_axis_padded(&plan->x, plan->halo, i);
    tile->padded_y = seam_axis_padded(&plan->y, plan->halo, j);
    tile->out_x = seam_axis_output(&plan->x, seam_axis_target(&plan->x, i), plan->scale_num,
                                   plan->scale_den);
    tile->out_y = seam_axis_output(&plan->y, seam_axis_target(&plan->y, j), plan->scale_num,
                                   plan->scale_den);
}

static float *floats(size_t a, size_t b)
{
    uint64_t n;
    if (!seam_mul_size(a, b, &n) || !seam_mul_size(n, sizeof(float), &n) || n > SIZE_MAX - 64)
        return NULL;
    /* Whole cache lines, and never a request of nothing. */
    return aligned_alloc(64, (size_t)(n + 64) / 64 * 64);
}

enum seam_result seam_tile_work_open(struct seam_tile_work *work, const struct seam_plan *plan,
                                     const struct seam_window *window, struct seam_log *log)
{
    const size_t area = padded_area(plan);
    const size_t result =
        (size_t)seam_plan_result_width(plan) * (size_t)seam_plan_result_height(plan);
    *work = (struct seam_tile_work){ .plan = plan, .window = window };
    work->line_width = seam_max(seam_plan_result_width(plan), plan->x.padded);
    const size_t tiles = (size_t)plan->batch * (size_t)plan->in_flight;
    work->all.input = floats(area * tiles, (size_t)plan->channels_in);
    work->all.output = floats(result * tiles, (size_t)plan->channels_out);
    work->lines = floats((size_t)work->line_width, (size_t)seam_max(plan->out_bands, 3));
    work->spare = floats((size_t)work->line_width, 4);
    work->columns = malloc((size_t)plan->x.padded * sizeof(*work->columns));
    bool ok = work->all.input && work->all.output && work->lines && work->spare && work->columns;
    if (seam_plan_needs_planes(plan)) {
        work->all.planes = floats(area * tiles, (size_t)plan->picture.bands);
        ok = ok && work->all.planes;
    }
    if (plan->fill_alpha) {
        work->visible = malloc(seam_tile_fill_bytes(plan));
        ok = ok && work->visible;
    }
    if (!ok) {
        seam_tile_work_close(work);
        return seam_log_fail(log, SEAM_ERROR_MEMORY, "no memory for a tile of %lld x %lld",
                             (long long)plan->x.padded, (long long)plan->y.padded);
    }
    seam_tile_select(work, 0, 0);
    enum seam_result r = seam_filter_open(&work->filter, plan->scale_num, plan->scale_den, log);
    if (r != SEAM_OK)
        seam_tile_work_close(work);
    return r;
}

void seam_tile_select(struct seam_tile_work *work, int slot, int k)
{
    const struct seam_plan *plan = work->plan;
    const size_t input = padded_area(plan) * (size_t)plan->channels_in;
    const size_t result = (size_t)seam_plan_result_width(plan) *
                          (size_t)seam_plan_result_height(plan) * (size_t)plan->channels_out;
    const size_t planes = padded_area(plan) * (size_t)plan->picture.bands;
    const size_t i = (size_t)slot * (size_t)plan->batch + (size_t)k;
    const float *all = work->all.result[slot];
    seam_assert(slot >= 0 && slot < plan->in_flight && k >= 0 && k < plan->batch,
                "a tile has tensors of its own");
    work->input = work->all.input + i * input;
    work->output = work->all.output + i * result;
    work->planes = work->all.planes ? work->all.planes + i * planes : NULL;
    work->result = all ? all + (size_t)k * result : NULL;
}

void seam_tile_work_close(struct seam_tile_work *work)
{
    free(work->all.planes);
    free(work->visible);
    free(work->all.input);
    free(work->all.output);
    free(work->lines);
    free(work->spare);
    free(work->columns);
    seam_filter_close(&work->filter);
    memset(work, 0, sizeof(*work));
}

/* The columns from .. to - 1 of a row, in light as the network sees it. */
static void load_columns(const struct seam_picture *p, const unsigned char *pixels, int64_t from,
                         int64_t to, float *lines, int64_t stride)
{
    seam_samples_load_bands(p->sample, pixels, p->bands, lines + from, stride, to - from);
    for (int b = 0; b < p->bands - (p->alpha ? 1 : 0); b++)
        for (int64_t x = from; p->transfer == SEAM_TRANSFER_SRGB && x < to; x++)
            lines[b * stride + x] = seam_srgb_encode(lines[b * stride + x]);
}

/* The columns `out` of a padded row, which lie outside the picture. What the row holds of it, `in`,
 * is there already, and most columns are mirrored from there. */
static void load_outside(const struct seam_tile_work *work, const unsigned char *row,
                         struct seam_span out, struct seam_span in, int64_t x0, float *lines,
                         int64_t stride)
{
    const struct seam_picture *p = &work->plan->picture;
    const size_t pixel = seam_sample_bytes(p->sample) * (size_t)p->bands;
    for (int64_t x = out.begin; x < out.end; x++) {
        const int64_t at = work->columns[x];
        if (at >= x0 + in.end || (at >= 0 && at < x0 + in.begin))
            load_columns(p, row + (size_t)at * pixel, x, x + 1, lines, stride);
        else
            for (int b = 0; b < p->bands; b++)
                lines[b * stride + x] = at < 0 ? 0 : lines[b * stride + at - x0];
    }
}

/* All bands of one row, the columns beyond the picture included. */
static void load_row(const struct seam_tile_work *work, const unsigned char *row, int64_t x0,
                     float *lines, int64_t stride)
{
    const struct seam_picture *p = &work->plan->picture;
    const size_t pixel = seam_sample_bytes(p->sample) * (size_t)p->bands;
    const int64_t width = work->plan->x.padded;
    const int64_t begin = seam_clamp(-x0, 0, width);
    const int64_t end = seam_clamp(p->width - x0, begin, width);
    const struct seam_span in = { begin, end }, before = { 0, begin }, after = { end, width };

    if (end > begin)
        load_columns(p, row + (size_t)(x0 + begin) * pixel, begin, end, lines, stride);
    load_outside(work, row, before, in, x0, lines, stride);
    load_outside(work, row, after, in, x0, lines, stride);
}

void seam_tile_load_begin(struct seam_tile_work *work, const struct seam_tile *tile)
{
    const struct seam_plan *plan = work->plan;
    for (int64_t x = 0; x < plan->x.padded; x++)
        work->columns[x] = seam_axis_map(&plan->x, plan->edge, tile->padded_x.begin + x);
}

void seam_tile_load_rows(const struct seam_tile_work *work, const struct seam_tile *tile,
                         int64_t begin, int64_t end)
{
    const struct seam_plan *plan = work->plan;
    const int64_t width = plan->x.padded;
    const int64_t area = (int64_t)padded_area(plan);
    seam_assert(begin >= 0 && end <= plan->y.padded, "rows are loaded into the tile");
    /* Without planes the bands go to their channels at once, in order or in reverse. */
    const int first = work->planes ? 0 : channel_of(plan, 0, plan->channels_in);
    const int64_t stride = first == 0 ? area : -area;
    float *planes = (work->planes ? work->planes : work->input) + first * area;
    for (int64_t y = begin; y < end; y++) {
        const int64_t at = seam_axis_map(&plan->y, plan->edge, tile->padded_y.begin + y);
        float *lines = planes + y * width;
        if (at >= 0)
            load_row(work, seam_window_row(work->window, at), tile->padded_x.begin, lines, stride);
        else
            for (int b = 0; b < plan->picture.bands; b++)
                memset(lines + b * stride, 0, (size_t)width * sizeof(*lines));
    }
}

/* 0..1 into the network's range, and for luma of the studio kind into its part of it. */
static void to_range(const struct seam_plan *plan, float *v, size_t count)
{
    const float lo = (float)plan->range_lo, span = (float)(plan->range_hi - plan->range_lo);
    if (studio(plan))
        for (size_t i = 0; i < count; i++)
            v[i] = (16 + 219 * v[i]) / 255;
    if (!unit_range(plan))
        for (size_t i = 0; i < count; i++)
            v[i] = lo + span * v[i];
}

void seam_tile_feed(struct seam_tile_work *work, int run)
{
    const struct seam_plan *plan = work->plan;
    const size_t area = padded_area(plan);
    const size_t bytes = area * sizeof(float);
    if (run_is_single(plan, run)) {
        const float *plane = work->planes + (size_t)run_band(plan, run) * area;
        for (int c = 0; c < plan->channels_in; c++)
            memcpy(work->input + (size_t)c * area, plane, bytes);
    } else if (plan->feed == SEAM_FEED_LUMA) {
        const float *r = work->planes, *g = r + area, *b = g + area;
        for (size_t i = 0; i < area; i++)
            work->input[i] = luma(r[i], g[i], b[i]);
    } else if (work->planes) {
        const struct seam_bands bands = fed_bands(plan, run);
        for (int b = 0; b < plan->channels_in; b++)
            memcpy(work->input + (size_t)channel_of(plan, b, plan->channels_in) * area,
                   work->planes + (size_t)(bands.first + seam_min(b, bands.count - 1)) * area,
                   bytes);
    }
    to_range(plan, work->input, area * (size_t)plan->channels_in);
}

struct seam_bands seam_tile_run_bands(const struct seam_plan *plan, int run)
{
    const int alpha = plan->picture.alpha;
    if (run_is_alpha(plan, run))
        return (struct seam_bands){ plan->out_bands - 1, 1 };
    if (plan->feed == SEAM_FEED_EACH && plan->channels_in == plan->channels_out)
        return (struct seam_bands){ run, 1 };
    if (plan->feed == SEAM_FEED_GROUPS)
        return fed_bands(plan, run);
    return (struct seam_bands){ 0, plan->out_bands - alpha };
}
