/* Denormal numbers are zero between begin and end, and there alone. */
#include <float.h>
#include <glib.h>
#include <stdbool.h>

#include "engine/flush.h"

#if defined(__SSE__) || defined(__aarch64__)
#define FLUSHES true
#else
#define FLUSHES false
#endif

/* Read and written each time, in this order: the compiler knows nothing of modes. */
static volatile float tiny = FLT_MIN / 4, large = 1e30f, half = 0.5f, least = FLT_MIN;

static void test_flush(void)
{
    g_assert_cmpfloat(tiny * large, >, 0);
    unsigned long before = seam_flush_begin();
    volatile float operand = tiny * large, result = least * half, normal = least * large;
    /* Begun twice, it ends twice. */
    unsigned long inner = seam_flush_begin();
    seam_flush_end(inner);
    volatile float still = tiny * large;
    seam_flush_end(before);
    volatile float after = tiny * large;
    g_assert_cmpint(operand == 0, ==, FLUSHES);
    g_assert_cmpint(result == 0, ==, FLUSHES);
    g_assert_cmpint(still == 0, ==, FLUSHES);
    g_assert_cmpfloat(normal, >, 0);
    g_assert_cmpfloat(after, >, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/flush/begin-and-end", test_flush);
    return g_test_run();
}
