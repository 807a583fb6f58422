/* What a result says of itself: its format, size and metadata. */
#ifndef SEAM_RESULT_HEADER_H
#define SEAM_RESULT_HEADER_H

#include "seamless/vips.h"

/* libvips' names of a sample's format, and of encoded colours of it: of one, grey, or of three. */
VipsBandFormat seam_result_format(enum seam_sample sample);
VipsInterpretation seam_result_type(int colours, enum seam_sample sample);

/* Replace *image, floats of linear light, by integers of linear light, rounded. False where libvips
 * fails. */
bool seam_result_to_integers(VipsImage **image, enum seam_sample sample);

/* Set up the header of `out`, `pages` pages of results by `plan` of the picture `in`, whose
 * metadata are carried over. 0; -1 where libvips fails, with its words in its own error buffer. */
int seam_result_header(VipsImage *out, VipsImage *in, const struct seam_plan *plan, int64_t pages,
                       struct seam_log *log);

#endif /* SEAM_RESULT_HEADER_H */
