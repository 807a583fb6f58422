/* Saving through a target that no saver can stumble over. */
#ifndef SEAM_IO_GUARD_H
#define SEAM_IO_GUARD_H

#include <stdbool.h>
#include <vips/vips.h>

/*
 * Write `image` to the file `path` in a format given like ".jp2[Q=80]". After the first write that
 * fails every further one is swallowed, so that a saver that does not look comes to its end; then
 * this returns false with errno set.
 */
bool seam_guarded_save(VipsImage *image, const char *path, const char *format);

/* The same to a descriptor, which stays open. */
bool seam_guarded_write(VipsImage *image, int fd, bool seekable, const char *format);

/* Whether a write of this picture has failed: nothing that is computed for it from now on is of use. */
bool seam_guard_broken(void);

/* Another picture: what failed before is over. */
void seam_guard_begin(void);

#endif /* SEAM_IO_GUARD_H */
