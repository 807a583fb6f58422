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

static enum seam_result load_check(const char *path, struct seam_log *log)
{
    struct stat st;
    char *plain = vips_filename_get_filename(path);
    enum seam_result r = SEAM_OK;
    if (stat(plain, &st) != 0)
        r = seam_log_fail(log, SEAM_ERROR_IO, "%s: %s", plain, strerror(errno));
    else if (S_ISDIR(st.st_mode))
        r = seam_log_fail(log, SEAM_ERROR_IO, "%s is a folder, not a picture", plain);
    else if (access(plain, R_OK) != 0)
        r = seam_log_fail(log, SEAM_ERROR_IO, "%s: %s", plain, strerror(errno));
    else if (S_ISREG(st.st_mode) && st.st_size == 0)
        r = seam_log_fail(log, SEAM_ERROR_IO, "%s is empty", plain);
    else if (!vips_foreign_find_load(plain))
        r = seam_log_fail(log, SEAM_ERROR_IO,
                          "%s is no picture that libvips can read: see 'vips -l | grep load' for "
                          "what it can, and whether the file is whole", plain);
    if (r != SEAM_OK)
        vips_error_clear();
    g_free(plain);
    return r;
}

/* Standard input goes to a file on disk: many formats are read from both ends. */
static enum seam_result load_pipe(struct seam_load *load, struct seam_log *log)
{
    int fd = seam_temporary_open(NULL, "", &load->piped);
    if (fd < 0)
        return seam_log_fail(log, SEAM_ERROR_IO, "standard input: no temporary file: %s",
                             strerror(errno));
    const bool ok = seam_temporary_copy(STDIN_FILENO, fd);
    const int error = errno;
    if (close(fd) != 0 || !ok)
        return seam_log_fail(log, SEAM_ERROR_IO, "standard input: %s",
                             strerror(ok ? errno : error));
    return SEAM_OK;
}

static VipsImage *load_file(const char *path, const struct seam_load_params *params,
                            VipsAccess access, int first_page, int pages)
{
    const VipsFailOn fail = params->allow_damaged ? VIPS_FAIL_ON_NONE : VIPS_FAIL_ON_TRUNCATED;
    if (pages == 0)
        return vips_image_new_from_file(path, "access", access, "fail_on", fail, NULL);
    return vips_image_new_from_file(path, "access", access, "fail_on", fail, "page", first_page,
                                    "n", pages, NULL);
}

/* Replace the first page by the pages asked for. */
static enum seam_result load_pages(struct seam_load *load, const char *path,
                                   const struct seam_load_params *params, struct seam_log *log)
{
    const int pages = vips_image_get_n_pages(load->image);
    if (params->page > pages)
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT, "%s has %d page%s: --page %d does not exist",
                             path, pages, pages == 1 ? "" : "s", params->page);
    const bool chosen = strchr(path, '[') != NULL; /* libvips' own page= or n= */
    if (pages <= 1 || params->page == 1 || chosen)
        return SEAM_OK;
    VipsImage *all = params->page > 0
                         ? load_file(path, params, VIPS_ACCESS_SEQUENTIAL, params->page - 1, 1)
                         : load_file(path, params, VIPS_ACCESS_SEQUENTIAL, 0, -1);
    if (!all && params->page == 0) {
        seam_io_vips_failed(log, SEAM_ERROR_IO, path);
        if (log)
            g_strlcat(log->error, " (its pages may differ in size: restore them one by one with "
                                  "--page N)", sizeof(log->error));
        return SEAM_ERROR_IO;
    }
    if (!all)
        return seam_io_vips_failed(log, SEAM_ERROR_IO, path);
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
                params->path, orientation);
    int fd = seam_temporary_open(NULL, ".tif", &load->spool);
    if (fd < 0)
        return seam_log_fail(log, SEAM_ERROR_IO, "no temporary file to turn %s: %s", params->path,
                             strerror(errno));
    close(fd);
    vips_image_set_progress(load->image, TRUE);
    g_signal_connect(load->image, "eval", G_CALLBACK(spool_eval), (void *)(uintptr_t)params);
    const int failed = vips_tiffsave(load->image, load->spool, "tile", TRUE, "tile_width", 256,
                                     "tile_height", 256, "bigtiff", TRUE, NULL);
    if (params->cancelled && params->cancelled()) {
        vips_error_clear();
        return seam_log_fail(log, SEAM_CANCELLED, "cancelled");
    }
    VipsImage *spooled = NULL, *upright = NULL;
    if (!failed)
        spooled = vips_image_new_from_file(load->spool, NULL);
    if (!spooled || vips_autorot(spooled, &upright, NULL)) {
        if (spooled)
            g_object_unref(spooled);
        return seam_io_vips_failed(log, SEAM_ERROR_IO, params->path);
    }
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
        r = load_pipe(load, log);
        path = load->piped;
    }
    if (r == SEAM_OK)
        r = load_check(path, log);
    if (r == SEAM_OK) {
        load->image = load_file(path, params, VIPS_ACCESS_SEQUENTIAL, 0, 0);
        r = load->image ? load_pages(load, path, params, log) : seam_io_vips_failed(log, SEAM_ERROR_IO, path);
    }
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
    *load = (struct seam_load){ 0 };
}
