#include <glib.h>
#include <pthread.h>
#include <string.h>

#include "base/log.h"
#include "job/lanes.h"
#include "job/ledger.h"
#include "libvips/thread.h"

/* How far lanes run ahead of the picture that is waited for, in pictures a lane. */
#define AHEAD 4

struct message {
    enum seam_log_level level;
    char *text;
};

/* A picture that a lane has taken. */
struct slot {
    struct seam_job *job;
    struct seam_log log;
    GArray *messages; /* in the order in which they came; NULL: nothing was begun */
    enum seam_result result;
    bool done;
};

struct seam_lanes {
    struct seam_lanes_params params;
    struct seam_session session; /* of the batch, which lanes copy */
    struct seam_ledger ledger;
    enum seam_log_level level;
    GThread **threads;
    int running; /* threads */

    pthread_mutex_t lock; /* guards everything below */
    pthread_cond_t work, done;
    struct slot *slots; /* picture i is in slot i % n_slots */
    size_t n_slots;
    size_t next, taken; /* picture to begin with, and the first that was not taken yet */
    int busy;           /* lanes with a picture in the making */
    int alone;          /* done, and to be restored alone before others begin */
    bool resting, stop;
};

static void keep_message(void *opaque, enum seam_log_level level, const char *text)
{
    const struct message m = { level, g_strdup(text) };
    g_array_append_val(((struct slot *)opaque)->messages, m);
}

static void message_clear(void *opaque)
{
    g_free(((struct message *)opaque)->text);
}

static void slot_begin(struct slot *slot, enum seam_log_level level)
{
    *slot = (struct slot){ .messages = g_array_new(FALSE, FALSE, sizeof(struct message)) };
    g_array_set_clear_func(slot->messages, message_clear);
    seam_log_init(&slot->log);
    slot->log.message = keep_message;
    slot->log.opaque = slot;
    slot->log.level = level;
}

static void slot_clear(struct slot *slot)
{
    seam_job_close(&slot->job);
    if (slot->messages)
        g_array_unref(slot->messages);
    *slot = (struct slot){ 0 };
}

/* Under the lock. */
static bool may_begin(const struct seam_lanes *l)
{
    return !l->resting && l->alone == 0 && l->next < l->params.end &&
           l->next < l->taken + l->n_slots;
}

static bool waits_for_one(const struct slot *slot)
{
    return slot->done && !slot->job && slot->result != SEAM_OK;
}

static void *lane_run(void *opaque)
{
    struct seam_lanes *l = opaque;
    struct seam_session session = l->session;
    pthread_mutex_lock(&l->lock);
    while (!l->stop) {
        if (!may_begin(l)) {
            pthread_cond_wait(&l->work, &l->lock);
            continue;
        }
        const size_t i = l->next++;
        struct slot *slot = &l->slots[i % l->n_slots];
        l->busy++;
        pthread_mutex_unlock(&l->lock);
        slot_begin(slot, l->level);
        slot->result = l->params.restore(l->params.opaque, &session, i, &slot->log, &slot->job);
        pthread_mutex_lock(&l->lock);
        slot->done = true;
        l->alone += waits_for_one(slot);
        l->busy--;
        pthread_cond_signal(&l->done);
    }
    pthread_mutex_unlock(&l->lock);
    return NULL;
}

struct seam_lanes *seam_lanes_open(const struct seam_lanes_params *params,
                                   const struct seam_log *log)
{
    struct seam_lanes *l = g_new0(struct seam_lanes, 1);
    l->params = *params;
    l->session = *params->session;
    l->session.threads = 1;
    l->session.ledger = &l->ledger;
    l->level = log ? log->level : SEAM_LOG_ERROR;
    l->next = l->taken = params->begin;
    l->n_slots = (size_t)params->lanes * AHEAD;
    l->slots = g_new0(struct slot, l->n_slots);
    l->threads = g_new0(GThread *, (size_t)params->lanes);
    pthread_mutex_init(&l->ledger.lock, NULL);
    pthread_mutex_init(&l->lock, NULL);
    pthread_cond_init(&l->work, NULL);
    pthread_cond_init(&l->done, NULL);
    while (l->running < params->lanes) {
        l->threads[l->running] = seam_thread_start("seamless lane", lane_run, l);
        if (!l->threads[l->running])
            break;
        l->running++;
    }
    if (l->running == 0)
        seam_lanes_close(&l);
    return l;
}

/* What a picture had to say, to whom it would have said it. */
static void pass_on(const struct slot *slot, struct seam_log *log)
{
    for (guint i = 0; log && log->message && i < slot->messages->len; i++) {
        const struct message *m = &g_array_index(slot->messages, struct message, i);
        log->message(log->opaque, m->level, m->text);
    }
    if (!log || log->result != SEAM_OK || slot->log.result == SEAM_OK)
        return;
    log->result = slot->log.result;
    memcpy(log->error, slot->log.error, sizeof(log->error));
}

enum seam_result seam_lanes_take(struct seam_lanes *l, size_t i, struct seam_log *log,
                                 struct seam_job **job)
{
    struct slot *slot = &l->slots[i % l->n_slots];
    *job = NULL;
    pthread_mutex_lock(&l->lock);
    l->resting = false;
    pthread_cond_broadcast(&l->work);
    while (!slot->done && !l->stop)
        pthread_cond_wait(&l->done, &l->lock);
    const bool whole = slot->done && slot->job &&
                       (slot->result == SEAM_OK || slot->result == SEAM_CANCELLED);
    const enum seam_result r = slot->result;
    l->alone -= waits_for_one(slot);
    l->resting = slot->done && !whole;
    while (l->resting && l->busy > 0)
        pthread_cond_wait(&l->done, &l->lock);
    pthread_mutex_unlock(&l->lock);
    if (whole) {
        pass_on(slot, log);
        *job = slot->job;
        slot->job = NULL;
    }
    slot_clear(slot);
    pthread_mutex_lock(&l->lock);
    l->taken = i + 1;
    pthread_cond_broadcast(&l->work);
    pthread_mutex_unlock(&l->lock);
    return r;
}

void seam_lanes_stop(struct seam_lanes *l)
{
    pthread_mutex_lock(&l->lock);
    l->stop = true;
    pthread_cond_broadcast(&l->work);
    pthread_mutex_unlock(&l->lock);
    for (int i = 0; i < l->running; i++)
        g_thread_join(l->threads[i]);
    l->running = 0;
}

size_t seam_lanes_begun(const struct seam_lanes *l)
{
    return l->next;
}

void seam_lanes_close(struct seam_lanes **lanes)
{
    struct seam_lanes *l = *lanes;
    if (!l)
        return;
    seam_lanes_stop(l);
    for (size_t i = 0; i < l->n_slots; i++)
        slot_clear(&l->slots[i]);
    pthread_mutex_destroy(&l->ledger.lock);
    pthread_mutex_destroy(&l->lock);
    pthread_cond_destroy(&l->work);
    pthread_cond_destroy(&l->done);
    g_free(l->slots);
    g_free(l->threads);
    g_free(l);
    *lanes = NULL;
}
