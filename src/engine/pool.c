/* For anonymous mappings, which POSIX does not know yet. */
#define _DEFAULT_SOURCE

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "engine/pool.h"
#include "base/assert.h"
#include "base/process.h"

#define ALIGNMENT 64
/* Sizes are rounded so that nearly equal requests share blocks. */
#define GRAIN 4096
/* From here on a block is mapped by itself, so that it goes back to the system when it is freed,
 * wherever it lay. */
#define MAPPED (128u << 10)
/* The system is asked what the process holds whenever this much was taken: it costs some 20
 * microseconds, and a network is loaded in many small blocks. */
#define ASK_EVERY (256u << 10)

/* In front of every block; a full cache line, so that what follows is aligned. */
union block {
    struct {
        size_t size;            /* bytes that follow */
        union block *next;      /* while unused */
        struct seam_pool *pool; /* that it goes back to */
    } s;
    unsigned char line[ALIGNMENT];
};

struct seam_pool {
    pthread_mutex_t lock;
    union block *unused;
    uint64_t held;   /* bytes taken from the system */
    uint64_t used;   /* bytes handed out */
    uint64_t peak;   /* most of `held` since the mark */
    uint64_t floor;  /* `used` at the mark */
    uint64_t budget; /* of the process; 0: none */
    uint64_t others; /* bytes of the process that are not of this pool */
    uint64_t asked;  /* `held` when the system was last asked */
    uint64_t lacked; /* by the first block that was refused */
    bool closed;     /* it lives until its last block comes back */
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

static union block *block_new(size_t size)
{
    const size_t whole = sizeof(union block) + size;
    union block *block;
    if (whole >= MAPPED) {
        block = mmap(NULL, whole, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        block = block == MAP_FAILED ? NULL : block;
    } else {
        block = aligned_alloc(ALIGNMENT, whole);
    }
    if (block)
        block->s.size = size;
    return block;
}

static void block_free(union block *block)
{
    const size_t whole = sizeof(*block) + block->s.size;
    if (whole >= MAPPED)
        munmap(block, whole);
    else
        free(block);
}

static void pool_drop_unused(struct seam_pool *pool)
{
    while (pool->unused) {
        union block *block = pool->unused;
        pool->unused = block->s.next;
        pool->held -= block->s.size;
        block_free(block);
    }
    pool->asked = pool->held < pool->asked ? pool->held : pool->asked;
}

/* Bytes that `size` more would take the process past its budget. What was taken and not yet written
 * to is not resident: so both what the system says and what is known here must fit. */
static uint64_t pool_lacks(struct seam_pool *pool, size_t size)
{
    if (pool->budget == 0)
        return 0;
    uint64_t now = pool->others + pool->held;
    if (pool->held + size >= pool->asked + ASK_EVERY) {
        const uint64_t resident = seam_memory_resident();
        now = resident > now ? resident : now;
        pool->asked = pool->held;
    }
    return now + size > pool->budget ? now + size - pool->budget : 0;
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

/* A block from the system, if need be in the place of unused ones that do not fit. */
static union block *pool_grow(struct seam_pool *pool, size_t size, bool limited)
{
    uint64_t lacks = limited ? pool_lacks(pool, size) : 0;
    if (lacks > 0 && pool->unused) {
        pool_drop_unused(pool);
        lacks = pool_lacks(pool, size);
    }
    union block *block = lacks == 0 ? block_new(size) : NULL;
    if (block) {
        block->s.pool = pool;
        pool->held += size;
    } else if (pool->lacked == 0) {
        pool->lacked = lacks > 0 ? lacks : size;
    }
    return block;
}

static void *pool_alloc(struct seam_pool *pool, size_t size, bool limited)
{
    if (size > SIZE_MAX / 2)
        return NULL;
    const size_t rounded = size < GRAIN ? (size + ALIGNMENT) / ALIGNMENT * ALIGNMENT
                                        : (size + GRAIN - 1) / GRAIN * GRAIN;
    pthread_mutex_lock(&pool->lock);
    union block *block = pool_take(pool, rounded);
    if (!block)
        block = pool_grow(pool, rounded, limited);
    if (block) {
        pool->used += block->s.size;
        pool->peak = pool->held > pool->peak ? pool->held : pool->peak;
    }
    pthread_mutex_unlock(&pool->lock);
    return block ? block + 1 : NULL;
}

void seam_pool_limit(struct seam_pool *pool, uint64_t budget, uint64_t others)
{
    pthread_mutex_lock(&pool->lock);
    pool_drop_unused(pool);
    pool->budget = budget;
    pool->others = others > pool->used ? others - pool->used : 0;
    pool->lacked = 0;
    pthread_mutex_unlock(&pool->lock);
    seam_pool_settle(pool);
}

void seam_pool_settle(struct seam_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    if (pool->budget > 0) {
        const uint64_t resident = seam_memory_resident();
        const uint64_t others = resident > pool->held ? resident - pool->held : 0;
        pool->others = others > pool->others ? others : pool->others;
    }
    pthread_mutex_unlock(&pool->lock);
}

void *seam_pool_alloc(struct seam_pool *pool, size_t size)
{
    return pool_alloc(pool, size, true);
}

void *seam_pool_overdraw(struct seam_pool *pool, size_t size)
{
    return pool_alloc(pool, size, false);
}

/* The lock is held, and given up. */
static void pool_leave(struct seam_pool *pool)
{
    const bool gone = pool->closed && pool->used == 0;
    if (pool->closed)
        pool_drop_unused(pool);
    pthread_mutex_unlock(&pool->lock);
    if (!gone)
        return;
    pthread_mutex_destroy(&pool->lock);
    free(pool);
}

void seam_pool_close(struct seam_pool **pool)
{
    if (!*pool)
        return;
    pthread_mutex_lock(&(*pool)->lock);
    (*pool)->closed = true;
    pool_leave(*pool);
    *pool = NULL;
}

void seam_pool_free(void *data)
{
    if (!data)
        return;
    union block *block = (union block *)data - 1;
    struct seam_pool *pool = block->s.pool;
    pthread_mutex_lock(&pool->lock);
    seam_assert(block->s.size <= pool->used, "a block is freed once, to the pool it came from");
    block->s.next = pool->unused;
    pool->unused = block;
    pool->used -= block->s.size;
    pool_leave(pool);
}

uint64_t seam_pool_lacked(struct seam_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    const uint64_t lacked = pool->lacked;
    pool->lacked = 0;
    pthread_mutex_unlock(&pool->lock);
    return lacked;
}

void seam_pool_trim(struct seam_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    pool_drop_unused(pool);
    pthread_mutex_unlock(&pool->lock);
}

void seam_pool_mark(struct seam_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    pool_drop_unused(pool);
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
