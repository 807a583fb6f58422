#include <stdlib.h>

#include "base/assert.h"
#include "base/log.h"
#include "model/private.h"

/* The one that is idle, if it has as many threads. */
static struct seam_session *take_idle(struct seam_model *m, int threads)
{
    pthread_mutex_lock(&m->lock);
    struct seam_session *s = m->idle && m->idle->threads == threads ? m->idle : NULL;
    if (s)
        m->idle = NULL;
    m->sessions++;
    pthread_mutex_unlock(&m->lock);
    return s;
}

static enum seam_result begin(struct seam_session **session, struct seam_model *m,
                              int threads, struct seam_log *log)
{
    enum seam_result r = SEAM_OK;
    struct seam_session *s = calloc(1, sizeof(*s));
    if (!s)
        return seam_log_fail(log, SEAM_ERROR_MEMORY, "%s: no memory for a session", m->facts.name);
    s->model = m;
    s->engine = m->engine;
    s->threads = threads;
    if (m->ops->begin)
        r = m->ops->begin(&s->engine, m->engine, threads, log);
    if (r == SEAM_OK)
        *session = s;
    else
        free(s);
    return r;
}

static void end(struct seam_session *s)
{
    if (s->model->ops->end)
        s->model->ops->end(s->engine);
    free(s);
}

enum seam_result seam_session_open(struct seam_session **session, struct seam_model *m,
                                   int threads, struct seam_log *log)
{
    const int granted = threads > 0 && threads < m->threads ? threads : m->threads;
    *session = NULL;
    if (!m->engine)
        return seam_log_fail(log, SEAM_ERROR_ENGINE, "%s cannot be run: the engine refused it",
                             m->facts.name);
    *session = take_idle(m, granted);
    const enum seam_result r = *session ? SEAM_OK : begin(session, m, granted, log);
    if (r != SEAM_OK) {
        pthread_mutex_lock(&m->lock);
        m->sessions--;
        pthread_mutex_unlock(&m->lock);
    }
    return r;
}

void seam_session_close(struct seam_session **session)
{
    struct seam_session *s = *session;
    *session = NULL;
    if (!s)
        return;
    struct seam_model *m = s->model;
    pthread_mutex_lock(&m->lock);
    const bool keep = !m->idle && !m->closed;
    const bool last = --m->sessions == 0 && m->closed;
    if (keep)
        m->idle = s;
    pthread_mutex_unlock(&m->lock);
    if (!keep)
        end(s);
    if (last)
        seam_model_destroy(m);
}

void seam_session_limit(struct seam_session *s, uint64_t budget, uint64_t others)
{
    if (s->model->ops->limit)
        s->model->ops->limit(s->engine, budget, others);
}

enum seam_result seam_session_run(struct seam_session *s, struct seam_engine_io *io,
                                  struct seam_log *log)
{
    seam_assert(io->batch <= 1 || s->model->facts.batches, "only some networks take several");
    return s->model->ops->run(s->engine, io, log);
}

static bool is_asynchronous(const struct seam_session *s)
{
    return s->model->facts.device.in_flight > 0;
}

enum seam_result seam_session_submit(struct seam_session *s, struct seam_engine_io *io,
                                     struct seam_log *log)
{
    const struct seam_engine_ops *ops = s->model->ops;
    return (is_asynchronous(s) ? ops->submit : ops->run)(s->engine, io, log);
}

enum seam_result seam_session_wait(struct seam_session *s, struct seam_engine_io *io,
                                   struct seam_log *log)
{
    return is_asynchronous(s) ? s->model->ops->wait(s->engine, io, log) : SEAM_OK;
}

const struct seam_rows_ops *seam_session_rows(struct seam_session *s, void **engine)
{
    *engine = s->engine;
    return s->model->ops->rows;
}

const struct seam_cut *seam_session_cuts(const struct seam_session *s, size_t *count)
{
    *count = s->model->analysis.n_cuts;
    return s->model->analysis.cuts;
}
