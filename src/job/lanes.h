/* Small pictures of a batch, several at a time: each on one thread, in a lane of its own, as
 * threads that share the rows of a small picture wait for one another most of the time. */
#ifndef SEAM_LANES_H
#define SEAM_LANES_H

#include <stddef.h>

#include "job/session.h"
#include "seamless/job.h"

struct seam_lanes;

struct seam_lanes_params {
    int lanes;
    size_t begin, end;                  /* pictures of the batch */
    const struct seam_session *session; /* of the batch: each lane has a copy */
    /* Restore picture i, from any thread. What it has to say goes to `log`; *job is for who takes
     * the picture, and NULL where there was not even that. Where that is a failure too, no other
     * begins before this one is taken. */
    enum seam_result (*restore)(void *opaque, struct seam_session *session, size_t i,
                                struct seam_log *log, struct seam_job **job);
    void *opaque;
};

/* Messages of `log` are what the lanes keep. NULL where the system grants no more threads. */
struct seam_lanes *seam_lanes_open(const struct seam_lanes_params *params,
                                   const struct seam_log *log);

/* Wait for picture i, which is the one after the last that was taken, and say to `log` what there
 * was to say. Where it came to nothing, *job is NULL: it is to be restored once more and alone, and
 * the lanes rest until the next call. */
enum seam_result seam_lanes_take(struct seam_lanes *lanes, size_t i, struct seam_log *log,
                                 struct seam_job **job);

/* Begin no more, and wait for what has begun. Of what was finished meanwhile, take() still gives
 * each picture, and NULL of the others. */
void seam_lanes_stop(struct seam_lanes *lanes);

/* How many pictures have a lane behind them, from the first of the batch on. */
size_t seam_lanes_begun(const struct seam_lanes *lanes);

void seam_lanes_close(struct seam_lanes **lanes);

#endif /* SEAM_LANES_H */
