/* Fuzz target: an interlaced PNG written anew as a plain one. See standalone.h. */
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "files/rewrite.h"
#include "scratch.h"
#include "standalone.h"

/* What has more is as slow as it should be. */
#define MOST_PIXELS (1 << 20)

static uint32_t get32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void rewrite(const uint8_t *data, size_t size, bool allow_damaged)
{
    struct seam_rewrite job = {
        .from = seam_fuzz_put(SEAM_FUZZ_IN, data, size),
        .to = seam_fuzz_put(SEAM_FUZZ_OUT, NULL, 0),
        .allow_damaged = allow_damaged,
    };
    size_t now;
    seam_fuzz_put(SEAM_FUZZ_SCRATCH, NULL, 0);
    job.scratch = seam_fuzz_descriptor(SEAM_FUZZ_SCRATCH);
    const bool ok = seam_rewrite_png(&job);
    uint8_t *out = seam_fuzz_get(SEAM_FUZZ_OUT, &now);
    /* A failure is said, and nothing else is; what was written has its size, and no passes. */
    if (ok != (job.why[0] == '\0') ||
        (ok && (now < 57 || memcmp(out + 16, data + 16, 12) != 0 || out[28] != 0)))
        abort();
    free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size >= 24 && (uint64_t)get32(data + 16) * get32(data + 20) > MOST_PIXELS)
        return 0;
    rewrite(data, size, false);
    rewrite(data, size, true);
    return 0;
}

#ifdef SEAM_FUZZ_STANDALONE

#define WIDTH 13
#define HEIGHT 11

struct writer {
    uint8_t *data;
    size_t size;
};

static void put32(struct writer *w, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        w->data[w->size++] = (uint8_t)(value >> (24 - 8 * i));
}

static void put_chunk(struct writer *w, const char *type, const void *data, size_t size)
{
    put32(w, (uint32_t)size);
    memcpy(w->data + w->size, type, 4);
    memcpy(w->data + w->size + 4, data, size);
    const uLong crc = crc32(0, w->data + w->size, (uInt)size + 4);
    w->size += 4 + size;
    put32(w, (uint32_t)crc);
}

/* Rows of the seven passes, each with a filter of its own. */
static size_t passes(uint8_t *rows, unsigned bits)
{
    static const unsigned x[] = { 0, 4, 0, 2, 0, 1, 0 }, y[] = { 0, 0, 4, 0, 2, 0, 1 },
                          dx[] = { 8, 8, 4, 4, 2, 2, 1 }, dy[] = { 8, 8, 8, 4, 4, 2, 2 };
    size_t n = 0, row = 0;
    for (int i = 0; i < 7; i++) {
        const size_t bytes = (((WIDTH - x[i] - 1) / dx[i] + 1) * bits + 7) / 8;
        for (unsigned k = y[i]; k < HEIGHT; k += dy[i], row++) {
            rows[n++] = (uint8_t)(row % 5);
            for (size_t b = 0; b < bytes; b++)
                rows[n++] = (uint8_t)(row * 31 + b * b);
        }
    }
    return n;
}

static void *seed(size_t number, size_t *size)
{
    static const struct {
        uint8_t depth, colour;
        unsigned bits;
    } kinds[] = { { 8, 2, 24 }, { 16, 6, 64 }, { 1, 0, 1 }, { 4, 3, 4 }, { 8, 4, 16 } };
    struct writer w = { 0 };
    uint8_t rows[4096], packed[8192];
    uLongf length = sizeof(packed);
    if (number >= sizeof(kinds) / sizeof(kinds[0]))
        return NULL;
    w.data = calloc(1, 16384);
    if (!w.data || compress(packed, &length, rows, passes(rows, kinds[number].bits)) != Z_OK)
        abort();
    memcpy(w.data, "\x89PNG\r\n\x1a\n", 8);
    w.size = 8;
    const uint8_t ihdr[13] = { [3] = WIDTH, [7] = HEIGHT, [8] = kinds[number].depth,
                               [9] = kinds[number].colour, [12] = 1 };
    put_chunk(&w, "IHDR", ihdr, sizeof(ihdr));
    put_chunk(&w, "PLTE", "abcdefghi", 9);
    put_chunk(&w, "IDAT", packed, length / 2);
    put_chunk(&w, "IDAT", packed + length / 2, length - length / 2);
    put_chunk(&w, "tEXt", "Title\0Fuzz", 10);
    put_chunk(&w, "IEND", "", 0);
    *size = w.size;
    return w.data;
}

int main(int argc, char **argv)
{
    return seam_fuzz_main(argc, argv, seed);
}

#endif /* SEAM_FUZZ_STANDALONE */
