#include <inttypes.h>
#include <math.h>

#include "base/common.h"
#include "base/log.h"
#include "plan/parts.h"
#include "plan/plan.h"

/* Lay out one axis: balanced cores, one padded shape, all of it inside what a whole run sees. */
static enum seam_result plan_axis(struct seam_axis *axis, const struct seam_plan *plan,
                                  const struct seam_plan_request *q, int64_t size, int64_t tile,
                                  int64_t fixed)
{
    const int64_t a = plan->alignment;
    const bool model_edge = plan->edge == SEAM_EDGE_MODEL;
    const int64_t margin = model_edge ? seam_align_up(seam_plan_most_crop(plan), a) : plan->margin;
    *axis = (struct seam_axis){ .size = size,
                                .aligned = seam_align_up(size, a),
                                .crop_shift = axis->crop_shift };
    axis->domain_begin = -margin;
    axis->domain_end = seam_max(axis->aligned + margin, fixed - margin);
    axis->out_size = seam_div_up(size * plan->scale_num, plan->scale_den);

    if (fixed)
        tile = fixed - 2 * plan->halo;
    axis->tiles = 1;
    axis->core = axis->aligned;
    axis->padded = fixed ? fixed : axis->domain_end - axis->domain_begin;
    if (tile >= axis->aligned || (fixed && fixed >= axis->aligned + 2 * margin)) {
        axis->tile = axis->core;
        return SEAM_OK;
    }
    if (plan->blend != SEAM_BLEND_NONE) {
        double percent = (double)tile * q->params->overlap_percent / 100;
        axis->overlap = seam_align_up(seam_max(q->params->overlap, 0), a);
        if (q->params->overlap < 0) /* no more than a tile can bear, whatever the alignment */
            axis->overlap = seam_min(seam_align_up(llround(percent), a),
                                     seam_max(tile / 2 / a * a, a));
    }
    int64_t most = (tile - axis->overlap) / a * a;
    if (most < axis->overlap || most < a)
        return seam_log_fail(q->log, SEAM_ERROR_ARGUMENT,
                             "a tile of %" PRId64 " with an overlap of %" PRId64 " and alignment %"
                             PRId64 ": a tile must be at least twice the overlap, and %" PRId64
                             " more than it; use a larger --tile or a smaller --overlap", tile,
                             axis->overlap, a, a);
    int64_t tiles = seam_div_up(axis->aligned, most);
    axis->core = seam_align_up(seam_div_up(axis->aligned, tiles), a);
    axis->core = seam_max(axis->core, axis->overlap);
    axis->tiles = seam_div_up(axis->aligned, axis->core);
    axis->tile = axis->core + axis->overlap;
    if (!fixed)
        axis->padded = seam_min(seam_align_up(axis->tile + 2 * plan->halo, a),
                                axis->domain_end - axis->domain_begin);
    return SEAM_OK;
}

enum seam_result seam_plan_layout(struct seam_plan *plan, const struct seam_plan_request *q)
{
    const struct seam_picture *p = &plan->picture;
    enum seam_result r = plan_axis(&plan->x, plan, q, p->width, q->tile_width,
                                   q->facts->fixed_width);
    if (r == SEAM_OK)
        r = plan_axis(&plan->y, plan, q, p->height, q->tile_height, q->facts->fixed_height);
    if (r != SEAM_OK)
        return r;
    plan->batch = (int)seam_min(q->batch, plan->x.tiles);
    const int64_t runs = seam_div_up(plan->x.tiles, plan->batch) * plan->y.tiles;
    plan->in_flight = (int)seam_min(q->in_flight, runs);
    double seen = (double)plan->x.padded * (double)plan->x.tiles * (double)plan->y.padded *
                  (double)plan->y.tiles;
    plan->waste = seen / ((double)p->width * (double)p->height) - 1;
    if (!seam_plan_memory(plan, q->facts))
        return seam_log_fail(q->log, SEAM_ERROR_MEMORY,
                             "a picture of %" PRId64 " x %" PRId64 " with %d bands in tiles of "
                             "%" PRId64 " x %" PRId64 " and their halo needs more memory than can "
                             "be counted: use a smaller --tile or --halo", p->width, p->height,
                             p->bands, plan->x.padded, plan->y.padded);
    return SEAM_OK;
}
