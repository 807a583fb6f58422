/* What a journal's rows are of, in lines "name: value". Pure. */
#ifndef SEAM_LINES_H
#define SEAM_LINES_H

#include "seamless/seamless.h"

/* The value behind "name: " in the lines, and its length; NULL where there is none. `name` is of
 * `name_length` bytes. */
const char *seam_lines_find(const char *lines, const char *name, size_t name_length,
                            size_t *length);

/* Whether the lines `now` are those in `old`. Errors: SEAM_ERROR_ARGUMENT, and the message names
 * the first that is another, or is not there, of the journal `path`. */
enum seam_result seam_lines_compare(const char *old, const char *now, const char *path,
                                    struct seam_log *log) SEAM_NODISCARD;

#endif /* SEAM_LINES_H */
