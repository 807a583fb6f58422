/* A picture that knows when its last row was taken: from there on a saver asks nobody whether to go
 * on, and HEIC, AVIF, JPEG XL, WebP, GIF and others begin to encode then (files/deaf.h).
 *
 *     struct seam_given given;
 *     VipsImage *watched = seam_given_begin(&given, image);
 *     ... save it ...
 *     seam_given_end(&given);
 */
#ifndef SEAM_FILES_GIVEN_H
#define SEAM_FILES_GIVEN_H

#include <vips/vips.h>

struct seam_given {
    VipsImage *image;
    gint all; /* atomic; 1: its last row was taken */
};

/* The same picture, which `given` owns; NULL where libvips fails. */
VipsImage *seam_given_begin(struct seam_given *given, VipsImage *image);

/* The saver is done. */
void seam_given_end(struct seam_given *given);

#endif /* SEAM_FILES_GIVEN_H */
