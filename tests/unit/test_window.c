/* The sliding rows: what was read is held until it is dropped, in a ring that wraps round. */
#include "rows.h"
#include "tile/window.h"

#define WIDTH 7

static void test_slide(void)
{
    for (int trial = 0; trial < 500; trial++) {
        const int64_t height = pick(1, 200), capacity = pick(1, 40);
        unsigned char *data = g_malloc((size_t)height * WIDTH);
        for (int64_t i = 0; i < height * WIDTH; i++)
            data[i] = (unsigned char)pick(0, 255);
        struct rows rows = { .data = data, .row_bytes = WIDTH, .height = height, .fail_at = -1 };
        const struct seam_source source = { .opaque = &rows, .read = rows_read };
        struct seam_window window;
        struct seam_log log;
        seam_log_init(&log);
        assert_ok(seam_window_open(&window, capacity, WIDTH, &log), &log);
        while (window.end < height) {
            const int64_t begin = pick((int)window.begin, (int)window.end);
            const int64_t most = seam_min(begin + capacity, height);
            const int64_t end = pick((int)window.end, (int)seam_max(most, window.end));
            if (end - begin > capacity)
                continue;
            assert_ok(seam_window_move(&window, begin, end, &source, &log), &log);
            g_assert_cmpint(window.begin, ==, begin);
            g_assert_cmpint(window.end, ==, end);
            g_assert_cmpint(rows.next, ==, end); /* no row before it is needed */
            for (int64_t y = begin; y < end; y++)
                g_assert_true(memcmp(seam_window_row(&window, y), data + y * WIDTH, WIDTH) == 0);
        }
        seam_window_close(&window);
        g_assert_null(window.rows);
        seam_window_close(&window);
        g_free(data);
    }
}

static void test_source_fails(void)
{
    unsigned char data[20 * WIDTH] = { 0 };
    struct rows rows = { .data = data, .row_bytes = WIDTH, .height = 20, .fail_at = 12 };
    const struct seam_source source = { .opaque = &rows, .read = rows_read };
    struct seam_window window;
    struct seam_log log;
    seam_log_init(&log);
    assert_ok(seam_window_open(&window, 8, WIDTH, &log), &log);
    assert_ok(seam_window_move(&window, 0, 8, &source, &log), &log);
    g_assert_cmpint(seam_window_move(&window, 6, 14, &source, &log), ==, SEAM_ERROR_IO);
    assert_said(&log, SEAM_ERROR_IO, "rows 8 to 13");
    seam_window_close(&window);
}

/* Sizes that overflow are no memory, not a small block. */
static void test_too_large(void)
{
    struct seam_window window;
    struct seam_log log;
    seam_log_init(&log);
    g_assert_cmpint(seam_window_open(&window, INT64_MAX, SIZE_MAX, &log), ==, SEAM_ERROR_MEMORY);
    g_assert_cmpint(seam_window_open(&window, INT64_C(1) << 33, (size_t)1 << 33, NULL), ==,
                    SEAM_ERROR_MEMORY);
    assert_said(&log, SEAM_ERROR_MEMORY, "input rows");
    seam_window_close(&window);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/window/slide", test_slide);
    g_test_add_func("/window/source-fails", test_source_fails);
    g_test_add_func("/window/too-large", test_too_large);
    return g_test_run();
}
