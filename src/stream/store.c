#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/common.h"
#include "base/large.h"
#include "base/log.h"
#include "base/text.h"
#include "stream/carrier.h"
#include "stream/store.h"

struct seam_store {
    unsigned char *memory; /* the first bytes */
    uint64_t in_memory;
    uint64_t table;        /* bytes of the file before its records */
    int fd;                /* of what lies behind; -1: nothing does */
    struct seam_carrier *carrier; /* NULL: the caller reads and writes himself */
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

#define MOST_CARRIED 256 /* records */

static enum seam_result open_file(struct seam_store *s, const struct seam_store_params *params,
                                  struct seam_log *log)
{
    s->table = seam_record_table(params->records);
    if (!open_hidden(s))
        return seam_log_fail(log, SEAM_ERROR_IO,
                             "no temporary file for rows that are read again: %s; set TMPDIR to a "
                             "folder with room", strerror(errno));
    const uint64_t size = params->size;
    const enum seam_result r =
        check_disk(s, size == UINT64_MAX ? size : size - s->in_memory + s->table, log);
    const uint64_t count = params->buffer / (params->record_bytes + 1);
    if (r == SEAM_OK)
        s->carrier = seam_carrier_open(s->fd, (int)(count < MOST_CARRIED ? count : MOST_CARRIED),
                                       params->record_bytes);
    return r;
}

enum seam_result seam_store_open(struct seam_store **store, const struct seam_store_params *params,
                                 struct seam_log *log)
{
    struct seam_store *s = calloc(1, sizeof(*s));
    enum seam_result r = SEAM_OK;
    *store = NULL;
    if (!s)
        return seam_log_fail(log, SEAM_ERROR_MEMORY, "no memory for rows that are read again");
    s->fd = -1;
    s->in_memory = params->in_memory < params->size ? params->in_memory : params->size;
    s->memory = s->in_memory <= SIZE_MAX ? seam_large_alloc((size_t)s->in_memory + 1) : NULL;
    if (!s->memory)
        r = seam_log_fail(log, SEAM_ERROR_MEMORY, "no memory for rows that are read again");
    else if (s->in_memory < params->size)
        r = open_file(s, params, log);
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
    seam_carrier_close(&s->carrier);
    if (s->fd >= 0)
        close(s->fd);
    free(s->memory);
    free(s);
    *store = NULL;
}

/* What of a record lies in memory, and in the file. */
static size_t divide(const struct seam_store *s, const struct seam_record *record,
                     struct seam_record *filed)
{
    const uint64_t size = record->size;
    const size_t here = record->at >= s->in_memory ? 0
                        : (size_t)(s->in_memory - record->at < size ? s->in_memory - record->at
                                                                    : size);
    *filed = (struct seam_record){ record->number, s->table + record->at + here - s->in_memory,
                                   record->size - here };
    return here;
}

static enum seam_result cannot_write(const struct seam_store *s, int error, struct seam_log *log)
{
    return seam_log_fail(log, SEAM_ERROR_IO,
                         "rows that are read again cannot be written to %s: %s; set TMPDIR to a "
                         "folder with room", s->folder,
                         error > 0 ? strerror(error) : "nothing was written");
}

static enum seam_result cannot_read(const struct seam_store *s, int error, struct seam_log *log)
{
    const char *why = error > 0 ? strerror(error) : "the file ends early";
    if (error == SEAM_RECORD_CHANGED)
        why = "they are not what was written: the disk, or the machine's memory, is at fault";
    return seam_log_fail(log, SEAM_ERROR_IO, "rows that were put away in %s cannot be read: %s",
                         s->folder, why);
}

enum seam_result seam_store_write(struct seam_store *s, const struct seam_record *record,
                                  const void *data, struct seam_log *log)
{
    struct seam_record filed;
    const size_t here = divide(s, record, &filed);
    const unsigned char *bytes = data;
    int error = 0;
    memcpy(s->memory + (here ? record->at : 0), bytes, here);
    if (filed.size > 0)
        error = s->carrier ? seam_carrier_write(s->carrier, &filed, bytes + here)
                           : seam_record_write(s->fd, &filed, bytes + here);
    return error == 0 ? SEAM_OK : cannot_write(s, error, log);
}

enum seam_result seam_store_read(struct seam_store *s, const struct seam_record *record, void *data,
                                 struct seam_log *log)
{
    struct seam_record filed;
    const size_t here = divide(s, record, &filed);
    unsigned char *bytes = data;
    int error = 0;
    memcpy(bytes, s->memory + (here ? record->at : 0), here);
    if (filed.size > 0)
        error = s->carrier ? seam_carrier_read(s->carrier, &filed, bytes + here)
                           : seam_record_read(s->fd, &filed, bytes + here);
    if (error == 0)
        return SEAM_OK;
    const int failed = s->carrier ? seam_carrier_failed(s->carrier) : 0;
    return failed ? cannot_write(s, failed, log) : cannot_read(s, error, log);
}

void seam_store_ahead(struct seam_store *s, const struct seam_record *record)
{
    struct seam_record filed;
    (void)divide(s, record, &filed);
    if (s->carrier && filed.size > 0)
        seam_carrier_ahead(s->carrier, &filed);
}
