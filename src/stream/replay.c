#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/common.h"
#include "base/log.h"
#include "stream/replay.h"

struct seam_replay {
    struct seam_source source;
    size_t row_bytes;
    int fd;       /* of the temporary file; -1: the source rewinds by itself */
    int64_t begin, end; /* rows in the file */
};

/* A file without a name. */
static int open_hidden(void)
{
    const char *folder = getenv("TMPDIR");
    char path[4096];
    if (!folder || !*folder)
        folder = "/var/tmp";
    const int n = snprintf(path, sizeof(path), "%s/.seamless-XXXXXX", folder);
    if (n < 0 || (size_t)n >= sizeof(path)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    const int fd = mkstemp(path);
    if (fd >= 0)
        unlink(path);
    return fd;
}

enum seam_result seam_replay_open(struct seam_replay **replay, const struct seam_source *source,
                                  size_t row_bytes, struct seam_log *log)
{
    struct seam_replay *r = calloc(1, sizeof(*r));
    *replay = NULL;
    if (!r)
        return seam_log_fail(log, SEAM_ERROR_MEMORY, "no memory to read a picture again");
    r->source = *source;
    r->row_bytes = row_bytes;
    r->fd = -1;
    if (!source->rewind && (r->fd = open_hidden()) < 0) {
        const int error = errno;
        free(r);
        return seam_log_fail(log, SEAM_ERROR_IO,
                             "no temporary file for rows that are read again: %s; set TMPDIR to a "
                             "folder with room", strerror(error));
    }
    *replay = r;
    return SEAM_OK;
}

void seam_replay_close(struct seam_replay **replay)
{
    struct seam_replay *r = *replay;
    if (!r)
        return;
    if (r->fd >= 0)
        close(r->fd);
    free(r);
    *replay = NULL;
}

/* Move `size` bytes between the file, from `at` on, and `data`. */
static bool move(int fd, bool write, unsigned char *data, size_t size, uint64_t at)
{
    for (size_t done = 0; done < size;) {
        const off_t place = (off_t)(at + done);
        const ssize_t n = write ? pwrite(fd, data + done, size - done, place)
                                : pread(fd, data + done, size - done, place);
        if (n == 0 || (n < 0 && errno != EINTR))
            return false;
        done += n > 0 ? (size_t)n : 0;
    }
    return true;
}

static int replay_read(void *opaque, int64_t y, int64_t rows, void *dst)
{
    struct seam_replay *r = opaque;
    if (r->fd < 0)
        return r->source.read(r->source.opaque, y, rows, dst);
    unsigned char *at = dst;
    if (r->begin == r->end)
        r->begin = r->end = y;
    if (y < r->begin || y > r->end)
        return -1; /* passed over, and not to be had again */
    const int64_t old = seam_min(r->end - y, rows);
    const size_t old_bytes = (size_t)old * r->row_bytes;
    if (!move(r->fd, false, at, old_bytes, (uint64_t)y * r->row_bytes))
        return -1;
    if (old == rows)
        return 0;
    at += old_bytes;
    if (r->source.read(r->source.opaque, y + old, rows - old, at) != 0 ||
        !move(r->fd, true, at, (size_t)(rows - old) * r->row_bytes,
              (uint64_t)(y + old) * r->row_bytes))
        return -1;
    r->end = y + rows;
    return 0;
}

static int replay_rewind(void *opaque)
{
    struct seam_replay *r = opaque;
    return r->fd < 0 ? r->source.rewind(r->source.opaque) : 0;
}

struct seam_source seam_replay_source(struct seam_replay *replay)
{
    return (struct seam_source){ replay, replay_read, replay_rewind };
}
