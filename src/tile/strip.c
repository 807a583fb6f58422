#include <stdlib.h>
#include <string.h>

#include "tile/strip.h"
#include "tile/blend.h"
#include "base/common.h"
#include "base/log.h"
#include "plan/plan.h"
#include "tile/samples.h"

static struct seam_span band_target(const struct seam_plan *plan, int64_t j)
{
    return seam_axis_output(&plan->y, seam_axis_target(&plan->y, j), plan->scale_num,
                            plan->scale_den);
}

/* Take what is not taken yet. */
static bool band_allocate(struct seam_band *band)
{
    band->rows = seam_rows_alloc(band->plan->band_rows - band->overlap_y, band->row_bytes);
    if (!seam_plan_blends(band->plan))
        return band->rows;
    /* One more than needed, so that an axis without overlap asks for no empty block. */
    if (!band->carry)
        band->carry = seam_rows_alloc(band->overlap_y + 1, band->row_bytes);
    band->ramp_x = malloc((size_t)(band->overlap_x + 1) * sizeof(float));
    band->ramp_y = malloc((size_t)(band->overlap_y + 1) * sizeof(float));
    return band->rows && band->carry && band->ramp_x && band->ramp_y;
}

/* Give back all but the rows that the next band blends with. */
static void band_release(struct seam_band *band)
{
    free(band->rows);
    free(band->ramp_x);
    free(band->ramp_y);
    band->rows = NULL;
    band->ramp_x = band->ramp_y = NULL;
}

static enum seam_result band_set_up(struct seam_band *band, struct seam_log *log)
{
    const struct seam_plan *plan = band->plan;
    const bool blends = seam_plan_blends(plan);
    const size_t samples = (size_t)plan->x.out_size * (size_t)plan->out_bands;
    band->sample = blends ? SEAM_SAMPLE_F32 : plan->out_sample;
    band->row_bytes = samples * seam_sample_bytes(band->sample);
    band->overlap_x = plan->x.overlap * plan->scale_num / plan->scale_den;
    band->overlap_y = plan->y.overlap * plan->scale_num / plan->scale_den;
    if (!band_allocate(band)) {
        band_release(band);
        return seam_log_fail(log, SEAM_ERROR_MEMORY,
                             "no memory for a band of %lld rows of %zu bytes",
                             (long long)plan->band_rows, band->row_bytes);
    }
    if (blends) {
        seam_blend_ramp(plan->blend, band->ramp_x, band->overlap_x);
        seam_blend_ramp(plan->blend, band->ramp_y, band->overlap_y);
    }
    return SEAM_OK;
}

enum seam_result seam_band_open(struct seam_band *band, const struct seam_plan *plan,
                                struct seam_log *log)
{
    *band = (struct seam_band){ .plan = plan };
    const enum seam_result r = band_set_up(band, log);
    if (r != SEAM_OK)
        seam_band_close(band);
    return r;
}

enum seam_result seam_band_reopen(struct seam_band *band, bool above, struct seam_log *log)
{
    band_release(band);
    if (!above) {
        free(band->carry);
        band->carry = NULL;
    }
    band->first = above ? -1 : 0;
    return band_set_up(band, log);
}

void seam_band_close(struct seam_band *band)
{
    band_release(band);
    free(band->carry);
    memset(band, 0, sizeof(*band));
}

void seam_band_begin(struct seam_band *band, int64_t j)
{
    band->span = band_target(band->plan, j);
    band->ready = (struct seam_span){ band->span.begin, band->span.begin };
}

static unsigned char *band_row(const struct seam_band *band, int64_t y)
{
    return band->rows + (size_t)(y - band->span.begin) * band->row_bytes;
}

/* One band of the strip over floats that lie there, `stride` apart. */
static void put_blended(const struct seam_band *band, const struct seam_strip *strip,
                        const float *src, float *dst)
{
    const int64_t ramp = strip->leftmost ? 0 : seam_min(band->overlap_x, strip->count);
    const int stride = band->plan->out_bands;
    seam_blend_across(dst, stride, src, band->ramp_x, ramp);
    seam_samples_store(SEAM_SAMPLE_F32, src + ramp, dst + ramp * stride, stride,
                       strip->count - ramp);
}

void seam_band_put(struct seam_band *band, const struct seam_strip *strip)
{
    const int stride = band->plan->out_bands;
    const size_t bytes = seam_sample_bytes(band->sample);
    const size_t at = (size_t)strip->x * (size_t)stride + (size_t)strip->first;
    unsigned char *dst = band_row(band, strip->y) + at * bytes;
    if (!seam_plan_blends(band->plan)) {
        seam_samples_store_bands(band->sample, strip->lines.first, strip->lines.stride,
                                 strip->bands, dst, stride, strip->count);
        return;
    }
    for (int b = 0; b < strip->bands; b++, dst += bytes)
        put_blended(band, strip, strip->lines.first + b * strip->lines.stride,
                    (float *)(void *)dst);
}

void seam_band_finish(struct seam_band *band, int64_t j)
{
    const int64_t samples = band->plan->x.out_size * band->plan->out_bands;
    const bool last = j == band->plan->y.tiles - 1;
    band->ready = band->span;
    if (band->overlap_y == 0)
        return;
    /* Equal to laying this band over the one above: dst is the earlier tile's row. */
    for (int64_t i = 0; j > band->first && i < band->overlap_y; i++) {
        float *above = band->carry + i * samples;
        float *row = (float *)(void *)band_row(band, band->span.begin + i);
        seam_blend_down(above, row, band->ramp_y[i], samples);
        memcpy(row, above, band->row_bytes);
    }
    if (last)
        return;
    band->ready.end = band->span.end - band->overlap_y;
    memcpy(band->carry, band_row(band, band->ready.end),
           (size_t)band->overlap_y * band->row_bytes);
}

int64_t seam_band_holding(const struct seam_plan *plan, int64_t y)
{
    /* The band whose core it lies in. The core's last rows become ready with the band below, which
     * they blend with; that band needs nothing more of those above. */
    const int64_t row = y * plan->scale_den / plan->scale_num - plan->y.origin;
    return seam_clamp(row / plan->y.core, 0, plan->y.tiles - 1);
}

void seam_band_copy(const struct seam_band *band, int64_t y, void *dst)
{
    const unsigned char *row = band_row(band, y);
    if (band->sample == band->plan->out_sample)
        memcpy(dst, row, band->row_bytes);
    else
        seam_samples_store(band->plan->out_sample, (const float *)(const void *)row, dst, 1,
                           band->plan->x.out_size * band->plan->out_bands);
}
