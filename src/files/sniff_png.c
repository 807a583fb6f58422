/* PNG chunks that libvips 8.14 reads and does not hand on, or does not read. */
#include <string.h>

#include "files/sniff.h"

/* No more chunks are looked at before the first of pixels. */
#define MOST_CHUNKS 4096
/* What a text that is XMP is called. */
#define XMP "XML:com.adobe.xmp"
/* Gamma of sRGB, times 100000. */
#define SRGB_GAMMA 45455

struct colours {
    bool profile, srgb, cicp, primaries;
    uint32_t gamma; /* 0: none is said */
};

/* Whether a text's value has letters beyond ASCII; those that do not fit the buffer are not looked
 * at. */
static bool has_letters(const unsigned char *text, size_t size)
{
    size_t i = 0;
    while (i < size && text[i] < 128)
        i++;
    return i < size;
}

static void take_chunk(struct seam_sniff *s, struct colours *c, const char *type,
                       const unsigned char *data, size_t size)
{
    char frames[64];
    if (memcmp(type, "acTL", 4) == 0 && size >= 4 && seam_be32(data) > 1) {
        snprintf(frames, sizeof(frames), "all but the first of its %u frames (APNG)",
                 (unsigned)seam_be32(data));
        seam_sniff_lose(s, frames);
    }
    if (memcmp(type, "mDC", 3) == 0 || memcmp(type, "cLL", 3) == 0)
        seam_sniff_lose(s, "how bright its HDR is meant to be (mDCV, cLLI)");
    /* XMP comes whole. */
    if (memcmp(type, "iTXt", 4) == 0 && has_letters(data, size) &&
        !(size >= sizeof(XMP) && memcmp(data, XMP, sizeof(XMP)) == 0))
        seam_sniff_lose(s, "letters of its texts beyond ASCII (iTXt)");
    c->profile = c->profile || memcmp(type, "iCCP", 4) == 0;
    c->srgb = c->srgb || memcmp(type, "sRGB", 4) == 0;
    if (memcmp(type, "cICP", 4) == 0 && size >= 2) {
        c->cicp = true;
        seam_sniff_numbers(s, data[0], data[1]);
    }
    c->primaries = c->primaries || (memcmp(type, "cHRM", 4) == 0 && size >= 12 &&
                                    seam_be32(data + 8) / 100 != 640);
    if (memcmp(type, "gAMA", 4) == 0 && size >= 4)
        c->gamma = seam_be32(data);
}

void seam_sniff_png(struct seam_sniff *s, FILE *f)
{
    struct colours c = { 0 };
    unsigned char head[8], data[4096];
    if (fseek(f, 8, SEEK_SET) != 0)
        return;
    for (int i = 0; i < MOST_CHUNKS && fread(head, 1, 8, f) == 8; i++) {
        const uint32_t length = seam_be32(head);
        const size_t want = length < sizeof(data) ? length : sizeof(data);
        if (memcmp(head + 4, "IDAT", 4) == 0 || length > INT32_MAX)
            break;
        const size_t size = fread(data, 1, want, f);
        take_chunk(s, &c, (const char *)head + 4, data, size);
        if (size < want || fseek(f, (long)(length - size) + 4, SEEK_CUR) != 0)
            break;
    }
    /* Numbers, a profile or sRGB outrank both. */
    if (!c.cicp && !c.profile && !c.srgb && c.gamma &&
        (c.gamma < SRGB_GAMMA - 2000 || c.gamma > SRGB_GAMMA + 2000))
        seam_sniff_lose(s, "its gamma (gAMA: it will look too dark or too bright)");
    if (!c.cicp && !c.profile && !c.srgb && c.primaries)
        seam_sniff_lose(s, "its primaries (cHRM)");
}
