#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/common.h"
#include "files/adapt.h"
#include "files/formats.h"
#include "files/given.h"
#include "files/guard.h"
#include "files/metadata.h"
#include "files/normalise.h"
#include "files/place.h"
#include "files/save.h"
#include "files/save_parts.h"
#include "files/temporary.h"
#include "files/tiff.h"
#include "base/log.h"
#include "plan/plan.h"

static const char *suffix_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *dot = strrchr(slash ? slash : path, '.');
    return dot ? dot : "";
}

bool seam_save_same_file(const char *a, const char *b)
{
    struct stat sa, sb;
    char *plain = vips_filename_get_filename(b);
    const bool same =
        stat(a, &sa) == 0 && stat(plain, &sb) == 0 && sa.st_dev == sb.st_dev &&
        sa.st_ino == sb.st_ino;
    g_free(plain);
    return same;
}

static enum seam_result save_check_place(const struct seam_save *save, const char *input,
                                         struct seam_log *log)
{
    struct stat st;
    if (g_file_test(save->path, G_FILE_TEST_IS_DIR))
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT, "%s is a folder: name the file in it",
                             save->path);
    if (strcmp(input, "-") != 0 && seam_save_same_file(save->path, input))
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT,
                             "%s is the input too: give the result another name", save->name);
    if (stat(save->path, &st) == 0 && !S_ISREG(st.st_mode))
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT, "%s is no plain file", save->path);
    char *dir = g_path_get_dirname(save->path);
    enum seam_result r = SEAM_OK;
    if (!g_file_test(dir, G_FILE_TEST_IS_DIR))
        r = seam_log_fail(log, SEAM_ERROR_IO, "the folder %s does not exist: create it first", dir);
    else if (access(dir, W_OK) != 0)
        r = seam_log_fail(log, SEAM_ERROR_IO, "the folder %s cannot be written to: %s", dir,
                          strerror(errno));
    g_free(dir);
    return r;
}

/* Where a link leads is what is replaced, not the link. */
static void save_follow_link(struct seam_save *save)
{
    char *target = realpath(save->path, NULL);
    if (target) {
        g_free(save->path);
        save->path = g_strdup(target);
        free(target);
        return;
    }
    /* It leads to a file that does not exist yet. */
    char *link = g_file_read_link(save->path, NULL);
    if (!link)
        return;
    char *dir = g_path_get_dirname(save->path);
    g_free(save->path);
    save->path = g_path_is_absolute(link) ? g_strdup(link) : g_build_filename(dir, link, NULL);
    g_free(dir);
    g_free(link);
}

static enum seam_result save_find_format(struct seam_save *save, struct seam_log *log)
{
    const char *type = vips_foreign_find_save(save->suffix);
    vips_error_clear();
    static const char *const folders[] = { ".dz", ".szi", NULL };
    if (!type || seam_save_is_one_of(save, folders))
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT,
                             "%s: libvips writes no format called '%s'; use .tif, .png, .jpg, "
                             ".webp or another of 'vips -l | grep save'", save->name,
                             save->suffix[0] ? save->suffix : "(no suffix)");
    /* The class is kept for good: its table is pointed to. */
    VipsForeignSaveClass *class = g_type_class_ref(g_type_from_name(type));
    save->saveable = class->saveable;
    save->formats = class->format_table;
    save->radiance =
        class->coding[VIPS_CODING_RAD] && save->formats[VIPS_FORMAT_UCHAR] != VIPS_FORMAT_UCHAR;
    return seam_save_check_options(save, G_OBJECT_CLASS(class), log);
}

enum seam_result seam_save_open(struct seam_save *save, const char *name, const char *format,
                                const char *input, struct seam_log *log)
{
    const bool standard_output = strcmp(name, "-") == 0;
    *save = (struct seam_save){ .name = g_strdup(standard_output ? "standard output" : name) };
    char *full = standard_output ? g_strdup_printf("x.%s", format) : g_strdup(name);
    save->path = vips_filename_get_filename(full);
    save->options = vips_filename_get_options(full);
    save->suffix = g_strdup(suffix_of(save->path));
    g_free(full);
    enum seam_result r = save_find_format(save, log);
    if (standard_output) {
        g_free(save->path);
        save->path = NULL;
    } else if (r == SEAM_OK) {
        if (g_file_test(save->path, G_FILE_TEST_IS_SYMLINK))
            save_follow_link(save);
        r = save_check_place(save, input, log);
    }
    if (r != SEAM_OK)
        seam_save_close(save);
    return r;
}

void seam_save_close(struct seam_save *save)
{
    seam_temporary_remove(&save->temporary);
    g_free(save->name);
    g_free(save->path);
    g_free(save->suffix);
    g_free(save->options);
    g_free(save->history);
    *save = (struct seam_save){ 0 };
}

/* Whether libvips' saver minds a disk that is full: that of JPEG 2000 tries for ever, that of TIFF
 * pyramids crashes. */
static bool minds_full_disk(const struct seam_save *save)
{
    static const char *const endless[] = { ".jp2", ".j2k", ".jpt", ".j2c", ".jpc", NULL };
    return !seam_save_is_one_of(save, endless) &&
           !(seam_save_is_tiff(save) && strstr(save->options, "pyramid"));
}

/* Let libvips pull `image` into a file. Rows that fail set the log; the pool of threads of libvips
 * 8.14 loses such an error now and then and calls the file written. */
static bool save_file(struct seam_save *save, VipsImage *image, const char *path,
                      const char *options, const struct seam_log *log)
{
    char *to = g_strconcat(path, options, NULL);
    char *format = g_strconcat(save->suffix, options, NULL);
    struct seam_given given;
    errno = 0;
    image = seam_given_begin(&given, image);
    const bool ok = image && (minds_full_disk(save)
                                  ? vips_image_write_to_file(image, to, NULL) == 0
                                  : seam_guarded_save(image, path, format, &save->broken));
    const int error = errno;
    seam_given_end(&given);
    g_free(to);
    g_free(format);
    errno = error;
    return ok && !(log && log->result != SEAM_OK);
}

/* The system's reason, which some of libvips' savers pass on in errno and some in words; NULL where
 * it is another kind of failure. */
static const char *system_reason(int error)
{
    static const int reasons[] = { ENOSPC, EFBIG, EDQUOT, EIO, EPIPE, EBADF };
    for (size_t i = 0; i < G_N_ELEMENTS(reasons); i++)
        if (error == reasons[i] || strstr(vips_error_buffer(), strerror(reasons[i])))
            return strerror(reasons[i]);
    return error && !vips_error_buffer()[0] ? strerror(error) : NULL;
}

/* What went wrong: our own reason if the rows failed, else the system's or libvips'. */
static enum seam_result save_failed(const struct seam_save *save, int error, struct seam_log *log)
{
    /* Where a write failed, rows that were given up are only the consequence. */
    if (log && log->result == SEAM_CANCELLED && seam_save_broken(save))
        seam_log_clear(log);
    if (log && log->result != SEAM_OK) {
        vips_error_clear();
        return log->result;
    }
    const char *reason = system_reason(error);
    if (!reason) {
        char what[512];
        g_snprintf(what, sizeof(what), "%s cannot be written", save->name);
        return seam_io_vips_failed(log, SEAM_ERROR_IO, what);
    }
    const bool full = strcmp(reason, strerror(ENOSPC)) == 0 ||
                      strcmp(reason, strerror(EFBIG)) == 0 || strcmp(reason, strerror(EDQUOT)) == 0;
    vips_error_clear();
    return seam_log_fail(log, SEAM_ERROR_IO, "%s cannot be written: %s%s", save->name, reason,
                         full ? "; make room there, or name another place" : "");
}

/* Formats that libvips writes front to back go straight out; others by way of a file. */
static enum seam_result save_to_output(struct seam_save *save, VipsImage *image,
                                       struct seam_log *log)
{
    char *format = g_strconcat(save->suffix, save->options, NULL);
    /* libvips' own format is said to stream and wants a file name all the same. */
    const bool own = g_ascii_strcasecmp(save->suffix, ".v") == 0 ||
                     g_ascii_strcasecmp(save->suffix, ".vips") == 0;
    const bool streams =
        !seam_save_is_tiff(save) && !own && vips_foreign_find_save_target(save->suffix);
    vips_error_clear();
    enum seam_result r = SEAM_OK;
    if (streams) {
        /* A reader that goes away must not leave libvips' threads waiting for each other. */
        struct seam_given given;
        errno = 0;
        image = seam_given_begin(&given, image);
        const bool ok =
            image && seam_guarded_write(image, STDOUT_FILENO, false, format, &save->broken);
        const int error = errno;
        seam_given_end(&given);
        if (!ok || (log && log->result != SEAM_OK))
            r = save_failed(save, error, log);
        g_free(format);
        return r;
    }
    g_free(format);
    int fd = seam_temporary_open(NULL, save->suffix, 0600, &save->temporary);
    if (fd >= 0)
        close(fd);
    char *options = seam_save_options(save, image);
    bool ok = fd >= 0 && save_file(save, image, save->temporary, options, log) &&
              seam_save_tags(save, image);
    g_free(options);
    if (ok)
        r = seam_save_verify(save, save->temporary, image, log);
    if (r != SEAM_OK) {
        seam_temporary_remove(&save->temporary);
        return r;
    }
    /* By its name: some savers put a new file in the place of the old one. */
    fd = ok ? open(save->temporary, O_RDONLY | O_CLOEXEC) : -1;
    ok = fd >= 0 && seam_temporary_copy(fd, STDOUT_FILENO, NULL);
    if (!ok)
        r = save_failed(save, errno, log);
    if (fd >= 0)
        close(fd);
    seam_temporary_remove(&save->temporary);
    return r;
}

bool seam_save_broken(const struct seam_save *save)
{
    return g_atomic_int_get(&save->broken) != 0;
}

void seam_save_alone(struct seam_save *save)
{
    char *dir = g_path_get_dirname(save->path), *base = g_path_get_basename(save->path);
    save->alone = true;
    seam_temporary_drop(dir, base);
    g_free(dir);
    g_free(base);
}

/* What libvips calls alpha in a TIFF, and is none. */
static bool mark_data(const struct seam_save *save, VipsImage *image)
{
    const bool data = seam_adapt_is_data(image) || (image->Type == VIPS_INTERPRETATION_MULTIBAND &&
                                                    image->Bands > 1);
    return !data || !seam_save_is_tiff(save) ||
           seam_tiff_mark_data(save->temporary, vips_image_get_n_pages(image));
}

/* A file beside the output's name, whole or not at all. */
static enum seam_result save_to_file(struct seam_save *save, VipsImage *image, struct seam_log *log)
{
    mode_t rights;
    int fd = seam_place_open(save->path, save->alone ? NULL : save->suffix, &save->temporary,
                             &rights);
    if (fd < 0)
        return seam_log_fail(log, SEAM_ERROR_IO, "%s: no file can be made beside it: %s",
                             save->name, strerror(errno));
    close(fd);
    char *options = seam_save_options(save, image);
    enum seam_result r = SEAM_OK;
    if (!save_file(save, image, save->temporary, options, log) || !seam_save_tags(save, image))
        r = save_failed(save, errno, log);
    g_free(options);
    if (r == SEAM_OK)
        r = seam_save_verify(save, save->temporary, image, log);
    if (r == SEAM_OK && !mark_data(save, image))
        r = save_failed(save, errno, log);
    if (r == SEAM_OK)
        r = seam_place(&save->temporary, save->path, rights, save->name, log);
    seam_temporary_remove(&save->temporary);
    return r;
}

enum seam_result seam_save_write(struct seam_save *save, VipsImage *image, struct seam_log *log)
{
    VipsImage *own = seam_save_prepare(save, image);
    static const char *const own_format[] = { ".v", ".vips", NULL }; /* which would hold it */
    if (!own)
        return save_failed(save, errno, log);
    if (save->one_thread && !seam_save_is_one_of(save, own_format))
        vips_image_set_int(own, VIPS_META_CONCURRENCY, 1);
    if (save->strip)
        seam_metadata_strip(own);
    else
        seam_save_say_lost(save, own, log);
    if (!save->strip && save->history)
        seam_save_sign(save, own);
    g_atomic_int_set(&save->broken, 0);
    const enum seam_result r =
        save->path ? save_to_file(save, own, log) : save_to_output(save, own, log);
    g_object_unref(own);
    return r;
}
