#include "libvips/ahead.h"

/* Called under the lock of logs: passed on as it is. */
static void message(void *opaque, enum seam_log_level level, const char *text)
{
    const struct seam_log *outer = ((struct seam_ahead *)opaque)->outer;
    if (level != SEAM_LOG_ERROR && outer->message && level <= outer->level)
        outer->message(outer->opaque, level, text);
}

void seam_ahead_begin(struct seam_ahead *ahead, struct seam_log *outer)
{
    ahead->outer = outer;
    seam_log_init(&ahead->log);
    if (!outer)
        return;
    ahead->log.level = outer->level;
    ahead->log.message = message;
    ahead->log.opaque = ahead;
}

void seam_ahead_tell(const struct seam_ahead *ahead, struct seam_log *log)
{
    if (ahead->log.result != SEAM_OK)
        (void)seam_log_fail(log, ahead->log.result, "%s", ahead->log.error);
}
