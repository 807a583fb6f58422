#include <string.h>
#include <vips/vips.h>

#include "files/kind.h"
#include "files/rewrite.h"

static bool has_suffix(const char *path, const char *const *suffixes)
{
    const char *dot = strrchr(path, '.');
    for (; dot && *suffixes; suffixes++)
        if (g_ascii_strcasecmp(dot, *suffixes) == 0)
            return true;
    return false;
}

/* What ImageMagick takes by its first bytes alone may be anything: here the name must say so as
 * well. */
static bool is_named_picture(const char *path)
{
    static const char *const names[] = { ".bmp",  ".dib",  ".psd", ".psb", ".ico",  ".cur",  ".tga",
                                         ".icb",  ".vda",  ".vst", ".pcx", ".dcx",  ".xpm",  ".xbm",
                                         ".pbm",  ".pgm",  ".ppm", ".pnm", ".pam",  ".pfm",  ".dpx",
                                         ".cin",  ".miff", ".sgi", ".ras", ".sun",  ".pict", ".pct",
                                         ".jng",  ".mng",  ".xcf", ".dcm", ".dds",  ".wmf",  ".emf",
                                         ".wbmp", ".fax",  ".g3",  ".pcd", ".palm", ".rle",  ".sfw",
                                         ".viff", ".xwd",  ".qoi", ".jxr", ".ora",  NULL };
    return has_suffix(path, names);
}

bool seam_file_is_picture(const char *path)
{
    static const char *const drawings[] = { ".svg", ".svgz", ".svg.gz", NULL };
    if (!g_file_test(path, G_FILE_TEST_IS_REGULAR))
        return false;
    if (seam_pnm_is_odd(path, NULL))
        return true;
    const char *loader = vips_foreign_find_load(path);
    vips_error_clear();
    if (!loader || strstr(loader, "Csv") || strstr(loader, "Matrix"))
        return false;
    if (strstr(loader, "Magick"))
        return is_named_picture(path);
    return !strstr(loader, "Svg") || has_suffix(path, drawings);
}
