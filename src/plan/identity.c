/* What of a plan decides the samples that come out, in words, so that two runs can be told
 * apart. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/common.h"
#include "plan/plan.h"
#include "plan/parts.h"

/* One line: an axis' tiles. Everything else of an axis follows from the picture and the halo. */
#define AXIS "%" PRId64 " tiles of %" PRId64 " + %" PRId64 " in %" PRId64
#define AXIS_SCAN "%" SCNd64 " tiles of %" SCNd64 " + %" SCNd64 " in %" SCNd64
#define BETWEEN " by "

size_t seam_plan_tiles(const struct seam_plan *plan, char *text, size_t size)
{
    const struct seam_axis *x = &plan->x, *y = &plan->y;
    const int n = snprintf(text, size, AXIS BETWEEN AXIS ", blend %s", x->tiles, x->core,
                           x->overlap, x->padded, y->tiles, y->core, y->overlap, y->padded,
                           seam_blend_name(plan->blend));
    return n > 0 ? (size_t)n : 0;
}

static size_t plan_identity(const struct seam_plan *plan, char *text, size_t size)
{
    const struct seam_picture *p = &plan->picture;
    /* Beyond the margin a halo changes no bit where none is to change: rows and tiles are the
     * same. */
    const int64_t halo = plan->exact == SEAM_EXACT_BITS ? plan->margin : plan->halo;
    const int n = snprintf(
        text, size,
        "picture: %" PRId64 " x %" PRId64 ", %d bands of %s, alpha %d, transfer %s\n"
        "result: %" PRId64 " x %" PRId64 ", %d bands of %s\n"
        "halo: %" PRId64 " of %" PRId64 ", alignment %" PRId64 ", crop %" PRId64 ", edge %s\n"
        "feed: %d to %d channels, way %d, luma %s, order %s, range %.17g..%.17g, strength %.17g, "
        "hidden colours %d, alpha %d\n"
        "exact: %s\n",
        p->width, p->height, p->bands, seam_sample_name(p->sample), p->alpha + p->data,
        seam_transfer_name(p->transfer), plan->x.out_size, plan->y.out_size, plan->out_bands,
        seam_sample_name(plan->out_sample), halo, plan->margin, plan->alignment, plan->crop,
        seam_edge_name(plan->edge), plan->channels_in, plan->channels_out, (int)plan->feed,
        seam_luma_name(plan->luma), seam_order_name(plan->order), plan->range_lo, plan->range_hi,
        plan->strength, plan->fill_alpha, plan->alpha_in_model, seam_exact_name(plan->exact));
    return n > 0 ? (size_t)n : 0;
}

size_t seam_plan_identity(const struct seam_plan *plan, char *text, size_t size)
{
    char tiles[256];
    const size_t length = plan_identity(plan, text, size);
    if (plan->exact == SEAM_EXACT_BITS)
        return length;
    /* Elsewhere each tile decides something. */
    seam_plan_tiles(plan, tiles, sizeof(tiles));
    const int n = snprintf(length < size ? text + length : NULL, length < size ? size - length : 0,
                           "tiles: %s\n", tiles);
    return length + (n > 0 ? (size_t)n : 0);
}

/* Whether the tiles cover the axis as those of a plan do. */
static bool axis_is_sound(const struct seam_axis *axis, int64_t alignment)
{
    return axis->tiles > 0 && axis->core > 0 && axis->core <= axis->aligned &&
           axis->core % alignment == 0 && axis->overlap >= 0 && axis->overlap <= axis->core &&
           axis->tiles == seam_div_up(axis->aligned, axis->core) && axis->padded > 0 &&
           axis->padded <= axis->domain_end - axis->domain_begin;
}

bool seam_plan_take_tiles(struct seam_plan *plan, const char *text, const struct seam_facts *facts)
{
    struct seam_plan other = *plan;
    struct seam_axis *x = &other.x, *y = &other.y;
    char again[256];
    /* Rows that stream have no tiles to choose. */
    if (plan->rows) {
        seam_plan_tiles(plan, again, sizeof(again));
        return strcmp(again, text) == 0;
    }
    if (sscanf(text, AXIS_SCAN BETWEEN AXIS_SCAN, &x->tiles, &x->core, &x->overlap, &x->padded,
               &y->tiles, &y->core, &y->overlap, &y->padded) != 8)
        return false;
    x->tile = x->core + x->overlap;
    y->tile = y->core + y->overlap;
    other.batch = (int)seam_min(plan->batch, x->tiles);
    other.in_flight = (int)seam_min(plan->in_flight, x->tiles * y->tiles);
    seam_plan_tiles(&other, again, sizeof(again));
    if (strcmp(again, text) != 0 || !axis_is_sound(x, plan->alignment) ||
        !axis_is_sound(y, plan->alignment) || !seam_plan_memory(&other, facts))
        return false;
    *plan = other;
    return true;
}
