/* Numbers in words, for messages. */
#ifndef SEAM_TEXT_H
#define SEAM_TEXT_H

#include <stddef.h>
#include <stdint.h>

struct seam_text {
    char s[32];
};

/* "512 MB", "1.5 GB": powers of ten, rounded up, so that a size that is named as enough is
 * enough. */
struct seam_text seam_text_bytes(uint64_t bytes);

/* "483M", the budget to name where so many bytes are needed: what a process holds before it begins
 * differs by one or two megabytes between runs, and the budget that is named must do in the
 * next. */
struct seam_text seam_text_budget(uint64_t bytes);

/* "3/4" or "2". */
struct seam_text seam_text_ratio(int64_t num, int64_t den);

#endif /* SEAM_TEXT_H */
