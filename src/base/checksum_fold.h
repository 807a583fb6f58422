/* The checksum's remainder of many bytes at a time, by carry-less products. */
#ifndef SEAM_CHECKSUM_FOLD_H
#define SEAM_CHECKSUM_FOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SEAM_FOLD_LEAST 128 /* bytes; a multiple of SEAM_FOLD_STEP */
#define SEAM_FOLD_STEP 64

/* x to the power of n modulo the polynomial, bits in reverse: of 511, 575, 127 and 191. */
struct seam_fold_powers {
    uint64_t far[2], near[2];
};

/* Whether this CPU has such products. */
bool seam_fold_works(void);

/* The 16 bytes into `rest` whose sum, from a register of zeros, is that of `size` bytes from
 * `sum`. `size` is a multiple of SEAM_FOLD_STEP and at least SEAM_FOLD_LEAST. */
void seam_fold(const struct seam_fold_powers *powers, uint64_t sum, const unsigned char *data,
               size_t size, unsigned char rest[16]);

#endif /* SEAM_CHECKSUM_FOLD_H */
