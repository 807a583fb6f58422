/* What an ICC profile says in its first bytes and in its curves. Pure. */
#ifndef SEAM_IO_PROFILE_H
#define SEAM_IO_PROFILE_H

#include <stdbool.h>
#include <stddef.h>

/* Colour bands of the pictures that the profile describes; 0 where it is no profile. */
int seam_profile_colours(const void *data, size_t size);

/* Whether all its curves are straight: the samples are linear light. */
bool seam_profile_is_linear(const void *data, size_t size);

#endif /* SEAM_IO_PROFILE_H */
