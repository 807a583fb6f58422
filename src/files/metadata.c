#include <string.h>

#include "base/log.h"
#include "files/adapt.h"
#include "files/metadata.h"
#include "files/ome.h"
#include "files/photoshop.h"
#include "files/xmp.h"

/* Longer XMP is left as it is. */
#define MOST_XMP (1 << 20)
/* Nor is it made longer than a JPEG holds. */
#define MOST_SEGMENT 65000

static GString *get_xmp(VipsImage *image)
{
    const void *data;
    size_t size;
    if (!vips_image_get_typeof(image, VIPS_META_XMP_NAME) ||
        vips_image_get_blob(image, VIPS_META_XMP_NAME, &data, &size) || size > MOST_XMP ||
        memchr(data, '\0', size)) /* or UTF-16 */
        return NULL;
    return g_string_new_len(data, (gssize)size);
}

static void put_xmp(VipsImage *image, GString *xmp)
{
    vips_image_set_blob_copy(image, VIPS_META_XMP_NAME, xmp->str, xmp->len);
    g_string_free(xmp, TRUE);
}

/* With the directory that tells of it, which would be one of nothing. */
static void drop_thumbnail(VipsImage *image)
{
    char **fields = vips_image_get_fields(image);
    for (int i = 0; fields && fields[i]; i++)
        if (g_str_has_prefix(fields[i], "exif-ifd1-"))
            vips_image_remove(image, fields[i]);
    g_strfreev(fields);
    vips_image_remove(image, "jpeg-thumbnail-data");
}

void seam_metadata_upright(VipsImage *image)
{
    GString *xmp = get_xmp(image);
    if (xmp) {
        seam_xmp_set(xmp, "tiff:Orientation", "1");
        put_xmp(image, xmp);
    }
    drop_thumbnail(image); /* it shows the picture as it lay */
    vips_autorot_remove_angle(image);
}

static void set_number(GString *xmp, const char *name, int value)
{
    char text[32];
    g_snprintf(text, sizeof(text), "%d", value);
    seam_xmp_set(xmp, name, text);
}

/* Gain maps of Google, Adobe and Apple, films behind pictures, depth. */
static bool cut_announcements(GString *xmp)
{
    static const char *const names[] = { "hdrgm:",      "HDRGainMap:",    "Container:Directory",
                                         "GContainer:", "GCamera:Motion", "GCamera:MicroVideo",
                                         "GDepth:",     "GImage:" };
    bool any = false;
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        any = seam_xmp_cut(xmp, names[i]) || any;
    return any;
}

static void correct_xmp(VipsImage *image, struct seam_log *log)
{
    GString *xmp = get_xmp(image);
    if (!xmp)
        return;
    const int height = vips_image_get_page_height(image);
    char bits[32], resolution[32];
    g_snprintf(bits, sizeof(bits), "%d", (int)(8 * VIPS_IMAGE_SIZEOF_ELEMENT(image)));
    set_number(xmp, "tiff:ImageWidth", image->Xsize);
    set_number(xmp, "tiff:ImageLength", height);
    set_number(xmp, "exif:PixelXDimension", image->Xsize);
    set_number(xmp, "exif:PixelYDimension", height);
    seam_xmp_set(xmp, "tiff:BitsPerSample", bits);
    /* libvips counts in pixels per millimetre, XMP of unit 2 per inch and of 3 per centimetre. */
    const bool metric = strstr(xmp->str, "tiff:ResolutionUnit=\"3\"") ||
                        strstr(xmp->str, "<tiff:ResolutionUnit>3<");
    g_snprintf(resolution, sizeof(resolution), "%d/10000",
               (int)CLAMP(image->Xres * (metric ? 1e5 : 254e3) + 0.5, 1, G_MAXINT));
    seam_xmp_set(xmp, "tiff:XResolution", resolution);
    g_snprintf(resolution, sizeof(resolution), "%d/10000",
               (int)CLAMP(image->Yres * (metric ? 1e5 : 254e3) + 0.5, 1, G_MAXINT));
    seam_xmp_set(xmp, "tiff:YResolution", resolution);
    if (cut_announcements(xmp))
        seam_notice(
            log,
            "its XMP announces further pictures or a film (a gain map, depth, motion), which are "
            "lost: so is what announces them");
    put_xmp(image, xmp);
}

/* EXIF's own size, where a camera wrote one there; libvips minds the other. */
static void correct_exif(VipsImage *image, const char *field, int value)
{
    char text[32];
    if (!vips_image_get_typeof(image, field))
        return;
    g_snprintf(text, sizeof(text), "%d", value);
    vips_image_set_string(image, field, text);
}

void seam_metadata_sign(VipsImage *image, const char *agent, const char *what)
{
    GString *xmp = get_xmp(image);
    if (!xmp && vips_image_get_typeof(image, VIPS_META_XMP_NAME))
        return;
    xmp = xmp ? xmp : g_string_new(NULL);
    if (seam_xmp_add_event(xmp, agent, what) && xmp->len <= MOST_SEGMENT)
        put_xmp(image, xmp);
    else
        g_string_free(xmp, TRUE);
}

static bool is_needed(const char *field)
{
    static const char *const names[] = { VIPS_META_ICC_NAME,  VIPS_META_N_PAGES,
                                         VIPS_META_PAGE_HEIGHT, VIPS_META_RESOLUTION_UNIT,
                                         SEAM_META_DATA_BAND, "delay", "loop", "background",
                                         "bits-per-sample", "palette-bit-depth" };
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        if (strcmp(field, names[i]) == 0)
            return true;
    return g_str_has_prefix(field, "vips-") || g_str_has_prefix(field, "gif-");
}

void seam_metadata_strip(VipsImage *image)
{
    char **fields = vips_image_get_fields(image);
    for (int i = 0; fields && fields[i]; i++)
        if (!is_needed(fields[i]))
            vips_image_remove(image, fields[i]);
    g_strfreev(fields);
}

void seam_metadata_correct(VipsImage *image, double scale, struct seam_log *log)
{
    correct_xmp(image, log);
    drop_thumbnail(image); /* it shows what the picture was */
    correct_exif(image, "exif-ifd0-ImageWidth", image->Xsize);
    correct_exif(image, "exif-ifd0-ImageLength", vips_image_get_page_height(image));
    seam_photoshop_turn(image);
    seam_photoshop_scale(image, scale);
    seam_ome_scale(image, scale);
}
