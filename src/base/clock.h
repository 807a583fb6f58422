/* Seconds of a clock that nobody sets. */
#ifndef SEAM_BASE_CLOCK_H
#define SEAM_BASE_CLOCK_H

#include <time.h>

static inline double seam_clock(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

#endif /* SEAM_BASE_CLOCK_H */
