/* What microscopes and scanners of slides say of a pixel: OME-XML in the description of a TIFF, and
 * openslide's properties. */
#ifndef SEAM_IO_OME_H
#define SEAM_IO_OME_H

#include "seamless/vips.h"

/* Of a result, `scale` times as large as the picture whose metadata it carries: its own size, and
 * pixels so much smaller. The image must be the caller's own. */
void seam_ome_scale(VipsImage *image, double scale);

#endif /* SEAM_IO_OME_H */
