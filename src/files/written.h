/* What is done of a file that is whole and in its place. */
#ifndef SEAM_IO_WRITTEN_H
#define SEAM_IO_WRITTEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cancel.h"

/* 0 where it cannot be told. */
uint64_t seam_written_bytes(const char *path);

/* In hexadecimal; NULL with errno set where the file cannot be read, or with 0 where `cancel` says
 * so. Free it with g_free(). */
char *seam_written_sha256(const char *path, const struct seam_cancel *cancel);

/* The times of `input`, as libvips takes its name; false with errno set. Of what is no plain file
 * none are taken. */
bool seam_written_take_times(const char *path, const char *input);

/* Whether there is a result at `path`, as libvips takes its name; `input`, if not NULL: and it is
 * not older than that. */
bool seam_written_is_there(const char *path, const char *input);

#endif /* SEAM_IO_WRITTEN_H */
