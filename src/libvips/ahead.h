/* What is said of rows that are made before anybody asks for them: that one of them cannot be made
 * is no failure yet, as it may never be asked for. */
#ifndef SEAM_LIBVIPS_AHEAD_H
#define SEAM_LIBVIPS_AHEAD_H

#include "base/log.h"
#include "seamless/vips.h"

/*
 * Failures are said to `log` and wait there; notices, and all that is no failure, go on at once.
 *
 * Thread-safety: that of logs.
 */
struct seam_ahead {
    struct seam_log log;
    struct seam_log *outer; /* whose log it is in the end */
};

/* Must not be moved afterwards; `outer` may be NULL, and outlives it. */
void seam_ahead_begin(struct seam_ahead *ahead, struct seam_log *outer);

/* The row was asked for: the failure, if there is one, is that of `log`. */
void seam_ahead_tell(const struct seam_ahead *ahead, struct seam_log *log);

#endif /* SEAM_LIBVIPS_AHEAD_H */
