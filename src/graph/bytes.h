/* Little-endian numbers at any address. */
#ifndef SEAM_GRAPH_BYTES_H
#define SEAM_GRAPH_BYTES_H

#include <stdint.h>

/* `n` <= 8 bytes as a number. */
static inline uint64_t seam_little(const uint8_t *at, int n)
{
    uint64_t value = 0;
    for (int i = 0; i < n; i++)
        value |= (uint64_t)at[i] << (8 * i);
    return value;
}

#endif /* SEAM_GRAPH_BYTES_H */
