/* Files of boxes: HEIF and AVIF, JPEG 2000. */
#include <string.h>

#include "files/sniff.h"

/* What is looked at of a file: colours and sizes come early. */
#define HEAD 65536

/* Where `type` begins a box within data[at, end); 0: nowhere. */
static size_t find_box(const unsigned char *data, size_t at, size_t end, const char *type,
                       size_t *stop)
{
    while (end - at >= 8) {
        size_t size = seam_be32(data + at);
        const bool last = size == 0 || size > end - at;
        size = last ? end - at : size;
        const bool wide = size == 1; /* its size has 64 bits, and is of the last box that matters */
        if (memcmp(data + at + 4, type, 4) == 0) {
            *stop = wide ? end : at + size;
            return at + (wide ? 16 : 8);
        }
        if (last || size < 8)
            break;
        at += size;
    }
    return 0;
}

static size_t read_head(FILE *f, unsigned char *data)
{
    return fseek(f, 0, SEEK_SET) == 0 ? fread(data, 1, HEAD, f) : 0;
}

/* What of the kind libvips does not read: by its brand, which says what it is best used as. */
static void take_brand(struct seam_sniff *s, const unsigned char *brand)
{
    static const char *const sequences[] = { "hevc", "hevx", "hevm", "hevs", "msf1" };
    static const char *const films[] = { "isom", "iso2", "mp41", "mp42", "avc1", "M4V ", "qt  " };
    for (size_t i = 0; i < sizeof(sequences) / sizeof(sequences[0]); i++)
        if (memcmp(brand, sequences[i], 4) == 0)
            snprintf(s->kind, sizeof(s->kind),
                     "a sequence of HEIF pictures: take them out first, for example with "
                     "'ffmpeg -i FILE %%04d.png'");
    for (size_t i = 0; i < sizeof(films) / sizeof(films[0]); i++)
        if (memcmp(brand, films[i], 4) == 0)
            snprintf(s->kind, sizeof(s->kind),
                     "a film: take its pictures out first, for example with "
                     "'ffmpeg -i FILE %%04d.png'");
    if (memcmp(brand, "crx ", 4) == 0)
        snprintf(s->kind, sizeof(s->kind), "a raw photograph: develop it first, for example with "
                                           "darktable or RawTherapee");
}

void seam_sniff_boxes(struct seam_sniff *s, FILE *f)
{
    unsigned char data[HEAD];
    const size_t n = read_head(f, data);
    if (n >= 12 && memcmp(data + 8, "avis", 4) == 0)
        snprintf(s->refusal, sizeof(s->refusal),
                 "is a sequence of AVIF pictures, a film, which libvips does not read: take its "
                 "frames out "
                 "first, for example with 'ffmpeg -i FILE %%04d.png'");
    if (n >= 12)
        take_brand(s, data + 8);
    for (size_t i = 0; n >= 14 && i < n - 14; i++)
        if (memcmp(data + i, "colrnclx", 8) == 0) {
            const uint32_t primaries = seam_be16(data + i + 8), curve = seam_be16(data + i + 10);
            seam_sniff_numbers(s, primaries, curve);
        }
    for (size_t i = 0; n >= 16 && i < n - 16; i++)
        if ((memcmp(data + i, "infe", 4) == 0 && memcmp(data + i + 12, "tmap", 4) == 0) ||
            memcmp(data + i, ":aux:hdrgainmap", 15) == 0)
            seam_sniff_lose(s, "its gain map");
}

/* The components of a codestream that begins at data[at]: those of half size come out right where
 * tiles and picture begin at even places alone. */
static void take_size(struct seam_sniff *s, const unsigned char *data, size_t at, size_t n,
                      bool rgb)
{
    if (n < at + 42 || seam_be16(data + at) != 0xFF4F || seam_be16(data + at + 2) != 0xFF51)
        return;
    const unsigned char *siz = data + at + 8; /* behind markers, length and capabilities */
    const uint32_t width = seam_be32(siz), height = seam_be32(siz + 4);
    const uint32_t origins = seam_be32(siz + 8) | seam_be32(siz + 12) | seam_be32(siz + 24) |
                             seam_be32(siz + 28);
    const uint32_t tile_width = seam_be32(siz + 16), tile_height = seam_be32(siz + 20);
    const uint32_t components = seam_be16(siz + 32);
    bool odd = rgb && components < 3;
    for (uint32_t i = 0; i < components && at + 42 + 3 * i + 3 <= n; i++) {
        const unsigned char dx = siz[34 + 3 * i + 1], dy = siz[34 + 3 * i + 2];
        const bool whole = tile_width >= width && tile_height >= height;
        odd =
            odd || dx == 0 || dy == 0 || dx > 4 || dy > 4 ||
            ((dx > 1 || dy > 1) && (origins || (!whole && (tile_width % dx || tile_height % dy))));
    }
    if (odd)
        snprintf(s->refusal, sizeof(s->refusal),
                 "is a JPEG 2000 picture of a kind (odd components or tiles) that libvips reads "
                 "beyond its "
                 "memory: convert it first, for example with 'opj_decompress'");
}

void seam_sniff_jp2(struct seam_sniff *s, FILE *f)
{
    unsigned char data[HEAD];
    const size_t n = read_head(f, data);
    size_t stop = n, colour_stop = n, ignored = n;
    if (n < 12 || seam_be32(data) == 0xFF4FFF51) {
        take_size(s, data, 0, n, false);
        return;
    }
    const size_t header = find_box(data, 0, n, "jp2h", &stop);
    const size_t colour = header ? find_box(data, header, stop, "colr", &colour_stop) : 0;
    const bool rgb = colour && colour_stop >= colour + 7 && data[colour] == 1 &&
                     (seam_be32(data + colour + 3) == 16 || seam_be32(data + colour + 3) == 18);
    if (header && find_box(data, header, stop, "pclr", &ignored)) {
        snprintf(s->refusal, sizeof(s->refusal),
                 "is a JPEG 2000 picture with a palette, which libvips reads beyond its memory: "
                 "convert it "
                 "first, for example with 'opj_decompress'");
        return;
    }
    const size_t stream = find_box(data, 0, n, "jp2c", &ignored);
    if (stream)
        take_size(s, data, stream, n, rgb);
}
