/* Threads that share rows: every row is done once, by whatever number of threads, run after run. */
#include "base/crew.h"
#include "unit.h"

struct sheet {
    int *rows;
    int64_t count;
};

static void mark(void *opaque, int64_t begin, int64_t end)
{
    struct sheet *sheet = opaque;
    g_assert_true(begin >= 0 && begin <= end && end <= sheet->count);
    for (int64_t i = begin; i < end; i++)
        sheet->rows[i]++;
}

static void test_partition(void)
{
    for (int i = 0; i <= 13; i++) {
        struct seam_crew *crew = seam_crew_open(i / 2, i % 2);
        int rows[400] = { 0 }, runs = 0;
        for (int64_t count = 0; count <= 400; count += count < 70 ? 1 : 33) {
            struct sheet sheet = { rows, count };
            seam_crew_share(crew, mark, &sheet, count);
            runs++;
            /* What the threads wrote is seen here: the run has waited for all. */
            for (int64_t k = 0; k < count; k++) {
                g_assert_cmpint(rows[k], ==, 1);
                rows[k] = 0;
            }
            for (int64_t k = count; k < 400; k++)
                g_assert_cmpint(rows[k], ==, 0);
        }
        g_assert_cmpint(runs, >, 70);
        seam_crew_close(&crew);
        g_assert_null(crew);
        seam_crew_close(&crew);
    }
}

/* Closed without a run, and many opened one after the other. */
static void test_idle(void)
{
    for (int i = 0; i < 50; i++) {
        struct seam_crew *crew = seam_crew_open(4, i % 2);
        seam_crew_close(&crew);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/crew/partition", test_partition);
    g_test_add_func("/crew/idle", test_idle);
    return g_test_run();
}
