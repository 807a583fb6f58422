/* Rows of a source that are read more than once: a network in several passes, or a picture in
 * parts. */
#ifndef SEAM_REPLAY_H
#define SEAM_REPLAY_H

#include "seamless/seamless.h"

/* Thread-safety: one call at a time. */
struct seam_replay;

/*
 * Stand before `source`, `rows` of `row_bytes` each. Where it cannot be rewound, the rows it gives
 * go to a temporary file too, in TMPDIR or else /var/tmp, which nobody else sees.
 *
 * Errors: SEAM_ERROR_MEMORY; SEAM_ERROR_IO where there is no such file.
 */
enum seam_result seam_replay_open(struct seam_replay **replay, const struct seam_source *source,
                                  size_t row_bytes, int64_t rows,
                                  struct seam_log *log) SEAM_NODISCARD;
void seam_replay_close(struct seam_replay **replay);

/* What gives the rows, from the top, as often as it is rewound. Each pass may end early, and the
 * next may go farther. As long as the replay is open. */
struct seam_source seam_replay_source(struct seam_replay *replay);

#endif /* SEAM_REPLAY_H */
