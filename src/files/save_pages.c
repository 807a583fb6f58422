/* What each page of a TIFF of several tells: libvips takes XMP and the like from the first, or the
 * last. */
#include <string.h>

#include "files/exif.h"
#include "files/metadata.h"
#include "files/photoshop.h"
#include "files/save_parts.h"
#include "files/tags_parts.h"

enum {
    TAG_DESCRIPTION = 270,
    TAG_XMP = 700,
    TAG_PHOTOSHOP = 34377
};

/* A field of a directory that libvips hands on as one of its header. */
static const struct handed {
    unsigned id, type;
    const char *name;
} handed[] = {
    { TAG_XMP, SEAM_TAG_BYTE, VIPS_META_XMP_NAME },
    { SEAM_TAG_IPTC, SEAM_TAG_LONG, VIPS_META_IPTC_NAME },
    { TAG_PHOTOSHOP, SEAM_TAG_BYTE, VIPS_META_PHOTOSHOP_NAME },
};

static bool is_wanted(unsigned id)
{
    for (size_t i = 0; i < G_N_ELEMENTS(handed); i++)
        if (handed[i].id == id)
            return true;
    return id == TAG_DESCRIPTION;
}

static bool is_told(const char *field)
{
    for (size_t i = 0; i < G_N_ELEMENTS(handed); i++)
        if (strcmp(field, handed[i].name) == 0)
            return true;
    return g_str_has_prefix(field, "exif-") || strcmp(field, VIPS_META_IMAGEDESCRIPTION) == 0;
}

/* The result's header, telling nothing of the first page, and all of its own. */
static VipsImage *page_header(const struct seam_save *save, VipsImage *image, int page,
                              struct seam_tags_place *place, const GPtrArray *found)
{
    VipsImage *own = NULL;
    if (vips_copy(image, &own, NULL))
        return NULL;
    char **fields = vips_image_get_fields(own);
    for (int i = 0; fields && fields[i]; i++)
        if (is_told(fields[i]))
            vips_image_remove(own, fields[i]);
    g_strfreev(fields);
    for (size_t i = 0; i < G_N_ELEMENTS(handed); i++) {
        const struct seam_tag *tag = seam_tags_find(found, handed[i].id);
        if (tag && !tag->below)
            vips_image_set_blob_copy(own, handed[i].name, tag->data, tag->bytes);
    }
    const struct seam_tag *text = seam_tags_find(found, TAG_DESCRIPTION);
    if (text && text->type == SEAM_TAG_TEXT) {
        char *copy = g_strndup((const char *)text->data, text->bytes);
        vips_image_set_string(own, VIPS_META_IMAGEDESCRIPTION, copy);
        g_free(copy);
    }
    seam_exif_take(own, save->pages.path, page, place);
    seam_metadata_correct(own, save->pages.map.scale_x, NULL);
    seam_photoshop_for_tiff(own);
    if (save->pages.turned)
        seam_metadata_upright(own);
    if (save->history)
        seam_save_sign(save, own);
    return own;
}

/* As fields, what libvips would have written of that header; none where it tells nothing. The one
 * of IPTC is there where there is any. */
static void put_handed(GPtrArray *tags, VipsImage *own)
{
    const char *text;
    const void *data;
    size_t size;
    for (size_t i = 0; i < G_N_ELEMENTS(handed); i++)
        if (handed[i].id != SEAM_TAG_IPTC && vips_image_get_typeof(own, handed[i].name) &&
            vips_image_get_blob(own, handed[i].name, &data, &size) == 0 && size > 0)
            seam_tags_put(tags, handed[i].id, handed[i].type, size, data);
        else if (!seam_tags_find(tags, handed[i].id))
            seam_tags_put_none(tags, handed[i].id);
    if (vips_image_get_typeof(own, VIPS_META_IMAGEDESCRIPTION) &&
        vips_image_get_string(own, VIPS_META_IMAGEDESCRIPTION, &text) == 0)
        seam_tags_put_text(tags, TAG_DESCRIPTION, text);
    else if (!seam_tags_find(tags, TAG_DESCRIPTION))
        seam_tags_put_none(tags, TAG_DESCRIPTION);
}

static void put_geo(GPtrArray *tags, const struct seam_save_pages *pages, int page,
                    struct seam_tags_place *place)
{
    GPtrArray *geo = seam_geo_read(pages->path, page, place);
    if (!geo)
        return;
    seam_geo_map(geo, &pages->map);
    if (pages->nodata)
        seam_geo_set_nodata(geo, *pages->nodata);
    while (geo->len > 0)
        seam_tags_move(tags, geo, ((const struct seam_tag *)geo->pdata[0])->id);
    g_ptr_array_unref(geo);
}

GPtrArray *seam_save_page_tags(const struct seam_save *save, VipsImage *image, int page,
                               struct seam_tags_place *place)
{
    const struct seam_save_pages *pages = &save->pages;
    GPtrArray *found = seam_tags_read_tiff(pages->path, page, place, is_wanted);
    VipsImage *own = found ? page_header(save, image, page, place, found) : NULL;
    GPtrArray *tags = own ? seam_save_image_tags(save, own) : NULL;
    if (tags) {
        put_handed(tags, own);
        if (!pages->turned)
            put_geo(tags, pages, page, place);
    }
    if (found)
        g_ptr_array_unref(found);
    if (own)
        g_object_unref(own);
    return tags;
}
