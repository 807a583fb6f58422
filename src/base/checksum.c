#include <pthread.h>
#include <string.h>

#include "base/checksum.h"
#include "base/checksum_fold.h"

#define POLYNOMIAL UINT64_C(0xC96C5795D7870F42) /* of ECMA-182, bits in reverse */
#define WORD 8 /* bytes taken at a time */

/* table[k][b]: what byte b does to the sum when k more bytes follow it in its word. */
static uint64_t table[WORD][256];
static struct seam_fold_powers powers;
static bool folds;
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* x to the power of n, bits in reverse. */
static uint64_t power_of_x(int n)
{
    uint64_t value = UINT64_C(1) << 63;
    while (n-- > 0)
        value = value & 1 ? value >> 1 ^ POLYNOMIAL : value >> 1;
    return value;
}

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
    powers = (struct seam_fold_powers){ .far = { power_of_x(511), power_of_x(575) },
                                        .near = { power_of_x(127), power_of_x(191) } };
    folds = seam_fold_works();
}

/* The register after bytes, by the table. */
static uint64_t add_bytes(uint64_t sum, const unsigned char *at, size_t size)
{
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
    return sum;
}

uint64_t seam_checksum(uint64_t sum, const void *data, size_t size)
{
    const unsigned char *at = data;
    pthread_once(&once, make_table);
    sum = ~sum;
    if (folds && size >= SEAM_FOLD_LEAST) {
        unsigned char rest[16];
        const size_t most = size - size % SEAM_FOLD_STEP;
        seam_fold(&powers, sum, at, most, rest);
        sum = add_bytes(0, rest, sizeof(rest));
        at += most;
        size -= most;
    }
    return ~add_bytes(sum, at, size);
}
