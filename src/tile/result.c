/* The second half of a tile's way: from what the network put out to finished rows. */
#include <string.h>

#include "base/assert.h"
#include "base/common.h"
#include "plan/plan.h"
#include "tile/samples.h"
#include "tile/tile.h"
#include "tile/channels.h"
#include "tile/transfer.h"

/* One finished row in the making. */
struct row {
    const struct seam_tile_work *work;
    const struct seam_tile *tile;
    int64_t y;     /* output pixels */
    int64_t count; /* pixels of the target's row */
};

static bool scale_is_one(const struct seam_plan *plan)
{
    return plan->scale_num == plan->scale_den;
}

/* Whether finished samples are linear light again. */
static bool decodes(const struct seam_plan *plan)
{
    return plan->picture.transfer == SEAM_TRANSFER_SRGB && plan->out_sample == SEAM_SAMPLE_F32;
}

static void from_range(const struct seam_plan *plan, float *v, int64_t count)
{
    const float lo = (float)plan->range_lo, span = (float)(plan->range_hi - plan->range_lo);
    if (!unit_range(plan))
        for (int64_t i = 0; i < count; i++)
            v[i] = (v[i] - lo) / span;
    if (studio(plan))
        for (int64_t i = 0; i < count; i++)
            v[i] = (255 * v[i] - 16) / 219;
}

/* The output pixel that what the network put out begins with. Where its crop leaves half a pixel,
 * every tile must go to the same side, left of the picture's origin too. */
static int64_t output_origin(const struct seam_plan *plan, const struct seam_axis *axis,
                             struct seam_span padded)
{
    const int64_t v = (padded.begin + plan->crop + axis->crop_shift) * plan->scale_num;
    return v / plan->scale_den + (v % plan->scale_den > 0);
}

/* The row's first sample in channel c of what the network put out. */
static const float *output_row(const struct row *r, int c)
{
    const struct seam_plan *plan = r->work->plan;
    const int64_t width = seam_plan_result_width(plan), height = seam_plan_result_height(plan);
    const int64_t y0 = output_origin(plan, &plan->y, r->tile->padded_y);
    const int64_t x0 = output_origin(plan, &plan->x, r->tile->padded_x);
    seam_assert(r->y >= y0 && r->y < y0 + height && r->tile->out_x.begin >= x0 &&
                    r->tile->out_x.begin + r->count <= x0 + width,
                "a tile's target lies in what the network put out");
    return r->work->result + (c * height + r->y - y0) * width + r->tile->out_x.begin - x0;
}

/* At scale 1 the same of padded planes: the network's input, or the picture's own. */
static const float *plane_row(const struct row *r, const float *planes, int c)
{
    const struct seam_plan *plan = r->work->plan;
    seam_assert(r->y >= r->tile->padded_y.begin &&
                    r->y < r->tile->padded_y.begin + plan->y.padded &&
                    r->tile->out_x.begin >= r->tile->padded_x.begin &&
                    r->tile->out_x.begin + r->count <= r->tile->padded_x.begin + plan->x.padded,
                "at scale 1 a tile's target lies in its padded tile");
    return planes +
           (c * plan->y.padded + r->y - r->tile->padded_y.begin) * plan->x.padded +
           r->tile->out_x.begin - r->tile->padded_x.begin;
}

/* At scale 1: the picture's own samples of one band, encoded as the network sees them or in the
 * light that finished rows have. */
static void load_original(const struct row *r, int band, bool encoded, float *dst)
{
    const struct seam_plan *plan = r->work->plan;
    const struct seam_picture *p = &plan->picture;
    const size_t bytes = seam_sample_bytes(p->sample);
    const bool colour = band < seam_plan_colour_bands(plan);
    const unsigned char *src = seam_window_row(r->work->window, r->y);
    src += ((size_t)r->tile->out_x.begin * (size_t)p->bands + (size_t)band) * bytes;
    seam_samples_load(p->sample, src, p->bands, dst, r->count);
    if (colour && p->transfer == SEAM_TRANSFER_SRGB && (encoded || !decodes(plan)))
        for (int64_t x = 0; x < r->count; x++)
            dst[x] = seam_srgb_encode(dst[x]);
}

/* Lay only a part of the restoration over the picture. */
static void soften(const struct row *r, int band, float *line)
{
    const float strength = (float)r->work->plan->strength;
    float *original = r->work->spare;
    if (strength == 1)
        return;
    load_original(r, band, true, original);
    for (int64_t x = 0; x < r->count; x++)
        line[x] = original[x] + strength * (line[x] - original[x]);
}

/* Whether anything is done to samples between the picture and the network, or back. */
static bool changes_on_the_way(const struct seam_plan *plan)
{
    return !unit_range(plan) || plan->picture.alpha || studio(plan) ||
           plan->picture.transfer != SEAM_TRANSFER_NONE;
}

/* At scale 1 a sample that the network left as it was, or that nobody sees, is the picture's own
 * to the bit: the way through another range or light would round it. `same` and `was` are the
 * network's values out and in. */
static void keep_original(const struct row *r, int band, const float *same, const float *was,
                          float *line)
{
    const struct seam_plan *plan = r->work->plan;
    const struct seam_picture *p = &plan->picture;
    const bool colour = !p->alpha || band < p->bands - 1;
    if (!changes_on_the_way(plan))
        return;
    float *original = r->work->spare;
    load_original(r, band, false, original);
    const float *alpha =
        p->alpha && !p->data && colour ? plane_row(r, r->work->planes, p->bands - 1) : NULL;
    for (int64_t x = 0; x < r->count; x++)
        if (same[x] == was[x] || (alpha && alpha[x] <= 0))
            line[x] = original[x];
}

static void decode(const struct row *r, float *line)
{
    for (int64_t x = 0; decodes(r->work->plan) && x < r->count; x++)
        line[x] = seam_srgb_decode(line[x]);
}

/* A run of one band: the channels together give it back. */
static void single_row(const struct row *r, int run)
{
    const struct seam_plan *plan = r->work->plan;
    const int band = run_band(plan, run);
    float *line = r->work->lines, *raw = r->work->spare + r->work->line_width;
    if (plan->channels_out == 3) {
        const float *red = output_row(r, channel_of(plan, 0, 3));
        const float *green = output_row(r, 1);
        const float *blue = output_row(r, channel_of(plan, 2, 3));
        for (int64_t x = 0; x < r->count; x++)
            raw[x] = luma(red[x], green[x], blue[x]);
    } else {
        memcpy(raw, output_row(r, 0), (size_t)r->count * sizeof(*raw));
    }
    memcpy(line, raw, (size_t)r->count * sizeof(*line));
    from_range(plan, line, r->count);
    soften(r, band, line);
    if (!run_is_alpha(plan, run))
        decode(r, line);
    if (scale_is_one(plan))
        keep_original(r, band, raw, plane_row(r, r->work->input, 0), line);
}

static void direct_rows(const struct row *r, int run)
{
    const struct seam_plan *plan = r->work->plan;
    const bool groups = plan->feed == SEAM_FEED_GROUPS;
    const bool lies_over = scale_is_one(plan) && plan->channels_in == plan->channels_out;
    const struct seam_bands bands = seam_tile_run_bands(plan, run);
    for (int b = 0; b < bands.count; b++) {
        const int c = channel_of(plan, b, plan->channels_out);
        float *line = r->work->lines + b * r->work->line_width;
        memcpy(line, output_row(r, c), (size_t)r->count * sizeof(*line));
        from_range(plan, line, r->count);
        soften(r, bands.first + b, line);
        decode(r, line);
        if (lies_over && (groups || plan->feed == SEAM_FEED_DIRECT))
            keep_original(r, bands.first + b, output_row(r, c),
                          plane_row(r, r->work->input, c), line);
    }
}

/* Lanczos3 on one of the picture's planes: down the taps of row y, then across. What lies outside
 * the picture does not count; its border is repeated. */
static void resample_row(const struct row *r, const float *plane, float *dst)
{
    const struct seam_plan *plan = r->work->plan;
    const struct seam_span *px = &r->tile->padded_x, *py = &r->tile->padded_y;
    const int64_t x_begin = seam_max(px->begin, 0), x_end = seam_min(px->end, plan->x.size);
    const int64_t y_begin = seam_max(py->begin, 0), y_end = seam_min(py->end, plan->y.size);
    const struct seam_taps down = seam_filter_taps(&r->work->filter, r->y);
    float *column = r->work->spare - px->begin; /* by column of the picture */
    memset(r->work->spare, 0, (size_t)plan->x.padded * sizeof(float));
    for (int t = 0; t < down.count; t++) {
        const int64_t y = seam_clamp(down.first + t, y_begin, y_end - 1);
        const float *src = plane + (y - py->begin) * plan->x.padded - px->begin;
        for (int64_t x = x_begin; x < x_end; x++)
            column[x] += down.weight[t] * src[x];
    }
    for (int64_t i = 0; i < r->count; i++) {
        const struct seam_taps across =
            seam_filter_taps(&r->work->filter, r->tile->out_x.begin + i);
        float sum = 0;
        for (int t = 0; t < across.count; t++)
            sum += across.weight[t] * column[seam_clamp(across.first + t, x_begin, x_end - 1)];
        dst[i] = sum;
    }
}

/* Colour around a restored luma: every band moves by what luma moved, which keeps Cb and Cr. */
static void luma_rows(const struct row *r)
{
    const struct seam_plan *plan = r->work->plan;
    const size_t area = padded_area(plan);
    const int64_t stride = r->work->line_width;
    const float *raw = output_row(r, 0);
    float *lines = r->work->lines, *up = r->work->spare + stride;
    const bool one = scale_is_one(plan);
    for (int b = 0; b < 3; b++) {
        const float *plane = r->work->planes + (size_t)b * area;
        if (one)
            memcpy(up + b * stride, plane_row(r, plane, 0), (size_t)r->count * sizeof(*up));
        else
            resample_row(r, plane, up + b * stride);
    }
    float *moved = lines + 2 * stride; /* restored luma, then its distance from the old one */
    memcpy(moved, raw, (size_t)r->count * sizeof(*moved));
    from_range(plan, moved, r->count);
    for (int64_t x = 0; x < r->count; x++)
        moved[x] -= luma(up[x], up[x + stride], up[x + 2 * stride]);
    if (one) {
        const float *was = plane_row(r, r->work->input, 0);
        for (int64_t x = 0; x < r->count; x++)
            moved[x] = raw[x] == was[x] ? 0 : moved[x];
    }
    for (int b = 0; b < 3; b++) {
        float *line = lines + b * stride;
        for (int64_t x = 0; x < r->count; x++)
            line[x] = up[x + b * stride] + moved[x];
        soften(r, b, line);
        decode(r, line);
        if (one)
            keep_original(r, b, raw, plane_row(r, r->work->input, 0), line);
    }
}

bool seam_tile_is_finished(const struct seam_plan *plan, int run)
{
    const bool direct = !run_is_single(plan, run) || plan->channels_in != plan->channels_out;
    const bool luma = plan->feed == SEAM_FEED_LUMA && plan->channels_out == 1;
    const bool in_order = plan->order == SEAM_ORDER_RGB || plan->channels_out <= 3;
    return direct && !luma && in_order && plan->strength == 1 && !changes_on_the_way(plan);
}

static struct seam_lines output_lines(const struct row *r)
{
    const struct seam_plan *plan = r->work->plan;
    const int64_t plane = seam_plan_result_width(plan) * seam_plan_result_height(plan);
    const int first = channel_of(plan, 0, plan->channels_out);
    return (struct seam_lines){ output_row(r, first), first == 0 ? plane : -plane };
}

static struct row row_of(const struct seam_tile_work *work, const struct seam_tile *tile, int64_t y)
{
    return (struct row){ work, tile, y, tile->out_x.end - tile->out_x.begin };
}

struct seam_lines seam_tile_row(struct seam_tile_work *work, const struct seam_tile *tile, int run,
                                int64_t y)
{
    const struct seam_plan *plan = work->plan;
    const struct row r = row_of(work, tile, y);
    if (seam_tile_is_finished(plan, run))
        return output_lines(&r);
    if (run_is_single(plan, run) && plan->channels_in == plan->channels_out)
        single_row(&r, run);
    else if (plan->feed == SEAM_FEED_LUMA && plan->channels_out == 1)
        luma_rows(&r);
    else
        direct_rows(&r, run);
    return (struct seam_lines){ work->lines, work->line_width };
}

struct seam_lines seam_tile_alpha_row(struct seam_tile_work *work, const struct seam_tile *tile,
                                      int64_t y)
{
    const struct seam_plan *plan = work->plan;
    const int band = plan->picture.bands - 1;
    const struct row r = row_of(work, tile, y);
    const float *alpha = work->planes + (size_t)band * padded_area(plan);
    if (scale_is_one(plan))
        memcpy(work->lines, plane_row(&r, alpha, 0), (size_t)r.count * sizeof(float));
    else
        resample_row(&r, alpha, work->lines);
    return (struct seam_lines){ work->lines, work->line_width };
}

int64_t seam_lines_not_finite(struct seam_lines lines, int bands, int64_t count)
{
    int64_t first = -1;
    for (int b = 0; b < bands; b++) {
        const int64_t at = seam_samples_not_finite(lines.first + b * lines.stride, count);
        if (at >= 0)
            first = count = at; /* only those before it matter now */
    }
    return first;
}
