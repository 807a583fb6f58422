#include <math.h>
#include <vips/vips.h>

#include "base/common.h"
#include "base/log.h"
#include "job/shape.h"

/* What one pass lacks of a size, at most, before a second is worth its time. */
#define LACKING 1.1

bool seam_size_is_asked(const struct seam_size *size)
{
    return size && (size->width > 0 || size->height > 0 || size->scale > 0 ||
                    size->megapixels > 0 || size->print_width > 0 || size->most_side > 0);
}

/* a * b / c, rounded, at least 1. */
static int64_t part(int64_t a, int64_t b, int64_t c)
{
    return seam_max((int64_t)floor((double)a * (double)b / (double)c + 0.5), 1);
}

static void fit_box(struct seam_shape *shape, int64_t box_width, int64_t box_height,
                    enum seam_fit fit, int64_t width, int64_t height)
{
    const bool by_width = box_height == 0 ||
                          (box_width > 0 && (fit == SEAM_FIT_FILL) ==
                                                ((double)box_width * (double)height >=
                                                 (double)box_height * (double)width));
    shape->width = box_width;
    shape->height = box_height;
    if (fit == SEAM_FIT_EXACT && box_width > 0 && box_height > 0)
        return;
    if (by_width)
        shape->height = part(height, box_width, width);
    else
        shape->width = part(width, box_height, height);
}

/* A side times `scale`, rounded, at least 1; where it cannot be written, any that is too large. */
static int64_t scaled(int64_t side, double scale)
{
    return (int64_t)fmax(1, fmin(floor((double)side * scale + 0.5), 2.0 * VIPS_MAX_COORD));
}

static void fit_scale(struct seam_shape *shape, double scale, int64_t width, int64_t height)
{
    shape->width = scaled(width, scale);
    shape->height = scaled(height, scale);
}

static void fit_print(struct seam_shape *shape, const struct seam_size *size, int64_t width,
                      int64_t height)
{
    const double along = fmax(size->print_width, size->print_height);
    const double across = fmin(size->print_width, size->print_height);
    const double inch = 2.54;
    const int64_t longer = (int64_t)fmin(along / inch * size->dpi + 0.5, VIPS_MAX_COORD);
    const int64_t shorter = (int64_t)fmin(across / inch * size->dpi + 0.5, VIPS_MAX_COORD);
    fit_box(shape, seam_max(width >= height ? longer : shorter, 1),
            seam_max(width >= height ? shorter : longer, 1), SEAM_FIT_INSIDE, width, height);
}

/* The size asked for, but for the longest side; the network's own where none is. */
static void fit(struct seam_shape *shape, const struct seam_size *size, int64_t width,
                int64_t height)
{
    if (!size)
        return;
    if (size->width > 0 || size->height > 0)
        fit_box(shape, size->width, size->height, size->fit, width, height);
    else if (size->scale > 0)
        fit_scale(shape, size->scale, width, height);
    else if (size->megapixels > 0)
        fit_scale(shape, sqrt(size->megapixels * 1e6 / ((double)width * (double)height)), width,
                  height);
    else if (size->print_width > 0)
        fit_print(shape, size, width, height);
}

static enum seam_result check(const struct seam_size *size, struct seam_log *log)
{
    const int asked = (size->width > 0 || size->height > 0) + (size->scale > 0) +
                      (size->megapixels > 0) + (size->print_width > 0);
    if (asked > 1)
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT,
                             "a size, a scale, megapixels and a print each decide how large the "
                             "result is: give one of them");
    if (size->print_width > 0 && (size->print_height <= 0 || size->dpi <= 0))
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT,
                             "a print needs two sides and the pixels per inch");
    return SEAM_OK;
}

/* What `passes` runs make of a side. */
static int64_t made(const struct seam_facts *f, int passes, int64_t side)
{
    for (int i = 0; i < passes; i++)
        side = seam_div_up(side * f->scale_num, f->scale_den);
    return side;
}

static bool may_run_twice(const struct seam_facts *f)
{
    return f->channels_in == f->channels_out;
}

/* As many passes as the size asked for wants. */
static int passes_for(const struct seam_shape *shape, const struct seam_facts *f, int64_t width,
                      int64_t height)
{
    const bool enlarges = f->scale_num > f->scale_den;
    const double lacks = fmax((double)shape->width / (double)made(f, 1, width),
                              (double)shape->height / (double)made(f, 1, height));
    return enlarges && may_run_twice(f) && lacks > LACKING ? 2 : 1;
}

/* Within the longest side that may be. */
static void limit(struct seam_shape *shape, int64_t most)
{
    const int64_t width = shape->width, height = shape->height;
    if (most > 0 && seam_max(width, height) > most)
        fit_box(shape, most, most, SEAM_FIT_INSIDE, width, height);
}

enum seam_result seam_shape_make(struct seam_shape *shape, const struct seam_job_params *params,
                                 const struct seam_facts *facts, int64_t width, int64_t height,
                                 struct seam_log *log)
{
    const struct seam_size *size = params->size;
    *shape = (struct seam_shape){ 0 };
    enum seam_result r = size ? check(size, log) : SEAM_OK;
    if (r != SEAM_OK)
        return r;
    fit(shape, size, width, height);
    const bool asked = shape->width > 0;
    shape->passes = params->passes > 0 ? params->passes
                    : asked            ? passes_for(shape, facts, width, height) : 1;
    if (shape->passes > 1 && !may_run_twice(facts))
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT,
                             "%s makes %d channels of %d and cannot run on its own result: use one "
                             "pass", facts->name, facts->channels_out, facts->channels_in);
    if (!asked) {
        shape->width = made(facts, shape->passes, width);
        shape->height = made(facts, shape->passes, height);
    }
    limit(shape, size ? size->most_side : 0);
    shape->resized = shape->width != made(facts, shape->passes, width) ||
                     shape->height != made(facts, shape->passes, height);
    if (seam_max(shape->width, shape->height) > VIPS_MAX_COORD)
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT,
                             "a result of %lld x %lld pixels is more than the %d a side that "
                             "libvips writes", (long long)shape->width, (long long)shape->height,
                             VIPS_MAX_COORD);
    return SEAM_OK;
}

/* A side of the whole, of which `part` pixels become `becomes`. */
static int64_t whole_side(const struct seam_size *size, int64_t side, int64_t becomes,
                          int64_t of_part)
{
    const bool by_scale = size && size->scale > 0 && scaled(of_part, size->scale) == becomes;
    return by_scale ? scaled(side, size->scale)
                    : (int64_t)fmin(floor((double)side * (double)becomes / (double)of_part + 0.5),
                                    2.0 * VIPS_MAX_COORD);
}

/* Where what begins at `at` of `side` pixels begins in `whole`, of which it takes `size`. */
static int64_t place(int64_t at, int64_t side, int64_t whole, int64_t size)
{
    return seam_min((int64_t)floor((double)at * (double)whole / (double)side + 0.5), whole - size);
}

enum seam_result seam_shape_of_region(struct seam_shape *shape,
                                      const struct seam_job_params *params,
                                      const struct seam_facts *facts, int64_t width,
                                      int64_t height, const struct seam_region *region,
                                      struct seam_log *log)
{
    const enum seam_result r =
        seam_shape_make(shape, params, facts, region->width, region->height, log);
    if (r != SEAM_OK || (region->width == width && region->height == height))
        return r;
    const int64_t made_width = made(facts, shape->passes, width);
    const int64_t made_height = made(facts, shape->passes, height);
    const int64_t whole_width = whole_side(params->size, width, shape->width, region->width);
    const int64_t whole_height = whole_side(params->size, height, shape->height, region->height);
    /* Of a pixel or two the size may be the network's by chance. */
    shape->resized = seam_size_is_asked(params->size) &&
                     (whole_width != made_width || whole_height != made_height);
    if (!shape->resized)
        return SEAM_OK;
    if (seam_max(seam_max(made_width, made_height), seam_max(whole_width, whole_height)) >
        VIPS_MAX_COORD) {
        seam_notice(log, "the whole result would have %lld x %lld pixels, more than there can be: "
                         "the region is brought to its size by itself", (long long)whole_width,
                    (long long)whole_height);
        return SEAM_OK;
    }
    shape->made_width = made_width;
    shape->made_height = made_height;
    shape->whole_width = whole_width;
    shape->whole_height = whole_height;
    shape->left = place(region->left, width, whole_width, shape->width);
    shape->top = place(region->top, height, whole_height, shape->height);
    return SEAM_OK;
}
