#include <float.h>
#include <math.h>
#include <string.h>

#include "plan/plan.h"
#include "tile/samples.h"
#include "tile/samples_simd.h"

/* A stride that the compiler knows lets it keep the loop in vector registers. */
#define WITH_KNOWN_STRIDE(stride, LOOP)                                                            \
    do {                                                                                           \
        switch (stride) {                                                                          \
        case 1: LOOP(1); break;                                                                    \
        case 2: LOOP(2); break;                                                                    \
        case 3: LOOP(3); break;                                                                    \
        case 4: LOOP(4); break;                                                                    \
        default: LOOP(stride); break;                                                              \
        }                                                                                          \
    } while (0)

/* What each byte becomes: with bands in between, a look-up beats what vectors can gather. */
#define BYTE(i) (float)(i) / 255.0f
#define BYTES_4(i) BYTE(i), BYTE(i + 1), BYTE(i + 2), BYTE(i + 3)
#define BYTES_16(i) BYTES_4(i), BYTES_4(i + 4), BYTES_4(i + 8), BYTES_4(i + 12)
#define BYTES_64(i) BYTES_16(i), BYTES_16(i + 16), BYTES_16(i + 32), BYTES_16(i + 48)

static const float byte_value[256] = { BYTES_64(0), BYTES_64(64), BYTES_64(128), BYTES_64(192) };

/* gcc makes vectors of loops that pick or place single bytes, and they cost twice the plain
 * loop. */
#if defined(__GNUC__) && !defined(__clang__)
#define PLAIN_LOOP __attribute__((optimize("no-tree-vectorize")))
#else
#define PLAIN_LOOP
#endif

PLAIN_LOOP
static void load_u8(const uint8_t *restrict src, int stride, float *restrict dst, int64_t count)
{
#define LOOP(s)                                                                                    \
    for (int64_t i = 0; i < count; i++)                                                            \
    dst[i] = byte_value[src[i * (s)]]
    WITH_KNOWN_STRIDE(stride, LOOP);
#undef LOOP
}

static void load_u16(const uint16_t *restrict src, int stride, float *restrict dst, int64_t count)
{
#define LOOP(s)                                                                                    \
    for (int64_t i = 0; i < count; i++)                                                            \
    dst[i] = (float)src[i * (s)] / 65535.0f
    WITH_KNOWN_STRIDE(stride, LOOP);
#undef LOOP
}

void seam_samples_load(enum seam_sample sample, const void *src, int stride, float *dst,
                       int64_t count)
{
    switch (sample) {
    case SEAM_SAMPLE_U8: load_u8(src, stride, dst, count); break;
    case SEAM_SAMPLE_U16: load_u16(src, stride, dst, count); break;
    case SEAM_SAMPLE_F32:
        if (stride == 1)
            memcpy(dst, src, (size_t)count * sizeof(float));
        else
            for (int64_t i = 0; i < count; i++)
                dst[i] = ((const float *)src)[i * stride];
        break;
    }
}

/* Out of range becomes the nearest end. NaN becomes 0: it does not get here from a network, but
 * blending infinities may yet make one. */
static inline int quantise(float v, float top)
{
    v = v * top + 0.5f;
    v = v > 0 ? v : 0;
    return (int)(v > top ? top : v);
}

PLAIN_LOOP
static void place_u8(const uint8_t *restrict src, uint8_t *restrict dst, int stride, int64_t count)
{
#define LOOP(s)                                                                                    \
    for (int64_t i = 0; i < count; i++)                                                            \
    dst[i * (s)] = src[i]
    WITH_KNOWN_STRIDE(stride, LOOP);
#undef LOOP
}

PLAIN_LOOP
static void place_u16(const uint16_t *restrict src, uint16_t *restrict dst, int stride,
                      int64_t count)
{
#define LOOP(s)                                                                                    \
    for (int64_t i = 0; i < count; i++)                                                            \
    dst[i * (s)] = src[i]
    WITH_KNOWN_STRIDE(stride, LOOP);
#undef LOOP
}

/* Quantise a piece in vector registers, then lay it between the other bands. */
#define PIECE 512

static void store_u8(const float *restrict src, uint8_t *restrict dst, int stride, int64_t count)
{
    uint8_t piece[PIECE];
    for (int64_t done = 0; done < count; done += PIECE) {
        const int64_t n = count - done < PIECE ? count - done : PIECE;
        for (int64_t i = 0; i < n; i++)
            piece[i] = (uint8_t)quantise(src[done + i], 255);
        place_u8(piece, dst + done * stride, stride, n);
    }
}

static void store_u16(const float *restrict src, uint16_t *restrict dst, int stride, int64_t count)
{
    uint16_t piece[PIECE];
    for (int64_t done = 0; done < count; done += PIECE) {
        const int64_t n = count - done < PIECE ? count - done : PIECE;
        for (int64_t i = 0; i < n; i++)
            piece[i] = (uint16_t)quantise(src[done + i], 65535);
        place_u16(piece, dst + done * stride, stride, n);
    }
}

void seam_samples_store(enum seam_sample sample, const float *src, void *dst, int stride,
                        int64_t count)
{
    switch (sample) {
    case SEAM_SAMPLE_U8: store_u8(src, dst, stride, count); break;
    case SEAM_SAMPLE_U16: store_u16(src, dst, stride, count); break;
    case SEAM_SAMPLE_F32:
        if (stride == 1)
            memcpy(dst, src, (size_t)count * sizeof(float));
        else
            for (int64_t i = 0; i < count; i++)
                ((float *)dst)[i * stride] = src[i];
        break;
    }
}

void seam_samples_load_bands(enum seam_sample sample, const void *src, int bands, float *lines,
                             int64_t line_stride, int64_t count)
{
    if (sample == SEAM_SAMPLE_U8 && bands == 3 &&
        seam_simd_load3_u8(src, lines, line_stride, count))
        return;
    for (int b = 0; b < bands; b++)
        seam_samples_load(sample,
                          (const unsigned char *)src + (size_t)b * seam_sample_bytes(sample), bands,
                          lines + b * line_stride, count);
}

void seam_samples_store_bands(enum seam_sample sample, const float *lines, int64_t line_stride,
                              int bands, void *dst, int pixel_stride, int64_t count)
{
    if (sample == SEAM_SAMPLE_U8 && bands == 3 && pixel_stride == 3 &&
        seam_simd_store3_u8(lines, line_stride, dst, count))
        return;
    for (int b = 0; b < bands; b++)
        seam_samples_store(sample, lines + b * line_stride,
                           (unsigned char *)dst + (size_t)b * seam_sample_bytes(sample),
                           pixel_stride, count);
}

bool seam_samples_finite(const float *src, int64_t count)
{
    int bad = 0;
    for (int64_t i = 0; i < count; i++)
        bad |= !(fabsf(src[i]) <= FLT_MAX);
    return !bad;
}

int64_t seam_samples_not_finite(const float *src, int64_t count)
{
    int64_t i = 0;
    if (seam_samples_finite(src, count))
        return -1;
    while (isfinite(src[i]))
        i++;
    return i;
}
