#include <inttypes.h>
#include <string.h>

#include "base/process.h"
#include "base/common.h"
#include "job/reach.h"
#include "plan/geometry.h"
#include "files/load.h"
#include "files/normalise.h"
#include "base/log.h"

/* Padded area over the picture's, less 1: of four parts of the work one is of use. */
#define MUCH_WASTE 3.0

/* Side of the crop that is looked at, where nothing says that it should be larger, and the
 * largest. */
#define CROP_SIDE 256
#define MOST_CROP_SIDE 512
/* And the smallest, where memory is short. */
#define LEAST_CROP_SIDE 64

/* Where a crop is looked for, in quarters of the picture: its middle, and where that is black, or
 * clear sky, wherever there is most to see. */
static const int places[][2] = { { 2, 2 }, { 1, 1 }, { 3, 1 }, { 1, 3 }, { 3, 3 } };

/* What changes less than that shows little of a network; what changes less than a quarter of it
 * shows nothing, and noise takes its place. */
#define DULL (1.0 / 256)

/* Memory that a run on one more pixel takes, in bytes: the engine's, and the planes compared. */
static double bytes_per_pixel(const struct seam_facts *f)
{
    const double scale = (double)f->scale_num / (double)f->scale_den;
    return f->scratch_per_pixel + sizeof(float) * (3.0 * f->channels_in +
                                                   3.0 * f->channels_out * scale * scale);
}

int64_t seam_reach_side(const struct seam_facts *facts, uint64_t budget)
{
    struct seam_machine machine;
    const int64_t align = seam_lcm(facts->alignment, facts->scale_den);
    const int64_t needed = seam_align_up(2 * (facts->field + facts->crop) + 4 * align, align);
    int64_t side = seam_clamp(needed, CROP_SIDE, MOST_CROP_SIDE);
    seam_machine_memory(&machine);
    const double held = (double)(machine.resident + facts->scratch_bytes);
    const double room =
        (budget ? (double)budget : (double)(machine.resident + machine.available / 2)) - held;
    while (side > LEAST_CROP_SIDE && (double)(side * side) * bytes_per_pixel(facts) > room)
        side /= 2;
    if (facts->fixed_width)
        side = seam_min(side, facts->fixed_width);
    if (facts->fixed_height)
        side = seam_min(side, facts->fixed_height);
    return side;
}

/* Whether a plan that was tried, with result `r`, would come out otherwise if the reach were
 * known. */
static bool wants_reach(const struct seam_params *params, const struct seam_facts *facts,
                        const struct seam_plan *plan, enum seam_result r)
{
    if (params->reach != SEAM_AUTO || params->halo >= 0)
        return false;
    if (r != SEAM_OK)
        return r == SEAM_ERROR_MEMORY && facts->field_known;
    if (plan->x.tiles * plan->y.tiles == 1)
        return false;
    return plan->halo_reason == SEAM_HALO_DEFAULT || params->halo == SEAM_HALO_FAST;
}

/* Measured on a crop; where that shows nothing, on noise. */
static enum seam_result reach_of_crop(struct seam_session *session, const struct seam_crop *crop,
                                      double detail, const struct seam_params *params,
                                      struct seam_log *log)
{
    const bool dull = detail < DULL / 4;
    return seam_model_reach(session->model, dull ? NULL : &crop->picture,
                            dull ? NULL : crop->samples, params, SEAM_REACH_TOLERANCE,
                            &session->reach, log);
}

enum seam_result seam_session_reach_crop(struct seam_session *session, const struct seam_crop *crop,
                                struct seam_params *params, struct seam_log *log)
{
    struct seam_plan plan;
    struct seam_machine machine;
    if (session->reach.width == 0) {
        seam_machine_memory(&machine);
        const enum seam_result tried =
            seam_plan_make(&plan, &crop->picture, &session->facts, params, &machine, NULL);
        if (!wants_reach(params, &session->facts, &plan, tried))
            return SEAM_OK;
        const enum seam_result r =
            reach_of_crop(session, crop, seam_crop_detail(crop), params, log);
        if (r != SEAM_OK)
            return r;
    }
    params->reach = session->reach.halo;
    return SEAM_OK;
}

/* A crop of the file at `path`, as it lies there: that it may be turned does not matter. */
static enum seam_result crop_at(struct seam_crop *crop, const char *path, const int *quarters,
                                int64_t side, const struct seam_vips_params *params,
                                const struct seam_cancel *cancel, struct seam_log *log)
{
    VipsImage *image = seam_load_again(path);
    if (!image)
        return seam_io_vips_failed(log, SEAM_ERROR_IO, path);
    const enum seam_result r =
        seam_crop_take(crop, image, path, side, quarters, params->transfer, cancel, log);
    g_object_unref(image);
    return r;
}

/* The busiest of some crops, as soon as one is busy enough. */
static enum seam_result busy_crop(struct seam_crop *crop, double *detail, const char *path,
                                  int64_t side, const struct seam_vips_params *params,
                                  const struct seam_cancel *cancel, struct seam_log *log)
{
    *detail = -1;
    for (size_t i = 0; i < SEAM_ARRAY_LEN(places) && *detail < DULL; i++) {
        struct seam_crop other;
        const enum seam_result r = crop_at(&other, path, places[i], side, params, cancel, log);
        if (r != SEAM_OK) {
            if (*detail >= 0)
                seam_crop_free(crop);
            return r;
        }
        const double found = seam_crop_detail(&other);
        const bool better = found > *detail;
        if (better && *detail >= 0)
            seam_crop_free(crop);
        if (better)
            *crop = other;
        else
            seam_crop_free(&other);
        *detail = better ? found : *detail;
    }
    return SEAM_OK;
}

/* On side x side pixels of the file at `path`. */
static enum seam_result reach_of_file(struct seam_session *session, const char *path, int64_t side,
                                      const struct seam_vips_params *params,
                                      const struct seam_cancel *cancel, struct seam_log *log)
{
    struct seam_crop crop;
    double detail;
    enum seam_result r = busy_crop(&crop, &detail, path, side, params, cancel, log);
    if (r != SEAM_OK)
        return r;
    r = reach_of_crop(session, &crop, detail, &params->params, log);
    seam_crop_free(&crop);
    return r;
}

/* On as much of it as there is memory for; `log` is begun anew by each try. */
static enum seam_result reach_in_memory(struct seam_session *session, const char *path,
                                        const struct seam_vips_params *params,
                                        const struct seam_cancel *cancel, struct seam_log *log)
{
    int64_t side = seam_reach_side(&session->facts, params->params.memory);
    enum seam_result r;
    do {
        seam_log_init(log);
        r = reach_of_file(session, path, side, params, cancel, log);
        side /= 2;
    } while (r == SEAM_ERROR_MEMORY && side >= LEAST_CROP_SIDE / 2);
    return r;
}

/* Whether the exact halo is known of every plan, so that only a lack of memory would want less. */
static bool is_reach_known(const struct seam_facts *facts, const struct seam_params *params)
{
    return facts->field_known && facts->passes <= 1 && !facts->wraps_border &&
           params->halo != SEAM_HALO_FAST;
}

enum seam_result seam_session_reach(struct seam_session *session, const struct seam_load *load,
                           const char *input, struct seam_vips_params *params,
                           const struct seam_cancel *cancel, struct seam_log *log)
{
    struct seam_plan plan;
    if (params->params.reach != SEAM_AUTO || params->params.halo >= 0)
        return SEAM_OK;
    /* In a lane a picture that lacks memory is left to be restored alone. */
    if (session->ledger && is_reach_known(&session->facts, &params->params))
        return SEAM_OK;
    const enum seam_result tried = seam_vips_plan(session->model, load->image, &plan, params, NULL);
    if (!wants_reach(&params->params, &session->facts, &plan, tried))
        return SEAM_OK;
    struct seam_log quiet;
    enum seam_result r = SEAM_OK;
    if (session->reach.width == 0)
        r = reach_in_memory(session, load->piped ? load->piped : input, params, cancel,
                            &quiet);
    if (r == SEAM_OK)
        params->params.reach = session->reach.halo;
    else /* Of what is wrong with the picture, its restoration will tell. */
        seam_debug(log, "how far %s sees is not measured: %s", session->facts.name, quiet.error);
    return r == SEAM_ERROR_ENGINE || r == SEAM_CANCELLED
               ? seam_log_fail(log, r, "%s", quiet.error)
               : SEAM_OK;
}

/* What it is that forbids exactness. */
static const char *first_node(const struct seam_session *session, char *text, size_t size)
{
    if (session->facts.unbounded_nodes == 0)
        return "how far it sees is not known";
    const struct seam_unbounded_node node = seam_model_unbounded(session->model, 0);
    g_snprintf(text, size, "%s (%s): %s", node.name, node.op, node.why);
    return text;
}

/* Where a network takes one size and the halo leaves little of it. */
static const char *dear(const struct seam_session *session, const struct seam_plan *plan,
                        char *text, size_t size)
{
    if (session->facts.fixed_width == 0 || plan->waste < MUCH_WASTE)
        return "";
    g_snprintf(text, size, ". %.0f %% of its %lld x %lld pixels are spent on that: a smaller "
               "--halo is faster, and shows sooner", 100 * plan->waste / (1 + plan->waste),
               (long long)plan->x.padded, (long long)plan->y.padded);
    return text;
}

void seam_halo_notice(const struct seam_session *session, const struct seam_plan *plan,
                     struct seam_log *log)
{
    char text[512], more[160];
    if (plan->x.tiles * plan->y.tiles == 1 || plan->exact != SEAM_EXACT_NO)
        return;
    if (plan->exact_halo != SEAM_AUTO && plan->halo_reason == SEAM_HALO_ASKED &&
        plan->halo < plan->exact_halo) {
        seam_warning(log, "a halo of %" PRId64 " is less than the %" PRId64
                     " that make the result exact; leave out --halo", plan->halo,
                     plan->exact_halo);
    } else if (plan->halo_reason == SEAM_HALO_REACH && session->reach.complete) {
        seam_notice(log, "not exact: a halo of %" PRId64 " pixels, beyond which a change of the "
                    "picture moved the result by less than 1/1024 of its range, and tiles are "
                    "blended%s", plan->halo, dear(session, plan, more, sizeof(more)));
    } else if (plan->exact_halo == SEAM_AUTO && plan->halo_reason != SEAM_HALO_ASKED) {
        seam_notice(log, "no halo makes %s exact: %s. A halo of %" PRId64
                    " pixels, and tiles are blended%s", session->facts.name,
                    first_node(session, text, sizeof(text)), plan->halo,
                    dear(session, plan, more, sizeof(more)));
    }
}
