#include <string.h>

#include "files/formats.h"

/* Bytes per pixel, measured by hand with libvips 8.14 and rounded up: peak memory at two heights of
 * one picture of three bands of 8 bits, over the difference in pixels. `pixel` is what grows with
 * the bytes of a pixel. */
static const struct {
    const char *loader; /* the beginning of libvips' name for it */
    double pixel, more;
} loaders[] = {
    { "webpload", 0, 8 },       { "heifload", 1, 5 }, { "jxlload", 4, 4 }, { "gifload", 0, 5 },
    { "jp2kload", 0.25, 0.25 }, { "ppmload", 1, 0 },  { "radload", 0, 1 }, { "magickload", 2, 8 },
};

static const struct {
    const char *suffix;
    const char *option; /* that the options must name; NULL: any */
    double pixel, more;
} savers[] = {
    { ".webp", "lossless", 0, 26 }, { ".webp", NULL, 0, 6 },
    { ".jxl", "effort=8", 11, 240 }, { ".jxl", "effort=9", 11, 240 },
    { ".jxl", NULL, 11, 12 },       { ".heic", NULL, 1, 16 },
    { ".heif", NULL, 1, 16 },       { ".avif", NULL, 1, 20 },
    { ".gif", NULL, 0, 9 },         { ".png", "interlace", 1.1, 0 },
    { ".jpg", "interlace", 2, 0 },  { ".jpg", "optimize", 2, 0 },
    { ".jpeg", "interlace", 2, 0 }, { ".jpeg", "optimize", 2, 0 },
    { ".jpe", "interlace", 2, 0 },  { ".jpe", "optimize", 2, 0 },
    { ".fits", NULL, 1.1, 0 },      { ".fit", NULL, 1.1, 0 },
    { ".fts", NULL, 1.1, 0 },       { ".tif", "pyramid", 0.4, 0 },
    { ".tiff", "pyramid", 0.4, 0 }, { ".bmp", NULL, 2, 8 },
};

static bool has_field(VipsImage *image, const char *loader, const char *field)
{
    const char *name = NULL;
    int value = 0;
    return vips_image_get_typeof(image, VIPS_META_LOADER) &&
           vips_image_get_string(image, VIPS_META_LOADER, &name) == 0 &&
           g_str_has_prefix(name, loader) && vips_image_get_typeof(image, field) &&
           vips_image_get_int(image, field, &value) == 0 && value;
}

bool seam_format_is_interlaced_png(VipsImage *image)
{
    return has_field(image, "pngload", "interlaced");
}

bool seam_format_is_multiscan_jpeg(VipsImage *image)
{
    return has_field(image, "jpegload", "jpeg-multiscan");
}

/* Coefficients of 16 bits, of fewer pixels where chroma is halved. */
static double jpeg_bytes(VipsImage *image)
{
    const char *chroma = NULL;
    const bool halved = vips_image_get_typeof(image, "jpeg-chroma-subsample") &&
                        vips_image_get_string(image, "jpeg-chroma-subsample", &chroma) == 0 &&
                        strcmp(chroma, "4:2:0") == 0;
    return (halved && image->Bands == 3 ? 1.5 : image->Bands) * 2.1;
}

double seam_format_load_bytes(VipsImage *image)
{
    const double pixel = (double)VIPS_IMAGE_SIZEOF_PEL(image);
    const char *name = NULL;
    if (seam_format_is_interlaced_png(image)) /* and a pointer a row */
        return pixel + (double)sizeof(void *) / image->Xsize;
    if (seam_format_is_multiscan_jpeg(image))
        return jpeg_bytes(image);
    if (!vips_image_get_typeof(image, VIPS_META_LOADER) ||
        vips_image_get_string(image, VIPS_META_LOADER, &name))
        return 0;
    for (size_t i = 0; i < G_N_ELEMENTS(loaders); i++)
        if (g_str_has_prefix(name, loaders[i].loader))
            return loaders[i].pixel * pixel + loaders[i].more;
    return 0;
}

double seam_format_save_bytes(const char *suffix, const char *options, int pixel_bytes)
{
    for (size_t i = 0; i < G_N_ELEMENTS(savers); i++)
        if (g_ascii_strcasecmp(savers[i].suffix, suffix) == 0 &&
            (!savers[i].option || strstr(options, savers[i].option)))
            return savers[i].pixel * pixel_bytes + savers[i].more;
    return 0;
}

/* What zstd says of its own levels, in MB, and what libtiff takes where none is named. */
#define ZSTD_LEVEL 9
static const double zstd_megabytes[] = { 18, 2, 3,  4,  5,  6,  6,  10, 10, 18,  31,  31,
                                         56, 56, 56, 73, 73, 73, 73, 94, 203, 405, 816 };

uint64_t seam_format_coder_bytes(const char *suffix, const char *options, double side)
{
    const bool tiff =
        g_ascii_strcasecmp(suffix, ".tif") == 0 || g_ascii_strcasecmp(suffix, ".tiff") == 0;
    const char *at = strstr(options, "level=");
    const gint64 level = at ? g_ascii_strtoll(at + strlen("level="), NULL, 10) : ZSTD_LEVEL;
    if (!tiff || !strstr(options, "zstd"))
        return 0;
    /* Each layer of a pyramid has an encoder of its own. */
    int layers = 1;
    for (double s = side; strstr(options, "pyramid") && s > 128 && layers < 32; s /= 2)
        layers++;
    return (uint64_t)(zstd_megabytes[CLAMP(level, 0, 22)] * 1e6) * (uint64_t)layers;
}

int seam_format_tile_side(const char *options, const char *name)
{
    for (const char *at = options; (at = strstr(at, "tile")) != NULL; at++) {
        const char *side = at + strlen("tile") + 1, *equals = side + strlen(name);
        if ((at[4] == '_' || at[4] == '-') && g_str_has_prefix(side, name) && *equals == '=')
            return (int)CLAMP(g_ascii_strtoll(equals + 1, NULL, 10), 1, VIPS_MAX_COORD);
    }
    return 128;
}

int seam_format_save_rows(const char *suffix, const char *options)
{
    const bool tiff =
        g_ascii_strcasecmp(suffix, ".tif") == 0 || g_ascii_strcasecmp(suffix, ".tiff") == 0;
    return tiff ? seam_format_tile_side(options, "height") : 0;
}

/* Measured with 1 to 32 threads. */
int64_t seam_format_cached_rows(VipsImage *image)
{
    int tile_width, tile_height, lines;
    vips_get_tile_size(image, &tile_width, &tile_height, &lines);
    return 128 + 2 * (int64_t)lines;
}
