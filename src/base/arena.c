#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

#define BLOCK_SIZE ((size_t)64 << 10)
#define ALIGNMENT ((size_t)16)

struct seam_arena_block {
    struct seam_arena_block *next; /* older block */
    size_t size;                   /* bytes behind this header */
};

/* The header, rounded up so that what follows it is aligned. */
#define HEADER_SIZE ((sizeof(struct seam_arena_block) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT)

void seam_arena_init(struct seam_arena *arena)
{
    memset(arena, 0, sizeof(*arena));
    arena->limit = SEAM_ARENA_LIMIT;
}

void seam_arena_free(struct seam_arena *arena)
{
    struct seam_arena_block *block = arena->head;
    while (block) {
        struct seam_arena_block *next = block->next;
        free(block);
        block = next;
    }
    arena->head = NULL;
    arena->used = 0;
    arena->total = 0;
}

static bool arena_grow(struct seam_arena *arena, size_t bytes)
{
    size_t size = bytes > BLOCK_SIZE ? bytes : BLOCK_SIZE;
    if (size > arena->limit - arena->total)
        return false;
    struct seam_arena_block *block = calloc(1, HEADER_SIZE + size);
    if (!block)
        return false;
    block->next = arena->head;
    block->size = size;
    arena->head = block;
    arena->used = 0;
    arena->total += size;
    return true;
}

void *seam_arena_alloc(struct seam_arena *arena, size_t count, size_t size)
{
    if (size && count > (SIZE_MAX / 2) / size)
        goto fail;
    size_t bytes = (count * size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (!arena->head || bytes > arena->head->size - arena->used)
        if (!arena_grow(arena, bytes))
            goto fail;
    unsigned char *start = (unsigned char *)arena->head + HEADER_SIZE;
    void *object = start + arena->used;
    arena->used += bytes;
    return object;

fail:
    arena->failed = true;
    return NULL;
}

void *seam_arena_grow(struct seam_arena *arena, void *list, size_t n, size_t *room, size_t first,
                      size_t size)
{
    if (n < *room)
        return list;
    const size_t wanted = *room ? 2 * *room : first;
    void *larger = seam_arena_alloc(arena, wanted, size);
    if (!larger)
        return NULL;
    if (n)
        memcpy(larger, list, n * size);
    *room = wanted;
    return larger;
}

char *seam_arena_string(struct seam_arena *arena, const void *text, size_t size)
{
    char *copy = seam_arena_alloc(arena, size + 1, 1);
    if (copy && size)
        memcpy(copy, text, size);
    return copy;
}
