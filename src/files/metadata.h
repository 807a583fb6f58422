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

#endif /* SEAM_IO_METADATA_H */
