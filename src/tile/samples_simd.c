#include "tile/samples.h"
#include "tile/samples_simd.h"

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>

#define AVX2 __attribute__((target("avx2")))
#define Z (-1) /* a shuffle's index for a zero */

/* Of 16 interleaved pixels in three registers: where band b's bytes lie in register r. */
static const int8_t gather[3][3][16] = {
    { { 0, 3, 6, 9, 12, 15, Z, Z, Z, Z, Z, Z, Z, Z, Z, Z },
      { Z, Z, Z, Z, Z, Z, 2, 5, 8, 11, 14, Z, Z, Z, Z, Z },
      { Z, Z, Z, Z, Z, Z, Z, Z, Z, Z, Z, 1, 4, 7, 10, 13 } },
    { { 1, 4, 7, 10, 13, Z, Z, Z, Z, Z, Z, Z, Z, Z, Z, Z },
      { Z, Z, Z, Z, Z, 0, 3, 6, 9, 12, 15, Z, Z, Z, Z, Z },
      { Z, Z, Z, Z, Z, Z, Z, Z, Z, Z, Z, 2, 5, 8, 11, 14 } },
    { { 2, 5, 8, 11, 14, Z, Z, Z, Z, Z, Z, Z, Z, Z, Z, Z },
      { Z, Z, Z, Z, Z, 1, 4, 7, 10, 13, Z, Z, Z, Z, Z, Z },
      { Z, Z, Z, Z, Z, Z, Z, Z, Z, Z, 0, 3, 6, 9, 12, 15 } },
};

/* The other way round: where register r's bytes lie in band b. */
static const int8_t scatter[3][3][16] = {
    { { 0, Z, Z, 1, Z, Z, 2, Z, Z, 3, Z, Z, 4, Z, Z, 5 },
      { Z, 0, Z, Z, 1, Z, Z, 2, Z, Z, 3, Z, Z, 4, Z, Z },
      { Z, Z, 0, Z, Z, 1, Z, Z, 2, Z, Z, 3, Z, Z, 4, Z } },
    { { Z, Z, 6, Z, Z, 7, Z, Z, 8, Z, Z, 9, Z, Z, 10, Z },
      { 5, Z, Z, 6, Z, Z, 7, Z, Z, 8, Z, Z, 9, Z, Z, 10 },
      { Z, 5, Z, Z, 6, Z, Z, 7, Z, Z, 8, Z, Z, 9, Z, Z } },
    { { Z, 11, Z, Z, 12, Z, Z, 13, Z, Z, 14, Z, Z, 15, Z, Z },
      { Z, Z, 11, Z, Z, 12, Z, Z, 13, Z, Z, 14, Z, Z, 15, Z },
      { 10, Z, Z, 11, Z, Z, 12, Z, Z, 13, Z, Z, 14, Z, Z, 15 } },
};

/* Bytes of three registers, picked by three rows of a table and put together. */
AVX2 static inline __m128i pick(const int8_t table[3][16], const __m128i v[3])
{
    __m128i r = _mm_setzero_si128();
    for (int k = 0; k < 3; k++)
        r = _mm_or_si128(r, _mm_shuffle_epi8(v[k], _mm_loadu_si128((const __m128i *)table[k])));
    return r;
}

AVX2 static void load3(const uint8_t *src, float *dst, int64_t stride, int64_t count)
{
    const __m256 top = _mm256_set1_ps(255);
    for (int64_t i = 0; i < count; i += 16) {
        __m128i v[3];
        for (int r = 0; r < 3; r++)
            v[r] = _mm_loadu_si128((const __m128i *)(src + 3 * i + 16 * r));
        for (int b = 0; b < 3; b++) {
            const __m128i band = pick(gather[b], v);
            const __m256 first = _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(band));
            const __m256 second =
                _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_srli_si128(band, 8)));
            _mm256_storeu_ps(dst + b * stride + i, _mm256_div_ps(first, top));
            _mm256_storeu_ps(dst + b * stride + i + 8, _mm256_div_ps(second, top));
        }
    }
}

/* Eight floats to eight integers, as the plain twin rounds. */
AVX2 static inline __m256i quantise8(const float *src)
{
    const __m256 top = _mm256_set1_ps(255);
    __m256 v = _mm256_add_ps(_mm256_mul_ps(_mm256_loadu_ps(src), top), _mm256_set1_ps(0.5f));
    v = _mm256_min_ps(_mm256_max_ps(v, _mm256_setzero_ps()), top);
    return _mm256_cvttps_epi32(v);
}

AVX2 static inline __m128i quantise16(const float *src)
{
    const __m256i words = _mm256_packs_epi32(quantise8(src), quantise8(src + 8));
    /* Packing works in halves of a register: put them back in order. */
    const __m256i ordered = _mm256_permute4x64_epi64(words, 0xd8);
    return _mm_packus_epi16(_mm256_castsi256_si128(ordered), _mm256_extracti128_si256(ordered, 1));
}

AVX2 static void store3(const float *src, int64_t stride, uint8_t *dst, int64_t count)
{
    for (int64_t i = 0; i < count; i += 16) {
        __m128i v[3];
        for (int b = 0; b < 3; b++)
            v[b] = quantise16(src + b * stride + i);
        for (int r = 0; r < 3; r++)
            _mm_storeu_si128((__m128i *)(dst + 3 * i + 16 * r), pick(scatter[r], v));
    }
}

bool seam_simd_load3_u8(const uint8_t *src, float *dst, int64_t stride, int64_t count)
{
    if (!__builtin_cpu_supports("avx2"))
        return false;
    const int64_t whole = count / 16 * 16;
    load3(src, dst, stride, whole);
    for (int b = 0; b < 3; b++)
        seam_samples_load(SEAM_SAMPLE_U8, src + 3 * whole + b, 3, dst + b * stride + whole,
                          count - whole);
    return true;
}

bool seam_simd_store3_u8(const float *src, int64_t stride, uint8_t *dst, int64_t count)
{
    if (!__builtin_cpu_supports("avx2"))
        return false;
    const int64_t whole = count / 16 * 16;
    store3(src, stride, dst, whole);
    for (int b = 0; b < 3; b++)
        seam_samples_store(SEAM_SAMPLE_U8, src + b * stride + whole, dst + 3 * whole + b, 3,
                           count - whole);
    return true;
}

#else

bool seam_simd_load3_u8(const uint8_t *src, float *dst, int64_t stride, int64_t count)
{
    (void)src;
    (void)dst;
    (void)stride;
    (void)count;
    return false;
}

bool seam_simd_store3_u8(const float *src, int64_t stride, uint8_t *dst, int64_t count)
{
    (void)src;
    (void)dst;
    (void)stride;
    (void)count;
    return false;
}

#endif
