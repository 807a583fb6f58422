/*
 * JSON read in place, value by value: what headers of networks need. Nothing is built and nothing
 * recurses; depth is counted.
 *
 * Thread-safety: one thread at a time.
 */
#ifndef SEAM_GRAPH_JSON_H
#define SEAM_GRAPH_JSON_H

#include "base/arena.h"

#include <stdint.h>

struct seam_json {
    const uint8_t *at, *end;
    bool bad; /* it is no JSON, or not what was expected; reading has stopped */
};

struct seam_json seam_json_over(const void *text, size_t size);

/* Is the next letter behind spaces `c`? Then go past it. */
bool seam_json_take(struct seam_json *j, char c);

/* Go past `c`, which must come next. */
bool seam_json_need(struct seam_json *j, char c);

/* A text, in UTF-8, in the arena; NULL, with `bad` set, where none comes next. */
const char *seam_json_text(struct seam_json *j, struct seam_arena *arena);

/* A whole number that is not negative. */
bool seam_json_whole(struct seam_json *j, uint64_t *value);

/* Go past any value. */
bool seam_json_skip(struct seam_json *j);

/* Go on in an object or a list: true where another member follows. `first` is set before the first
 * call; `close` is the letter that ends it. */
bool seam_json_more(struct seam_json *j, bool *first, char close);

/* The text under a key of the object that the whole text is; NULL where there is none. */
const char *seam_json_member(const void *text, size_t size, const char *key,
                             struct seam_arena *arena);

#endif /* SEAM_GRAPH_JSON_H */
