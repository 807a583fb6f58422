/* Temporary files: made, filled, removed. */
#ifndef SEAM_IO_TEMPORARY_H
#define SEAM_IO_TEMPORARY_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/cancel.h"

/* Those in a folder that killed runs left are removed when the first is made there (sweep.h): until
 * it is removed or forgotten, each is locked.
 *
 * Create an empty file in `dir` (NULL: seam_disk_folder()) whose name ends with `suffix`, with the
 * rights `mode` less the process's mask. Returns a descriptor and its path, or -1 with errno
 * set. */
int seam_temporary_open(const char *dir, const char *suffix, mode_t mode, char **path);

/* The same with one name for each `base`, ".seamless-BASE": an older file of that name is removed.
 * For those who know that nobody else writes to it. */
int seam_temporary_take(const char *dir, const char *base, mode_t mode, char **path);

/* Remove that older file, if there is one. */
void seam_temporary_drop(const char *dir, const char *base);

/* Copy all of `from` to `to`; false with errno set, EINTR where `cancel` (may be NULL) says so. */
bool seam_temporary_copy(int from, int to, const struct seam_cancel *cancel);

/* Remove the file, free its path and set it to NULL. NULL is fine. */
void seam_temporary_remove(char **path);

/* The file is no longer temporary, or gone: free its path and set it to NULL. */
void seam_temporary_forget(char **path);

/* Remove the files of all paths that are still held. Safe in a signal handler; the paths stay
 * allocated, so the process must end afterwards. */
void seam_temporary_remove_all(void);

#endif /* SEAM_IO_TEMPORARY_H */
