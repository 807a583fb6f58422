/* Many small objects that live and die together. */
#ifndef SEAM_MODEL_ARENA_H
#define SEAM_MODEL_ARENA_H

#include <stdbool.h>
#include <stddef.h>

struct seam_arena_block;

/*
 * `_init` takes nothing; `_free` returns everything.
 *
 * Thread-safety: one thread at a time.
 */
struct seam_arena {
    struct seam_arena_block *head; /* newest block; allocations come from it */
    size_t used;                   /* bytes handed out in `head` */
    size_t total;                  /* bytes taken from the system */
    size_t limit;                  /* `total` may not pass it. Default SEAM_ARENA_LIMIT. */
    bool failed;                   /* an allocation has failed; it stays set */
};

/* A file of a few bytes may ask for much: hostile models end here, not in swap. */
#define SEAM_ARENA_LIMIT ((size_t)1 << 30)

void seam_arena_init(struct seam_arena *arena);
void seam_arena_free(struct seam_arena *arena);

/* `count` objects of `size` bytes, zeroed, aligned for any type; NULL, with `failed` set, where
 * memory or the limit ends. Zero bytes give a valid pointer. */
void *seam_arena_alloc(struct seam_arena *arena, size_t count, size_t size);

/* A list of `n` objects of `size` bytes with room for one more: `list` itself where *room has it,
 * else a copy with twice the room, or `first` where there was none; NULL as above. */
void *seam_arena_grow(struct seam_arena *arena, void *list, size_t n, size_t *room, size_t first,
                      size_t size);

/* The `size` bytes at `text` as a string that ends in a zero byte; NULL as above. */
char *seam_arena_string(struct seam_arena *arena, const void *text, size_t size);

#endif /* SEAM_MODEL_ARENA_H */
