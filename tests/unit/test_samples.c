/* Samples to floats and back: every value, every stride, every length around a register's width. */
#include "tile/samples.h"
#include "unit.h"

/* Every value of an integer type returns as itself. */
static void test_round_trip(void)
{
    for (int stride = 1; stride <= 5; stride++) {
        uint8_t *bytes = g_new0(uint8_t, 256 * stride), *back = g_new(uint8_t, 256 * stride);
        uint16_t *words = g_new0(uint16_t, 65536 * stride);
        uint16_t *words_back = g_new(uint16_t, 65536 * stride);
        float *values = g_new(float, 65536);
        memset(back, 0xa5, (size_t)(256 * stride));
        memset(words_back, 0xa5, (size_t)(65536 * stride) * 2);
        for (int i = 0; i < 256; i++)
            bytes[i * stride] = (uint8_t)i;
        for (int i = 0; i < 65536; i++)
            words[i * stride] = (uint16_t)i;

        seam_samples_load(SEAM_SAMPLE_U8, bytes, stride, values, 256);
        for (int i = 0; i < 256; i++)
            g_assert_cmpfloat(values[i], ==, (float)i / 255.0f);
        seam_samples_store(SEAM_SAMPLE_U8, values, back, stride, 256);
        for (int i = 0; i < 256 * stride; i++)
            g_assert_cmpint(back[i], ==, i % stride ? 0xa5 : i / stride);

        seam_samples_load(SEAM_SAMPLE_U16, words, stride, values, 65536);
        for (int i = 0; i < 65536; i++)
            g_assert_cmpfloat(values[i], ==, (float)i / 65535.0f);
        seam_samples_store(SEAM_SAMPLE_U16, values, words_back, stride, 65536);
        for (int i = 0; i < 65536 * stride; i++)
            g_assert_cmpint(words_back[i], ==, i % stride ? 0xa5a5 : i / stride);
        g_free(bytes);
        g_free(back);
        g_free(words);
        g_free(words_back);
        g_free(values);
    }
}

/* Floats are not touched, whatever their bits. */
static void test_floats(void)
{
    enum { COUNT = 97 };
    for (int stride = 1; stride <= 5; stride++) {
        uint32_t from[COUNT * 5], line[COUNT], to[COUNT * 5];
        for (int i = 0; i < COUNT * 5; i++) {
            from[i] = (uint32_t)g_test_rand_int() & 0xff7fffff; /* no NaN */
            to[i] = 0xa5a5a5a5;
        }
        seam_samples_load(SEAM_SAMPLE_F32, from, stride, (float *)(void *)line, COUNT);
        seam_samples_store(SEAM_SAMPLE_F32, (float *)(void *)line, to, stride, COUNT);
        for (int i = 0; i < COUNT * stride; i++)
            g_assert_cmphex(to[i], ==, i % stride ? 0xa5a5a5a5 : from[i]);
    }
}

/* To the nearest, halves up; beyond the ends to the end; what is no number to black. */
static void test_rounding(void)
{
    static const int tops[] = { 255, 65535 };
    for (int i = 0; i < 2; i++) {
        const enum seam_sample sample = i ? SEAM_SAMPLE_U16 : SEAM_SAMPLE_U8;
        const int top = tops[i];
        for (int trial = 0; trial < 200000; trial++) {
            const float v = (float)g_test_rand_double_range(-0.2, 1.2);
            const double exact = (double)v * top;
            uint16_t word = 0;
            uint8_t byte = 0;
            seam_samples_store(sample, &v, i ? (void *)&word : (void *)&byte, 1, 1);
            const int got = i ? word : byte;
            if (exact <= 0)
                g_assert_cmpint(got, ==, 0);
            else if (exact >= top)
                g_assert_cmpint(got, ==, top);
            else
                g_assert_cmpfloat(fabs(got - exact), <=, 0.5 + top * 6e-8);
        }
    }
    const float odd[] = { -1, -INFINITY, INFINITY, 1e30f, -1e30f, NAN, 0.5f / 255, 254.5f / 255 };
    const uint8_t bytes[] = { 0, 0, 255, 255, 0, 0, 1, 255 };
    const uint16_t words[] = { 0, 0, 65535, 65535, 0, 0, 129, 65407 };
    uint8_t byte[8];
    uint16_t word[8];
    seam_samples_store(SEAM_SAMPLE_U8, odd, byte, 1, 8);
    seam_samples_store(SEAM_SAMPLE_U16, odd, word, 1, 8);
    for (int i = 0; i < 8; i++) {
        g_assert_cmpint(byte[i], ==, bytes[i]);
        g_assert_cmpint(abs(word[i] - words[i]), <=, 1); /* these are no halves of 16 bit */
    }
}

/* All bands at once give what one band after the other gives: the fast twin and the plain one. */
static void test_bands(void)
{
    for (int trial = 0; trial < 3000; trial++) {
        const enum seam_sample sample = toss() ? SEAM_SAMPLE_U8 : (enum seam_sample)pick(0, 2);
        const size_t bytes = seam_sample_bytes(sample);
        const int bands = toss() ? 3 : pick(1, 5), out_bands = bands + pick(0, 1);
        const int64_t count = pick(0, 70), gap = pick(0, 9), stride = count + gap;
        const size_t samples = (size_t)(count * bands), room = (size_t)(count * out_bands);
        unsigned char *src = g_malloc(samples * bytes + 1);
        for (size_t i = 0; i < samples * bytes; i++)
            src[i] = (unsigned char)pick(0, sample == SEAM_SAMPLE_F32 && i % 4 == 3 ? 60 : 255);
        float *lines = g_new(float, stride * bands + 1), *plain = g_new(float, count + 1);
        for (int64_t i = 0; i < stride * bands; i++)
            lines[i] = -7;
        /* A negative stride puts the last band first. */
        const bool reverse = toss();
        float *first = reverse ? lines + (bands - 1) * stride : lines;
        const int64_t step = reverse ? -stride : stride;
        seam_samples_load_bands(sample, src, bands, first, step, count);
        for (int b = 0; b < bands; b++) {
            seam_samples_load(sample, src + (size_t)b * bytes, bands, plain, count);
            g_assert_true(memcmp(plain, first + b * step, (size_t)count * 4) == 0);
            for (int64_t i = count; i < stride; i++) /* nothing beyond the line */
                g_assert_cmpfloat(first[b * step + i], ==, -7);
        }
        /* And back, with values that are not samples. */
        for (int64_t i = 0; i < stride * bands; i++)
            lines[i] = (float)g_test_rand_double_range(-0.3, 1.3);
        unsigned char *fast = g_malloc(room * bytes + 8), *slow = g_malloc(room * bytes + 8);
        memset(fast, 0xa5, room * bytes + 8);
        memset(slow, 0xa5, room * bytes + 8);
        seam_samples_store_bands(sample, first, step, bands, fast, out_bands, count);
        for (int b = 0; b < bands; b++)
            seam_samples_store(sample, first + b * step, slow + (size_t)b * bytes, out_bands,
                               count);
        g_assert_true(memcmp(fast, slow, room * bytes + 8) == 0);
        g_free(src);
        g_free(lines);
        g_free(plain);
        g_free(fast);
        g_free(slow);
    }
}

static void test_finite(void)
{
    float values[100] = { 0 };
    const float bad[] = { NAN, -NAN, INFINITY, -INFINITY };
    values[7] = 3.4e38f;
    values[8] = -3.4e38f;
    values[9] = 1e-45f;
    g_assert_true(seam_samples_finite(values, 100));
    g_assert_true(seam_samples_finite(values, 0));
    for (int i = 0; i < 100; i++)
        for (int k = 0; k < 4; k++) {
            const float was = values[i];
            values[i] = bad[k];
            g_assert_false(seam_samples_finite(values, 100));
            g_assert_true(seam_samples_finite(values, i));
            values[i] = was;
        }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/samples/round-trip", test_round_trip);
    g_test_add_func("/samples/floats", test_floats);
    g_test_add_func("/samples/rounding", test_rounding);
    g_test_add_func("/samples/bands", test_bands);
    g_test_add_func("/samples/finite", test_finite);
    return g_test_run();
}
