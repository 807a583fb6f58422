#include <math.h>
#include <stdlib.h>

#include "base/log.h"
#include "files/formats.h"
#include "files/load.h"
#include "files/normalise.h"
#include "files/sniff.h"
#include "job/look.h"
#include "libvips/crop.h"
#include "tile/samples.h"

#define LOOK_SIDE 512 /* pixels each way that are looked at */
#define MOST_HELD 64e6 /* bytes that a decoder may hold for it; what reads row by row holds none */

/* Luma of a pixel, 0..255: white where one of its bands is, black where green is, most of it. */
static float luma_of(float red, float green, float blue)
{
    if (fmaxf(red, fmaxf(green, blue)) >= 1)
        return 255;
    if (green <= 0)
        return 0;
    return 255 * (0.299f * red + 0.587f * green + 0.114f * blue);
}

/* Of one row of pixels, whose bands go through `lines`. */
static void luma_of_row(const struct seam_picture *p, const unsigned char *row, float *lines,
                        float *luma)
{
    const int64_t width = p->width, other = p->bands - (p->alpha ? 1 : 0) < 3 ? 0 : width;
    seam_samples_load_bands(p->sample, row, p->bands, lines, width, width);
    for (int64_t x = 0; x < width; x++)
        luma[x] = luma_of(lines[x], lines[x + other], lines[x + 2 * other]);
}

static enum seam_result look_at_crop(struct seam_look *look, const struct seam_crop *crop,
                                     struct seam_log *log)
{
    const struct seam_picture *p = &crop->picture;
    const size_t width = (size_t)p->width, height = (size_t)p->height;
    float *luma = calloc((height + (size_t)p->bands) * width, sizeof(*luma));
    if (!luma)
        return seam_log_fail(log, SEAM_ERROR_MEMORY, "no memory to look at the picture");
    for (size_t y = 0; y < height; y++)
        luma_of_row(p, crop->samples + y * crop->row_bytes, luma + height * width,
                    luma + y * width);
    seam_look_take(look, luma, p->width, p->height, p->width);
    free(luma);
    return SEAM_OK;
}

/* The picture in a file that can be read twice, that libvips may read, and whose decoder holds
 * little of it; or NULL. */
static VipsImage *look_open(const char *path, bool allow_damaged, const struct seam_cancel *cancel)
{
    const struct seam_load_params params = { .allow_damaged = allow_damaged };
    struct seam_sniff sniff;
    VipsImage *image = NULL;
    char *plain = vips_filename_get_filename(path);
    if (g_file_test(plain, G_FILE_TEST_IS_REGULAR)) {
        seam_sniff(&sniff, plain, 1, cancel);
        if (!sniff.refusal[0] && !sniff.odd_pnm && !seam_cancel_asked(cancel))
            image = seam_load_file(path, &params, 0, 0);
    }
    g_free(plain);
    if (!image)
        vips_error_clear();
    if (image && seam_format_load_bytes(image) * image->Xsize * image->Ysize > MOST_HELD) {
        g_object_unref(image);
        return NULL;
    }
    return image;
}

enum seam_result seam_look_at_file(struct seam_choice *choice, const char *path, int transfer,
                                   bool allow_damaged, const struct seam_cancel *cancel,
                                   struct seam_log *log)
{
    struct seam_crop crop;
    struct seam_look look;
    VipsImage *image = look_open(path, allow_damaged, cancel);
    if (!image)
        return seam_log_fail(log, SEAM_ERROR_IO, "%s cannot be looked at before it is restored",
                             path);
    enum seam_result r = seam_crop_take(&crop, image, path, LOOK_SIDE, NULL, transfer,
                                        cancel, log);
    g_object_unref(image);
    if (r != SEAM_OK)
        return r;
    r = look_at_crop(&look, &crop, log);
    if (r == SEAM_OK)
        seam_choose(choice, &look);
    seam_crop_free(&crop);
    return r;
}

enum seam_result seam_look_at_size(const char *path, const struct seam_job_params *params,
                                   int64_t *width, int64_t *height, struct seam_log *log)
{
    struct seam_load load;
    const struct seam_cancel cancel = { params->cancelled, params->opaque };
    const struct seam_load_params how = {
        .path = path,
        .page = params->page,
        .allow_damaged = params->allow_damaged,
        .header_only = true,
        .memory = params->params ? params->params->memory : 0,
        .cancel = &cancel,
    };
    const enum seam_result r = seam_load_open(&load, &how, log);
    if (r != SEAM_OK)
        return r;
    *width = load.image->Xsize;
    *height = vips_image_get_page_height(load.image);
    seam_load_close(&load);
    return SEAM_OK;
}
