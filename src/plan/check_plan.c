/* Whether a plan that somebody hands in is one that seam_plan_make could have made, as far as
 * memory and the picture hang on it: a plan is plain data, and may come from anywhere. */
#include <inttypes.h>
#include <math.h>

#include "base/common.h"
#include "base/log.h"
#include "plan/parts.h"
#include "plan/plan.h"

static enum seam_result broken(struct seam_log *log, const char *what)
{
    return seam_log_fail(log, SEAM_ERROR_ARGUMENT,
                         "the plan contradicts itself: %s; use it as seam_plan_make gave it", what);
}

/* As seam_plan_layout() makes it: what a network of one size sees lies about the picture too. */
static bool domain_holds(const struct seam_axis *axis, const struct seam_plan *plan, int64_t fixed)
{
    const int64_t crop = seam_align_up(seam_plan_most_crop(plan), plan->alignment);
    const int64_t margin = plan->edge == SEAM_EDGE_MODEL ? crop : plan->margin;
    return axis->domain_begin == -margin && margin >= seam_plan_most_crop(plan) &&
           axis->domain_end == seam_max(axis->aligned + margin, fixed - margin);
}

static bool axis_holds(const struct seam_axis *axis, const struct seam_plan *plan, int64_t size,
                       int64_t fixed)
{
    const int64_t a = plan->alignment;
    if (axis->size != size || axis->aligned != seam_align_up(size, a) ||
        !domain_holds(axis, plan, fixed))
        return false;
    const int64_t domain = axis->domain_end - axis->domain_begin;
    return axis->core >= 1 && axis->core <= axis->aligned && axis->core % a == 0 &&
           axis->overlap >= 0 && axis->overlap <= axis->core && axis->overlap % a == 0 &&
           axis->tile == axis->core + axis->overlap && axis->origin == 0 &&
           axis->tiles == seam_div_up(axis->aligned, axis->core) &&
           axis->padded >= seam_min(axis->tile + 2 * plan->halo, domain) &&
           axis->padded <= domain && axis->padded > 2 * plan->crop &&
           axis->out_size == seam_div_up(size * plan->scale_num, plan->scale_den);
}

/* Whether bands, channels and runs fit together. */
static bool feed_holds(const struct seam_plan *p)
{
    const int in = p->channels_in, out = p->channels_out;
    const int colour = p->picture.bands - p->picture.alpha;
    const bool each = p->feed == SEAM_FEED_EACH, luma = p->feed == SEAM_FEED_LUMA;
    const bool groups = p->feed == SEAM_FEED_GROUPS;
    const bool fits = luma   ? in == 1 && colour == 3
                      : groups ? in == 3 && out == 3 && colour > 1
                      : each ? (in == out && (in == 1 || in == 3)) || (in == 3 && colour == 1)
                             : p->feed == SEAM_FEED_DIRECT && in == colour;
    const int colour_out = luma && out == 1                  ? 3
                           : groups || (each && in == out) ? colour
                                                           : out;
    const bool alpha_fits = !p->alpha_in_model || (in == out && (in == 1 || in == 3));
    const bool lies_over = p->scale_num == p->scale_den && colour_out == colour;
    return fits && out >= 1 && p->runs == seam_plan_colour_runs(p) + p->alpha_in_model &&
           p->out_bands == colour_out + p->picture.alpha && alpha_fits &&
           (p->strength == 1 || lies_over) &&
           (p->picture.alpha || (!p->fill_alpha && !p->alpha_in_model));
}

static bool names_hold(const struct seam_plan *p)
{
    return seam_sample_name(p->out_sample) && seam_edge_name(p->edge) &&
           seam_blend_name(p->blend) && seam_luma_name(p->luma) && seam_order_name(p->order) &&
           seam_exact_name(p->exact) && seam_halo_reason_name(p->halo_reason) &&
           p->blend != SEAM_BLEND_AUTO &&
           seam_plan_check_range(p->range_lo, p->range_hi, NULL) == SEAM_OK && p->passes >= 1 &&
           p->strength >= 0 && p->strength <= 1;
}

static bool numbers_hold(const struct seam_plan *p)
{
    const int64_t most = SEAM_LARGEST_SIDE;
    if (p->scale_num < 1 || p->scale_num > 1024 || p->scale_den < 1 || p->scale_den > 1024 ||
        p->alignment < 1 || p->alignment > 65536 || p->crop < 0 || p->crop > most)
        return false;
    const int64_t crop = seam_plan_most_crop(p);
    const int64_t margin = seam_align_up(seam_max(SEAM_MOST_MARGIN, crop), p->alignment);
    return p->halo >= (p->rows ? 0 : crop) && p->halo <= seam_align_up(most, p->alignment) &&
           p->margin >= 0 && p->margin <= margin && p->margin % p->alignment == 0 &&
           p->kept_in_memory_bytes <= p->kept_bytes && p->kept_in_memory_bytes <= p->peak_bytes;
}

/* Of this network: what the plan says of it is what its facts say. */
static bool fits_network(const struct seam_plan *p, const struct seam_facts *facts)
{
    return facts->channels_in == p->channels_in && facts->channels_out == p->channels_out &&
           facts->scale_num == p->scale_num && facts->scale_den == p->scale_den &&
           facts->crop == p->crop && facts->crop_shift_x == p->x.crop_shift &&
           facts->crop_shift_y == p->y.crop_shift && (!p->rows || facts->rows.possible) &&
           p->passes == (p->rows || facts->passes_in_tiles ? seam_max(facts->passes, 1) : 1) &&
           p->alignment >= 1 && p->alignment % facts->alignment == 0 &&
           (p->batch <= 1 || facts->batches) &&
           (p->in_flight <= 1 || p->in_flight <= facts->device.in_flight);
}

enum seam_result seam_plan_check(const struct seam_plan *plan, const struct seam_facts *facts,
                                 struct seam_log *log)
{
    enum seam_result r = seam_plan_check_picture(&plan->picture, log);
    if (r == SEAM_OK)
        r = seam_plan_check_facts(facts, log);
    if (r != SEAM_OK)
        return r;
    if (!fits_network(plan, facts))
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT, "the plan was not made for the model %s",
                             facts->name);
    if (plan->batch < 1 || plan->batch > SEAM_MOST_BATCH)
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT,
                             "a plan of %d tiles in one run: it must be 1 to %d", plan->batch,
                             SEAM_MOST_BATCH);
    if (plan->in_flight < 1 || plan->in_flight > SEAM_MOST_IN_FLIGHT ||
        (plan->rows && plan->in_flight > 1))
        return broken(log, "it has more or fewer runs in flight than there can be");
    if (!numbers_hold(plan) || !names_hold(plan))
        return broken(log, "a number or a name in it is none that there is");
    if (!feed_holds(plan))
        return broken(log, "bands, channels and runs do not fit together");
    if (!axis_holds(&plan->x, plan, plan->picture.width, facts->fixed_width) ||
        !axis_holds(&plan->y, plan, plan->picture.height, facts->fixed_height))
        return broken(log, "its tiles do not cover the picture as they should");
    struct seam_plan counted = *plan;
    if (!seam_plan_count(&counted, facts) || plan->window_rows != counted.window_rows ||
        plan->band_rows != counted.band_rows)
        return broken(log, "it holds other rows than its tiles read");
    return SEAM_OK;
}
