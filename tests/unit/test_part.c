/* Parts of a picture, pictures in memory, and plans that come from elsewhere: with the networks
 * that are built in, by rows and by tiles. */
#include "rows.h"

#define WIDTH 70
#define HEIGHT 90

/* The rows first .. first + count - 1 by a stream of their own, laid into *whole*. */
static void restore_part(struct seam_model *model, const struct seam_plan *plan, struct rows *rows,
                         int64_t first, int64_t count, unsigned char *into)
{
    const struct seam_source source = { .opaque = rows, .read = rows_read };
    struct seam_stream_params params;
    struct seam_stream *stream;
    struct seam_log log;
    const size_t bytes =
        (size_t)plan->x.out_size * (size_t)plan->out_bands * sample_bytes(plan->out_sample);
    seam_log_init(&log);
    seam_stream_params_init(&params);
    params.first_row = first;
    params.row_count = count;
    rows->next = -1;
    assert_ok(seam_stream_open(&stream, model, plan, &source, &params, &log), &log);
    assert_ok(seam_stream_read(stream, count, into + (size_t)first * bytes, 0), &log);
    g_assert_cmpint(seam_stream_ready(stream), ==, 0);
    g_assert_cmpint(seam_stream_read(stream, 1, into, 0), ==, SEAM_ERROR_ARGUMENT);
    seam_stream_close(&stream);
}

/* Parts below one another are the whole, and seam_restore() gives the same. */
static void expect_parts(const char *name, int64_t tile)
{
    struct seam_model *model = open_model(name);
    struct request q = request_plain(WIDTH, HEIGHT);
    struct seam_plan plan;
    struct seam_log log;
    struct seam_picture result;
    unsigned char *whole;
    q.params.tile_width = q.params.tile_height = tile;
    void *data = random_picture(&q.picture);
    struct rows rows = rows_of(&q.picture, data);
    seam_log_init(&log);
    assert_ok(restore_rows(model, &q, &rows, NULL, &plan, &whole, &log), &log);
    assert_ok(seam_restored(&result, &q.picture, &q.facts, &q.params, &log), &log);
    g_assert_cmpint(result.width, ==, plan.x.out_size);
    g_assert_cmpint(result.height, ==, plan.y.out_size);
    const size_t size = picture_samples(&result) * sample_bytes(result.sample);
    unsigned char *parts = g_malloc0(size);
    for (int64_t y = 0, count; y < result.height; y += count) {
        const int64_t some = pick(1, 60);
        count = MIN(some, result.height - y);
        restore_part(model, &plan, &rows, y, count, parts);
    }
    g_assert_true(memcmp(parts, whole, size) == 0);
    /* Just below the first row, where what goes in is mirrored at first. */
    for (int64_t y = 1; y < 30; y += 4)
        restore_part(model, &plan, &rows, y, result.height - y, parts);
    g_assert_true(memcmp(parts, whole, size) == 0);
    memset(parts, 0, size);
    assert_ok(seam_restore(model, &q.picture, data, parts, &q.params, &log), &log);
    g_assert_true(memcmp(parts, whole, size) == 0);
    g_test_message("%s: %s", name, plan.rows ? "rows" : "tiles");
    g_free(parts);
    g_free(whole);
    g_free(data);
    seam_model_close(&model);
}

static void test_parts(void)
{
    expect_parts("denoise-fast", SEAM_AUTO);
    expect_parts("upscale2x-fast", SEAM_AUTO);
    expect_parts("denoise-fast", 40);
    expect_parts("upscale2x-fast", 33);
    expect_parts("null2x", 25);
}

/* Rows that only later parts need are not asked for. */
static void test_reads_its_part(void)
{
    static const int64_t tiles[] = { SEAM_AUTO, 32 };
    for (size_t i = 0; i < SEAM_ARRAY_LEN(tiles); i++) {
        struct seam_model *model = open_model("denoise-fast");
        struct request q = request_plain(40, 600);
        struct seam_plan plan;
        struct seam_log log;
        q.params.tile_width = q.params.tile_height = tiles[i];
        void *data = random_picture(&q.picture);
        struct rows rows = rows_of(&q.picture, data);
        seam_log_init(&log);
        seam_model_describe(model, &q.facts);
        assert_ok(request_make(&q, &plan, &log), &log);
        unsigned char *some = g_malloc((size_t)600 * 40 * 4 * 4);
        rows.fail_at = 300;
        restore_part(model, &plan, &rows, 100, 50, some);
        g_free(some);
        g_free(data);
        seam_model_close(&model);
    }
}

static void test_no_such_rows(void)
{
    static const int64_t wrong[][2] = {
        { 0, -1 }, { 0, HEIGHT + 1 }, { 50, 41 }, { 89, INT64_MAX }
    };
    struct seam_model *model = open_model("null");
    struct request q = request_plain(WIDTH, HEIGHT);
    struct seam_plan plan;
    struct seam_log log;
    struct rows rows = rows_of(&q.picture, NULL);
    const struct seam_source source = { .opaque = &rows, .read = rows_read };
    seam_log_init(&log);
    seam_model_describe(model, &q.facts);
    assert_ok(request_make(&q, &plan, &log), &log);
    for (size_t i = 0; i < SEAM_ARRAY_LEN(wrong); i++) {
        struct seam_stream_params params;
        struct seam_stream *stream;
        seam_stream_params_init(&params);
        params.first_row = wrong[i][0];
        params.row_count = wrong[i][1];
        seam_log_init(&log);
        g_assert_cmpint(seam_stream_open(&stream, model, &plan, &source, &params, &log), ==,
                        SEAM_ERROR_ARGUMENT);
        assert_said(&log, SEAM_ERROR_ARGUMENT, "rows from row");
    }
    seam_model_close(&model);
}

/* Each number of a plan that memory or samples hang on is looked at. */
static void test_plan_check(void)
{
    struct seam_model *model = open_model("null2x");
    struct request q = request_plain(WIDTH, HEIGHT);
    struct seam_plan plan, p;
    struct seam_log log;
    q.params.tile_width = q.params.tile_height = 20;
    q.params.halo = 4;
    seam_log_init(&log);
    seam_model_describe(model, &q.facts);
    assert_ok(request_make(&q, &plan, &log), &log);
    assert_ok(seam_plan_check(&plan, &q.facts, &log), &log);
    int64_t *const wide[] = {
        &p.picture.width, &p.picture.height, &p.x.size, &p.x.aligned, &p.x.origin, &p.x.tiles,
        &p.x.core, &p.x.tile, &p.x.out_size, &p.y.size, &p.y.aligned, &p.y.origin, &p.y.tiles,
        &p.y.core, &p.y.tile, &p.y.out_size, &p.scale_num, &p.scale_den, &p.crop, &p.window_rows,
        &p.band_rows,
    };
    int *const narrow[] = { &p.picture.bands, &p.channels_in, &p.channels_out, &p.runs,
                            &p.out_bands, &p.passes };
    static const int64_t odd[] = { 0, -1, 1, 3, 1000003, INT32_MAX, INT64_MAX, INT64_MIN };
    int tried = 0;
    for (size_t i = 0; i < SEAM_ARRAY_LEN(wide) + SEAM_ARRAY_LEN(narrow); i++)
        for (size_t k = 0; k < SEAM_ARRAY_LEN(odd); k++) {
            const bool is_wide = i < SEAM_ARRAY_LEN(wide);
            const size_t n = i - SEAM_ARRAY_LEN(wide);
            p = plan;
            if (is_wide ? *wide[i] == odd[k] : *narrow[n] == (int)odd[k])
                continue;
            if (is_wide)
                *wide[i] = odd[k];
            else
                *narrow[n] = (int)odd[k];
            if (seam_plan_check(&p, &q.facts, NULL) != SEAM_ERROR_ARGUMENT)
                g_error("number %zu may be %" PRId64, i, odd[k]);
            tried++;
        }
    g_assert_cmpint(tried, >, 180);
    p = plan;
    p.x.padded = 8; /* less than a tile and its halo */
    g_assert_cmpint(seam_plan_check(&p, &q.facts, NULL), ==, SEAM_ERROR_ARGUMENT);
    p = plan;
    p.strength = 0.5; /* of a result of another size there is no picture to lie over */
    g_assert_cmpint(seam_plan_check(&p, &q.facts, NULL), ==, SEAM_ERROR_ARGUMENT);
    p = plan;
    p.range_lo = p.range_hi;
    g_assert_cmpint(seam_plan_check(&p, &q.facts, NULL), ==, SEAM_ERROR_ARGUMENT);
    p = plan;
    p.blend = (enum seam_blend)9;
    g_assert_cmpint(seam_plan_check(&p, &q.facts, &log), ==, SEAM_ERROR_ARGUMENT);
    assert_said(&log, SEAM_ERROR_ARGUMENT, "contradicts itself");
    seam_model_close(&model);
}

/* Where no tile decides a bit, plans of any size have one identity; elsewhere each has its own. */
static void test_identity(void)
{
    struct seam_model *model = open_model("null2x");
    struct request q = request_plain(WIDTH, HEIGHT);
    struct seam_plan plan;
    struct seam_log log;
    char first[4096], second[4096];
    seam_log_init(&log);
    seam_model_describe(model, &q.facts);
    for (int exact = 0; exact < 2; exact++) {
        q.facts.exact = exact ? SEAM_EXACT_BITS : SEAM_EXACT_NUMERIC;
        q.params.tile_width = q.params.tile_height = 20;
        assert_ok(request_make(&q, &plan, &log), &log);
        seam_plan_identity(&plan, first, sizeof(first));
        q.params.tile_width = 30;
        assert_ok(request_make(&q, &plan, &log), &log);
        g_assert_true(seam_plan_identity(&plan, second, sizeof(second)) == strlen(second));
        g_assert_cmpint(strcmp(first, second) == 0, ==, exact);
    }
    seam_model_close(&model);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/part/parts", test_parts);
    g_test_add_func("/part/reads-its-part", test_reads_its_part);
    g_test_add_func("/part/no-such-rows", test_no_such_rows);
    g_test_add_func("/part/plan-check", test_plan_check);
    g_test_add_func("/part/identity", test_identity);
    return g_test_run();
}
