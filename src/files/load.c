#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "files/adapt.h"
#include "files/deaf.h"
#include "files/formats.h"
#include "files/integers.h"
#include "files/load_parts.h"
#include "files/normalise.h"
#include "files/raw_profile.h"
#include "files/remedy.h"
#include "files/rewrite.h"
#include "files/sniff.h"
#include "files/spool.h"
#include "files/temporary.h"
#include "files/tiff.h"
#include "base/process.h"
#include "base/log.h"
#include "base/refused.h"
#include "base/text.h"

/* A GIF of fewer frames is read as it is; beyond them libvips stops, and says nothing. */
#define FRAMES 4096

/* Why `path` cannot be a picture; messages call it `name`. */
static enum seam_result load_check(const char *path, const char *name, struct seam_log *log)
{
    struct stat st;
    enum seam_result r = SEAM_OK;
    if (stat(path, &st) != 0)
        r = seam_log_fail(log, SEAM_ERROR_IO, "%s: %s", name, strerror(errno));
    else if (S_ISDIR(st.st_mode))
        r = seam_log_fail(log, SEAM_ERROR_IO, "%s is a folder, not a picture: 'seamless "
                          "restore --dry-run' lists what a folder would take", name);
    else if (access(path, R_OK) != 0)
        r = seam_log_fail(log, SEAM_ERROR_IO, "%s: %s", name, strerror(errno));
    else if (S_ISREG(st.st_mode) && st.st_size == 0)
        r = seam_log_fail(log, SEAM_ERROR_IO, "%s is empty", name);
    return r;
}

/* Whether the disk gives its first byte; else errno says why not. */
static bool gives_a_byte(const char *path)
{
    char byte;
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    const bool ok = fd >= 0 && pread(fd, &byte, 1, 0) >= 0;
    const int error = errno;
    if (fd >= 0)
        close(fd);
    errno = error;
    return ok;
}

/* What the file's own header says against it, before libvips sees it. */
static enum seam_result load_sniff(struct seam_sniff *sniff, const char *path, const char *name,
                                   const struct seam_load_params *params, struct seam_log *log)
{
    enum seam_result r = SEAM_OK;
    seam_sniff(sniff, path, params->page, params->cancel);
    if (seam_cancel_asked(params->cancel))
        r = seam_log_fail(log, SEAM_CANCELLED, "cancelled");
    else if (sniff->refusal[0])
        r = seam_log_fail(log, SEAM_ERROR_IO, "%s %s", name, sniff->refusal);
    else if (sniff->error)
        r = seam_log_fail(log, SEAM_ERROR_IO, "%s cannot be read: %s", name,
                          strerror(sniff->error));
    if (r != SEAM_OK)
        vips_error_clear();
    return r;
}

/* Why libvips opened nothing: no loader takes it, or one gave up. Asked for only then, as each
 * loader opens the file to look at it. */
static enum seam_result load_not(const struct seam_load *load, const char *path,
                                 const struct seam_load_params *params, struct seam_log *log)
{
    char *said = g_strchomp(g_strdup(vips_error_buffer())), *text = strstr(said, ": ");
    vips_error_clear();
    const bool known = vips_foreign_find_load(path) != NULL;
    enum seam_result r = SEAM_OK;
    if (known && text) {
        *text = '\0';
        vips_error(said, "%s", text + 2);
    }
    g_free(said);
    if (known)
        return seam_load_failed(load, params, log);
    if (seam_says_refused(vips_error_buffer()))
        r = seam_io_vips_failed(log, SEAM_ERROR_IO, load->name);
    else if (load->sniff.kind[0])
        r = seam_log_fail(log, SEAM_ERROR_IO, "%s cannot be read, for it is %s", load->name,
                          load->sniff.kind);
    else if (!gives_a_byte(path))
        r = seam_log_fail(log, SEAM_ERROR_IO, "%s cannot be read: %s", load->name,
                          strerror(errno));
    else
        r = seam_log_fail(log, SEAM_ERROR_IO,
                          "%s is no picture that libvips can read: see 'vips -l | grep load' for "
                          "what it can, and whether the file is whole", load->name);
    vips_error_clear();
    return r;
}

/* A pipe goes to a file on disk: many formats are read from both ends, and libvips opens a file
 * several times. */
static enum seam_result load_pipe(struct seam_load *load, int from,
                                  const struct seam_load_params *params, struct seam_log *log)
{
    int fd = seam_temporary_open(NULL, "", 0600, &load->piped);
    if (fd < 0)
        return seam_log_fail(log, SEAM_ERROR_IO, "%s: no temporary file: %s", load->name,
                             strerror(errno));
    const bool ok = seam_temporary_copy(from, fd, params->cancel);
    const int error = errno;
    if (!ok && seam_cancel_asked(params->cancel)) {
        close(fd);
        return seam_log_fail(log, SEAM_CANCELLED, "cancelled");
    }
    if (close(fd) != 0 || !ok)
        return seam_log_fail(log, SEAM_ERROR_IO, "%s: %s", load->name,
                             strerror(ok ? errno : error));
    return SEAM_OK;
}

static bool is_pipe(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISFIFO(st.st_mode);
}

/* Opened so that a pipe that nobody writes to yet can be waited for. */
static enum seam_result load_named_pipe(struct seam_load *load, const char *path,
                                        const struct seam_load_params *params, struct seam_log *log)
{
    const int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return seam_log_fail(log, SEAM_ERROR_IO, "%s: %s", load->name, strerror(errno));
    const enum seam_result r = load_pipe(load, fd, params, log);
    close(fd);
    return r;
}

VipsImage *seam_load_file(const char *path, const struct seam_load_params *params, int first_page,
                          int pages)
{
    const VipsAccess access = VIPS_ACCESS_SEQUENTIAL;
    const VipsFailOn fail = params->allow_damaged ? VIPS_FAIL_ON_NONE : VIPS_FAIL_ON_TRUNCATED;
    seam_deaf_begin();
    VipsImage *image =
        pages == 0 ? vips_image_new_from_file(path, "access", access, "fail_on", fail, NULL)
                   : vips_image_new_from_file(path, "access", access, "fail_on", fail, "page",
                                              first_page, "n", pages, NULL);
    seam_deaf_end();
    return image;
}

VipsImage *seam_load_again(const char *path)
{
    seam_deaf_begin();
    VipsImage *image = vips_image_new_from_file(path, "access", VIPS_ACCESS_SEQUENTIAL, NULL);
    seam_deaf_end();
    return image;
}

/* Tiles and strips that the decoder of a TIFF file holds at a time. */
static double load_tiff_bytes(const struct seam_load *load, const char *path, int page)
{
    struct seam_tiff tiff;
    if (!g_str_has_prefix(seam_load_loader(load->image), "tiffload"))
        return 0;
    char *plain = vips_filename_get_filename(path);
    const bool known = seam_tiff_read(&tiff, plain, page > 0 ? page - 1 : 0, NULL);
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
        return seam_log_fail(
            log, SEAM_ERROR_MEMORY,
            "%s lies in tiles or strips of which its decoder holds %s at a time, the "
            "budget is %s: write it anew in smaller ones, or use --memory %lluM or "
            "more",
            load->name, seam_text_bytes(held).s, seam_text_bytes(budget).s,
            (unsigned long long)(held / 1000000 + 200));
    return seam_log_fail(
        log, SEAM_ERROR_MEMORY,
        "%s is of a format whose decoder holds the whole picture: %d x %d pixels "
        "take about %s, the budget is %s; convert it to .tif or .png first, or use "
        "--memory %lluM or more",
        load->name, load->image->Xsize, load->image->Ysize, seam_text_bytes(held).s,
        seam_text_bytes(budget).s, (unsigned long long)(held / 1000000 + 200));
}

/* Make the picture one that comes row by row, upright, within the budget. */
static enum seam_result load_straighten(struct seam_load *load, const char *path,
                                        const struct seam_load_params *params, struct seam_log *log)
{
    struct seam_machine machine = { 0 };
    uint64_t budget = params->memory;
    load->held_bytes = seam_format_load_bytes(load->image) * (double)load->image->Xsize *
                       (double)load->image->Ysize;
    if (load->held_bytes == 0) {
        load->held_bytes = load_tiff_bytes(load, path, params->page);
        load->held_in_parts = true;
    }
    if (!budget && load->held_bytes > 0) {
        seam_machine_memory(&machine);
        budget = machine.resident + machine.available / 10 * 9;
    }
    enum seam_result r = seam_spool_rows(load, path, params, budget, log);
    if (r == SEAM_OK)
        r = load_check_held(load, budget, log);
    if (r == SEAM_OK)
        r = seam_spool_upright(load, params, log);
    return r;
}

/* An odd PNM gives way to a plain one. */
static enum seam_result load_plain_pnm(struct seam_load *load, const char *from,
                                       const struct seam_load_params *params, struct seam_log *log)
{
    char *before = load->piped;
    load->piped = NULL;
    const int fd = seam_temporary_open(NULL, "", 0600, &load->piped);
    struct seam_rewrite job = {
        .from = from,
        .to = load->piped,
        .scratch = -1,
        .allow_damaged = params->allow_damaged,
        .cancel = params->cancel,
    };
    if (fd >= 0)
        close(fd);
    const int error = errno;
    const bool ok = fd >= 0 && seam_rewrite_pnm(&job);
    seam_temporary_remove(&before);
    if (ok)
        return SEAM_OK;
    if (seam_cancel_asked(params->cancel))
        return seam_log_fail(log, SEAM_CANCELLED, "cancelled");
    const char *why = fd < 0 ? strerror(error) : job.why;
    return seam_log_fail(log, SEAM_ERROR_IO, "%s cannot be read%s: %s", load->name,
                         seam_load_remedy(params, why), why);
}

/* What there is to read: the file itself, or one that stands for it. */
static enum seam_result load_source(struct seam_load *load, const char *plain,
                                    const struct seam_load_params *params, struct seam_log *log)
{
    enum seam_result r = SEAM_OK;
    if (strcmp(params->path, "-") == 0)
        r = load_pipe(load, STDIN_FILENO, params, log);
    else if (is_pipe(plain))
        r = load_named_pipe(load, plain, params, log);
    const char *from = load->piped ? load->piped : plain;
    if (r == SEAM_OK)
        r = load_check(from, load->name, log);
    if (r == SEAM_OK)
        r = load_sniff(&load->sniff, from, load->name, params, log);
    if (r == SEAM_OK && load->sniff.odd_pnm)
        r = load_plain_pnm(load, from, params, log);
    return r;
}

static enum seam_result load_check_pixels(const struct seam_load *load,
                                          const struct seam_load_params *params,
                                          struct seam_log *log)
{
    const int64_t pixels = (int64_t)load->image->Xsize * load->image->Ysize;
    if (params->most_pixels == 0 || pixels <= params->most_pixels)
        return SEAM_OK;
    return seam_log_fail(log, SEAM_ERROR_MEMORY, "%s has more than %lld pixels", load->name,
                         (long long)params->most_pixels);
}

/* The picture of a file that libvips may see. */
static enum seam_result load_image(struct seam_load *load, const char *path,
                                   const struct seam_load_params *params, struct seam_log *log)
{
    char *plain = vips_filename_get_filename(path);
    load->image = seam_load_file(path, params, 0, 0);
    enum seam_result r = load->image ? seam_load_pages(load, path, plain, params, log)
                                     : load_not(load, plain, params, log);
    if (r == SEAM_OK)
        r = load_check_pixels(load, params, log);
    if (r == SEAM_OK)
        r = seam_load_tags(load, path, plain, params, log);
    if (r == SEAM_OK && (!seam_raw_profiles_take(&load->image) ||
                         (load->sniff.display_p3 && !seam_display_p3_take(&load->image))))
        r = seam_io_vips_failed(log, SEAM_ERROR_IO, load->name);
    g_free(plain);
    if (r == SEAM_OK)
        r = seam_adapt(&load->image, load->name, load->sniff.extra, log);
    if (r == SEAM_OK && !seam_integers_to_float(&load->image, &load->integers))
        r = seam_io_vips_failed(log, SEAM_ERROR_IO, load->name);
    if (r == SEAM_OK)
        r = load_straighten(load, path, params, log);
    return r;
}

enum seam_result seam_load_open(struct seam_load *load, const struct seam_load_params *params,
                                struct seam_log *log)
{
    const bool standard_input = strcmp(params->path, "-") == 0;
    char *plain = vips_filename_get_filename(params->path);
    char *options = vips_filename_get_options(params->path);
    *load = (struct seam_load){ .name = g_strdup(standard_input ? "standard input" : plain) };
    enum seam_result r = load_source(load, plain, params, log);
    if (r == SEAM_OK) {
        char *path = load->piped ? g_strconcat(load->piped, options, NULL) : g_strdup(params->path);
        r = load_image(load, path, params, log);
        g_free(path);
    }
    g_free(options);
    g_free(plain);
    if (r == SEAM_OK && load->sniff.frames > FRAMES &&
        load->sniff.frames > vips_image_get_n_pages(load->image))
        seam_sniff_lose(&load->sniff, "frames beyond the some 4000 that it reads of a GIF");
    if (r == SEAM_OK && load->sniff.lost[0] && !params->header_only)
        seam_notice(log, "%s: what libvips does not hand on is lost: %s", load->name,
                    load->sniff.lost);
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
    if (load->geo)
        g_ptr_array_unref(load->geo);
    g_free(load->pages);
    g_free(load->name);
    *load = (struct seam_load){ 0 };
}
