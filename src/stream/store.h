/* Records that are put away and read again while a stream runs: the first bytes in memory, the rest
 * in a temporary file that nobody else sees. */
#ifndef SEAM_STREAM_STORE_H
#define SEAM_STREAM_STORE_H

#include "seamless/seamless.h"
#include "stream/record.h"

/* Thread-safety: one call at a time. */
struct seam_store;

struct seam_store_params {
    uint64_t size;       /* of all; UINT64_MAX where nobody knows */
    uint64_t in_memory;  /* of them; the rest lies in the file */
    uint64_t records;    /* their numbers are below this one */
    size_t record_bytes; /* of the longest */
    uint64_t buffer;     /* bytes for records that a thread writes behind the caller and reads
                            ahead of him; fewer than two: each call waits for the disk */
};

/*
 * Take the room. The file lies in TMPDIR or else /var/tmp, and has no name.
 *
 * Errors: SEAM_ERROR_MEMORY; SEAM_ERROR_IO where there is no such file, or not room enough for it.
 */
enum seam_result seam_store_open(struct seam_store **store, const struct seam_store_params *params,
                                 struct seam_log *log) SEAM_NODISCARD;
void seam_store_close(struct seam_store **store);

/* A record is read as it was written, or not at all. Errors: SEAM_ERROR_IO, in words: that writing
 * failed may be said by any later call. */
enum seam_result seam_store_write(struct seam_store *store, const struct seam_record *record,
                                  const void *data, struct seam_log *log) SEAM_NODISCARD;
enum seam_result seam_store_read(struct seam_store *store, const struct seam_record *record,
                                 void *data, struct seam_log *log) SEAM_NODISCARD;

/* This one, which was written, is read soon. */
void seam_store_ahead(struct seam_store *store, const struct seam_record *record);

#endif /* SEAM_STREAM_STORE_H */
