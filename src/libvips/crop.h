/* The middle of a picture, in memory: what trial runs and proofs are made on. */
#ifndef SEAM_IO_CROP_H
#define SEAM_IO_CROP_H

#include "base/cancel.h"
#include "seamless/vips.h"

struct seam_crop {
    struct seam_picture picture; /* of the crop */
    unsigned char *samples;      /* its rows, without gaps */
    size_t row_bytes;
};

/*
 * Take a rectangle of at most side x side pixels out of the first page of `image`, which is read
 * once, from the top. So many quarters of what it leaves lie at its left and above it; NULL: two
 * each, the middle. `transfer` as for seam_io_normalise(), `name` for messages. `cancel` (may be
 * NULL) is asked on the way down.
 *
 * Errors: SEAM_ERROR_IO, SEAM_CANCELLED. On failure nothing is owned.
 */
enum seam_result seam_crop_take(struct seam_crop *crop, VipsImage *image, const char *name,
                                int64_t side, const int *quarters, int transfer,
                                const struct seam_cancel *cancel,
                                struct seam_log *log) SEAM_NODISCARD;

/* How much its colours change from one pixel to the next along a row, in the mean, where white is
 * 1: some 1/100 in a photograph, 0 in black. */
double seam_crop_detail(const struct seam_crop *crop);

void seam_crop_free(struct seam_crop *crop);

#endif /* SEAM_IO_CROP_H */
