/*
 * A file of finished rows beside a result, so that a run that ended early goes on where it ended.
 *
 * It is a head of 4096 bytes, which says in words what the rows are of, and bands: a small head,
 * then rows as they come out of a stream. Bands may begin at any row and lie in any order: parts of
 * a picture are kept as they are finished. Head and bands carry checksums. A band counts only once
 * it is whole, so what a kill or a loss of power leaves half written, in whatever order it reached
 * the disk, is cut off. It is locked against a second run for as long as it is open. Knows POSIX
 * alone, no libvips.
 *
 * seamless.h has what opens, removes and closes it.
 */
#ifndef SEAM_JOURNAL_H
#define SEAM_JOURNAL_H

#include "seamless/seamless.h"

/* The most that an identity may be long, its end included. */
#define SEAM_JOURNAL_TEXT 4056

/*
 * Say what the rows are. `identity` is lines "name: value": where the journal has others it is of
 * another run, and refused. `rows` of `row_bytes` are expected in all. A new journal is begun; of
 * an older one the whole bands are kept, and seam_journal_read() gives their rows, from the first
 * row of all on or from where seam_journal_seek() says.
 *
 * Errors: SEAM_ERROR_ARGUMENT where it belongs to another run, SEAM_ERROR_IO, SEAM_ERROR_MEMORY.
 */
enum seam_result seam_journal_begin(struct seam_journal *journal, const char *identity,
                                    int64_t rows, size_t row_bytes,
                                    struct seam_log *log) SEAM_NODISCARD;

/* The value of line `name` of the identity it was begun with, in an older run, into `text`; false
 * where it is new or has no such line. Before seam_journal_begin() too. */
bool seam_journal_line(const struct seam_journal *journal, const char *name, char *text,
                       size_t size);

/* How many rows from `row` on are kept without a gap, since an older run; 0: that row is not. */
int64_t seam_journal_has(const struct seam_journal *journal, int64_t row);

/* How many rows from `row` on are missing until one is kept; INT64_MAX: all. */
int64_t seam_journal_lacks(const struct seam_journal *journal, int64_t row);

/* Rows that are kept since an older run, wherever they lie. */
int64_t seam_journal_held(const struct seam_journal *journal);

/* The next row that is read, or written, is `row`. No band may be begun. */
void seam_journal_seek(struct seam_journal *journal, int64_t row);

/* The next row, one that is kept. Errors: SEAM_ERROR_IO; SEAM_ERROR_ARGUMENT where it is not. */
enum seam_result seam_journal_read(struct seam_journal *journal, void *row,
                                   struct seam_log *log) SEAM_NODISCARD;

/* Add the next row. Errors: SEAM_ERROR_IO. */
enum seam_result seam_journal_write(struct seam_journal *journal, const void *row,
                                    struct seam_log *log) SEAM_NODISCARD;

/* The rows added since the last time are a band: from now on they count. Errors: SEAM_ERROR_IO. */
enum seam_result seam_journal_commit(struct seam_journal *journal,
                                     struct seam_log *log) SEAM_NODISCARD;

/* Bytes that a journal of so many rows in bands of `band_rows` takes on disk. */
uint64_t seam_journal_bytes(int64_t rows, int64_t band_rows, size_t row_bytes);

#endif /* SEAM_JOURNAL_H */
