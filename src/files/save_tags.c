/* What libvips does not write into a TIFF, written into the file that it has finished. */
#include "files/exif.h"
#include "files/geo.h"
#include "files/save_parts.h"

bool seam_save_tags(const struct seam_save *save, VipsImage *image)
{
    if (!seam_save_is_tiff(save))
        return true;
    GPtrArray *tags = seam_exif_for_tiff(image);
    for (guint i = 0; seam_save_keeps_geo(save, image) && i < save->geo->len; i++) {
        const struct seam_tag *tag = save->geo->pdata[i];
        seam_tags_put(tags, tag->id, tag->type, tag->count, tag->data);
    }
    const bool ok = tags->len == 0 || seam_tags_append(save->temporary, tags);
    g_ptr_array_unref(tags);
    return ok;
}

bool seam_save_keeps_geo(const struct seam_save *save, VipsImage *image)
{
    return save->geo && seam_save_is_tiff(save) &&
           vips_image_get_page_height(image) == image->Ysize;
}
