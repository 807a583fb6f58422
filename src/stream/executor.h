/*
 * An executor makes one band of finished rows after the other. Tiles are one, in flight where the
 * engine is asynchronous, rows that stream through the native engine another; what hands them to
 * other machines is one more table of the same functions, and the loop in stream.c does not change.
 */
#ifndef SEAM_EXECUTOR_H
#define SEAM_EXECUTOR_H

#include "plan/geometry.h"
#include "model/model.h"
#include "seamless/seamless.h"

/* What every executor is given. All of it outlives the executor. */
struct seam_executor_params {
    struct seam_session *session;
    struct seam_facts facts; /* of its model */
    struct seam_plan *plan; /* the stream's; an executor that goes on with smaller tiles says so
                               here */
    struct seam_source source;
    struct seam_stream_params callbacks;
    const struct seam_engine_pass *passes; /* of tiles: by run, the pass that they make */
    struct seam_log *log;
};

struct seam_executor_ops {
    const char *name;

    /* Take all memory the job needs. On failure nothing is owned. Rows before callbacks.first_row
     * are not wanted: those that become ready all the same are passed over. So are those from
     * first_row + row_count on, which the stream has set. */
    enum seam_result (*open)(void **executor, const struct seam_executor_params *params);

    /* Make the next rows ready: those before are given up. Called only while rows are missing. */
    enum seam_result (*advance)(void *executor);

    /* Output rows that are ready now. */
    struct seam_span (*ready)(const void *executor);

    /* Copy ready row y, plan.x.out_size * plan.out_bands samples. */
    void (*copy)(const void *executor, int64_t y, void *dst);

    void (*close)(void *executor);
};

/* The picture's rows that tiles of band j read, and those above that a later band comes back to:
 * from `tail` on, which seam_tiles_tail() tells. */
int64_t seam_tiles_tail(const struct seam_plan *plan);
struct seam_span seam_tiles_read(const struct seam_plan *plan, int64_t tail, int64_t j);

/* No tile fits, as `f` says, and none can be smaller: SEAM_ERROR_MEMORY, said to `log`. */
struct seam_flight;
enum seam_result seam_tiles_too_large(const struct seam_plan *plan, const struct seam_flight *f,
                                      struct seam_log *log);

/* Threads that share the tiles of a stream; NULL: the caller's alone. */
struct seam_crew *seam_tiles_crew(int threads);

/* Threads that are asked for: as many as the command takes, or 0, one per CPU. */
enum seam_result seam_stream_check_threads(int threads, struct seam_log *log) SEAM_NODISCARD;

/* Where messages see the first pixel of the result. */
struct seam_origin {
    int64_t x, y;
};
struct seam_origin seam_executor_origin(const struct seam_executor_params *params);

/* The network put out NaN or infinity at column x, row y of the result: say so. */
enum seam_result seam_executor_not_finite(struct seam_log *log, struct seam_origin origin,
                                          int64_t x, int64_t y);

extern const struct seam_executor_ops seam_executor_tiles, seam_executor_rows,
    seam_executor_passes;

#endif /* SEAM_EXECUTOR_H */
