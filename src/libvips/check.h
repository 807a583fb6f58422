/* Whether the settings that a program hands in are any. */
#ifndef SEAM_LIBVIPS_CHECK_H
#define SEAM_LIBVIPS_CHECK_H

#include "seamless/vips.h"

/* SEAM_ERROR_ARGUMENT, or SEAM_ERROR_MEMORY, in words in the log. */
enum seam_result seam_vips_check(const struct seam_vips_params *params,
                                 struct seam_log *log) SEAM_NODISCARD;

#endif /* SEAM_LIBVIPS_CHECK_H */
