#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/checksum.h"
#include "files/companion.h"
#include "files/room.h"
#include "job/resume.h"
#include "stream/journal.h"
#include "base/log.h"

#define CHUNK (1 << 18)

enum seam_result seam_resume_open(struct seam_resume *resume, struct seam_save *save,
                                 struct seam_log *log)
{
    char *path = g_strconcat(save->path, ".journal", NULL);
    enum seam_result r = seam_journal_open(&resume->journal, path, log);
    if (r == SEAM_OK)
        seam_save_alone(save);
    g_free(path);
    return r;
}

/* Continue the checksum by all that a file holds, and its size; false with errno, EINTR where it is
 * cancelled. */
static bool file_checksum(int fd, const struct seam_cancel *cancel, uint64_t *sum, int64_t *size)
{
    char *chunk = g_malloc(CHUNK);
    ssize_t n = 1;
    errno = 0;
    while (n > 0 && !seam_cancel_asked(cancel)) {
        n = read(fd, chunk, CHUNK);
        *sum = seam_checksum(*sum, chunk, n > 0 ? (size_t)n : 0);
        *size += n > 0 ? n : 0;
        if (n < 0 && errno == EINTR)
            n = 1;
    }
    g_free(chunk);
    return n == 0;
}

/* Likewise by the file that the picture has beside it, if there is one. */
static bool beside_checksum(const char *path, const struct seam_cancel *cancel, uint64_t *sum,
                            int64_t *size)
{
    char *other = seam_companion(path);
    const int fd = other ? open(other, O_RDONLY | O_CLOEXEC) : -1;
    const bool ok = !other || (fd >= 0 && file_checksum(fd, cancel, sum, size));
    const int error = errno;
    if (fd >= 0)
        close(fd);
    g_free(other);
    errno = error;
    return ok;
}

/* The contents and what is taken of them: a copy of the file is the same picture, wherever it lies
 * and whatever its time says. */
enum seam_result seam_resume_source(struct seam_resume *resume,
                                    const struct seam_load_params *params,
                                    const struct seam_load *load, struct seam_log *log)
{
    struct stat st;
    uint64_t sum = 0;
    int64_t size = 0;
    const char *path = load->piped ? load->piped : load->name;
    if (seam_companion_many(path))
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT,
                             "%s lies in several files: whether they are the same as before cannot "
                             "be told; leave out --resume", load->name);
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd >= 0 && fstat(fd, &st) == 0 && !S_ISREG(st.st_mode)) {
        close(fd);
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT,
                             "%s is no plain file: whether it is the same picture as before cannot "
                             "be told; copy it to one, or leave out --resume", load->name);
    }
    const bool ok = fd >= 0 && file_checksum(fd, params->cancel, &sum, &size) &&
                    beside_checksum(path, params->cancel, &sum, &size);
    const int error = errno;
    if (fd >= 0)
        close(fd);
    if (!ok)
        return seam_cancel_asked(params->cancel) ? seam_log_fail(log, SEAM_CANCELLED, "cancelled")
                               : seam_log_fail(log, SEAM_ERROR_IO, "%s cannot be read: %s",
                                               load->name, strerror(error));
    char *chosen = vips_filename_get_options(params->path);
    resume->source = g_strdup_printf("%016" G_GINT64_MODIFIER "x of %lld bytes, page %d%s%s%s", sum,
                                     (long long)size, params->page, chosen[0] ? ", " : "", chosen,
                                     params->allow_damaged ? ", damage allowed" : "");
    g_free(chosen);
    return SEAM_OK;
}

enum seam_result seam_resume_room(const struct seam_resume *resume, const struct seam_save *save,
                                 const VipsImage *out, const VipsImage *made,
                                 const struct seam_plan *plan,
                                 struct seam_log *log)
{
    const uint64_t result = seam_room_of(save, out);
    uint64_t journal = 0;
    if (!save->path)
        return SEAM_OK;
    if (resume->journal) {
        const int64_t band = plan->y.core * plan->scale_num / plan->scale_den;
        journal = seam_journal_bytes(made->Ysize - seam_journal_held(resume->journal), band,
                                     VIPS_IMAGE_SIZEOF_LINE(made));
    }
    return seam_room_check(save->path, result + journal,
                           !journal  ? "the result"
                           : !result ? "the journal of --resume"
                                     : "the result with the journal of --resume", log);
}

void seam_resume_close(struct seam_resume *resume, bool done)
{
    if (done)
        seam_journal_remove(&resume->journal);
    else
        seam_journal_close(&resume->journal);
    g_free(resume->source);
    resume->source = NULL;
}
