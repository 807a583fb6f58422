/* What is put away while a stream runs: in memory, in a file, and half in each; by the caller and
 * by a thread beside him. A file that was changed or cut is an error, never bytes. */
#include "unit.h"

#include <sys/stat.h>
#include <unistd.h>

#include "stream/store.h"

#define RECORDS 90
#define MOST 700
#define BYTES (RECORDS * MOST)

struct put {
    struct seam_record record;
    unsigned char bytes[MOST];
};

static struct put *records(void)
{
    struct put *list = g_new0(struct put, RECORDS);
    for (int i = 0; i < RECORDS; i++) {
        list[i].record = (struct seam_record){ (uint64_t)i, (uint64_t)i * MOST,
                                               (size_t)pick(1, MOST) };
        for (size_t k = 0; k < list[i].record.size; k++)
            list[i].bytes[k] = (unsigned char)pick(0, 255);
    }
    return list;
}

static struct seam_store *open_store(uint64_t in_memory, uint64_t buffer)
{
    const struct seam_store_params params = { BYTES, in_memory, RECORDS, MOST, buffer };
    struct seam_store *store;
    struct seam_log log;
    seam_log_init(&log);
    assert_ok(seam_store_open(&store, &params, &log), &log);
    return store;
}

static void write_all(struct seam_store *store, const struct put *list)
{
    struct seam_log log;
    seam_log_init(&log);
    for (int i = 0; i < RECORDS; i++)
        assert_ok(seam_store_write(store, &list[i].record, list[i].bytes, &log), &log);
}

/* How many records cannot be read; none is read as another. */
static int count_lost(struct seam_store *store, const struct put *list, const char *says)
{
    int lost = 0;
    for (int i = 0; i < RECORDS; i++) {
        unsigned char bytes[MOST];
        struct seam_log log;
        seam_log_init(&log);
        for (int ahead = i + 1; ahead < RECORDS && ahead < i + pick(0, 9); ahead++)
            seam_store_ahead(store, &list[ahead].record);
        if (seam_store_read(store, &list[i].record, bytes, &log) == SEAM_OK) {
            g_assert_true(memcmp(bytes, list[i].bytes, list[i].record.size) == 0);
        } else {
            g_assert_nonnull(strstr(log.error, says));
            lost++;
        }
    }
    return lost;
}

static const uint64_t in_memory[] = { 0, BYTES / 2 + 13, BYTES };
static const uint64_t buffers[] = { 0, 2 * (MOST + 1), 11 * (MOST + 1) };

static void test_kept(void)
{
    struct put *list = records();
    for (size_t m = 0; m < 3; m++)
        for (size_t b = 0; b < 3; b++) {
            struct seam_store *store = open_store(in_memory[m], buffers[b]);
            write_all(store, list);
            g_assert_cmpint(count_lost(store, list, ""), ==, 0);
            g_assert_cmpint(count_lost(store, list, ""), ==, 0);
            seam_store_close(&store);
        }
    /* Closed while records are on their way. */
    for (int i = 0; i < 20; i++) {
        struct seam_store *store = open_store(0, buffers[2]);
        write_all(store, list);
        seam_store_close(&store);
    }
    g_free(list);
}

/* The nameless file that was opened last. */
static int hidden_file(void)
{
    int found = -1;
    for (int fd = 3; fd < 200; fd++) {
        struct stat is;
        if (fstat(fd, &is) == 0 && S_ISREG(is.st_mode) && is.st_nlink == 0)
            found = fd;
    }
    g_assert_cmpint(found, >=, 0);
    return found;
}

/* Change one byte of the file, or put it back. */
static void flip(int fd, off_t at)
{
    unsigned char byte;
    g_assert_cmpint(pread(fd, &byte, 1, at), ==, 1);
    byte ^= 0x10;
    g_assert_cmpint(pwrite(fd, &byte, 1, at), ==, 1);
}

static void test_damaged(void)
{
    struct put *list = records();
    for (size_t b = 0; b < 3; b++) {
        struct seam_store *store = open_store(0, buffers[b]);
        write_all(store, list);
        g_assert_cmpint(count_lost(store, list, ""), ==, 0); /* and no record is on its way */
        const int fd = hidden_file();
        const off_t table = (off_t)seam_record_table(RECORDS);
        for (int i = 0; i < RECORDS; i++) {
            const off_t places[2] = {
                table + i * MOST + pick(0, (int)list[i].record.size - 1),
                i * 8 + pick(0, 7),
            };
            for (int k = 0; k < 2; k++) {
                flip(fd, places[k]);
                g_assert_cmpint(count_lost(store, list, "not what was written"), ==, 1);
                flip(fd, places[k]);
            }
        }
        g_assert_cmpint(count_lost(store, list, ""), ==, 0);
        g_assert_cmpint(ftruncate(fd, table + 40 * MOST), ==, 0);
        g_assert_cmpint(count_lost(store, list, "ends early"), ==, RECORDS - 40);
        seam_store_close(&store);
    }
    /* Whole records that lie where others were: nothing in them is wrong but their number. */
    struct seam_store *store = open_store(0, 0);
    unsigned char same[MOST] = { 0 };
    struct seam_log log;
    seam_log_init(&log);
    for (int i = 0; i < 2; i++) {
        const struct seam_record record = { (uint64_t)i, (uint64_t)i * MOST, MOST };
        assert_ok(seam_store_write(store, &record, same, &log), &log);
    }
    const int fd = hidden_file();
    uint64_t sums[2];
    g_assert_cmpint(pread(fd, sums, sizeof(sums), 0), ==, sizeof(sums));
    g_assert_true(sums[0] != sums[1]);
    seam_store_close(&store);
    g_free(list);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/store/kept", test_kept);
    g_test_add_func("/store/damaged", test_damaged);
    return g_test_run();
}
