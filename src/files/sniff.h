/* What a picture file says of itself that libvips keeps to itself, reads wrongly or dies of: looked
 * up in the file's own header before libvips sees it. */
#ifndef SEAM_IO_SNIFF_H
#define SEAM_IO_SNIFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/cancel.h"

/* What the band behind the colours is; libvips makes premultiplied alpha straight by itself. */
enum seam_extra { SEAM_EXTRA_ALPHA, SEAM_EXTRA_DATA };

struct seam_sniff {
    char refusal[512]; /* why libvips must not read it, and the remedy; empty: it may */
    char kind[256];    /* what it is that libvips reads not at all, it seems, and the remedy: said
                          where libvips fails; empty: nothing is known against it */
    char lost[512];    /* what libvips hands nobody, as a list in words; empty: nothing */
    int error;         /* errno of a read that failed: more is there than was seen; 0: none did */
    enum seam_extra extra;
    int bands, colours; /* of a TIFF of more than 4 bands, and those of them that are grey or RGB,
                           where it says that the others are no alpha; else 0 */
    bool geo, exif;    /* a TIFF that has a georeference, or EXIF */
    int compression;   /* of a TIFF, as its field has it; 0: it is none */
    bool unsized;      /* a TIFF that does not say how large it is, which libvips makes up */
    int frames;        /* that a GIF holds */
    struct {
        int width, height, bands; /* 0: it is none, or none that libjpeg reads */
    } jpeg;            /* what a JPEG says of its pixels */
    bool display_p3;   /* its colours are Display P3's by number, whether it has a profile or not */
    bool odd_pnm;      /* it must be written anew first: seam_rewrite_pnm() */
};

/* Look at the file at `path`, of which `page` is wanted; 1 is the first, 0 all. */
void seam_sniff(struct seam_sniff *sniff, const char *path, int page,
                const struct seam_cancel *cancel);

/* --- For those who look at one format
 * ------------------------------------------------------------------ */

void seam_sniff_tiff(struct seam_sniff *sniff, const char *path, bool cr2, int page,
                     const struct seam_cancel *cancel);
void seam_sniff_png(struct seam_sniff *sniff, FILE *f);
void seam_sniff_gif(struct seam_sniff *sniff, FILE *f, const struct seam_cancel *cancel);
void seam_sniff_jpeg(struct seam_sniff *sniff, FILE *f);
void seam_sniff_boxes(struct seam_sniff *sniff, FILE *f); /* HEIF, AVIF */
void seam_sniff_jp2(struct seam_sniff *sniff, FILE *f);

/* What numbers say of colours (cICP, nclx, as ITU-T H.273 has them): converted or told of. */
void seam_sniff_numbers(struct seam_sniff *sniff, uint32_t primaries, uint32_t curve);

/* It must not be read: `why` goes on where its name ended. */
void seam_sniff_refuse(struct seam_sniff *sniff, const char *why);

/* One more thing that is lost. */
void seam_sniff_lose(struct seam_sniff *sniff, const char *what);

static inline uint32_t seam_be16(const unsigned char *at)
{
    return (uint32_t)at[0] << 8 | at[1];
}

static inline uint32_t seam_be32(const unsigned char *at)
{
    return seam_be16(at) << 16 | seam_be16(at + 2);
}

#endif /* SEAM_IO_SNIFF_H */
