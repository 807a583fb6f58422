#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/common.h"
#include "base/team.h"

/* More than this many share no tile: rows would be too few to be worth waking them. */
#define MOST_HELPERS 15
/* Fewer rows than this are not worth a second thread. */
#define LEAST_ROWS 16

struct seam_team {
    pthread_mutex_t lock; /* guards everything below but `threads` */
    pthread_cond_t begun, finished;
    pthread_t threads[MOST_HELPERS];
    int helpers;
    bool closing;
    int64_t round; /* counts runs, so that a helper takes one slice of each */
    int left;      /* helpers that have not finished this round */
    int next;      /* slice that the next helper takes; the caller's is 0 */
    int slices;
    void (*work)(void *opaque, int64_t begin, int64_t end);
    void *opaque;
    int64_t count;
};

static void team_slice(const struct seam_team *t, int slice)
{
    if (slice < t->slices)
        t->work(t->opaque, t->count * slice / t->slices, t->count * (slice + 1) / t->slices);
}

static void *team_help(void *opaque)
{
    struct seam_team *t = opaque;
    int64_t seen = 0;
    pthread_mutex_lock(&t->lock);
    for (;;) {
        while (!t->closing && t->round == seen)
            pthread_cond_wait(&t->begun, &t->lock);
        if (t->closing)
            break;
        seen = t->round;
        const int slice = t->next++;
        pthread_mutex_unlock(&t->lock);
        team_slice(t, slice);
        pthread_mutex_lock(&t->lock);
        if (--t->left == 0)
            pthread_cond_signal(&t->finished);
    }
    pthread_mutex_unlock(&t->lock);
    return NULL;
}

struct seam_team *seam_team_open(int threads)
{
    struct seam_team *t = threads > 1 ? calloc(1, sizeof(*t)) : NULL;
    if (!t)
        return NULL;
    pthread_mutex_init(&t->lock, NULL);
    pthread_cond_init(&t->begun, NULL);
    pthread_cond_init(&t->finished, NULL);
    /* Signals are for the threads of the program. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const int wanted = (int)seam_min(threads - 1, MOST_HELPERS);
    while (t->helpers < wanted &&
           pthread_create(&t->threads[t->helpers], NULL, team_help, t) == 0)
        t->helpers++;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return t;
}

void seam_team_close(struct seam_team **team)
{
    struct seam_team *t = *team;
    if (!t)
        return;
    pthread_mutex_lock(&t->lock);
    t->closing = true;
    pthread_cond_broadcast(&t->begun);
    pthread_mutex_unlock(&t->lock);
    for (int i = 0; i < t->helpers; i++)
        pthread_join(t->threads[i], NULL);
    pthread_cond_destroy(&t->begun);
    pthread_cond_destroy(&t->finished);
    pthread_mutex_destroy(&t->lock);
    free(t);
    *team = NULL;
}

void seam_team_run(struct seam_team *t, void (*work)(void *opaque, int64_t begin, int64_t end),
                   void *opaque, int64_t count)
{
    const int64_t slices = t ? seam_min(t->helpers + 1, count / LEAST_ROWS) : 1;
    if (slices <= 1) {
        work(opaque, 0, count);
        return;
    }
    pthread_mutex_lock(&t->lock);
    t->work = work;
    t->opaque = opaque;
    t->count = count;
    t->slices = (int)slices;
    t->next = 1;
    t->left = t->helpers;
    t->round++;
    pthread_cond_broadcast(&t->begun);
    pthread_mutex_unlock(&t->lock);
    team_slice(t, 0);
    pthread_mutex_lock(&t->lock);
    while (t->left > 0)
        pthread_cond_wait(&t->finished, &t->lock);
    pthread_mutex_unlock(&t->lock);
}
