#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/load.h"
#include "io/normalise.h"
#include "io/temporary.h"
#include "log.h"

/* Why `path` cannot be a picture; messages call it `name`. */
static enum seam_result load_check(const char *path, const char *name, struct seam_log *log)
{
    struct stat st;
    enum seam_result r = SEAM_OK;
    if (stat(path, &st) != 0)
        r = seam_log_fail(log, SEAM_ERROR_IO, "%s: %s", name, strerror(errno));
    else if (S_ISDIR(st.st_mode))
        r = seam_log_fail(log, SEAM_ERROR_IO, "%s is a folder, not a picture", name);
    else if (access(path, R_OK) != 0)
        r = seam_log_fail(log, SEAM_ERROR_IO, "%s: %s", name, strerror(errno));
    else if (S_ISREG(st.st_mode) && st.st_size == 0)
        r = seam_log_fail(log, SEAM_ERROR_IO, "%s is empty", name);
    else if (!vips_foreign_find_load(path))
        r = seam_log_fail(log, SEAM_ERROR_IO,
                          "%s is no picture that libvips can read: see 'vips -l | grep load' for "
                          "what it can, and whether the file is whole", name);
    if (r != SEAM_OK)
        vips_error_clear();
    return r;
}

static enum seam_result load_failed(const struct seam_load *load,
                                    const struct seam_load_params *params, struct seam_log *log)
{
    char what[600];
    g_snprintf(what, sizeof(what), "%s cannot be read%s", load->name,
               params->allow_damaged ? "" : " (if it is cut short, --allow-damaged restores the rest)");
    return seam_io_vips_failed(log, SEAM_ERROR_IO, what);
}

/* Standard input goes to a file on disk: many formats are read from both ends. */
static enum seam_result load_pipe(struct seam_load *load, const struct seam_load_params *params,
                                  struct seam_log *log)
{
    int fd = seam_temporary_open(NULL, "", &load->piped);
    if (fd < 0)
        return seam_log_fail(log, SEAM_ERROR_IO, "standard input: no temporary file: %s",
                             strerror(errno));
    const bool ok = seam_temporary_copy(STDIN_FILENO, fd, params->cancelled);
    const int error = errno;
    if (!ok && params->cancelled && params->cancelled()) {
        close(fd);
        return seam_log_fail(log, SEAM_CANCELLED, "cancelled");
    }
    if (close(fd) != 0 || !ok)
        return seam_log_fail(log, SEAM_ERROR_IO, "standard input: %s",
                             strerror(ok ? errno : error));
    return SEAM_OK;
}

static VipsImage *load_file(const char *path, const struct seam_load_params *params, int first_page,
                            int pages)
{
    const VipsAccess access = VIPS_ACCESS_SEQUENTIAL;
    const VipsFailOn fail = params->allow_damaged ? VIPS_FAIL_ON_NONE : VIPS_FAIL_ON_TRUNCATED;
    if (pages == 0)
        return vips_image_new_from_file(path, "access", access, "fail_on", fail, NULL);
    return vips_image_new_from_file(path, "access", access, "fail_on", fail, "page", first_page,
                                    "n", pages, NULL);
}

/* How many pages there are to restore. Some loaders (JPEG 2000) count the same picture at smaller
 * sizes as pages: those cannot be read together, and have no `n`. */
static int load_count(VipsImage *image, const char *plain)
{
    const char *loader = vips_foreign_find_load(plain);
    GObjectClass *class = loader ? g_type_class_ref(g_type_from_name(loader)) : NULL;
    const bool several = class && g_object_class_find_property(class, "n");
    if (class)
        g_type_class_unref(class);
    return several ? vips_image_get_n_pages(image) : 1;
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

/* Replace the first page by the pages asked for. */
static enum seam_result load_pages(struct seam_load *load, const char *path, const char *plain,
                                   const struct seam_load_params *params, struct seam_log *log)
{
    const int pages = load_count(load->image, plain);
    if (params->page > pages)
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT, "%s has %d page%s: --page %d does not exist",
                             load->name, pages, pages == 1 ? "" : "s", params->page);
    if (pages <= 1 || params->page == 1 || names_pages(path))
        return SEAM_OK;
    VipsImage *all = params->page > 0
                         ? load_file(path, params, params->page - 1, 1)
                         : load_file(path, params, 0, -1);
    if (!all && params->page == 0) {
        char what[600];
        g_snprintf(what, sizeof(what), "the pages of %s cannot be read together (where they differ in "
                   "size, restore them one by one with --page N)", load->name);
        return seam_io_vips_failed(log, SEAM_ERROR_IO, what);
    }
    if (!all)
        return load_failed(load, params, log);
    g_object_unref(load->image);
    load->image = all;
    return SEAM_OK;
}

static void spool_eval(VipsImage *image, VipsProgress *progress, void *opaque)
{
    (void)progress;
    bool (*cancelled)(void) = ((const struct seam_load_params *)opaque)->cancelled;
    if (cancelled && cancelled())
        vips_image_set_kill(image, TRUE);
}

/* Each page of a roll by itself: turned as one, pages would stand side by side. */
static VipsImage *turn_pages(VipsImage *roll, int page_height)
{
    const int pages = roll->Ysize / page_height;
    VipsImage **cut = (VipsImage **)vips_object_local_array(VIPS_OBJECT(roll), 2 * pages + 1);
    VipsImage **turned = cut + pages, **joined = turned + pages, *out = NULL;
    for (int i = 0; i < pages; i++)
        if (vips_extract_area(roll, &cut[i], 0, i * page_height, roll->Xsize, page_height, NULL) ||
            vips_autorot(cut[i], &turned[i], NULL))
            return NULL;
    if (vips_arrayjoin(turned, joined, pages, "across", 1, NULL) ||
        vips_copy(*joined, &out, NULL))
        return NULL;
    vips_image_set_int(out, VIPS_META_PAGE_HEIGHT, turned[0]->Ysize);
    return out;
}

/* What a temporary TIFF does not carry, EXIF and XMP among it, comes from the picture itself. */
static void *carry_field(VipsImage *from, const char *field, GValue *value, void *to)
{
    (void)from;
    if (!vips_image_get_typeof(to, field) && strcmp(field, VIPS_META_N_PAGES) != 0 && strcmp(field, VIPS_META_PAGE_HEIGHT) != 0)
        vips_image_set(to, field, value);
    return NULL;
}

/* Turning needs rows in another order than the file gives them: the picture goes to a tiled file
 * on disk first, so that memory stays flat. */
static enum seam_result load_upright(struct seam_load *load, const struct seam_load_params *params,
                                     struct seam_log *log)
{
    const int orientation = vips_image_get_orientation(load->image);
    if (orientation <= 1 || orientation > 8)
        return SEAM_OK;
    if (params->header_only) {
        VipsImage *turned = NULL;
        if (vips_autorot(load->image, &turned, NULL))
            return seam_io_vips_failed(log, SEAM_ERROR_IO, params->path);
        g_object_unref(load->image);
        load->image = turned;
        return SEAM_OK;
    }
    seam_notice(log, "%s lies on its side (orientation %d): turned upright through a temporary file",
                load->name, orientation);
    int fd = seam_temporary_open(NULL, ".tif", &load->spool);
    if (fd < 0)
        return seam_log_fail(log, SEAM_ERROR_IO, "no temporary file to turn %s: %s", load->name,
                             strerror(errno));
    close(fd);
    vips_image_set_progress(load->image, TRUE);
    g_signal_connect(load->image, "eval", G_CALLBACK(spool_eval), (void *)(uintptr_t)params);
    const int page_height = vips_image_get_page_height(load->image);
    const int failed = vips_tiffsave(load->image, load->spool, "tile", TRUE, "tile_width", 256,
                                     "tile_height", 256, "bigtiff", TRUE, "page_height",
                                     load->image->Ysize, NULL);
    if (params->cancelled && params->cancelled()) {
        vips_error_clear();
        return seam_log_fail(log, SEAM_CANCELLED, "cancelled");
    }
    VipsImage *spooled = failed ? NULL : vips_image_new_from_file(load->spool, NULL);
    VipsImage *upright = spooled ? turn_pages(spooled, page_height) : NULL;
    if (!upright) {
        if (spooled)
            g_object_unref(spooled);
        return load_failed(load, params, log);
    }
    vips_image_map(load->image, carry_field, upright);
    vips_autorot_remove_angle(upright);
    g_object_unref(spooled);
    g_object_unref(load->image);
    load->image = upright;
    return SEAM_OK;
}

enum seam_result seam_load_open(struct seam_load *load, const struct seam_load_params *params,
                                struct seam_log *log)
{
    const char *path = params->path;
    enum seam_result r = SEAM_OK;
    *load = (struct seam_load){ 0 };
    if (strcmp(path, "-") == 0) {
        r = load_pipe(load, params, log);
        path = load->piped;
    }
    char *plain = r == SEAM_OK ? vips_filename_get_filename(path) : NULL;
    load->name = g_strdup(load->piped ? "standard input" : plain);
    if (r == SEAM_OK)
        r = load_check(plain, load->name, log);
    if (r == SEAM_OK) {
        load->image = load_file(path, params, 0, 0);
        r = load->image ? load_pages(load, path, plain, params, log)
                        : load_failed(load, params, log);
    }
    g_free(plain);
    if (r == SEAM_OK)
        r = load_upright(load, params, log);
    if (r != SEAM_OK)
        seam_load_close(load);
    return r;
}

void seam_load_close(struct seam_load *load)
{
    if (load->image)
        g_object_unref(load->image);
    seam_temporary_remove(&load->spool);
    seam_temporary_remove(&load->piped);
    g_free(load->name);
    *load = (struct seam_load){ 0 };
}
