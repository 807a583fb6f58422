/* Frames of a GIF, counted: libvips hands on so many and no word of others. */
#include <string.h>

#include "files/sniff.h"

/* Of so many no more are looked for. */
#define MOST_FRAMES 1000000

/* A table of colours, of which the low bits of `packed` tell the size. */
static bool skip_colours(FILE *f, int packed)
{
    return !(packed & 0x80) || fseek(f, 3L << ((packed & 7) + 1), SEEK_CUR) == 0;
}

/* Blocks with their length before them, up to one of none; false too where somebody asks to
 * stop. */
static bool skip_blocks(FILE *f, const struct seam_cancel *cancel)
{
    int length, blocks = 0;
    while ((length = getc(f)) > 0)
        if (fseek(f, length, SEEK_CUR) != 0 || (++blocks % 1024 == 0 && seam_cancel_asked(cancel)))
            return false;
    return length == 0;
}

void seam_sniff_gif(struct seam_sniff *s, FILE *f, const struct seam_cancel *cancel)
{
    unsigned char head[13], frame[9];
    if (fread(head, 1, sizeof(head), f) != sizeof(head) || !skip_colours(f, head[10]))
        return;
    int64_t parts = 0;
    for (int kind = 0; (kind = getc(f)) == 0x21 || kind == 0x2C; parts++) {
        if (kind == 0x21 && getc(f) == EOF)
            return;
        if (kind == 0x2C) {
            /* Its place, its colours, and how long its codes begin. */
            if (fread(frame, 1, sizeof(frame), f) != sizeof(frame) || !skip_colours(f, frame[8]) ||
                getc(f) == EOF)
                return;
            s->frames++;
        }
        if (!skip_blocks(f, cancel) || s->frames == MOST_FRAMES ||
            (parts % 1024 == 0 && seam_cancel_asked(cancel)))
            return;
    }
}
