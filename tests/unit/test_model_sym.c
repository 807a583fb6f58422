/* Numbers that follow the picture's size. */
#include <glib.h>
#include <math.h>

#include "field/sym.h"

static struct seam_sym size_plus(int64_t factor, int64_t more)
{
    struct seam_sym h = seam_sym_mul(seam_sym_side(0), seam_sym_const(factor));
    return seam_sym_add(h, seam_sym_const(more));
}

static void test_arithmetic(void)
{
    struct seam_sym a = size_plus(2, 3), b = size_plus(-2, 4), w = seam_sym_side(1);
    int64_t value, num, den;
    g_assert_true(seam_sym_whole(seam_sym_add(a, b), &value));
    g_assert_cmpint(value, ==, 7);
    g_assert_true(seam_sym_is(seam_sym_sub(a, size_plus(2, 2)), 1));
    g_assert_false(seam_sym_fixed(a));
    g_assert_true(seam_sym_quotient(size_plus(6, 9), a, &num, &den));
    g_assert_cmpint(num, ==, 3);
    g_assert_cmpint(den, ==, 1);
    g_assert_false(seam_sym_quotient(a, w, &num, &den));
    /* (2 H + 3) W, and back. */
    struct seam_sym area = seam_sym_mul(a, w);
    g_assert_true(seam_sym_equal(seam_sym_div(area, w), a));
    g_assert_true(seam_sym_equal(seam_sym_div(area, a), w));
    g_assert_false(seam_sym_known(seam_sym_mul(area, w)));
    g_assert_false(seam_sym_known(seam_sym_mul(a, a)));
    g_assert_false(seam_sym_known(seam_sym_div(a, seam_sym_const(0))));
}

static void test_floor(void)
{
    struct seam_align align = { { 1, 1 } };
    struct seam_sym half = seam_sym_floor(
        seam_sym_div(size_plus(1, 3), seam_sym_const(2)), &align);
    g_assert_cmpint(align.side[0], ==, 2);
    g_assert_cmpint(align.side[1], ==, 1);
    /* (H + 3) / 2 with H even: H / 2 + 1. */
    struct seam_sym expected = seam_sym_add(
        seam_sym_div(seam_sym_side(0), seam_sym_const(2)), seam_sym_const(1));
    g_assert_true(seam_sym_equal(half, expected));
    seam_sym_floor(seam_sym_div(seam_sym_side(0), seam_sym_const(3)), &align);
    g_assert_cmpint(align.side[0], ==, 6);
    struct seam_sym up = seam_sym_ceil(seam_sym_ratio(-7, 2), &align);
    g_assert_true(seam_sym_is(up, -3));
    g_assert_true(seam_sym_is(seam_sym_floor(seam_sym_ratio(-7, 2), &align), -4));
    struct seam_sym far = seam_sym_floor(
        seam_sym_div(seam_sym_side(0), seam_sym_const(100003)), &align);
    g_assert_false(seam_sym_known(far));
    g_assert_cmpint(align.side[0], ==, 6);
}

static void test_sign(void)
{
    g_assert_cmpint(seam_sym_sign(size_plus(1, 0)), ==, 1);
    g_assert_cmpint(seam_sym_sign(size_plus(1, -1)), ==, 2);
    g_assert_cmpint(seam_sym_sign(size_plus(-1, 0)), ==, -1);
    g_assert_cmpint(seam_sym_sign(seam_sym_const(0)), ==, 0);
    g_assert_cmpint(seam_sym_sign(seam_sym_sub(seam_sym_side(0), seam_sym_side(1))), ==, 2);
    g_assert_cmpint(seam_sym_sign(seam_sym_unknown()), ==, 2);
}

static void test_floats(void)
{
    static const struct {
        double value;
        int64_t num, den;
    } cases[] = {
        { 2, 2, 1 },      { 0.5, 1, 2 }, { (double)(1.0f / 3.0f), 1, 3 },
        { 1.0 / 3, 1, 3 }, { -1.25, -5, 4 }, { (double)0.1f, 1, 10 },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
        g_assert_true(seam_sym_equal(seam_sym_float(cases[i].value),
                                     seam_sym_ratio(cases[i].num, cases[i].den)));
    g_assert_false(seam_sym_known(seam_sym_float(1e30)));
    g_assert_false(seam_sym_known(seam_sym_float((double)INFINITY)));
    g_assert_false(seam_sym_known(seam_sym_float((double)NAN)));
}

/* Nothing overflows in silence. */
static void test_overflow(void)
{
    struct seam_sym big = seam_sym_const(INT64_C(1) << 51);
    g_assert_true(seam_sym_known(big));
    g_assert_false(seam_sym_known(seam_sym_add(big, big)));
    g_assert_false(seam_sym_known(seam_sym_mul(big, big)));
    g_assert_false(seam_sym_known(seam_sym_const(INT64_MIN)));
    g_assert_false(seam_sym_known(seam_sym_const(INT64_MAX)));
    g_assert_true(seam_sym_known(seam_sym_stored(INT64_MIN)));
    g_assert_true(seam_sym_known(seam_sym_stored(INT64_MAX)));
    g_assert_cmpint(seam_floor_div(-7, 2), ==, -4);
    g_assert_cmpint(seam_floor_mod(-7, 2), ==, 1);
    g_assert_cmpint(seam_floor_div(-8, 2), ==, -4);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/model/sym/arithmetic", test_arithmetic);
    g_test_add_func("/model/sym/floor", test_floor);
    g_test_add_func("/model/sym/sign", test_sign);
    g_test_add_func("/model/sym/floats", test_floats);
    g_test_add_func("/model/sym/overflow", test_overflow);
    return g_test_run();
}
