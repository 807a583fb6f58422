/* How much of what is freed the C library keeps. */
#include <stdlib.h> /* tells which library it is */
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "cli/cli.h"

/* In which what is kept counts for little. */
#define LARGE_BUDGET ((uint64_t)1 << 30)

void cli_heap_keep_little(void)
{
#ifdef __GLIBC__
    mallopt(M_MMAP_THRESHOLD, 256 << 10);
    mallopt(M_TRIM_THRESHOLD, 4 << 20);
    mallopt(M_ARENA_MAX, 2);
#endif
}

void cli_heap_keep_more(uint64_t budget)
{
#ifdef __GLIBC__
    if (budget > 0 && budget < LARGE_BUDGET)
        return;
    mallopt(M_MMAP_THRESHOLD, 16 << 20);
    mallopt(M_TRIM_THRESHOLD, 64 << 20);
#else
    (void)budget;
#endif
}
