#include <math.h>
#include <string.h>

#include "base/process.h"
#include "base/common.h"
#include "base/log.h"
#include "files/metadata.h"
#include "files/normalise.h"
#include "job/stages.h"
#include "libvips/colour.h"
#include "libvips/resize.h"
#include "model/model.h"

#define INCH 25.4 /* millimetres */

static bool go_on(void *opaque, const struct seam_progress *progress)
{
    (void)progress;
    return !seam_cancel_asked(opaque);
}

/* The first of two passes has a smaller picture than the second: a third of what the process does
 * not hold yet. */
static uint64_t first_budget(const struct seam_model *model, uint64_t budget)
{
    struct seam_machine machine;
    if (!budget)
        return 0;
    seam_machine_memory(&machine);
    const uint64_t held = machine.resident > seam_model_reached(model) ? machine.resident
                                                                        : seam_model_reached(model);
    return held < budget ? held + (budget - held) / 3 : budget;
}

/* Settings of the first of two passes, where `last` are those of the second. */
static struct seam_vips_params first_of(const struct seam_model *model,
                                        const struct seam_vips_params *last)
{
    struct seam_vips_params first = *last;
    first.params.out_sample = SEAM_SAMPLE_F32;
    first.params.memory = first_budget(model, last->params.memory);
    first.journal = NULL;
    first.wanted = NULL;
    first.wanted_count = 0;
    first.held_bytes = 0;
    first.rows_behind = 0;
    return first;
}

/* Make `first` of the picture, and let the plan of the second count what that holds. */
static enum seam_result open_first(struct seam_stages *s, struct seam_model *model, VipsImage *in,
                                   struct seam_vips_params *second,
                                   const struct seam_cancel *cancel, struct seam_log *log)
{
    struct seam_plan plan;
    struct seam_vips_params params = first_of(model, second);
    params.callbacks.progress = go_on;
    params.callbacks.opaque = (void *)(uintptr_t)cancel;
    const enum seam_result r = seam_vips_restore(model, in, &s->first, &plan, &params, log);
    if (r == SEAM_OK)
        second->held_bytes += plan.peak_bytes - plan.base_bytes;
    second->callbacks.left = second->callbacks.left * plan.scale_num / plan.scale_den;
    second->callbacks.top = second->callbacks.top * plan.scale_num / plan.scale_den;
    return r;
}

bool seam_stages_convert(VipsImage *in, enum seam_colour colour, int transfer)
{
    struct seam_icc icc;
    return colour != SEAM_COLOUR_KEEP && transfer == SEAM_AUTO &&
           seam_colour_kind(&icc, in) == SEAM_COLOUR_OTHER;
}

/* A network that changes nothing is not worth the way through another space, from which dark
 * samples of 16 bits come back a little off. */
enum seam_colour seam_stages_colour(const struct seam_facts *facts, const struct seam_shape *shape,
                                    int64_t width, int64_t height, enum seam_colour asked)
{
    const bool nothing = strcmp(facts->engine, "null") == 0 && shape->width == width &&
                         shape->height == height;
    return nothing && asked == SEAM_COLOUR_AUTO ? SEAM_COLOUR_KEEP : asked;
}

/* Say what becomes of the colours, and let `light` be what the network's are made of: `in` itself
 * where they stay. */
static enum seam_result open_light(VipsImage **light, VipsImage *in,
                                   struct seam_vips_params *params, enum seam_colour colour,
                                   struct seam_log *log)
{
    struct seam_icc icc;
    *light = NULL;
    if (colour == SEAM_COLOUR_KEEP || params->transfer != SEAM_AUTO)
        return SEAM_OK;
    const enum seam_colour_kind kind = seam_colour_kind(&icc, in);
    const char *name = params->name ? params->name : "the picture";
    if (kind == SEAM_COLOUR_UNKNOWN)
        seam_notice(log, "the profile of %s tells its colours by tables, which cannot be undone: "
                         "the network sees them as they are stored", name);
    if (kind != SEAM_COLOUR_OTHER)
        return SEAM_OK;
    *light = seam_colour_to_light(in, &icc);
    if (!*light)
        return seam_io_vips_failed(log, SEAM_ERROR_IO, "the picture's colours cannot be converted");
    seam_debug(log, "%s has another profile than sRGB: converted for the network, and back", name);
    params->transfer = SEAM_TRANSFER_SRGB;
    params->params.out_sample = SEAM_SAMPLE_F32;
    params->held_bytes += seam_colour_bytes(in, 1);
    return SEAM_OK;
}

/* The result, whose light is of `plan`, in the colours of the picture's profile. */
static enum seam_result close_light(struct seam_stages *s, VipsImage *in,
                                    const struct seam_plan *plan,
                                    const struct seam_vips_params *params, struct seam_log *log)
{
    struct seam_icc icc;
    const bool beside = plan->picture.alpha;
    const int wanted = params->params.out_sample;
    const int colours = s->result->Bands - (beside ? 1 : 0);
    VipsImage **lit = s->made ? &s->lit : &s->made;
    if (colours != 1 && colours != 3)
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT,
                             "the result has %d colours, which no profile of the picture's tells: "
                             "use --colour keep", colours);
    seam_colour_kind(&icc, in);
    *lit = s->result;
    s->result = seam_colour_from_light(*lit, in, &icc, beside,
                                       wanted == SEAM_AUTO ? seam_io_sample(in)
                                                           : (enum seam_sample)wanted,
                                       log);
    return s->result ? SEAM_OK
                     : seam_io_vips_failed(log, SEAM_ERROR_IO,
                                           "the result's colours cannot be converted");
}

/* What was said of a resolution and of sizes, of a result of another size than the network's. */
static enum seam_result finish(struct seam_stages *s, VipsImage *in,
                               const struct seam_vips_params *params,
                               const struct seam_stages_params *more, double scale,
                               struct seam_log *log)
{
    VipsImage *own = NULL;
    if (vips_copy(s->result, &own, NULL))
        return seam_io_vips_failed(log, SEAM_ERROR_IO, "the result has no header");
    g_object_unref(s->result);
    s->result = own;
    /* What the network made was floats, which need a profile to tell what they are. */
    if (params->params.out_sample != SEAM_SAMPLE_F32 &&
        !vips_image_get_typeof(in, VIPS_META_ICC_NAME))
        vips_image_remove(own, VIPS_META_ICC_NAME);
    if (more->keep.width > 0)
        vips_image_remove(own, VIPS_META_PAGE_HEIGHT);
    if (more->dpi > 0)
        own->Xres = own->Yres = more->dpi / INCH;
    seam_metadata_correct(own, scale, log);
    return SEAM_OK;
}

/* Rows of what the network makes that the resampling comes back to. */
static void count_resize(struct seam_vips_params *params, const struct seam_resize *how,
                         const struct seam_facts *facts, VipsImage *in)
{
    const int64_t width = seam_div_up(in->Xsize * facts->scale_num, facts->scale_den);
    const int64_t height =
        seam_div_up(vips_image_get_page_height(in) * facts->scale_num, facts->scale_den);
    params->params.out_sample = SEAM_SAMPLE_F32;
    params->rows_behind = seam_resize_behind(how, height);
    params->held_bytes += seam_resize_bytes(how, width, height, in->Bands);
}

/* Where that lies in the whole, where a region is brought to a size. */
static void place_resize(struct seam_resize *how, const struct seam_stages_params *more,
                         double scale)
{
    const struct seam_shape *s = &more->shape;
    if (s->whole_width == 0)
        return;
    how->whole = (struct seam_resize_whole){
        .width = s->made_width,
        .height = s->made_height,
        .left = (int64_t)(scale * (double)more->left),
        .top = (int64_t)(scale * (double)more->top),
        .out_width = s->whole_width,
        .out_height = s->whole_height,
        .out_left = s->left,
        .out_top = s->top,
    };
}

/* The region of what the network makes, whose picture went in `scale` times smaller. */
static VipsImage *keep(VipsImage *made, const struct seam_region *r, double scale)
{
    VipsImage *out = NULL;
    const int left = (int)(scale * (double)r->left), top = (int)(scale * (double)r->top);
    const int width = (int)seam_min((int64_t)ceil(scale * (double)r->width), made->Xsize - left);
    const int height = (int)seam_min((int64_t)ceil(scale * (double)r->height), made->Ysize - top);
    if (r->width == 0)
        return vips_copy(made, &out, NULL) ? NULL : out;
    return vips_extract_area(made, &out, left, top, width, height, NULL) ? NULL : out;
}

static enum seam_result open_last(struct seam_stages *s, struct seam_model *model, VipsImage *in,
                                  struct seam_plan *plan, struct seam_vips_params *params,
                                  const struct seam_stages_params *more, struct seam_log *log)
{
    const bool resized = more->shape.resized;
    struct seam_facts facts;
    struct seam_resize how = {
        .width = more->shape.width,
        .height = more->shape.height,
        .sample = (enum seam_sample)params->params.out_sample,
    };
    if (!resized && more->keep.width == 0)
        return seam_vips_restore(model, in, &s->result, plan, params, log);
    seam_model_describe(model, &facts);
    double scale = 1;
    for (int i = 0; i < more->shape.passes; i++)
        scale *= (double)facts.scale_num / (double)facts.scale_den;
    place_resize(&how, more, scale);
    if (resized)
        count_resize(params, &how, &facts, in);
    enum seam_result r = seam_vips_restore(model, in, &s->made, plan, params, log);
    if (r != SEAM_OK)
        return r;
    s->kept = keep(s->made, &more->keep, scale);
    if (!s->kept)
        return seam_io_vips_failed(log, SEAM_ERROR_IO, "the region cannot be kept");
    how.alpha = plan->picture.alpha;
    how.linear = plan->picture.transfer == SEAM_TRANSFER_SRGB;
    if (resized)
        return seam_resize(s->kept, &s->result, &how, log);
    s->result = g_object_ref(s->kept);
    return SEAM_OK;
}

/* Pixels of the result over those that the network made. */
static double resized_by(const struct seam_shape *s, const VipsImage *kept)
{
    return s->whole_width > 0 ? (double)s->whole_width / (double)s->made_width
                              : (double)s->width / (double)kept->Xsize;
}

enum seam_result seam_stages_open(struct seam_stages *s, struct seam_model *model, VipsImage *in,
                                  struct seam_plan *plan, const struct seam_vips_params *params,
                                  const struct seam_stages_params *more, struct seam_log *log)
{
    struct seam_vips_params last = *params;
    *s = (struct seam_stages){ .pages = in->Ysize / vips_image_get_page_height(in) };
    enum seam_result r = open_light(&s->light, in, &last, more->colour, log);
    VipsImage *from = s->light ? s->light : in;
    if (s->light)
        last.held_bytes += seam_colour_bytes(in, (double)more->shape.width / in->Xsize);
    if (r == SEAM_OK && more->shape.passes > 1) {
        r = open_first(s, model, from, &last, more->cancel, log);
        from = s->first;
    }
    if (r == SEAM_OK)
        r = open_last(s, model, from, plan, &last, more, log);
    if (r == SEAM_OK && s->light)
        r = close_light(s, in, plan, params, log);
    const bool plain = more->shape.passes == 1 && !more->shape.resized && more->dpi <= 0 &&
                       more->keep.width == 0;
    if (r == SEAM_OK && !plain)
        r = finish(s, in, params, more,
                   more->shape.resized ? resized_by(&more->shape, s->kept) : 1, log);
    if (r != SEAM_OK)
        seam_stages_close(s);
    return r;
}

/* The header of what a pass makes of `in`; NULL where libvips fails. */
static VipsImage *after_pass(VipsImage *in, const struct seam_plan *plan)
{
    VipsImage *out = vips_image_new();
    if (vips_image_pipelinev(out, VIPS_DEMAND_STYLE_ANY, in, NULL)) {
        g_object_unref(out);
        return NULL;
    }
    out->Xsize = (int)plan->x.out_size;
    out->Ysize = (int)(plan->y.out_size * (in->Ysize / vips_image_get_page_height(in)));
    out->BandFmt = VIPS_FORMAT_FLOAT;
    vips_image_set_int(out, VIPS_META_PAGE_HEIGHT, (int)plan->y.out_size);
    return out;
}

/* The plan of the last of `passes`, and the seconds of all. */
static enum seam_result plan_passes(struct seam_plan *plan, struct seam_model *model,
                                    VipsImage *in, struct seam_vips_params last, int passes,
                                    struct seam_log *log)
{
    if (passes == 1)
        return seam_vips_plan(model, in, plan, &last, log);
    const struct seam_vips_params first = first_of(model, &last);
    enum seam_result r = seam_vips_plan(model, in, plan, &first, log);
    if (r != SEAM_OK)
        return r;
    const double seconds = plan->seconds;
    last.held_bytes += plan->peak_bytes - plan->base_bytes;
    VipsImage *next = after_pass(in, plan);
    if (!next)
        return seam_io_vips_failed(log, SEAM_ERROR_MEMORY, "no memory for a plan of two passes");
    r = seam_vips_plan(model, next, plan, &last, log);
    plan->seconds += seconds;
    g_object_unref(next);
    return r;
}

enum seam_result seam_stages_plan(struct seam_plan *plan, struct seam_model *model, VipsImage *in,
                                  const struct seam_vips_params *params, int passes,
                                  enum seam_colour colour, struct seam_log *log)
{
    struct seam_vips_params last = *params;
    VipsImage *light = NULL;
    enum seam_result r = open_light(&light, in, &last, colour, log);
    if (r == SEAM_OK)
        r = plan_passes(plan, model, light ? light : in, last, passes, log);
    if (light)
        g_object_unref(light);
    return r;
}

void seam_stages_close(struct seam_stages *s)
{
    VipsImage *const images[] = { s->result, s->lit, s->kept, s->made, s->first, s->light };
    for (size_t i = 0; i < SEAM_ARRAY_LEN(images); i++)
        if (images[i])
            g_object_unref(images[i]);
    *s = (struct seam_stages){ 0 };
}
