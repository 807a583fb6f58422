#include <string.h>

#include "files/formats.h"

/* Nanoseconds a sample of 8 bits, measured by hand with libvips 8.14 as processor time of one
 * thread of a server: 3 megapixels of a photograph, less what libvips' own format takes. */
static const struct {
    const char *loader; /* the beginning of libvips' name for it */
    double nanoseconds;
} loads[] = {
    { "pngload", 5 }, { "jpegload", 9 },  { "webpload", 23 },
    { "jxlload", 9 }, { "heifload", 35 }, { "jp2kload", 54 },
};

static const struct {
    const char *suffix;
    const char *option; /* that the options must name; NULL: any */
    double nanoseconds;
} saves[] = {
    { ".tif", "deflate", 63 },  { ".tif", "zstd", 73 },   { ".tif", "lzw", 15 },
    { ".tif", NULL, 3 },        { ".tiff", "deflate", 63 }, { ".tiff", "zstd", 73 },
    { ".tiff", "lzw", 15 },     { ".tiff", NULL, 3 },     { ".png", NULL, 39 },
    { ".jpg", NULL, 12 },       { ".jpeg", NULL, 12 },    { ".webp", NULL, 70 },
    { ".jxl", NULL, 340 },      { ".avif", NULL, 550 },   { ".heic", NULL, 590 },
    { ".heif", NULL, 590 },     { ".jp2", NULL, 52 },
};

double seam_format_load_seconds(VipsImage *image, double pixels)
{
    const char *name = NULL;
    if (!vips_image_get_typeof(image, VIPS_META_LOADER) ||
        vips_image_get_string(image, VIPS_META_LOADER, &name))
        return 0;
    for (size_t i = 0; i < G_N_ELEMENTS(loads); i++)
        if (g_str_has_prefix(name, loads[i].loader))
            return loads[i].nanoseconds * 1e-9 * pixels * image->Bands;
    return 0;
}

double seam_format_save_seconds(const char *suffix, const char *options, double samples)
{
    for (size_t i = 0; i < G_N_ELEMENTS(saves); i++)
        if (g_ascii_strcasecmp(saves[i].suffix, suffix) == 0 &&
            (!saves[i].option || strstr(options, saves[i].option)))
            return saves[i].nanoseconds * 1e-9 * samples;
    return 0;
}
