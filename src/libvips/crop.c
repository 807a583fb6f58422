#include "base/common.h"
#include "libvips/crop.h"
#include "files/normalise.h"

enum seam_result seam_crop_take(struct seam_crop *crop, VipsImage *image, const char *name,
                                int64_t width, int64_t height, int transfer, struct seam_log *log)
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
    if (!vips_crop(normal, &cut, (int)left, (int)top, (int)p->width, (int)p->height, NULL))
        crop->samples = vips_image_write_to_memory(cut, &size);
    if (crop->samples)
        crop->row_bytes = VIPS_IMAGE_SIZEOF_LINE(cut);
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
