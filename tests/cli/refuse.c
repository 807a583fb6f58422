/*
 * Loaded before the command (LD_PRELOAD): the system gives REFUSE_THREADS threads at a time and no
 * more, as it does where there is no room for another's stack.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

static atomic_int alive;

struct work {
    void *(*run)(void *);
    void *opaque;
};

static void *counted(void *opaque)
{
    const struct work work = *(struct work *)opaque;
    free(opaque);
    void *result = work.run(work.opaque);
    atomic_fetch_sub(&alive, 1);
    return result;
}

__attribute__((visibility("default"))) int pthread_create(pthread_t *thread,
                                                          const pthread_attr_t *attributes,
                                                          void *(*run)(void *), void *opaque)
{
    int (*create)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    const char *most = getenv("REFUSE_THREADS");
    struct work *work = malloc(sizeof(*work));
    int error = work ? 0 : EAGAIN;
    if (!error && atomic_fetch_add(&alive, 1) >= (most ? atoi(most) : 1 << 20))
        error = EAGAIN;
    if (!error) {
        *work = (struct work){ run, opaque };
        *(void **)&create = dlsym(RTLD_NEXT, "pthread_create");
        error = create(thread, attributes, counted, work);
    }
    if (error) {
        atomic_fetch_sub(&alive, work ? 1 : 0);
        free(work);
    }
    return error;
}
