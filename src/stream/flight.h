/* Tiles on their way through the network: as many runs at a time as the plan has in flight, so that
 * tiles are made ready, and finished, while others are computed. */
#ifndef SEAM_FLIGHT_H
#define SEAM_FLIGHT_H

#include "base/crew.h"
#include "model/model.h"
#include "stream/executor.h"
#include "tile/strip.h"
#include "tile/tile.h"

/* Tiles i .. i + count - 1 of strip j, that go through the network together. */
struct seam_group {
    int64_t i, j;
    int count;
    int run; /* that is in flight */
    struct seam_tile tile[SEAM_MOST_BATCH];
    struct seam_engine_io io;
};

/*
 * Groups come in by seam_flight_take(), and leave finished by seam_flight_give(), in the same
 * order, which is that of their tiles: blending asks for it. Where a tile takes several runs those
 * of groups in flight take turns.
 *
 * Thread-safety: one call at a time. The parts at the top are the owner's, and outlive it.
 */
struct seam_flight {
    const struct seam_plan *plan;
    struct seam_session *session;
    struct seam_tile_work *work;
    struct seam_strip *strip;
    struct seam_crew *crew; /* NULL: the caller's thread alone */
    const struct seam_engine_pass *passes; /* by run, the last; NULL: there is but one */
    struct seam_log *log;
    struct seam_origin origin; /* for it */
    struct seam_log quiet; /* what may yet be answered by smaller tiles */
    uint64_t lacked;       /* bytes that such a run lacked; 0: not known */
    struct seam_group group[SEAM_MOST_IN_FLIGHT]; /* by slot */
    int order[SEAM_MOST_IN_FLIGHT];               /* slots in flight, the oldest first */
    int count;                                    /* of them */
};

static inline bool seam_flight_full(const struct seam_flight *f)
{
    return f->count == f->plan->in_flight;
}

/* Whether every group in flight is in its last run: what is taken now leaves after them all. */
bool seam_flight_is_last(const struct seam_flight *f);

/* Make a group ready, out of rows that the window holds, and begin its first run: there must be
 * room. Errors: as seam_flight_give(). */
enum seam_result seam_flight_take(struct seam_flight *f, int64_t i, int64_t j,
                                  int count) SEAM_NODISCARD;

/*
 * Wait for the oldest run and put what it made into the strip. *done is its group where that was
 * its last; else, with the next run begun, *done is NULL.
 *
 * Errors: SEAM_ERROR_MEMORY where a run does not fit: f->quiet says why, f->log nothing. All others
 * are said to f->log. After an error nothing is in flight any more.
 */
enum seam_result seam_flight_give(struct seam_flight *f,
                                  const struct seam_group **done) SEAM_NODISCARD;

/* Of one tile, out of rows that the window holds: make the planes of its samples, and what a run on
 * them is given. */
void seam_flight_load(struct seam_flight *f, const struct seam_tile *tile);
struct seam_engine_io seam_flight_io(const struct seam_flight *f, const struct seam_tile *tile);

/* Wait for all runs and let go of what they made. */
void seam_flight_drop(struct seam_flight *f);

#endif /* SEAM_FLIGHT_H */
