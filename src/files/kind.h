/* Which files in a folder are pictures. */
#ifndef SEAM_IO_KIND_H
#define SEAM_IO_KIND_H

#include <stdbool.h>

/* Whether the file at `path` is meant where a folder is: libvips would take tables of numbers,
 * films, web pages and what stands beside pictures for some too. */
bool seam_file_is_picture(const char *path);

#endif /* SEAM_IO_KIND_H */
