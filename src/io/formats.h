/* What libvips' loaders and savers hold of a picture in memory, and what formats can hold at all. */
#ifndef SEAM_IO_FORMATS_H
#define SEAM_IO_FORMATS_H

#include <stdbool.h>
#include <vips/vips.h>

/* Bytes per pixel that the loader of `image` holds until the picture is read; 0 where it comes row by
 * row. Only the header of `image` is looked at. */
double seam_format_load_bytes(VipsImage *image);

/* Whether seam_rewrite_...() makes the picture one that comes row by row. */
bool seam_format_is_interlaced_png(VipsImage *image);
bool seam_format_is_multiscan_jpeg(VipsImage *image);

/* Bytes per pixel that the saver of a file ".webp" with options "[lossless]" holds until the picture is
 * written, where a pixel has `pixel_bytes`; 0 where it goes row by row. */
double seam_format_save_bytes(const char *suffix, const char *options, int pixel_bytes);

#endif /* SEAM_IO_FORMATS_H */
