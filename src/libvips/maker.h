/* Finished rows, made ahead by a thread of their own: the network runs while the saver writes. */
#ifndef SEAM_IO_MAKER_H
#define SEAM_IO_MAKER_H

#include "seamless/seamless.h"

struct seam_maker_params {
    int64_t rows;     /* of the result, all pages together */
    size_t row_bytes;
    int64_t behind;   /* rows that readers may come back to: how far the threads of a saver drift
                         apart */
    int64_t ahead;    /* rows that may be made before they are asked for */
    void *opaque;
    /* Make the next rows, at least one and at most `most`, into `dst`, without gaps. Returns how
     * many, or -1: it failed, and is not called again. Called by one thread alone. */
    int64_t (*make)(void *opaque, void *dst, int64_t most);
};

/* Thread-safety: rows may be asked for by several threads. */
struct seam_maker;

/* The thread begins with the first row that is asked for. Errors: SEAM_ERROR_MEMORY. */
enum seam_result seam_maker_open(struct seam_maker **maker, const struct seam_maker_params *params,
                                 struct seam_log *log) SEAM_NODISCARD;
/* Waits for a call of `make` that is under way. */
void seam_maker_close(struct seam_maker **maker);

/* Whether it is being closed: what `make` is at is of no use. */
bool seam_maker_is_closing(struct seam_maker *maker);

/* Part of some finished rows: the bytes left .. left + bytes - 1 of each, `stride` apart in dst.
 * False where `make` failed, or rows lie too far behind those that were asked for already. */
bool seam_maker_read(struct seam_maker *maker, int64_t top, int64_t rows, size_t left, size_t bytes,
                     void *dst, size_t stride);

/* Whether that is why: `top` lies too far behind. */
bool seam_maker_is_past(struct seam_maker *maker, int64_t top);

/* Bytes that it holds. */
uint64_t seam_maker_bytes(const struct seam_maker_params *params);

#endif /* SEAM_IO_MAKER_H */
