#include <inttypes.h>

#include "base/common.h"
#include "base/log.h"
#include "plan/parts.h"
#include "base/text.h"

/* A tile is grown where halo and overlap cost more than this share, by what saves this much. */
#define WORTH_GROWING 0.25
#define GAIN_WORTH_GROWING 0.02
/* The table of the design: what a tile may be before the network's own appetite is known. */
static int64_t plan_table_tile(uint64_t pool)
{
    const uint64_t gb = 1000000000;
    if (pool >= 64 * gb)
        return 2048;
    if (pool >= 24 * gb)
        return 1024;
    return 512;
}

int64_t seam_plan_least_tile(const struct seam_plan *plan, const struct seam_plan_request *q)
{
    const int64_t a = plan->alignment, overlap = seam_align_up(seam_max(q->params->overlap, 0), a);
    return seam_max(seam_align_up(SEAM_SMALLEST_TILE, a), 2 * seam_max(overlap, a));
}

/* The next smaller side in the order of halves; it ends at the same sizes whatever it began with,
 * so that a budget that is named as enough is enough. */
static int64_t plan_halve(int64_t wanted, int64_t planned, int64_t least)
{
    while (wanted >= planned && wanted > least)
        wanted = seam_max(wanted / 2, least);
    return wanted;
}

/* Fewer runs in flight, else halve the side that costs most, if it may be; false when both are at
 * their smallest. */
static bool plan_shrink(const struct seam_plan *plan, struct seam_plan_request *q)
{
    if (plan->in_flight > 1 && q->params->in_flight == SEAM_AUTO) {
        q->in_flight = plan->in_flight - 1;
        return true;
    }
    const int64_t least = seam_plan_least_tile(plan, q);
    const int64_t width = plan_halve(q->tile_width, plan->x.tile, least);
    const int64_t height = plan_halve(q->tile_height, plan->y.tile, least);
    const bool may_width = q->params->tile_width == SEAM_AUTO && !q->facts->fixed_width &&
                           width < plan->x.tile;
    const bool may_height = q->params->tile_height == SEAM_AUTO && !q->facts->fixed_height &&
                            height < plan->y.tile;
    if (!may_width && !may_height)
        return false;
    /* Rows of the whole width cost by height alone, the tile's tensors by both sides. */
    const bool rows_dominate =
        plan->window_bytes + plan->band_bytes > plan->tensor_bytes + plan->scratch_bytes;
    if (may_height && (!may_width || rows_dominate || plan->y.tile >= plan->x.tile))
        q->tile_height = height;
    else
        q->tile_width = width;
    return true;
}

/* From tiles of `start` down to the smallest, until one fits: SEAM_ERROR_MEMORY, with the cheapest
 * of them in *least, where none does. */
static enum seam_result plan_descend(struct seam_plan *plan, struct seam_plan_request *q,
                                     int64_t start, struct seam_plan *least)
{
    const int in_flight = q->in_flight;
    start = seam_max(start, seam_plan_least_tile(plan, q));
    q->tile_width = q->params->tile_width == SEAM_AUTO ? start : q->params->tile_width;
    q->tile_height = q->params->tile_height == SEAM_AUTO ? start : q->params->tile_height;
    least->peak_bytes = UINT64_MAX;
    do {
        enum seam_result r = seam_plan_layout(plan, q);
        if (r != SEAM_OK || seam_plan_fits(plan, plan->budget_bytes))
            return r;
        if (plan->peak_bytes < least->peak_bytes)
            *least = *plan;
    } while (plan_shrink(plan, q));
    q->in_flight = in_flight;
    return SEAM_ERROR_MEMORY;
}

static enum seam_result device_too_small(const struct seam_plan *least,
                                         const struct seam_plan_request *q)
{
    const bool may = least->device_bytes <= q->facts->device.memory;
    return seam_log_fail(q->log, SEAM_ERROR_MEMORY,
                         "%s with a tile of %" PRId64 " x %" PRId64 " needs %s of the memory of "
                         "%s, of which %s may be taken: use %s%s",
                         q->facts->name, least->x.tile, least->y.tile,
                         seam_text_bytes(least->device_bytes).s, q->facts->device.name,
                         seam_text_bytes(least->device_budget_bytes).s,
                         may ? "--device-memory " : "a device with more",
                         may ? seam_text_budget(least->device_bytes).s : "");
}

static enum seam_result plan_fit(struct seam_plan *plan, struct seam_plan_request *q, int64_t table)
{
    struct seam_plan least = *plan;
    enum seam_result r = plan_descend(plan, q, table, &least);
    /* A budget that is named is looked up in the table too, and the way down must be the same. */
    if (r == SEAM_ERROR_MEMORY && table != plan_table_tile(0))
        r = plan_descend(plan, q, plan_table_tile(0), &least);
    if (r != SEAM_ERROR_MEMORY)
        return r;
    *plan = least; /* how much it takes is compared */
    if (least.device_bytes > least.device_budget_bytes)
        return device_too_small(&least, q);
    bool given = q->params->tile_width != SEAM_AUTO || q->params->tile_height != SEAM_AUTO;
    return seam_log_fail(q->log, SEAM_ERROR_MEMORY,
                         "%s on a picture %" PRId64 " pixels wide with a tile of %" PRId64 " x %"
                         PRId64 " needs %s, the budget is %s: use --memory %s or more%s",
                         q->facts->name, plan->picture.width, least.x.tile, least.y.tile,
                         seam_text_bytes(least.peak_bytes).s,
                         seam_text_bytes(plan->budget_bytes).s,
                         seam_text_budget(least.peak_bytes).s,
                         given ? ", or leave out --tile" : "");
}

/* Where the halo costs much, larger tiles cost less: grow as long as that pays and fits. */
static void plan_grow(struct seam_plan *plan, struct seam_plan_request *q)
{
    if (q->params->tile_width != SEAM_AUTO || q->params->tile_height != SEAM_AUTO ||
        q->facts->fixed_width || !q->facts->field_known)
        return;
    struct seam_plan larger = *plan;
    struct seam_log *log = q->log;
    q->log = NULL; /* that a larger tile cannot be is no failure */
    while (plan->waste > WORTH_GROWING && plan->x.tiles * plan->y.tiles > 1) {
        q->tile_width = seam_min(2 * q->tile_width, SEAM_LARGEST_SIDE);
        q->tile_height = seam_min(2 * q->tile_height, SEAM_LARGEST_SIDE);
        if (seam_plan_layout(&larger, q) != SEAM_OK ||
            !seam_plan_fits(&larger, larger.budget_bytes) ||
            larger.waste > plan->waste - GAIN_WORTH_GROWING)
            break;
        *plan = larger;
    }
    q->log = log;
}

enum seam_result seam_plan_search(struct seam_plan *plan, struct seam_plan_request *q,
                                  uint64_t pool)
{
    enum seam_result r = plan_fit(plan, q, plan_table_tile(pool));
    if (r != SEAM_OK)
        return r;
    if (q->facts->trial_count == 0)
        plan_grow(plan, q);
    seam_plan_search_cost(plan, q);
    return SEAM_OK;
}
