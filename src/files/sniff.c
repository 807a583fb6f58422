#include <errno.h>
#include <string.h>
#include <vips/vips.h>

#include "files/rewrite.h"
#include "files/sniff.h"

/* Bytes at the beginning of a file that tell its format. */
#define HEAD 32

void seam_sniff_lose(struct seam_sniff *s, const char *what)
{
    const size_t used = strlen(s->lost);
    if (!strstr(s->lost, what))
        snprintf(s->lost + used, sizeof(s->lost) - used, "%s%s", used ? ", " : "", what);
}

void seam_sniff_refuse(struct seam_sniff *s, const char *why)
{
    snprintf(s->refusal, sizeof(s->refusal), "%s", why);
}

void seam_sniff_numbers(struct seam_sniff *s, uint32_t primaries, uint32_t curve)
{
    if (primaries == 12 && curve == 13)
        s->display_p3 = true;
    else if (curve == 16 || curve == 18)
        seam_sniff_lose(s, "what its colours mean (HDR by PQ or HLG, which will look washed out)");
    else if (primaries == 9 || primaries == 11 || primaries == 12)
        seam_sniff_lose(s, "what its colours mean (a wide gamut, which will look pale)");
    else if (curve == 8)
        seam_sniff_lose(s, "what its colours mean (linear light, which will look dark)");
}

/* Adobe's modes: 3 is RGB, 1 grey, 2 a palette, 0 bits. */
static void sniff_psd(struct seam_sniff *s, const unsigned char *head)
{
    const uint32_t mode = seam_be16(head + 24);
    if (mode == 4)
        seam_sniff_refuse(s, "is a Photoshop file of CMYK, which libvips reads as nearly black: "
                             "save it as RGB, or as a CMYK TIFF or JPEG");
    else if (mode > 3)
        seam_sniff_refuse(s, "is a Photoshop file of Lab, duotone or several channels, whose "
                             "colours libvips does not read: save it as RGB, or as a TIFF");
}

static bool is_letter(int c)
{
    return (c | 32) >= 'a' && (c | 32) <= 'z';
}

/* How many separators rows have; nothing in a row, as at the end, is none. */
struct rows {
    int64_t first, here;
    bool something, uneven;
};

static void rows_take(struct rows *r, int c)
{
    if (c != EOF && c != '\n') {
        r->here += c == ',' || c == ';' || c == '\t';
        r->something = r->something || (c != '\r' && c != ' ');
        return;
    }
    if (r->something && r->first < 0)
        r->first = r->here;
    r->uneven = r->uneven || (r->something && r->here != r->first);
    r->here = 0;
    r->something = false;
}

/* Numbers as text: of words libvips makes 0. */
static void sniff_csv(struct seam_sniff *s, FILE *f, const struct seam_cancel *cancel)
{
    char word[3];
    size_t n = 0;
    int64_t at = 0;
    struct rows rows = { .first = -1 };
    for (int c = 0; c != EOF; at++) {
        c = getc(f);
        if (at % 65536 == 0 && seam_cancel_asked(cancel))
            return;
        rows_take(&rows, c);
        if (c != EOF && is_letter(c)) {
            if (n < sizeof(word))
                word[n] = (char)(c | 32);
            n++;
            continue;
        }
        if ((n == 3 && memcmp(word, "nan", 3) == 0) ||
            ((n == 3 || n == 8) && memcmp(word, "inf", 3) == 0)) {
            seam_sniff_refuse(s, "holds NaN or infinity, which libvips reads as 0: put a number "
                                 "there first");
            return;
        }
        n = 0;
    }
    if (rows.uneven)
        seam_sniff_lose(s, "numbers of rows that are longer than the first; of those that are "
                           "shorter it makes the rest 0");
}

/* libvips' own format, in the byte order that its first number tells: a width, a height and bands
 * that libvips does not hold it takes for others. */
static void sniff_vips(struct seam_sniff *s, const unsigned char *head)
{
    const bool little = head[0] == 0xB6;
    for (int i = 4; i <= 12; i += 4) {
        const unsigned char turned[] = { head[i + 3], head[i + 2], head[i + 1], head[i] };
        const uint32_t n = seam_be32(little ? turned : head + i);
        if (n < 1 || n > VIPS_MAX_COORD)
            seam_sniff_refuse(s, "has a width, a height or a number of bands that is none");
    }
}

static bool is_csv(const char *path)
{
    const char *dot = strrchr(path, '.');
    return dot && (strcmp(dot, ".csv") == 0 || strcmp(dot, ".tsv") == 0);
}

void seam_sniff(struct seam_sniff *s, const char *path, int page, const struct seam_cancel *cancel)
{
    unsigned char head[HEAD] = { 0 };
    *s = (struct seam_sniff){ 0 };
    FILE *f = fopen(path, "rb");
    if (!f)
        return;
    const size_t n = fread(head, 1, HEAD, f);
    s->error = ferror(f) && errno != EISDIR ? errno : 0;
    rewind(f);
    if (is_csv(path))
        sniff_csv(s, f, cancel);
    else if (n < 8)
        ;
    else if (memcmp(head, "\x89PNG\r\n\x1a\n", 8) == 0)
        seam_sniff_png(s, f);
    else if (memcmp(head, "GIF8", 4) == 0)
        seam_sniff_gif(s, f, cancel);
    else if (head[0] == 0xFF && head[1] == 0xD8)
        seam_sniff_jpeg(s, f);
    else if (n >= 16 && (memcmp(head, "\xB6\xA6\xF2\x08", 4) == 0 ||
                         memcmp(head, "\x08\xF2\xA6\xB6", 4) == 0))
        sniff_vips(s, head);
    else if (memcmp(head, "8BPS", 4) == 0 && n >= 26)
        sniff_psd(s, head);
    else if (memcmp(head + 4, "ftyp", 4) == 0)
        seam_sniff_boxes(s, f);
    else if (memcmp(head + 4, "jP  ", 4) == 0 || memcmp(head, "\xFF\x4F\xFF\x51", 4) == 0)
        seam_sniff_jp2(s, f);
    else if (head[0] == head[1] && (head[0] == 'I' || head[0] == 'M'))
        seam_sniff_tiff(s, path, memcmp(head + 8, "CR", 2) == 0, page, cancel);
    else if (head[0] == 'P' && head[1] >= '1' && head[1] <= '6')
        s->odd_pnm = seam_pnm_is_odd(path, cancel);
    if (ferror(f))
        s->error = EIO;
    fclose(f);
}
