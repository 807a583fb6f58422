/* Pixels and header of an opened picture, brought to say the same. */
#ifndef SEAM_IO_ADAPT_H
#define SEAM_IO_ADAPT_H

#include "files/sniff.h"
#include "seamless/vips.h"

/* A header field, an int: the last of four bands is no alpha but data that hides nothing. */
#define SEAM_META_DATA_BAND "seamless-data-band"
/* Likewise: the last band is alpha, though libvips knows none beside so many bands. */
#define SEAM_META_HIDING_BAND "seamless-hiding-band"

/*
 * Replace *image by one whose last band is straight alpha, or said not to be alpha. `name` is for
 * messages. Errors: SEAM_ERROR_IO.
 */
enum seam_result seam_adapt(VipsImage **image, const char *name, enum seam_extra extra,
                            struct seam_log *log) SEAM_NODISCARD;

/* Whether the last band is no colour, by its type or by SEAM_META_HIDING_BAND. */
bool seam_adapt_has_alpha(VipsImage *image);

/* Whether the last band hides nothing. */
bool seam_adapt_is_data(VipsImage *image);

#endif /* SEAM_IO_ADAPT_H */
