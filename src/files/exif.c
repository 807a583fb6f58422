#include <string.h>

#include "files/exif.h"
#include "files/tags_parts.h"

/* The most that a segment of a JPEG holds, its two bytes of length among them. */
#define MOST_SEGMENT 65535

enum { TAG_DESCRIPTION = 270, TAG_PIXEL_X = 40962, TAG_PIXEL_Y = 40963 };

/* Fields of a first directory that tell of the picture, not of the file. */
static bool is_told(unsigned id)
{
    static const unsigned ids[] = {
        269, TAG_DESCRIPTION, 271, 272, 285, 305, 306, 315, 316, /* names, device, time, author */
        18246, 18249, 33432, 40091, 40092, 40093, 40094, 40095,  /* rating, copyright, Windows' */
        TAG_EXIF, TAG_GPS,
    };
    for (size_t i = 0; i < G_N_ELEMENTS(ids); i++)
        if (ids[i] == id)
            return true;
    return false;
}

static void *copy_field(VipsImage *from, const char *field, GValue *value, void *to)
{
    (void)from;
    if (g_str_has_prefix(field, "exif-") || strcmp(field, VIPS_META_ORIENTATION) == 0)
        vips_image_set(to, field, value);
    return NULL;
}

/* The smallest JPEG with this block, as libvips reads it: its fields are what savers go by. */
static VipsImage *through_jpeg(const unsigned char *exif, size_t size)
{
    VipsImage *black = NULL, *read = NULL;
    void *jpeg = NULL;
    size_t length = 0;
    if (!vips_black(&black, 8, 8, NULL) &&
        !vips_jpegsave_buffer(black, &jpeg, &length, "strip", TRUE, NULL)) {
        const unsigned char segment[] = { 0xFF, 0xD8, 0xFF, 0xE1, (unsigned char)((size + 2) >> 8),
                                          (unsigned char)(size + 2) };
        GByteArray *all = g_byte_array_new();
        g_byte_array_append(all, segment, sizeof(segment));
        g_byte_array_append(all, exif, (guint)size);
        g_byte_array_append(all, (guint8 *)jpeg + 2, (guint)length - 2);
        if (!vips_jpegload_buffer(all->data, all->len, &read, NULL) &&
            vips_image_wio_input(read)) {
            g_object_unref(read);
            read = NULL;
        }
        g_byte_array_free(all, TRUE);
    }
    g_free(jpeg);
    if (black)
        g_object_unref(black);
    vips_error_clear();
    return read;
}

void seam_exif_put(VipsImage *image, const unsigned char *exif, size_t size)
{
    VipsImage *read = size + 2 <= MOST_SEGMENT ? through_jpeg(exif, size) : NULL;
    if (read) {
        vips_image_map(read, copy_field, image);
        g_object_unref(read);
    }
    vips_image_set_blob_copy(image, VIPS_META_EXIF_NAME, exif, size);
}

void seam_exif_take(VipsImage *image, const char *path, int page, struct seam_tags_place *place)
{
    if (vips_image_get_typeof(image, VIPS_META_EXIF_NAME))
        return;
    GPtrArray *tags = seam_tags_read_tiff(path, page, place, is_told);
    if (seam_tags_find(tags, TAG_EXIF) || seam_tags_find(tags, TAG_GPS)) {
        size_t size;
        unsigned char *exif = seam_tags_make_exif(tags, &size);
        seam_exif_put(image, exif, size);
        g_free(exif);
    }
    if (tags)
        g_ptr_array_unref(tags);
}

static void correct_size(GPtrArray *exif, unsigned id, int value)
{
    const unsigned char data[4] = { (unsigned char)value, (unsigned char)(value >> 8),
                                    (unsigned char)(value >> 16), (unsigned char)(value >> 24) };
    if (seam_tags_find(exif, id))
        seam_tags_put(exif, id, SEAM_TAG_LONG, 1, data);
}

GPtrArray *seam_exif_for_tiff(VipsImage *image)
{
    const void *data;
    size_t size;
    GPtrArray *told = seam_tags_new();
    GPtrArray *all = NULL;
    if (vips_image_get_typeof(image, VIPS_META_EXIF_NAME) &&
        vips_image_get_blob(image, VIPS_META_EXIF_NAME, &data, &size) == 0)
        all = seam_tags_read_exif(data, size);
    for (guint i = all ? all->len : 0; i-- > 0;) {
        const struct seam_tag *tag = all->pdata[i];
        if (is_told(tag->id))
            seam_tags_move(told, all, tag->id);
    }
    if (all)
        g_ptr_array_unref(all);
    /* libvips writes its own, which may be corrected. */
    if (vips_image_get_typeof(image, VIPS_META_IMAGEDESCRIPTION))
        seam_tags_drop(told, TAG_DESCRIPTION);
    const struct seam_tag *exif = seam_tags_find(told, TAG_EXIF);
    if (exif) {
        correct_size(exif->below, TAG_PIXEL_X, image->Xsize);
        correct_size(exif->below, TAG_PIXEL_Y, vips_image_get_page_height(image));
    }
    return told;
}
