/* Memory for an engine: freed blocks are kept and handed out again, because a network asks for the
 * same sizes at every tile and fresh pages cost more than a thin layer does. What the process may
 * hold in all can be limited: a block that would pass the limit is refused. */
#ifndef SEAM_POOL_H
#define SEAM_POOL_H

#include <stddef.h>
#include <stdint.h>

/* Thread-safety: every function may be called from any thread at any time. */
struct seam_pool;

/* NULL where there is no memory. */
struct seam_pool *seam_pool_open(void);
/* Blocks that are still in use are good until they are freed. */
void seam_pool_close(struct seam_pool **pool);

/*
 * Refuse what would take the process past `budget` bytes of resident memory; 0: refuse nothing.
 * `others` is what it holds, or is sure to hold soon, beside what this pool takes from now on.
 */
void seam_pool_limit(struct seam_pool *pool, uint64_t budget, uint64_t others);

/* Look at what the process holds beside the pool: call it when what was taken has been written
 * to. */
void seam_pool_settle(struct seam_pool *pool);

/* Blocks are aligned to 64 bytes. NULL where there is no memory, or the limit refuses it. */
void *seam_pool_alloc(struct seam_pool *pool, size_t size);

/* As above, beyond the limit too: for one who cannot be refused. */
void *seam_pool_overdraw(struct seam_pool *pool, size_t size);

/* Bytes that the first block refused since the last call went past the limit by; 0: none was
 * refused. */
uint64_t seam_pool_lacked(struct seam_pool *pool);

/* To the pool that it came from. */
void seam_pool_free(void *block);

/* Give unused blocks back to the system. */
void seam_pool_trim(struct seam_pool *pool);

/* Most bytes taken from the system since the last call of seam_pool_mark, over what was in use
 * then. */
uint64_t seam_pool_peak(struct seam_pool *pool);
void seam_pool_mark(struct seam_pool *pool);

#endif /* SEAM_POOL_H */
