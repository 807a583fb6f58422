/* The strip: what tiles put there comes out blended as a plain model of the whole picture says. */
#include "tile/strip.h"
#include "tile/blend.h"
#include "tile/samples.h"
#include "unit.h"

/* The value that tile (i, j) has for one sample of the result. */
static float tile_value(int64_t i, int64_t j, int64_t x, int64_t y, int b)
{
    return (float)((i * 37 + j * 11 + x * 5 + y * 3 + b * 7) % 101) / 100;
}

/* The whole picture at once: every tile over the ones before, across, then bands down. */
static float *model_of(const struct seam_plan *plan)
{
    const int64_t width = plan->x.out_size, height = plan->y.out_size;
    const int bands = plan->out_bands;
    const int64_t over_x = plan->x.overlap * plan->scale_num / plan->scale_den;
    const int64_t over_y = plan->y.overlap * plan->scale_num / plan->scale_den;
    float *picture = g_new0(float, width * height * bands), *row = g_new(float, width * bands);
    float *ramp_x = g_new(float, over_x + 1), *ramp_y = g_new(float, over_y + 1);
    seam_blend_ramp(plan->blend, ramp_x, over_x);
    seam_blend_ramp(plan->blend, ramp_y, over_y);
    for (int64_t j = 0; j < plan->y.tiles; j++) {
        const struct seam_span v = seam_axis_output(&plan->y, seam_axis_target(&plan->y, j),
                                                    plan->scale_num, plan->scale_den);
        for (int64_t y = v.begin; y < v.end; y++) {
            for (int64_t i = 0; i < plan->x.tiles; i++) {
                const struct seam_span u =
                    seam_axis_output(&plan->x, seam_axis_target(&plan->x, i), plan->scale_num,
                                     plan->scale_den);
                for (int64_t x = u.begin; x < u.end; x++)
                    for (int b = 0; b < bands; b++) {
                        float *at = row + x * bands + b;
                        const float value = tile_value(i, j, x, y, b);
                        *at = i > 0 && x - u.begin < over_x
                                  ? *at + ramp_x[x - u.begin] * (value - *at)
                                  : value;
                    }
            }
            for (int64_t k = 0; k < width * bands; k++) {
                float *at = picture + y * width * bands + k;
                *at = j > 0 && y - v.begin < over_y ? *at + ramp_y[y - v.begin] * (row[k] - *at)
                                                    : row[k];
            }
        }
    }
    g_free(row);
    g_free(ramp_x);
    g_free(ramp_y);
    return picture;
}

/* Put all bands of one tile, at once or band by band, forwards or backwards. */
static void put_tile(struct seam_strip *strip, const struct seam_plan *plan, int64_t i, int64_t j)
{
    const struct seam_span u = seam_axis_output(&plan->x, seam_axis_target(&plan->x, i),
                                                plan->scale_num, plan->scale_den);
    const struct seam_span v = seam_axis_output(&plan->y, seam_axis_target(&plan->y, j),
                                                plan->scale_num, plan->scale_den);
    const int64_t stride = u.end - u.begin + pick(0, 3);
    const int whole = toss() ? plan->out_bands : 1;
    float *lines = g_new(float, stride * plan->out_bands);
    for (int64_t y = v.begin; y < v.end; y++)
        for (int first = 0; first < plan->out_bands; first += whole) {
            const bool reverse = toss();
            float *start = reverse ? lines + (whole - 1) * stride : lines;
            const int64_t step = reverse ? -stride : stride;
            for (int b = 0; b < whole; b++)
                for (int64_t x = u.begin; x < u.end; x++)
                    start[b * step + x - u.begin] = tile_value(i, j, x, y, first + b);
            const struct seam_strip_row row = {
                .y = y,
                .x = u.begin,
                .count = u.end - u.begin,
                .leftmost = i == 0,
                .first = first,
                .bands = whole,
                .lines = { start, step },
            };
            seam_strip_put(strip, &row);
        }
    g_free(lines);
}

static void check_strip(const struct seam_plan *plan, const char *text)
{
    const size_t samples = (size_t)(plan->x.out_size * plan->out_bands);
    const size_t bytes = seam_sample_bytes(plan->out_sample);
    float *model = model_of(plan);
    unsigned char *got = g_malloc(samples * bytes), *want = g_malloc(samples * bytes);
    struct seam_strip strip;
    struct seam_log log;
    seam_log_init(&log);
    assert_ok(seam_strip_open(&strip, plan, &log), &log);
    int64_t next = 0;
    for (int64_t j = 0; j < plan->y.tiles; j++) {
        seam_strip_begin(&strip, j);
        g_assert_cmpint(strip.ready.begin, ==, strip.ready.end);
        for (int64_t i = 0; i < plan->x.tiles; i++)
            put_tile(&strip, plan, i, j);
        seam_strip_finish(&strip, j);
        if (strip.ready.end > strip.ready.begin)
            g_assert_cmpint(strip.ready.begin, <=, next); /* never a gap */
        for (; next < strip.ready.end; next++) {
            seam_strip_copy(&strip, next, got);
            seam_samples_store(plan->out_sample, model + (size_t)next * samples, want, 1,
                               (int64_t)samples);
            if (memcmp(got, want, samples * bytes) != 0)
                g_error("row %" PRId64 " differs: %s", next, text);
        }
    }
    g_assert_cmpint(next, ==, plan->y.out_size);
    seam_strip_close(&strip);
    seam_strip_close(&strip);
    g_free(got);
    g_free(want);
    g_free(model);
}

static void test_random(void)
{
    const int cases = many(600);
    int made = 0;
    for (int i = 0; more(i, cases, made > cases / 6); i++) {
        struct request q = request_random(70);
        q.params.tile_width = pick(1, 40);
        q.params.tile_height = pick(1, 40);
        q.params.overlap = toss() ? SEAM_AUTO : pick(0, 12);
        struct seam_plan plan;
        struct seam_log log;
        if (request_make(&q, &plan, &log) != SEAM_OK)
            continue;
        char *text = request_describe(&q);
        check_strip(&plan, text);
        g_free(text);
        made++;
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/strip/random", test_random);
    return g_test_run();
}
