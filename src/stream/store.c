#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/common.h"
#include "base/log.h"
#include "base/text.h"
#include "stream/store.h"

struct seam_store {
    unsigned char *memory; /* the first bytes */
    uint64_t in_memory;
    int fd; /* of what lies behind; -1: nothing does */
    char folder[4096];
};

/* A file without a name. */
static bool open_hidden(struct seam_store *s)
{
    char path[sizeof(s->folder) + 32];
    const char *folder = getenv("TMPDIR");
    if (!folder || !*folder)
        folder = "/var/tmp";
    const int n = snprintf(s->folder, sizeof(s->folder), "%s", folder);
    if (n < 0 || (size_t)n >= sizeof(s->folder)) {
        errno = ENAMETOOLONG;
        return false;
    }
    snprintf(path, sizeof(path), "%s/.seamless-XXXXXX", s->folder);
    s->fd = mkstemp(path);
    if (s->fd >= 0)
        unlink(path);
    return s->fd >= 0;
}

static enum seam_result check_disk(const struct seam_store *s, uint64_t size, struct seam_log *log)
{
    struct statvfs fs;
    if (size == UINT64_MAX || fstatvfs(s->fd, &fs) != 0 || fs.f_frsize == 0)
        return SEAM_OK;
    const uint64_t free_bytes = (uint64_t)fs.f_bavail * (uint64_t)fs.f_frsize;
    if (size <= free_bytes)
        return SEAM_OK;
    return seam_log_fail(log, SEAM_ERROR_IO,
                         "%s has %s free, and rows that are read again take %s: set TMPDIR to a "
                         "folder with more room, or give more memory (--memory)", s->folder,
                         seam_text_bytes(free_bytes).s, seam_text_bytes(size).s);
}

enum seam_result seam_store_open(struct seam_store **store, uint64_t size, uint64_t in_memory,
                                 struct seam_log *log)
{
    struct seam_store *s = calloc(1, sizeof(*s));
    enum seam_result r = SEAM_OK;
    *store = NULL;
    if (!s)
        return seam_log_fail(log, SEAM_ERROR_MEMORY, "no memory for rows that are read again");
    s->fd = -1;
    s->in_memory = in_memory < size ? in_memory : size;
    s->memory = s->in_memory <= SIZE_MAX ? malloc((size_t)s->in_memory + 1) : NULL;
    if (!s->memory)
        r = seam_log_fail(log, SEAM_ERROR_MEMORY, "no memory for rows that are read again");
    else if (s->in_memory < size && !open_hidden(s))
        r = seam_log_fail(log, SEAM_ERROR_IO,
                          "no temporary file for rows that are read again: %s; set TMPDIR to a "
                          "folder with room", strerror(errno));
    else if (s->fd >= 0)
        r = check_disk(s, size == UINT64_MAX ? size : size - s->in_memory, log);
    if (r != SEAM_OK) {
        seam_store_close(&s);
        return r;
    }
    *store = s;
    return SEAM_OK;
}

void seam_store_close(struct seam_store **store)
{
    struct seam_store *s = *store;
    if (!s)
        return;
    if (s->fd >= 0)
        close(s->fd);
    free(s->memory);
    free(s);
    *store = NULL;
}

/* Move `size` bytes between the file, from `at` on, and `data`. False with errno set; 0 where the
 * file ends early. */
static bool move(int fd, bool write, unsigned char *data, size_t size, uint64_t at)
{
    for (size_t done = 0; done < size;) {
        const off_t place = (off_t)(at + done);
        const ssize_t n = write ? pwrite(fd, data + done, size - done, place)
                                : pread(fd, data + done, size - done, place);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            errno = n < 0 ? errno : 0;
            return false;
        }
        done += (size_t)n;
    }
    return true;
}

enum seam_result seam_store_write(struct seam_store *s, uint64_t at, const void *data, size_t size,
                                  struct seam_log *log)
{
    const size_t here =
        at < s->in_memory ? (size_t)seam_min((int64_t)(s->in_memory - at), (int64_t)size) : 0;
    unsigned char *bytes = (unsigned char *)(uintptr_t)data;
    memcpy(s->memory + (here ? at : 0), bytes, here);
    if (here == size || move(s->fd, true, bytes + here, size - here, at + here - s->in_memory))
        return SEAM_OK;
    return seam_log_fail(log, SEAM_ERROR_IO,
                         "rows that are read again cannot be written to %s: %s; set TMPDIR to a "
                         "folder with room", s->folder, strerror(errno));
}

enum seam_result seam_store_read(struct seam_store *s, uint64_t at, void *data, size_t size,
                                 struct seam_log *log)
{
    const size_t here =
        at < s->in_memory ? (size_t)seam_min((int64_t)(s->in_memory - at), (int64_t)size) : 0;
    unsigned char *bytes = data;
    memcpy(bytes, s->memory + (here ? at : 0), here);
    if (here == size || move(s->fd, false, bytes + here, size - here, at + here - s->in_memory))
        return SEAM_OK;
    return seam_log_fail(log, SEAM_ERROR_IO, "rows that were put away in %s cannot be read: %s",
                         s->folder, errno ? strerror(errno) : "the file ends early");
}
