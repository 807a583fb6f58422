/* Smaller tiles for the rest of a picture whose tiles turned out not to fit. */
#include "base/common.h"
#include "plan/plan.h"
#include "plan/parts.h"

/* Where an axis of one tile becomes one of several that blend. */
#define OVERLAP_PART 10

/* Cores of at most half the size from `origin` on; false where they cannot be smaller. */
static bool axis_halve(struct seam_axis *axis, const struct seam_plan *plan, int64_t origin)
{
    const int64_t a = plan->alignment, rest = axis->aligned - origin;
    int64_t core = seam_align_up(seam_div_up(axis->core, 2), a);
    int64_t overlap = axis->overlap;
    if (overlap == 0 && origin == 0 && plan->blend != SEAM_BLEND_NONE)
        overlap = seam_align_up(seam_div_up(core, OVERLAP_PART), a);
    const int64_t least = seam_max(seam_align_up(SEAM_SMALLEST_TILE, a), overlap);
    core = seam_max(core, least);
    /* A band is a core and two overlaps, which a tile that was alone has none of. */
    if (core + 2 * overlap >= axis->core + 2 * axis->overlap)
        return false;
    axis->overlap = overlap;
    axis->core = seam_max(seam_align_up(seam_div_up(rest, seam_div_up(rest, core)), a), least);
    axis->tiles = seam_div_up(rest, axis->core);
    axis->tile = axis->core + axis->overlap;
    axis->padded = seam_min(seam_align_up(axis->tile + 2 * plan->halo, a),
                            axis->domain_end - axis->domain_begin);
    axis->origin = origin;
    return true;
}

/* The rest of the picture in bands as high as before. */
static void axis_continue(struct seam_axis *axis, int64_t origin)
{
    axis->tiles = seam_div_up(axis->aligned - origin, axis->core);
    axis->origin = origin;
}

/* What the tiles see over what is left of the picture for them, and the time they take. */
static void plan_recount(struct seam_plan *plan, const struct seam_facts *facts)
{
    const double rest = (double)seam_max(plan->picture.height - plan->y.origin, 1);
    plan->waste = (double)plan->x.padded * (double)plan->x.tiles * (double)plan->y.padded *
                      (double)plan->y.tiles / ((double)plan->picture.width * rest) - 1;
    plan->seconds = seam_plan_seconds(plan, facts);
}

bool seam_plan_halve(struct seam_plan *plan, const struct seam_facts *facts, int64_t band)
{
    struct seam_plan half = *plan;
    const int64_t origin = plan->y.origin + band * plan->y.core;
    const bool fewer = plan->in_flight > 1 || plan->batch > 1;
    const bool may_width = !fewer && !facts->fixed_width,
               may_height = !fewer && !facts->fixed_height;
    const bool higher = plan->y.tile >= plan->x.tile;
    if (plan->in_flight > 1)
        half.in_flight = plan->in_flight / 2;
    else if (plan->batch > 1)
        half.batch = plan->batch / 2;
    bool height = higher && may_height && axis_halve(&half.y, plan, origin);
    const bool width = !height && may_width && axis_halve(&half.x, plan, 0);
    height = height || (!width && may_height && axis_halve(&half.y, plan, origin));
    if (!fewer && !height && !width)
        return false;
    if (!height)
        axis_continue(&half.y, origin);
    if (!seam_plan_memory(&half, facts))
        return false;
    plan_recount(&half, facts);
    *plan = half;
    return true;
}

bool seam_plan_from_top(struct seam_plan *plan, const struct seam_facts *facts)
{
    if (plan->rows)
        return seam_plan_count(plan, facts); /* which a stream counted anew */
    axis_continue(&plan->y, 0);
    plan_recount(plan, facts);
    return seam_plan_memory(plan, facts);
}
