#include "base/common.h"
#include "field/sym.h"
#include "plan/plan.h"
#include "stream/rows_geometry.h"

int64_t seam_rows_first_output(const struct seam_plan *plan, const struct seam_axis *axis,
                               int64_t begin)
{
    return -seam_floor_div(-(begin + plan->crop + axis->crop_shift) * plan->scale_num,
                           plan->scale_den);
}

int64_t seam_rows_shift(const struct seam_plan *plan, const struct seam_axis *axis)
{
    return seam_rows_first_output(plan, axis, 0);
}

struct seam_span seam_rows_read(const struct seam_plan *plan, struct seam_span rows)
{
    struct seam_span reads = { INT64_MAX, INT64_MIN };
    for (int64_t y = rows.begin; y < rows.end; y++) {
        const int64_t at = seam_axis_map(&plan->y, plan->edge, y);
        if (at < 0)
            continue;
        reads.begin = seam_min(reads.begin, at);
        reads.end = seam_max(reads.end, at + 1);
    }
    return reads;
}

struct seam_span seam_rows_with_context(const struct seam_plan *plan, int64_t context,
                                        struct seam_span rows)
{
    return (struct seam_span){ seam_max(rows.begin - context, plan->y.domain_begin),
                               seam_min(rows.end + context, plan->y.domain_end) };
}

/* The rows that output rows lie over. */
static struct seam_span rows_under(const struct seam_plan *plan, struct seam_span out)
{
    const int64_t num = plan->scale_num, den = plan->scale_den, a = plan->alignment;
    return (struct seam_span){ seam_floor_div(seam_floor_div(out.begin * den, num), a) * a,
                               seam_div_up(out.end * den, num) };
}

struct seam_span seam_rows_finishing(const struct seam_plan *plan, int64_t context,
                                     struct seam_span out)
{
    const int64_t a = plan->alignment, crop = seam_align_up(seam_plan_most_crop(plan), a);
    const struct seam_span under =
        seam_rows_with_context(plan, context, rows_under(plan, out));
    return (struct seam_span){
        under.begin - crop,
        under.begin - crop + seam_align_up(under.end - under.begin + 2 * crop, a),
    };
}
