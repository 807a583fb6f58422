/* The name that a result gets: of its picture, the network and the result's size. */
#ifndef SEAM_JOB_NAMING_H
#define SEAM_JOB_NAMING_H

#include "job/session.h"
#include "seamless/job.h"

/* Whether any word in braces stands in an output; *unknown becomes the first that is none (free
 * it), or NULL. */
bool seam_naming_is_pattern(const char *output, char **unknown);

/* The input's name without folder and options, or what standard input is taken to be called. Free
 * it. */
char *seam_naming_base(const char *input);

/* `pattern` with {name} and {ext} of `input`; other words stay. Free it. */
char *seam_naming_of_input(const char *pattern, const char *input);

/*
 * And with {model}, {scale}, {width} and {height}, of which the latter three need a look at the
 * picture. *output is replaced where there are any. Errors: those of opening it.
 */
enum seam_result seam_naming_of_result(char **output, const char *input,
                                       const struct seam_session *session,
                                       const struct seam_job_params *params,
                                       struct seam_log *log) SEAM_NODISCARD;

/* Where a result is to lie: of what is only planned, as near to it as there are folders. Free
 * it. */
char *seam_naming_place(const char *output, bool planned);

#endif /* SEAM_JOB_NAMING_H */
