/* Half precision against a reference in doubles, and the layouts of tensors. */
#include "engine/tensor.h"
#include "unit.h"

static double half_value(uint16_t h)
{
    const int exponent = h >> 10 & 31, mantissa = h & 0x3ff;
    const double sign = h & 0x8000 ? -1 : 1;
    if (exponent == 31)
        return mantissa ? (double)NAN : sign * (double)INFINITY;
    return exponent ? sign * ldexp(1024 + mantissa, exponent - 25) : sign * ldexp(mantissa, -24);
}

static void test_all_halves(void)
{
    for (int i = 0; i < 65536; i++) {
        const uint16_t h = (uint16_t)i;
        const float v = seam_half_to_float(h);
        const double want = half_value(h);
        if (isnan(want)) {
            g_assert_true(isnan(v));
            g_assert_true(isnan(half_value(seam_half_from_float(v))));
            continue;
        }
        g_assert_cmpfloat((double)v, ==, want);
        g_assert_cmpint(signbit(v) != 0, ==, signbit(want) != 0);
        g_assert_cmphex(seam_half_from_float(v), ==, h);
    }
}

/* The nearest half; of two equally near the one whose last bit is 0. */
static uint16_t nearest_half(double v)
{
    const uint16_t sign = signbit(v) ? 0x8000 : 0;
    const double a = fabs(v);
    int lo = 0, hi = 0x7c00;
    while (hi - lo > 1) {
        const int mid = (lo + hi) / 2;
        if (half_value((uint16_t)mid) <= a)
            lo = mid;
        else
            hi = mid;
    }
    const double below = half_value((uint16_t)lo);
    const double above = hi == 0x7c00 ? 65536 : half_value((uint16_t)hi);
    const bool up = a - below > above - a || (a - below == above - a && (lo & 1));
    return (uint16_t)(sign | (a >= 65536 || up ? hi : lo));
}

static void test_rounding(void)
{
    for (int i = 0; i < 300000; i++) {
        uint32_t u = (uint32_t)g_test_rand_int();
        if (i % 2) /* exponents that halves have, and halfway cases often */
            u = (u & 0x80000000) | (uint32_t)pick(100, 145) << 23 |
                (u & (i % 4 == 1 ? 0x7ff000 : 0x7fffff));
        float v;
        memcpy(&v, &u, sizeof(v));
        if (isnan(v))
            g_assert_true(isnan(half_value(seam_half_from_float(v))));
        else
            g_assert_cmphex(seam_half_from_float(v), ==, nearest_half((double)v));
    }
    /* Around every boundary between two halves. */
    for (int h = 0; h < 0x7c00; h++) {
        const double above = h == 0x7bff ? 65536 : half_value((uint16_t)(h + 1));
        const float middle = (float)((half_value((uint16_t)h) + above) / 2);
        const float near[] = { nextafterf(middle, 0), middle, nextafterf(middle, INFINITY) };
        for (int k = 0; k < 3; k++) {
            g_assert_cmphex(seam_half_from_float(near[k]), ==, nearest_half((double)near[k]));
            g_assert_cmphex(seam_half_from_float(-near[k]), ==, nearest_half(-(double)near[k]));
        }
    }
}

static void test_special(void)
{
    g_assert_cmphex(seam_half_from_float(0), ==, 0);
    g_assert_cmphex(seam_half_from_float(-0.0f), ==, 0x8000);
    g_assert_cmphex(seam_half_from_float(65504), ==, 0x7bff);
    g_assert_cmphex(seam_half_from_float(65519.996f), ==, 0x7bff);
    g_assert_cmphex(seam_half_from_float(65520), ==, 0x7c00);
    g_assert_cmphex(seam_half_from_float(-1e30f), ==, 0xfc00);
    g_assert_cmphex(seam_half_from_float(-INFINITY), ==, 0xfc00);
    g_assert_cmphex(seam_half_from_float(5.9604645e-8f), ==, 1);
    g_assert_cmphex(seam_half_from_float(2.9802322e-8f), ==, 0); /* half of that: to even */
    g_assert_cmphex(seam_half_from_float(2.9802326e-8f), ==, 1);
    g_assert_cmphex(seam_half_from_float(6.0975552e-5f), ==, 0x03ff); /* the largest subnormal */
    g_assert_cmphex(seam_half_from_float(1e-45f), ==, 0);
    g_assert_true(isnan(seam_half_to_float(seam_half_from_float(NAN))));
    const uint32_t quiet = 0x7f800001; /* a NaN whose upper mantissa bits are all 0 */
    float v;
    memcpy(&v, &quiet, sizeof(v));
    g_assert_true(isnan(seam_half_to_float(seam_half_from_float(v))));
}

static void test_layouts(void)
{
    for (int trial = 0; trial < 400; trial++) {
        const struct seam_tensor_form form = { toss(), toss() };
        const int64_t channels = pick(1, 6), pixels = pick(1, 90), count = channels * pixels;
        const size_t bytes = seam_tensor_bytes(form, channels, pixels);
        g_assert_cmpuint(bytes, ==, (size_t)count * (form.half ? 2 : 4));
        float *planar = g_new(float, count), *back = g_new(float, count);
        void *tensor = g_malloc(bytes);
        for (int64_t i = 0; i < count; i++)
            planar[i] = (float)pick(-2000, 2000) / 8; /* halves hold these */
        seam_tensor_pack(form, planar, tensor, channels, pixels);
        for (int64_t c = 0; c < channels; c++)
            for (int64_t i = 0; i < pixels; i++) {
                const int64_t at = form.interleaved ? i * channels + c : c * pixels + i;
                const float v = form.half ? seam_half_to_float(((uint16_t *)tensor)[at])
                                          : ((float *)tensor)[at];
                g_assert_cmpfloat(v, ==, planar[c * pixels + i]);
            }
        seam_tensor_unpack(form, tensor, back, channels, pixels);
        g_assert_true(memcmp(planar, back, (size_t)count * sizeof(float)) == 0);
        g_free(planar);
        g_free(back);
        g_free(tensor);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/tensor/all-halves", test_all_halves);
    g_test_add_func("/tensor/rounding", test_rounding);
    g_test_add_func("/tensor/special", test_special);
    g_test_add_func("/tensor/layouts", test_layouts);
    return g_test_run();
}
