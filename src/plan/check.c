#include <inttypes.h>
#include <math.h>

#include "base/log.h"
#include "plan/parts.h"

enum seam_result seam_plan_check_picture(const struct seam_picture *p, struct seam_log *log)
{
    if (p->width < 1 || p->height < 1 || p->width > SEAM_LARGEST_SIDE ||
        p->height > SEAM_LARGEST_SIDE)
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT,
                             "a picture of %" PRId64 " x %" PRId64 " pixels: each side must be "
                             "1 to %d", p->width, p->height, SEAM_LARGEST_SIDE);
    if (p->bands < (p->alpha ? 2 : 1) || p->bands > 4096)
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT,
                             "a picture of %d bands%s cannot be restored", p->bands,
                             p->alpha ? ", alpha included," : "");
    if (!seam_sample_name(p->sample) || !seam_transfer_name(p->transfer))
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT,
                             "a picture with samples of type %d and transfer %d: no such type",
                             (int)p->sample, (int)p->transfer);
    if (p->transfer != SEAM_TRANSFER_NONE && p->sample != SEAM_SAMPLE_F32)
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT,
                             "a picture in linear light must have float samples, not %s bits",
                             seam_sample_name(p->sample));
    return SEAM_OK;
}

/* `name` is what the tables of names.c say of the value: NULL where it is none of theirs. */
static enum seam_result plan_check_name(const char *setting, const char *name, int value,
                                        struct seam_log *log)
{
    if (name)
        return SEAM_OK;
    return seam_log_fail(log, SEAM_ERROR_ARGUMENT, "%s is %d: there is no such value", setting,
                         value);
}

static enum seam_result plan_check_size(const char *name, int64_t value, int64_t least,
                                        struct seam_log *log)
{
    if (value == SEAM_AUTO || (value >= least && value <= SEAM_LARGEST_SIDE))
        return SEAM_OK;
    return seam_log_fail(log, SEAM_ERROR_ARGUMENT,
                         "%s is %" PRId64 ": it must be %" PRId64 " to %d pixels, or auto", name,
                         value, least, SEAM_LARGEST_SIDE);
}

enum seam_result seam_plan_check_range(double lo, double hi, struct seam_log *log)
{
    const double most = 1e30; /* beyond it the network's floats overflow */
    if (fabs(lo) <= most && fabs(hi) <= most && isnormal((float)hi - (float)lo))
        return SEAM_OK;
    return seam_log_fail(log, SEAM_ERROR_ARGUMENT,
                         "a range of %g..%g: give two different finite numbers, such as 0..255",
                         lo, hi);
}

enum seam_result seam_plan_check_params(const struct seam_params *p, struct seam_log *log)
{
    enum seam_result r;
    if ((r = plan_check_size("the tile width", p->tile_width, 1, log)) ||
        (r = plan_check_size("the tile height", p->tile_height, 1, log)) ||
        (p->halo != SEAM_HALO_FAST && (r = plan_check_size("the halo", p->halo, 0, log))) ||
        (r = plan_check_size("the reach", p->reach, 0, log)) ||
        (r = plan_check_size("the overlap", p->overlap, 0, log)))
        return r;
    if (!(p->overlap_percent >= 0 && p->overlap_percent <= 50))
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT,
                             "an overlap of %g %%: it must be 0 to 50 %% of the tile",
                             p->overlap_percent);
    if (p->batch != SEAM_AUTO && (p->batch < 1 || p->batch > SEAM_MOST_BATCH))
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT, "a batch of %d: it must be 1 to %d, or auto",
                             p->batch, SEAM_MOST_BATCH);
    if (p->in_flight != SEAM_AUTO && (p->in_flight < 1 || p->in_flight > SEAM_MOST_IN_FLIGHT))
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT,
                             "%d runs in flight: there must be 1 to %d, or auto", p->in_flight,
                             SEAM_MOST_IN_FLIGHT);
    /* NaN leaves either end to the model. */
    if (!isnan(p->range_lo) && !isnan(p->range_hi) &&
        (r = seam_plan_check_range(p->range_lo, p->range_hi, log)))
        return r;
    if (!(p->strength >= 0 && p->strength <= 1))
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT, "a strength of %g: it must be 0 to 1",
                             p->strength);
    if (p->out_sample != SEAM_AUTO &&
        (r = plan_check_name("the type of output samples",
                             seam_sample_name((enum seam_sample)p->out_sample), p->out_sample,
                             log)))
        return r;
    if ((r = plan_check_name("the edge", seam_edge_name(p->edge), (int)p->edge, log)) ||
        (r = plan_check_name("the blend", seam_blend_name(p->blend), (int)p->blend, log)) ||
        (r = plan_check_name("the alpha mode", seam_alpha_name(p->alpha), (int)p->alpha, log)) ||
        (r = plan_check_name("the luma mode", seam_luma_name(p->luma), (int)p->luma, log)) ||
        (r = plan_check_name("the order", seam_order_name(p->order), (int)p->order, log)))
        return r;
    return SEAM_OK;
}
