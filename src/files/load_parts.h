/* What the files of load*.c know of each other. */
#ifndef SEAM_FILES_LOAD_PARTS_H
#define SEAM_FILES_LOAD_PARTS_H

#include "files/load.h"

/* Which of libvips' loaders reads it; "" where none does. */
const char *seam_load_loader(VipsImage *image);

/* Replace the first page by the pages asked for. `path` as the user gave it, `plain` without its
 * options. */
enum seam_result seam_load_pages(struct seam_load *load, const char *path, const char *plain,
                                 const struct seam_load_params *params, struct seam_log *log);

/* What libvips keeps to itself of a TIFF. Of a picture that lies on its side, what the fields say
 * of columns and lines is no longer so. */
enum seam_result seam_load_tags(struct seam_load *load, const char *path, const char *plain,
                                const struct seam_load_params *params, struct seam_log *log);

#endif /* SEAM_FILES_LOAD_PARTS_H */
