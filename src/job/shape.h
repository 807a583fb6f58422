/* What a picture becomes: how often it goes through the network, and the size of the result. */
#ifndef SEAM_JOB_SHAPE_H
#define SEAM_JOB_SHAPE_H

#include "seamless/job.h"

struct seam_shape {
    int passes;
    int64_t width, height; /* of a page of the result, in pixels */
    bool resized;          /* it is another size than the network makes */
    /* Of a region, what it is a part of; all 0 where it is the whole, or stands for itself. */
    int64_t made_width, made_height;   /* what the network would make of the whole page */
    int64_t whole_width, whole_height; /* and what of that would become */
    int64_t left, top;                 /* where the region begins in that */
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

/*
 * Decide for `region` of a page of width x height pixels: it is a part of the whole result that the
 * same settings make, and where they ask for a size that the region is to have, of one that is as
 * much larger. Where that would be larger than any picture may be, the region stands for itself,
 * with a notice. Errors: likewise.
 */
enum seam_result seam_shape_of_region(struct seam_shape *shape,
                                      const struct seam_job_params *params,
                                      const struct seam_facts *facts, int64_t width,
                                      int64_t height, const struct seam_region *region,
                                      struct seam_log *log) SEAM_NODISCARD;

#endif /* SEAM_JOB_SHAPE_H */
