/* Ramps and lerps. */
#include "tile/blend.h"
#include "unit.h"

static void test_ramps(void)
{
    for (int kind = SEAM_BLEND_LINEAR; kind <= SEAM_BLEND_GAUSSIAN; kind++)
        for (int64_t count = 1; count <= 300; count++) {
            float m[300];
            seam_blend_ramp((enum seam_blend)kind, m, count);
            for (int64_t i = 0; i < count; i++) {
                g_assert_cmpfloat(m[i], >, 0);
                g_assert_cmpfloat(m[i], <, 1);
                if (i > 0)
                    g_assert_cmpfloat(m[i], >, m[i - 1]);
                /* M(t) + M(1 - t) = 1 */
                g_assert_cmpfloat(fabsf(m[i] + m[count - 1 - i] - 1), <=, 1.2e-7f);
                if (kind == SEAM_BLEND_LINEAR)
                    g_assert_cmpfloat(fabs((double)m[i] - ((double)i + 0.5) / (double)count), <,
                                      1e-7);
            }
            if (count % 2)
                g_assert_cmpfloat(fabsf(m[count / 2] - 0.5f), <, 1e-7f);
        }
    /* The Gaussian is flat at both ends and steeper in the middle. */
    float line[100], bell[100];
    seam_blend_ramp(SEAM_BLEND_LINEAR, line, 100);
    seam_blend_ramp(SEAM_BLEND_GAUSSIAN, bell, 100);
    g_assert_cmpfloat(bell[10] - bell[9], <, (line[10] - line[9]) / 3);
    g_assert_cmpfloat(bell[50] - bell[49], >, 2 * (line[50] - line[49]));
    seam_blend_ramp(SEAM_BLEND_LINEAR, line, 0);
}

/* Equal samples stay what they are, to the bit; others land between the two. */
static void test_lerp(void)
{
    enum { COUNT = 64 };
    for (int trial = 0; trial < 500; trial++) {
        const int stride = pick(1, 4);
        float m[COUNT], src[COUNT], dst[COUNT * 4], was[COUNT * 4];
        seam_blend_ramp(toss() ? SEAM_BLEND_LINEAR : SEAM_BLEND_GAUSSIAN, m, COUNT);
        for (int i = 0; i < COUNT * 4; i++)
            dst[i] = was[i] = (float)g_test_rand_double_range(-10, 10);
        for (int i = 0; i < COUNT; i++)
            src[i] = toss() ? dst[i * stride] : (float)g_test_rand_double_range(-10, 10);
        seam_blend_across(dst, stride, src, m, COUNT);
        for (int i = 0; i < COUNT * stride; i++) {
            const float from = was[i], to = i % stride ? from : src[i / stride];
            if (from == to) {
                g_assert_true(memcmp(&dst[i], &was[i], sizeof(float)) == 0);
                continue;
            }
            const double want = (double)from + (double)m[i / stride] * ((double)to - (double)from);
            g_assert_cmpfloat(fabs((double)dst[i] - want), <, 5e-6);
        }
        memcpy(dst, was, sizeof(dst));
        seam_blend_down(dst, src, m[5], COUNT);
        for (int i = 0; i < COUNT; i++) {
            const double want =
                (double)was[i] + (double)m[5] * ((double)src[i] - (double)was[i]);
            g_assert_cmpfloat(fabs((double)dst[i] - want), <, 5e-6);
        }
        g_assert_true(memcmp(dst + COUNT, was + COUNT, sizeof(float) * 3 * COUNT) == 0);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/blend/ramps", test_ramps);
    g_test_add_func("/blend/lerp", test_lerp);
    return g_test_run();
}
