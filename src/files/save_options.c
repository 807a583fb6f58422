/* The options in brackets behind an output's name: checked before the first row, and completed. */
#include <string.h>

#include "base/common.h"
#include "base/log.h"
#include "files/formats.h"
#include "files/save.h"
#include "files/save_parts.h"

bool seam_save_is_tiff(const struct seam_save *save)
{
    return g_ascii_strcasecmp(save->suffix, ".tif") == 0 ||
           g_ascii_strcasecmp(save->suffix, ".tiff") == 0;
}

bool seam_save_is_one_of(const struct seam_save *save, const char *const *suffixes)
{
    while (*suffixes && g_ascii_strcasecmp(save->suffix, *suffixes) != 0)
        suffixes++;
    return *suffixes != NULL;
}

bool seam_save_is_heif(const struct seam_save *save)
{
    static const char *const heif[] = { ".avif", ".heic", ".heif", NULL };
    return seam_save_is_one_of(save, heif);
}

/* "a=b" as libvips takes it: an argument of the saver's, and a value within its bounds. */
static enum seam_result check_option(const struct seam_save *save, GObjectClass *class,
                                     const char *name, const char *value, struct seam_log *log)
{
    GParamSpec *spec = g_object_class_find_property(class, name);
    double least = -G_MAXDOUBLE, most = G_MAXDOUBLE;
    char *end;
    if (!spec || !(spec->flags & G_PARAM_WRITABLE))
        return seam_log_fail(
            log, SEAM_ERROR_ARGUMENT,
            "%s: %s knows no option called '%s'; see the long names in 'vips %ssave'", save->name,
            save->suffix, name, save->suffix + 1);
    if (G_IS_PARAM_SPEC_INT(spec)) {
        least = G_PARAM_SPEC_INT(spec)->minimum;
        most = G_PARAM_SPEC_INT(spec)->maximum;
    } else if (G_IS_PARAM_SPEC_DOUBLE(spec)) {
        least = G_PARAM_SPEC_DOUBLE(spec)->minimum;
        most = G_PARAM_SPEC_DOUBLE(spec)->maximum;
    } else {
        return SEAM_OK; /* libvips looks at words itself */
    }
    const double number = value ? g_ascii_strtod(value, &end) : 0;
    if (!value || end == value || *end || !(number >= least && number <= most))
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT, "%s: %s=%s must be a number from %g to %g",
                             save->name, name, value ? value : "", least, most);
    return SEAM_OK;
}

/* libaom aborts at depths between, and what is not of the samples' size is written as noise. */
static enum seam_result check_depth(const struct seam_save *save, struct seam_log *log)
{
    const int depth = seam_save_option(save, "bitdepth");
    if (depth == 0 || depth == 8 || depth == 12 || !seam_save_is_heif(save))
        return SEAM_OK;
    return seam_log_fail(
        log, SEAM_ERROR_ARGUMENT,
        "%s: libvips writes %s of 8 or 12 bits alone: leave bitdepth out for what fits the "
        "samples, or use bitdepth=12",
        save->name, save->suffix + 1);
}

enum seam_result seam_save_check_options(const struct seam_save *save, GObjectClass *class,
                                         struct seam_log *log)
{
    enum seam_result r = check_depth(save, log);
    /* Lists in quotes or brackets are for libvips to understand. */
    if (strlen(save->options) <= 2 || strpbrk(save->options + 1, "\"'[{("))
        return r;
    char *inner = g_strndup(save->options + 1, strlen(save->options) - 2);
    char **options = g_strsplit(inner, ",", -1);
    for (int i = 0; options[i] && r == SEAM_OK; i++) {
        char *value = strchr(options[i], '=');
        if (value)
            *value++ = '\0';
        if (*g_strstrip(options[i]))
            r = check_option(save, class, options[i], value ? g_strstrip(value) : NULL, log);
    }
    g_strfreev(options);
    g_free(inner);
    return r;
}

int seam_save_option(const struct seam_save *save, const char *name)
{
    const size_t length = strlen(name);
    for (const char *at = save->options; (at = strstr(at, name)) != NULL; at++)
        if (at > save->options && strchr("[, ", at[-1]) && at[length] == '=')
            return (int)CLAMP(g_ascii_strtoll(at + length + 1, NULL, 10), 0, G_MAXINT);
    return 0;
}

/* "[a,b]" becomes "[a,b,option]", and "" "[option]". */
static char *with_option(const char *options, const char *option)
{
    const size_t length = strlen(options);
    return length <= 2 ? g_strdup_printf("[%s]", option)
                       : g_strdup_printf("%.*s,%s]", (int)length - 1, options, option);
}

void seam_save_follow(struct seam_save *save, int compression)
{
    static const struct {
        int number;
        const char *option;
    } known[] = {
        { 5, "compression=lzw" },
        { 32773, "compression=packbits" },
        { 50000, "compression=zstd" },
    };
    const char *option = "compression=deflate";
    if (compression < 2 || !seam_save_is_tiff(save) || strstr(save->options, "compression"))
        return;
    for (size_t i = 0; i < G_N_ELEMENTS(known); i++)
        if (known[i].number == compression)
            option = known[i].option;
    char *options = with_option(save->options, option);
    g_free(save->options);
    save->options = options;
}

bool seam_save_tiff_loses(const struct seam_save *save)
{
    return seam_save_is_tiff(save) &&
           (strstr(save->options, "compression=jpeg") ||
            strstr(save->options, "compression=webp") || strstr(save->options, "compression=jp2k"));
}

/* What formats that lose by default are written with, unless something is said of it: a restoration
 * is not to be undone by its file. libvips halves no chroma at this quality of JPEG and WebP. */
static const char *fine_quality(const struct seam_save *save)
{
    static const char *const fine[][2] = {
        { ".jpg", "Q=95" },  { ".jpeg", "Q=95" }, { ".jpe", "Q=95" },
        { ".webp", "Q=95" }, { ".jxl", "Q=95" },  { ".avif", "Q=80,subsample_mode=off" },
        { ".heic", "Q=80" }, { ".heif", "Q=80" }
    };
    if (strstr(save->options, "Q=") || strstr(save->options, "lossless") ||
        strstr(save->options, "distance"))
        return NULL;
    if (seam_save_tiff_loses(save))
        return "Q=95";
    for (size_t i = 0; i < G_N_ELEMENTS(fine); i++)
        if (g_ascii_strcasecmp(save->suffix, fine[i][0]) == 0)
            return strstr(save->options, "subsample") ? "Q=80" : fine[i][1];
    return NULL;
}

char *seam_save_options(const struct seam_save *save, const VipsImage *image)
{
    const char *quality = fine_quality(save);
    int64_t width = image->Xsize, height = image->Ysize;
    if (quality)
        return with_option(save->options, quality);
    if (!seam_save_is_tiff(save))
        return g_strdup(save->options);
    if (strstr(save->options, "tile")) {
        width = seam_align_up(width, seam_format_tile_side(save->options, "width"));
        height = seam_align_up(height, seam_format_tile_side(save->options, "height"));
    }
    double bytes = (double)VIPS_IMAGE_SIZEOF_PEL(image) * (double)width * (double)height;
    if (strstr(save->options, "pyramid"))
        bytes *= 1.4;
    if (strstr(save->options, "lzw"))
        bytes *= 1.5;
    if (bytes < 4.0e9 || strstr(save->options, "bigtiff"))
        return g_strdup(save->options);
    return with_option(save->options, "bigtiff");
}

enum seam_sample seam_save_sample(const struct seam_save *save, enum seam_sample wanted,
                                  bool linear)
{
    static const char *const whole[] = { ".jp2", ".j2k", ".jpt", ".j2c", ".jpc",
                                         ".ppm", ".pgm", ".pnm", NULL };
    const int depth = seam_save_option(save, "bitdepth");
    const bool bytes = seam_save_tiff_loses(save) || (depth > 0 && depth <= 8) ||
                       strstr(save->options, "compression=ccitt");
    /* Linear light in shared exponents: what is encoded is made linear by libvips, from 16 bit. */
    if (save->radiance)
        return linear && wanted == SEAM_SAMPLE_F32 ? wanted : SEAM_SAMPLE_U16;
    if (g_ascii_strcasecmp(save->suffix, ".pfm") == 0)
        return SEAM_SAMPLE_F32;
    if (seam_save_is_heif(save) && depth > 8)
        return SEAM_SAMPLE_U16;
    if (bytes && save->formats[VIPS_FORMAT_UCHAR] == VIPS_FORMAT_UCHAR)
        return SEAM_SAMPLE_U8;
    if (wanted == SEAM_SAMPLE_F32 && save->formats[VIPS_FORMAT_FLOAT] == VIPS_FORMAT_FLOAT &&
        !seam_save_is_one_of(save, whole))
        return wanted;
    if (wanted != SEAM_SAMPLE_U8 && save->formats[VIPS_FORMAT_USHORT] == VIPS_FORMAT_USHORT)
        return SEAM_SAMPLE_U16;
    if (save->formats[VIPS_FORMAT_UCHAR] == VIPS_FORMAT_UCHAR)
        return SEAM_SAMPLE_U8;
    return SEAM_SAMPLE_F32; /* a format of floats alone, such as Radiance */
}
