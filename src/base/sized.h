/* Structs of a program that was built against another header than the library: shorter, or longer,
 * than ours (seamless/base.h says what holds). */
#ifndef SEAM_SIZED_H
#define SEAM_SIZED_H

#include <string.h>

/* What `theirs` has of it over the defaults in `own`. NULL: nothing. */
static inline void seam_sized_take(void *own, size_t own_size, const void *theirs, size_t size)
{
    if (theirs)
        memcpy(own, theirs, size < own_size ? size : own_size);
}

/* As much of `own` as `theirs` holds, and zeros beyond. NULL: it is not wanted. */
static inline void seam_sized_give(void *theirs, size_t size, const void *own, size_t own_size)
{
    if (!theirs)
        return;
    memset(theirs, 0, size);
    memcpy(theirs, own, size < own_size ? size : own_size);
}

#define SEAM_TAKE(own, theirs, size) seam_sized_take(&(own), sizeof(own), theirs, size)
#define SEAM_GIVE(theirs, size, own) seam_sized_give(theirs, size, &(own), sizeof(own))

#endif /* SEAM_SIZED_H */
