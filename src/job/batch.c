/* Many pictures, one after the other, or side by side where they are small. */
#include <errno.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <vips/vips.h>

#include "base/log.h"
#include "files/written.h"
#include "job/finished.h"
#include "job/job.h"
#include "job/lanes.h"
#include "job/ledger.h"
#include "job/naming.h"
#include "job/pairs.h"

/* Models of a batch whose pictures may be restored side by side. */
#define MOST_KNOWN 8

struct seam_batch {
    struct seam_pairs pairs;
    bool skip_existing, newer;
};

void seam_batch_params_init(struct seam_batch_params *params)
{
    *params = (struct seam_batch_params){ 0 };
}

enum seam_result seam_batch_open(struct seam_batch **batch, const struct seam_batch_params *params,
                                 struct seam_log *log)
{
    *batch = NULL;
    if (!params || !params->output)
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT, "a batch needs an output");
    struct seam_batch *b = calloc(1, sizeof(*b));
    if (!b)
        return seam_log_fail(log, SEAM_ERROR_MEMORY, "no memory for a batch");
    const enum seam_result r = seam_pairs_open(&b->pairs, params, log);
    b->skip_existing = params->skip_existing;
    b->newer = params->newer;
    if (r != SEAM_OK) {
        free(b);
        return r;
    }
    *batch = b;
    return SEAM_OK;
}

void seam_batch_picture(const struct seam_batch *batch, size_t i, const char **input,
                        const char **output)
{
    const struct seam_pair *pair = &g_array_index(batch->pairs.list, struct seam_pair, i);
    *input = pair->input;
    *output = pair->output;
}

const char *const *seam_batch_passed(const struct seam_batch *batch)
{
    return (const char *const *)(void *)batch->pairs.passed->pdata;
}

size_t seam_batch_count(const struct seam_batch *batch)
{
    return batch->pairs.list->len;
}

bool seam_batch_is_several(const struct seam_batch *batch)
{
    return batch->pairs.several;
}

/* What a batch is at. */
struct run {
    const struct seam_batch *batch;
    struct seam_model *model;
    struct seam_session session;
    struct seam_finished finished;
    struct seam_job_params params;
    struct seam_log *log;
    struct seam_lanes *lanes; /* NULL: one picture at a time */
    /* What a picture was restored with alone: what that costs is known. Lanes rest while one is
     * added. */
    const struct seam_model *known[MOST_KNOWN];
    size_t n_known;
    gint stop;                /* lanes are to end; atomic */
};

/* The folder of a result that mirrors one of a tree, or that a pattern names. */
static enum seam_result make_folder(const struct seam_pair *pair, struct seam_log *log)
{
    char *plain = vips_filename_get_filename(pair->output);
    char *folder = g_path_get_dirname(plain);
    enum seam_result r = SEAM_OK;
    if (g_mkdir_with_parents(folder, 0777) != 0)
        r = seam_log_fail(log, SEAM_ERROR_IO, "the folder %s cannot be made: %s", folder,
                          g_strerror(errno));
    g_free(folder);
    g_free(plain);
    return r;
}

/* The name of a picture's result, and its folder. */
static enum seam_result batch_prepare(const struct run *run, const struct seam_session *session,
                                      struct seam_pair *pair, struct seam_log *log)
{
    const struct seam_job_params *params = &run->params;
    enum seam_result r =
        seam_naming_of_result(&pair->output, pair->input, session, params, log);
    const bool makes = pair->below[0] || run->batch->pairs.pattern;
    if (r == SEAM_OK && makes && !params->dry_run)
        r = make_folder(pair, log);
    return r;
}

/* Another model than the last picture's, if that is asked for. */
static void batch_choose(struct run *run, const struct seam_pair *pair)
{
    const struct seam_job_params *params = &run->params;
    struct seam_model *chosen = NULL;
    if (params->pick)
        chosen = params->pick(params->opaque, pair->input, true, run->log);
    else if (params->choose)
        chosen = params->choose(params->opaque, pair->input);
    if (!chosen)
        chosen = run->model;
    if (chosen != run->session.model)
        seam_session_begin(&run->session, chosen, run->session.threads);
    run->session.picked = params->pick != NULL;
}

static bool is_known(const struct run *run, const struct seam_model *model)
{
    size_t i = 0;
    while (i < run->n_known && run->known[i] != model)
        i++;
    return i < run->n_known;
}

static void batch_learn(struct run *run, const struct seam_model *model)
{
    if (!is_known(run, model) && run->n_known < MOST_KNOWN)
        run->known[run->n_known++] = model;
}

static bool is_there(const struct seam_batch *batch, const struct seam_pair *pair)
{
    if (!batch->skip_existing && !batch->newer)
        return false;
    return seam_written_is_there(pair->output, batch->newer ? pair->input : NULL);
}

/* Whether all is known that names the result before the picture is looked at. */
static bool is_named(const struct seam_pair *pair)
{
    return !strchr(pair->output, '{');
}

static bool is_done(const struct run *run, const struct seam_pair *pair)
{
    return seam_finished_has(&run->finished, pair) ||
           (is_named(pair) && is_there(run->batch, pair));
}

/* One picture, by a job of its own, whose messages go to `log`. */
static enum seam_result batch_job(const struct run *run, struct seam_session *session,
                                  struct seam_pair *pair, const struct seam_job_params *params,
                                  struct seam_log *log, struct seam_job **job)
{
    enum seam_result prepared = SEAM_OK;
    bool done = is_done(run, pair);
    seam_finished_see(&run->finished, pair);
    if (!done) {
        prepared = batch_prepare(run, session, pair, log);
        done = prepared == SEAM_OK && is_there(run->batch, pair);
    }
    const enum seam_result r =
        seam_job_open_in(job, session, pair->input, pair->output, params, log);
    if (r != SEAM_OK)
        return r;
    if (run->batch->pairs.several)
        seam_job_tell_which(*job);
    if (prepared != SEAM_OK)
        return seam_job_refuse(*job, prepared);
    if (!done)
        return seam_job_run(*job);
    seam_job_skip(*job);
    return SEAM_OK;
}

static void batch_begin(const struct run *run, const struct seam_pair *pair)
{
    if (run->params.begun)
        run->params.begun(run->params.opaque, pair->input);
}

/* Tell what became of a picture. */
static void batch_end(struct run *run, const struct seam_pair *pair, struct seam_job **job)
{
    const struct seam_job_report *report = seam_job_get_report(*job);
    if (report->status == SEAM_JOB_RESTORED)
        seam_finished_add(&run->finished, pair, run->log);
    if (run->params.finished)
        run->params.finished(run->params.opaque, report);
    seam_job_close(job);
}

/* One picture with all threads. */
static enum seam_result batch_one(struct run *run, struct seam_pair *pair, bool *small)
{
    struct seam_job *job = NULL;
    if (!is_done(run, pair))
        batch_choose(run, pair);
    const enum seam_result r =
        batch_job(run, &run->session, pair, &run->params, run->log, &job);
    if (!job)
        return r;
    const struct seam_job_report *report = seam_job_get_report(job);
    *small = report->status == SEAM_JOB_RESTORED &&
             seam_ledger_may_share(&run->session, report);
    if (report->status == SEAM_JOB_RESTORED)
        batch_learn(run, run->session.model);
    batch_end(run, pair, &job);
    return r;
}

static bool lane_asks_to_stop(void *opaque)
{
    const struct run *run = opaque;
    return g_atomic_int_get(&run->stop) ||
           (run->params.cancelled && run->params.cancelled(run->params.opaque));
}

static struct seam_pair *pair_of(const struct run *run, size_t i)
{
    return &g_array_index(run->batch->pairs.list, struct seam_pair, i);
}

/* What cannot be read twice, should it come to that, is read by nobody else. */
static bool is_plain(const struct seam_pair *pair)
{
    char *plain = vips_filename_get_filename(pair->input);
    const bool is = g_file_test(plain, G_FILE_TEST_IS_REGULAR);
    g_free(plain);
    return is;
}

/* The model of a picture in a lane; SEAM_ERROR_MODEL where it is for the picture alone to find that
 * out. */
static enum seam_result lane_pick(const struct run *run, struct seam_session *session,
                      const struct seam_pair *pair, struct seam_log *log)
{
    const struct seam_job_params *params = &run->params;
    struct seam_ledger *ledger = session->ledger;
    if (!params->pick)
        return SEAM_OK;
    struct seam_model *picked = params->pick(params->opaque, pair->input, false, log);
    if (!picked || !is_known(run, picked))
        return SEAM_ERROR_MODEL;
    if (picked != session->model)
        seam_session_begin(session, picked, session->threads);
    session->picked = true;
    session->ledger = ledger;
    return SEAM_OK;
}

static enum seam_result lane_restore(void *opaque, struct seam_session *session, size_t i,
                                     struct seam_log *log, struct seam_job **job)
{
    struct run *run = opaque;
    struct seam_pair *pair = pair_of(run, i);
    struct seam_job_params params = run->params;
    params.progress = NULL;
    params.cancelled = lane_asks_to_stop;
    params.opaque = run;
    if (!is_plain(pair))
        return SEAM_OK;
    const enum seam_result r =
        is_done(run, pair) ? SEAM_OK : lane_pick(run, session, pair, log);
    return r == SEAM_OK ? batch_job(run, session, pair, &params, log, job) : r;
}

/* After a picture that was small: the others may be so too. */
static void lanes_open(struct run *run, size_t next)
{
    const struct seam_job_params *params = &run->params;
    const size_t end = run->batch->pairs.list->len;
    struct seam_lanes_params lanes = {
        .begin = next,
        .end = end,
        .session = &run->session,
        .restore = lane_restore,
        .opaque = run,
    };
    if ((params->choose && !params->pick) || params->dry_run || end - next < 2)
        return;
    lanes.lanes = seam_ledger_lanes(params->params->memory, run->session.threads);
    if (lanes.lanes > 1)
        run->lanes = seam_lanes_open(&lanes, run->log);
}

/* The progress of a picture that a lane has restored; false cancels. */
static bool lane_progress(const struct run *run, const struct seam_job *job)
{
    const struct seam_job_params *params = &run->params;
    const struct seam_progress nothing = { 0 }, *now = seam_job_get_progress(job);
    return !params->progress || seam_job_get_report(job)->status != SEAM_JOB_RESTORED ||
           (params->progress(params->opaque, &nothing) && params->progress(params->opaque, now));
}

/* Picture i out of its lane, or alone where that came to nothing. */
static enum seam_result batch_take(struct run *run, size_t i)
{
    struct seam_pair *pair = pair_of(run, i);
    struct seam_job *job;
    bool small;
    enum seam_result r = seam_lanes_take(run->lanes, i, run->log, &job);
    if (!job)
        return batch_one(run, pair, &small);
    if (!lane_progress(run, job))
        r = SEAM_CANCELLED;
    batch_end(run, pair, &job);
    return r;
}

/* Whoever was cancelled, what lanes had finished by then is told. */
static void lanes_close(struct run *run, size_t next)
{
    if (!run->lanes)
        return;
    g_atomic_int_set(&run->stop, 1);
    seam_lanes_stop(run->lanes);
    for (size_t i = next; i < seam_lanes_begun(run->lanes); i++) {
        struct seam_job *job;
        const enum seam_result r = seam_lanes_take(run->lanes, i, NULL, &job);
        if (job && r == SEAM_OK) {
            batch_begin(run, pair_of(run, i));
            batch_end(run, pair_of(run, i), &job);
        }
        seam_job_close(&job);
    }
    seam_lanes_close(&run->lanes);
}

enum seam_result seam_batch_run(struct seam_batch *batch, struct seam_model *model,
                                const struct seam_job_params *params, struct seam_log *log)
{
    struct run run = { .batch = batch, .model = model, .log = log };
    struct seam_params defaults;
    enum seam_result worst = SEAM_OK;
    seam_job_params_init(&run.params);
    if (params)
        run.params = *params;
    seam_params_init(&defaults);
    if (!run.params.params)
        run.params.params = &defaults;
    seam_session_begin(&run.session, model, run.params.threads);
    seam_finished_open(&run.finished, &batch->pairs, &run.params, &run.session, log);
    size_t i = 0;
    for (; i < batch->pairs.list->len && worst != SEAM_CANCELLED; i++) {
        bool small = false;
        batch_begin(&run, pair_of(&run, i));
        const enum seam_result r =
            run.lanes ? batch_take(&run, i) : batch_one(&run, pair_of(&run, i), &small);
        if (r != SEAM_OK)
            worst = r;
        if (small && r == SEAM_OK)
            lanes_open(&run, i + 1);
    }
    lanes_close(&run, i);
    seam_finished_close(&run.finished, worst == SEAM_OK && !run.params.dry_run);
    return worst;
}

void seam_batch_close(struct seam_batch **batch)
{
    if (!*batch)
        return;
    seam_pairs_close(&(*batch)->pairs);
    free(*batch);
    *batch = NULL;
}
