/* Many pictures, one after the other. */
#include <errno.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <vips/vips.h>

#include "base/log.h"
#include "files/written.h"
#include "job/finished.h"
#include "job/job.h"
#include "job/naming.h"
#include "job/pairs.h"

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

/* The model of a picture, and the name of its result. */
static enum seam_result batch_prepare(struct run *run, struct seam_pair *pair)
{
    const struct seam_job_params *params = &run->params;
    struct seam_model *chosen = params->choose ? params->choose(params->opaque, pair->input) : NULL;
    if (!chosen)
        chosen = run->model;
    if (chosen != run->session.model)
        seam_session_begin(&run->session, chosen, run->session.threads);
    enum seam_result r =
        seam_naming_of_result(&pair->output, pair->input, &run->session, params, run->log);
    const bool makes = pair->below[0] || run->batch->pairs.pattern;
    if (r == SEAM_OK && makes && !params->dry_run)
        r = make_folder(pair, run->log);
    return r;
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

/* One picture, by a job of its own, whose messages go where the batch's do. */
static enum seam_result batch_one(struct run *run, struct seam_pair *pair)
{
    const struct seam_job_params *params = &run->params;
    struct seam_job *job;
    enum seam_result prepared = SEAM_OK;
    if (params->begun)
        params->begun(params->opaque, pair->input);
    bool done = seam_finished_has(&run->finished, pair) ||
                (is_named(pair) && is_there(run->batch, pair));
    if (!done) {
        prepared = batch_prepare(run, pair);
        done = prepared == SEAM_OK && is_there(run->batch, pair);
    }
    enum seam_result r =
        seam_job_open_in(&job, &run->session, pair->input, pair->output, params, run->log);
    if (r != SEAM_OK)
        return r;
    if (prepared != SEAM_OK)
        r = seam_job_refuse(job, prepared);
    else if (done)
        seam_job_skip(job);
    else
        r = seam_job_run(job);
    if (r == SEAM_OK && !done && !params->dry_run)
        seam_finished_add(&run->finished, pair, run->log);
    if (params->finished)
        params->finished(params->opaque, seam_job_get_report(job));
    seam_job_close(&job);
    return r;
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
    for (guint i = 0; i < batch->pairs.list->len && worst != SEAM_CANCELLED; i++) {
        struct seam_pair *pair = &g_array_index(batch->pairs.list, struct seam_pair, i);
        const enum seam_result r = batch_one(&run, pair);
        if (r != SEAM_OK)
            worst = r;
    }
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
