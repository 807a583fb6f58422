/* What lies outside the picture, against arrays written out by hand and by brute force. */
#include "unit.h"

#define FAR 300

/* The picture mirrored again and again into one long row; the border is not repeated. */
static int64_t *mirrored(int64_t size)
{
    int64_t *row = g_new(int64_t, 2 * FAR + 1);
    int64_t at = 0, step = 1;
    for (int64_t v = 0; v <= FAR; v++) {
        row[FAR + v] = row[FAR - v] = at;
        if (size == 1)
            continue;
        if (at + step < 0 || at + step >= size)
            step = -step;
        at += step;
    }
    return row;
}

static void test_reflect(void)
{
    for (int64_t size = 1; size <= 40; size++) {
        int64_t *row = mirrored(size);
        for (int64_t v = -FAR; v <= FAR; v++)
            g_assert_cmpint(seam_edge_map(SEAM_EDGE_REFLECT, v, size), ==, row[FAR + v]);
        g_free(row);
    }
    static const int64_t hand[] = { 2, 1, 0, 1, 2, 3, 2, 1, 0, 1 };
    for (int64_t i = 0; i < 10; i++)
        g_assert_cmpint(seam_edge_map(SEAM_EDGE_REFLECT, i - 2, 4), ==, hand[i]);
    /* Far beyond what a loop could walk. */
    g_assert_cmpint(seam_edge_map(SEAM_EDGE_REFLECT, INT64_C(6000000000000), 4), ==, 0);
    g_assert_cmpint(seam_edge_map(SEAM_EDGE_REFLECT, -INT64_C(6000000000001), 4), ==, 1);
}

static void test_others(void)
{
    for (int64_t size = 1; size <= 20; size++)
        for (int64_t v = -FAR; v <= FAR; v++) {
            const bool inside = v >= 0 && v < size;
            g_assert_cmpint(seam_edge_map(SEAM_EDGE_REPLICATE, v, size), ==,
                            v < 0 ? 0 : inside ? v : size - 1);
            g_assert_cmpint(seam_edge_map(SEAM_EDGE_ZERO, v, size), ==, inside ? v : -1);
            /* What a fixed shape still needs beyond the network's own padding is reflected. */
            g_assert_cmpint(seam_edge_map(SEAM_EDGE_MODEL, v, size), ==,
                            seam_edge_map(SEAM_EDGE_REFLECT, v, size));
        }
}

/* First the picture is made a multiple of the alignment by reflection, then the edge rule acts. */
static void test_alignment(void)
{
    for (int64_t size = 1; size <= 30; size++)
        for (int64_t a = 1; a <= 12; a++) {
            const struct seam_axis axis = { .size = size, .aligned = seam_align_up(size, a) };
            int64_t *inner = mirrored(size), *outer = mirrored(axis.aligned);
            for (int64_t v = -50; v <= 50; v++) {
                const bool inside = v >= 0 && v < axis.aligned;
                const int64_t held = v < 0 ? 0 : v < axis.aligned ? v : axis.aligned - 1;
                g_assert_cmpint(seam_axis_map(&axis, SEAM_EDGE_REFLECT, v), ==,
                                inner[FAR + outer[FAR + v]]);
                g_assert_cmpint(seam_axis_map(&axis, SEAM_EDGE_REPLICATE, v), ==,
                                inner[FAR + held]);
                g_assert_cmpint(seam_axis_map(&axis, SEAM_EDGE_ZERO, v), ==,
                                inside ? inner[FAR + v] : -1);
            }
            g_free(inner);
            g_free(outer);
        }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/edge/reflect", test_reflect);
    g_test_add_func("/edge/others", test_others);
    g_test_add_func("/edge/alignment", test_alignment);
    return g_test_run();
}
