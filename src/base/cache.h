/* Small files in the user's cache folder: what one process found out and the next need not. All can
 * be made again, and one that is damaged is as good as none. */
#ifndef SEAM_BASE_CACHE_H
#define SEAM_BASE_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* "seamless/<kind>" where the user's programs keep such files; false: there is no such place, or
 * `size` bytes do not hold its name. */
bool seam_cache_folder(char *folder, size_t size, const char *kind);

/* Fill `data` with the file; its size, or -1 where it cannot be read or has more than `most`
 * bytes. */
int64_t seam_cache_read(const char *file, void *data, size_t most);

/* Keep `size` bytes, whole or not at all; the folder that the file lies in is made if need be.
 * False where that cannot be, which harms nobody. */
bool seam_cache_write(const char *file, const void *data, size_t size);

#endif /* SEAM_BASE_CACHE_H */
