/* EXIF into TIFF files and out of them, which libvips leaves alone. */
#ifndef SEAM_FILES_EXIF_H
#define SEAM_FILES_EXIF_H

#include <vips/vips.h>

#include "files/tags.h"

/* Give `image`, the caller's own, page `page` (0 the first) of the TIFF file at `path`, the EXIF
 * that the file has: as a loader of JPEG would. An image that has some keeps its own. `place` as in
 * seam_tags_read_tiff(). */
void seam_exif_take(VipsImage *image, const char *path, int page, struct seam_tags_place *place);

/* Give it this EXIF, which begins with its six letters, with fields as a loader of JPEG makes
 * them. */
void seam_exif_put(VipsImage *image, const unsigned char *exif, size_t size);

/* What a TIFF file is to have of the EXIF of `image`: what was photographed, how and where, its
 * size corrected. Nothing of how the picture lay in its file. */
GPtrArray *seam_exif_for_tiff(VipsImage *image);

#endif /* SEAM_FILES_EXIF_H */
