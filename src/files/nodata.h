/* Pixels that nothing was measured of: hidden as if alpha were 0 while the network runs, and put
 * back. */
#ifndef SEAM_FILES_NODATA_H
#define SEAM_FILES_NODATA_H

#include "files/load.h"

struct seam_nodata {
    bool active;    /* such pixels are looked for */
    bool has_value; /* samples of `value` are such, beside NaN */
    bool replaced;  /* by a value that the result's samples hold */
    double value;   /* what they are in the result; NaN without has_value */
    bool any;       /* one such band is enough; else all must be: of integers a value may be a
                       sample too */
    int bands;      /* of the picture, where they are too many for a type with alpha; else 0 */
    bool data;      /* the last of those is no colour, see SEAM_META_DATA_BAND */
    VipsInterpretation type; /* of such a picture */
};

/* What somebody asks for: "none", "nan", a number; NULL and "auto" leave it to the picture's
 * header. False where it is none of them. */
bool seam_nodata_parse(struct seam_nodata *nodata, const char *text);

/*
 * Give load->image, where `text` and its header say that pixels may be missing, a last band that is
 * alpha: 0 where they are. Errors: SEAM_ERROR_IO.
 */
enum seam_result seam_nodata_hide(struct seam_nodata *nodata, struct seam_load *load,
                                  const char *text, struct seam_log *log) SEAM_NODISCARD;

/* Say what becomes of a fourth band of colours that is no alpha. */
void seam_nodata_tell(const struct seam_nodata *nodata, const struct seam_load *load,
                      struct seam_log *log);

/* Refuse a network that takes the band that hides them for one to restore. Errors:
 * SEAM_ERROR_ARGUMENT. */
enum seam_result seam_nodata_check(const struct seam_nodata *nodata, const struct seam_plan *plan,
                                   struct seam_log *log) SEAM_NODISCARD;

/* Replace a result of such a picture by one without that band, and with the value where alpha is
 * below half. Where the samples do not hold the value it becomes 0, and that is said. */
enum seam_result seam_nodata_show(struct seam_nodata *nodata, VipsImage **image,
                                  struct seam_log *log) SEAM_NODISCARD;

#endif /* SEAM_FILES_NODATA_H */
