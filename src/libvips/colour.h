/* Pictures whose colours are no sRGB: to linear light of sRGB's primaries, which a network's sRGB
 * is made of, and back into the colours of their profile. */
#ifndef SEAM_VIPS_COLOUR_H
#define SEAM_VIPS_COLOUR_H

#include "files/icc.h"
#include "seamless/vips.h"

enum seam_colour_kind {
    SEAM_COLOUR_AS_IT_IS, /* sRGB, or what goes another way: as linear light, by `transfer` */
    SEAM_COLOUR_OTHER,    /* of another profile, which is known */
    SEAM_COLOUR_UNKNOWN,  /* of a profile of tables, which cannot be undone */
};

/* What the colours of a picture are. `icc` points into its profile, where that is known. */
enum seam_colour_kind seam_colour_kind(struct seam_icc *icc, VipsImage *image);

/*
 * Floats of linear light, beyond 0..1 where sRGB does not hold a colour; alpha is 0..1. NULL where
 * libvips fails.
 */
VipsImage *seam_colour_to_light(VipsImage *in, const struct seam_icc *icc);

/* `light`, of the profile of `in`, as samples of that profile; of sRGB, where it has other colours
 * than the profile. `beside`: its last band is no colour. NULL where libvips fails. `log`, which
 * must live as long, is told where a sample of it comes to be no number, or infinity. */
VipsImage *seam_colour_from_light(VipsImage *light, VipsImage *in, const struct seam_icc *icc,
                                  bool beside, enum seam_sample sample, struct seam_log *log);

/* Bytes that both hold, for a result `scale` times as wide. */
uint64_t seam_colour_bytes(const VipsImage *in, double scale);

#endif /* SEAM_VIPS_COLOUR_H */
