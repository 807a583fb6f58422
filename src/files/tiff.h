/* How a TIFF file lies on disk: it decides what its decoder holds, and libvips 8.14 does not tell. */
#ifndef SEAM_IO_TIFF_H
#define SEAM_IO_TIFF_H

#include <stdbool.h>
#include <stdint.h>

struct seam_tiff {
    int64_t tile_width, tile_height; /* 0: it lies in strips */
    int64_t strip_rows;
    uint64_t largest; /* bytes in the file of its largest tile or strip */
    bool compressed;
};

/* Look at page `page`, 0 the first; false where the file is no TIFF, or a broken one. */
bool seam_tiff_read(struct seam_tiff *tiff, const char *path, int page);

/* Bytes that libvips holds of it while it is read from top to bottom, beside rows, where pixels have
 * `pixel_bytes`. */
double seam_tiff_held(const struct seam_tiff *tiff, int64_t width, int pixel_bytes);

#endif /* SEAM_IO_TIFF_H */
