/* JPEG segments that libvips does not hand on. */
#include <string.h>

#include "files/sniff.h"

/* Before the first scan. libjpeg walks all that it has at each more, which takes minutes of some
 * hundred thousand in a few megabytes; a profile or XMP that is spread has some hundred. */
#define MOST_SEGMENTS 16384

static bool begins(const unsigned char *data, size_t size, const char *name, size_t length)
{
    return size >= length && memcmp(data, name, length) == 0;
}

static void take_segment(struct seam_sniff *s, int code, const unsigned char *data, size_t size)
{
    static const char extended[] = "http://ns.adobe.com/xmp/extension/";
    if (code == 0xFE)
        seam_sniff_lose(s, "its comment");
    else if (code == 0xE2 && begins(data, size, "MPF", 4))
        seam_sniff_lose(s,
                        "the further pictures in it (a gain map, a depth map or a larger preview)");
    else if (code == 0xE1 && begins(data, size, extended, sizeof(extended)))
        seam_sniff_lose(s, "the extended part of its XMP");
    else if (code == 0xEB && begins(data, size, "JP", 2))
        seam_sniff_lose(s, "its content credentials (JUMBF)");
}

/* How its pixels are coded: libjpeg does what is of 8 bits and loses. */
static void take_frame(struct seam_sniff *s, int code, const unsigned char *data, size_t size)
{
    const bool lossless = code == 0xC3 || code == 0xC7 || code == 0xCB || code == 0xCF;
    const bool steps = code == 0xC5 || code == 0xC6 || code == 0xCD || code == 0xCE;
    if (code == 0xF7 || lossless || steps)
        snprintf(s->kind, sizeof(s->kind),
                 "%s: convert it first, for example with 'ffmpeg -i IN OUT.png'",
                 code == 0xF7 ? "a JPEG-LS picture" : lossless ? "a lossless JPEG"
                                                               : "a hierarchical JPEG");
    else if (code >= 0xC0 && code <= 0xCF && code != 0xC4 && code != 0xC8 && code != 0xCC &&
             size > 5) {
        if (data[0] != 8)
            snprintf(s->kind, sizeof(s->kind),
                     "a JPEG of %d bits a sample: convert it first, for example with 'djpeg' of "
                     "libjpeg-turbo 3 or later", data[0]);
        s->jpeg.height = (int)seam_be16(data + 1);
        s->jpeg.width = (int)seam_be16(data + 3);
        s->jpeg.bands = data[5];
    }
}

/* The next segment's code, behind bytes that fill; EOF where there is none. */
static int next_code(FILE *f)
{
    int code = getc(f);
    if (code != 0xFF)
        return EOF;
    while (code == 0xFF)
        code = getc(f);
    return code;
}

void seam_sniff_jpeg(struct seam_sniff *s, FILE *f)
{
    unsigned char head[2], data[64];
    if (fseek(f, 2, SEEK_SET) != 0)
        return;
    for (int i = 0; i < MOST_SEGMENTS; i++) {
        const int code = next_code(f);
        if (code == EOF || fread(head, 1, 2, f) != 2)
            return;
        const long length = (long)seam_be16(head) - 2;
        if (code == 0xDA || length < 0)
            return;
        const size_t size =
            fread(data, 1, (size_t)length < sizeof(data) ? (size_t)length : sizeof(data), f);
        take_segment(s, code, data, size);
        take_frame(s, code, data, size);
        if (length > (long)size && fseek(f, length - (long)size, SEEK_CUR) != 0)
            return;
    }
    seam_sniff_refuse(s, "has more segments before its picture than any program writes: save it "
                         "anew with another program, without them");
}
