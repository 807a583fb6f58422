/* Integers that have no white: with a sign, or of 32 bits with one. Their values go through the
 * network as floats, and are integers again in the file. */
#ifndef SEAM_IO_INTEGERS_H
#define SEAM_IO_INTEGERS_H

#include "files/save.h"

/* Make *image one of floats of the same values, if its samples are such integers; *was is what they
 * were, VIPS_FORMAT_UCHAR where they are others. False where libvips fails. */
bool seam_integers_to_float(VipsImage **image, VipsBandFormat *was);

/* Whether the output's format holds them, or floats: SEAM_ERROR_ARGUMENT, in words in the log. */
enum seam_result seam_integers_check(const struct seam_save *save, VipsBandFormat was,
                                     struct seam_log *log) SEAM_NODISCARD;

/* Make *result, of floats, integers again, rounded and within what they hold, where the format of
 * `save` holds them. Errors: SEAM_ERROR_IO. */
enum seam_result seam_integers_back(VipsImage **result, const struct seam_save *save,
                                    VipsBandFormat was, struct seam_log *log) SEAM_NODISCARD;

#endif /* SEAM_IO_INTEGERS_H */
