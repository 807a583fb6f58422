/* Where temporary files go, and whether they fit there. */
#ifndef SEAM_IO_DISK_H
#define SEAM_IO_DISK_H

#include <stdint.h>

#include "seamless/seamless.h"

/* The folder for temporary files: TMPDIR, else /var/tmp, which is on disk where /tmp is often
 * memory, else the system's. Static storage or the environment's. */
const char *seam_disk_folder(void);

/* Whether the folder's file system keeps its files in memory. */
bool seam_disk_is_memory(const char *folder);

/* Whether no other machine can write to it, as far as its kind tells; false where that is not
 * known. */
bool seam_disk_is_local(const char *folder);

/* Bytes that are free for this user in the folder's file system; UINT64_MAX where it does not
 * tell. */
uint64_t seam_disk_room(const char *folder);

/* Whether `bytes` fit into that folder; `what` takes them ("a temporary copy of in.png"). A file
 * system that does not tell has room. Errors: SEAM_ERROR_IO with both figures and the remedy. */
enum seam_result seam_disk_check(uint64_t bytes, const char *what,
                                 struct seam_log *log) SEAM_NODISCARD;

#endif /* SEAM_IO_DISK_H */
