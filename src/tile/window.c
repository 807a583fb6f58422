#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/common.h"
#include "base/log.h"
#include "tile/window.h"

enum seam_result seam_window_open(struct seam_window *window, int64_t capacity, size_t row_bytes,
                                  struct seam_log *log)
{
    *window = (struct seam_window){ .row_bytes = row_bytes, .capacity = capacity };
    window->rows = seam_rows_alloc(capacity, row_bytes);
    if (!window->rows)
        return seam_log_fail(log, SEAM_ERROR_MEMORY,
                             "no memory for %" PRId64 " input rows of %zu bytes", capacity,
                             row_bytes);
    return SEAM_OK;
}

void seam_window_close(struct seam_window *window)
{
    free(window->rows);
    *window = (struct seam_window){ 0 };
}

enum seam_result seam_window_resize(struct seam_window *window, int64_t capacity,
                                    struct seam_log *log)
{
    struct seam_window now;
    seam_assert(window->end - window->begin <= capacity,
                "a window never shrinks below what it holds");
    enum seam_result r = seam_window_open(&now, capacity, window->row_bytes, log);
    if (r != SEAM_OK)
        return r;
    now.begin = window->begin;
    now.end = window->end;
    for (int64_t y = now.begin; y < now.end; y++)
        memcpy(now.rows + (size_t)(y % capacity) * now.row_bytes, seam_window_row(window, y),
               now.row_bytes);
    seam_window_close(window);
    *window = now;
    return SEAM_OK;
}

void seam_window_start(struct seam_window *window, int64_t y)
{
    seam_assert(window->end == 0, "a window starts before the first row is read");
    window->begin = window->end = y;
}

enum seam_result seam_window_move(struct seam_window *window, int64_t begin, int64_t end,
                                  const struct seam_source *source, struct seam_log *log)
{
    seam_assert(begin >= window->begin && end - begin <= window->capacity,
                "a window moves down alone, and holds what is asked of it");
    window->begin = begin;
    while (window->end < end) {
        /* One call to the source never wraps round the end of the ring. */
        int64_t slot = window->end % window->capacity;
        int64_t rows = seam_min(end - window->end, window->capacity - slot);
        unsigned char *dst = window->rows + (size_t)slot * window->row_bytes;
        if (source->read(source->opaque, window->end, rows, dst) != 0)
            return seam_log_fail(log, SEAM_ERROR_IO,
                                 "the source failed at rows %" PRId64 " to %" PRId64, window->end,
                                 window->end + rows - 1);
        window->end += rows;
    }
    return SEAM_OK;
}
