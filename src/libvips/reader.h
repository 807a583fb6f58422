/* Rows of an image, read ahead by a thread of their own: decoding goes on while a network runs. */
#ifndef SEAM_IO_READER_H
#define SEAM_IO_READER_H

#include "seamless/vips.h"

/* Thread-safety: one reader of rows at a time, any thread. */
struct seam_reader;

/* Read `image` from the top, up to `ahead` rows before they are asked for. The thread begins with
 * the first row asked for. `decoded`: its rows come out of a file, of which a decoder may read all
 * before it gives the first (files/deaf.h). Errors: SEAM_ERROR_MEMORY. */
enum seam_result seam_reader_open(struct seam_reader **reader, VipsImage *image, int64_t ahead,
                                  bool decoded, struct seam_log *log) SEAM_NODISCARD;
void seam_reader_close(struct seam_reader **reader);

/* The next `rows` rows, without gaps, into `dst`, or nowhere where that is NULL. False where
 * libvips fails; its words are in its error buffer. */
bool seam_reader_read(struct seam_reader *reader, int64_t rows, void *dst);

/* Say that it failed: of which picture and page, from where on, why, and what helps. */
void seam_reader_tell(struct seam_reader *reader, const struct seam_vips_params *params,
                      int64_t page_height, struct seam_log *log);

#endif /* SEAM_IO_READER_H */
