/* Masks and previews: rows of the picture read again, beside those of the result. */
#include <math.h>
#include <string.h>

#include "base/common.h"
#include "base/log.h"
#include "files/nodata.h"
#include "files/normalise.h"
#include "files/save.h"
#include "job/original.h"
#include "libvips/finite.h"
#include "libvips/resize.h"

/* Side of the square that a preview shows: two of them beside each other fit a screen. */
#define PREVIEW 512
/* Rows that are kept of what is brought to another size, which comes back to them. */
#define STRIP 16
#define STRIPS 16
/* Nearer to black or white than that is black or white: enlarging may round. */
#define NEAR (1.0F / 512)

struct seam_region seam_original_middle(int64_t width, int64_t height)
{
    struct seam_region r = { 0 };
    r.width = seam_min(width, PREVIEW);
    r.height = seam_min(height, PREVIEW);
    r.left = (width - r.width) / 2;
    r.top = (height - r.height) / 2;
    return r;
}

static enum seam_result open_one(struct seam_load *load, const struct seam_load_params *params,
                                 uint64_t *held, struct seam_log *log)
{
    const enum seam_result r = seam_load_open(load, params, log);
    if (r == SEAM_OK)
        *held += (uint64_t)load->held_bytes +
                 (uint64_t)STRIPS * STRIP * VIPS_IMAGE_SIZEOF_LINE(load->image);
    return r;
}

static enum seam_result open_mask(struct seam_original *o, const struct seam_load_params *first,
                                  const char *path, uint64_t *held, struct seam_log *log)
{
    struct seam_load_params params = *first;
    params.path = path;
    params.page = 0;
    const VipsImage *picture = o->picture.image;
    const enum seam_result r = open_one(&o->mask, &params, held, log);
    if (r != SEAM_OK)
        return r;
    o->masked = true;
    const VipsImage *mask = o->mask.image;
    if (mask->Xsize != picture->Xsize || mask->Ysize != picture->Ysize)
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT,
                             "the mask %s has %d x %d pixels, and %s has %d x %d: a mask is of the "
                             "picture's size", o->mask.name, mask->Xsize, mask->Ysize,
                             o->picture.name, picture->Xsize, picture->Ysize);
    if (mask->Bands != 1)
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT,
                             "the mask %s has %d bands: a mask is grey, white where the picture is "
                             "to be restored", o->mask.name, mask->Bands);
    return SEAM_OK;
}

enum seam_result seam_original_open(struct seam_original *o, const struct seam_load_params *first,
                                    const struct seam_load *load, const char *mask,
                                    const char *output, uint64_t *held, struct seam_log *log)
{
    struct seam_load_params params = *first;
    *o = (struct seam_original){ 0 };
    if (mask && output && seam_save_same_file(output, mask))
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT,
                             "%s is the mask too: give the result another name", output);
    /* Standard input is read once; what it was copied to may be read again. */
    if (load->piped)
        params.path = load->piped;
    enum seam_result r = open_one(&o->picture, &params, held, log);
    if (r != SEAM_OK)
        return r;
    o->open = true;
    return mask ? open_mask(o, first, mask, held, log) : SEAM_OK;
}

enum seam_result seam_original_hide(struct seam_original *o, const char *nodata,
                                    struct seam_log *log)
{
    struct seam_nodata own;
    return o->open ? seam_nodata_hide(&own, &o->picture, nodata, log) : SEAM_OK;
}

void seam_original_close(struct seam_original *o)
{
    if (o->masked)
        seam_load_close(&o->mask);
    if (o->open)
        seam_load_close(&o->picture);
    *o = (struct seam_original){ 0 };
}

static double white(VipsBandFormat format)
{
    return format == VIPS_FORMAT_UCHAR ? 255 : format == VIPS_FORMAT_USHORT ? 65535 : 1;
}

static int look(VipsRegion *out, VipsRegion *in, bool held, struct seam_log *log)
{
    const VipsRect *r = &out->valid;
    const int bands = in->im->Bands, page = vips_image_get_page_height(in->im);
    bool ok = vips_region_prepare(in, r) == 0 &&
              vips_region_region(out, in, r, r->left, r->top) == 0;
    for (int y = r->top; ok && y < r->top + r->height; y++) {
        const float *row = (const float *)(void *)VIPS_REGION_ADDR(in, r->left, y);
        ok = held ? seam_vips_held(row, r->width, bands, r->left, y % page, log)
                  : seam_vips_finite(row, r->width, bands, r->left, y,
                                     "laying the picture beside the result", log);
    }
    return ok ? 0 : -1;
}

static int look_at_picture(VipsRegion *out, void *seq, void *a, void *b, gboolean *stop)
{
    (void)a;
    (void)stop;
    return look(out, seq, true, b);
}

static int look_at_resized(VipsRegion *out, void *seq, void *a, void *b, gboolean *stop)
{
    (void)a;
    (void)stop;
    return look(out, seq, false, b);
}

/* Floats that go through no network, as where a mask is black, are looked at all the same: as they
 * are in the picture, and once more as they are brought to size. */
static bool check_finite(VipsImage **image, VipsGenerateFn how, struct seam_log *log)
{
    VipsImage *out;
    if ((*image)->BandFmt != VIPS_FORMAT_FLOAT)
        return true;
    out = vips_image_new();
    if (vips_image_pipelinev(out, VIPS_DEMAND_STYLE_FATSTRIP, *image, NULL) ||
        vips_image_generate(out, vips_start_one, how, vips_stop_one, *image, log)) {
        g_object_unref(out);
        return false;
    }
    vips_object_local(out, *image);
    *image = out;
    return true;
}

/* Samples of another depth: black is 0, and white is white. */
static bool to_format(VipsImage **image, VipsBandFormat format)
{
    VipsImage *next = NULL;
    const double scale = white(format) / white((*image)->BandFmt);
    const bool rounds = format != VIPS_FORMAT_FLOAT;
    if ((*image)->BandFmt == format)
        return true;
    return seam_io_step(image, vips_linear1(*image, &next, scale, rounds ? 0.5 : 0, NULL), &next) &&
           seam_io_step(image, vips_cast(*image, &next, format, NULL), &next);
}

/* Rows in a cache, as what follows comes back to them. */
static bool keep_rows(VipsImage **image)
{
    VipsImage *next = NULL;
    return seam_io_step(image,
                        vips_tilecache(*image, &next, "tile_width", (*image)->Xsize,
                                       "tile_height", STRIP, "max_tiles", STRIPS, "access",
                                       VIPS_ACCESS_SEQUENTIAL, "threaded", TRUE, NULL),
                        &next);
}

static bool cut(VipsImage **image, int64_t left, int64_t top, int64_t width, int64_t height)
{
    VipsImage *next = NULL;
    return seam_io_step(image,
                        vips_extract_area(*image, &next, (int)left, (int)top, (int)width,
                                          (int)height, NULL), &next);
}

/* Let `how` bring a part of the picture to its size as it is in the whole: the region, which
 * becomes that part, and what around it resampling looks at. Where the whole can have no such
 * size, the region stands for itself. */
static struct seam_region place(struct seam_resize *how, const struct seam_region *region,
                                const struct seam_shape *shape, const VipsImage *image)
{
    const int64_t across = how->width / region->width, down = how->height / region->height;
    const bool times = across * region->width == how->width && down * region->height == how->height;
    struct seam_region part = *region;
    struct seam_resize_whole w = {
        .width = image->Xsize,
        .height = image->Ysize,
        .out_width = shape->resized ? shape->whole_width : image->Xsize * across,
        .out_height = shape->resized ? shape->whole_height : image->Ysize * down,
        .out_left = shape->resized ? shape->left : region->left * across,
        .out_top = shape->resized ? shape->top : region->top * down,
    };
    if (shape->resized ? shape->whole_width == 0
                       : !times || seam_max(w.out_width, w.out_height) > VIPS_MAX_COORD)
        return part;
    const int64_t x = seam_resize_reach(w.width, w.out_width);
    const int64_t y = seam_resize_reach(w.height, w.out_height);
    part.left = w.left = seam_max(region->left - x, 0);
    part.top = w.top = seam_max(region->top - y, 0);
    part.width = seam_min(region->left + region->width + x, w.width) - part.left;
    part.height = seam_min(region->top + region->height + y, w.height) - part.top;
    how->whole = w;
    return part;
}

/* Bring to size what of *image, as `how` says, becomes the result: a region, or all of it. */
static bool size(VipsImage **image, const struct seam_region *region,
                 const struct seam_shape *shape, struct seam_resize how, struct seam_log *log)
{
    VipsImage *next = NULL;
    struct seam_region part = { 0 };
    if (region)
        part = place(&how, region, shape, *image);
    return (!region || cut(image, part.left, part.top, part.width, part.height)) &&
           keep_rows(image) && to_format(image, VIPS_FORMAT_FLOAT) &&
           seam_resize(*image, &next, &how, log) == SEAM_OK && seam_io_step(image, 0, &next);
}

/* What of `in` belongs to the result, in its size, as samples of `format`; `curve`: its samples are
 * colours, which are brought to size as light. NULL, and said, where that fails. */
static VipsImage *fit(VipsImage *in, const struct seam_region *region,
                      const struct seam_shape *shape, const VipsImage *result,
                      VipsBandFormat format, bool curve, struct seam_log *log)
{
    struct seam_picture picture;
    VipsImage *image = NULL;
    if (seam_io_normalise(in, &image, &picture, SEAM_AUTO, log) != SEAM_OK)
        return NULL;
    const bool sized = (region ? region->width : image->Xsize) != result->Xsize ||
                       (region ? region->height : image->Ysize) != result->Ysize;
    const int64_t pages = image->Ysize / vips_image_get_page_height(image);
    const struct seam_resize how = {
        .width = result->Xsize,
        .height = result->Ysize / pages,
        .sample = SEAM_SAMPLE_F32,
        .linear = !curve || picture.transfer == SEAM_TRANSFER_SRGB,
        .alpha = picture.alpha,
        .name = curve ? "the picture beside the result" : "the mask",
    };
    bool ok = !curve || check_finite(&image, look_at_picture, log);
    if (ok && sized)
        ok = size(&image, region, shape, how, log) &&
             (!curve || check_finite(&image, look_at_resized, log));
    else if (ok && region)
        ok = cut(&image, region->left, region->top, region->width, region->height);
    if (ok && to_format(&image, format))
        return image;
    seam_io_vips_failed(log, SEAM_ERROR_IO, "the picture cannot be read a second time");
    g_object_unref(image);
    return NULL;
}

/* The picture as it is beside the result. */
static VipsImage *before(struct seam_original *o, const VipsImage *result,
                         const struct seam_region *region, const struct seam_shape *shape,
                         struct seam_log *log)
{
    VipsImage *image = fit(o->picture.image, region, shape, result, result->BandFmt, true, log);
    if (image && image->Bands != result->Bands) {
        seam_log_fail(log, SEAM_ERROR_ARGUMENT,
                      "the result has %d bands and %s has %d: they cannot be laid over each other, "
                      "or beside", result->Bands, o->picture.name, image->Bands);
        g_object_unref(image);
        return NULL;
    }
    return image;
}

static void blend_u8(const uint8_t *was, uint8_t *to, int bands, float m)
{
    for (int b = 0; b < bands; b++)
        to[b] = (uint8_t)((float)was[b] + m * (float)(to[b] - was[b]) + 0.5F);
}

static void blend_u16(const uint16_t *was, uint16_t *to, int bands, float m)
{
    for (int b = 0; b < bands; b++)
        to[b] = (uint16_t)((float)was[b] + m * (float)(to[b] - was[b]) + 0.5F);
}

static void blend_float(const float *was, float *to, int bands, float m)
{
    for (int b = 0; b < bands; b++)
        to[b] = was[b] + m * (to[b] - was[b]);
}

static void blend_pixel(VipsBandFormat format, const void *was, void *to, int bands, float m)
{
    if (format == VIPS_FORMAT_UCHAR)
        blend_u8(was, to, bands, m);
    else if (format == VIPS_FORMAT_USHORT)
        blend_u16(was, to, bands, m);
    else
        blend_float(was, to, bands, m);
}

/* Rows of the result, of what was before, and of the mask. */
static bool prepare_rows(VipsRegion **in, const VipsRect *r, const struct seam_original *o)
{
    if (vips_region_prepare(in[0], r))
        return false;
    if (vips_region_prepare(in[1], r)) {
        seam_io_vips_failed(o->log, SEAM_ERROR_IO, "the picture cannot be read a second time");
        return false;
    }
    if (vips_region_prepare(in[2], r)) {
        seam_log_fail(o->log, SEAM_ERROR_IO, "the mask %s cannot be read: %s", o->mask.name,
                      vips_error_buffer());
        return false;
    }
    return true;
}

static int blend_rows(VipsRegion *out, void *seq, void *a, void *b, gboolean *stop)
{
    VipsRegion **in = seq;
    const struct seam_original *o = b;
    const VipsRect *r = &out->valid;
    const size_t pixel = VIPS_REGION_SIZEOF_PEL(out);
    (void)a;
    (void)stop;
    if (!prepare_rows(in, r, o))
        return -1;
    for (int y = r->top; y < r->top + r->height; y++) {
        const unsigned char *was = VIPS_REGION_ADDR(in[1], r->left, y);
        const float *mask = (const float *)(void *)VIPS_REGION_ADDR(in[2], r->left, y);
        unsigned char *to = VIPS_REGION_ADDR(out, r->left, y);
        memcpy(to, VIPS_REGION_ADDR(in[0], r->left, y), (size_t)r->width * pixel);
        for (int x = 0; x < r->width; x++, was += pixel, to += pixel) {
            if (!isfinite(mask[x])) {
                seam_log_fail(o->log, SEAM_ERROR_IO,
                              "the mask %s is %s at %d,%d of the result: it must be 0 to 1 "
                              "everywhere", o->mask.name,
                              isnan(mask[x]) ? "no number (NaN)" : "infinite", r->left + x, y);
                return -1;
            }
            if (mask[x] < NEAR)
                memcpy(to, was, pixel);
            else if (mask[x] <= 1 - NEAR)
                blend_pixel(out->im->BandFmt, was, to, out->im->Bands, mask[x]);
        }
        if (out->im->BandFmt == VIPS_FORMAT_FLOAT &&
            !seam_vips_finite((const float *)(void *)VIPS_REGION_ADDR(out, r->left, y), r->width,
                              out->im->Bands, r->left, y, "laying the result over the picture",
                              o->log))
            return -1;
    }
    return 0;
}

/* An image of the result's header, whose rows are made of all three. */
static VipsImage *blended(struct seam_original *o, VipsImage *result, VipsImage *was,
                          VipsImage *mask)
{
    VipsImage *out = vips_image_new();
    /* Of the result alone: what the picture says of itself was seen to. */
    VipsImage **all = vips_allocate_input_array(out, result, was, mask, NULL);
    if (!all || vips_image_pipelinev(out, VIPS_DEMAND_STYLE_FATSTRIP, result, NULL) ||
        vips_image_generate(out, vips_start_many, blend_rows, vips_stop_many, all, o)) {
        g_object_unref(out);
        return NULL;
    }
    return out;
}

/* Take the place of *result; one thread reads what is read in order. */
static void replace(VipsImage **result, VipsImage *made)
{
    g_object_unref(*result);
    *result = made;
    vips_image_set_int(made, VIPS_META_CONCURRENCY, 1);
}

enum seam_result seam_original_blend(struct seam_original *o, VipsImage **result,
                                     const struct seam_region *region,
                                     const struct seam_shape *shape, struct seam_log *log)
{
    VipsImage *was = before(o, *result, region, shape, log), *made = NULL;
    o->log = log;
    VipsImage *mask =
        was ? fit(o->mask.image, region, shape, *result, VIPS_FORMAT_FLOAT, false, log) : NULL;
    if (mask)
        made = blended(o, *result, was, mask);
    /* The array of inputs keeps no references. */
    if (made) {
        vips_object_local(made, was);
        vips_object_local(made, mask);
        g_object_ref(*result);
        vips_object_local(made, *result);
        replace(result, made);
        return SEAM_OK;
    }
    if (was)
        g_object_unref(was);
    if (mask)
        g_object_unref(mask);
    return log->result != SEAM_OK
               ? log->result
               : seam_io_vips_failed(log, SEAM_ERROR_IO, "the result cannot be laid over");
}

/* Without what the picture says of itself, which is the result's to say. */
static bool bare(VipsImage **image)
{
    VipsImage *next = NULL;
    if (!seam_io_step(image, vips_copy(*image, &next, NULL), &next))
        return false;
    char **fields = vips_image_get_fields(*image);
    for (int i = 0; fields && fields[i]; i++)
        vips_image_remove(*image, fields[i]);
    g_strfreev(fields);
    return true;
}

enum seam_result seam_original_beside(struct seam_original *o, VipsImage **result,
                                      const struct seam_region *region,
                                      const struct seam_shape *shape, struct seam_log *log)
{
    VipsImage *was = before(o, *result, region, shape, log), *joined = NULL;
    if (!was)
        return log->result;
    const bool ok =
        bare(&was) && vips_join(was, *result, &joined, VIPS_DIRECTION_HORIZONTAL, NULL) == 0;
    g_object_unref(was);
    if (!ok)
        return seam_io_vips_failed(log, SEAM_ERROR_IO, "the preview cannot be put together");
    replace(result, joined);
    return SEAM_OK;
}
