/* Chance, and rows with margins, for test_native_kernels.c. Included once. */
#ifndef SEAM_TESTS_KERNEL_ROWS_H
#define SEAM_TESTS_KERNEL_ROWS_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/native/kernels.h"

/* No GLib here: a cross compiler builds this too, for machines whose GLib is not at hand. */
static uint64_t seed, state;
static int times = 1; /* as many cases as usual */

static void die(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    printf("Bail out! seed %llu: ", (unsigned long long)seed);
    vprintf(format, args);
    printf("\n");
    va_end(args);
    exit(1);
}

#define MUST(condition)                                                                            \
    do {                                                                                           \
        if (!(condition))                                                                          \
            die("%s:%d: %s", __FILE__, __LINE__, #condition);                                      \
    } while (0)

/* splitmix64 */
static uint64_t random_bits(void)
{
    uint64_t z = state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* least .. most */
static int pick(int least, int most)
{
    return least + (int)(random_bits() % (uint64_t)(most - least + 1));
}

static bool toss(void)
{
    return random_bits() & 1;
}

static float noise(void)
{
    return (float)(int64_t)random_bits() / (float)INT64_MAX;
}

static void *room(size_t bytes)
{
    void *p = NULL;
    MUST(posix_memalign(&p, 64, bytes ? bytes : 1) == 0);
    return p;
}

/* Rows with their margins, in one allocation that ends where the readable bytes end. */
struct rows {
    float *memory;
    float **row;
    int count, pitch, left, columns, stride; /* stride: floats from row to row */
};

static const float guard = -12345.5f;

/* `left` and `right` columns of margin. Every float is `fill`. */
static struct rows rows_make(int count, int pitch, int left, int columns, int right, float fill)
{
    struct rows r = { .count = count, .pitch = pitch, .columns = columns };
    while (left * pitch % 16)
        left++;
    r.left = left;
    r.stride = ((left + columns + right) * pitch + SEAM_ROW_SLACK / 4 + 15) / 16 * 16;
    const size_t floats = (size_t)r.stride * (size_t)(count - 1) +
                          (size_t)(left + columns + right) * (size_t)pitch + SEAM_ROW_SLACK / 4;
    r.memory = room(floats * sizeof(float));
    for (size_t i = 0; i < floats; i++)
        r.memory[i] = fill;
    r.row = room((size_t)count * sizeof(float *));
    for (int y = 0; y < count; y++)
        r.row[y] = r.memory + (size_t)y * (size_t)r.stride + left * pitch;
    return r;
}

static void rows_free(struct rows *r)
{
    free(r->memory);
    free(r->row);
}

/* Pixels and their padding channels; the margins stay as they are. */
static void rows_fill(struct rows *r)
{
    for (int y = 0; y < r->count; y++)
        for (int i = 0; i < r->columns * r->pitch; i++)
            r->row[y][i] = noise();
}

#endif /* SEAM_TESTS_KERNEL_ROWS_H */
