#include <inttypes.h>

#include "common.h"
#include "log.h"
#include "plan.h"
#include "plan_parts.h"

#define DEFAULT_HALO 32

/* Whether something beside the network is resampled, which needs context of its own. */
static bool plan_resamples(const struct seam_plan *plan)
{
    bool alpha = plan->picture.alpha && !plan->alpha_in_model;
    return plan->scale_num != plan->scale_den && (alpha || plan->feed == SEAM_FEED_LUMA);
}

static int64_t plan_resample_reach(const struct seam_plan *plan)
{
    return SEAM_RESAMPLE_REACH * seam_max(1, seam_div_up(plan->scale_den, plan->scale_num));
}

/* Origins of tiles of a fixed shape are multiples of the alignment only where the shape is. */
static enum seam_result plan_check_fixed(const struct seam_plan *plan,
                                         const struct seam_plan_request *q)
{
    const struct seam_facts *f = q->facts;
    const int64_t a = plan->alignment;
    if (f->fixed_width % a == 0 && f->fixed_height % a == 0)
        return SEAM_OK;
    return seam_log_fail(q->log, SEAM_ERROR_ARGUMENT,
                         "%s takes %" PRId64 " x %" PRId64 " pixels at a time, no multiple of an "
                         "alignment of %" PRId64 ": use --align %" PRId64, f->name, f->fixed_width,
                         f->fixed_height, a,
                         seam_gcd(a, seam_gcd(f->fixed_width, f->fixed_height)));
}

enum seam_result seam_plan_halo(struct seam_plan *plan, const struct seam_plan_request *q)
{
    const struct seam_facts *facts = q->facts;
    enum seam_result r = plan_check_fixed(plan, q);
    if (r != SEAM_OK)
        return r;
    /* Chroma that is resampled sees as far as its kernel, and filled colours farther still. */
    const int64_t beside = plan_resamples(plan) ? plan_resample_reach(plan) : 0;
    const int64_t seen = plan->feed == SEAM_FEED_LUMA ? seam_max(facts->field, beside) : facts->field;
    const int64_t exact = seen + (plan->fill_alpha ? SEAM_FILL_RADIUS : 0);
    int64_t halo = q->params->halo;
    if (halo == SEAM_AUTO)
        halo = facts->field_known ? exact : DEFAULT_HALO;
    halo = seam_max(halo, facts->crop);
    halo = seam_align_up(seam_max(halo, beside), plan->alignment);

    int64_t fixed = facts->fixed_width;
    if (facts->fixed_height && (!fixed || facts->fixed_height < fixed))
        fixed = facts->fixed_height;
    if (fixed && 2 * halo + plan->alignment > fixed) {
        int64_t most = seam_max(fixed / 4 / plan->alignment * plan->alignment,
                                seam_align_up(facts->crop, plan->alignment));
        if (q->params->halo != SEAM_AUTO || 2 * most >= fixed)
            return seam_log_fail(q->log, SEAM_ERROR_ARGUMENT,
                                 "a halo of %" PRId64 " leaves nothing of the %" PRId64 " pixels "
                                 "that %s takes at a time: use --halo %" PRId64, halo, fixed,
                                 facts->name, most);
        halo = most;
    }
    plan->halo = halo;
    plan->exact =
        facts->field_known && halo >= seam_max(exact, beside) ? facts->exact : SEAM_EXACT_NO;
    return SEAM_OK;
}

void seam_plan_blend(struct seam_plan *plan, const struct seam_plan_request *q)
{
    plan->blend = q->params->blend;
    if (plan->blend == SEAM_BLEND_AUTO) {
        bool agree = plan->exact != SEAM_EXACT_NO;
        plan->blend = agree && q->params->overlap <= 0 ? SEAM_BLEND_NONE : SEAM_BLEND_LINEAR;
    }
    if (q->params->overlap == 0 || (q->params->overlap < 0 && q->params->overlap_percent <= 0))
        plan->blend = SEAM_BLEND_NONE;
}
