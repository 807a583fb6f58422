/* How far a network sees, measured on a picture as its tiles would be fed, or on noise. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/common.h"
#include "base/log.h"
#include "field/analysis.h"
#include "model/model.h"
#include "model/reach_probe.h"
#include "plan/plan.h"
#include "tile/tile.h"

/* Side of the noise where nothing tells how far the network sees, and the largest. */
#define NOISE_SIDE 256
#define MOST_NOISE_SIDE 512
/* Lines tried a direction, at most: with a tolerance a phase more or less hardly shows. */
#define BIT_LINES 4
#define TOLERANCE_LINES 2
/* Least halo where a change reaches everywhere, in pixels. */
#define LEAST_REACH 32

/* What one measurement needs. */
struct reach {
    struct seam_session *session;
    struct seam_facts facts;
    struct seam_log *log;
    float *input;
    int64_t width, height; /* of it */
    enum seam_result failure; /* of the run that failed */
    double lo, hi;
};

static bool reach_run(void *opaque, const float *in, int64_t width, int64_t height, float *out)
{
    struct reach *r = opaque;
    const struct seam_facts *f = &r->facts;
    struct seam_engine_io io = {
        .input = in,
        .width = width,
        .height = height,
        .output = out,
        .out_width = (width - 2 * f->crop) * f->scale_num / f->scale_den,
        .out_height = (height - 2 * f->crop) * f->scale_num / f->scale_den,
    };
    r->failure = seam_session_run(r->session, &io, r->log);
    if (r->failure != SEAM_OK)
        return false;
    if (io.result != out)
        memcpy(out, io.result,
               (size_t)(f->channels_out * io.out_width * io.out_height) * sizeof(float));
    return true;
}

static enum seam_result reach_alloc(struct reach *r)
{
    r->input = seam_rows_alloc(r->facts.channels_in * r->height, (size_t)r->width * sizeof(float));
    if (r->input)
        return SEAM_OK;
    return seam_log_fail(r->log, SEAM_ERROR_MEMORY,
                         "no memory to measure how far %s sees on %" PRId64 " x %" PRId64 " pixels",
                         r->facts.name, r->width, r->height);
}

static enum seam_result reach_noise(struct reach *r)
{
    const struct seam_facts *f = &r->facts;
    const int64_t align = seam_lcm(f->alignment, f->scale_den);
    const int64_t needed = 2 * (f->field + f->crop) + 2 * align + 16;
    const int64_t least = f->field_known ? 0 : NOISE_SIDE;
    const int64_t side = seam_align_up(seam_clamp(needed, least, MOST_NOISE_SIDE), align);
    r->width = f->fixed_width ? f->fixed_width : side;
    r->height = f->fixed_height ? f->fixed_height : side;
    enum seam_result result = reach_alloc(r);
    uint32_t seed = 7;
    for (int64_t i = 0; result == SEAM_OK && i < f->channels_in * r->width * r->height; i++) {
        seed = seed * 1664525u + 1013904223u;
        r->input[i] = (float)(r->lo + (r->hi - r->lo) * (double)(seed >> 8) / (1 << 24));
    }
    return result;
}

/* The picture as one tile, fed to the network as the first run of a restoration would be. */
static enum seam_result reach_picture(struct reach *r, const struct seam_plan *plan,
                                      const void *samples)
{
    const struct seam_picture *p = &plan->picture;
    struct seam_tile tile;
    struct seam_tile_work work;
    /* A window that holds all of the picture; it is only read. */
    const struct seam_window window = {
        .rows = (unsigned char *)(uintptr_t)samples,
        .row_bytes = (size_t)p->width * (size_t)p->bands * seam_sample_bytes(p->sample),
        .capacity = p->height,
        .end = p->height,
    };
    r->width = plan->x.padded;
    r->height = plan->y.padded;
    enum seam_result result = reach_alloc(r);
    if (result == SEAM_OK)
        result = seam_tile_work_open(&work, plan, &window, r->log);
    if (result != SEAM_OK)
        return result;
    seam_tile_place(&tile, plan, 0, 0);
    seam_tile_load_begin(&work, &tile);
    seam_tile_load_rows(&work, &tile, 0, plan->y.padded);
    if (plan->fill_alpha)
        seam_tile_fill(&work);
    seam_tile_feed(&work, 0);
    memcpy(r->input, work.input,
           (size_t)(r->facts.channels_in * r->width * r->height) * sizeof(float));
    seam_tile_work_close(&work);
    return SEAM_OK;
}

/* One tile, whatever the budget: that the picture is small enough is for the caller to see to. */
static enum seam_result reach_plan(struct reach *r, struct seam_plan *plan,
                                   const struct seam_picture *picture,
                                   const struct seam_params *params)
{
    const struct seam_machine boundless = { .pool = INT64_MAX / 4, .available = INT64_MAX / 4,
                                            .cpus = 1 };
    struct seam_params one = *params;
    one.tile_width = one.tile_height = INT32_MAX;
    one.halo = one.overlap = 0;
    one.edge = SEAM_EDGE_REFLECT;
    one.memory = 0;
    one.strength = 1;
    one.out_sample = SEAM_SAMPLE_F32;
    enum seam_result result = seam_plan_make(plan, picture, &r->facts, &one, &boundless, r->log);
    if (result == SEAM_OK && plan->x.tiles * plan->y.tiles > 1)
        return seam_log_fail(r->log, SEAM_ERROR_ARGUMENT,
                             "%s takes %" PRId64 " x %" PRId64
                             " pixels at a time: measure on no more",
                             r->facts.name, plan->x.padded, plan->y.padded);
    return result;
}

static enum seam_result reach_measure(struct reach *r, double tolerance, struct seam_reach *reach)
{
    const struct seam_facts *f = &r->facts;
    const int64_t blind = f->wraps_border ? f->field : 0;
    const struct seam_reach_net net = {
        .run = reach_run,
        .opaque = r,
        .channels_in = f->channels_in,
        .channels_out = f->channels_out,
        .scale_num = f->scale_num,
        .scale_den = f->scale_den,
        .alignment = seam_lcm(f->alignment, f->scale_den),
        .crop = { [SEAM_LEFT] = f->crop + f->crop_shift_x,
                  [SEAM_RIGHT] = f->crop - f->crop_shift_x,
                  [SEAM_TOP] = f->crop + f->crop_shift_y,
                  [SEAM_BOTTOM] = f->crop - f->crop_shift_y },
        .ignore = { blind, blind, blind, blind },
    };
    const struct seam_reach_trial trial = {
        .input = r->input,
        .width = r->width,
        .height = r->height,
        .lo = r->lo,
        .hi = r->hi,
        .tolerance = tolerance * (r->hi > r->lo ? r->hi - r->lo : r->lo - r->hi),
        .lines = tolerance > 0 ? TOLERANCE_LINES : BIT_LINES,
        .changes = tolerance > 0 ? 1u << SEAM_REACH_TURN
                                 : 1u << SEAM_REACH_INVERT | 1u << SEAM_REACH_LOUD,
    };
    struct seam_reach_found found;
    enum seam_result result = seam_reach_measure(&net, &trial, &found);
    if (result == SEAM_ERROR_ENGINE)
        result = r->failure;
    else if (result == SEAM_ERROR_MEMORY)
        seam_log_fail(r->log, result, "no memory to measure how far %s sees", f->name);
    const int64_t *s = found.reach;
    *reach = (struct seam_reach){
        .sides = { s[SEAM_LEFT], s[SEAM_RIGHT], s[SEAM_TOP], s[SEAM_BOTTOM] },
        .width = r->width,
        .height = r->height,
        .complete = true,
    };
    for (int side = 0; side < 4; side++) {
        reach->largest = seam_max(reach->largest, s[side]);
        reach->complete &= !found.open[side];
    }
    /* Where all of the picture is seen no halo holds it; one that holds what can be held is left. A
     * crop that memory kept small may have held nothing that could be seen. */
    if (f->field_known)
        reach->halo = reach->complete ? reach->largest : f->halo;
    else
        reach->halo = seam_max(
            reach->complete ? reach->largest : seam_min(f->field, reach->largest), LEAST_REACH);
    return result;
}

enum seam_result seam_model_reach(struct seam_model *model, const struct seam_picture *picture,
                                  const void *samples, const struct seam_params *params,
                                  double tolerance, struct seam_reach *reach, struct seam_log *log)
{
    struct reach r = { .log = log };
    struct seam_params defaults;
    struct seam_plan plan;
    seam_params_init(&defaults);
    if (!params)
        params = &defaults;
    seam_model_describe(model, &r.facts);
    *reach = (struct seam_reach){ 0 };
    if (!(tolerance >= 0 && tolerance < 1) || !picture != !samples)
        return seam_log_fail(
            log, SEAM_ERROR_ARGUMENT,
            "a tolerance of %g, and a picture %s its samples: it must be 0 to 1, with "
            "both or neither",
            tolerance, picture ? "without" : "with");
    /* The plan settles the range, with a picture of the network's own kind where there is none. */
    const struct seam_picture own = { .width = 1, .height = 1, .bands = r.facts.channels_in };
    enum seam_result result = seam_session_open(&r.session, model, 0, log);
    if (result != SEAM_OK)
        return result;
    seam_session_limit(r.session, params->memory, 0);
    result = reach_plan(&r, &plan, picture ? picture : &own, params);
    if (result == SEAM_OK) {
        r.lo = plan.range_lo;
        r.hi = plan.range_hi;
        result = picture ? reach_picture(&r, &plan, samples) : reach_noise(&r);
    }
    if (result == SEAM_OK)
        result = reach_measure(&r, tolerance, reach);
    if (result != SEAM_OK)
        *reach = (struct seam_reach){ 0 };
    seam_session_limit(r.session, params->memory, 0); /* which gives back what the runs left */
    seam_session_close(&r.session);
    free(r.input);
    return result;
}
