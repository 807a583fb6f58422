/* The reconstruction buffer: one strip of finished rows, which a row of tiles makes, and what the
 * next strip needs of it. Pure. */
#ifndef SEAM_STRIP_H
#define SEAM_STRIP_H

#include "plan/geometry.h"
#include "seamless/seamless.h"
#include "tile/tile.h"

/*
 * Rows of interleaved samples across the whole result. Where tiles overlap they are floats, and
 * `carry` keeps the rows that the next strip blends into; else they are samples of the result.
 *
 * Thread-safety: rows of different tiles may be put from several threads only where they do not
 * overlap; everything else excludes itself.
 */
struct seam_strip {
    const struct seam_plan *plan;
    unsigned char *rows;
    float *carry;          /* y.overlap rows in output pixels, or NULL */
    float *ramp_x, *ramp_y; /* weights of the later tile across an overlap */
    int64_t overlap_x, overlap_y; /* in output pixels */
    size_t row_bytes;      /* of `rows` */
    enum seam_sample sample; /* of `rows` */
    struct seam_span span;  /* output rows that `rows` holds */
    struct seam_span ready; /* of these, the finished ones */
    int64_t first;         /* strip that nothing lies above; 0 unless set after opening, -1: none */
};

/* Takes all its memory now. Errors: SEAM_ERROR_MEMORY. */
enum seam_result seam_strip_open(struct seam_strip *strip, const struct seam_plan *plan,
                                struct seam_log *log) SEAM_NODISCARD;
void seam_strip_close(struct seam_strip *strip);

/* Go on with the plan as it is now, in which strips are lower and strip 0 lies below the one that
 * was last finished; `above` tells whether there is one. Errors: SEAM_ERROR_MEMORY; all but what
 * the next strip blends with is given up by then, and this may be called again. */
enum seam_result seam_strip_reopen(struct seam_strip *strip, bool above,
                                  struct seam_log *log) SEAM_NODISCARD;

/* Begin strip j, of the j-th row of tiles: nothing of it is ready. */
void seam_strip_begin(struct seam_strip *strip, int64_t j);

/* Lay `count` pixels over the strip's row `y` (output pixels), from x on: `lines` holds bands
 * first .. first + bands - 1. Tiles come from left to right; the first overlap_x pixels of every
 * tile but the leftmost blend with what lies there. */
struct seam_strip_row {
    int64_t y, x, count;
    bool leftmost;
    int first, bands;
    struct seam_lines lines;
};

void seam_strip_put(struct seam_strip *strip, const struct seam_strip_row *part);

/* All tiles of strip j are put: blend with the strip above, and set `ready`. */
void seam_strip_finish(struct seam_strip *strip, int64_t j);

/* The strip to begin with so that output row y and all below come out as in a run from the top. */
int64_t seam_strip_holding(const struct seam_plan *plan, int64_t y);

/* Copy ready row y as samples of the result. */
void seam_strip_copy(const struct seam_strip *strip, int64_t y, void *dst);

#endif /* SEAM_STRIP_H */
