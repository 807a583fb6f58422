/*
 * A network at work on one picture, or one part of it: input rows go in from top to bottom, output
 * rows come out. Every tensor keeps a ring of the rows that its readers still need, and no more.
 *
 *     struct seam_flow *flow;
 *     if (seam_flow_open(&flow, &params) != SEAM_OK) ...      // takes all memory there will be
 *     struct seam_rows_step step;
 *     while (seam_flow_next(flow, &step)) {
 *         for (int64_t y = step.in.begin; y < step.in.end; y++)
 *             seam_flow_put(flow, y, ...);
 *         seam_flow_run(flow);
 *         for (int64_t y = step.out.begin; y < step.out.end; y++)
 *             seam_flow_get(flow, y, ...);
 *     }
 *     seam_flow_close(&flow);
 *
 * Thread-safety: one call at a time; rows of one step may be put, or got, from several threads.
 */
#ifndef SEAM_NATIVE_FLOW_H
#define SEAM_NATIVE_FLOW_H

#include "base/crew.h"
#include "engine/native/packed.h"
#include "engine/rows.h"

struct seam_flow;

struct seam_flow_params {
    const struct seam_packed *packed;
    struct seam_crew *crew;     /* NULL: the caller's thread alone */
    struct seam_span domain[2]; /* of the input, rows and columns: beyond it lies nothing */
    struct seam_span want[2];   /* of the output, inside its domain */
    struct seam_span core[2];   /* these three as of struct seam_rows_params */
    bool keeps;
    int pass;
    double *known;
};

/* Count without opening. Errors: SEAM_ERROR_MEMORY. */
enum seam_result seam_flow_measure(const struct seam_flow_params *params,
                                   struct seam_rows_size *size) SEAM_NODISCARD;

/* Errors: SEAM_ERROR_MEMORY. `params` is copied, what it points to is not. */
enum seam_result seam_flow_open(struct seam_flow **flow,
                                const struct seam_flow_params *params) SEAM_NODISCARD;
void seam_flow_close(struct seam_flow **flow);

/* Columns of the input that matter, in absolute coordinates. */
struct seam_span seam_flow_columns(const struct seam_flow *flow);

/* What is kept of every tensor in the list of the net, by direction: as far as any pass needs it.
 * Errors as of measuring. */
enum seam_result seam_flow_list_kept(const struct seam_flow_params *params,
                                     struct seam_rows_kept *list) SEAM_NODISCARD;

/* The next step; false when all rows are made. */
bool seam_flow_next(struct seam_flow *flow, struct seam_rows_step *step);

/* Row `y` of the input: channel c of column x is planes[c * stride + x - first], for all of
 * seam_flow_columns(). */
void seam_flow_put(struct seam_flow *flow, int64_t y, const float *planes, int64_t stride,
                   int64_t first);

void seam_flow_run(struct seam_flow *flow);

/* Row `y` of the output, columns begin .. end - 1 of `want`, as planes: channel c of column x goes
 * to planes[c * stride + x - begin]. */
void seam_flow_get(const struct seam_flow *flow, int64_t y, struct seam_span columns, float *planes,
                   int64_t stride);

/* Of what is kept between passes, tensor `k` of the net's list: the rows that the step takes, or
 * has made, and the columns; a row of them, pixel by pixel. */
struct seam_span seam_flow_kept_taken(const struct seam_flow *flow, int k,
                                      struct seam_span *columns);
struct seam_span seam_flow_kept_made(const struct seam_flow *flow, int k,
                                     struct seam_span *columns);
void seam_flow_kept_put(struct seam_flow *flow, int k, int64_t y, const float *pixels);
void seam_flow_kept_get(const struct seam_flow *flow, int k, int64_t y, float *pixels);

/* After the last step of a pass that is not the last: what its reductions found goes to
 * params.known. The name of one that is no number, or NULL. */
const char *seam_flow_finish(struct seam_flow *flow);

#endif /* SEAM_NATIVE_FLOW_H */
