/* Pictures that a decoder must see whole, written anew so that they come row by row. What the
 * decoder would hold in memory lies in a file meanwhile; not a sample and no metadata changes. */
#ifndef SEAM_IO_REWRITE_H
#define SEAM_IO_REWRITE_H

#include <stdbool.h>

#include "base/cancel.h"

/* Thread-safety: none. */
struct seam_rewrite {
    const char *from;        /* the picture */
    const char *to;          /* a file, made already, that is overwritten */
    int scratch;             /* descriptor of an empty file, for reading and writing; stays open */
    bool allow_damaged;      /* what is missing becomes black, or coarse */
    const struct seam_cancel *cancel; /* asked now and then. May be NULL. */
    char why[256];           /* after a failure: what is wrong with the picture, or with the disk */
};

/* An interlaced PNG as a plain one, its samples not compressed. */
bool seam_rewrite_png(struct seam_rewrite *job);

/* A JPEG of several scans (progressive, or one for each channel) as one of a single scan. */
bool seam_rewrite_jpeg(struct seam_rewrite *job);

/* A PNM that libvips would read wrongly as one that it reads rightly. */
bool seam_rewrite_pnm(struct seam_rewrite *job);

/* Whether a file is such a PNM. */
bool seam_pnm_is_odd(const char *path, const struct seam_cancel *cancel);

#endif /* SEAM_IO_REWRITE_H */
