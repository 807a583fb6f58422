#include <math.h>

#include "tile/blend.h"

void seam_blend_ramp(enum seam_blend blend, float *weight, int64_t count)
{
    const double k = 6 / sqrt(2.0); /* 1 / (sqrt(2) * sigma), sigma = 1/6 */
    const double first = 0.5 * (1 + erf(-0.5 * k));
    for (int64_t i = 0; i < count; i++) {
        double t = ((double)i + 0.5) / (double)count;
        if (blend == SEAM_BLEND_GAUSSIAN)
            t = (0.5 * (1 + erf((t - 0.5) * k)) - first) / (1 - 2 * first);
        weight[i] = (float)t;
    }
}

void seam_blend_across(float *dst, int stride, const float *src, const float *m, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        dst[i * stride] += m[i] * (src[i] - dst[i * stride]);
}

void seam_blend_down(float *dst, const float *src, float m, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        dst[i] += m * (src[i] - dst[i]);
}
