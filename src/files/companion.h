/* Pictures that do not lie in one file: what tells whether they are the same has to know it. */
#ifndef SEAM_IO_COMPANION_H
#define SEAM_IO_COMPANION_H

#include <stdbool.h>

/* The file that the picture `path` has beside it: of .hdr the .img, and the other way round. NULL
 * where there is none. Free it with g_free(). */
char *seam_companion(const char *path);

/* Whether it lies in more files than can be told: slides that are a folder. */
bool seam_companion_many(const char *path);

#endif /* SEAM_IO_COMPANION_H */
