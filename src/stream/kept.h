/* What passes over a picture keep of one another: rows of tensors, in a store. */
#ifndef SEAM_STREAM_KEPT_H
#define SEAM_STREAM_KEPT_H

#include "engine/rows.h"
#include "stream/store.h"

/* Thread-safety: one call at a time. */
struct seam_kept;

/* Find what the engine's passes keep for each of `runs`, and where it will lie. *kept NULL where
 * that is nothing. Errors: as of ops->list_kept(). */
enum seam_result seam_kept_open(struct seam_kept **kept, const struct seam_rows_ops *ops,
                                void *session, const struct seam_rows_params *params,
                                int runs) SEAM_NODISCARD;
void seam_kept_close(struct seam_kept **kept);

/* Bytes that it takes at most, at once; 0 for NULL. */
uint64_t seam_kept_size(const struct seam_kept *kept);

/* Bytes beside these. */
uint64_t seam_kept_buffer(const struct seam_kept *kept);

/* Take the room, `in_memory` bytes of it in memory, and `buffer` bytes for what goes to a file and
 * comes from there. Errors: as of seam_store_open(). */
enum seam_result seam_kept_start(struct seam_kept *kept, uint64_t in_memory, uint64_t buffer,
                                 struct seam_log *log) SEAM_NODISCARD;

/* Hand `rows` what its step takes, before it is run, and put away what it has made; NULL does
 * nothing. Errors: SEAM_ERROR_IO, in words. */
enum seam_result seam_kept_give(struct seam_kept *kept, int run, void *rows,
                                struct seam_log *log) SEAM_NODISCARD;
enum seam_result seam_kept_take(struct seam_kept *kept, int run, const void *rows,
                                struct seam_log *log) SEAM_NODISCARD;

#endif /* SEAM_STREAM_KEPT_H */
