#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "files/exif.h"
#include "files/geo.h"
#include "files/load_parts.h"
#include "files/normalise.h"
#include "files/tiff.h"

/* libvips reads fewer pages than that together. Long before, it takes its time: for each page it
 * walks past all that lie before. */
#define PAGES 10000
#define MANY_PAGES 1000

const char *seam_load_loader(VipsImage *image)
{
    const char *name = NULL;
    if (!vips_image_get_typeof(image, VIPS_META_LOADER) ||
        vips_image_get_string(image, VIPS_META_LOADER, &name))
        return "";
    return name;
}

/* How many pages there are to choose from. Some loaders (JPEG 2000) count the same picture at
 * smaller sizes as pages: those cannot be read together, and have no `n`. */
static int load_count(VipsImage *image, const char *plain)
{
    int pages = 1; /* as libvips' own function gives them, but for those of 10 000 and more */
    if (vips_image_get_typeof(image, VIPS_META_N_PAGES) &&
        vips_image_get_int(image, VIPS_META_N_PAGES, &pages))
        vips_error_clear();
    if (pages <= 1)
        return 1;
    const char *loader = vips_foreign_find_load(plain);
    GObjectClass *class = loader ? g_type_class_ref(g_type_from_name(loader)) : NULL;
    const bool several = class && g_object_class_find_property(class, "n");
    if (class)
        g_type_class_unref(class);
    return several ? pages : 1;
}

/* How many of them to restore where nobody chooses: smaller copies and masks of the first page of a
 * TIFF are none of their own, and of the pictures in a HEIF file one is the first among them, which
 * libvips takes. -1, told in the log: a read failed. */
static int load_natural(const struct seam_load *load, const char *plain, int pages,
                        const struct seam_load_params *params, struct seam_log *log)
{
    const char *loader = seam_load_loader(load->image);
    int natural = pages;
    if (g_str_has_prefix(loader, "tiffload") &&
        (natural = seam_tiff_pictures(plain, pages, params->cancel)) < 0)
        seam_log_fail(log, SEAM_ERROR_IO, "%s cannot be read: %s", load->name, strerror(errno));
    else if (g_str_has_prefix(loader, "heifload"))
        natural = 1;
    if (natural == 1 && pages > 1 && natural != pages && !params->header_only)
        seam_notice(
            log,
            "%s: the first of its %d pages, or the one that it names so, is restored, and the "
            "others are not; --page N chooses",
            load->name, pages);
    return natural;
}

/* Whether the options of the name say themselves which pages: "scan.tif[page=2]". */
static bool names_pages(const char *path)
{
    char *options = vips_filename_get_options(path);
    char **list = g_strsplit_set(options, "[,]", -1);
    bool found = false;
    for (int i = 0; list[i]; i++) {
        const char *option = g_strchug(list[i]);
        found = found || g_str_has_prefix(option, "page") || g_str_has_prefix(option, "n=") ||
                g_str_has_prefix(option, "n ") || g_str_has_prefix(option, "subifd");
    }
    g_strfreev(list);
    g_free(options);
    return found;
}

static enum seam_result load_many(const struct seam_load *load, int pages,
                                  const struct seam_load_params *params, struct seam_log *log)
{
    if (pages >= PAGES)
        return seam_log_fail(log, SEAM_ERROR_IO,
                             "%s has %d pages, and libvips reads fewer than %d together: restore "
                             "them one by one with --page N", load->name, pages, PAGES);
    if (pages >= MANY_PAGES && !params->header_only)
        seam_notice(log, "%s has %d pages: libvips looks at all of them for each, which takes its "
                         "time", load->name, pages);
    return SEAM_OK;
}

enum seam_result seam_load_pages(struct seam_load *load, const char *path, const char *plain,
                                 const struct seam_load_params *params, struct seam_log *log)
{
    const int pages = load_count(load->image, plain);
    if (params->page > pages)
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT, "%s has %d page%s: --page %d does not exist",
                             load->name, pages, pages == 1 ? "" : "s", params->page);
    if (pages <= 1 || names_pages(path))
        return SEAM_OK;
    const int natural = params->page == 0 ? load_natural(load, plain, pages, params, log) : pages;
    if (natural < 0)
        return SEAM_ERROR_IO;
    if (natural == 1)
        return SEAM_OK;
    const enum seam_result r = params->page == 0 ? load_many(load, pages, params, log) : SEAM_OK;
    if (r != SEAM_OK)
        return r;
    VipsImage *all = params->page > 0
                         ? seam_load_file(path, params, params->page - 1, 1)
                         : seam_load_file(path, params, 0, -1);
    if (!all && params->page == 0) {
        char what[600];
        g_snprintf(what, sizeof(what),
                   "the pages of %s cannot be read together (where they differ in "
                   "size, restore them one by one with --page N)",
                   load->name);
        return seam_io_vips_failed(log, SEAM_ERROR_IO, what);
    }
    if (!all)
        return seam_load_failed(load, params, log);
    g_object_unref(load->image);
    load->image = all;
    return SEAM_OK;
}

/* A disk that does not give what the file says it has: no picture without it in silence. */
static enum seam_result load_tags_failed(const struct seam_load *load, int error,
                                         struct seam_log *log)
{
    return seam_log_fail(log, SEAM_ERROR_IO, "%s: its metadata cannot be read: %s", load->name,
                         strerror(error));
}

enum seam_result seam_load_tags(struct seam_load *load, const char *path, const char *plain,
                                const struct seam_load_params *params, struct seam_log *log)
{
    VipsImage *own = NULL;
    struct seam_tags_place place = { 0 };
    const int page = params->page > 0 ? params->page - 1 : 0;
    const bool known = !names_pages(path);
    load->turned = vips_image_get_orientation(load->image) > 1;
    if (known && g_str_has_prefix(seam_load_loader(load->image), "tiffload") &&
        vips_image_get_page_height(load->image) < load->image->Ysize)
        load->pages = g_strdup(plain);
    if (load->sniff.geo && known && !load->turned)
        load->geo = seam_geo_read(plain, page, &place);
    if (place.error)
        return load_tags_failed(load, place.error, log);
    if (load->sniff.geo && !load->geo)
        seam_sniff_lose(&load->sniff, "its georeference (GeoTIFF tags)");
    if (!load->sniff.exif)
        return SEAM_OK;
    if (!known) {
        seam_sniff_lose(&load->sniff, "the EXIF of its TIFF");
        return SEAM_OK;
    }
    if (vips_copy(load->image, &own, NULL))
        return seam_io_vips_failed(log, SEAM_ERROR_IO, load->name);
    seam_exif_take(own, plain, page, &place);
    g_object_unref(load->image);
    load->image = own;
    return place.error ? load_tags_failed(load, place.error, log) : SEAM_OK;
}
