#include "base/log.h"
#include "plan/plan.h"
#include "plan/parts.h"

int seam_plan_colour_runs(const struct seam_plan *plan)
{
    const int colour = seam_plan_colour_bands(plan);
    return plan->feed == SEAM_FEED_EACH     ? colour
           : plan->feed == SEAM_FEED_GROUPS ? (colour + 2) / 3
                                            : 1;
}

enum seam_result seam_plan_feed(struct seam_plan *plan, const struct seam_plan_request *q)
{
    const struct seam_picture *picture = &plan->picture;
    int in = q->facts->channels_in, out = q->facts->channels_out;
    plan->channels_in = in;
    plan->channels_out = out;
    /* A network of as many channels as the picture has bands takes alpha as one of them; not of
     * three, for two bands and what hides their holes are no colours. */
    if (picture->alpha && in == picture->bands && in > 3)
        plan->picture.alpha = false;
    int colour = seam_plan_colour_bands(plan);

    int colour_out;
    if (in == colour) {
        plan->feed = SEAM_FEED_DIRECT;
        colour_out = out;
    } else if (in == 1 && colour == 3 && q->params->luma != SEAM_LUMA_EACH) {
        plan->feed = SEAM_FEED_LUMA;
        colour_out = out == 1 ? 3 : out;
    } else if (in == 3 && out == 3 && colour > 1 && q->params->luma != SEAM_LUMA_EACH) {
        plan->feed = SEAM_FEED_GROUPS;
        colour_out = colour;
    } else if (in == out && (in == 1 || in == 3)) {
        plan->feed = SEAM_FEED_EACH;
        colour_out = colour;
    } else if (in == 3 && colour == 1) {
        plan->feed = SEAM_FEED_EACH;
        colour_out = out;
    } else {
        return seam_log_fail(q->log, SEAM_ERROR_ARGUMENT,
                             "%s: a network of %d channels in and %d out cannot restore a picture "
                             "of %d colour bands", q->facts->name, in, out, colour);
    }
    const bool alpha = plan->picture.alpha;
    plan->alpha_in_model = alpha && q->params->alpha == SEAM_ALPHA_MODEL;
    if (plan->alpha_in_model && (in != out || (in != 1 && in != 3)))
        return seam_log_fail(q->log, SEAM_ERROR_ARGUMENT,
                             "%s: alpha goes through networks of 1 or 3 channels, this one has %d "
                             "in and %d out; use --alpha scale", q->facts->name, in, out);
    if (q->params->strength != 1 &&
        (plan->scale_num != plan->scale_den || colour_out != colour))
        return seam_log_fail(q->log, SEAM_ERROR_ARGUMENT,
                             "a strength of %g needs a network whose result lies over the picture, "
                             "pixel by pixel: %s gives another size or other channels",
                             q->params->strength, q->facts->name);
    plan->fill_alpha = alpha && !picture->data;
    plan->runs = seam_plan_colour_runs(plan) + plan->alpha_in_model;
    plan->out_bands = colour_out + alpha;
    return SEAM_OK;
}
