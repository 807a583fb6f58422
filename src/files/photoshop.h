/* Photoshop's resource blocks (8BIM), in which JPEG and TIFF carry IPTC, and a resolution once
 * more. */
#ifndef SEAM_IO_PHOTOSHOP_H
#define SEAM_IO_PHOTOSHOP_H

#include "seamless/vips.h"

/* Multiply the resolution that the blocks of an image tell. The image must be the caller's own. */
void seam_photoshop_scale(VipsImage *image, double scale);

/* Put the bytes of IPTC in their order where libtiff took them for numbers of a file of the other
 * order, as of most TIFFs of "Motorola" order. The image must be the caller's own. */
void seam_photoshop_turn(VipsImage *image);

/* Bring the IPTC of an image to the form that TIFF files have, or that JPEG files have: libvips
 * copies one into the other as it is. The image must be the caller's own. */
void seam_photoshop_for_tiff(VipsImage *image);
void seam_photoshop_for_jpeg(VipsImage *image);

#endif /* SEAM_IO_PHOTOSHOP_H */
