/* PNM: libvips 8.14 takes samples as they are, whatever the file says that white is, stops at a
 * second comment, and takes bits of a plain bitmap for numbers. What it would read wrongly is
 * written anew, as binary samples of 8 or 16 bits whose white is all ones. After netpbm's format
 * descriptions. */
#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/common.h"
#include "files/rewrite.h"

#define MOST_SIDE 100000000
#define SAMPLES_BETWEEN_LOOKS (1 << 16)

struct pnm {
    struct seam_rewrite *job;
    FILE *in, *out;
    int kind; /* 1 to 6, as in "P6" */
    uint32_t width, height, white;
    bool comments; /* in its head */
    uint64_t read; /* bytes, so that long comments are heard in */
};

static bool fail(struct pnm *p, const char *why)
{
    if (!p->job->why[0])
        snprintf(p->job->why, sizeof(p->job->why), "%s", why);
    return false;
}

/* An end that is none is the disk's word, not the picture's. */
static bool fail_read(struct pnm *p)
{
    if (ferror(p->in))
        return fail(p, errno ? strerror(errno) : "the disk is at fault");
    return fail(p, "the file is cut short");
}

static bool fail_write(struct pnm *p)
{
    return fail(p, errno ? strerror(errno) : "the disk is full");
}

static bool stopped(struct pnm *p)
{
    return ++p->read % SAMPLES_BETWEEN_LOOKS == 0 && seam_cancel_asked(p->job->cancel) &&
           !fail(p, "cancelled");
}

/* The next byte that is of no comment; EOF at the end, or where the user has had enough. */
static int next_byte(struct pnm *p)
{
    int c = getc(p->in);
    for (; c == '#'; c = getc(p->in)) {
        p->comments = true;
        while (c != '\n' && c != '\r' && c != EOF && !stopped(p))
            c = getc(p->in);
        if (c != '\n' && c != '\r')
            return EOF;
        return c;
    }
    return stopped(p) ? EOF : c;
}

static bool next_number(struct pnm *p, uint32_t *value)
{
    int c = next_byte(p);
    while (c != EOF && isspace(c))
        c = next_byte(p);
    if (c == EOF)
        return fail_read(p);
    if (!isdigit(c))
        return fail(p, "there is no number where one belongs");
    *value = 0;
    for (; c != EOF && isdigit(c); c = next_byte(p))
        *value = *value < MOST_SIDE ? *value * 10 + (uint32_t)(c - '0') : MOST_SIDE;
    return true; /* and one byte behind it is gone, as the format wants */
}

static bool read_head(struct pnm *p)
{
    const int first = getc(p->in), second = getc(p->in);
    if (first != 'P' || second < '1' || second > '6')
        return fail(p, "it is no PNM");
    p->kind = second - '0';
    p->white = 1;
    if (!next_number(p, &p->width) || !next_number(p, &p->height) ||
        (p->kind != 1 && p->kind != 4 && !next_number(p, &p->white)))
        return false;
    if (p->width == 0 || p->height == 0 || p->width >= MOST_SIDE || p->height >= MOST_SIDE)
        return fail(p, "its size is damaged");
    if (p->white == 0 || p->white > UINT16_MAX)
        return fail(p, "its value of white is none");
    return true;
}

static uint64_t samples(const struct pnm *p)
{
    return (uint64_t)p->width * p->height * (p->kind == 3 || p->kind == 6 ? 3 : 1);
}

/* A plain bitmap's digits need no blanks between them. */
static bool next_bit(struct pnm *p, uint32_t *value)
{
    int c = next_byte(p);
    while (c != EOF && isspace(c))
        c = next_byte(p);
    if (c == EOF)
        return fail_read(p);
    *value = c == '0'; /* 1 is black */
    return c == '0' || c == '1' || fail(p, "there is no bit where one belongs");
}

static bool next_binary(struct pnm *p, uint32_t *value)
{
    const int c = getc(p->in), d = p->white > UINT8_MAX ? getc(p->in) : 0;
    if (c == EOF || d == EOF)
        return fail_read(p);
    *value = p->white > UINT8_MAX ? (uint32_t)c << 8 | (uint32_t)d : (uint32_t)c;
    return !stopped(p);
}

static bool copy_samples(struct pnm *p)
{
    const bool deep = p->white > UINT8_MAX;
    const uint32_t full = deep ? UINT16_MAX : UINT8_MAX;
    const uint64_t count = samples(p);
    for (uint64_t i = 0; i < count; i++) {
        uint32_t v;
        if (!(p->kind == 1 ? next_bit(p, &v) : p->kind <= 3 ? next_number(p, &v)
                                                            : next_binary(p, &v)))
            return false;
        v = (uint32_t)(((uint64_t)seam_min(v, p->white) * full + p->white / 2) / p->white);
        if ((deep && putc((int)(v >> 8), p->out) == EOF) || putc((int)(v & 255), p->out) == EOF)
            return fail_write(p);
    }
    return true;
}

/* Bits of a binary bitmap stay as they are. */
static bool copy_bits(struct pnm *p)
{
    const uint64_t bytes = ((uint64_t)p->width + 7) / 8 * p->height;
    for (uint64_t i = 0; i < bytes; i++) {
        const int c = getc(p->in);
        if (c == EOF || stopped(p))
            return c == EOF ? fail_read(p) : false;
        if (putc(c, p->out) == EOF)
            return fail_write(p);
    }
    return true;
}

static bool rewrite(struct pnm *p)
{
    if (!read_head(p))
        return false;
    const bool bits = p->kind == 4, colour = p->kind == 3 || p->kind == 6;
    const unsigned full = p->white > UINT8_MAX ? UINT16_MAX : UINT8_MAX;
    const int n = bits ? fprintf(p->out, "P4\n%u %u\n", (unsigned)p->width, (unsigned)p->height)
                       : fprintf(p->out, "P%d\n%u %u\n%u\n", colour ? 6 : 5, (unsigned)p->width,
                                 (unsigned)p->height, full);
    if (n < 0)
        return fail_write(p);
    const bool ok = bits ? copy_bits(p) : copy_samples(p);
    if (ok || !p->job->allow_damaged || ferror(p->in) || seam_cancel_asked(p->job->cancel))
        return ok;
    p->job->why[0] = '\0'; /* libvips makes what is missing black */
    return true;
}

bool seam_rewrite_pnm(struct seam_rewrite *job)
{
    struct pnm p = { .job = job };
    job->why[0] = '\0';
    errno = 0;
    p.in = fopen(job->from, "rb");
    p.out = p.in ? fopen(job->to, "wb") : NULL;
    bool ok = p.out ? rewrite(&p) : fail(&p, strerror(errno));
    if (p.in)
        fclose(p.in);
    if (p.out && fclose(p.out) != 0)
        ok = ok && fail_write(&p);
    return ok;
}

bool seam_pnm_is_odd(const char *path, const struct seam_cancel *cancel)
{
    struct seam_rewrite job = { .from = path, .cancel = cancel };
    struct pnm p = { .job = &job, .in = fopen(path, "rb") };
    if (!p.in)
        return false;
    const bool ok = read_head(&p);
    fclose(p.in);
    return ok && (p.kind <= 3 || p.comments ||
                  (p.kind != 4 && p.white != UINT8_MAX && p.white != UINT16_MAX));
}
