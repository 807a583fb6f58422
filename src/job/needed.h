/* What of a picture a mask needs restored: the rest of the result is the picture's own. */
#ifndef SEAM_JOB_NEEDED_H
#define SEAM_JOB_NEEDED_H

#include "job/original.h"
#include "job/shape.h"

/*
 * Let *needed be the least rectangle within `shown` of the picture, of one page, that holds all of
 * the mask that is not black, and what of a result of `shape` such pixels reach into: it begins and
 * ends at multiples of `step`, or at the edges of `shown`. Of a mask that is black all over it is a
 * corner. *rows become the rows of the picture that hold such pixels, in pairs as in struct
 * seam_vips_params, those with a little black between them together; free it with g_array_unref(),
 * after an error too. The mask, open in `original` as `first` says of its picture, is opened once
 * more for that, and read from top to bottom.
 *
 * Errors: those of seam_load_open(); SEAM_ERROR_IO, SEAM_CANCELLED.
 */
enum seam_result seam_needed_find(struct seam_region *needed, GArray **rows,
                                  const struct seam_original *original,
                                  const struct seam_load_params *first, const char *mask,
                                  const struct seam_region *shown, const struct seam_shape *shape,
                                  int64_t step, struct seam_log *log) SEAM_NODISCARD;

/* Let rows of the picture be rows of what `passes` passes of a network of `facts` make of the part
 * of it that begins at row `top`. */
void seam_needed_scale(GArray *rows, int64_t top, const struct seam_facts *facts, int passes);

/* Replace *result, of `needed`, by one of all that is `shown`, of `shape`, black around it. Errors:
 * SEAM_ERROR_IO. */
enum seam_result seam_needed_frame(VipsImage **result, const struct seam_region *needed,
                                   const struct seam_region *shown, const struct seam_shape *shape,
                                   struct seam_log *log) SEAM_NODISCARD;

#endif /* SEAM_JOB_NEEDED_H */
