/* Rows that are made of a network's, looked at: arithmetic on large floats may end in infinity. */
#ifndef SEAM_VIPS_FINITE_H
#define SEAM_VIPS_FINITE_H

#include "seamless/vips.h"

/* Whether all samples of a row of `width` pixels, of `bands` each, are finite. Else `log` is told
 * that doing `what` made another of pixel left + x, y; it must live as long as rows are made. */
bool seam_vips_finite(const float *row, int64_t width, int bands, int left, int y,
                      const char *what, struct seam_log *log);

/* The same of a row of the picture itself, of which nothing was made yet. */
bool seam_vips_held(const float *row, int64_t width, int bands, int left, int y,
                    struct seam_log *log);

#endif /* SEAM_VIPS_FINITE_H */
