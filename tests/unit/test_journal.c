/* The journal: what is whole is kept, whatever was torn, flipped or never written. */
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/checksum.h"
#include "stream/journal.h"
#include "stream/replay.h"
#include "unit.h"

#define ROW_BYTES 37
#define ROWS 60
#define HEAD 4096
#define BAND_HEAD 32
#define IDENTITY "source: a picture\nmodel: a network\ntiles: 3 by 4\n"

static char *path; /* of the journal, in a folder of the test's own */

static void fill_row(unsigned char *row, int64_t y)
{
    for (int i = 0; i < ROW_BYTES; i++)
        row[i] = (unsigned char)(y * 7 + i * i);
}

static struct seam_journal *begin(const char *identity)
{
    struct seam_journal *j;
    struct seam_log log;
    seam_log_init(&log);
    assert_ok(seam_journal_open(&j, path, &log), &log);
    assert_ok(seam_journal_begin(j, identity, ROWS, ROW_BYTES, &log), &log);
    return j;
}

/* Read what is kept, and check it. */
static void read_kept(struct seam_journal *j)
{
    unsigned char row[ROW_BYTES], expected[ROW_BYTES];
    struct seam_log log;
    seam_log_init(&log);
    for (int64_t y = 0; y < seam_journal_rows(j); y++) {
        assert_ok(seam_journal_read(j, row, &log), &log);
        fill_row(expected, y);
        g_assert_true(memcmp(row, expected, ROW_BYTES) == 0);
    }
}

/* Add a band of rows from `first` on. */
static void write_band(struct seam_journal *j, int64_t first, int64_t rows, bool commit)
{
    unsigned char row[ROW_BYTES];
    struct seam_log log;
    seam_log_init(&log);
    for (int64_t y = first; y < first + rows; y++) {
        fill_row(row, y);
        assert_ok(seam_journal_write(j, row, &log), &log);
    }
    if (commit)
        assert_ok(seam_journal_commit(j, &log), &log);
}

/* A journal on disk of bands of 1, 2, 3 ... rows; ends[i] is where band i ends in the file. */
#define BANDS 7
static void write_bands(const char *identity, size_t ends[BANDS])
{
    struct seam_journal *j = begin(identity);
    size_t end = HEAD;
    int64_t first = 0;
    for (int i = 0; i < BANDS; i++) {
        write_band(j, first, i + 1, true);
        first += i + 1;
        ends[i] = end += BAND_HEAD + (size_t)(i + 1) * ROW_BYTES;
    }
    seam_journal_close(&j);
    struct stat st;
    g_assert_cmpint(stat(path, &st), ==, 0);
    g_assert_cmpint(st.st_size, ==, (gint64)end);
}

static void get(char **data, size_t *size)
{
    g_assert_true(g_file_get_contents(path, data, size, NULL));
}

static void put(const char *data, size_t size)
{
    const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    g_assert_true(fd >= 0 && write(fd, data, size) == (gssize)size);
    close(fd);
}

/* Rows of the first `bands` bands. */
static int64_t rows_of_bands(int64_t bands)
{
    return bands * (bands + 1) / 2;
}

/* What is there begins with so many rows, and what follows can be written and read again. */
static void goes_on_at(int64_t rows)
{
    struct seam_journal *j = begin(IDENTITY);
    g_assert_cmpint(seam_journal_rows(j), ==, rows);
    read_kept(j);
    write_band(j, rows, ROWS - rows - 5, true);
    write_band(j, ROWS - 5, 5, true);
    seam_journal_close(&j);
    j = begin(IDENTITY);
    g_assert_cmpint(seam_journal_rows(j), ==, ROWS);
    read_kept(j);
    seam_journal_remove(&j);
    g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
}

static void test_checksum(void)
{
    unsigned char data[1000];
    g_assert_cmphex(seam_checksum(0, "123456789", 9), ==, UINT64_C(0x995DC9BBDF1939FA));
    for (size_t i = 0; i < sizeof(data); i++)
        data[i] = (unsigned char)pick(0, 255);
    const uint64_t whole = seam_checksum(0, data, sizeof(data));
    for (size_t cut = 0; cut <= sizeof(data); cut++)
        g_assert_cmphex(seam_checksum(seam_checksum(0, data, cut), data + cut, sizeof(data) - cut),
                        ==, whole);
    /* Whatever way many bytes are taken at a time, one by one they give the same. */
    for (size_t size = 0; size <= sizeof(data); size += size < 300 ? 1 : 97) {
        uint64_t slow = 0;
        for (size_t i = 0; i < size; i++)
            slow = seam_checksum(slow, data + i, 1);
        g_assert_cmphex(seam_checksum(0, data, size), ==, slow);
    }
}

static void test_whole(void)
{
    size_t ends[BANDS];
    write_bands(IDENTITY, ends);
    goes_on_at(rows_of_bands(BANDS));
    /* Rows without their band do not count, and a journal without rows does not stay. */
    struct seam_journal *j = begin(IDENTITY);
    write_band(j, 0, 3, false);
    seam_journal_close(&j);
    g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
    j = begin(IDENTITY);
    write_band(j, 0, 4, true);
    write_band(j, 4, 3, false);
    seam_journal_close(&j);
    goes_on_at(4);
}

/* Wherever the file ends, bands before that are kept. */
static void test_torn_tail(void)
{
    size_t ends[BANDS], size;
    char *data;
    write_bands(IDENTITY, ends);
    get(&data, &size);
    for (size_t length = HEAD; length <= size; length += (size_t)pick(1, 5)) {
        int64_t bands = 0;
        while (bands < BANDS && ends[bands] <= length)
            bands++;
        put(data, length);
        goes_on_at(rows_of_bands(bands));
    }
    /* As a disk may leave it that lost power: the length is right, and a part is zeros or was never
     * written. */
    for (int i = 0; i < many(50); i++) {
        const size_t hole = (size_t)pick(HEAD, (int)size - 1);
        const size_t length = (size_t)pick(1, (int)(size - hole));
        char *torn = g_memdup2(data, size);
        memset(torn + hole, 0, length);
        int64_t bands = 0;
        while (bands < BANDS && memcmp(torn, data, ends[bands]) == 0)
            bands++;
        put(torn, size);
        goes_on_at(rows_of_bands(bands));
        g_free(torn);
    }
    g_free(data);
}

static void test_flipped_bit(void)
{
    size_t ends[BANDS], size;
    char *data;
    write_bands(IDENTITY, ends);
    get(&data, &size);
    for (size_t at = HEAD; at < size; at++) {
        int64_t bands = 0;
        while (ends[bands] <= at)
            bands++;
        const char flip = (char)(1 << pick(0, 7));
        data[at] = (char)(data[at] ^ flip);
        put(data, size);
        data[at] = (char)(data[at] ^ flip);
        struct seam_journal *j = begin(IDENTITY);
        g_assert_cmpint(seam_journal_rows(j), ==, rows_of_bands(bands));
        seam_journal_remove(&j);
    }
    g_free(data);
}

/* Bands of another journal, which a disk may give back where nothing new was written. */
static void test_stale_bands(void)
{
    size_t ends[BANDS], size, other_size;
    char *data, *other;
    write_bands("source: another picture\n", ends);
    get(&other, &other_size);
    g_unlink(path);
    write_bands(IDENTITY, ends);
    get(&data, &size);
    for (int bands = 0; bands < BANDS; bands++) {
        char *mixed = g_malloc0(MAX(size, other_size));
        const size_t own = bands == 0 ? HEAD : ends[bands - 1];
        memcpy(mixed, other, other_size);
        memcpy(mixed, data, own);
        put(mixed, MAX(size, other_size));
        goes_on_at(rows_of_bands(bands));
        g_free(mixed);
    }
    g_free(data);
    g_free(other);
}

static void refused(enum seam_result result, const char *identity, int64_t rows, const char *words)
{
    struct seam_journal *j;
    struct seam_log log;
    char *before, *after;
    size_t size, size_after;
    get(&before, &size);
    seam_log_init(&log);
    enum seam_result r = seam_journal_open(&j, path, &log);
    if (r == SEAM_OK)
        r = seam_journal_begin(j, identity, rows, ROW_BYTES, &log);
    g_assert_cmpint(r, ==, result);
    assert_said(&log, result, words);
    assert_said(&log, result, path);
    seam_journal_close(&j);
    get(&after, &size_after);
    g_assert_true(size == size_after && memcmp(before, after, size) == 0);
    g_free(before);
    g_free(after);
}

static void test_refused(void)
{
    size_t ends[BANDS], size;
    char *data;
    write_bands(IDENTITY, ends);
    refused(SEAM_ERROR_ARGUMENT, "source: a picture\nmodel: B\ntiles: 3 by 4\n", ROWS,
            "its model,\"a network\",\"B\",remove");
    refused(SEAM_ERROR_ARGUMENT, "source: a picture \nmodel: a network\ntiles: 3 by 4\n", ROWS,
            "its source");
    refused(SEAM_ERROR_ARGUMENT, "source: a picture\nmodel: a network\n", ROWS, "another run");
    refused(SEAM_ERROR_ARGUMENT, IDENTITY "more: 1\n", ROWS, "its more");
    refused(SEAM_ERROR_ARGUMENT, IDENTITY, ROWS + 1, "another size,remove");

    /* A head with rows behind it that is not what was written: no row can be believed. */
    get(&data, &size);
    for (int i = 0; i < 50; i++) {
        const size_t at = (size_t)pick(0, HEAD - 1);
        char *damaged = g_memdup2(data, size);
        damaged[at] = (char)(damaged[at] ^ 1 << pick(0, 7));
        put(damaged, size);
        refused(SEAM_ERROR_IO, IDENTITY, ROWS,
                at < 8 ? "no journal" : at >= 8 && at < 12 ? "another version" : "damaged");
        g_free(damaged);
    }
    /* Files that are none. */
    put("A text about something else.\n", 29);
    refused(SEAM_ERROR_IO, IDENTITY, ROWS, "no journal,another output");
    char *text = g_strnfill(3 * HEAD, 'x');
    put(text, 3 * HEAD);
    refused(SEAM_ERROR_IO, IDENTITY, ROWS, "no journal");
    g_free(text);
    g_free(data);
    g_unlink(path);
}

/* A head that never got whole has no rows behind it: the journal is begun anew. */
static void test_torn_head(void)
{
    size_t ends[BANDS], size;
    char *data;
    write_bands(IDENTITY, ends);
    get(&data, &size);
    for (size_t length = 0; length <= HEAD; length += (size_t)pick(1, 300)) {
        put(data, length);
        goes_on_at(0);
        char *zeros = g_malloc0(length + 1);
        put(zeros, length);
        goes_on_at(0);
        g_free(zeros);
    }
    g_free(data);
}

static void test_lock(void)
{
    struct seam_journal *first = begin(IDENTITY), *second;
    struct seam_log log;
    seam_log_init(&log);
    write_band(first, 0, 2, true);
    g_assert_cmpint(seam_journal_open(&second, path, &log), ==, SEAM_ERROR_IO);
    assert_said(&log, SEAM_ERROR_IO, "in use,another run");
    g_assert_null(second);
    seam_journal_close(&first);
    second = begin(IDENTITY);
    g_assert_cmpint(seam_journal_rows(second), ==, 2);
    seam_journal_remove(&second);
    seam_journal_remove(&second);
    seam_journal_close(&second);
}

static void test_no_place(void)
{
    struct seam_journal *j;
    struct seam_log log;
    seam_log_init(&log);
    g_assert_cmpint(seam_journal_open(&j, "/no/such/folder/x.journal", &log), ==, SEAM_ERROR_IO);
    assert_said(&log, SEAM_ERROR_IO, "/no/such/folder/x.journal,No such file");
    g_assert_null(j);
    seam_log_clear(&log);
    g_mkdir(path, 0700);
    g_assert_cmpint(seam_journal_open(&j, path, &log), ==, SEAM_ERROR_IO);
    g_rmdir(path);
    /* A link would lead the rows to who knows where. */
    g_assert_cmpint(symlink("/dev/null", path), ==, 0);
    seam_log_clear(&log);
    g_assert_cmpint(seam_journal_open(&j, path, &log), ==, SEAM_ERROR_IO);
    g_unlink(path);
}

/* Parts of a picture, kept in the order in which they are finished. */
static void test_anywhere(void)
{
    static const int64_t parts[][2] = { { 40, 10 }, { 5, 20 }, { 55, 5 }, { 0, 5 } };
    unsigned char row[ROW_BYTES], expected[ROW_BYTES];
    struct seam_log log;
    seam_log_init(&log);
    struct seam_journal *j = begin(IDENTITY);
    for (size_t i = 0; i < SEAM_ARRAY_LEN(parts); i++) {
        seam_journal_seek(j, parts[i][0]);
        write_band(j, parts[i][0], parts[i][1], true);
    }
    seam_journal_close(&j);
    j = begin(IDENTITY);
    g_assert_cmpint(seam_journal_rows(j), ==, 25);
    g_assert_cmpint(seam_journal_held(j), ==, 40);
    for (int64_t y = 0; y < ROWS; y++) {
        const int64_t end = y < 25 ? 25 : y < 40 ? y : y < 50 ? 50 : y < 55 ? y : ROWS;
        g_assert_cmpint(seam_journal_has(j, y), ==, end - y);
        g_assert_cmpint(seam_journal_lacks(j, y), ==, end > y ? 0 : y < 40 ? 40 - y : 55 - y);
        seam_journal_seek(j, y);
        if (end == y) {
            g_assert_cmpint(seam_journal_read(j, row, NULL), ==, SEAM_ERROR_ARGUMENT);
            continue;
        }
        assert_ok(seam_journal_read(j, row, &log), &log);
        fill_row(expected, y);
        g_assert_true(memcmp(row, expected, ROW_BYTES) == 0);
    }
    g_assert_true(seam_journal_lacks(j, ROWS) == INT64_MAX);
    /* What lies between is added; then there is no gap. */
    seam_journal_seek(j, 25);
    write_band(j, 25, 15, true);
    seam_journal_seek(j, 50);
    write_band(j, 50, 5, true);
    seam_journal_close(&j);
    j = begin(IDENTITY);
    g_assert_cmpint(seam_journal_rows(j), ==, ROWS);
    read_kept(j);
    seam_journal_remove(&j);
}

/* Rows by their number, each once and in order, until it is rewound. */
struct counted {
    int64_t next;
    int rewound;
};

static int counted_read(void *opaque, int64_t y, int64_t rows, void *dst)
{
    struct counted *c = opaque;
    g_assert_cmpint(y, ==, c->next);
    for (int64_t i = 0; i < rows; i++)
        fill_row((unsigned char *)dst + i * ROW_BYTES, y + i);
    c->next += rows;
    return 0;
}

static int counted_rewind(void *opaque)
{
    struct counted *c = opaque;
    c->next = 0;
    c->rewound++;
    return 0;
}

/* Every pass sees the same rows, the second beyond where the first ended. */
static void test_replay(void)
{
    for (int rewinds = 0; rewinds < 2; rewinds++) {
        struct counted counted = { 0, 0 };
        const struct seam_source source = { &counted, counted_read,
                                            rewinds ? counted_rewind : NULL };
        struct seam_replay *replay;
        struct seam_log log;
        unsigned char rows[7 * ROW_BYTES], expected[ROW_BYTES];
        seam_log_init(&log);
        assert_ok(seam_replay_open(&replay, &source, ROW_BYTES, ROWS, &log), &log);
        const struct seam_source again = seam_replay_source(replay);
        for (int64_t end = 20; end <= ROWS; end += 20) {
            for (int64_t y = 0; y < end;) {
                const int64_t left = end - y, n = pick(1, left < 7 ? (int)left : 7);
                g_assert_cmpint(again.read(again.opaque, y, n, rows), ==, 0);
                for (int64_t i = 0; i < n; i++, y++) {
                    fill_row(expected, y);
                    g_assert_true(memcmp(rows + i * ROW_BYTES, expected, ROW_BYTES) == 0);
                }
            }
            g_assert_cmpint(again.rewind(again.opaque), ==, 0);
        }
        g_assert_cmpint(counted.rewound, ==, rewinds ? 3 : 0);
        seam_replay_close(&replay);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    char *folder = g_dir_make_tmp("seam-journal-XXXXXX", NULL);
    path = g_build_filename(folder, "out.journal", NULL);
    g_test_add_func("/journal/checksum", test_checksum);
    g_test_add_func("/journal/whole", test_whole);
    g_test_add_func("/journal/torn-tail", test_torn_tail);
    g_test_add_func("/journal/flipped-bit", test_flipped_bit);
    g_test_add_func("/journal/stale-bands", test_stale_bands);
    g_test_add_func("/journal/refused", test_refused);
    g_test_add_func("/journal/torn-head", test_torn_head);
    g_test_add_func("/journal/lock", test_lock);
    g_test_add_func("/journal/no-place", test_no_place);
    g_test_add_func("/journal/anywhere", test_anywhere);
    g_test_add_func("/journal/replay", test_replay);
    const int failed = g_test_run();
    g_unlink(path);
    g_rmdir(folder);
    g_free(path);
    g_free(folder);
    return failed;
}
