/* Ramps, and the lerp that lays one tile over another. Pure. */
#ifndef SEAM_BLEND_H
#define SEAM_BLEND_H

#include "seamless/seamless.h"

/* weight[i] = M((i + 0.5) / count), i = 0 .. count - 1: 0 is the earlier tile, 1 the later one.
 * Both ramps satisfy M(t) + M(1 - t) = 1. The Gaussian ramp is the integral of a Gaussian whose
 * standard deviation is a sixth of the overlap, rescaled to run from 0 to 1. */
void seam_blend_ramp(enum seam_blend blend, float *weight, int64_t count);

/* Lay a later tile over an earlier one along a row: dst[i * stride] += m[i] * (src[i] - dst[i *
 * stride]), i = 0 .. count - 1. Equal samples stay what they are, to the bit. */
void seam_blend_across(float *dst, int stride, const float *src, const float *m, int64_t count);

/* Lay a row of a later band over one of an earlier: dst[i] += m * (src[i] - dst[i]). */
void seam_blend_down(float *dst, const float *src, float m, int64_t count);

#endif /* SEAM_BLEND_H */
