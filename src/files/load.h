/* Picture files in: opened for one pass from top to bottom, upright, with every page. */
#ifndef SEAM_IO_LOAD_H
#define SEAM_IO_LOAD_H

#include "base/cancel.h"
#include "files/sniff.h"
#include "seamless/vips.h"

struct seam_load_params {
    const char *path;   /* as libvips takes it, "scan.tif[page=2]" included; "-": standard input */
    int page;           /* 1 is the first; 0: all */
    bool allow_damaged; /* take what can be read of a truncated file */
    bool header_only;   /* the picture's size as it will be is enough: nothing goes through a
                           file */
    int64_t most_pixels; /* of all pages together: more are SEAM_ERROR_MEMORY at once; 0: any */
    uint64_t memory;    /* budget, as in struct seam_params */
    /* Asked while a picture goes through a file, to stop with SEAM_CANCELLED. May be NULL. */
    const struct seam_cancel *cancel;
};

/* An open picture. Thread-safety: none. */
struct seam_load {
    VipsImage *image; /* read it once, top to bottom */
    char *name;       /* for messages: the path without options, or "standard input" */
    double held_bytes; /* of the picture, that its decoder holds while it is read */
    bool held_in_parts; /* they are tiles or strips, not the whole picture */
    struct seam_sniff sniff; /* what its header says */
    VipsBandFormat integers; /* what the floats of `image` are in the file, see integers.h; UCHAR:
                                nothing else */
    GPtrArray *geo;   /* its georeference, see geo.h, or NULL */
    char *pages;      /* the TIFF file of which it is every page, of several, or NULL */
    bool turned;      /* they lay on their side, and are upright */
    char *spool;      /* temporary file that `image` reads, or NULL */
    char *rewritten;  /* temporary file that it or `spool` was made of, or NULL */
    char *piped;      /* temporary file that stands for the input: a copy of a pipe, or a PNM
                         written anew; or NULL */
};

/* Errors: SEAM_ERROR_IO names the file, what is wrong and the remedy. */
enum seam_result seam_load_open(struct seam_load *load, const struct seam_load_params *params,
                                struct seam_log *log) SEAM_NODISCARD;

/* Removes temporary files. */
void seam_load_close(struct seam_load *load);

/* Open pages of a file, all that it shows by itself where `pages` is 0; NULL where libvips
 * fails. */
VipsImage *seam_load_file(const char *path, const struct seam_load_params *params, int first_page,
                          int pages);

/* Open the first page of a file for a second look, read from the top; NULL where libvips fails. */
VipsImage *seam_load_again(const char *path);

/* Say that libvips cannot read the picture, and why. */
enum seam_result seam_load_failed(const struct seam_load *load,
                                  const struct seam_load_params *params, struct seam_log *log);

#endif /* SEAM_IO_LOAD_H */
