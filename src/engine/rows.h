/*
 * How an engine streams rows: input rows go in from top to bottom, output rows come out, and nobody
 * holds the picture.
 *
 *     if (ops->measure(session, &params, &size) == SEAM_OK &&
 *         ops->open(&rows, session, &params) == SEAM_OK)
 *         while (ops->next(rows, &step)) {
 *             for (int64_t y = step.in.begin; y < step.in.end; y++)
 *                 ops->put(rows, y, ...);
 *             ops->run(rows);
 *             for (int64_t y = step.out.begin; y < step.out.end; y++)
 *                 ops->get(rows, y, ...);
 *         }
 *     ops->close(&rows);
 *
 * Thread-safety: one call at a time; rows of one step may be put, or got, from several threads.
 */
#ifndef SEAM_ENGINE_ROWS_H
#define SEAM_ENGINE_ROWS_H

#include "base/crew.h"
#include "plan/geometry.h"
#include "seamless/seamless.h"

/* Which part of which picture; rows first, then columns, in absolute coordinates. */
struct seam_rows_params {
    struct seam_span domain[2]; /* of the input: beyond it lies nothing */
    struct seam_span want[2];   /* of the output, inside its domain */
    /* Of a network in several passes: */
    struct seam_span core[2];   /* of the domain, what is summed up: the picture without what was
                                   put around it; empty: all of it */
    bool keeps;                 /* tensors are kept between passes; else all is made anew */
    int pass;                   /* 0 .. passes - 1; the last makes the output, others no rows */
    double *known;              /* what earlier passes found, and where this one puts it */
};

/* What one step takes and gives, in rows of the input and the output; either may be empty. */
struct seam_rows_step {
    struct seam_span in, out;
};

/* What streaming them will need. */
struct seam_rows_size {
    uint64_t bytes;            /* of memory */
    int64_t in_rows, out_rows; /* most of a step */
    int64_t ahead;             /* most input rows that lie between the last row put and the first
                                  that an output row still missing lies over */
    int64_t steps;
};

/* A tensor that one pass makes and later ones take: kept by who streams the rows. */
struct seam_rows_kept {
    struct seam_span rows, columns; /* that are made */
    int channels;
    int made, last; /* passes that make it, that take it last */
    int over;       /* in the list, one that may give it its place: the pass that makes this one
                       takes that one last, and row n of it before row n of this is made; -1:
                       none */
    int64_t roll;   /* what is made as row y is taken as row y - roll, round the ends of `rows` */
};

/* The row as which what is made as row y is taken. */
static inline int64_t seam_rows_taken_as(const struct seam_rows_kept *is, int64_t y)
{
    const int64_t size = is->rows.end - is->rows.begin;
    const int64_t to = (y - is->rows.begin - is->roll) % size;
    return is->rows.begin + to + (to < 0 ? size : 0);
}

struct seam_rows_ops {
    /* Passes over the picture, and doubles that hold what they find. NULL: 1, and none. */
    int (*passes)(void *session, size_t *known);

    /* Count without opening: the most that any pass takes, and the steps of all. Errors:
     * SEAM_ERROR_MEMORY, SEAM_ERROR_ARGUMENT where the picture is too small for what the network
     * cuts off. */
    enum seam_result (*measure)(void *session, const struct seam_rows_params *params,
                                struct seam_rows_size *size);

    /* Take all memory there will be. Errors as above, and then *rows is NULL. */
    enum seam_result (*open)(void **rows, void *session, const struct seam_rows_params *params);
    void (*close)(void **rows);

    /* What there is to keep, `count` tensors of it: 0 without `passes`. */
    int (*count_kept)(void *session);
    /* Describe all of it. Errors as of `measure`. */
    enum seam_result (*list_kept)(void *session, const struct seam_rows_params *params,
                                  struct seam_rows_kept *list);

    /* The next step; false when all rows are made. */
    bool (*next)(void *rows, struct seam_rows_step *step);

    /* Of kept tensor `k`, the rows that the step takes, before it is run, or has made; and the
     * columns that the pass takes or makes. */
    struct seam_span (*kept_taken)(const void *rows, int k, struct seam_span *columns);
    struct seam_span (*kept_made)(const void *rows, int k, struct seam_span *columns);
    /* A row of these columns, channel by channel, pixel by pixel. */
    void (*kept_put)(void *rows, int k, int64_t y, const float *pixels);
    void (*kept_get)(const void *rows, int k, int64_t y, float *pixels);

    /* Row `y` of the input: channel c of column x is planes[c * stride + x - first]. */
    void (*put)(void *rows, int64_t y, const float *planes, int64_t stride, int64_t first);

    void (*run)(void *rows);

    /* Row `y` of the output, `columns` of it: channel c of column x goes to
     * planes[c * stride + x - columns.begin]. */
    void (*get)(const void *rows, int64_t y, struct seam_span columns, float *planes,
                int64_t stride);

    /* All rows of a pass but the last are in: what it found goes to params.known.
     * SEAM_ERROR_NOT_FINITE, said to the log, where it is no number. */
    enum seam_result (*finish)(void *rows, struct seam_log *log);

    /* The session's threads, which idle between runs, for what is done beside the network; NULL:
     * the caller's alone. */
    struct seam_crew *(*crew)(void *session);
};

#endif /* SEAM_ENGINE_ROWS_H */
