#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "engine/pool.h"

#define ALIGNMENT 64
/* Sizes are rounded so that nearly equal requests share blocks. */
#define GRAIN 4096

/* In front of every block; a full cache line, so that what follows is aligned. */
union block {
    struct {
        size_t size;       /* bytes that follow */
        union block *next; /* while unused */
    } s;
    unsigned char line[ALIGNMENT];
};

struct seam_pool {
    pthread_mutex_t lock;
    union block *unused;
    uint64_t held;  /* bytes taken from the system */
    uint64_t used;  /* bytes handed out */
    uint64_t peak;  /* most of `held` since the mark */
    uint64_t floor; /* `used` at the mark */
};

struct seam_pool *seam_pool_open(void)
{
    struct seam_pool *pool = calloc(1, sizeof(*pool));
    if (pool && pthread_mutex_init(&pool->lock, NULL) != 0) {
        free(pool);
        pool = NULL;
    }
    return pool;
}

void seam_pool_close(struct seam_pool **pool)
{
    if (!*pool)
        return;
    seam_pool_trim(*pool);
    pthread_mutex_destroy(&(*pool)->lock);
    free(*pool);
    *pool = NULL;
}

/* The smallest unused block that holds `size` without wasting more than half of itself. */
static union block *pool_take(struct seam_pool *pool, size_t size)
{
    union block **best = NULL;
    for (union block **at = &pool->unused; *at; at = &(*at)->s.next)
        if ((*at)->s.size >= size && (*at)->s.size / 2 <= size &&
            (!best || (*at)->s.size < (*best)->s.size))
            best = at;
    if (!best)
        return NULL;
    union block *block = *best;
    *best = block->s.next;
    return block;
}

void *seam_pool_alloc(struct seam_pool *pool, size_t size)
{
    if (size > SIZE_MAX - GRAIN - sizeof(union block))
        return NULL;
    const size_t rounded = size < GRAIN ? (size + ALIGNMENT) / ALIGNMENT * ALIGNMENT
                                        : (size + GRAIN - 1) / GRAIN * GRAIN;
    pthread_mutex_lock(&pool->lock);
    union block *block = pool_take(pool, rounded);
    if (!block) {
        block = aligned_alloc(ALIGNMENT, sizeof(*block) + rounded);
        if (block) {
            block->s.size = rounded;
            pool->held += rounded;
        }
    }
    if (block) {
        pool->used += block->s.size;
        pool->peak = pool->held > pool->peak ? pool->held : pool->peak;
    }
    pthread_mutex_unlock(&pool->lock);
    return block ? block + 1 : NULL;
}

void seam_pool_free(struct seam_pool *pool, void *data)
{
    if (!data)
        return;
    union block *block = (union block *)data - 1;
    pthread_mutex_lock(&pool->lock);
    block->s.next = pool->unused;
    pool->unused = block;
    pool->used -= block->s.size;
    pthread_mutex_unlock(&pool->lock);
}

void seam_pool_trim(struct seam_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    while (pool->unused) {
        union block *block = pool->unused;
        pool->unused = block->s.next;
        pool->held -= block->s.size;
        free(block);
    }
    pthread_mutex_unlock(&pool->lock);
}

void seam_pool_mark(struct seam_pool *pool)
{
    seam_pool_trim(pool);
    pthread_mutex_lock(&pool->lock);
    pool->floor = pool->used;
    pool->peak = pool->held;
    pthread_mutex_unlock(&pool->lock);
}

uint64_t seam_pool_peak(struct seam_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    const uint64_t peak = pool->peak > pool->floor ? pool->peak - pool->floor : 0;
    pthread_mutex_unlock(&pool->lock);
    return peak;
}
