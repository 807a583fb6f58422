/* Small things every file needs: integer arithmetic on coordinates, checked sizes. */
#ifndef SEAM_COMMON_H
#define SEAM_COMMON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#define SEAM_ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

static inline int64_t seam_min(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static inline int64_t seam_max(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* qsort() of nothing too, which may lie nowhere. */
static inline void seam_sort(void *items, size_t count, size_t size,
                             int (*compare)(const void *, const void *))
{
    if (count > 1)
        qsort(items, count, size, compare);
}

/* `lo` wins where the bounds cross. */
static inline int64_t seam_clamp(int64_t v, int64_t lo, int64_t hi)
{
    return seam_max(lo, seam_min(v, hi));
}

/* a / b rounded up, for a >= 0 and b > 0. */
static inline int64_t seam_div_up(int64_t a, int64_t b)
{
    return (a + b - 1) / b;
}

/* The smallest multiple of `alignment` that is at least v >= 0. */
static inline int64_t seam_align_up(int64_t v, int64_t alignment)
{
    return seam_div_up(v, alignment) * alignment;
}

static inline int64_t seam_gcd(int64_t a, int64_t b)
{
    while (b) {
        int64_t t = a % b;
        a = b;
        b = t;
    }
    return a;
}

static inline int64_t seam_lcm(int64_t a, int64_t b)
{
    return a / seam_gcd(a, b) * b;
}

/* *out = a * b; false, with *out untouched, where the product does not fit. */
static inline bool seam_mul_size(uint64_t a, uint64_t b, uint64_t *out)
{
    if (b && a > UINT64_MAX / b)
        return false;
    *out = a * b;
    return true;
}

/* Memory for rows of a picture, or NULL: where there is none, or the size does not fit. */
static inline void *seam_rows_alloc(int64_t rows, size_t row_bytes)
{
    uint64_t bytes;
    if (!seam_mul_size((uint64_t)rows, row_bytes, &bytes) || bytes > SIZE_MAX)
        return NULL;
    return malloc((size_t)bytes);
}

#endif /* SEAM_COMMON_H */
