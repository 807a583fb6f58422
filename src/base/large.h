/* Memory of many megabytes that is written from end to end. */
#ifndef SEAM_LARGE_H
#define SEAM_LARGE_H

#include <stddef.h>

/* `size` bytes, of which nothing is known, for free(); NULL: no memory. Where the system has them
 * its pages are large: a small one that is touched for the first time costs more than what is
 * written into it. */
void *seam_large_alloc(size_t size);

/* The same, all zero. */
void *seam_large_zeroed(size_t size);

#endif /* SEAM_LARGE_H */
