#include <stdlib.h>
#include <string.h>

#include "tile/strip.h"
#include "tile/blend.h"
#include "base/assert.h"
#include "base/common.h"
#include "base/log.h"
#include "plan/plan.h"
#include "tile/samples.h"

static struct seam_span strip_target(const struct seam_plan *plan, int64_t j)
{
    return seam_axis_output(&plan->y, seam_axis_target(&plan->y, j), plan->scale_num,
                            plan->scale_den);
}

/* Take what is not taken yet. */
static bool strip_allocate(struct seam_strip *strip)
{
    strip->rows = seam_rows_alloc(strip->plan->band_rows - strip->overlap_y, strip->row_bytes);
    if (!seam_plan_blends(strip->plan))
        return strip->rows;
    /* One more than needed, so that an axis without overlap asks for no empty block. */
    if (!strip->carry)
        strip->carry = seam_rows_alloc(strip->overlap_y + 1, strip->row_bytes);
    strip->ramp_x = malloc((size_t)(strip->overlap_x + 1) * sizeof(float));
    strip->ramp_y = malloc((size_t)(strip->overlap_y + 1) * sizeof(float));
    return strip->rows && strip->carry && strip->ramp_x && strip->ramp_y;
}

/* Give back all but the rows that the next strip blends with. */
static void strip_release(struct seam_strip *strip)
{
    free(strip->rows);
    free(strip->ramp_x);
    free(strip->ramp_y);
    strip->rows = NULL;
    strip->ramp_x = strip->ramp_y = NULL;
}

static enum seam_result strip_set_up(struct seam_strip *strip, struct seam_log *log)
{
    const struct seam_plan *plan = strip->plan;
    const bool blends = seam_plan_blends(plan);
    const size_t samples = (size_t)plan->x.out_size * (size_t)plan->out_bands;
    strip->sample = blends ? SEAM_SAMPLE_F32 : plan->out_sample;
    strip->row_bytes = samples * seam_sample_bytes(strip->sample);
    strip->overlap_x = plan->x.overlap * plan->scale_num / plan->scale_den;
    strip->overlap_y = plan->y.overlap * plan->scale_num / plan->scale_den;
    if (!strip_allocate(strip)) {
        strip_release(strip);
        return seam_log_fail(log, SEAM_ERROR_MEMORY,
                             "no memory for a strip of %lld rows of %zu bytes",
                             (long long)plan->band_rows, strip->row_bytes);
    }
    if (blends) {
        seam_blend_ramp(plan->blend, strip->ramp_x, strip->overlap_x);
        seam_blend_ramp(plan->blend, strip->ramp_y, strip->overlap_y);
    }
    return SEAM_OK;
}

enum seam_result seam_strip_open(struct seam_strip *strip, const struct seam_plan *plan,
                                struct seam_log *log)
{
    *strip = (struct seam_strip){ .plan = plan };
    const enum seam_result r = strip_set_up(strip, log);
    if (r != SEAM_OK)
        seam_strip_close(strip);
    return r;
}

enum seam_result seam_strip_reopen(struct seam_strip *strip, bool above, struct seam_log *log)
{
    strip_release(strip);
    if (!above) {
        free(strip->carry);
        strip->carry = NULL;
    }
    strip->first = above ? -1 : 0;
    return strip_set_up(strip, log);
}

void seam_strip_close(struct seam_strip *strip)
{
    strip_release(strip);
    free(strip->carry);
    memset(strip, 0, sizeof(*strip));
}

void seam_strip_begin(struct seam_strip *strip, int64_t j)
{
    strip->span = strip_target(strip->plan, j);
    seam_assert(strip->span.end - strip->span.begin <= strip->plan->band_rows,
                "a strip has no more rows than there is memory for");
    strip->ready = (struct seam_span){ strip->span.begin, strip->span.begin };
}

static unsigned char *strip_row(const struct seam_strip *strip, int64_t y)
{
    return strip->rows + (size_t)(y - strip->span.begin) * strip->row_bytes;
}

/* One band of the part over floats that lie there, `stride` apart. */
static void put_blended(const struct seam_strip *strip, const struct seam_strip_row *part,
                        const float *src, float *dst)
{
    const int64_t ramp = part->leftmost ? 0 : seam_min(strip->overlap_x, part->count);
    const int stride = strip->plan->out_bands;
    seam_blend_across(dst, stride, src, strip->ramp_x, ramp);
    seam_samples_store(SEAM_SAMPLE_F32, src + ramp, dst + ramp * stride, stride,
                       part->count - ramp);
}

void seam_strip_put(struct seam_strip *strip, const struct seam_strip_row *part)
{
    const int stride = strip->plan->out_bands;
    const size_t bytes = seam_sample_bytes(strip->sample);
    seam_assert(part->y >= strip->span.begin && part->y < strip->span.end && part->x >= 0 &&
                    part->x + part->count <= strip->plan->x.out_size &&
                    part->first + part->bands <= strip->plan->out_bands,
                "a row of a tile lies in its strip");
    const size_t at = (size_t)part->x * (size_t)stride + (size_t)part->first;
    unsigned char *dst = strip_row(strip, part->y) + at * bytes;
    if (!seam_plan_blends(strip->plan)) {
        seam_samples_store_bands(strip->sample, part->lines.first, part->lines.stride,
                                 part->bands, dst, stride, part->count);
        return;
    }
    for (int b = 0; b < part->bands; b++, dst += bytes)
        put_blended(strip, part, part->lines.first + b * part->lines.stride,
                    (float *)(void *)dst);
}

void seam_strip_finish(struct seam_strip *strip, int64_t j)
{
    const int64_t samples = strip->plan->x.out_size * strip->plan->out_bands;
    const bool last = j == strip->plan->y.tiles - 1;
    seam_assert(strip->span.begin == strip_target(strip->plan, j).begin,
                "a strip that is finished is the one that was begun");
    strip->ready = strip->span;
    if (strip->overlap_y == 0)
        return;
    /* Equal to laying this strip over the one above: dst is the earlier tile's row. */
    for (int64_t i = 0; j > strip->first && i < strip->overlap_y; i++) {
        float *above = strip->carry + i * samples;
        float *row = (float *)(void *)strip_row(strip, strip->span.begin + i);
        seam_blend_down(above, row, strip->ramp_y[i], samples);
        memcpy(row, above, strip->row_bytes);
    }
    if (last)
        return;
    strip->ready.end = strip->span.end - strip->overlap_y;
    memcpy(strip->carry, strip_row(strip, strip->ready.end),
           (size_t)strip->overlap_y * strip->row_bytes);
}

int64_t seam_strip_holding(const struct seam_plan *plan, int64_t y)
{
    /* The band whose core it lies in. The core's last rows become ready with the band below, which
     * they blend with; that band needs nothing more of those above. */
    const int64_t row = y * plan->scale_den / plan->scale_num - plan->y.origin;
    return seam_clamp(row / plan->y.core, 0, plan->y.tiles - 1);
}

void seam_strip_copy(const struct seam_strip *strip, int64_t y, void *dst)
{
    seam_assert(y >= strip->ready.begin && y < strip->ready.end, "rows that are ready are copied");
    const unsigned char *row = strip_row(strip, y);
    if (strip->sample == strip->plan->out_sample)
        memcpy(dst, row, strip->row_bytes);
    else
        seam_samples_store(strip->plan->out_sample, (const float *)(const void *)row, dst, 1,
                           strip->plan->x.out_size * strip->plan->out_bands);
}
