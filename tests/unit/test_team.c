/* Threads that share rows: every row is done once, by whatever number of threads, run after run. */
#include "base/team.h"
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
    for (int threads = 0; threads <= 6; threads++) {
        struct seam_team *team = seam_team_open(threads);
        int rows[400] = { 0 }, runs = 0;
        for (int64_t count = 0; count <= 400; count += count < 70 ? 1 : 33) {
            struct sheet sheet = { rows, count };
            seam_team_run(team, mark, &sheet, count);
            runs++;
            /* What the threads wrote is seen here: the run has waited for all. */
            for (int64_t i = 0; i < count; i++) {
                g_assert_cmpint(rows[i], ==, 1);
                rows[i] = 0;
            }
            for (int64_t i = count; i < 400; i++)
                g_assert_cmpint(rows[i], ==, 0);
        }
        g_assert_cmpint(runs, >, 70);
        seam_team_close(&team);
        g_assert_null(team);
        seam_team_close(&team);
    }
}

/* Closed without a run, and many opened one after the other. */
static void test_idle(void)
{
    for (int i = 0; i < 50; i++) {
        struct seam_team *team = seam_team_open(4);
        seam_team_close(&team);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/team/partition", test_partition);
    g_test_add_func("/team/idle", test_idle);
    return g_test_run();
}
