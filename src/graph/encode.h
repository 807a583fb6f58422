/* The wire format of protocol buffers, written. A message is written twice: first to nowhere, for
 * its size, which stands before it. */
#ifndef SEAM_GRAPH_ENCODE_H
#define SEAM_GRAPH_ENCODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct seam_encode {
    bool (*put)(void *user, const void *data, size_t size); /* NULL: bytes are counted alone */
    void *user;
    uint64_t size; /* put so far */
    bool failed;   /* `put` said false; nothing more is put */
};

void seam_encode_bytes(struct seam_encode *e, const void *data, size_t size);
void seam_encode_varint(struct seam_encode *e, uint64_t value);

/* A whole field. */
void seam_encode_int(struct seam_encode *e, uint32_t field, int64_t value);
void seam_encode_float(struct seam_encode *e, uint32_t field, float value);
void seam_encode_string(struct seam_encode *e, uint32_t field, const char *text);

/* The beginning of a field of `size` bytes, which follow. */
void seam_encode_head(struct seam_encode *e, uint32_t field, uint64_t size);

/* A message: what `write` puts. */
typedef void seam_encode_message(struct seam_encode *e, const void *what, const void *with);
void seam_encode_nested(struct seam_encode *e, uint32_t field, seam_encode_message *write,
                        const void *what, const void *with);

#endif /* SEAM_GRAPH_ENCODE_H */
