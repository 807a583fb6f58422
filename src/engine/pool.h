/* Memory for an engine: freed blocks are kept and handed out again, because a network asks for the
 * same sizes at every tile and fresh pages cost more than a thin layer does. */
#ifndef SEAM_POOL_H
#define SEAM_POOL_H

#include <stddef.h>
#include <stdint.h>

/* Thread-safety: every function may be called from any thread at any time. */
struct seam_pool;

/* NULL where there is no memory. */
struct seam_pool *seam_pool_open(void);
void seam_pool_close(struct seam_pool **pool);

/* Blocks are aligned to 64 bytes. NULL where there is no memory. */
void *seam_pool_alloc(struct seam_pool *pool, size_t size);
void seam_pool_free(struct seam_pool *pool, void *block);

/* Give unused blocks back to the system. */
void seam_pool_trim(struct seam_pool *pool);

/* Most bytes taken from the system since the last call of seam_pool_mark, over what was in use
 * then. */
uint64_t seam_pool_peak(struct seam_pool *pool);
void seam_pool_mark(struct seam_pool *pool);

#endif /* SEAM_POOL_H */
