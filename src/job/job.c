/* One picture, from file to file. */
#include <stdlib.h>
#include <string.h>

#include "job/private.h"

/* Notices that are kept for the report: more tell nobody more. */
#define MOST_NOTICES 100

void seam_job_params_init(struct seam_job_params *params)
{
    *params = (struct seam_job_params){ .transfer = SEAM_AUTO, .passes = SEAM_AUTO };
}

/* Whether a text has `name` as a word of its own. */
static bool has_word(const char *text, const char *name)
{
    const size_t length = strlen(name);
    for (const char *at = strstr(text, name); at; at = strstr(at + 1, name))
        if ((at == text || !g_ascii_isalnum(at[-1])) && !g_ascii_isalnum(at[length]))
            return true;
    return false;
}

/* What of many pictures a text is of: "NAME: ", where it says so nowhere itself. */
static void job_say_which(const struct seam_job *job, char *whole, size_t size, const char *text)
{
    const bool says = !job->of_many || job->log.result == SEAM_CANCELLED ||
                      has_word(text, job->input) || has_word(text, job->output);
    g_snprintf(whole, (gulong)size, "%s%s%s", says ? "" : job->input, says ? "" : ": ", text);
}

/* Keep what is said for the report, and pass on what the caller wants to hear. */
static void job_message(void *opaque, enum seam_log_level level, const char *text)
{
    char whole[2 * sizeof(((struct seam_log *)0)->error)];
    struct seam_job *job = opaque;
    const struct seam_log *outer = job->outer;
    if ((level == SEAM_LOG_WARNING || level == SEAM_LOG_NOTICE) &&
        job->notices->len < MOST_NOTICES)
        g_ptr_array_add(job->notices, g_strdup(text));
    if (!outer || !outer->message || level > outer->level)
        return;
    job_say_which(job, whole, sizeof(whole), text);
    outer->message(outer->opaque, level, whole);
}

bool seam_job_asked_to_stop(void *opaque)
{
    const struct seam_job *job = opaque;
    return g_atomic_int_get(&job->cancelled) ||
           (job->params.cancelled && job->params.cancelled(job->params.opaque));
}

enum seam_result seam_job_open_in(struct seam_job **job, struct seam_session *session,
                                  const char *input, const char *output,
                                  const struct seam_job_params *params, struct seam_log *log)
{
    *job = NULL;
    const enum seam_result checked = params ? seam_job_check(params, log) : SEAM_OK;
    if (checked != SEAM_OK)
        return checked;
    if (!input || !output)
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT, "a job needs an input and an output");
    struct seam_job *j = calloc(1, sizeof(*j));
    if (!j)
        return seam_log_fail(log, SEAM_ERROR_MEMORY, "no memory for the job of %s", input);
    seam_job_params_init(&j->params);
    if (params)
        j->params = *params;
    seam_params_init(&j->plan_params);
    if (j->params.params)
        j->plan_params = *j->params.params;
    j->params.params = &j->plan_params;
    if (j->params.size)
        j->size = *j->params.size;
    j->params.size = &j->size;
    if (j->params.region) {
        j->region = *j->params.region;
        j->params.region = &j->region;
    }
    j->session = session;
    j->input = g_strdup(input);
    j->output = g_strdup(output);
    j->format = g_strdup(j->params.format ? j->params.format : "png");
    j->nodata_text = g_strdup(j->params.nodata ? j->params.nodata : "auto");
    j->params.nodata = j->nodata_text;
    j->params.mask = j->mask = g_strdup(j->params.mask);
    j->cancel = (struct seam_cancel){ seam_job_asked_to_stop, j };
    j->notices = g_ptr_array_new_with_free_func(g_free);
    j->outer = log;
    seam_log_init(&j->log);
    j->log.message = job_message;
    j->log.opaque = j;
    if (log && log->level > j->log.level)
        j->log.level = log->level;
    *job = j;
    return SEAM_OK;
}

enum seam_result seam_job_open(struct seam_job **job, struct seam_model *model, const char *input,
                               const char *output, const struct seam_job_params *params,
                               struct seam_log *log)
{
    const enum seam_result r = seam_job_open_in(job, NULL, input, output, params, log);
    if (r != SEAM_OK)
        return r;
    (*job)->session = &(*job)->own;
    seam_session_begin(&(*job)->own, model, params ? params->threads : 0);
    return SEAM_OK;
}

/* Tell the report, and the caller's log, how it ended. */
static void job_end(struct seam_job *job, enum seam_result r)
{
    struct seam_job_report *report = &job->report;
    report->result = r;
    report->output_sha256 = job->sha256 ? job->sha256 : "";
    report->status = r == SEAM_OK          ? job->params.dry_run ? SEAM_JOB_PLANNED
                                                                 : SEAM_JOB_RESTORED
                     : r == SEAM_CANCELLED ? SEAM_JOB_CANCELLED
                                           : SEAM_JOB_FAILED;
    report->input = job->input;
    report->output = job->output;
    report->error = r == SEAM_OK ? "" : job->log.error;
    report->notices = (const char *const *)job->notices->pdata;
    report->notice_count = job->notices->len;
    /* Of the session's own nothing outlives the next picture. */
    g_strlcpy(job->model, job->session->facts.name, sizeof(job->model));
    g_strlcpy(job->engine, job->session->facts.engine_text, sizeof(job->engine));
    report->model = job->model;
    report->engine = job->engine;
    if (!job->outer || job->outer->result != SEAM_OK || r == SEAM_OK)
        return;
    job->outer->result = r;
    job_say_which(job, job->outer->error, sizeof(job->outer->error), job->log.error);
}

enum seam_result seam_job_run(struct seam_job *job)
{
    const enum seam_result r = seam_job_files(job);
    job_end(job, r);
    return r;
}

enum seam_result seam_job_refuse(struct seam_job *job, enum seam_result result)
{
    job->log.result = result;
    if (job->outer)
        memcpy(job->log.error, job->outer->error, sizeof(job->log.error));
    job_end(job, result);
    return result;
}

void seam_job_tell_which(struct seam_job *job)
{
    job->of_many = true;
}

void seam_job_skip(struct seam_job *job)
{
    seam_debug(&job->log, "%s is finished", job->output);
    job_end(job, SEAM_OK);
    job->report.status = SEAM_JOB_SKIPPED;
}

const struct seam_progress *seam_job_get_progress(const struct seam_job *job)
{
    return &job->now;
}

void seam_job_cancel(struct seam_job *job)
{
    g_atomic_int_set(&job->cancelled, 1);
}

const struct seam_job_report *seam_job_get_report(const struct seam_job *job)
{
    return &job->report;
}

void seam_job_close(struct seam_job **job)
{
    struct seam_job *j = *job;
    if (!j)
        return;
    g_ptr_array_free(j->notices, TRUE);
    g_free(j->input);
    g_free(j->output);
    g_free(j->format);
    g_free(j->nodata_text);
    g_free(j->mask);
    g_free(j->sha256);
    free(j);
    *job = NULL;
}
