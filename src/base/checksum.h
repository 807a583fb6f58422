/* A checksum against accidents: a torn write, a flipped bit, a file that is another one. No defence
 * against malice. Pure. */
#ifndef SEAM_CHECKSUM_H
#define SEAM_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/* The CRC-64 of ECMA-182, reflected, of `data` behind what `sum` is the checksum of (0: nothing):
 * pieces give what the whole gives. Finds every burst of up to 64 bits. */
uint64_t seam_checksum(uint64_t sum, const void *data, size_t size);

#endif /* SEAM_CHECKSUM_H */
