/* Sums over a picture whose bits no order changes: by tiles of any size, in any order, on any
 * number of threads; held against whole numbers and against what is added up by hand. */
#include "engine/sums.h"
#include "unit.h"

#define CHANNELS 3
#define HEIGHT 37
#define WIDTH 53

/* Channels first or last, as a whole or in parts, and one number of all. */
#define SIDES { 0, 0, true }, { 0, 1, true }
static const struct seam_cut_part first[] = { { CHANNELS, -1, false }, SIDES };
static const struct seam_cut_part last[] = { SIDES, { CHANNELS, -1, false } };
static const struct seam_cut_part all[] = { { CHANNELS, -1, true }, SIDES };

static struct seam_cut cut_of(enum seam_cut_kind kind, const struct seam_cut_part *parts)
{
    return (struct seam_cut){ .name = "node", .kind = kind, .parts = parts, .n_parts = 3,
                              .num = { 1, 1 }, .den = { 1, 1 },
                              .count = parts == all ? 1 : CHANNELS };
}

/* Of every size that a float has, denormal ones among them. */
static float anything(void)
{
    const int exponent = pick(-149, 120);
    return (float)ldexp(g_test_rand_double_range(-1, 1), exponent);
}

static size_t place(const struct seam_cut_part *parts, int64_t c, int64_t y, int64_t x,
                    int64_t height, int64_t width)
{
    return (size_t)(parts == last ? (y * width + x) * CHANNELS + c : (c * height + y) * width + x);
}

/* One tile of the picture with a halo that is not its own. */
static void take_tile(struct seam_sums *sums, const struct seam_cut_part *parts,
                      const float *picture, struct seam_span y, struct seam_span x,
                      struct seam_crew *crew)
{
    const int64_t up = pick(0, (int)y.begin), left = pick(0, (int)x.begin);
    const int64_t size[2] = { y.end - up + pick(0, 2), x.end - left + pick(0, 2) };
    const struct seam_span own[2] = { { y.begin - up, y.end - up },
                                      { x.begin - left, x.end - left } };
    float *tile = g_new(float, (size_t)(CHANNELS * size[0] * size[1]));
    for (int64_t c = 0; c < CHANNELS; c++)
        for (int64_t i = 0; i < size[0]; i++)
            for (int64_t k = 0; k < size[1]; k++) {
                const bool inside = up + i < HEIGHT && left + k < WIDTH;
                tile[place(parts, c, i, k, size[0], size[1])] =
                    inside ? picture[place(parts, c, up + i, left + k, HEIGHT, WIDTH)] : NAN;
            }
    seam_sums_take(sums, 0, tile, size, own, crew);
    g_free(tile);
}

/* The picture in tiles of this size. */
static void sum_up(const struct seam_cut *cut, const float *picture, int64_t tile, int threads,
                   float *found)
{
    struct seam_sums *sums;
    struct seam_crew *crew = seam_crew_open(threads, false);
    g_assert_cmpint(seam_sums_open(&sums, cut, 1, NULL), ==, SEAM_OK);
    seam_sums_clear(sums, 0);
    for (int64_t y = (HEIGHT - 1) / tile * tile; y >= 0; y -= tile)
        for (int64_t x = 0; x < WIDTH; x += tile)
            take_tile(sums, cut->parts, picture,
                      (struct seam_span){ y, seam_min(y + tile, HEIGHT) },
                      (struct seam_span){ x, seam_min(x + tile, WIDTH) }, crew);
    g_assert_cmpint(seam_sums_finish(sums, 0, NULL), ==, SEAM_OK);
    memcpy(found, seam_sums_known(sums, 0, 0), (size_t)cut->count * sizeof(*found));
    memcpy(found + cut->count, seam_sums_known(sums, 0, 1), (size_t)cut->count * sizeof(*found));
    seam_crew_close(&crew);
    seam_sums_close(&sums);
    g_assert_null(sums);
}

static void test_order(void)
{
    const struct seam_cut_part *const layouts[] = { first, last, all };
    for (int kind = SEAM_CUT_MEAN; kind <= SEAM_CUT_MOMENTS; kind++)
        for (size_t i = 0; i < SEAM_ARRAY_LEN(layouts); i++) {
            const struct seam_cut cut = cut_of((enum seam_cut_kind)kind, layouts[i]);
            float picture[CHANNELS * HEIGHT * WIDTH], right[2 * CHANNELS], found[2 * CHANNELS];
            const bool squares = kind == SEAM_CUT_SUM_SQUARES || kind == SEAM_CUT_LENGTH;
            for (size_t k = 0; k < SEAM_ARRAY_LEN(picture); k++)
                picture[k] = squares ? (float)ldexp((double)anything(), -62) : anything();
            sum_up(&cut, picture, 1000, 1, right);
            for (int turn = 0; turn < 3; turn++) {
                sum_up(&cut, picture, pick(5, 30), pick(1, 4), found);
                for (int64_t k = 0; k < 2 * cut.count; k++)
                    g_assert_true(memcmp(&right[k], &found[k], sizeof(float)) == 0);
            }
        }
}

/* Numbers of few bits, whose sums doubles hold. */
static void test_by_hand(void)
{
    float picture[CHANNELS * HEIGHT * WIDTH], found[2 * CHANNELS];
    double sum[CHANNELS] = { 0 }, squares[CHANNELS] = { 0 }, most = -INFINITY, size = 0;
    const double n = HEIGHT * WIDTH;
    for (int k = 0; k < CHANNELS * HEIGHT * WIDTH; k++) {
        const double v = pick(-1000, 3000) / 64.0;
        picture[k] = (float)v;
        sum[k / (HEIGHT * WIDTH)] += v;
        squares[k / (HEIGHT * WIDTH)] += v * v;
        most = fmax(most, v);
        size += fabs(v);
    }
    struct seam_cut cut = cut_of(SEAM_CUT_MOMENTS, first);
    sum_up(&cut, picture, 16, 2, found);
    for (int c = 0; c < CHANNELS; c++) {
        const double mean = sum[c] / n;
        g_assert_true(found[c] == (float)mean);
        g_assert_cmpfloat_with_epsilon((double)found[CHANNELS + c], squares[c] / n - mean * mean,
                                       1e-3);
    }
    cut = cut_of(SEAM_CUT_LENGTH, first);
    sum_up(&cut, picture, 9, 1, found);
    g_assert_true(found[1] == (float)sqrt(squares[1]));
    cut = cut_of(SEAM_CUT_MOST, all);
    sum_up(&cut, picture, 9, 1, found);
    g_assert_true(found[0] == (float)most);
    cut = cut_of(SEAM_CUT_SUM_ABS, all);
    sum_up(&cut, picture, 9, 1, found);
    g_assert_true(found[0] == (float)size);
}

/* What floats and doubles lose: a small number between two large ones, and a sum of many. */
static void test_nothing_is_lost(void)
{
    const struct seam_cut cut = cut_of(SEAM_CUT_SUM, all);
    const int64_t size[2] = { 1, 1 };
    const struct seam_span own[2] = { { 0, 1 }, { 0, 1 } };
    const float large[CHANNELS] = { 0x1p127f, 0x1p-149f, -0x1p127f };
    const float three[CHANNELS] = { 1.9999998f, -1, -0.9999998f };
    struct seam_sums *sums;
    g_assert_cmpint(seam_sums_open(&sums, &cut, 1, NULL), ==, SEAM_OK);
    seam_sums_clear(sums, 0);
    seam_sums_take(sums, 0, large, size, own, NULL);
    g_assert_cmpint(seam_sums_finish(sums, 0, NULL), ==, SEAM_OK);
    g_assert_true(seam_sums_known(sums, 0, 0)[0] == 0x1p-149f);
    /* So many that digits must be carried between. */
    for (int i = 0; i < 3000000; i++)
        seam_sums_take(sums, 0, three, size, own, NULL);
    g_assert_cmpint(seam_sums_finish(sums, 0, NULL), ==, SEAM_OK);
    const double left = ((double)three[0] + (double)three[1] + (double)three[2]) * 3000000;
    g_assert_true(seam_sums_known(sums, 0, 0)[0] == (float)left);
    seam_sums_close(&sums);
}

static void test_no_number(void)
{
    static const float bad[] = { NAN, INFINITY, -INFINITY };
    const int64_t size[2] = { 1, 1 };
    const struct seam_span own[2] = { { 0, 1 }, { 0, 1 } };
    for (int kind = SEAM_CUT_MEAN; kind <= SEAM_CUT_MOMENTS; kind++)
        for (size_t i = 0; i < SEAM_ARRAY_LEN(bad); i++) {
            const struct seam_cut cut = cut_of((enum seam_cut_kind)kind, first);
            const float tensor[CHANNELS] = { 1, bad[i], 1 };
            struct seam_sums *sums;
            struct seam_log log;
            seam_log_init(&log);
            g_assert_cmpint(seam_sums_open(&sums, &cut, 1, NULL), ==, SEAM_OK);
            seam_sums_clear(sums, 0);
            seam_sums_take(sums, 0, tensor, size, own, NULL);
            g_assert_cmpint(seam_sums_finish(sums, 0, &log), ==, SEAM_ERROR_NOT_FINITE);
            g_assert_nonnull(strstr(log.error, "node"));
            seam_sums_close(&sums);
        }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sums/order", test_order);
    g_test_add_func("/sums/by-hand", test_by_hand);
    g_test_add_func("/sums/nothing-is-lost", test_nothing_is_lost);
    g_test_add_func("/sums/no-number", test_no_number);
    return g_test_run();
}
