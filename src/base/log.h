/* Messages and errors, for every file of the library. */
#ifndef SEAM_LOG_H
#define SEAM_LOG_H

#include "seamless/seamless.h"

void seam_log_say(struct seam_log *log, enum seam_log_level level, const char *format, ...)
    SEAM_PRINTF(3, 4);

/* Keep the first error in words, pass it on, and return `result`, so that a failure is one line:
 * `return seam_log_fail(log, SEAM_ERROR_IO, "%s: %s", name, why);` */
enum seam_result seam_log_fail(struct seam_log *log, enum seam_result result, const char *format,
                               ...) SEAM_PRINTF(3, 4);

#define seam_debug(log, ...) seam_log_say(log, SEAM_LOG_DEBUG, __VA_ARGS__)
#define seam_notice(log, ...) seam_log_say(log, SEAM_LOG_NOTICE, __VA_ARGS__)
#define seam_warning(log, ...) seam_log_say(log, SEAM_LOG_WARNING, __VA_ARGS__)

#endif /* SEAM_LOG_H */
