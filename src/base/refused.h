/* Memory that the system refuses: a block, a mapping, a thread's stack, a library's code. */
#ifndef SEAM_REFUSED_H
#define SEAM_REFUSED_H

#include <stdbool.h>

#include "seamless/base.h"

/* Whether `text`, a library's own reason, says in any of its ways that memory was refused. */
bool seam_says_refused(const char *text);

/* SEAM_ERROR_MEMORY: `what` ended for `why`, with what is taken, what is allowed, and what would
 * do. */
enum seam_result seam_refused(struct seam_log *log, const char *what, const char *why);

/* Whether the system gives so many more threads at a time: for libraries that hang where it does
 * not. */
bool seam_threads_given(int count);

#endif /* SEAM_REFUSED_H */
