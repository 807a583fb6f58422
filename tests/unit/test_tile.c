/* One tile's way in and out: which band meets which channel, in which range and light, and what
 * becomes of colours that nobody sees. References are in doubles and one pixel at a time. */
#include "rows.h"
#include "tile/samples.h"
#include "tile/tile.h"
#include "tile/window.h"

#define SIDE 23

/* A picture in one tile. */
struct bench {
    struct request q;
    struct seam_plan plan;
    struct seam_window window;
    struct seam_tile_work work;
    struct seam_tile tile;
    void *data;
};

static void bench_open(struct bench *b)
{
    struct seam_log log;
    assert_ok(request_make(&b->q, &b->plan, &log), &log);
    b->data = random_picture(&b->q.picture);
    struct rows rows = rows_of(&b->q.picture, b->data);
    const struct seam_source source = { .opaque = &rows, .read = rows_read };
    assert_ok(seam_window_open(&b->window, SIDE, rows.row_bytes, &log), &log);
    assert_ok(seam_window_move(&b->window, 0, SIDE, &source, &log), &log);
    assert_ok(seam_tile_work_open(&b->work, &b->plan, &b->window, &log), &log);
    seam_tile_place(&b->tile, &b->plan, 0, 0);
    seam_tile_load_begin(&b->work, &b->tile);
    seam_tile_load_rows(&b->work, &b->tile, 0, b->plan.y.padded);
    if (b->plan.fill_alpha)
        seam_tile_fill(&b->work);
}

static void bench_close(struct bench *b)
{
    seam_tile_work_close(&b->work);
    seam_tile_work_close(&b->work);
    seam_window_close(&b->window);
    g_free(b->data);
}

/* One tile, no halo, a random range and order. */
static struct bench bench_plain(int bands, int channels)
{
    static const double ranges[][2] = { { 0, 1 }, { 0, 255 }, { -1, 1 }, { 1, 0 }, { 16, 235 } };
    const double *range = PICK(ranges);
    struct bench b = { .q = request_plain(SIDE, SIDE) };
    b.q.picture.bands = bands;
    b.q.picture.sample = (enum seam_sample)pick(0, 2);
    if (b.q.picture.sample == SEAM_SAMPLE_F32 && toss())
        b.q.picture.transfer = SEAM_TRANSFER_SRGB;
    b.q.facts.channels_in = b.q.facts.channels_out = channels;
    b.q.params.halo = 0;
    b.q.params.range_lo = range[0];
    b.q.params.range_hi = range[1];
    b.q.params.order = (enum seam_order)pick(0, 1);
    b.q.params.out_sample = SEAM_SAMPLE_F32;
    return b;
}

/* The sRGB curve as the standard writes it, mirrored below 0. */
static double encode(double v)
{
    const double a = fabs(v);
    return copysign(a <= 0.0031308 ? 12.92 * a : 1.055 * pow(a, 1 / 2.4) - 0.055, v);
}

static double decode(double v)
{
    const double a = fabs(v);
    return copysign(a <= 0.04045 ? a / 12.92 : pow((a + 0.055) / 1.055, 2.4), v);
}

/* Band `band` of the picture at a pixel, as the network should see it, 0..1. */
static double seen(const struct bench *b, int64_t at, int band)
{
    const struct seam_picture *p = &b->q.picture;
    const double v =
        (double)sample_get(p->sample, b->data, (size_t)(at * p->bands + band));
    const bool colour = !p->alpha || band < p->bands - 1;
    return p->transfer == SEAM_TRANSFER_SRGB && colour ? encode(v) : v;
}

/* The same for band `band` of the result, which is linear again. */
static double finished(const struct bench *b, double v)
{
    return b->q.picture.transfer == SEAM_TRANSFER_SRGB ? decode(v) : v;
}

static double in_range(const struct bench *b, double v)
{
    return b->plan.range_lo + (b->plan.range_hi - b->plan.range_lo) * v;
}

static void expect_near(double got, double want, double unit)
{
    if (!(fabs(got - want) <= 2e-5 * fabs(unit) + 2e-6 * fabs(want)))
        g_error("%.9g, not %.9g", got, want);
}

/* What a network that adds `delta` (0..1) to every value puts out. */
static void add(struct bench *b, double delta)
{
    const double span = b->plan.range_hi - b->plan.range_lo;
    for (int i = 0; i < SIDE * SIDE * b->plan.channels_out; i++)
        b->work.output[i] = b->work.input[i] + (float)(delta * span);
    b->work.result = b->work.output;
}

static void test_direct(void)
{
    for (int trial = 0; trial < many(100); trial++) {
        static const int channels[] = { 1, 3, 4, 5 };
        const int n = PICK(channels);
        struct bench b = bench_plain(n, n);
        if (toss())
            b.q.params.strength = 0.25;
        bench_open(&b);
        g_assert_cmpint(b.plan.feed, ==, SEAM_FEED_DIRECT);
        seam_tile_feed(&b.work, 0);
        const double span = b.plan.range_hi - b.plan.range_lo;
        for (int c = 0; c < n; c++) {
            const int band = b.plan.order == SEAM_ORDER_BGR && n >= 3 && c < 3 ? 2 - c : c;
            for (int64_t i = 0; i < SIDE * SIDE; i++)
                expect_near((double)b.work.input[c * SIDE * SIDE + i],
                            in_range(&b, seen(&b, i, band)), span);
        }
        add(&b, 0.125);
        for (int64_t y = 0; y < SIDE; y++) {
            const struct seam_lines lines = seam_tile_row(&b.work, &b.tile, 0, y);
            for (int band = 0; band < n; band++)
                for (int64_t x = 0; x < SIDE; x++)
                    expect_near((double)lines.first[band * lines.stride + x],
                                finished(&b, seen(&b, y * SIDE + x, band) +
                                                 0.125 * b.plan.strength), 3);
        }
        bench_close(&b);
    }
}

/* BT.601 luma, whole or as video has it; every band then moves by what luma moved. */
static void test_luma(void)
{
    for (int trial = 0; trial < many(100); trial++) {
        struct bench b = bench_plain(3, 1);
        b.q.params.luma = toss() ? SEAM_LUMA_FULL : SEAM_LUMA_STUDIO;
        const bool studio = b.q.params.luma == SEAM_LUMA_STUDIO;
        bench_open(&b);
        g_assert_cmpint(b.plan.feed, ==, SEAM_FEED_LUMA);
        g_assert_cmpint(b.plan.runs, ==, 1);
        seam_tile_feed(&b.work, 0);
        const double span = b.plan.range_hi - b.plan.range_lo;
        for (int64_t i = 0; i < SIDE * SIDE; i++) {
            double v = 0.299 * seen(&b, i, 0) + 0.587 * seen(&b, i, 1) + 0.114 * seen(&b, i, 2);
            if (studio)
                v = (16 + 219 * v) / 255;
            expect_near((double)b.work.input[i], in_range(&b, v), span);
        }
        add(&b, 0.125);
        const double delta = studio ? 0.125 * 255 / 219 : 0.125;
        for (int64_t y = 0; y < SIDE; y++) {
            const struct seam_lines lines = seam_tile_row(&b.work, &b.tile, 0, y);
            for (int band = 0; band < 3; band++)
                for (int64_t x = 0; x < SIDE; x++)
                    expect_near((double)lines.first[band * lines.stride + x],
                                finished(&b, seen(&b, y * SIDE + x, band) + delta), 3);
        }
        bench_close(&b);
    }
}

/* Each band by itself, copied to all channels of the network. */
static void test_each(void)
{
    for (int trial = 0; trial < many(80); trial++) {
        const int channels = toss() ? 1 : 3, bands = channels == 1 ? pick(2, 5) : pick(4, 6);
        struct bench b = bench_plain(bands, channels);
        b.q.params.luma = SEAM_LUMA_EACH;
        bench_open(&b);
        g_assert_cmpint(b.plan.feed, ==, SEAM_FEED_EACH);
        g_assert_cmpint(b.plan.runs, ==, bands);
        const double span = b.plan.range_hi - b.plan.range_lo;
        for (int run = 0; run < bands; run++) {
            seam_tile_feed(&b.work, run);
            for (int c = 0; c < channels; c++)
                for (int64_t i = 0; i < SIDE * SIDE; i++)
                    expect_near((double)b.work.input[c * SIDE * SIDE + i],
                                in_range(&b, seen(&b, i, run)), span);
            add(&b, 0.125);
            const struct seam_bands made = seam_tile_run_bands(&b.plan, run);
            g_assert_cmpint(made.first, ==, run);
            g_assert_cmpint(made.count, ==, 1);
            for (int64_t y = 0; y < SIDE; y++) {
                const struct seam_lines lines = seam_tile_row(&b.work, &b.tile, run, y);
                for (int64_t x = 0; x < SIDE; x++)
                    expect_near((double)lines.first[x],
                                finished(&b, seen(&b, y * SIDE + x, run) + 0.125), 3);
            }
        }
        bench_close(&b);
    }
}

/* Bands by threes, the last again where they are fewer. */
static void test_groups(void)
{
    for (int trial = 0; trial < many(80); trial++) {
        const int bands = pick(4, 7);
        struct bench b = bench_plain(bands, 3);
        b.q.params.luma = SEAM_LUMA_FULL;
        bench_open(&b);
        const bool reversed = b.plan.order == SEAM_ORDER_BGR;
        g_assert_cmpint(b.plan.feed, ==, SEAM_FEED_GROUPS);
        g_assert_cmpint(b.plan.runs, ==, (bands + 2) / 3);
        const double span = b.plan.range_hi - b.plan.range_lo;
        for (int run = 0; run < b.plan.runs; run++) {
            seam_tile_feed(&b.work, run);
            for (int c = 0; c < 3; c++)
                for (int64_t i = 0; i < SIDE * SIDE; i++)
                    expect_near((double)b.work.input[(reversed ? 2 - c : c) * SIDE * SIDE + i],
                                in_range(&b, seen(&b, i, MIN(3 * run + c, bands - 1))), span);
            add(&b, 0.125);
            const struct seam_bands made = seam_tile_run_bands(&b.plan, run);
            g_assert_cmpint(made.first, ==, 3 * run);
            g_assert_cmpint(made.count, ==, MIN(3, bands - 3 * run));
            for (int64_t y = 0; y < SIDE; y++) {
                const struct seam_lines lines = seam_tile_row(&b.work, &b.tile, run, y);
                for (int k = 0; k < made.count; k++)
                    for (int64_t x = 0; x < SIDE; x++)
                        expect_near(
                            (double)lines.first[k * lines.stride + x],
                            finished(&b, seen(&b, y * SIDE + x, made.first + k) + 0.125), 3);
            }
        }
        bench_close(&b);
    }
}

/* At scale 1 what is fully transparent returns as it came, to the bit, and so does alpha. */
static void test_hidden(void)
{
    for (int trial = 0; trial < many(80); trial++) {
        static const int channels[] = { 1, 3 };
        struct bench b = bench_plain(toss() ? 4 : 2, PICK(channels));
        b.q.picture.alpha = true;
        b.q.params.luma = (enum seam_luma)pick(0, 2);
        b.q.params.alpha = (enum seam_alpha)pick(0, 1);
        const int bands = b.q.picture.bands, alpha = bands - 1;
        bench_open(&b);
        /* Alpha goes through as a grey picture, as luma where that is what the network knows. */
        const bool studio = b.plan.feed == SEAM_FEED_LUMA && b.plan.luma == SEAM_LUMA_STUDIO;
        const double delta = studio ? 0.125 * 255 / 219 : 0.125;
        for (int run = 0; run < b.plan.runs; run++) {
            seam_tile_feed(&b.work, run);
            add(&b, 0.125);
            const struct seam_bands made = seam_tile_run_bands(&b.plan, run);
            for (int64_t y = 0; y < SIDE; y++) {
                const struct seam_lines lines = seam_tile_row(&b.work, &b.tile, run, y);
                for (int k = 0; k < made.count; k++)
                    for (int64_t x = 0; x < SIDE; x++) {
                        const int band = made.first + k;
                        const size_t at = (size_t)((y * SIDE + x) * bands);
                        const float own = sample_get(b.q.picture.sample, b.data, at + (size_t)band);
                        const float opaque =
                            sample_get(b.q.picture.sample, b.data, at + (size_t)alpha);
                        const float got = lines.first[k * lines.stride + x];
                        if (band == alpha)
                            expect_near((double)got, (double)own + delta, 3);
                        else if (opaque <= 0)
                            g_assert_cmpfloat(got, ==, own);
                        else
                            g_assert_cmpfloat(got, >, own);
                    }
            }
        }
        for (int64_t y = 0; !b.plan.alpha_in_model && y < SIDE; y++) {
            const struct seam_lines lines = seam_tile_alpha_row(&b.work, &b.tile, y);
            for (int64_t x = 0; x < SIDE; x++)
                g_assert_cmpfloat(lines.first[x], ==,
                                  sample_get(b.q.picture.sample, b.data,
                                             (size_t)((y * SIDE + x) * bands + alpha)));
        }
        bench_close(&b);
    }
}

/* Hidden colours become the mean of visible ones near them, nearer ones counting more; nothing of
 * what lay hidden shows, and visible ones are not touched. */
static void test_fill(void)
{
    for (int trial = 0; trial < 40; trial++) {
        struct bench b = bench_plain(4, 3);
        b.q.picture.alpha = true;
        b.q.picture.sample = SEAM_SAMPLE_F32;
        b.q.picture.transfer = SEAM_TRANSFER_NONE;
        bench_open(&b);
        /* A picture of our own over what was loaded: a few visible pixels, garbage elsewhere. */
        const size_t area = SIDE * SIDE;
        float *planes = b.work.planes, *alpha = planes + 3 * area;
        float *was = g_new(float, 4 * area);
        const int visible = pick(0, 6);
        for (size_t i = 0; i < area; i++) {
            alpha[i] = 0;
            for (size_t c = 0; c < 3; c++)
                planes[c * area + i] = 1000;
        }
        for (int k = 0; k < visible; k++) {
            const size_t i = (size_t)pick(0, SIDE * SIDE - 1);
            alpha[i] = (float)pick(1, 255) / 255;
            for (size_t c = 0; c < 3; c++)
                planes[c * area + i] = (float)pick(0, 255) / 255;
        }
        memcpy(was, planes, 4 * area * sizeof(float));
        seam_tile_fill(&b.work);
        for (size_t c = 0; c < 3; c++)
            for (int64_t i = 0; i < SIDE * SIDE; i++) {
                double sum = 0, weight = 0;
                for (int64_t k = 0; k < SIDE * SIDE; k++) {
                    const int64_t dx = k % SIDE - i % SIDE, dy = k / SIDE - i / SIDE;
                    const int64_t d = dx * dx + dy * dy;
                    if (was[3 * area + (size_t)k] <= 0 || d > SEAM_FILL_RADIUS * SEAM_FILL_RADIUS ||
                        d == 0)
                        continue;
                    const double w = (double)was[3 * area + (size_t)k] / (double)(d * d);
                    sum += w * (double)was[c * area + (size_t)k];
                    weight += w;
                }
                const size_t at = c * area + (size_t)i;
                if (was[3 * area + (size_t)i] > 0 || weight <= 0)
                    g_assert_cmpfloat(planes[at], ==, was[at]);
                else
                    expect_near((double)planes[at], sum / weight, 1);
            }
        g_assert_true(memcmp(alpha, was + 3 * area, area * sizeof(float)) == 0);
        g_free(was);
        bench_close(&b);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/tile/direct", test_direct);
    g_test_add_func("/tile/luma", test_luma);
    g_test_add_func("/tile/each", test_each);
    g_test_add_func("/tile/groups", test_groups);
    g_test_add_func("/tile/hidden", test_hidden);
    g_test_add_func("/tile/fill", test_fill);
    return g_test_run();
}
