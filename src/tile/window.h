/* The sliding rows: the input rows that this band and the next ones still need. Pure. */
#ifndef SEAM_WINDOW_H
#define SEAM_WINDOW_H

#include "base/assert.h"
#include "seamless/seamless.h"

/*
 * Rows begin .. end - 1 of the picture, in a ring of `capacity` rows.
 *
 * Thread-safety: readers of rows may run together, moving excludes everything else.
 */
struct seam_window {
    unsigned char *rows;
    size_t row_bytes;
    int64_t capacity;
    int64_t begin, end;
};

/* Takes all its memory now. Errors: SEAM_ERROR_MEMORY. */
enum seam_result seam_window_open(struct seam_window *window, int64_t capacity, size_t row_bytes,
                                  struct seam_log *log) SEAM_NODISCARD;
void seam_window_close(struct seam_window *window);

/* Make room for `capacity` rows, at least those held now, and keep these. Errors:
 * SEAM_ERROR_MEMORY, with the window as it was. */
enum seam_result seam_window_resize(struct seam_window *window, int64_t capacity,
                                    struct seam_log *log) SEAM_NODISCARD;

/* Begin at row y instead of at the top. Nothing may have been read. */
void seam_window_start(struct seam_window *window, int64_t y);

/* Drop the rows before `begin` and read those up to `end`. Neither may go back, and end - begin may
 * not exceed the capacity. Errors: SEAM_ERROR_IO where the source fails. */
enum seam_result seam_window_move(struct seam_window *window, int64_t begin, int64_t end,
                                  const struct seam_source *source,
                                  struct seam_log *log) SEAM_NODISCARD;

/* The samples of row y, begin <= y < end. */
static inline const void *seam_window_row(const struct seam_window *window, int64_t y)
{
    seam_assert(y >= window->begin && y < window->end, "a row is read while the window holds it");
    return window->rows + (size_t)(y % window->capacity) * window->row_bytes;
}

#endif /* SEAM_WINDOW_H */
