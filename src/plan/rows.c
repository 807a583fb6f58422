/* A plan without tiles: rows stream through an engine that keeps what each layer still needs. */
#include <math.h>

#include "base/common.h"
#include "plan/plan.h"
#include "plan/parts.h"

int64_t seam_plan_context(const struct seam_plan *plan)
{
    const bool resamples = plan->scale_num != plan->scale_den &&
                           (plan->feed == SEAM_FEED_LUMA ||
                            (plan->picture.alpha && !plan->alpha_in_model));
    const int64_t reach =
        SEAM_RESAMPLE_REACH * seam_max(1, seam_div_up(plan->scale_den, plan->scale_num));
    return seam_max(plan->fill_alpha ? SEAM_FILL_RADIUS : 0, resamples ? reach : 0) +
           (resamples && plan->fill_alpha ? SEAM_FILL_RADIUS : 0);
}

/* Whether nothing was asked for that only tiles can give. */
static bool rows_are_meant(const struct seam_plan_request *q)
{
    const struct seam_params *p = q->params;
    return q->facts->rows.possible && p->halo < 0 && p->tile_width == SEAM_AUTO &&
           p->tile_height == SEAM_AUTO && p->overlap <= 0 && !q->facts->fixed_width &&
           !q->facts->fixed_height;
}

static bool rows_memory(struct seam_plan *plan, const struct seam_facts *facts)
{
    const struct seam_picture *in = &plan->picture;
    const struct seam_rows_cost *cost = &facts->rows;
    const int planes = seam_plan_needs_planes(plan) ? in->bands : 0;
    const int64_t context = seam_plan_context(plan);
    const int64_t strip = seam_max(cost->in_rows, seam_div_up(cost->out_rows * plan->scale_den,
                                                              plan->scale_num) + 1) +
                          2 * (context + 2 * plan->alignment + seam_plan_most_crop(plan));
    const double rows = cost->column_bytes * (double)plan->x.padded * plan->runs;
    if (!(rows < (double)(INT64_MAX / 4)) || cost->bytes > INT64_MAX / 4 / (uint64_t)plan->runs)
        return false;
    /* The last rows are fed by reflection, from above. */
    plan->window_rows = seam_min(cost->ahead + cost->in_rows + 2 * context + plan->margin +
                                     4 * (plan->alignment + seam_plan_most_crop(plan)), in->height);
    plan->band_rows = cost->out_rows;
    plan->window_bytes = plan->band_bytes = plan->tensor_bytes = plan->peak_bytes = 0;
    plan->scratch_bytes = (uint64_t)plan->runs * cost->bytes + (uint64_t)rows;
    return seam_plan_add(&plan->window_bytes, (uint64_t)plan->window_rows, (uint64_t)in->width,
                         (uint64_t)in->bands, seam_sample_bytes(in->sample)) &&
           seam_plan_add(&plan->band_bytes, (uint64_t)plan->band_rows, (uint64_t)plan->x.out_size,
                         (uint64_t)plan->out_bands, seam_sample_bytes(plan->out_sample)) &&
           seam_plan_add(&plan->tensor_bytes, (uint64_t)strip, (uint64_t)plan->x.padded,
                         (uint64_t)(plan->channels_in + planes), 4) &&
           seam_plan_add(&plan->tensor_bytes,
                         (uint64_t)seam_div_up(strip * plan->scale_num, plan->scale_den),
                         (uint64_t)seam_plan_result_width(plan), (uint64_t)plan->channels_out, 4) &&
           seam_plan_add(&plan->tensor_bytes, (uint64_t)strip,
                         (uint64_t)seam_plan_fill_words(plan), 8, 1) &&
           seam_plan_add(&plan->peak_bytes, 1, 1, 1, plan->window_bytes + plan->band_bytes) &&
           seam_plan_add(&plan->peak_bytes, 1, 1, 1, plan->tensor_bytes) &&
           seam_plan_add(&plan->peak_bytes, 1, 1, 1, plan->scratch_bytes) &&
           seam_plan_add(&plan->peak_bytes, 1, 1, 1, plan->base_bytes);
}

/* Most that buffers of a file take: rows of some steps. */
#define MOST_BUFFER ((uint64_t)16 << 20)

uint64_t seam_plan_kept_buffer(const struct seam_plan *plan)
{
    const uint64_t here = plan->kept_in_memory_bytes;
    return plan->kept_bytes == here ? 0 : here < MOST_BUFFER ? here : MOST_BUFFER;
}

void seam_plan_keep(struct seam_plan *plan, uint64_t bytes)
{
    const uint64_t before = seam_plan_kept_buffer(plan), budget = plan->budget_bytes;
    plan->scratch_bytes -= before;
    plan->peak_bytes -= before + plan->kept_in_memory_bytes;
    plan->kept_bytes = plan->kept_in_memory_bytes = bytes;
    if (budget > 0 && plan->peak_bytes + bytes > budget) {
        const uint64_t left = budget > plan->peak_bytes ? budget - plan->peak_bytes : 0;
        plan->kept_in_memory_bytes = left < 2 * MOST_BUFFER ? left / 2 : left - MOST_BUFFER;
    }
    plan->scratch_bytes += seam_plan_kept_buffer(plan);
    plan->peak_bytes += seam_plan_kept_buffer(plan) + plan->kept_in_memory_bytes;
}

static bool keep_memory(struct seam_plan *plan, const struct seam_facts *facts)
{
    const double pixels = (double)(plan->x.domain_end - plan->x.domain_begin) *
                          (double)(plan->y.domain_end - plan->y.domain_begin) * plan->runs;
    const double kept = facts->kept_bytes_per_pixel * pixels;
    const double moved = facts->moved_bytes_per_pixel * pixels;
    plan->kept_bytes = plan->kept_in_memory_bytes = plan->moved_bytes = 0;
    if (plan->passes <= 1)
        return true;
    if (!(kept >= 0 && moved >= 0 && kept + moved < (double)(INT64_MAX / 8)))
        return false;
    plan->moved_bytes = (uint64_t)moved;
    seam_plan_keep(plan, (uint64_t)kept);
    return true;
}

bool seam_plan_count(struct seam_plan *plan, const struct seam_facts *facts)
{
    return plan->rows ? rows_memory(plan, facts) && keep_memory(plan, facts)
                      : seam_plan_memory(plan, facts);
}

bool seam_plan_rows(struct seam_plan *plan, const struct seam_plan_request *q)
{
    struct seam_plan rows = *plan;
    struct seam_plan_request whole = *q;
    whole.log = NULL; /* that tiles are needed is no failure */
    whole.by_rows = true;
    whole.tile_width = whole.tile_height = SEAM_LARGEST_SIDE;
    if (!rows_are_meant(q) || seam_plan_halo(&rows, &whole) != SEAM_OK)
        return false;
    seam_plan_blend(&rows, &whole);
    if (rows.exact != SEAM_EXACT_BITS || rows.blend != SEAM_BLEND_NONE)
        return false;
    rows.halo = rows.margin;
    if (seam_plan_layout(&rows, &whole) != SEAM_OK)
        return false;
    rows.rows = true;
    rows.in_flight = 1;
    rows.halo = 0;
    rows.waste = 0;
    rows.passes = (int)seam_max(q->facts->passes, 1);
    if (!seam_plan_count(&rows, q->facts) || !seam_plan_fits(&rows, rows.budget_bytes))
        return false;
    *plan = rows;
    return true;
}

/* Tiles of a network that sees far are larger than its rows. */
bool seam_plan_rows_in_tiles(struct seam_plan *plan, const struct seam_facts *facts)
{
    /* Tiles cannot pass over the picture. */
    if (plan->passes > 1)
        return false;
    plan->rows = false;
    plan->halo = seam_align_up(seam_max(plan->exact_halo, plan->margin), plan->alignment);
    if (!seam_plan_from_top(plan, facts))
        plan->peak_bytes = INT64_MAX; /* nor can it be counted */
    while (!seam_plan_fits(plan, plan->budget_bytes) && seam_plan_halve(plan, facts, 0))
        continue;
    return plan->budget_bytes == 0 || seam_plan_fits(plan, plan->budget_bytes);
}
