/* What a picture takes beside the network. */
#ifndef SEAM_JOB_FORECAST_H
#define SEAM_JOB_FORECAST_H

#include "files/load.h"
#include "files/save.h"
#include "job/shape.h"

/*
 * Seconds to read `pages` pages of `load`, of which those that a plan is of go through the network,
 * to bring what that makes to its size, and to write it: by measurements of another machine, so no
 * more than a guess. `save` may be NULL: nobody knows the format.
 */
double seam_forecast_beside(const struct seam_load *load, const struct seam_save *save,
                            const struct seam_shape *shape, const struct seam_plan *plan,
                            int64_t pages);

#endif /* SEAM_JOB_FORECAST_H */
