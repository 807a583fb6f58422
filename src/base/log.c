#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/sized.h"

/* One for all logs: messages are few. Rows are read, made and written by threads of their own. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* Under the lock. */
static void log_pass_on(struct seam_log *log, enum seam_log_level level, const char *text)
{
    if (log->message && level <= log->level)
        log->message(log->opaque, level, text);
}

void seam_log_say(struct seam_log *log, enum seam_log_level level, const char *format, ...)
{
    if (!log || !log->message || level > log->level)
        return;
    char text[sizeof(log->error)];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    pthread_mutex_lock(&lock);
    log_pass_on(log, level, text);
    pthread_mutex_unlock(&lock);
}

enum seam_result seam_log_fail(struct seam_log *log, enum seam_result result, const char *format,
                               ...)
{
    va_list args;
    if (!log)
        return result;
    pthread_mutex_lock(&lock);
    if (log->result == SEAM_OK) {
        log->result = result;
        va_start(args, format);
        vsnprintf(log->error, sizeof(log->error), format, args);
        va_end(args);
        log_pass_on(log, SEAM_LOG_ERROR, log->error);
    }
    pthread_mutex_unlock(&lock);
    return result;
}

void seam_log_init(struct seam_log *log)
{
    seam_log_init_sized(sizeof(*log), log);
}

void seam_log_init_sized(size_t log_size, struct seam_log *log)
{
    const struct seam_log own = { .level = SEAM_LOG_NOTICE, .size = log_size };
    SEAM_GIVE(log, log_size, own);
}

void seam_log_clear(struct seam_log *log)
{
    pthread_mutex_lock(&lock);
    log->result = SEAM_OK;
    log->error[0] = '\0';
    pthread_mutex_unlock(&lock);
}

const char *seam_result_name(enum seam_result result)
{
    switch (result) {
    case SEAM_OK: return "success";
    case SEAM_ERROR_ARGUMENT: return "wrong argument";
    case SEAM_ERROR_MODEL: return "unusable model";
    case SEAM_ERROR_ENGINE: return "engine failure";
    case SEAM_ERROR_MEMORY: return "out of memory";
    case SEAM_ERROR_IO: return "input or output failure";
    case SEAM_ERROR_NOT_FINITE: return "result is not finite";
    case SEAM_CANCELLED: return "cancelled";
    }
    return "unknown result";
}
