/* The sRGB curve (IEC 61966-2-1) on floats, continued beyond 0..1 and mirrored below 0, so that
 * nothing is clipped. Pure. */
#ifndef SEAM_TRANSFER_H
#define SEAM_TRANSFER_H

#include <math.h>

static inline float seam_srgb_encode(float linear)
{
    float a = fabsf(linear);
    float v = a <= 0.0031308f ? 12.92f * a : 1.055f * powf(a, 1 / 2.4f) - 0.055f;
    return copysignf(v, linear);
}

static inline float seam_srgb_decode(float encoded)
{
    float a = fabsf(encoded);
    float v = a <= 0.04045f ? a / 12.92f : powf((a + 0.055f) / 1.055f, 2.4f);
    return copysignf(v, encoded);
}

#endif /* SEAM_TRANSFER_H */
