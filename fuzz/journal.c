/* Fuzz target: a journal as a run leaves it that may end anywhere. What goes in is a programme:
 * what is written, cut, changed and opened again. See standalone.h. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "standalone.h"
#include "stream/journal.h"

#define ROWS 40
#define ROW_BYTES 24
#define IDENTITY "source: a picture\nmodel: a network\n"

static char path[64];

static void forget(void)
{
    unlink(path);
}

/* A name of its own: a link is not followed. */
static void begin_with_nothing(void)
{
    if (!path[0]) {
        const char *folder = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
        snprintf(path, sizeof(path), "%s/seamless-fuzz-%ld", folder, (long)getpid());
        atexit(forget);
    }
    unlink(path);
}

static void fill(uint8_t row[ROW_BYTES], int64_t y)
{
    for (int i = 0; i < ROW_BYTES; i++)
        row[i] = (uint8_t)(y * 11 + i);
}

/* Every row that it says it has is the one that was written. */
static void look(struct seam_journal *j)
{
    uint8_t row[ROW_BYTES], expected[ROW_BYTES];
    struct seam_log log = { 0 };
    if (seam_journal_rows(j) < 0 || seam_journal_rows(j) > ROWS)
        abort();
    for (int64_t y = 0; y < ROWS; y++) {
        if (seam_journal_has(j, y) == 0)
            continue;
        seam_journal_seek(j, y);
        fill(expected, y);
        if (seam_journal_read(j, row, &log) != SEAM_OK || memcmp(row, expected, ROW_BYTES) != 0)
            abort();
    }
}

/* Open it; one that is refused is begun anew, as its message says. */
static struct seam_journal *open_again(void)
{
    for (int i = 0; i < 2; i++) {
        struct seam_journal *j = NULL;
        struct seam_log log = { 0 };
        if (seam_journal_open(&j, path, &log) == SEAM_OK &&
            seam_journal_begin(j, IDENTITY, ROWS, ROW_BYTES, &log) == SEAM_OK) {
            look(j);
            return j;
        }
        if (!log.error[0])
            abort();
        seam_journal_close(&j);
        unlink(path);
    }
    abort();
}

static void write_band(struct seam_journal *j, int64_t first, int64_t rows, bool commit)
{
    uint8_t row[ROW_BYTES];
    struct seam_log log = { 0 };
    seam_journal_seek(j, first);
    for (int64_t y = first; y < first + rows && y < ROWS; y++) {
        fill(row, y);
        if (seam_journal_write(j, row, &log) != SEAM_OK)
            abort();
    }
    if (commit && seam_journal_commit(j, &log) != SEAM_OK)
        abort();
}

/* Change a byte where no run holds the file, or cut or lengthen it. */
static void damage(unsigned kind, unsigned at, unsigned value)
{
    struct stat st;
    const uint8_t byte = (uint8_t)value;
    const int fd = open(path, O_RDWR);
    if (fd < 0)
        return; /* a journal of no rows is not kept */
    if (fstat(fd, &st) != 0)
        abort();
    const off_t place = at * 16 + (value & 15);
    if (kind == 0 && place < st.st_size && pwrite(fd, &byte, 1, place) != 1)
        abort();
    if (kind == 1 && ftruncate(fd, place) != 0)
        abort();
    close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    begin_with_nothing();
    struct seam_journal *j = open_again();
    bool begun = false;
    for (size_t i = 0; i + 3 <= size && i < 300; i += 3) {
        const unsigned op = data[i] & 7;
        if (op < 4 && !begun) {
            begun = op == 3; /* a band that nothing ends */
            write_band(j, data[i + 1] % ROWS, 1 + data[i + 2] % 8, !begun);
            continue;
        }
        seam_journal_close(&j);
        if (op > 4)
            damage(op - 5, data[i + 1] + (data[i] & 8 ? 256u : 0), data[i + 2]);
        j = open_again();
        begun = false;
    }
    seam_journal_remove(&j);
    return 0;
}

#ifdef SEAM_FUZZ_STANDALONE

static void *seed(size_t number, size_t *size)
{
    static const uint8_t programmes[][15] = {
        { 0, 0, 4, 0, 5, 3, 4, 0, 0, 0, 30, 7, 4, 0, 0 },
        { 0, 0, 4, 3, 5, 3, 4, 0, 0, 13, 3, 9, 4, 0, 0 },
        { 0, 9, 4, 0, 5, 3, 14, 8, 0, 0, 3, 9, 4, 0, 0 },
    };
    if (number >= sizeof(programmes) / sizeof(programmes[0]))
        return NULL;
    *size = sizeof(programmes[0]);
    void *data = malloc(*size);
    if (!data)
        abort();
    return memcpy(data, programmes[number], *size);
}

int main(int argc, char **argv)
{
    return seam_fuzz_main(argc, argv, seed);
}

#endif /* SEAM_FUZZ_STANDALONE */
