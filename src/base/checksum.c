#include <pthread.h>
#include <string.h>

#include "base/checksum.h"

#define POLYNOMIAL UINT64_C(0xC96C5795D7870F42) /* of ECMA-182, bits in reverse */
#define WORD 8 /* bytes taken at a time */

/* table[k][b]: what byte b does to the sum when k more bytes follow it in its word. */
static uint64_t table[WORD][256];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void make_table(void)
{
    for (unsigned b = 0; b < 256; b++) {
        uint64_t sum = b;
        for (int bit = 0; bit < 8; bit++)
            sum = sum & 1 ? sum >> 1 ^ POLYNOMIAL : sum >> 1;
        table[0][b] = sum;
    }
    for (int k = 1; k < WORD; k++)
        for (unsigned b = 0; b < 256; b++)
            table[k][b] = table[k - 1][b] >> 8 ^ table[0][table[k - 1][b] & 255];
}

uint64_t seam_checksum(uint64_t sum, const void *data, size_t size)
{
    const unsigned char *at = data;
    pthread_once(&once, make_table);
    sum = ~sum;
    for (; size >= WORD; at += WORD, size -= WORD) {
        uint64_t word = 0;
        for (int k = 0; k < WORD; k++) /* compilers make one load of it */
            word |= (uint64_t)at[k] << 8 * k;
        word ^= sum;
        sum = 0;
        for (int k = 0; k < WORD; k++)
            sum ^= table[WORD - 1 - k][word >> 8 * k & 255];
    }
    for (; size > 0; size--)
        sum = sum >> 8 ^ table[0][(sum ^ *at++) & 255];
    return ~sum;
}
