/* A finished file under its name. */
#ifndef SEAM_FILES_PLACE_H
#define SEAM_FILES_PLACE_H

#include "seamless/seamless.h"

/*
 * Force the temporary file to disk, give it the rights the user expects, and put it in place of
 * `path`, where an older file is intact until then. *temporary is forgotten and NULL. On failure,
 * SEAM_ERROR_IO, it stays; `name` stands in the message.
 */
enum seam_result SEAM_NODISCARD seam_place(char **temporary, const char *path, const char *name,
                                           struct seam_log *log);

#endif /* SEAM_FILES_PLACE_H */
