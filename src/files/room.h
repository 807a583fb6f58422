/* Whether a disk has room for what a long run will put there: known before it begins, not after. */
#ifndef SEAM_IO_ROOM_H
#define SEAM_IO_ROOM_H

#include "files/save.h"

/* Bytes that `image` takes in the file it is saved to, headers not counted, where the format does
 * not compress; 0 where nobody can tell beforehand. */
uint64_t seam_room_of(const struct seam_save *save, const VipsImage *image);

/* Whether `bytes` more fit beside `path`. `what` says what takes them, for the message. Where the
 * system does not tell it is taken to have room. Errors: SEAM_ERROR_IO. */
enum seam_result seam_room_check(const char *path, uint64_t bytes, const char *what,
                                 struct seam_log *log) SEAM_NODISCARD;

#endif /* SEAM_IO_ROOM_H */
