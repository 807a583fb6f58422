/* A finished file under its name. */
#ifndef SEAM_FILES_PLACE_H
#define SEAM_FILES_PLACE_H

#include <sys/types.h>

#include "seamless/seamless.h"

/*
 * Begin a file that is to become `path`: a temporary one beside it, whose name ends with `suffix`
 * (NULL: the one name that seam_temporary_take() gives). *rights become those of the older file of
 * that name, whose contents may be private from the first byte on, or what the process's mask
 * leaves a new one. Returns a descriptor, or -1 with errno set.
 */
int seam_place_open(const char *path, const char *suffix, char **temporary, mode_t *rights);

/*
 * Force the temporary file to disk, give it `rights`, or those that the file `path` has by now, and
 * put it in place of that, which is intact until then. *temporary is forgotten and NULL. On
 * failure, SEAM_ERROR_IO, it stays; `name` stands in the message.
 */
enum seam_result SEAM_NODISCARD seam_place(char **temporary, const char *path, mode_t rights,
                                           const char *name, struct seam_log *log);

#endif /* SEAM_FILES_PLACE_H */
