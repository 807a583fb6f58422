/* PNG: the seven passes of Adam7 go to disk one after the other, then rows are put together of
 * them. Only IHDR and IDAT change; every other chunk is copied. After the PNG specification, third
 * edition. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "base/common.h"
#include "files/rewrite.h"

#define PASSES 7
#define ROWS_BETWEEN_LOOKS 256

/* Where in each square of 8 x 8 pixels a pass begins, and how far apart its pixels are. */
static const struct {
    uint32_t x, y, dx, dy;
} adam7[PASSES] = {
    { 0, 0, 8, 8 }, { 4, 0, 8, 8 }, { 0, 4, 4, 8 }, { 2, 0, 4, 4 },
    { 0, 2, 2, 4 }, { 1, 0, 2, 2 }, { 0, 1, 1, 2 },
};

struct pass {
    uint32_t width, height; /* 0 x 0: a picture so small has none of its pixels */
    size_t row_bytes;
    off_t at; /* in the scratch file */
    unsigned char *rows; /* some that were read of it, from `first` on */
    uint32_t first, held;
};

/* What is read of a pass at a time, and no less than a row. */
#define READ_BYTES (1 << 16)

struct png {
    struct seam_rewrite *job;
    FILE *in, *out, *scratch;
    uint32_t width, height;
    unsigned bits; /* of a pixel */
    struct pass passes[PASSES];
    unsigned char *row, *above; /* as wide as the picture, and a filter byte */

    bool in_data;          /* inside a chunk of IDAT */
    uint32_t left;         /* of that chunk */
    uLong crc;             /* of what came of it */
    unsigned char head[8]; /* of the first chunk after IDAT */
    bool has_head;
    z_stream z; /* inflating, then deflating */
    unsigned char buffer[1 << 16];
};

static bool fail(struct png *p, const char *why)
{
    if (!p->job->why[0])
        snprintf(p->job->why, sizeof(p->job->why), "%s", why);
    return false;
}

static bool fail_system(struct png *p)
{
    return fail(p, errno ? strerror(errno) : "the disk is at fault");
}

/* A read that fails is no end of the picture. */
static bool fail_read(struct png *p)
{
    return ferror(p->in) ? fail_system(p) : fail(p, "the file is cut short");
}

static bool asked_to_stop(struct png *p)
{
    return seam_cancel_asked(p->job->cancel) && !fail(p, "cancelled");
}

static uint32_t get32(const unsigned char *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void put32(unsigned char *at, uLong v)
{
    for (int i = 0; i < 4; i++)
        at[i] = (unsigned char)(v >> (24 - 8 * i));
}

static bool stopped(struct png *p, uint32_t row)
{
    return row % ROWS_BETWEEN_LOOKS == 0 && seam_cancel_asked(p->job->cancel) &&
           !fail(p, "cancelled");
}

/* --- Chunks
 * -------------------------------------------------------------------------------------- */

static bool write_chunk(struct png *p, const char *type, const unsigned char *data, size_t length)
{
    unsigned char head[8], tail[4];
    put32(head, (uLong)length);
    memcpy(head + 4, type, 4);
    put32(tail, crc32(crc32(0, head + 4, 4), data, (uInt)length));
    if (fwrite(head, 1, 8, p->out) != 8 || fwrite(data, 1, length, p->out) != length ||
        fwrite(tail, 1, 4, p->out) != 4)
        return fail_system(p);
    return true;
}

/* The chunk whose head was read, as it is, checksum and all. A file that ends within is cut
 * short. */
static bool copy_chunk(struct png *p, const unsigned char *head)
{
    if (fwrite(head, 1, 8, p->out) != 8)
        return fail_system(p);
    for (uint64_t left = (uint64_t)get32(head) + 4; left > 0;) {
        const size_t n = left < sizeof(p->buffer) ? (size_t)left : sizeof(p->buffer);
        if (asked_to_stop(p))
            return false;
        if (fread(p->buffer, 1, n, p->in) != n)
            return fail_read(p);
        if (fwrite(p->buffer, 1, n, p->out) != n)
            return fail_system(p);
        left -= n;
    }
    return true;
}

/* The sizes of the passes, out of IHDR; the new one says that there are none. */
static bool read_header(struct png *p)
{
    /* By type of colour; the depths that it may have, each a bit of its own, are added up. */
    static const struct {
        unsigned channels, depths;
    } kinds[] = { { 1, 1 + 2 + 4 + 8 + 16 }, { 0, 0 }, { 3, 8 + 16 }, { 1, 1 + 2 + 4 + 8 },
                  { 2, 8 + 16 }, { 0, 0 }, { 4, 8 + 16 } };
    unsigned char start[8 + 8 + 13 + 4];
    unsigned char *ihdr = start + 16;
    if (fread(start, 1, sizeof(start), p->in) != sizeof(start) ||
        memcmp(start + 12, "IHDR", 4) != 0 || ihdr[9] >= SEAM_ARRAY_LEN(kinds))
        return fail(p, "the header is damaged");
    p->width = get32(ihdr);
    p->height = get32(ihdr + 4);
    const unsigned depth = ihdr[8];
    p->bits = depth * kinds[ihdr[9]].channels;
    if (p->width == 0 || p->height == 0 || !(depth & kinds[ihdr[9]].depths) ||
        (depth & (depth - 1)) != 0 ||
        p->width > INT32_MAX || p->height > INT32_MAX)
        return fail(p, "the header is damaged");
    off_t at = 0;
    for (int i = 0; i < PASSES; i++) {
        struct pass *pass = &p->passes[i];
        if (p->width <= adam7[i].x || p->height <= adam7[i].y)
            continue;
        pass->width = (p->width - adam7[i].x - 1) / adam7[i].dx + 1;
        pass->height = (p->height - adam7[i].y - 1) / adam7[i].dy + 1;
        pass->row_bytes = (size_t)(((uint64_t)pass->width * p->bits + 7) / 8);
        pass->at = at;
        at += (off_t)pass->row_bytes * pass->height;
    }
    ihdr[12] = 0;
    if (fwrite(start, 1, 8, p->out) != 8)
        return fail_system(p);
    return write_chunk(p, "IHDR", ihdr, 13);
}

/* --- In: the passes, to the scratch file
 * ----------------------------------------------------------- */

/* Fill the buffer with the next of the compressed stream; 0 at its end, or where the file ends. */
static size_t next_data(struct png *p)
{
    while (!p->in_data || p->left == 0) {
        unsigned char crc[4];
        if (p->in_data && (fread(crc, 1, 4, p->in) != 4 || get32(crc) != (uint32_t)p->crc)) {
            fail(p, "the file is damaged");
            return 0;
        }
        p->in_data = false;
        if (p->has_head || fread(p->head, 1, 8, p->in) != 8)
            return 0;
        p->has_head = memcmp(p->head + 4, "IDAT", 4) != 0;
        if (p->has_head)
            return 0;
        p->in_data = true;
        p->left = get32(p->head);
        p->crc = crc32(0, p->head + 4, 4);
    }
    const size_t n = p->left < sizeof(p->buffer) ? p->left : sizeof(p->buffer);
    const size_t got = fread(p->buffer, 1, n, p->in);
    p->crc = crc32(p->crc, p->buffer, (uInt)got);
    p->left -= (uint32_t)got;
    return got;
}

static bool inflate_bytes(struct png *p, unsigned char *dst, size_t bytes)
{
    p->z.next_out = dst;
    p->z.avail_out = (uInt)bytes;
    while (p->z.avail_out > 0) {
        if (p->z.avail_in == 0) {
            p->z.avail_in = (uInt)next_data(p);
            p->z.next_in = p->buffer;
            if (p->z.avail_in == 0)
                return fail_read(p);
        }
        const int r = inflate(&p->z, Z_NO_FLUSH);
        if (r != Z_OK && !(r == Z_STREAM_END && p->z.avail_out == 0))
            return fail(p, "the file is damaged");
    }
    return true;
}

static int paeth(int a, int b, int c)
{
    const int pa = abs(b - c), pb = abs(a - c), pc = abs(a + b - 2 * c);
    return pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
}

/* Undo the filter of a row: `step` bytes are a pixel, at least 1. */
static bool unfilter(int filter, unsigned char *row, const unsigned char *above, size_t bytes,
                     size_t step)
{
    for (size_t i = 0; i < bytes; i++) {
        const int a = i >= step ? row[i - step] : 0, b = above[i],
                  c = i >= step ? above[i - step] : 0;
        switch (filter) {
        case 0: return true;
        case 1: row[i] = (unsigned char)(row[i] + a); break;
        case 2: row[i] = (unsigned char)(row[i] + b); break;
        case 3: row[i] = (unsigned char)(row[i] + (a + b) / 2); break;
        case 4: row[i] = (unsigned char)(row[i] + paeth(a, b, c)); break;
        default: return false;
        }
    }
    return true;
}

static bool read_pass(struct png *p, const struct pass *pass)
{
    memset(p->above, 0, pass->row_bytes + 1);
    for (uint32_t y = 0; y < pass->height; y++) {
        if (stopped(p, y) || !inflate_bytes(p, p->row, pass->row_bytes + 1))
            return false;
        if (!unfilter(p->row[0], p->row + 1, p->above + 1, pass->row_bytes,
                      p->bits < 8 ? 1 : p->bits / 8))
            return fail(p, "the file is damaged");
        if (fwrite(p->row + 1, 1, pass->row_bytes, p->scratch) != pass->row_bytes)
            return fail_system(p);
        unsigned char *swap = p->above;
        p->above = p->row;
        p->row = swap;
    }
    return true;
}

static bool read_passes(struct png *p)
{
    bool ok = inflateInit(&p->z) == Z_OK || fail(p, "no memory");
    for (int i = 0; ok && i < PASSES; i++)
        ok = p->passes[i].height == 0 || read_pass(p, &p->passes[i]);
    while (ok && !asked_to_stop(p) && next_data(p) > 0)
        continue;
    inflateEnd(&p->z);
    ok = ok && !p->job->why[0];
    if (fflush(p->scratch) != 0)
        return fail_system(p);
    if (ok || !p->job->allow_damaged || ferror(p->in) || seam_cancel_asked(p->job->cancel))
        return ok && !ferror(p->in);
    p->job->why[0] = '\0';
    /* What did not come is black: a file reads as zeros where nothing was written. */
    const struct pass *last = NULL;
    for (int i = 0; i < PASSES; i++)
        last = p->passes[i].height ? &p->passes[i] : last;
    return ftruncate(fileno(p->scratch), last->at + (off_t)last->row_bytes * last->height) == 0 ||
           fail_system(p);
}

/* --- Out: rows, put together
 * ----------------------------------------------------------------------- */

/* Put the pixels of a pass where they belong in the row `dst`. */
static void scatter(const struct png *p, int i, const unsigned char *src, unsigned char *dst)
{
    const size_t step = p->bits / 8, dx = adam7[i].dx;
    if (p->bits >= 8) {
        dst += adam7[i].x * step;
        for (uint32_t k = 0; k < p->passes[i].width; k++, src += step, dst += dx * step)
            memcpy(dst, src, step);
        return;
    }
    const unsigned mask = (1u << p->bits) - 1;
    for (size_t k = 0; k < p->passes[i].width; k++) {
        const size_t from = k * p->bits, to = (adam7[i].x + k * dx) * p->bits;
        const unsigned v = (unsigned)src[from / 8] >> (8 - p->bits - from % 8) & mask;
        dst[to / 8] = (unsigned char)(dst[to / 8] | v << (8 - p->bits - to % 8));
    }
}

/* A row of a pass, out of those that are held, or that are read from there on; NULL where the disk
 * is at fault. */
static const unsigned char *pass_row(struct png *p, struct pass *pass, uint32_t y)
{
    const uint32_t most = (uint32_t)seam_max(READ_BYTES / (int64_t)pass->row_bytes, 1);
    if (!pass->rows)
        pass->rows = malloc(most * pass->row_bytes);
    if (!pass->rows) {
        fail(p, "no memory for its rows");
        return NULL;
    }
    if (y >= pass->first && y < pass->first + pass->held)
        return pass->rows + (size_t)(y - pass->first) * pass->row_bytes;
    pass->first = y;
    pass->held = (uint32_t)seam_min(most, pass->height - y);
    const size_t bytes = pass->held * pass->row_bytes;
    for (size_t done = 0; done < bytes;) {
        const ssize_t n = pread(fileno(p->scratch), pass->rows + done, bytes - done,
                                pass->at + (off_t)pass->row_bytes * y + (off_t)done);
        errno = n == 0 ? 0 : errno;
        if (n <= 0 && errno != EINTR) {
            fail_system(p);
            return NULL;
        }
        done += n > 0 ? (size_t)n : 0;
    }
    return pass->rows;
}

static bool make_row(struct png *p, uint32_t y)
{
    memset(p->row, 0, (size_t)(((uint64_t)p->width * p->bits + 7) / 8) + 1);
    for (int i = 0; i < PASSES; i++) {
        struct pass *pass = &p->passes[i];
        if (pass->height == 0 || y < adam7[i].y || (y - adam7[i].y) % adam7[i].dy != 0)
            continue;
        const unsigned char *from = pass_row(p, pass, (y - adam7[i].y) / adam7[i].dy);
        if (!from)
            return false;
        scatter(p, i, from, p->row + 1);
    }
    return true;
}

/* Hand `bytes` of rows on; none finish the stream. */
static bool deflate_bytes(struct png *p, unsigned char *src, size_t bytes)
{
    p->z.next_in = src;
    p->z.avail_in = (uInt)bytes;
    for (;;) {
        const int r = deflate(&p->z, bytes ? Z_NO_FLUSH : Z_FINISH);
        const bool ended = r == Z_STREAM_END;
        if (p->z.avail_out == 0 || ended) {
            if (!write_chunk(p, "IDAT", p->buffer, sizeof(p->buffer) - p->z.avail_out))
                return false;
            p->z.next_out = p->buffer;
            p->z.avail_out = sizeof(p->buffer);
        }
        if (ended || (bytes && p->z.avail_in == 0))
            return true;
    }
}

static bool write_rows(struct png *p)
{
    const size_t bytes = (size_t)(((uint64_t)p->width * p->bits + 7) / 8) + 1;
    p->z = (z_stream){ 0 };
    bool ok = deflateInit(&p->z, Z_NO_COMPRESSION) == Z_OK || fail(p, "no memory");
    p->z.next_out = p->buffer;
    p->z.avail_out = sizeof(p->buffer);
    for (uint32_t y = 0; ok && y < p->height; y++)
        ok = !stopped(p, y) && make_row(p, y) && deflate_bytes(p, p->row, bytes);
    ok = ok && deflate_bytes(p, NULL, 0);
    deflateEnd(&p->z);
    return ok;
}

/* --- The whole
 * ------------------------------------------------------------------------------------- */

/* The chunks up to the first IDAT, of which `head` becomes the head. */
static bool copy_before(struct png *p)
{
    unsigned char head[8];
    while (fread(head, 1, 8, p->in) == 8) {
        if (memcmp(head + 4, "IDAT", 4) == 0) {
            p->in_data = true;
            p->left = get32(head);
            p->crc = crc32(0, head + 4, 4);
            return true;
        }
        if (!copy_chunk(p, head))
            return false;
    }
    return fail(p, "the file is cut short");
}

static bool copy_after(struct png *p)
{
    bool more = p->has_head;
    while (more) {
        if (memcmp(p->head + 4, "IEND", 4) == 0)
            break;
        if (!copy_chunk(p, p->head)) {
            if (!p->job->allow_damaged || ferror(p->in))
                return false;
            p->job->why[0] = '\0'; /* an end within a chunk makes the rest unreadable, no more */
            break;
        }
        more = fread(p->head, 1, 8, p->in) == 8;
    }
    return write_chunk(p, "IEND", p->head, 0);
}

static bool rewrite(struct png *p)
{
    if (!read_header(p))
        return false;
    const size_t bytes = (size_t)(((uint64_t)p->width * p->bits + 7) / 8) + 1;
    p->row = malloc(bytes);
    p->above = malloc(bytes);
    if (!p->row || !p->above)
        return fail(p, "no memory for its rows");
    if (!copy_before(p) || !read_passes(p) || !write_rows(p))
        return false;
    return copy_after(p);
}

bool seam_rewrite_png(struct seam_rewrite *job)
{
    struct png *p = calloc(1, sizeof(*p));
    const int scratch = dup(job->scratch);
    bool ok = false;
    job->why[0] = '\0';
    errno = 0;
    if (p) {
        p->job = job;
        p->in = fopen(job->from, "rb");
        p->out = fopen(job->to, "wb");
        p->scratch = scratch >= 0 ? fdopen(scratch, "w+b") : NULL;
        ok = p->in && p->out && p->scratch ? rewrite(p) : fail_system(p);
        if (p->in)
            fclose(p->in);
        if (p->out && fclose(p->out) != 0)
            ok = ok && fail_system(p);
        free(p->row);
        free(p->above);
        for (int i = 0; i < PASSES; i++)
            free(p->passes[i].rows);
    }
    if (p && p->scratch)
        fclose(p->scratch);
    else if (scratch >= 0)
        close(scratch);
    free(p);
    return ok;
}
