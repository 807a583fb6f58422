/* Profiles as they come from anywhere: read or refused, never beyond their end, and undone. */
#include "files/icc.h"
#include "unit.h"

#define TABLE 132
#define DATA 240

static void put32(unsigned char *at, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        at[i] = (unsigned char)(v >> (24 - 8 * i));
}

/* A tag of `size` bytes, at a place of its own. */
static unsigned char *tag(unsigned char *profile, uint32_t i, const char *name, uint32_t size)
{
    unsigned char *entry = profile + TABLE + 12 * i;
    memcpy(entry, name, 4);
    put32(entry + 4, DATA + 64 * i);
    put32(entry + 8, size);
    return profile + DATA + 64 * i;
}

/* Adobe RGB's primaries; a curve of gamma, one of a formula, and one of points. */
static void make(unsigned char *profile)
{
    static const uint32_t xyz[3][3] = { { 39961, 20390, 1277 }, { 13451, 41003, 3990 },
                                        { 9780, 4143, 48813 } };
    static const char *const names[] = { "rXYZ", "gXYZ", "bXYZ" };
    static const uint32_t formula[] = { 157286, 62119, 3417, 5072, 2651 };
    memset(profile, 0, 1024);
    memcpy(profile + 16, "RGB XYZ ", 8);
    put32(profile + 128, 6);
    for (uint32_t i = 0; i < 3; i++) {
        unsigned char *at = tag(profile, i, names[i], 20);
        memcpy(at, "XYZ ", 4);
        for (uint32_t j = 0; j < 3; j++)
            put32(at + 8 + 4 * j, xyz[i][j]);
    }
    unsigned char *red = tag(profile, 3, "rTRC", 14), *green = tag(profile, 4, "gTRC", 32);
    unsigned char *blue = tag(profile, 5, "bTRC", 12 + 2 * 20);
    memcpy(red, "curv", 4);
    put32(red + 8, 1);
    red[12] = 2; /* 2.2 */
    red[13] = 51;
    memcpy(green, "para", 4);
    green[9] = 3;
    for (uint32_t i = 0; i < 5; i++)
        put32(green + 12 + 4 * i, formula[i]);
    memcpy(blue, "curv", 4);
    put32(blue + 8, 20);
    for (unsigned i = 0; i < 20; i++)
        blue[12 + 2 * i] = (unsigned char)(i * i * 255 / 361);
}

static void assert_near(float a, float b, float by)
{
    g_assert_true(fabsf(a - b) <= by);
}

static void test_curves_are_undone(void)
{
    unsigned char profile[1024];
    struct seam_icc icc;
    make(profile);
    g_assert_true(seam_icc_read(&icc, profile, sizeof(profile)));
    g_assert_cmpint(icc.colours, ==, 3);
    g_assert_false(seam_icc_is_srgb(&icc));
    g_assert_false(seam_icc_has_srgb_primaries(&icc));
    for (int c = 0; c < 3; c++)
        for (int i = -40; i <= 60; i++) {
            /* The first of the points are alike. */
            const float v = (float)i / 40, light = seam_icc_light(&icc.curves[c], v);
            if (c < 2 || fabsf(v) > 0.06f)
                assert_near(seam_icc_stored(&icc.curves[c], light), v, 1e-5f);
        }
    assert_near(seam_icc_light(&icc.curves[0], 0.5f), powf(0.5f, 2.19921875f), 1e-6f);
    assert_near(seam_icc_light(&icc.curves[1], 0.5f), 0.2140411f, 1e-4f);
    g_assert_true(isnan(seam_icc_light(&icc.curves[2], NAN)));
}

static void test_matrix_is_undone(void)
{
    unsigned char profile[1024];
    struct seam_icc icc;
    make(profile);
    g_assert_true(seam_icc_read(&icc, profile, sizeof(profile)));
    for (int i = 0; i < 3; i++) {
        float white = 0;
        for (int j = 0; j < 3; j++) {
            float v = 0;
            for (int k = 0; k < 3; k++)
                v += icc.to_srgb[i][k] * icc.from_srgb[k][j];
            assert_near(v, i == j ? 1 : 0, 1e-5f);
            white += icc.to_srgb[i][j];
        }
        assert_near(white, 1, 1e-3f);
    }
    /* Adobe RGB's green is more than sRGB holds. */
    g_assert_cmpfloat(icc.to_srgb[0][1], <, -0.39f);
    seam_icc_srgb(&icc, 3);
    g_assert_true(seam_icc_is_srgb(&icc));
    seam_icc_srgb(&icc, 1);
    g_assert_true(seam_icc_is_srgb(&icc));
}

/* Any bytes, in a block of their own, so that a sanitizer sees what is read beyond it. */
static void test_broken_profiles(void)
{
    GRand *numbers = g_rand_new_with_seed(11);
    unsigned char whole[1024];
    struct seam_icc icc;
    make(whole);
    for (int n = 0; n < 20000; n++) {
        const size_t size = (size_t)g_rand_int_range(numbers, 1, n % 2 ? 1025 : 700);
        unsigned char *part = g_memdup2(whole, size);
        for (int i = g_rand_int_range(numbers, 0, 4); i > 0; i--)
            part[g_rand_int_range(numbers, 0, (gint32)size)] =
                (unsigned char)g_rand_int_range(numbers, 0, 256);
        if (seam_icc_read(&icc, part, size))
            for (int i = 0; i < 6 * icc.colours; i++) {
                const struct seam_icc_curve *curve = &icc.curves[i % icc.colours];
                seam_icc_stored(curve, seam_icc_light(curve, (float)i / 7 - 0.5f));
            }
        g_free(part);
    }
    g_rand_free(numbers);
}

static void test_what_is_refused(void)
{
    unsigned char profile[1024];
    struct seam_icc icc;
    make(profile);
    memcpy(profile + 16, "CMYK", 4);
    g_assert_false(seam_icc_read(&icc, profile, sizeof(profile)));
    make(profile);
    memcpy(profile + 20, "Lab ", 4);
    g_assert_false(seam_icc_read(&icc, profile, sizeof(profile)));
    make(profile);
    profile[DATA + 64 * 5 + 12 + 2 * 10] = 0; /* a curve that falls */
    g_assert_false(seam_icc_read(&icc, profile, sizeof(profile)));
    make(profile);
    memcpy(profile + DATA + 64 + 8, profile + DATA + 8, 12); /* two primaries alike */
    g_assert_false(seam_icc_read(&icc, profile, sizeof(profile)));
    make(profile);
    g_assert_false(seam_icc_read(&icc, profile, 128));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/icc/curves", test_curves_are_undone);
    g_test_add_func("/icc/matrix", test_matrix_is_undone);
    g_test_add_func("/icc/broken", test_broken_profiles);
    g_test_add_func("/icc/refused", test_what_is_refused);
    return g_test_run();
}
