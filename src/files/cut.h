/* Files that end before their picture does, told by their ends alone. */
#ifndef SEAM_FILES_CUT_H
#define SEAM_FILES_CUT_H

#include <stdbool.h>

/* Whether the file that `name` names, with options of a loader or without, is a PNG, JPEG or TIFF
 * that was cut short: the last kilobytes of the first two, and of a TIFF the directory of page
 * `page`, 1 the first, are looked at; 0 or less, of all pages: of the first. False where nothing is
 * known. */
bool seam_file_is_cut(const char *name, int page);

#endif /* SEAM_FILES_CUT_H */
