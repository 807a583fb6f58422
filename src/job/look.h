/* Which built-in network the picture in a file asks for. */
#ifndef SEAM_JOB_LOOK_H
#define SEAM_JOB_LOOK_H

#include "base/cancel.h"
#include "model/choose.h"
#include "seamless/job.h"

/* Look at the middle of the first page of the file at `path`, which is opened for that alone; one
 * that can be read only once, that libvips must not read, or that its decoder would hold whole is
 * not. `transfer` as in struct seam_vips_params; one that is damaged is an error unless
 * `allow_damaged`; `cancel` may be NULL. Errors: SEAM_ERROR_IO,
 * SEAM_ERROR_MEMORY, SEAM_CANCELLED. */
enum seam_result seam_look_at_file(struct seam_choice *choice, const char *path, int transfer,
                                   bool allow_damaged, const struct seam_cancel *cancel,
                                   struct seam_log *log) SEAM_NODISCARD;

/* The size of a page of the picture in the file that `params` name, upright; of the file only the
 * header is read. Errors: those of seam_load_open(). */
enum seam_result seam_look_at_size(const char *path, const struct seam_job_params *params,
                                   int64_t *width, int64_t *height,
                                   struct seam_log *log) SEAM_NODISCARD;

#endif /* SEAM_JOB_LOOK_H */
