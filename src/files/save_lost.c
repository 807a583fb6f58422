/* What a format does not hold of a picture's header, as libvips 8.14 writes it. */
#include <string.h>

#include "base/log.h"
#include "files/photoshop.h"
#include "files/save_parts.h"
#include "tile/transfer.h"

/* The most that one segment of a JPEG holds. */
#define MOST_SEGMENT 65502

/* Where a field survives: suffixes, one after the other. */
#define JPEGS ".jpg", ".jpeg", ".jpe"
#define HEIFS ".heic", ".heif", ".avif"
#define OWN ".v", ".vips", NULL
static const char *const keep_exif[] = { JPEGS, HEIFS, ".png", ".webp", ".tif", ".tiff", OWN };
static const char *const keep_xmp[] = { JPEGS, ".png", ".webp", ".tif", ".tiff", OWN };
static const char *const keep_iptc[] = { JPEGS, ".tif", ".tiff", OWN };
static const char *const keep_profile[] = { JPEGS,  HEIFS,   ".png", ".webp",
                                            ".tif", ".tiff", ".jxl", OWN };
static const char *const keep_text[] = { ".png", OWN };
static const char *const jpegs[] = { JPEGS, NULL };

/* What libvips itself makes up as EXIF, of a resolution alone, is no loss. */
static void *is_worth_telling(VipsImage *image, const char *field, GValue *value, void *opaque)
{
    static const char *const dull[] = { "Resolution",
                                        "YCbCrPositioning",
                                        "ExifVersion",
                                        "FlashpixVersion",
                                        "FlashPixVersion",
                                        "ColorSpace",
                                        "ComponentsConfiguration",
                                        "PixelXDimension",
                                        "PixelYDimension",
                                        "Orientation" };
    (void)image;
    (void)value;
    (void)opaque;
    if (!g_str_has_prefix(field, "exif-ifd"))
        return NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(dull); i++)
        if (strstr(field, dull[i]))
            return NULL;
    return (void *)(uintptr_t)1;
}

/* A block of metadata in hexadecimal, as ImageMagick wrote it into PNG before that had a place for
 * EXIF, that holds nothing which is known: see raw_profile.h. */
static void *is_raw_profile(VipsImage *image, const char *field, GValue *value, void *opaque)
{
    (void)image;
    (void)value;
    (void)opaque;
    return g_str_has_prefix(field, "png-comment-") && strstr(field, "Raw profile type")
               ? (void *)(uintptr_t)1
               : NULL;
}

static size_t blob_size(VipsImage *image, const char *field)
{
    const void *data;
    size_t size = 0;
    if (vips_image_get_typeof(image, field) && vips_image_get_blob(image, field, &data, &size))
        size = 0;
    return size;
}

static void add(GString *list, const char *what)
{
    g_string_append_printf(list, "%s%s", list->len ? ", " : "", what);
}

void seam_save_say_lost(const struct seam_save *save, VipsImage *image, struct seam_log *log)
{
    GString *lost = g_string_new(NULL);
    const size_t xmp = blob_size(image, VIPS_META_XMP_NAME);
    const bool jpeg = seam_save_is_one_of(save, jpegs);
    if (blob_size(image, VIPS_META_EXIF_NAME) && !seam_save_is_one_of(save, keep_exif) &&
        vips_image_map(image, is_worth_telling, NULL))
        add(lost, "EXIF");
    if (jpeg && blob_size(image, VIPS_META_EXIF_NAME) > MOST_SEGMENT)
        add(lost, "EXIF, which is larger than JPEG holds");
    if (xmp && !seam_save_is_one_of(save, keep_xmp))
        add(lost, "XMP");
    if (jpeg && xmp > MOST_SEGMENT)
        add(lost, "XMP, which is larger than JPEG holds");
    if (blob_size(image, VIPS_META_IPTC_NAME) && !seam_save_is_one_of(save, keep_iptc))
        add(lost, "IPTC");
    if (jpeg && blob_size(image, VIPS_META_IPTC_NAME) > MOST_SEGMENT)
        add(lost, "IPTC, which is larger than JPEG holds");
    if (blob_size(image, VIPS_META_ICC_NAME) && !seam_save_is_one_of(save, keep_profile))
        add(lost, "the colour profile");
    if (save->geo && !seam_save_keeps_geo(save))
        add(lost, "the georeference");
    if (blob_size(image, "heif-mime-1") && g_ascii_strcasecmp(save->suffix, ".v") != 0)
        add(lost, "XMP of HEIF");
    if (!seam_save_is_one_of(save, keep_text) && vips_image_map(image, is_raw_profile, NULL))
        add(lost, "EXIF, XMP and IPTC that a PNG has as texts (Raw profile type)");
    if (lost->len)
        seam_notice(
            log,
            "%s: %s %s lost, as libvips writes none into .%s; .jpg keeps EXIF, XMP and IPTC, .tif "
            "all that, and georeferences",
            save->name, lost->str, strchr(lost->str, ',') ? "are" : "is", save->suffix + 1);
    g_string_free(lost, TRUE);
}

/* --- What a format is to get
 * --------------------------------------------------------------------------- */

static int decode_rows(VipsRegion *out, void *seq, void *a, void *b, gboolean *stop)
{
    VipsRegion *in = seq;
    const VipsRect *r = &out->valid;
    (void)a;
    (void)b;
    (void)stop;
    if (vips_region_prepare(in, r))
        return -1;
    const size_t n = VIPS_REGION_N_ELEMENTS(out);
    for (int y = 0; y < r->height; y++) {
        const float *from = (const float *)(void *)VIPS_REGION_ADDR(in, r->left, r->top + y);
        float *to = (float *)(void *)VIPS_REGION_ADDR(out, r->left, r->top + y);
        for (size_t i = 0; i < n; i++)
            to[i] = seam_srgb_decode(from[i]);
    }
    return 0;
}

/* PFM of colours is linear light, by libvips when it reads and by those who draw from it. */
static bool to_linear(VipsImage **image)
{
    VipsImage *in = *image, *out = vips_image_new();
    if (vips_image_pipelinev(out, VIPS_DEMAND_STYLE_FATSTRIP, in, NULL) ||
        vips_image_generate(out, vips_start_one, decode_rows, vips_stop_one, in, NULL)) {
        g_object_unref(out);
        return false;
    }
    out->Type = VIPS_INTERPRETATION_scRGB;
    vips_object_local(out, in);
    *image = out;
    return true;
}

VipsImage *seam_save_prepare(const struct seam_save *save, VipsImage *image)
{
    VipsImage *own = NULL;
    if (vips_copy(image, &own, NULL))
        return NULL;
    if (seam_save_is_tiff(save))
        seam_photoshop_for_tiff(own);
    else if (seam_save_is_one_of(save, jpegs))
        seam_photoshop_for_jpeg(own);
    if (g_ascii_strcasecmp(save->suffix, ".pfm") == 0 && own->Bands == 3 &&
        own->BandFmt == VIPS_FORMAT_FLOAT && own->Type == VIPS_INTERPRETATION_sRGB &&
        !to_linear(&own)) {
        g_object_unref(own);
        return NULL;
    }
    return own;
}
