#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/common.h"
#include "libvips/maker.h"
#include "libvips/thread.h"
#include "base/log.h"

/* Rows made at a time, at most: whoever waits for them is woken once. */
#define CHUNK 64

struct seam_maker {
    struct seam_maker_params params;
    int64_t capacity;    /* rows */
    unsigned char *ring; /* row y lies at y % capacity */

    pthread_mutex_t lock; /* guards everything below */
    pthread_cond_t more, room;
    GThread *thread;
    bool started, stop, failed;
    int64_t made;  /* rows that are finished */
    int64_t asked; /* rows that readers have come to: `ahead` more may be made */
    int64_t least; /* rows that the least of those who wait for `more` wants made */
};

/* Never more than there are. */
static struct seam_maker_params within(const struct seam_maker_params *params)
{
    struct seam_maker_params p = *params;
    p.behind = seam_min(p.behind, p.rows);
    p.ahead = seam_min(p.ahead, p.rows);
    return p;
}

uint64_t seam_maker_bytes(const struct seam_maker_params *params)
{
    const struct seam_maker_params p = within(params);
    return (uint64_t)(p.behind + p.ahead) * p.row_bytes;
}

enum seam_result seam_maker_open(struct seam_maker **maker, const struct seam_maker_params *params,
                                 struct seam_log *log)
{
    struct seam_maker *m = calloc(1, sizeof(*m));
    *maker = NULL;
    if (m) {
        m->params = within(params);
        m->capacity = m->params.behind + m->params.ahead;
        m->ring = seam_rows_alloc(m->capacity, params->row_bytes);
    }
    if (!m || !m->ring) {
        free(m);
        return seam_log_fail(log, SEAM_ERROR_MEMORY, "no memory for rows that are made ahead");
    }
    m->least = INT64_MAX;
    pthread_mutex_init(&m->lock, NULL);
    pthread_cond_init(&m->more, NULL);
    pthread_cond_init(&m->room, NULL);
    *maker = m;
    return SEAM_OK;
}

static void *maker_run(void *opaque)
{
    struct seam_maker *m = opaque;
    pthread_mutex_lock(&m->lock);
    while (!m->stop && !m->failed && m->made < m->params.rows) {
        /* What lies `behind` may be read meanwhile: rows beyond this would lie over it. */
        const int64_t end = seam_min(m->asked + m->params.ahead, m->params.rows);
        const int64_t slot = m->made % m->capacity;
        const int64_t rows = seam_min(seam_min(CHUNK, end - m->made), m->capacity - slot);
        if (rows <= 0) {
            pthread_cond_wait(&m->room, &m->lock);
            continue;
        }
        pthread_mutex_unlock(&m->lock);
        const int64_t n = m->params.make(m->params.opaque,
                                         m->ring + (size_t)slot * m->params.row_bytes, rows);
        pthread_mutex_lock(&m->lock);
        m->failed = n <= 0;
        m->made += seam_max(n, 0);
        if (m->made < m->least && !m->failed)
            continue; /* nobody is woken to wait again */
        m->least = INT64_MAX;
        pthread_cond_broadcast(&m->more);
    }
    pthread_mutex_unlock(&m->lock);
    return NULL;
}

void seam_maker_close(struct seam_maker **maker)
{
    struct seam_maker *m = *maker;
    if (!m)
        return;
    pthread_mutex_lock(&m->lock);
    m->stop = true;
    pthread_cond_signal(&m->room);
    pthread_mutex_unlock(&m->lock);
    if (m->thread)
        g_thread_join(m->thread);
    pthread_cond_destroy(&m->more);
    pthread_cond_destroy(&m->room);
    pthread_mutex_destroy(&m->lock);
    free(m->ring);
    free(m);
    *maker = NULL;
}

bool seam_maker_is_closing(struct seam_maker *m)
{
    pthread_mutex_lock(&m->lock);
    const bool stop = m->stop;
    pthread_mutex_unlock(&m->lock);
    return stop;
}

/* Under the lock: wait until rows up to `end` are made. */
static bool wait_for(struct seam_maker *m, int64_t end)
{
    if (!m->started) {
        m->started = true;
        m->thread = seam_thread_start("seamless maker", maker_run, m);
        m->failed = !m->thread;
    }
    if (end > m->asked) {
        m->asked = end;
        pthread_cond_signal(&m->room);
    }
    while (m->made < end && !m->failed) {
        m->least = seam_min(m->least, end);
        pthread_cond_wait(&m->more, &m->lock);
    }
    return m->made >= end;
}

bool seam_maker_is_past(struct seam_maker *m, int64_t top)
{
    pthread_mutex_lock(&m->lock);
    const bool past = !m->failed && top < m->asked - m->params.behind;
    pthread_mutex_unlock(&m->lock);
    return past;
}

bool seam_maker_read(struct seam_maker *m, int64_t top, int64_t rows, size_t left, size_t bytes,
                     void *dst, size_t stride)
{
    unsigned char *at = dst;
    pthread_mutex_lock(&m->lock);
    const bool ok = wait_for(m, top + rows) && top >= m->asked - m->params.behind;
    for (int64_t y = top; ok && y < top + rows; y++, at += stride)
        memcpy(at, m->ring + (size_t)(y % m->capacity) * m->params.row_bytes + left, bytes);
    pthread_mutex_unlock(&m->lock);
    return ok;
}
