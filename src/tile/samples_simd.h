/* Fast twins of loops in samples.c, for the pictures that are met most: three bands of 8 bit. Each
 * gives what its plain twin gives, to the bit; false where this CPU has none. Pure. */
#ifndef SEAM_SAMPLES_SIMD_H
#define SEAM_SAMPLES_SIMD_H

#include <stdbool.h>
#include <stdint.h>

/* dst[b * stride + i] = src[3 * i + b] / 255 */
bool seam_simd_load3_u8(const uint8_t *src, float *dst, int64_t stride, int64_t count);

/* dst[3 * i + b] = src[b * stride + i] rounded and clipped to 0..255 */
bool seam_simd_store3_u8(const float *src, int64_t stride, uint8_t *dst, int64_t count);

#endif /* SEAM_SAMPLES_SIMD_H */
