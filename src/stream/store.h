/* Bytes that are put away and read again while a stream runs: the first of them in memory, the rest
 * in a temporary file that nobody else sees. */
#ifndef SEAM_STREAM_STORE_H
#define SEAM_STREAM_STORE_H

#include "seamless/seamless.h"

/* Thread-safety: one call at a time. */
struct seam_store;

/*
 * Room for `size` bytes, UINT64_MAX where nobody knows, `in_memory` of them in memory. The file
 * lies in TMPDIR or else /var/tmp, and has no name.
 *
 * Errors: SEAM_ERROR_MEMORY; SEAM_ERROR_IO where there is no such file, or not room enough for it.
 */
enum seam_result seam_store_open(struct seam_store **store, uint64_t size, uint64_t in_memory,
                                 struct seam_log *log) SEAM_NODISCARD;
void seam_store_close(struct seam_store **store);

/* Errors: SEAM_ERROR_IO, in words. Nothing is read that was not written. */
enum seam_result seam_store_write(struct seam_store *store, uint64_t at, const void *data,
                                  size_t size, struct seam_log *log) SEAM_NODISCARD;
enum seam_result seam_store_read(struct seam_store *store, uint64_t at, void *data, size_t size,
                                 struct seam_log *log) SEAM_NODISCARD;

#endif /* SEAM_STREAM_STORE_H */
