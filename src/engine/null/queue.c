#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/assert.h"
#include "base/log.h"
#include "engine/null/queue.h"

struct entry {
    struct seam_engine_io *io;
    enum seam_result result;
    struct seam_log log;
};

struct seam_null_queue {
    enum seam_result (*run)(void *session, struct seam_engine_io *io, struct seam_log *log);
    void *session;
    long delay;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t change;
    /* By number modulo its length: of runs submitted, done and waited for. */
    struct entry entry[SEAM_MOST_IN_FLIGHT];
    long submitted, done, waited;
    bool ends;
};

void seam_null_sleep(long milliseconds)
{
    struct timespec t = { milliseconds / 1000, milliseconds % 1000 * 1000000 };
    while (nanosleep(&t, &t) != 0)
        continue;
}

static void *work(void *opaque)
{
    struct seam_null_queue *q = opaque;
    pthread_mutex_lock(&q->lock);
    for (;;) {
        while (q->done == q->submitted && !q->ends)
            pthread_cond_wait(&q->change, &q->lock);
        if (q->ends)
            break;
        struct entry *e = &q->entry[q->done % SEAM_MOST_IN_FLIGHT];
        pthread_mutex_unlock(&q->lock);
        seam_null_sleep(q->delay);
        seam_log_init(&e->log);
        e->result = q->run(q->session, e->io, &e->log);
        pthread_mutex_lock(&q->lock);
        q->done++;
        pthread_cond_broadcast(&q->change);
    }
    pthread_mutex_unlock(&q->lock);
    return NULL;
}

struct seam_null_queue *seam_null_queue_open(enum seam_result (*run)(void *session,
                                                                     struct seam_engine_io *io,
                                                                     struct seam_log *log),
                                             void *session, long delay)
{
    struct seam_null_queue *q = calloc(1, sizeof(*q));
    if (!q)
        return NULL;
    q->run = run;
    q->session = session;
    q->delay = delay;
    pthread_mutex_init(&q->lock, NULL);
    pthread_cond_init(&q->change, NULL);
    if (pthread_create(&q->thread, NULL, work, q) == 0)
        return q;
    pthread_cond_destroy(&q->change);
    pthread_mutex_destroy(&q->lock);
    free(q);
    return NULL;
}

void seam_null_queue_close(struct seam_null_queue **queue)
{
    struct seam_null_queue *q = *queue;
    *queue = NULL;
    if (!q)
        return;
    pthread_mutex_lock(&q->lock);
    q->ends = true;
    pthread_cond_broadcast(&q->change);
    pthread_mutex_unlock(&q->lock);
    pthread_join(q->thread, NULL);
    pthread_cond_destroy(&q->change);
    pthread_mutex_destroy(&q->lock);
    free(q);
}

void seam_null_queue_submit(struct seam_null_queue *q, struct seam_engine_io *io)
{
    pthread_mutex_lock(&q->lock);
    seam_assert(q->submitted - q->waited < SEAM_MOST_IN_FLIGHT, "a run has an entry of its own");
    q->entry[q->submitted++ % SEAM_MOST_IN_FLIGHT].io = io;
    pthread_cond_broadcast(&q->change);
    pthread_mutex_unlock(&q->lock);
}

enum seam_result seam_null_queue_wait(struct seam_null_queue *q, struct seam_engine_io *io,
                                      struct seam_log *log)
{
    pthread_mutex_lock(&q->lock);
    struct entry *e = &q->entry[q->waited % SEAM_MOST_IN_FLIGHT];
    seam_assert(q->waited < q->submitted && e->io == io, "runs end in the order they began in");
    while (q->done == q->waited)
        pthread_cond_wait(&q->change, &q->lock);
    q->waited++;
    pthread_mutex_unlock(&q->lock);
    return e->result == SEAM_OK ? SEAM_OK : seam_log_fail(log, e->result, "%s", e->log.error);
}
