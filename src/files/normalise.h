/* From any image libvips reads to samples the core takes: colour, depth, alpha, light. */
#ifndef SEAM_IO_NORMALISE_H
#define SEAM_IO_NORMALISE_H

#include "seamless/vips.h"

/*
 * Make *out of `in`: grey, RGB or plain bands, of u8, u16 or float, and say in *picture what it
 * holds (its height is that of one page). `transfer` is an enum seam_transfer or SEAM_AUTO.
 * What had to be converted is a notice.
 *
 * Errors: SEAM_ERROR_IO with the remedy where no conversion is faithful.
 */
enum seam_result seam_io_normalise(VipsImage *in, VipsImage **out, struct seam_picture *picture,
                                   int transfer, struct seam_log *log) SEAM_NODISCARD;

/* Whether bands of such a type go to a network as they are: grey, RGB, or of no known colour. */
bool seam_io_is_plain(VipsInterpretation type);

/* The sample that seam_io_normalise() will make of the image's. */
enum seam_sample seam_io_sample(const VipsImage *image);

/* Whether the image's samples are linear light: by what is asked for, its format or its profile;
 * `transfer` is an enum seam_transfer or SEAM_AUTO. */
bool seam_io_is_linear(const VipsImage *image, int transfer);

/* Whether a result of integers is to be linear light too: the picture's integers are, or its
 * profile goes along and says so. */
bool seam_io_stays_linear(const VipsImage *image, int transfer);

/* Go on with *next in the place of *image, which is let go, unless making it `failed`. The
 * successor goes by address: it is made by the call that gives `failed`, and C may evaluate that
 * second. */
bool seam_io_step(VipsImage **image, int failed, VipsImage *const *next);

/* Put libvips' own words into the log, once, and clear them. */
enum seam_result seam_io_vips_failed(struct seam_log *log, enum seam_result result,
                                     const char *what);

#endif /* SEAM_IO_NORMALISE_H */
