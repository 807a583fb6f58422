/*
 * Folding, after Gopal et al., "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ
 * Instruction" (Intel, 2009): 16 bytes that stand for all before them are moved on by products with
 * powers of x, and the next ones are added. The register has its bits in reverse, and the product
 * of two such is one place short: the powers are one less than the distance.
 */
#include <string.h>

#include "base/assert.h"
#include "base/checksum_fold.h"

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>

#define LANES 4 /* 16 bytes each: their products do not wait for one another */
#define FOLDS __attribute__((target("pclmul,sse2")))

bool seam_fold_works(void)
{
    __builtin_cpu_init();
    return __builtin_cpu_supports("pclmul");
}

FOLDS static __m128i load(const unsigned char *data)
{
    return _mm_loadu_si128((const __m128i *)(const void *)data);
}

/* The register moved on, and the next bytes added. */
FOLDS static __m128i fold(__m128i reg, __m128i powers, __m128i next)
{
    const __m128i early = _mm_clmulepi64_si128(reg, powers, 0x10);
    const __m128i late = _mm_clmulepi64_si128(reg, powers, 0x01);
    return _mm_xor_si128(_mm_xor_si128(early, late), next);
}

FOLDS void seam_fold(const struct seam_fold_powers *powers, uint64_t sum,
                     const unsigned char *data, size_t size, unsigned char rest[16])
{
    const __m128i far = load((const unsigned char *)powers->far);
    const __m128i near = load((const unsigned char *)powers->near);
    __m128i lanes[LANES];
    for (int i = 0; i < LANES; i++)
        lanes[i] = load(data + 16 * i);
    lanes[0] = _mm_xor_si128(lanes[0], _mm_cvtsi64_si128((long long)sum));
    for (size_t at = SEAM_FOLD_STEP; at < size; at += SEAM_FOLD_STEP)
        for (int i = 0; i < LANES; i++)
            lanes[i] = fold(lanes[i], far, load(data + at + 16 * (size_t)i));
    for (int i = 1; i < LANES; i++)
        lanes[i] = fold(lanes[i - 1], near, lanes[i]);
    _mm_storeu_si128((__m128i *)(void *)rest, lanes[LANES - 1]);
}

#else

bool seam_fold_works(void)
{
    return false;
}

void seam_fold(const struct seam_fold_powers *powers, uint64_t sum, const unsigned char *data,
               size_t size, unsigned char rest[16])
{
    (void)powers, (void)sum, (void)data, (void)size;
    memset(rest, 0, 16);
    seam_assert(false, "there are no such products");
}

#endif
