/* The reconstruction buffer: one band of finished rows, and what the next band needs of it. Pure. */
#ifndef SEAM_BAND_H
#define SEAM_BAND_H

#include "plan/geometry.h"
#include "seamless/seamless.h"
#include "tile/tile.h"

/*
 * Rows of interleaved samples across the whole result. Where tiles overlap they are floats, and
 * `carry` keeps the rows that the next band blends into; else they are samples of the result.
 *
 * Thread-safety: bands of different tiles may be put from several threads only where they do not
 * overlap; everything else excludes itself.
 */
struct seam_band {
    const struct seam_plan *plan;
    unsigned char *rows;
    float *carry;          /* y.overlap rows in output pixels, or NULL */
    float *ramp_x, *ramp_y; /* weights of the later tile across an overlap */
    int64_t overlap_x, overlap_y; /* in output pixels */
    size_t row_bytes;      /* of `rows` */
    enum seam_sample sample; /* of `rows` */
    struct seam_span span;  /* output rows that `rows` holds */
    struct seam_span ready; /* of these, the finished ones */
    int64_t first;         /* band that nothing lies above; 0 unless set after opening, -1: none */
};

/* Takes all its memory now. Errors: SEAM_ERROR_MEMORY. */
enum seam_result seam_band_open(struct seam_band *band, const struct seam_plan *plan,
                                struct seam_log *log) SEAM_NODISCARD;
void seam_band_close(struct seam_band *band);

/* Go on with the plan as it is now, in which bands are lower and band 0 lies below the one that was
 * last finished; `above` tells whether there is one. Errors: SEAM_ERROR_MEMORY; all but what the next
 * band blends with is given up by then, and this may be called again. */
enum seam_result seam_band_reopen(struct seam_band *band, bool above,
                                  struct seam_log *log) SEAM_NODISCARD;

/* Begin band j: nothing of it is ready. */
void seam_band_begin(struct seam_band *band, int64_t j);

/* Lay `count` pixels over the band's row `y` (output pixels), from x on: `lines` holds bands
 * first .. first + bands - 1. Tiles come from left to right; the first overlap_x pixels of every
 * tile but the leftmost blend with what lies there. */
struct seam_strip {
    int64_t y, x, count;
    bool leftmost;
    int first, bands;
    struct seam_lines lines;
};

void seam_band_put(struct seam_band *band, const struct seam_strip *strip);

/* All tiles of band j are put: blend with the band above, and set `ready`. */
void seam_band_finish(struct seam_band *band, int64_t j);

/* The band to begin with so that output row y and all below come out as in a run from the top. */
int64_t seam_band_holding(const struct seam_plan *plan, int64_t y);

/* Copy ready row y as samples of the result. */
void seam_band_copy(const struct seam_band *band, int64_t y, void *dst);

#endif /* SEAM_BAND_H */
