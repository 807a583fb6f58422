#include "base/common.h"
#include "plan/geometry.h"
#include "plan/plan.h"
#include "plan/parts.h"

/* Most input rows held at a time. A row is dropped when no later band reads it; only the bands
 * that cross the bottom read rows above their own first. Where runs are in flight the first tiles
 * of the next band are among them. */
static int64_t plan_window_rows(const struct seam_plan *plan)
{
    const bool ahead = plan->in_flight > 1;
    int64_t most = 0, later = plan->picture.height, below = 0;
    for (int64_t i = plan->y.tiles - 1; i >= 0; i--) {
        const struct seam_span padded = seam_axis_padded(&plan->y, plan->halo, i);
        const struct seam_span reads = seam_axis_reads(&plan->y, plan->edge, plan->halo, i);
        const bool inside = padded.begin >= 0 && padded.end <= plan->picture.height;
        if (inside && reads.begin < later)
            return seam_min(seam_max(most, plan->y.padded + (ahead ? plan->y.core : 0)),
                            plan->picture.height); /* as many as any above it */
        later = seam_min(later, reads.begin);
        most = seam_max(most, seam_max(reads.end, below) - later);
        below = ahead ? reads.end : 0;
    }
    return most;
}

bool seam_plan_add(uint64_t *sum, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    uint64_t p;
    if (!seam_mul_size(a, b, &p) || !seam_mul_size(p, c, &p) || !seam_mul_size(p, d, &p) ||
        p > INT64_MAX || *sum > INT64_MAX - p)
        return false;
    *sum += p;
    return true;
}

bool seam_plan_fits(const struct seam_plan *plan, uint64_t budget)
{
    return plan->peak_bytes <= budget && plan->device_bytes <= plan->device_budget_bytes;
}

/* What the network and its share of the runs in flight hold of the fullest device, and what all
 * runs hold of all; false where it cannot be counted. */
static bool device_memory(struct seam_plan *plan, const struct seam_facts *facts, uint64_t *runs)
{
    const struct seam_device_cost *d = &facts->device;
    const double pixels = (double)plan->batch * seam_plan_tile_pixels(plan);
    const double run = d->bytes_per_pixel * pixels;
    const int64_t share = seam_div_up(plan->in_flight, seam_max(facts->devices, 1));
    plan->device_bytes = *runs = 0;
    if (d->memory == 0)
        return true;
    return run < (double)(INT64_MAX / 2) && d->run_bytes < INT64_MAX / 4 &&
           seam_plan_add(&plan->device_bytes, d->bytes, 1, 1, 1) &&
           seam_plan_add(&plan->device_bytes, d->run_bytes + (uint64_t)run, (uint64_t)share, 1,
                         1) &&
           seam_plan_add(runs, d->run_bytes + (uint64_t)run, (uint64_t)plan->in_flight, 1, 1);
}

bool seam_plan_memory(struct seam_plan *plan, const struct seam_facts *facts)
{
    const struct seam_picture *in = &plan->picture;
    const bool blends = seam_plan_blends(plan);
    const uint64_t tiles = (uint64_t)plan->batch * (uint64_t)plan->in_flight;
    /* An engine that works by rows keeps some of them whatever the tile's height. */
    const double scratch =
        (double)tiles * seam_cost_bytes(facts, (double)plan->x.padded, (double)plan->y.padded) +
        facts->rows.column_bytes * (double)plan->x.padded +
        facts->taken_bytes_per_pixel * seam_plan_tile_pixels(plan);
    uint64_t padded, result, device_runs;
    if (!seam_mul_size((uint64_t)plan->x.padded, (uint64_t)plan->y.padded, &padded) ||
        !seam_mul_size((uint64_t)seam_plan_result_width(plan),
                       (uint64_t)seam_plan_result_height(plan), &result) ||
        !(scratch < (double)(INT64_MAX / 2)) || facts->rows.bytes > INT64_MAX / 4)
        return false;
    const int planes = seam_plan_needs_planes(plan) ? in->bands : 0;

    plan->window_rows = plan_window_rows(plan);
    plan->band_rows = seam_div_up((plan->y.tile + plan->y.overlap) * plan->scale_num,
                                  plan->scale_den);
    plan->window_bytes = plan->band_bytes = plan->tensor_bytes = plan->peak_bytes = 0;
    if (!seam_plan_add(&plan->window_bytes, (uint64_t)plan->window_rows, (uint64_t)in->width,
                       (uint64_t)in->bands, seam_sample_bytes(in->sample)) ||
        !seam_plan_add(&plan->band_bytes, (uint64_t)plan->band_rows, (uint64_t)plan->x.out_size,
                       (uint64_t)plan->out_bands,
                       blends ? 4 : seam_sample_bytes(plan->out_sample)) ||
        !seam_plan_add(&plan->tensor_bytes, padded, (uint64_t)(plan->channels_in + planes), 4,
                       tiles) ||
        !seam_plan_add(&plan->tensor_bytes, result, (uint64_t)plan->channels_out, 4, tiles) ||
        !seam_plan_add(&plan->tensor_bytes, (uint64_t)seam_plan_fill_words(plan),
                       (uint64_t)plan->y.padded, 8, 1))
        return false;
    plan->scratch_bytes = facts->rows.bytes + (uint64_t)scratch;
    if (!device_memory(plan, facts, &device_runs))
        return false;
    if (facts->device.shared)
        plan->scratch_bytes += device_runs;
    const uint64_t parts[] = { plan->window_bytes, plan->band_bytes, plan->tensor_bytes,
                               plan->scratch_bytes, plan->base_bytes };
    for (size_t i = 0; i < SEAM_ARRAY_LEN(parts); i++)
        if (!seam_plan_add(&plan->peak_bytes, parts[i], 1, 1, 1))
            return false;
    return true;
}
