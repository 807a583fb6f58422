/* What a picture becomes: how often it goes through the network, and the size of the result. */
#ifndef SEAM_JOB_SHAPE_H
#define SEAM_JOB_SHAPE_H

#include "seamless/job.h"

struct seam_shape {
    int passes;
    int64_t width, height; /* of a page of the result, in pixels */
    bool resized;          /* it is another size than the network makes */
};

/* Whether `size`, which may be NULL, asks for anything. */
bool seam_size_is_asked(const struct seam_size *size);

/*
 * Decide for a page of width x height pixels. Errors: SEAM_ERROR_ARGUMENT where the sizes
 * contradict each other, cannot be, or the network cannot run twice.
 */
enum seam_result seam_shape_make(struct seam_shape *shape, const struct seam_job_params *params,
                                 const struct seam_facts *facts, int64_t width, int64_t height,
                                 struct seam_log *log) SEAM_NODISCARD;

#endif /* SEAM_JOB_SHAPE_H */
