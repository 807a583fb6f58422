/* The filter for what travels beside the network. */
#include "tile/resample.h"
#include "unit.h"

static const int64_t scales[][2] = { { 1, 1 }, { 2, 1 }, { 3, 1 }, { 4, 1 }, { 8, 1 },
                                     { 1, 2 }, { 1, 4 }, { 3, 2 }, { 2, 3 } };

static void test_weights(void)
{
    for (size_t k = 0; k < SEAM_ARRAY_LEN(scales); k++) {
        const double scale = (double)scales[k][0] / (double)scales[k][1];
        struct seam_filter f;
        g_assert_cmpint(seam_filter_open(&f, scales[k][0], scales[k][1], NULL), ==, SEAM_OK);
        for (int64_t out = 0; out < 40; out++) {
            const struct seam_taps taps = seam_filter_taps(&f, out);
            double sum = 0, moment = 0;
            for (int t = 0; t < taps.count; t++) {
                sum += (double)taps.weight[t];
                moment += (double)taps.weight[t] * (double)(taps.first + t);
            }
            g_assert_cmpfloat(fabs(sum - 1), <, 1e-6);
            /* Half-pixel centres: a straight slope stays where it is, nearly. */
            const double centre = ((double)out + 0.5) / scale - 0.5;
            g_assert_cmpfloat(fabs(moment - centre), <, 0.02 * fmax(1, 1 / scale));
            /* The planner counts on this reach. */
            const double reach = SEAM_RESAMPLE_REACH * fmax(1, ceil(1 / scale));
            g_assert_cmpfloat((double)taps.first, >=, floor(centre) - reach);
            g_assert_cmpfloat((double)(taps.first + taps.count - 1), <=, centre + reach);
        }
        seam_filter_close(&f);
        seam_filter_close(&f);
    }
}

/* Mirrored about the middle of a pixel: what is `phase` from the left is so from the right. */
static void test_symmetric(void)
{
    for (size_t k = 0; k < SEAM_ARRAY_LEN(scales); k++) {
        const int64_t num = scales[k][0], den = scales[k][1], size = 60 * den;
        struct seam_filter f;
        g_assert_cmpint(seam_filter_open(&f, num, den, NULL), ==, SEAM_OK);
        for (int64_t out = 0; out < size * num / den; out++) {
            const struct seam_taps a = seam_filter_taps(&f, out);
            const struct seam_taps b = seam_filter_taps(&f, size * num / den - 1 - out);
            for (int64_t v = -10; v < size + 10; v++) {
                const int64_t i = v - a.first, j = size - 1 - v - b.first;
                const float one = i >= 0 && i < a.count ? a.weight[i] : 0;
                const float two = j >= 0 && j < b.count ? b.weight[j] : 0;
                g_assert_cmpfloat(fabsf(one - two), <, 1e-6f);
            }
        }
        seam_filter_close(&f);
    }
}

/* The same weights wherever a tile begins. */
static void test_periodic(void)
{
    for (size_t k = 0; k < SEAM_ARRAY_LEN(scales); k++) {
        const int64_t num = scales[k][0], den = scales[k][1];
        struct seam_filter f;
        g_assert_cmpint(seam_filter_open(&f, num, den, NULL), ==, SEAM_OK);
        for (int64_t out = 0; out < 30; out++)
            for (int64_t turn = 1; turn < 1000000000; turn *= 1000) {
                const struct seam_taps a = seam_filter_taps(&f, out);
                const struct seam_taps b = seam_filter_taps(&f, out + turn * num);
                g_assert_cmpint(b.first, ==, a.first + turn * den);
                g_assert_true(b.weight == a.weight && a.count == b.count);
            }
        seam_filter_close(&f);
    }
}

/* At scale 1 nothing is filtered. */
static void test_identity(void)
{
    struct seam_filter f;
    g_assert_cmpint(seam_filter_open(&f, 1, 1, NULL), ==, SEAM_OK);
    const struct seam_taps taps = seam_filter_taps(&f, 10);
    for (int t = 0; t < taps.count; t++)
        g_assert_cmpfloat(fabsf(taps.weight[t] - (taps.first + t == 10 ? 1.0f : 0.0f)), <, 1e-7f);
    seam_filter_close(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/resample/weights", test_weights);
    g_test_add_func("/resample/symmetric", test_symmetric);
    g_test_add_func("/resample/periodic", test_periodic);
    g_test_add_func("/resample/identity", test_identity);
    return g_test_run();
}
