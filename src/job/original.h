/* The picture once more, as it is beside what becomes of it: for masks and previews. */
#ifndef SEAM_JOB_ORIGINAL_H
#define SEAM_JOB_ORIGINAL_H

#include "files/load.h"
#include "job/shape.h"
#include "seamless/job.h"

/* Thread-safety: none. All zero: nothing is open. */
struct seam_original {
    struct seam_load picture, mask;
    bool open, masked;
    struct seam_log *log; /* of who blends: what fails while rows are made is said there */
};

/* The middle of a picture of that size, as a preview shows it where no region is asked for. */
struct seam_region seam_original_middle(int64_t width, int64_t height);

/*
 * Open the picture of `first`, which is `load`, a second time, and the mask at `path`, which may be
 * NULL. `output` is where the result goes, or NULL. Bytes that reading them holds are added to
 * *held.
 *
 * Errors: those of seam_load_open(); SEAM_ERROR_ARGUMENT where the mask has another size or more
 * than one band, or is the output.
 */
enum seam_result seam_original_open(struct seam_original *original,
                                    const struct seam_load_params *first,
                                    const struct seam_load *load, const char *mask,
                                    const char *output, uint64_t *held,
                                    struct seam_log *log) SEAM_NODISCARD;

/* Hide its pixels without data as those of the picture were hidden, for `nodata` as in struct
 * seam_job_params; where it is not open there is nothing to do. Errors: SEAM_ERROR_IO. */
enum seam_result seam_original_hide(struct seam_original *original, const char *nodata,
                                    struct seam_log *log) SEAM_NODISCARD;

/*
 * Replace *result, of `region` of the picture (NULL: all of it) and of `shape`, by one that is the
 * picture's own where the mask is black, brought to the result's size and depth. Both are read
 * while it is.
 *
 * Errors: SEAM_ERROR_ARGUMENT where the two have other bands, SEAM_ERROR_IO. While rows are made
 * they are in `log`, which must live as long: SEAM_ERROR_IO where the mask cannot be read, or is
 * no number somewhere.
 */
enum seam_result seam_original_blend(struct seam_original *original, VipsImage **result,
                                     const struct seam_region *region,
                                     const struct seam_shape *shape,
                                     struct seam_log *log) SEAM_NODISCARD;

/* Replace it by one with the picture at its left. Errors: likewise. */
enum seam_result seam_original_beside(struct seam_original *original, VipsImage **result,
                                      const struct seam_region *region,
                                      const struct seam_shape *shape,
                                      struct seam_log *log) SEAM_NODISCARD;

/* Once the result is written. */
void seam_original_close(struct seam_original *original);

#endif /* SEAM_JOB_ORIGINAL_H */
