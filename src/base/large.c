/* madvise() is of BSD; glibc wants to be asked. */
#define _DEFAULT_SOURCE

#include "base/large.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define LARGE_PAGE ((size_t)2 << 20)
/* What is smaller is not worth them. */
#define LEAST (8 * LARGE_PAGE)

void *seam_large_alloc(size_t size)
{
    void *memory = NULL;
    if (size < LEAST)
        return malloc(size);
    if (posix_memalign(&memory, LARGE_PAGE, size) != 0)
        return NULL;
#ifdef MADV_HUGEPAGE
    /* Whole pages alone, so that no more becomes resident than was asked for. */
    (void)madvise(memory, size / LARGE_PAGE * LARGE_PAGE, MADV_HUGEPAGE);
#endif
    return memory;
}

void *seam_large_zeroed(size_t size)
{
    if (size < LEAST)
        return calloc(1, size);
    void *memory = seam_large_alloc(size);
    if (memory)
        memset(memory, 0, size);
    return memory;
}
