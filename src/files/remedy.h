/* What a user can do about a picture that cannot be read. */
#ifndef SEAM_IO_REMEDY_H
#define SEAM_IO_REMEDY_H

#include "files/load.h"

/* " (if it is cut short, ...)", where these words, NULL for libvips', sound like it and nothing is
 * allowed to be damaged yet; what else helps where they name a kind of file; else "". `params` may
 * be NULL. */
const char *seam_load_remedy(const struct seam_load_params *params, const char *words);

/* The same for the rows of `image`, which libvips cannot read, by its own words. */
const char *seam_rows_remedy(VipsImage *image, bool allow_damaged);

#endif /* SEAM_IO_REMEDY_H */
