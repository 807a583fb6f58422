/* What a TIFF says of itself that libvips keeps to itself: how its picture is cut up, what its
 * extra samples are, which of its pages are pictures. */
#ifndef SEAM_IO_TIFF_H
#define SEAM_IO_TIFF_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cancel.h"

/* Values of TIFF fields, as its specification has them. */
enum {
    SEAM_TIFF_YCBCR = 6,
    SEAM_TIFF_ICC_LAB = 9,
    SEAM_TIFF_ITU_LAB = 10,
    SEAM_TIFF_CFA = 32803,
    SEAM_TIFF_LOG_L = 32844,
    SEAM_TIFF_LOG_LUV = 32845,
    SEAM_TIFF_LINEAR_RAW = 34892
};
enum { SEAM_TIFF_GREY = 1, SEAM_TIFF_RGB = 2 };
enum { SEAM_TIFF_FLOAT = 3 };
enum { SEAM_TIFF_PLANES = 2 };
enum { SEAM_TIFF_JPEG = 7 };
enum { SEAM_TIFF_DATA = 0, SEAM_TIFF_PREMULTIPLIED = 1, SEAM_TIFF_STRAIGHT = 2 };

/* One page. */
struct seam_tiff {
    int64_t width, height;
    int64_t tile_width, tile_height; /* 0: it lies in strips */
    int64_t strip_rows;
    uint64_t largest; /* bytes in the file of its largest tile or strip */
    uint64_t reaches; /* bytes that a file has at least which holds them all, as far as known */
    bool compressed;
    int samples, colours; /* bands, and those of them that are colours */
    int photometric, planar, compression;
    int bits, format; /* of the first band: bits a sample, and what they are */
    bool mixed_bits;  /* other bands have others */
    bool halved;      /* where it is YCbCr, its colours have fewer pixels */
    int extra;        /* what the last of its extra samples is; SEAM_TIFF_DATA where nothing says */
    bool plain_extra; /* the file says that all of them are SEAM_TIFF_DATA */
    uint64_t extra_at; /* where in the file that number lies, 2 bytes; 0: nowhere */
    bool motorola;    /* its byte order */
    bool reduced;     /* of a larger picture, or a mask of one */
    bool sub_pictures; /* the picture itself may lie in directories of their own */
    bool geo, exif, raw;
    bool resolution; /* it says how large it is */
};

/* Look at page `page`, 0 the first; false where the file is no TIFF, or a broken one, or `cancel`
 * (may be NULL) says so, errno 0 then, and with errno where a read failed. No field costs more than
 * the tiles of the page justify. */
bool seam_tiff_read(struct seam_tiff *tiff, const char *path, int page,
                    const struct seam_cancel *cancel);

/* Whether it is a TIFF that ends before its first directory, as one that was cut does. */
bool seam_tiff_is_headless(const char *path);

/* How many of the first `pages` pages are pictures of their own, given that the first is; `pages`
 * where that is not known, -1 with errno where a read failed. */
int seam_tiff_pictures(const char *path, int pages, const struct seam_cancel *cancel);

/* Say in a finished file that the last band of each page hides nothing. False with errno set. */
bool seam_tiff_mark_data(const char *path, int pages);

/* Bytes that libvips holds of it while it is read from top to bottom, beside rows, where pixels
 * have `pixel_bytes`. */
double seam_tiff_held(const struct seam_tiff *tiff, int64_t width, int pixel_bytes);

#endif /* SEAM_IO_TIFF_H */
