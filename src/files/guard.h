/* Saving through a target that no saver can stumble over. */
#ifndef SEAM_IO_GUARD_H
#define SEAM_IO_GUARD_H

#include <stdbool.h>
#include <vips/vips.h>

/*
 * Write `image` to the file `path` in a format given like ".jp2[Q=80]". After the first write that
 * fails every further one is swallowed, so that a saver that does not look comes to its end; then
 * this returns false with errno set, and *broken, which other threads may look at, is 1 from then
 * on.
 */
bool seam_guarded_save(VipsImage *image, const char *path, const char *format, int *broken);

/* The same to a descriptor, which stays open. */
bool seam_guarded_write(VipsImage *image, int fd, bool seekable, const char *format,
                        int *broken);

#endif /* SEAM_IO_GUARD_H */
