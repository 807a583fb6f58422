#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "files/formats.h"
#include "files/load.h"
#include "files/normalise.h"
#include "files/spool.h"
#include "files/temporary.h"
#include "files/tiff.h"
#include "base/log.h"
#include "base/refused.h"
#include "base/text.h"

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
        r = seam_says_refused(vips_error_buffer()) ? seam_io_vips_failed(log, SEAM_ERROR_IO, name) : seam_log_fail(log, SEAM_ERROR_IO,
                          "%s is no picture that libvips can read: see 'vips -l | grep load' for "
                          "what it can, and whether the file is whole", name);
    if (r != SEAM_OK)
        vips_error_clear();
    return r;
}

enum seam_result seam_load_failed(const struct seam_load *load,
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
    const bool ok = seam_temporary_copy(STDIN_FILENO, fd, params->cancel);
    const int error = errno;
    if (!ok && seam_cancel_asked(params->cancel)) {
        close(fd);
        return seam_log_fail(log, SEAM_CANCELLED, "cancelled");
    }
    if (close(fd) != 0 || !ok)
        return seam_log_fail(log, SEAM_ERROR_IO, "standard input: %s",
                             strerror(ok ? errno : error));
    return SEAM_OK;
}

VipsImage *seam_load_file(const char *path, const struct seam_load_params *params, int first_page,
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
                         ? seam_load_file(path, params, params->page - 1, 1)
                         : seam_load_file(path, params, 0, -1);
    if (!all && params->page == 0) {
        char what[600];
        g_snprintf(what, sizeof(what), "the pages of %s cannot be read together (where they differ in "
                   "size, restore them one by one with --page N)", load->name);
        return seam_io_vips_failed(log, SEAM_ERROR_IO, what);
    }
    if (!all)
        return seam_load_failed(load, params, log);
    g_object_unref(load->image);
    load->image = all;
    return SEAM_OK;
}

/* Tiles and strips that the decoder of a TIFF file holds at a time. */
static double load_tiff_bytes(const struct seam_load *load, const char *path, int page)
{
    const char *loader = NULL;
    struct seam_tiff tiff;
    if (!vips_image_get_typeof(load->image, VIPS_META_LOADER) ||
        vips_image_get_string(load->image, VIPS_META_LOADER, &loader) ||
        !g_str_has_prefix(loader, "tiffload"))
        return 0;
    char *plain = vips_filename_get_filename(path);
    const bool known = seam_tiff_read(&tiff, plain, page > 0 ? page - 1 : 0);
    g_free(plain);
    if (!known)
        return 0;
    /* What tiles take the place of is counted as rows. */
    const double rows = tiff.tile_height > 0 ? (double)seam_format_cached_rows(load->image) *
                                                   (double)VIPS_IMAGE_SIZEOF_LINE(load->image) : 0;
    return MAX(seam_tiff_held(&tiff, load->image->Xsize, (int)VIPS_IMAGE_SIZEOF_PEL(load->image)) -
               rows, 0);
}

/* A decoder that holds more than the budget cannot be helped. */
static enum seam_result load_check_held(const struct seam_load *load, uint64_t budget,
                                        struct seam_log *log)
{
    const uint64_t held = (uint64_t)load->held_bytes;
    if (held <= budget)
        return SEAM_OK;
    if (load->held_in_parts)
        return seam_log_fail(log, SEAM_ERROR_MEMORY,
                             "%s lies in tiles or strips of which its decoder holds %s at a time, the "
                             "budget is %s: write it anew in smaller ones, or use --memory %lluM or "
                             "more", load->name, seam_text_bytes(held).s, seam_text_bytes(budget).s,
                             (unsigned long long)(held / 1000000 + 200));
    return seam_log_fail(log, SEAM_ERROR_MEMORY,
                         "%s is of a format whose decoder holds the whole picture: %d x %d pixels "
                         "take about %s, the budget is %s; convert it to .tif or .png first, or use "
                         "--memory %lluM or more", load->name, load->image->Xsize,
                         load->image->Ysize, seam_text_bytes(held).s, seam_text_bytes(budget).s,
                         (unsigned long long)(held / 1000000 + 200));
}

/* Make the picture one that comes row by row, upright, within the budget. */
static enum seam_result load_straighten(struct seam_load *load, const char *path,
                                        const struct seam_load_params *params, struct seam_log *log)
{
    struct seam_machine machine = { 0 };
    uint64_t budget = params->memory;
    if (!budget) {
        seam_machine_measure(&machine);
        budget = machine.resident + machine.available / 10 * 9;
    }
    load->held_bytes = seam_format_load_bytes(load->image) * (double)load->image->Xsize *
                       (double)load->image->Ysize;
    if (load->held_bytes == 0) {
        load->held_bytes = load_tiff_bytes(load, path, params->page);
        load->held_in_parts = true;
    }
    enum seam_result r = seam_spool_rows(load, path, params, budget, log);
    if (r == SEAM_OK)
        r = load_check_held(load, budget, log);
    if (r == SEAM_OK)
        r = seam_spool_upright(load, params, log);
    return r;
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
        load->image = seam_load_file(path, params, 0, 0);
        r = load->image ? load_pages(load, path, plain, params, log)
                        : seam_load_failed(load, params, log);
    }
    g_free(plain);
    if (r == SEAM_OK)
        r = load_straighten(load, path, params, log);
    if (r != SEAM_OK)
        seam_load_close(load);
    return r;
}

void seam_load_close(struct seam_load *load)
{
    if (load->image)
        g_object_unref(load->image);
    seam_temporary_remove(&load->spool);
    seam_temporary_remove(&load->rewritten);
    seam_temporary_remove(&load->piped);
    g_free(load->name);
    *load = (struct seam_load){ 0 };
}
