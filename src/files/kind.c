#include <stdio.h>
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

/* Whether its first bytes are those of a JPEG or PNG. Most files are, and libvips, asked who reads
 * a file, lets a dozen loaders open it first. */
static bool begins_as_most(const char *path)
{
    static const unsigned char jpeg[] = { 0xFF, 0xD8, 0xFF },
                               png[] = { 0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n' };
    unsigned char head[sizeof(png)] = { 0 };
    FILE *f = fopen(path, "rb");
    if (!f)
        return false;
    const size_t n = fread(head, 1, sizeof(head), f);
    fclose(f);
    if (n < sizeof(head))
        return false;
    return (memcmp(head, jpeg, sizeof(jpeg)) == 0 && g_type_from_name("VipsForeignLoadJpegFile")) ||
           (memcmp(head, png, sizeof(png)) == 0 && g_type_from_name("VipsForeignLoadPngFile"));
}

bool seam_file_is_picture(const char *path)
{
    static const char *const drawings[] = { ".svg", ".svgz", ".svg.gz", NULL };
    if (!g_file_test(path, G_FILE_TEST_IS_REGULAR))
        return false;
    if (begins_as_most(path))
        return true;
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
