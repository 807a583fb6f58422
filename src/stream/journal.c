/* flock() is of BSD; glibc wants to be asked. */
#define _DEFAULT_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/checksum.h"
#include "base/clock.h"
#include "base/common.h"
#include "stream/journal.h"
#include "base/log.h"
#include "stream/lines.h"

#define MAGIC "seamjrnl"
#define VERSION 1
#define BYTE_ORDER_MARK 0x01020304 /* rows are in the machine's */
#define BAND_MAGIC UINT64_C(0x73656d6162616e64)
#define CHUNK ((size_t)1 << 18)
/* What a loss of power may cost beside a band; what a kill costs is a band at most. */
#define SYNC_SECONDS 5

/* How the file begins; what is left of its 4096 bytes is identity. */
struct head {
    char magic[8];
    uint32_t version, order;
    uint64_t row_bytes, rows; /* of the whole result */
    uint64_t sum;             /* of this struct with sum 0 */
    char identity[SEAM_JOURNAL_TEXT];
};

struct band {
    uint64_t magic;
    uint64_t first, rows;
    uint64_t sum; /* of the head's sum, the samples, first and rows: no band of another journal
                     fits */
};

/* A whole band in the file. */
struct piece {
    int64_t first, rows;
    uint64_t at; /* of its first row */
};

struct seam_journal {
    char *path;
    int fd;
    bool old;         /* `head` is what the file began with */
    bool begun;
    struct head head;
    struct piece *pieces; /* whole bands when it was begun, by their first rows */
    size_t piece_count;
    int64_t kept;     /* rows of them without a gap from the first of all on */
    int64_t next;     /* row to be read or written */
    uint64_t end;     /* of the file: the next band goes here */
    struct band band; /* that is written */
    uint64_t band_at; /* of its head; 0: none is */
    bool any;         /* whether a band is in the file */
    time_t synced;
};

uint64_t seam_journal_bytes(int64_t rows, int64_t band_rows, size_t row_bytes)
{
    const int64_t bands = seam_div_up(rows, seam_max(band_rows, 1));
    return sizeof(struct head) + (uint64_t)bands * sizeof(struct band) + (uint64_t)rows * row_bytes;
}

/* False with errno set, 0 where the file ends before. */
static bool read_all(int fd, void *data, size_t size, uint64_t at)
{
    for (size_t done = 0; done < size;) {
        const ssize_t n = pread(fd, (char *)data + done, size - done, (off_t)(at + done));
        if (n == 0)
            errno = 0;
        if (n == 0 || (n < 0 && errno != EINTR))
            return false;
        done += n > 0 ? (size_t)n : 0;
    }
    return true;
}

static bool write_all(int fd, const void *data, size_t size, uint64_t at)
{
    for (size_t done = 0; done < size;) {
        const ssize_t n = pwrite(fd, (const char *)data + done, size - done, (off_t)(at + done));
        if (n < 0 && errno != EINTR)
            return false;
        done += n > 0 ? (size_t)n : 0;
    }
    return true;
}

static uint64_t head_sum(const struct head *head)
{
    struct head h = *head;
    h.sum = 0;
    return seam_checksum(0, &h, sizeof(h));
}

/* Continue the sum of a band's samples by what its head says. */
static uint64_t band_sum(uint64_t sum, const struct band *band)
{
    const uint64_t place[2] = { band->first, band->rows };
    return seam_checksum(sum, place, sizeof(place));
}

/* Open and lock the file. A run that ends removes it: what was locked must still be what is
 * there. */
static enum seam_result journal_lock(struct seam_journal *j, struct stat *st, struct seam_log *log)
{
    struct stat there;
    for (;;) {
        j->fd = open(j->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
        if (j->fd < 0 || fstat(j->fd, st) != 0)
            return seam_log_fail(log, SEAM_ERROR_IO, "%s cannot be opened: %s", j->path,
                                 strerror(errno));
        if (!S_ISREG(st->st_mode))
            return seam_log_fail(log, SEAM_ERROR_IO,
                                 "%s is no plain file: remove it, or name another output", j->path);
        if (flock(j->fd, LOCK_EX | LOCK_NB) != 0)
            return errno == EWOULDBLOCK
                       ? seam_log_fail(log, SEAM_ERROR_IO,
                                       "%s is in use: another run makes the same output; wait for "
                                       "it, or name another output",
                                       j->path)
                       : seam_log_fail(
                             log, SEAM_ERROR_IO,
                             "%s cannot be locked: %s; name an output on another disk, or "
                             "do without a journal",
                             j->path, strerror(errno));
        if (stat(j->path, &there) == 0 && there.st_dev == st->st_dev && there.st_ino == st->st_ino)
            return fstat(j->fd, st) == 0 ? SEAM_OK
                                         : seam_log_fail(log, SEAM_ERROR_IO, "%s: %s", j->path,
                                                         strerror(errno));
        close(j->fd);
    }
}

/* Whether the file may be begun anew: nothing of a head is in it, or a part that never got
 * whole. */
static bool head_is_torn(const struct head *head, size_t size)
{
    static const struct head nothing;
    return memcmp(head, MAGIC, size < 8 ? size : 8) == 0 || memcmp(head, &nothing, size) == 0;
}

static enum seam_result journal_read_head(struct seam_journal *j, const struct stat *st,
                                          struct seam_log *log)
{
    struct head *h = &j->head;
    const size_t size = (size_t)seam_min(st->st_size, sizeof(*h));
    if (!read_all(j->fd, h, size, 0))
        return seam_log_fail(log, SEAM_ERROR_IO, "%s cannot be read: %s", j->path, strerror(errno));
    const bool ours = size == sizeof(*h) && memcmp(h->magic, MAGIC, sizeof(h->magic)) == 0;
    if (ours && h->order == BYTE_ORDER_MARK && h->version != VERSION)
        return seam_log_fail(log, SEAM_ERROR_IO,
                             "%s was written by another version of Seamless (format %" PRIu32
                             ", this one writes %d): go on with that one, or remove the file to "
                             "begin anew", j->path, h->version, VERSION);
    j->old = ours && h->order == BYTE_ORDER_MARK && h->sum == head_sum(h);
    if (!j->old && ours && st->st_size > (off_t)sizeof(*h))
        return seam_log_fail(log, SEAM_ERROR_IO,
                             "%s is damaged, its rows cannot be told from others: remove it to "
                             "begin anew", j->path);
    if (!j->old && (st->st_size > (off_t)sizeof(*h) || !head_is_torn(h, size)))
        return seam_log_fail(log, SEAM_ERROR_IO,
                             "%s is no journal of finished rows: rename it, or name another output",
                             j->path);
    return SEAM_OK;
}

enum seam_result seam_journal_open(struct seam_journal **journal, const char *path,
                                   struct seam_log *log)
{
    struct stat st;
    *journal = NULL;
    struct seam_journal *j = calloc(1, sizeof(*j));
    if (j)
        j->path = strdup(path);
    if (!j || !j->path) {
        free(j);
        return seam_log_fail(log, SEAM_ERROR_MEMORY, "no memory for the journal %s", path);
    }
    enum seam_result r = journal_lock(j, &st, log);
    if (r == SEAM_OK)
        r = journal_read_head(j, &st, log);
    if (r != SEAM_OK) {
        /* Whatever it is, it is not ours to remove. */
        if (j->fd >= 0)
            close(j->fd);
        free(j->path);
        free(j);
        return r;
    }
    *journal = j;
    return SEAM_OK;
}

bool seam_journal_line(const struct seam_journal *j, const char *name, char *text, size_t size)
{
    size_t length;
    const char *value =
        j->old ? seam_lines_find(j->head.identity, name, strlen(name), &length) : NULL;
    if (!value)
        return false;
    snprintf(text, size, "%.*s", (int)length, value);
    return true;
}

static enum seam_result journal_failed(const struct seam_journal *j, const char *what,
                                       struct seam_log *log)
{
    const int error = errno;
    const bool full = error == ENOSPC || error == EFBIG || error == EDQUOT;
    return seam_log_fail(log, SEAM_ERROR_IO, "%s cannot be %s: %s%s", j->path, what,
                         error ? strerror(error) : "it is cut short",
                         full ? "; make room there and run the same again, finished rows are kept"
                              : "");
}

/* The lasting name of a new file is its folder's business; not all file systems can. */
static void sync_folder(const char *path)
{
    char *folder = strdup(path);
    if (!folder)
        return;
    char *slash = strrchr(folder, '/');
    if (slash)
        slash[slash == folder] = '\0';
    const int fd = open(slash ? folder : ".", O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        (void)!fsync(fd);
        close(fd);
    }
    free(folder);
}

/* The head is on disk before the first row: only a file without rows can have a torn one. */
static enum seam_result journal_start(struct seam_journal *j, const char *identity, int64_t rows,
                                      size_t row_bytes, struct seam_log *log)
{
    struct head *h = &j->head;
    memset(h, 0, sizeof(*h));
    memcpy(h->magic, MAGIC, sizeof(h->magic));
    h->version = VERSION;
    h->order = BYTE_ORDER_MARK;
    h->row_bytes = row_bytes;
    h->rows = (uint64_t)rows;
    strcpy(h->identity, identity); /* checked: it fits */
    h->sum = head_sum(h);
    if (ftruncate(j->fd, 0) != 0 || !write_all(j->fd, h, sizeof(*h), 0) || fsync(j->fd) != 0)
        return journal_failed(j, "written", log);
    sync_folder(j->path);
    return SEAM_OK;
}

/* Whether the band at `at` of the file is whole. False with errno 0: it is not; with another: the
 * disk failed, which says nothing of the band. */
static bool band_is_whole(const struct seam_journal *j, uint64_t at, char *chunk, struct band *band)
{
    if (!read_all(j->fd, band, sizeof(*band), at))
        return false;
    errno = 0;
    if (band->magic != BAND_MAGIC || band->first >= j->head.rows || band->rows == 0 ||
        band->rows > j->head.rows - band->first)
        return false;
    uint64_t sum = j->head.sum, left = band->rows * j->head.row_bytes;
    for (at += sizeof(*band); left > 0;) {
        const size_t n = left < CHUNK ? (size_t)left : CHUNK;
        if (!read_all(j->fd, chunk, n, at))
            return false;
        sum = seam_checksum(sum, chunk, n);
        at += n;
        left -= n;
    }
    errno = 0;
    return band_sum(sum, band) == band->sum;
}

static bool add_piece(struct seam_journal *j, const struct band *band, uint64_t at)
{
    /* Twice as many whenever their number is a power of two. */
    const size_t n = j->piece_count;
    if ((n & (n - 1)) == 0) {
        struct piece *more = realloc(j->pieces, (n ? 2 * n : 1) * sizeof(*more));
        if (!more)
            return false;
        j->pieces = more;
    }
    j->pieces[j->piece_count++] = (struct piece){
        (int64_t)band->first, (int64_t)band->rows, at + sizeof(*band)
    };
    return true;
}

static int by_first_row(const void *a, const void *b)
{
    const struct piece *p = a, *q = b;
    return (p->first > q->first) - (p->first < q->first);
}

/* How many pieces begin at the row or above it. */
static size_t pieces_above(const struct seam_journal *j, int64_t row)
{
    size_t begin = 0, end = j->piece_count;
    while (begin < end) {
        const size_t middle = begin + (end - begin) / 2;
        if (j->pieces[middle].first <= row)
            begin = middle + 1;
        else
            end = middle;
    }
    return begin;
}

/* The piece that holds a row; NULL where none does. */
static const struct piece *find_piece(const struct seam_journal *j, int64_t row)
{
    const size_t n = pieces_above(j, row);
    const struct piece *p = n > 0 ? &j->pieces[n - 1] : NULL;
    return p && row < p->first + p->rows ? p : NULL;
}

int64_t seam_journal_has(const struct seam_journal *j, int64_t row)
{
    int64_t end = row;
    for (const struct piece *p; (p = find_piece(j, end)) != NULL;)
        end = p->first + p->rows;
    return end - row;
}

int64_t seam_journal_lacks(const struct seam_journal *j, int64_t row)
{
    const size_t n = pieces_above(j, row);
    if (find_piece(j, row))
        return 0;
    return n < j->piece_count ? j->pieces[n].first - row : INT64_MAX;
}

int64_t seam_journal_held(const struct seam_journal *j)
{
    int64_t held = 0, row = 0;
    while (row < (int64_t)j->head.rows) {
        const int64_t has = seam_journal_has(j, row);
        const int64_t lacks = has > 0 ? 0 : seam_journal_lacks(j, row);
        held += has;
        row = has > 0 ? row + has : lacks < (int64_t)j->head.rows - row ? row + lacks : INT64_MAX;
    }
    return held;
}

void seam_journal_seek(struct seam_journal *j, int64_t row)
{
    j->next = row;
}

/* Find whole bands and cut off what follows them. */
static enum seam_result journal_scan(struct seam_journal *j, struct seam_log *log)
{
    struct band band;
    struct stat st;
    bool ok = true;
    char *chunk = malloc(CHUNK);
    while (chunk && ok && band_is_whole(j, j->end, chunk, &band)) {
        ok = add_piece(j, &band, j->end);
        j->end += sizeof(band) + band.rows * j->head.row_bytes;
    }
    if (!chunk || !ok) {
        free(chunk);
        return seam_log_fail(log, SEAM_ERROR_MEMORY, "no memory to read %s", j->path);
    }
    const int error = errno;
    free(chunk);
    if (error) {
        errno = error;
        return journal_failed(j, "read", log);
    }
    if (j->piece_count > 0)
        qsort(j->pieces, j->piece_count, sizeof(*j->pieces), by_first_row);
    j->kept = seam_journal_has(j, 0);
    j->any = j->piece_count > 0;
    if (fstat(j->fd, &st) == 0 && (uint64_t)st.st_size > j->end)
        seam_notice(log, "%s: a band that is not whole is cut off", j->path);
    return ftruncate(j->fd, (off_t)j->end) == 0 ? SEAM_OK : journal_failed(j, "cut", log);
}

static time_t seconds_now(void)
{
    return (time_t)seam_clock();
}

enum seam_result seam_journal_begin(struct seam_journal *j, const char *identity, int64_t rows,
                                    size_t row_bytes, struct seam_log *log)
{
    if (strlen(identity) >= SEAM_JOURNAL_TEXT)
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT, "%s: what it is of takes more than %d bytes",
                             j->path, SEAM_JOURNAL_TEXT - 1);
    enum seam_result r = SEAM_OK;
    j->end = sizeof(j->head);
    if (!j->old)
        r = journal_start(j, identity, rows, row_bytes, log);
    else if ((r = seam_lines_compare(j->head.identity, identity, j->path, log)) == SEAM_OK)
        r = j->head.rows == (uint64_t)rows && j->head.row_bytes == row_bytes
                ? journal_scan(j, log)
                : seam_log_fail(log, SEAM_ERROR_ARGUMENT,
                                "%s holds rows of another size: remove the file to begin anew",
                                j->path);
    j->begun = r == SEAM_OK;
    j->synced = seconds_now();
    return r;
}

int64_t seam_journal_rows(const struct seam_journal *j)
{
    return j->kept;
}

enum seam_result seam_journal_read(struct seam_journal *j, void *row, struct seam_log *log)
{
    const struct piece *p = find_piece(j, j->next);
    if (!p)
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT, "%s does not hold row %" PRId64, j->path,
                             j->next);
    const uint64_t at = p->at + (uint64_t)(j->next - p->first) * j->head.row_bytes;
    if (!read_all(j->fd, row, j->head.row_bytes, at))
        return journal_failed(j, "read", log);
    j->next++;
    return SEAM_OK;
}

enum seam_result seam_journal_write(struct seam_journal *j, const void *row, struct seam_log *log)
{
    struct band *band = &j->band;
    if (j->band_at == 0) {
        *band = (struct band){ BAND_MAGIC, (uint64_t)j->next, 0, j->head.sum };
        j->band_at = j->end;
        j->end += sizeof(*band);
    }
    if (!write_all(j->fd, row, j->head.row_bytes, j->end))
        return journal_failed(j, "written", log);
    band->sum = seam_checksum(band->sum, row, j->head.row_bytes);
    band->rows++;
    j->end += j->head.row_bytes;
    j->next++;
    return SEAM_OK;
}

enum seam_result seam_journal_commit(struct seam_journal *j, struct seam_log *log)
{
    struct band *band = &j->band;
    if (j->band_at == 0)
        return SEAM_OK;
    band->sum = band_sum(band->sum, band);
    if (!write_all(j->fd, band, sizeof(*band), j->band_at))
        return journal_failed(j, "written", log);
    j->band_at = 0;
    j->any = true;
    const time_t now = seconds_now();
    if (now < j->synced + SYNC_SECONDS)
        return SEAM_OK;
    j->synced = now;
    return fdatasync(j->fd) == 0 ? SEAM_OK : journal_failed(j, "written", log);
}

static void journal_end(struct seam_journal **journal, bool remove)
{
    struct seam_journal *j = *journal;
    if (!j)
        return;
    if (remove)
        unlink(j->path); /* under the lock: no other run has it open for its own */
    close(j->fd);
    free(j->pieces);
    free(j->path);
    free(j);
    *journal = NULL;
}

void seam_journal_remove(struct seam_journal **journal)
{
    journal_end(journal, true);
}

void seam_journal_close(struct seam_journal **journal)
{
    const struct seam_journal *j = *journal;
    /* One that was refused is another run's. */
    journal_end(journal, j && (j->begun ? !j->any : !j->old));
}
