/* Picture files out: written beside their name, synced, renamed. An older file of that name is
 * whole until the new one is. */
#ifndef SEAM_IO_SAVE_H
#define SEAM_IO_SAVE_H

#include "files/geo.h"
#include "files/load.h"
#include "seamless/vips.h"

/* What the pages of a result of several are made of. */
struct seam_save_pages {
    const char *path;        /* the TIFF file of all of them; NULL: they are told as the first is.
                                Not owned. */
    bool turned;             /* see struct seam_load */
    struct seam_geo_map map; /* how each lies over its picture */
    const double *nodata;    /* what samples are now where nothing was measured, or NULL */
};

/* Where a result goes. Thread-safety: none. */
struct seam_save {
    char *name;    /* as the user gave it, for messages */
    char *path;    /* without options; NULL: standard output */
    char *suffix;  /* ".tif" */
    char *options; /* "[tile,bigtiff]" or "" */
    char *temporary;
    VipsSaveable saveable;
    char *history; /* what was done, for the file to say; NULL: it says nothing */
    bool strip;    /* the file gets no metadata but the colour profile */
    bool alone;    /* see seam_save_alone() */
    bool one_thread; /* others write beside it: libvips is to write with one thread, not with all */
    int broken;    /* see seam_save_broken(); any thread may look at it */
    const GPtrArray *geo; /* the result's georeference, see geo.h; NULL: it has none. Not owned. */
    struct seam_save_pages pages;
    bool unsized;         /* a TIFF is not to say how large it is, as the picture did not */
    int bands, colours;   /* see struct seam_sniff: a result of as many bands says the same */
    bool radiance; /* the format holds linear light in shared exponents */
    const VipsBandFormat *formats; /* what a sample becomes in the file, by VipsBandFormat */
};

/*
 * Check everything that can be known beforehand: the format, the folder, that the output is not
 * the input. `format` names the format of standard output ("png", "tif[tile]").
 *
 * Errors: SEAM_ERROR_ARGUMENT, SEAM_ERROR_IO.
 */
enum seam_result seam_save_open(struct seam_save *save, const char *name, const char *format,
                                const char *input, struct seam_log *log) SEAM_NODISCARD;
void seam_save_close(struct seam_save *save);

/* Where a TIFF becomes a TIFF, and nothing is said of how it is compressed: as it was, of
 * `compression`, 0 of what is no TIFF; without loss where it had lost. */
void seam_save_follow(struct seam_save *save, int compression);

/* A lock of the caller's keeps other runs away from this output: the temporary file has one name,
 * and the one that a killed run left goes now, before anybody asks what room there is. */
void seam_save_alone(struct seam_save *save);

/* The sample that the format can hold and that is nearest to `wanted`; `linear`: the picture is of
 * linear light. */
enum seam_sample seam_save_sample(const struct seam_save *save, enum seam_sample wanted,
                                  bool linear);

/*
 * Bring *sample, the depth asked for (an enum seam_sample, or SEAM_AUTO: the picture's own), to
 * what the format holds, with a notice where that is another; `transfer` as in struct
 * seam_vips_params. Errors: SEAM_ERROR_ARGUMENT where the format holds nothing of the kind
 * (integers.h).
 */
enum seam_result seam_save_choose_sample(const struct seam_save *save,
                                         const struct seam_load *load, int transfer, int *sample,
                                         struct seam_log *log) SEAM_NODISCARD;

/* Whether a path and a name as libvips takes it lead to one file. */
bool seam_save_same_file(const char *path, const char *name);

/*
 * Set params->held_bytes to what decoder and encoder will hold of the picture `load`, restored by a
 * network of `facts`. Errors: SEAM_ERROR_MEMORY where that alone is more than the budget (the
 * message names a format that goes row by row).
 */
enum seam_result seam_save_room(const struct seam_save *save, const struct seam_load *load,
                                const struct seam_facts *facts, struct seam_vips_params *params,
                                struct seam_log *log) SEAM_NODISCARD;

/* Whether the format holds a picture of this kind and size; says what would be lost as a notice. */
enum seam_result seam_save_check(const struct seam_save *save, const struct seam_plan *plan,
                                 int64_t pages, struct seam_log *log) SEAM_NODISCARD;

/* Write `image`, which is computed while it is read. Errors: SEAM_ERROR_IO, or whatever is in the
 * log already. Nothing is left behind on failure. */
enum seam_result seam_save_write(struct seam_save *save, VipsImage *image,
                                 struct seam_log *log) SEAM_NODISCARD;

/* Whether a write of this picture has failed: nothing that is computed for it from now on is of
 * use. From any thread. */
bool seam_save_broken(const struct seam_save *save);

#endif /* SEAM_IO_SAVE_H */
