/* Many pictures, one after the other. */
#include <stdlib.h>

#include "base/log.h"
#include "job/finished.h"
#include "job/job.h"
#include "job/pairs.h"

struct seam_batch {
    struct seam_pairs pairs;
};

void seam_batch_params_init(struct seam_batch_params *params)
{
    *params = (struct seam_batch_params){ 0 };
}

enum seam_result seam_batch_open(struct seam_batch **batch, const struct seam_batch_params *params,
                                 struct seam_log *log)
{
    struct seam_batch *b = calloc(1, sizeof(*b));
    *batch = NULL;
    if (!b)
        return seam_log_fail(log, SEAM_ERROR_MEMORY, "no memory for a batch");
    const enum seam_result r = seam_pairs_open(&b->pairs, params, log);
    if (r != SEAM_OK) {
        free(b);
        return r;
    }
    *batch = b;
    return SEAM_OK;
}

size_t seam_batch_count(const struct seam_batch *batch)
{
    return batch->pairs.list->len;
}

bool seam_batch_is_several(const struct seam_batch *batch)
{
    return batch->pairs.several;
}

/* One picture, by a job of its own, whose messages go where the batch's do. */
static enum seam_result batch_one(const struct seam_pair *pair, struct seam_model *model,
                                  struct seam_session *session, struct seam_finished *finished,
                                  const struct seam_job_params *params, struct seam_log *log)
{
    struct seam_job *job;
    enum seam_result r = seam_job_open_in(&job, session, pair->input, pair->output, params, log);
    if (r != SEAM_OK)
        return r;
    if (seam_finished_has(finished, pair)) {
        seam_job_skip(job);
    } else {
        struct seam_model *chosen =
            params->choose ? params->choose(params->opaque, pair->input) : NULL;
        if (!chosen)
            chosen = model;
        if (chosen != session->model)
            seam_session_begin(session, chosen, session->threads);
        r = seam_job_run(job);
        if (r == SEAM_OK)
            seam_finished_add(finished, pair, log);
    }
    if (params->finished)
        params->finished(params->opaque, seam_job_get_report(job));
    seam_job_close(&job);
    return r;
}

enum seam_result seam_batch_run(struct seam_batch *batch, struct seam_model *model,
                                const struct seam_job_params *params, struct seam_log *log)
{
    struct seam_session session;
    struct seam_finished finished;
    struct seam_job_params all;
    struct seam_params defaults;
    enum seam_result worst = SEAM_OK;
    seam_job_params_init(&all);
    if (params)
        all = *params;
    seam_params_init(&defaults);
    if (!all.params)
        all.params = &defaults;
    seam_session_begin(&session, model, all.threads);
    seam_finished_open(&finished, &batch->pairs, &all, &session);
    for (guint i = 0; i < batch->pairs.list->len && worst != SEAM_CANCELLED; i++) {
        const struct seam_pair *pair = &g_array_index(batch->pairs.list, struct seam_pair, i);
        const enum seam_result r = batch_one(pair, model, &session, &finished, &all, log);
        if (r != SEAM_OK)
            worst = r;
    }
    seam_finished_close(&finished, worst == SEAM_OK);
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
