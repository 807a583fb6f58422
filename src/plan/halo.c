#include <inttypes.h>

#include "base/common.h"
#include "base/log.h"
#include "plan/plan.h"
#include "plan/parts.h"

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

/* The least halo with which this plan is exact for a network that sees `halo` pixels; SEAM_AUTO
 * where none is. */
static int64_t plan_exact_halo(const struct seam_plan *plan, const struct seam_plan_request *q,
                               int64_t halo)
{
    const struct seam_facts *facts = q->facts;
    /* In passes, what is summed up and what is rolled round the borders is all of the picture. */
    const bool whole = q->by_rows && facts->passes > 1;
    const bool sums = facts->passes > 1 && facts->unbounded_nodes > 0 &&
                      !facts->passes_in_tiles;
    const bool wraps = facts->wraps_border && plan->edge == SEAM_EDGE_MODEL;
    if (!facts->field_known || (!whole && (sums || wraps)))
        return SEAM_AUTO;
    /* Chroma that is resampled sees as far as its kernel, and filled colours farther still. */
    const int64_t beside = plan_resamples(plan) ? plan_resample_reach(plan) : 0;
    const int64_t seen = plan->feed == SEAM_FEED_LUMA ? seam_max(halo, beside) : halo;
    return seam_max(seen + (plan->fill_alpha ? SEAM_FILL_RADIUS : 0), beside);
}

/* The halo wanted, before anything else demands more, and why. */
static int64_t plan_wanted_halo(struct seam_plan *plan, const struct seam_params *params)
{
    const int64_t exact = plan->exact_halo, reach = params->reach;
    plan->halo_reason = SEAM_HALO_ASKED;
    if (params->halo >= 0)
        return params->halo;
    const bool fast = params->halo == SEAM_HALO_FAST && reach != SEAM_AUTO && reach < exact;
    plan->halo_reason = SEAM_HALO_EXACT;
    if (exact != SEAM_AUTO && !fast)
        return exact;
    plan->halo_reason = SEAM_HALO_REACH;
    if (reach != SEAM_AUTO)
        return reach;
    plan->halo_reason = SEAM_HALO_DEFAULT;
    return DEFAULT_HALO;
}

/* A network of fixed shape leaves room for so much and no more. */
static enum seam_result plan_fit_shape(struct seam_plan *plan, const struct seam_plan_request *q)
{
    const struct seam_facts *facts = q->facts;
    int64_t fixed = facts->fixed_width;
    if (facts->fixed_height && (!fixed || facts->fixed_height < fixed))
        fixed = facts->fixed_height;
    if (!fixed || 2 * plan->halo + plan->alignment <= fixed)
        return SEAM_OK;
    const int64_t most = seam_max(fixed / 4 / plan->alignment * plan->alignment,
                                  seam_align_up(seam_facts_most_crop(facts), plan->alignment));
    if (q->params->halo >= 0 || 2 * most >= fixed)
        return seam_log_fail(q->log, SEAM_ERROR_ARGUMENT,
                             "a halo of %" PRId64 " leaves nothing of the %" PRId64 " pixels "
                             "that %s takes at a time: use --halo %" PRId64, plan->halo, fixed,
                             facts->name, most);
    plan->halo = most;
    plan->halo_reason = SEAM_HALO_SHAPE;
    return SEAM_OK;
}

enum seam_result seam_plan_halo(struct seam_plan *plan, const struct seam_plan_request *q)
{
    const struct seam_facts *facts = q->facts;
    enum seam_result r = plan_check_fixed(plan, q);
    if (r != SEAM_OK)
        return r;
    const int64_t beside = plan_resamples(plan) ? plan_resample_reach(plan) : 0;
    const int64_t near = plan_exact_halo(plan, q, facts->halo);
    plan->exact_halo = plan_exact_halo(plan, q, seam_max(facts->halo, facts->bits_halo));
    plan->halo = plan_wanted_halo(plan, q->params);
    plan->halo = seam_max(seam_max(plan->halo, seam_facts_most_crop(facts)), beside);
    plan->halo = seam_align_up(plan->halo, plan->alignment);
    r = plan_fit_shape(plan, q);
    plan->exact = near != SEAM_AUTO && plan->halo >= near ? facts->exact : SEAM_EXACT_NO;
    if (plan->exact == SEAM_EXACT_BITS && plan->halo < plan->exact_halo)
        plan->exact = SEAM_EXACT_NUMERIC;
    /* What the last bits of tiles need beyond that, nothing beyond the border does. */
    const int64_t seen = near < plan->exact_halo ? near : plan->halo;
    const int64_t margin = seam_max(seam_min(seen, SEAM_MOST_MARGIN), seam_facts_most_crop(facts));
    plan->margin = seam_min(plan->halo, seam_align_up(margin, plan->alignment));
    return r;
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
