/* Samples of a picture <-> floats, nominally 0..1. Pure. */
#ifndef SEAM_SAMPLES_H
#define SEAM_SAMPLES_H

#include "seamless/seamless.h"

/* dst[i] = sample i * stride of src, i = 0 .. count - 1: 255 or 65535 becomes 1, floats stay. */
void seam_samples_load(enum seam_sample sample, const void *src, int stride, float *dst,
                       int64_t count);

/* Sample i * stride of dst = src[i], rounded to nearest and clipped for integers; floats stay. */
void seam_samples_store(enum seam_sample sample, const float *src, void *dst, int stride,
                        int64_t count);

/* All bands of interleaved pixels to lines and back: band b of pixel i is lines[b * line_stride +
 * i]. `pixel_stride` samples lie between two pixels; line_stride may be negative. */
void seam_samples_load_bands(enum seam_sample sample, const void *src, int bands, float *lines,
                             int64_t line_stride, int64_t count);
void seam_samples_store_bands(enum seam_sample sample, const float *lines, int64_t line_stride,
                              int bands, void *dst, int pixel_stride, int64_t count);

/* Whether every value is finite. */
bool seam_samples_finite(const float *src, int64_t count);

/* The first that is not; -1 where all are. */
int64_t seam_samples_not_finite(const float *src, int64_t count);

#endif /* SEAM_SAMPLES_H */
