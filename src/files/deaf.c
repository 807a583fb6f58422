#include "files/deaf.h"

static int deaf; /* such stretches just now; atomic */

void seam_deaf_begin(void)
{
    __atomic_add_fetch(&deaf, 1, __ATOMIC_RELAXED);
}

void seam_deaf_end(void)
{
    __atomic_sub_fetch(&deaf, 1, __ATOMIC_RELAXED);
}

bool seam_is_deaf(void)
{
    return __atomic_load_n(&deaf, __ATOMIC_RELAXED) > 0;
}
