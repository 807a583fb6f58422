/* Numbers of half the width. Pure. */
#ifndef SEAM_HALF_H
#define SEAM_HALF_H

#include <stdint.h>

/* IEEE 754 binary16, rounded to nearest even; what is too large becomes infinity. */
uint16_t seam_half_from_float(float v);
float seam_half_to_float(uint16_t h);

#endif /* SEAM_HALF_H */
