#include <pthread.h>
#include <stdlib.h>

#include "base/refused.h"

static void *wait_for_the_rest(void *opaque)
{
    pthread_mutex_t *gate = opaque;
    pthread_mutex_lock(gate);
    pthread_mutex_unlock(gate);
    return NULL;
}

bool seam_threads_given(int count)
{
    pthread_mutex_t gate;
    pthread_t *threads = calloc((size_t)(count > 0 ? count : 1), sizeof(*threads));
    int begun = 0;
    if (!threads || pthread_mutex_init(&gate, NULL) != 0) {
        free(threads);
        return false;
    }
    pthread_mutex_lock(&gate);
    while (begun < count && pthread_create(&threads[begun], NULL, wait_for_the_rest, &gate) == 0)
        begun++;
    pthread_mutex_unlock(&gate);
    for (int i = 0; i < begun; i++)
        pthread_join(threads[i], NULL);
    pthread_mutex_destroy(&gate);
    free(threads);
    return begun == count;
}
