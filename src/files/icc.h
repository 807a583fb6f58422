/* Profiles of curves and a matrix: what is stored to linear light of sRGB's primaries, and back.
 * After ICC.1:2022, sections 8.3, 10.6 and 10.18. Pure. */
#ifndef SEAM_IO_ICC_H
#define SEAM_IO_ICC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* From what is stored to light, both 0..1; continued beyond 1, mirrored below 0. */
struct seam_icc_curve {
    const unsigned char *points; /* 16 bits each, the high byte first; NULL: by the formula */
    uint32_t count;
    float power, a, b, d, e; /* (a v + b)^power + e, from d on */
    float c, f;              /* c v + f, below */
};

/* Light comes as `to_srgb` times what the curves give. Its points lie in the profile. */
struct seam_icc {
    int colours; /* 1 or 3 */
    struct seam_icc_curve curves[3];
    float to_srgb[3][3], from_srgb[3][3];
};

/* False where the profile is none, is of other colours, or tells them by tables. */
bool seam_icc_read(struct seam_icc *icc, const void *data, size_t size);

/* sRGB itself, of 1 or 3 colours. */
void seam_icc_srgb(struct seam_icc *icc, int colours);

float seam_icc_light(const struct seam_icc_curve *curve, float stored);
float seam_icc_stored(const struct seam_icc_curve *curve, float light);

/* Whether its primaries, or its primaries and its curves, are sRGB's, as near as shows. */
bool seam_icc_has_srgb_primaries(const struct seam_icc *icc);
bool seam_icc_is_srgb(const struct seam_icc *icc);

#endif /* SEAM_IO_ICC_H */
