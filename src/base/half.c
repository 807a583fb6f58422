#include <string.h>

#include "base/half.h"

uint16_t seam_half_from_float(float v)
{
    uint32_t u;
    memcpy(&u, &v, sizeof(u));
    const uint16_t sign = (uint16_t)(u >> 16 & 0x8000);
    const uint32_t magnitude = u & 0x7fffffff;
    if (magnitude > 0x7f800000) /* NaN stays NaN */
        return sign | 0x7e00;
    if (magnitude >= 0x477ff000) /* rounds to 65536 or more */
        return sign | 0x7c00;
    if (magnitude < 0x33000000) /* below half of the smallest subnormal */
        return sign;
    uint32_t bits, drop; /* mantissa with its leading one, how many of its bits go */
    uint32_t base;       /* exponent field of the result, less the leading one */
    if (magnitude < 0x38800000) {
        bits = (magnitude & 0x7fffff) | 0x800000;
        drop = 126 - (magnitude >> 23);
        base = 0;
    } else {
        bits = (magnitude & 0x7fffff) | 0x800000;
        drop = 13;
        base = ((magnitude >> 23) - 113) << 10;
    }
    const uint32_t half = 1u << (drop - 1), rest = bits & ((1u << drop) - 1);
    uint32_t result = base + (bits >> drop);
    if (rest > half || (rest == half && (result & 1)))
        result++;
    return (uint16_t)(sign | result);
}

float seam_half_to_float(uint16_t h)
{
    const uint32_t sign = (uint32_t)(h & 0x8000) << 16;
    const uint32_t exponent = h >> 10 & 31, mantissa = h & 0x3ff;
    uint32_t u;
    if (exponent == 31) {
        u = sign | 0x7f800000 | mantissa << 13;
    } else if (exponent > 0) {
        u = sign | (exponent + 112) << 23 | mantissa << 13;
    } else {
        /* A subnormal counts units of 2^-24, exactly representable as a float. */
        const float v = (float)mantissa / 16777216.0f;
        memcpy(&u, &v, sizeof(u));
        u |= sign;
    }
    float v;
    memcpy(&v, &u, sizeof(v));
    return v;
}
