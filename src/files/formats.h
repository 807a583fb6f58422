/* What libvips' loaders and savers hold of a picture in memory, and what formats can hold at
 * all. */
#ifndef SEAM_IO_FORMATS_H
#define SEAM_IO_FORMATS_H

#include <stdbool.h>
#include <stdint.h>
#include <vips/vips.h>

/* Bytes per pixel that the loader of `image` holds until the picture is read; 0 where it comes row
 * by row. Only the header of `image` is looked at. */
double seam_format_load_bytes(VipsImage *image);

/* Whether seam_rewrite_...() makes the picture one that comes row by row. */
bool seam_format_is_interlaced_png(VipsImage *image);
bool seam_format_is_multiscan_jpeg(VipsImage *image);

/* Bytes per pixel that the saver of a file ".webp" with options "[lossless]" holds until the
 * picture is written, where a pixel has `pixel_bytes`; 0 where it goes row by row. */
double seam_format_save_bytes(const char *suffix, const char *options, int pixel_bytes);

/* Seconds that one core takes to decode `pixels` of the picture, and to encode so many samples in a
 * file ".tif" with options "[compression=lzw]": by measurements of one machine, and none where
 * nothing was measured. */
double seam_format_load_seconds(VipsImage *image, double pixels);
double seam_format_save_seconds(const char *suffix, const char *options, double samples);

/* Rows that libvips caches of a picture that it reads row by row. */
int64_t seam_format_cached_rows(VipsImage *image);

/* The side `name`, "width" or "height", of the tiles of a TIFF file that these options ask for. */
int seam_format_tile_side(const char *options, const char *name);

/* Rows of the result that the saver gathers before it writes them: a row of tiles, or a strip. */
int seam_format_save_rows(const char *suffix, const char *options);

/* Bytes that an encoder takes whatever the picture's pixels are; `side` is its longer one. */
uint64_t seam_format_coder_bytes(const char *suffix, const char *options, double side);

#endif /* SEAM_IO_FORMATS_H */
