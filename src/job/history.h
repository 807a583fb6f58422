/* What the file of a result says of how it came about. */
#ifndef SEAM_JOB_HISTORY_H
#define SEAM_JOB_HISTORY_H

#include "job/session.h"
#include "job/shape.h"
#include "seamless/job.h"

/* The network, what tells it from any other, and the settings that decide the result; nothing that
 * differs from run to run. Free it with g_free(). */
char *seam_history_make(const struct seam_session *session, const struct seam_job_params *params,
                        const struct seam_shape *shape);

#endif /* SEAM_JOB_HISTORY_H */
