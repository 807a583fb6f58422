#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "stream/carrier.h"

enum state { FREE, TO_WRITE, TO_READ, HERE };

struct slot {
    enum state state;
    struct seam_record record;
    uint64_t ticket; /* what has the lowest is done first */
    int error;       /* of reading it */
    unsigned char *data;
};

struct seam_carrier {
    int fd;
    pthread_t thread;
    pthread_mutex_t lock; /* guards all below, but the data of a slot that is TO_READ */
    pthread_cond_t asked, done;
    bool closing;
    int error; /* of the first write that failed */
    uint64_t tickets;
    unsigned char *data;
    int count;
    struct slot slot[];
};

/* The slot in one of two states that waits longest; NULL: none is. */
static struct slot *oldest(struct seam_carrier *c, enum state a, enum state b)
{
    struct slot *found = NULL;
    for (struct slot *s = c->slot; s < c->slot + c->count; s++)
        if ((s->state == a || s->state == b) && (!found || s->ticket < found->ticket))
            found = s;
    return found;
}

static void *carry(void *opaque)
{
    struct seam_carrier *c = opaque;
    pthread_mutex_lock(&c->lock);
    while (!c->closing) {
        struct slot *s = oldest(c, TO_WRITE, TO_READ);
        if (!s) {
            pthread_cond_wait(&c->asked, &c->lock);
            continue;
        }
        const bool writes = s->state == TO_WRITE;
        pthread_mutex_unlock(&c->lock);
        const int error = writes ? seam_record_write(c->fd, &s->record, s->data)
                                 : seam_record_read(c->fd, &s->record, s->data);
        pthread_mutex_lock(&c->lock);
        s->state = writes ? FREE : HERE;
        s->error = error;
        if (writes && !c->error)
            c->error = error;
        pthread_cond_signal(&c->done);
    }
    pthread_mutex_unlock(&c->lock);
    return NULL;
}

/* Signals are for the threads of the program. */
static bool start(struct seam_carrier *c)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const bool started = pthread_create(&c->thread, NULL, carry, c) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return started;
}

static void dispose(struct seam_carrier *c)
{
    pthread_cond_destroy(&c->done);
    pthread_cond_destroy(&c->asked);
    pthread_mutex_destroy(&c->lock);
    free(c->data);
    free(c);
}

struct seam_carrier *seam_carrier_open(int fd, int count, size_t bytes)
{
    struct seam_carrier *c =
        count < 2 ? NULL : calloc(1, sizeof(*c) + (size_t)count * sizeof(c->slot[0]));
    if (!c)
        return NULL;
    c->fd = fd;
    c->count = count;
    c->data = bytes <= SIZE_MAX / (size_t)count ? malloc((size_t)count * bytes) : NULL;
    for (int i = 0; c->data && i < count; i++)
        c->slot[i].data = c->data + (size_t)i * bytes;
    pthread_mutex_init(&c->lock, NULL);
    pthread_cond_init(&c->asked, NULL);
    pthread_cond_init(&c->done, NULL);
    if (c->data && start(c))
        return c;
    dispose(c);
    return NULL;
}

void seam_carrier_close(struct seam_carrier **carrier)
{
    struct seam_carrier *c = *carrier;
    if (!c)
        return;
    pthread_mutex_lock(&c->lock);
    c->closing = true;
    pthread_cond_signal(&c->asked);
    pthread_mutex_unlock(&c->lock);
    pthread_join(c->thread, NULL);
    dispose(c);
    *carrier = NULL;
}

/* The lock is held. */
static void ask(struct seam_carrier *c, struct slot *s, enum state state,
                const struct seam_record *record)
{
    s->state = state;
    s->record = *record;
    s->ticket = c->tickets++;
    s->error = 0;
    pthread_cond_signal(&c->asked);
}

int seam_carrier_write(struct seam_carrier *c, const struct seam_record *record, const void *data)
{
    struct slot *s;
    pthread_mutex_lock(&c->lock);
    /* What was read ahead in vain gives way. */
    while (!c->error && !(s = oldest(c, FREE, FREE)) && !(s = oldest(c, HERE, HERE)))
        pthread_cond_wait(&c->done, &c->lock);
    const int error = c->error;
    if (!error) {
        memcpy(s->data, data, record->size);
        ask(c, s, TO_WRITE, record);
    }
    pthread_mutex_unlock(&c->lock);
    return error;
}

/* Where the record lies, whichever way it goes. */
static struct slot *find(struct seam_carrier *c, const struct seam_record *record)
{
    for (struct slot *s = c->slot; s < c->slot + c->count; s++)
        if (s->state != FREE && s->record.number == record->number)
            return s;
    return NULL;
}

int seam_carrier_read(struct seam_carrier *c, const struct seam_record *record, void *data)
{
    pthread_mutex_lock(&c->lock);
    struct slot *s = find(c, record);
    while (s && s->state == TO_READ)
        pthread_cond_wait(&c->done, &c->lock);
    int error = c->error ? c->error : s ? s->error : 0;
    if (s && !error)
        memcpy(data, s->data, record->size);
    if (s && s->state == HERE)
        s->state = FREE;
    pthread_mutex_unlock(&c->lock);
    /* Not on its way any more: it lies in the file. */
    return s || error ? error : seam_record_read(c->fd, record, data);
}

int seam_carrier_failed(struct seam_carrier *c)
{
    pthread_mutex_lock(&c->lock);
    const int error = c->error;
    pthread_mutex_unlock(&c->lock);
    return error;
}

void seam_carrier_ahead(struct seam_carrier *c, const struct seam_record *record)
{
    int reads = 0;
    pthread_mutex_lock(&c->lock);
    for (int i = 0; i < c->count; i++)
        reads += c->slot[i].state == TO_READ || c->slot[i].state == HERE;
    /* Writes have the other half. */
    struct slot *s = reads < c->count / 2 && !find(c, record) ? oldest(c, FREE, FREE) : NULL;
    if (s)
        ask(c, s, TO_READ, record);
    pthread_mutex_unlock(&c->lock);
}
