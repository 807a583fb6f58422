/* One picture of a batch: what seamless/job.h opens, with what the batch knows. */
#ifndef SEAM_JOB_H
#define SEAM_JOB_H

#include "job/session.h"
#include "seamless/job.h"

/* As seam_job_open(), with a session that must outlive the job. */
enum seam_result seam_job_open_in(struct seam_job **job, struct seam_session *session,
                                  const char *input, const char *output,
                                  const struct seam_job_params *params,
                                  struct seam_log *log) SEAM_NODISCARD;

/* Whether the settings are any (check.c): SEAM_ERROR_ARGUMENT, in words in the log. */
enum seam_result seam_job_check(const struct seam_job_params *params,
                                struct seam_log *log) SEAM_NODISCARD;

/* Where picture `i` of a batch is and where it goes. Owned by the batch. */
void seam_batch_picture(const struct seam_batch *batch, size_t i, const char **input,
                        const char **output);

/* The files of its folders that are named as pictures, cannot be read, and are none of it. Owned by
 * the batch, NULL at the end. */
const char *const *seam_batch_passed(const struct seam_batch *batch);

/* It is one of many: what is said of it names it. */
void seam_job_tell_which(struct seam_job *job);

/* Nothing is to be done: an earlier run finished it. */
void seam_job_skip(struct seam_job *job);

/* It failed before it began; its error is in the caller's log. Returns `result`. */
enum seam_result seam_job_refuse(struct seam_job *job, enum seam_result result);

/* What it told last of its progress. */
const struct seam_progress *seam_job_get_progress(const struct seam_job *job);

#endif /* SEAM_JOB_H */
