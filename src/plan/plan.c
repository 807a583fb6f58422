#include <math.h>
#include <stdlib.h>

#include "base/common.h"
#include "plan/geometry.h"
#include "base/log.h"
#include "plan/plan.h"
#include "plan/parts.h"

void seam_params_init(struct seam_params *params)
{
    *params = (struct seam_params){
        .tile_width = SEAM_AUTO,
        .tile_height = SEAM_AUTO,
        .halo = SEAM_AUTO,
        .reach = SEAM_AUTO,
        .overlap = SEAM_AUTO,
        .overlap_percent = 10,
        .batch = SEAM_AUTO,
        .in_flight = SEAM_AUTO,
        .blend = SEAM_BLEND_AUTO,
        .edge = SEAM_EDGE_REFLECT,
        .alpha = SEAM_ALPHA_SCALE,
        .luma = SEAM_LUMA_FULL,
        .order = SEAM_ORDER_RGB,
        .range_lo = NAN,
        .range_hi = NAN,
        .strength = 1,
        .out_sample = SEAM_AUTO,
    };
}

size_t seam_sample_bytes(enum seam_sample sample)
{
    switch (sample) {
    case SEAM_SAMPLE_U8: return 1;
    case SEAM_SAMPLE_U16: return 2;
    case SEAM_SAMPLE_F32: break;
    }
    return 4;
}

int seam_plan_colour_bands(const struct seam_plan *plan)
{
    return plan->picture.bands - (plan->picture.alpha ? 1 : 0);
}

bool seam_plan_blends(const struct seam_plan *plan)
{
    return plan->x.overlap > 0 || plan->y.overlap > 0;
}

bool seam_plan_needs_planes(const struct seam_plan *plan)
{
    /* Channels that are neither in order nor in reverse are sorted out on the way. */
    const bool shuffled = plan->order == SEAM_ORDER_BGR && plan->channels_in > 3;
    return plan->feed != SEAM_FEED_DIRECT || plan->picture.alpha || shuffled;
}

int64_t seam_plan_fill_words(const struct seam_plan *plan)
{
    return plan->fill_alpha ? (plan->x.padded + 2 * SEAM_FILL_RADIUS) / 64 + 2 : 0;
}

int64_t seam_facts_most_crop(const struct seam_facts *facts)
{
    return facts->crop + seam_max(llabs(facts->crop_shift_x), llabs(facts->crop_shift_y));
}

int64_t seam_plan_most_crop(const struct seam_plan *plan)
{
    return plan->crop + seam_max(llabs(plan->x.crop_shift), llabs(plan->y.crop_shift));
}

struct seam_span seam_plan_summed(const struct seam_plan *plan, const struct seam_axis *axis)
{
    const int64_t around = seam_align_up(seam_plan_most_crop(plan), plan->alignment);
    return (struct seam_span){ -around, axis->aligned + around };
}

uint64_t seam_plan_spool(const struct seam_plan *plan)
{
    const struct seam_picture *p = &plan->picture;
    return plan->passes > 1 ? (uint64_t)p->width * (uint64_t)p->height * (uint64_t)p->bands *
                                  seam_sample_bytes(p->sample)
                            : 0;
}

double seam_plan_tile_pixels(const struct seam_plan *plan)
{
    return (double)plan->x.padded * (double)plan->y.padded;
}

int64_t seam_plan_result_width(const struct seam_plan *plan)
{
    return (plan->x.padded - 2 * plan->crop) * plan->scale_num / plan->scale_den;
}

int64_t seam_plan_result_height(const struct seam_plan *plan)
{
    return (plan->y.padded - 2 * plan->crop) * plan->scale_num / plan->scale_den;
}

/* Halo, blend and tile. */
static enum seam_result plan_decide(struct seam_plan *plan, struct seam_plan_request *q,
                                    uint64_t pool)
{
    enum seam_result r = seam_plan_halo(plan, q);
    if (r != SEAM_OK)
        return r;
    seam_plan_blend(plan, q);
    return seam_plan_search(plan, q, pool);
}

/* As plan_decide(), from `start` and with settings of its own; silent. */
static enum seam_result plan_try(struct seam_plan *plan, const struct seam_plan *start,
                                 const struct seam_plan_request *q,
                                 const struct seam_params *params, uint64_t pool)
{
    struct seam_plan_request other = *q;
    other.params = params;
    other.log = NULL;
    *plan = *start;
    return plan_decide(plan, &other, pool);
}

/* What is exact, if the budget lets it be; what was measured to do otherwise. A tile that is asked
 * for makes nothing inexact: where another would be exact, this one is too large. */
static enum seam_result plan_decide_auto(struct seam_plan *plan, const struct seam_plan_request *q,
                                         uint64_t pool)
{
    const struct seam_plan start = *plan;
    struct seam_plan_request last = *q;
    struct seam_params free = *q->params, fast = *q->params;
    enum seam_result r = plan_try(plan, &start, q, q->params, pool);
    if (r == SEAM_OK)
        return r;
    const uint64_t exact_bytes = plan->peak_bytes;
    free.tile_width = free.tile_height = SEAM_AUTO;
    fast.halo = SEAM_HALO_FAST;
    const bool given = q->params->tile_width != SEAM_AUTO || q->params->tile_height != SEAM_AUTO;
    if (!given || plan_try(plan, &start, q, &free, pool) != SEAM_OK) {
        const enum seam_result other = plan_try(plan, &start, q, &fast, pool);
        /* Blending takes memory of its own: the smaller of the two needs is told. */
        if (other == SEAM_OK || (other == SEAM_ERROR_MEMORY && plan->peak_bytes < exact_bytes))
            last.params = &fast;
    }
    *plan = start;
    return plan_decide(plan, &last, pool);
}

static int most_in_flight(const struct seam_facts *facts)
{
    return (int)seam_clamp(facts->device.in_flight, 1, SEAM_MOST_IN_FLIGHT);
}

static uint64_t device_budget(const struct seam_facts *facts, const struct seam_params *params)
{
    const bool less = params->device_memory && params->device_memory < facts->device.memory;
    return less ? params->device_memory : facts->device.memory;
}

/* What runs were asked for that the engine does not give. */
static enum seam_result check_runs(const struct seam_facts *facts,
                                   const struct seam_params *params, struct seam_log *log)
{
    if (params->batch > 1 && !facts->batches)
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT,
                             "%s by the engine %s takes one picture at a time, not %d: %s",
                             facts->name, facts->engine, params->batch,
                             facts->rows.possible ? "use --engine ort, or leave out --batch"
                                                  : "leave out --batch");
    if (params->in_flight > most_in_flight(facts))
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT,
                             "%d runs of %s in flight: the engine %s has at most %d",
                             params->in_flight, facts->name, facts->engine, most_in_flight(facts));
    return SEAM_OK;
}

/* What the table of tiles is looked up by: the memory that tiles lie in. */
static uint64_t tile_pool(const struct seam_facts *facts, const struct seam_params *params,
                          const struct seam_machine *machine)
{
    const uint64_t whole = facts->device_whole ? facts->device_whole : machine->pool;
    const uint64_t stated = facts->device_whole ? params->device_memory : params->memory;
    return stated && stated < whole ? stated : whole;
}

enum seam_result seam_plan_make(struct seam_plan *plan, const struct seam_picture *picture,
                                const struct seam_facts *facts, const struct seam_params *params,
                                const struct seam_machine *machine, struct seam_log *log)
{
    enum seam_result r = seam_plan_check_picture(picture, log);
    if (r == SEAM_OK)
        r = seam_plan_check_params(params, log);
    if (r == SEAM_OK)
        r = seam_plan_check_facts(facts, log);
    if (r == SEAM_OK)
        r = check_runs(facts, params, log);
    if (r != SEAM_OK)
        return r;
    const int out_sample =
        params->out_sample == SEAM_AUTO ? (int)picture->sample : params->out_sample;
    struct seam_plan_request q = {
        .facts = facts,
        .params = params,
        .log = log,
        .batch = params->batch > 1 ? params->batch : 1,
        .in_flight = params->in_flight == SEAM_AUTO ? most_in_flight(facts) : params->in_flight,
    };
    *plan = (struct seam_plan){
        .picture = *picture,
        .scale_num = facts->scale_num,
        .scale_den = facts->scale_den,
        .alignment = seam_lcm(facts->alignment, facts->scale_den),
        .crop = facts->crop,
        .x.crop_shift = facts->crop_shift_x,
        .y.crop_shift = facts->crop_shift_y,
        .edge = params->edge,
        .luma = params->luma,
        .order = params->order,
        .range_lo = isnan(params->range_lo) ? facts->range_lo : params->range_lo,
        .range_hi = isnan(params->range_hi) ? facts->range_hi : params->range_hi,
        .strength = params->strength,
        .out_sample = (enum seam_sample)out_sample,
        .batch = 1,
        .in_flight = 1,
        .passes = facts->passes_in_tiles ? (int)seam_max(facts->passes, 1) : 1,
        .base_bytes = machine->resident,
        .budget_bytes = params->memory ? params->memory
                                       : machine->resident + machine->available / 10 * 9,
        .device_budget_bytes = device_budget(facts, params),
    };
    q.worth = params->memory ? plan->budget_bytes : machine->resident + machine->available / 4;
    if ((r = seam_plan_check_range(plan->range_lo, plan->range_hi, log)) ||
        (r = seam_plan_feed(plan, &q)))
        return r;
    if (seam_plan_rows(plan, &q)) {
        plan->seconds = seam_plan_seconds(plan, facts);
        return SEAM_OK;
    }
    const uint64_t pool = tile_pool(facts, params, machine);
    if (params->halo == SEAM_AUTO && params->reach != SEAM_AUTO)
        return plan_decide_auto(plan, &q, pool);
    return plan_decide(plan, &q, pool);
}
