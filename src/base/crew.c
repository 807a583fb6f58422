#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/common.h"
#include "base/crew.h"

#define MOST_THREADS 256
/* Looks before a thread gives its time to others, and before it sleeps: some tens of microseconds,
 * then some hundreds. */
#define LOOKS_AWAKE 2000
#define LOOKS_AT_ALL 3000
/* Fewer rows are not worth a second thread, nor more slices the waking. */
#define LEAST_SLICE 16
#define MOST_SLICES 16

struct helper {
    struct seam_crew *crew;
    pthread_t thread;
    int index;
};

struct seam_crew {
    void (*work)(void *opaque, int i);
    void *opaque;
    bool spins;
    int helpers;
    atomic_uint round;  /* counts runs */
    atomic_int left;    /* helpers that have not finished this one */
    atomic_bool closing;
    pthread_mutex_t lock; /* for those who sleep */
    pthread_cond_t begun, finished;
    struct helper helper[];
};

void seam_crew_pause(int looks)
{
    if (looks >= LOOKS_AWAKE) {
        sched_yield();
        return;
    }
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/* Wait for the round after `seen`. */
static unsigned crew_wait(struct seam_crew *c, unsigned seen)
{
    unsigned now;
    for (int looks = 0; c->spins && looks < LOOKS_AT_ALL; looks++) {
        if ((now = atomic_load_explicit(&c->round, memory_order_acquire)) != seen)
            return now;
        seam_crew_pause(looks);
    }
    pthread_mutex_lock(&c->lock);
    while ((now = atomic_load_explicit(&c->round, memory_order_acquire)) == seen)
        pthread_cond_wait(&c->begun, &c->lock);
    pthread_mutex_unlock(&c->lock);
    return now;
}

static void *crew_help(void *opaque)
{
    struct helper *h = opaque;
    struct seam_crew *c = h->crew;
    unsigned seen = 0;
    for (;;) {
        seen = crew_wait(c, seen);
        if (atomic_load_explicit(&c->closing, memory_order_relaxed))
            return NULL;
        c->work(c->opaque, h->index);
        const bool last = atomic_fetch_sub_explicit(&c->left, 1, memory_order_release) == 1;
        if (last && !c->spins) {
            pthread_mutex_lock(&c->lock);
            pthread_cond_signal(&c->finished);
            pthread_mutex_unlock(&c->lock);
        }
    }
}

static void crew_begin(struct seam_crew *c)
{
    pthread_mutex_lock(&c->lock);
    atomic_fetch_add_explicit(&c->round, 1, memory_order_release);
    pthread_cond_broadcast(&c->begun);
    pthread_mutex_unlock(&c->lock);
}

static bool crew_is_done(struct seam_crew *c)
{
    return atomic_load_explicit(&c->left, memory_order_acquire) == 0;
}

static void crew_finish(struct seam_crew *c)
{
    for (int looks = 0; c->spins && !crew_is_done(c); looks++)
        seam_crew_pause(looks);
    if (c->spins)
        return;
    pthread_mutex_lock(&c->lock);
    while (!crew_is_done(c))
        pthread_cond_wait(&c->finished, &c->lock);
    pthread_mutex_unlock(&c->lock);
}

struct seam_crew *seam_crew_open(int threads, bool spins)
{
    const int wanted = (int)seam_clamp(threads - 1, 0, MOST_THREADS - 1);
    struct seam_crew *c =
        wanted ? calloc(1, sizeof(*c) + (size_t)wanted * sizeof(c->helper[0])) : NULL;
    if (!c)
        return NULL;
    c->spins = spins;
    pthread_mutex_init(&c->lock, NULL);
    pthread_cond_init(&c->begun, NULL);
    pthread_cond_init(&c->finished, NULL);
    /* Signals are for the threads of the program. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (c->helpers < wanted) {
        struct helper *h = &c->helper[c->helpers];
        *h = (struct helper){ .crew = c, .index = c->helpers + 1 };
        if (pthread_create(&h->thread, NULL, crew_help, h) != 0)
            break;
        c->helpers++;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return c;
}

void seam_crew_close(struct seam_crew **crew)
{
    struct seam_crew *c = *crew;
    if (!c)
        return;
    atomic_store_explicit(&c->closing, true, memory_order_relaxed);
    crew_begin(c);
    for (int i = 0; i < c->helpers; i++)
        pthread_join(c->helper[i].thread, NULL);
    pthread_cond_destroy(&c->begun);
    pthread_cond_destroy(&c->finished);
    pthread_mutex_destroy(&c->lock);
    free(c);
    *crew = NULL;
}

int seam_crew_size(const struct seam_crew *crew)
{
    return crew ? crew->helpers + 1 : 1;
}

void seam_crew_run(struct seam_crew *c, void (*work)(void *opaque, int i), void *opaque)
{
    if (!c || c->helpers == 0) {
        work(opaque, 0);
        return;
    }
    c->work = work;
    c->opaque = opaque;
    atomic_store_explicit(&c->left, c->helpers, memory_order_relaxed);
    crew_begin(c);
    work(opaque, 0);
    crew_finish(c);
}

/* What is shared in slices. */
struct sharing {
    void (*work)(void *opaque, int64_t begin, int64_t end);
    void *opaque;
    int64_t count, slices;
};

static void share_slice(void *opaque, int i)
{
    const struct sharing *s = opaque;
    if (i < s->slices)
        s->work(s->opaque, s->count * i / s->slices, s->count * (i + 1) / s->slices);
}

void seam_crew_share(struct seam_crew *crew,
                     void (*work)(void *opaque, int64_t begin, int64_t end), void *opaque,
                     int64_t count)
{
    struct sharing s = { .work = work, .opaque = opaque, .count = count };
    s.slices = seam_min(seam_min(seam_crew_size(crew), MOST_SLICES), count / LEAST_SLICE);
    if (s.slices <= 1)
        work(opaque, 0, count);
    else
        seam_crew_run(crew, share_slice, &s);
}
