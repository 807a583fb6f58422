/* The public API alone: rows in, rows out, with the networks that do nothing. */
#include "rows.h"

/* What a test says of a picture that came back changed. */
static void expect_equal(const struct request *q, enum seam_sample sample, const void *got,
                         const void *want, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (sample_get(sample, got, i) != sample_get(sample, want, i)) {
            char *text = request_describe(q);
            g_error("sample %zu is %.9g, not %.9g: %s", i, (double)sample_get(sample, got, i),
                    (double)sample_get(sample, want, i), text);
        }
}

/* Any picture and any settings that a network of three channels at scale 1, 2 or 4 allows. */
static struct request random_settings(int most)
{
    static const double ranges[][2] = { { 0, 1 }, { 0, 1 }, { 0, 255 }, { -1, 1 }, { 16, 235 },
                                        { 1, 0 } };
    struct request q = request_random(most);
    const double *range = PICK(ranges);
    q.picture.bands = pick(1, 5);
    q.picture.alpha = q.picture.bands > 1 && toss();
    q.picture.transfer = q.picture.sample == SEAM_SAMPLE_F32 && toss() ? SEAM_TRANSFER_SRGB
                                                                       : SEAM_TRANSFER_NONE;
    q.params.range_lo = range[0];
    q.params.range_hi = range[1];
    q.params.order = (enum seam_order)pick(0, 1);
    q.params.out_sample = SEAM_AUTO;
    q.params.tile_width = pick(0, 5) ? pick(1, 90) : SEAM_AUTO;
    q.params.tile_height = pick(0, 5) ? pick(1, 90) : SEAM_AUTO;
    q.params.halo = pick(0, 2) ? pick(0, 40) : SEAM_AUTO;
    q.params.overlap = toss() ? SEAM_AUTO : pick(0, 20);
    return q;
}

/* Output equals input, whatever the plan. */
static void test_identity(void)
{
    struct seam_model *model = open_model("null");
    const int cases = many(200);
    int made = 0;
    for (int i = 0; more(i, cases, made > cases / 2); i++) {
        struct request q = random_settings(i % 30 ? 50 : 150);
        q.params.strength = toss() ? 1 : (double)pick(0, 10) / 10;
        void *data = random_picture(&q.picture);
        struct rows rows = rows_of(&q.picture, data);
        struct seam_plan plan;
        struct seam_log log;
        unsigned char *result;
        const enum seam_result r =
            restore_rows(model, &q, &rows, NULL, &plan, &result, &log);
        if (r == SEAM_OK) {
            made++;
            g_assert_cmpint(plan.out_bands, ==, q.picture.bands);
            expect_equal(&q, q.picture.sample, result, data, picture_samples(&q.picture));
        } else {
            g_assert_cmpint(r, ==, SEAM_ERROR_ARGUMENT); /* a tile below twice the overlap */
        }
        g_free(result);
        g_free(data);
    }
    g_test_message("%d plans", made);
    seam_model_close(&model);
    g_assert_null(model);
}

/* The same over a grid, so that no combination is left to chance. */
static void test_identity_grid(void)
{
    static const int64_t tiles[] = { 1, 2, 7, 16, 29 }, halos[] = { 0, 1, 8, 37 },
                         overlaps[] = { 0, 1, 5 };
    struct seam_model *model = open_model("null");
    struct request q = request_plain(29, 17);
    void *data = random_picture(&q.picture);
    for (size_t t = 0; t < SEAM_ARRAY_LEN(tiles); t++)
        for (size_t h = 0; h < SEAM_ARRAY_LEN(halos); h++)
            for (size_t o = 0; o < SEAM_ARRAY_LEN(overlaps); o++)
                for (int blend = SEAM_BLEND_NONE; blend <= SEAM_BLEND_GAUSSIAN; blend++)
                    for (int edge = SEAM_EDGE_REFLECT; edge <= SEAM_EDGE_MODEL; edge++) {
                        if (blend != SEAM_BLEND_NONE &&
                            (tiles[t] < 2 * overlaps[o] || tiles[t] <= overlaps[o]))
                            continue;
                        q.params.tile_width = q.params.tile_height = tiles[t];
                        q.params.halo = halos[h];
                        q.params.overlap = overlaps[o];
                        q.params.blend = (enum seam_blend)blend;
                        q.params.edge = (enum seam_edge)edge;
                        struct rows rows = rows_of(&q.picture, data);
                        struct seam_plan plan;
                        struct seam_log log;
                        unsigned char *result;
                        assert_ok(restore_rows(model, &q, &rows, NULL, &plan, &result, &log),
                                  &log);
                        expect_equal(&q, q.picture.sample, result, data,
                                     picture_samples(&q.picture));
                        g_free(result);
                    }
    g_free(data);
    seam_model_close(&model);
}

/* Colours become scale x scale pixels of their own; what rounds is the range and the light. */
static void test_enlarge(void)
{
    static const char *const names[] = { "null2x", "null4x" };
    for (int i = 0; i < many(120); i++) {
        const int64_t s = i % 2 ? 4 : 2;
        struct seam_model *model = open_model(names[i % 2]);
        struct request q = random_settings(40);
        const struct seam_picture *p = &q.picture;
        void *data = random_picture(p);
        struct rows rows = rows_of(p, data);
        struct seam_plan plan;
        struct seam_log log;
        unsigned char *result;
        if (restore_rows(model, &q, &rows, NULL, &plan, &result, &log) == SEAM_OK) {
            g_assert_cmpint(plan.x.out_size, ==, s * p->width);
            g_assert_cmpint(plan.y.out_size, ==, s * p->height);
            const bool rounds = p->sample == SEAM_SAMPLE_F32 &&
                                (p->transfer || q.params.range_lo != 0 || q.params.range_hi != 1);
            const int colours = p->bands - p->alpha;
            for (int64_t y = 0; y < s * p->height; y++)
                for (int64_t x = 0; x < s * p->width; x++) {
                    const size_t from = (size_t)((y / s * p->width + x / s) * p->bands);
                    const size_t to = (size_t)((y * s * p->width + x) * p->bands);
                    if (p->alpha && sample_get(p->sample, data, from + (size_t)colours) <= 0)
                        continue;
                    for (size_t b = 0; b < (size_t)colours; b++) {
                        const float want = sample_get(p->sample, data, from + b);
                        const float got = sample_get(p->sample, result, to + b);
                        if (fabsf(got - want) > (rounds ? 3e-5f : 0))
                            g_error("%" PRId64 ",%" PRId64 ": %.9g, not %.9g", x, y, (double)got,
                                    (double)want);
                    }
                }
        } else {
            g_assert_cmpint(log.result, ==, SEAM_ERROR_ARGUMENT);
        }
        g_free(result);
        g_free(data);
        seam_model_close(&model);
    }
}

/* What is resampled beside the network does not depend on the tiles either. */
static void test_alpha_does_not_see_tiles(void)
{
    struct seam_model *model = open_model("null2x");
    for (int i = 0; i < many(50); i++) {
        struct request q = random_settings(60);
        q.picture.bands = pick(2, 5);
        q.picture.alpha = true;
        q.params.halo = toss() ? SEAM_AUTO : pick(8, 20);
        void *data = random_picture(&q.picture);
        struct seam_plan plan;
        struct seam_log log;
        unsigned char *tiled = NULL, *whole = NULL;
        struct rows rows = rows_of(&q.picture, data);
        if (restore_rows(model, &q, &rows, NULL, &plan, &tiled, &log) == SEAM_OK) {
            g_assert_cmpint(plan.exact, ==, SEAM_EXACT_BITS);
            q.params.tile_width = q.params.tile_height = 1000;
            rows = rows_of(&q.picture, data);
            assert_ok(restore_rows(model, &q, &rows, NULL, &plan, &whole, &log), &log);
            g_assert_cmpint(plan.x.tiles * plan.y.tiles, ==, 1);
            expect_equal(&q, q.picture.sample, tiled, whole, picture_samples(&q.picture) * 4);
        }
        g_free(tiled);
        g_free(whole);
        g_free(data);
    }
    seam_model_close(&model);
}

/* A constant picture stays constant, alpha too. */
static void test_constant(void)
{
    struct seam_model *model = open_model("null4x");
    for (int v = 0; v < 256; v += 15) {
        struct request q = request_plain(19, 23);
        q.picture.bands = 4;
        q.picture.alpha = true;
        q.params.tile_width = q.params.tile_height = 8;
        unsigned char data[19 * 23 * 4];
        memset(data, v, sizeof(data));
        struct rows rows = rows_of(&q.picture, data);
        struct seam_plan plan;
        struct seam_log log;
        unsigned char *result;
        assert_ok(restore_rows(model, &q, &rows, NULL, &plan, &result, &log), &log);
        for (size_t i = 0; i < sizeof(data) * 16; i++)
            g_assert_cmpint(result[i], ==, v);
        g_free(result);
    }
    seam_model_close(&model);
}

/* Another depth out: every value becomes the nearest of the other depth. */
static void test_depth(void)
{
    struct seam_model *model = open_model("null");
    struct request q = request_plain(256, 256);
    q.picture.bands = 1;
    uint16_t all[65536];
    uint8_t bytes[65536];
    for (int i = 0; i < 65536; i++) {
        all[i] = (uint16_t)i;
        bytes[i] = (uint8_t)i;
    }
    for (int blends = 0; blends < 2; blends++) {
        struct seam_plan plan;
        struct seam_log log;
        unsigned char *result;
        q.params.tile_width = q.params.tile_height = 60;
        q.params.blend = blends ? SEAM_BLEND_LINEAR : SEAM_BLEND_NONE;

        q.picture.sample = SEAM_SAMPLE_U16;
        q.params.out_sample = SEAM_SAMPLE_U8;
        struct rows rows = rows_of(&q.picture, all);
        assert_ok(restore_rows(model, &q, &rows, NULL, &plan, &result, &log), &log);
        for (int i = 0; i < 65536; i++)
            g_assert_cmpint(result[i], ==, (i * 2 + 257) / 514);
        g_free(result);

        q.params.out_sample = SEAM_SAMPLE_F32;
        rows = rows_of(&q.picture, all);
        assert_ok(restore_rows(model, &q, &rows, NULL, &plan, &result, &log), &log);
        for (int i = 0; i < 65536; i++)
            g_assert_cmpfloat(((float *)(void *)result)[i], ==, (float)i / 65535.0f);
        g_free(result);

        q.picture.sample = SEAM_SAMPLE_U8;
        q.params.out_sample = SEAM_SAMPLE_U16;
        rows = rows_of(&q.picture, bytes);
        assert_ok(restore_rows(model, &q, &rows, NULL, &plan, &result, &log), &log);
        for (int i = 0; i < 65536; i++)
            g_assert_cmpint(((uint16_t *)(void *)result)[i], ==, i % 256 * 257);
        g_free(result);
    }
    seam_model_close(&model);
}

static void test_source_fails(void)
{
    unsigned char data[40 * 50 * 3], *result;
    struct request q = small_request(data);
    struct seam_model *model = open_model("null");
    for (int64_t y = 0; y < 50; y++) {
        struct rows rows = rows_of(&q.picture, data);
        struct seam_plan plan;
        struct seam_log log;
        rows.fail_at = y;
        g_assert_cmpint(restore_rows(model, &q, &rows, NULL, &plan, &result, &log), ==,
                        SEAM_ERROR_IO);
        assert_said(&log, SEAM_ERROR_IO, "source,rows");
    }
    seam_model_close(&model);
}

/* `null:fail=N` and `null:nan=N` at every run, and one run too late to be met. */
static void test_engine_fails(void)
{
    unsigned char data[40 * 50 * 3], *result;
    struct request q = small_request(data);
    for (int64_t n = 1; n <= 3 * 4 + 1; n++) {
        static const struct {
            const char *name, *words;
            enum seam_result result;
        } faults[] = {
            { "null:fail=", "null,run,fails", SEAM_ERROR_ENGINE },
            { "null2x:nan=", "NaN,of the result,--range", SEAM_ERROR_NOT_FINITE },
        };
        for (size_t i = 0; i < SEAM_ARRAY_LEN(faults); i++) {
            char *name = g_strdup_printf("%s%" PRId64, faults[i].name, n);
            struct seam_model *model = open_model(name);
            struct rows rows = rows_of(&q.picture, data);
            struct seam_plan plan;
            struct seam_log log;
            const enum seam_result r =
                restore_rows(model, &q, &rows, NULL, &plan, &result, &log);
            const int64_t tiles = plan.x.tiles * plan.y.tiles;
            g_assert_cmpint(tiles, ==, 12);
            g_assert_cmpint(r, ==, n <= tiles ? faults[i].result : SEAM_OK);
            if (n <= tiles)
                assert_said(&log, faults[i].result, faults[i].words);
            g_free(result);
            g_free(name);
            seam_model_close(&model);
        }
    }
}

/* A sample of the picture that is not finite is named, whatever the tiles, and before the network
 * is run. */
static void test_picture_not_finite(void)
{
    static const float bad[] = { NAN, INFINITY, -INFINITY };
    struct request q = request_plain(30, 30);
    struct seam_model *model = open_model("null");
    q.picture.sample = SEAM_SAMPLE_F32;
    for (int i = 0; i < 12; i++) {
        float *data = random_picture(&q.picture);
        const int at = pick(0, 30 * 30 * 3 - 1);
        char *place = g_strdup_printf("%s at %d;%d (band %d),no network",
                                      i % 3 ? "infinity" : "NaN", at / 3 % 30, at / 90, at % 3);
        data[at] = bad[i % 3];
        q.params.tile_width = q.params.tile_height = pick(4, 40);
        struct rows rows = rows_of(&q.picture, data);
        struct seam_plan plan;
        struct seam_log log;
        unsigned char *result;
        g_assert_cmpint(restore_rows(model, &q, &rows, NULL, &plan, &result, &log), ==,
                        SEAM_ERROR_NOT_FINITE);
        *strchr(log.error, ',') = ';'; /* which parts words */
        assert_said(&log, SEAM_ERROR_NOT_FINITE, place);
        g_free(place);
        g_free(data);
    }
    seam_model_close(&model);
}

struct watch {
    int64_t calls, stop_at;
    double pixels;
};

static bool watch_tile(void *opaque, const struct seam_progress *progress)
{
    struct watch *w = opaque;
    w->calls++;
    g_assert_cmpint(progress->tiles_done, ==, w->calls);
    g_assert_cmpint(progress->tiles, ==, 12);
    g_assert_cmpfloat(progress->input_pixels_done, >, w->pixels);
    w->pixels = progress->input_pixels_done;
    return w->calls != w->stop_at;
}

static void test_cancel(void)
{
    unsigned char data[40 * 50 * 3], *result;
    struct request q = small_request(data);
    struct seam_model *model = open_model("null");
    for (int64_t n = 1; n <= 13; n++) {
        struct watch watch = { .stop_at = n };
        struct seam_stream_params callbacks;
        seam_stream_params_init(&callbacks);
        g_assert_true(!callbacks.progress && !callbacks.opaque);
        callbacks.progress = watch_tile;
        callbacks.opaque = &watch;
        struct rows rows = rows_of(&q.picture, data);
        struct seam_plan plan;
        struct seam_log log;
        const enum seam_result r =
            restore_rows(model, &q, &rows, &callbacks, &plan, &result, &log);
        g_assert_cmpint(r, ==, n <= 12 ? SEAM_CANCELLED : SEAM_OK);
        g_assert_cmpint(watch.calls, ==, seam_min(n, 12)); /* not asked again once it said no */
        if (r == SEAM_OK)
            g_assert_cmpfloat(watch.pixels, ==, 40 * 50);
        g_free(result);
    }
    seam_model_close(&model);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/stream/identity", test_identity);
    g_test_add_func("/stream/identity-grid", test_identity_grid);
    g_test_add_func("/stream/enlarge", test_enlarge);
    g_test_add_func("/stream/alpha-does-not-see-tiles", test_alpha_does_not_see_tiles);
    g_test_add_func("/stream/constant", test_constant);
    g_test_add_func("/stream/depth", test_depth);
    g_test_add_func("/stream/source-fails", test_source_fails);
    g_test_add_func("/stream/engine-fails", test_engine_fails);
    g_test_add_func("/stream/picture-not-finite", test_picture_not_finite);
    g_test_add_func("/stream/cancel", test_cancel);
    return g_test_run();
}
