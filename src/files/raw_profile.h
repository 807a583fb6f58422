/* Profiles that libvips does not see: EXIF, XMP, IPTC and ICC that ImageMagick wrote into PNG as
 * texts in hexadecimal, and what numbers say of colours. */
#ifndef SEAM_FILES_RAW_PROFILE_H
#define SEAM_FILES_RAW_PROFILE_H

#include <stdbool.h>
#include <vips/vips.h>

/* Take texts named "Raw profile type ..." out of *image, and give it what they hold, as a loader
 * would that knew them; of what it has already it keeps its own. A text that holds no such thing
 * stays as it is. False where libvips fails. */
bool seam_raw_profiles_take(VipsImage **image);

/* Give *image, whose colours are Display P3's by number, that profile, if it has none. False where
 * libvips fails. */
bool seam_display_p3_take(VipsImage **image);

#endif /* SEAM_FILES_RAW_PROFILE_H */
