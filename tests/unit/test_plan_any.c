/* Plans of any settings: none is absurd, none depends on anything but what it is made of, and what
 * it says of itself. */
#include "unit.h"

/* The largest settings that pass the checks: refused for memory, not wrapped round. */
static void test_absurd(void)
{
    static const int64_t sizes[] = { 1, 1000, INT32_MAX / 2, INT32_MAX };
    struct request q = request_plain(1, 1);
    for (int i = 0; i < many(300); i++) {
        q.picture.width = PICK(sizes);
        q.picture.height = PICK(sizes);
        q.picture.bands = toss() ? 3 : 4096;
        q.facts.channels_in = q.facts.channels_out = q.picture.bands;
        q.facts.scale_num = toss() ? 1 : 16;
        q.facts.scratch_per_pixel = toss() ? 0 : 1e30;
        q.facts.scratch_bytes = toss() ? 0 : UINT64_MAX;
        q.params.halo = PICK(sizes);
        q.params.tile_width = PICK(sizes);
        q.params.tile_height = seam_max(PICK(sizes), 1000);
        struct seam_plan plan;
        struct seam_log log;
        if (request_make(&q, &plan, &log) == SEAM_OK) {
            const double tensor = (double)plan.x.padded * (double)plan.y.padded *
                                  (double)(plan.channels_in + plan.channels_out) * 4;
            g_assert_cmpfloat(tensor, <=, (double)plan.budget_bytes);
        } else {
            g_assert_cmpint(log.result, ==, SEAM_ERROR_MEMORY);
        }
    }
}

/* A plan that was made is one that may be handed in: the largest halo is rounded up too. */
static void test_largest_halo(void)
{
    static const int64_t alignments[] = { 1, 2, 3, 64, 1024 };
    for (size_t i = 0; i < 2 * SEAM_ARRAY_LEN(alignments); i++) {
        struct request q = request_plain(90, 60);
        struct seam_plan plan;
        struct seam_log log;
        seam_log_init(&log);
        q.facts.alignment = alignments[i / 2];
        *(i % 2 ? &q.params.halo : &q.facts.halo) = INT32_MAX;
        assert_ok(request_make(&q, &plan, &log), &log);
        assert_ok(seam_plan_check(&plan, &q.facts, &log), &log);
    }
}

static void test_print(void)
{
    struct request q = request_plain(4000, 3000);
    struct seam_plan plan;
    g_assert_cmpint(request_try(&q, &plan), ==, SEAM_OK);
    char whole[2000], part[40];
    const size_t length = seam_plan_print(&plan, whole, sizeof(whole));
    g_assert_cmpuint(length, ==, strlen(whole));
    g_assert_nonnull(strstr(whole, "4000 x 3000"));
    g_assert_nonnull(strstr(whole, "reflect"));
    g_assert_nonnull(strstr(whole, "exact: bits"));
    g_assert_cmpuint(seam_plan_print(&plan, part, sizeof(part)), ==, length);
    g_assert_cmpuint(strlen(part), ==, sizeof(part) - 1);
    g_assert_true(memcmp(whole, part, sizeof(part) - 1) == 0);
    g_assert_cmpuint(seam_plan_print(&plan, NULL, 0), ==, length);
}

/* Pure: the same arguments give the same plan; a NULL log is fine. */
static void test_pure(void)
{
    for (int i = 0; i < 200; i++) {
        const struct request q = request_random(500);
        struct seam_plan a, b;
        memset(&a, 0, sizeof(a));
        memset(&b, 0, sizeof(b));
        const enum seam_result r =
            seam_plan_make(&a, &q.picture, &q.facts, &q.params, &q.machine, NULL);
        g_assert_cmpint(request_try(&q, &b), ==, r);
        if (r != SEAM_OK)
            continue;
        char first[2000], second[2000];
        seam_plan_print(&a, first, sizeof(first));
        seam_plan_print(&b, second, sizeof(second));
        g_assert_cmpstr(first, ==, second);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/plan/absurd", test_absurd);
    g_test_add_func("/plan/largest_halo", test_largest_halo);
    g_test_add_func("/plan/print", test_print);
    g_test_add_func("/plan/pure", test_pure);
    return g_test_run();
}
