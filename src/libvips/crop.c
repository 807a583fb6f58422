#include "base/common.h"
#include "base/log.h"
#include "libvips/crop.h"
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
                                int64_t width, int64_t height, int transfer,
                                const struct seam_cancel *cancel, struct seam_log *log)
{
    VipsImage *normal = NULL, *cut = NULL;
    *crop = (struct seam_crop){ 0 };
    enum seam_result r = seam_io_normalise(image, &normal, &crop->picture, transfer, log);
    if (r != SEAM_OK)
        return r;
    struct seam_picture *p = &crop->picture;
    const int64_t left = seam_max(p->width - width, 0) / 2;
    const int64_t top = seam_max(p->height - height, 0) / 2;
    p->width = seam_min(p->width, width);
    p->height = seam_min(p->height, height);
    size_t size;
    const bool wanted = go_down(image, (int)top, cancel);
    if (wanted &&
        !vips_crop(normal, &cut, (int)left, (int)top, (int)p->width, (int)p->height, NULL))
        crop->samples = vips_image_write_to_memory(cut, &size);
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

void seam_crop_free(struct seam_crop *crop)
{
    g_free(crop->samples);
    crop->samples = NULL;
}
