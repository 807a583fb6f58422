#include <math.h>
#include <string.h>

#include "base/common.h"
#include "base/log.h"
#include "libvips/crop.h"
#include "files/deaf.h"
#include "files/normalise.h"

#define ROWS_BETWEEN_LOOKS 64

/* Let a picture that is read from the top be read down to row `top`: libvips would do it in one go,
 * and ask nobody. False where somebody asked to stop; of what fails, the crop will tell. */
static bool go_down(VipsImage *image, int top, const struct seam_cancel *cancel)
{
    if (!vips_image_is_sequential(image))
        return !seam_cancel_asked(cancel);
    VipsRegion *region = vips_region_new(image);
    VipsRect rows = { .width = 1 };
    bool ok = true;
    while (ok && (ok = !seam_cancel_asked(cancel)) && rows.top < top) {
        rows.height = MIN(ROWS_BETWEEN_LOOKS, top - rows.top);
        if (vips_region_prepare(region, &rows))
            break;
        rows.top += rows.height;
    }
    g_object_unref(region);
    return ok;
}

enum seam_result seam_crop_take(struct seam_crop *crop, VipsImage *image, const char *name,
                                int64_t side, const int *quarters, int transfer,
                                const struct seam_cancel *cancel, struct seam_log *log)
{
    VipsImage *normal = NULL, *cut = NULL;
    *crop = (struct seam_crop){ 0 };
    enum seam_result r = seam_io_normalise(image, &normal, &crop->picture, transfer, log);
    if (r != SEAM_OK)
        return r;
    struct seam_picture *p = &crop->picture;
    const int64_t width = seam_min(p->width, side), height = seam_min(p->height, side);
    const int64_t left = (p->width - width) * (quarters ? quarters[0] : 2) / 4;
    const int64_t top = (p->height - height) * (quarters ? quarters[1] : 2) / 4;
    p->width = width;
    p->height = height;
    size_t size;
    seam_deaf_begin();
    const bool wanted = go_down(image, (int)top, cancel);
    if (wanted &&
        !vips_crop(normal, &cut, (int)left, (int)top, (int)p->width, (int)p->height, NULL))
        crop->samples = vips_image_write_to_memory(cut, &size);
    seam_deaf_end();
    if (crop->samples)
        crop->row_bytes = VIPS_IMAGE_SIZEOF_LINE(cut);
    else if (!wanted)
        r = seam_log_fail(log, SEAM_CANCELLED, "cancelled");
    else
        r = seam_io_vips_failed(log, SEAM_ERROR_IO, name);
    if (cut)
        g_object_unref(cut);
    g_object_unref(normal);
    return r;
}

static double sample_at(const struct seam_crop *crop, int64_t y, int64_t i)
{
    const unsigned char *row = crop->samples + (size_t)y * crop->row_bytes;
    uint16_t deep;
    float real;
    switch (crop->picture.sample) {
    case SEAM_SAMPLE_U8: return row[i] / 255.0;
    case SEAM_SAMPLE_U16:
        memcpy(&deep, row + (size_t)i * sizeof(deep), sizeof(deep));
        return deep / 65535.0;
    case SEAM_SAMPLE_F32: break;
    }
    memcpy(&real, row + (size_t)i * sizeof(real), sizeof(real));
    return real;
}

double seam_crop_detail(const struct seam_crop *crop)
{
    const struct seam_picture *p = &crop->picture;
    const int64_t bands = p->bands, colours = bands - p->alpha;
    double sum = 0, count = 1;
    for (int64_t y = 0; y < p->height; y++)
        for (int64_t x = 1; x < p->width; x++)
            for (int64_t b = 0; b < colours; b++) {
                const int64_t i = x * bands + b;
                const double change = fabs(sample_at(crop, y, i) - sample_at(crop, y, i - bands));
                sum += isfinite(change) ? change : 0;
                count++;
            }
    return sum / count;
}

void seam_crop_free(struct seam_crop *crop)
{
    g_free(crop->samples);
    crop->samples = NULL;
}
