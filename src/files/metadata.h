/* Metadata that the pixels contradict. */
#ifndef SEAM_IO_METADATA_H
#define SEAM_IO_METADATA_H

#include "seamless/vips.h"

/* Of a picture that was turned upright: nothing says any longer that it lies on its side. The image
 * must be the caller's own. */
void seam_metadata_upright(VipsImage *image);

/* Of a result, `scale` times as large as the picture whose metadata it carries: sizes,
 * resolutions, depth, and further pictures that are announced and not there. The image must be
 * the caller's own. */
void seam_metadata_correct(VipsImage *image, double scale, struct seam_log *log);

/* Add to the history in its XMP that `agent` did `what`; an image that has no XMP gets some. */
void seam_metadata_sign(VipsImage *image, const char *agent, const char *what);

/* Leave nothing but what the pixels need: the colour profile, and how the pages lie and follow each
 * other. The image must be the caller's own. */
void seam_metadata_strip(VipsImage *image);

#endif /* SEAM_IO_METADATA_H */
