/* What a plan says beyond its fields. Pure. */
#ifndef SEAM_PLAN_H
#define SEAM_PLAN_H

#include "seamless/seamless.h"

/* Bytes of one sample. */
size_t seam_sample_bytes(enum seam_sample sample);

/* Bands of the picture that are colour. */
int seam_plan_colour_bands(const struct seam_plan *plan);

/* Whether alpha or chroma is resampled beside the network, or hidden colours are filled: what
 * needs the tile's own samples as planes of float. */
bool seam_plan_needs_planes(const struct seam_plan *plan);

/* Whether neighbouring targets overlap in either direction. */
bool seam_plan_blends(const struct seam_plan *plan);

/* Size of what the network puts out for one padded tile, in output pixels. */
int64_t seam_plan_result_width(const struct seam_plan *plan);
int64_t seam_plan_result_height(const struct seam_plan *plan);

/* How far a colour is carried under transparent neighbours, in pixels (fill.c). */
#define SEAM_FILL_RADIUS 8

/* Reach of the Lanczos3 kernel that carries alpha and chroma along, in input pixels, when
 * enlarging. */
#define SEAM_RESAMPLE_REACH 4

#endif /* SEAM_PLAN_H */
