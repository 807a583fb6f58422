/* Pictures that cannot be read from top to bottom as they are go through a temporary file on disk,
 * so that memory stays flat. */
#ifndef SEAM_IO_SPOOL_H
#define SEAM_IO_SPOOL_H

#include "files/load.h"

/* A picture whose decoder holds it whole (interlaced PNG, JPEG of several scans) is written anew
 * where that is much of the budget. `path` is what load->image was opened from. */
enum seam_result seam_spool_rows(struct seam_load *load, const char *path,
                                 const struct seam_load_params *params, uint64_t budget,
                                 struct seam_log *log) SEAM_NODISCARD;

/* A picture that lies on its side or its head is turned upright. */
enum seam_result seam_spool_upright(struct seam_load *load, const struct seam_load_params *params,
                                    struct seam_log *log) SEAM_NODISCARD;

#endif /* SEAM_IO_SPOOL_H */
