/* A picture brought to another size while its rows are made. */
#ifndef SEAM_IO_RESIZE_H
#define SEAM_IO_RESIZE_H

#include "seamless/vips.h"

/* What is made of a picture of floats, black 0 and white 1. */
struct seam_resize {
    int64_t width, height;   /* of a page of the result, in pixels */
    enum seam_sample sample; /* of the result */
    bool linear;             /* colours are linear light, or no light at all */
    bool alpha;              /* the last band is no colour: straight alpha, or data */
    const char *name;        /* of the picture, for messages; NULL: "the result" */
    /* Of a page of which `in` and what is made are parts, whose bits what is made has; width 0:
     * they are all of it. */
    struct seam_resize_whole {
        int64_t width, height, left, top; /* before, and where `in` lies in it */
        int64_t out_width, out_height, out_left, out_top; /* after, and where what is made lies */
    } whole;
};

/*
 * Make *out of `in`, whose pages are brought to one size each: in linear light where its colours
 * are encoded, premultiplied by alpha, by Lanczos3 where a side becomes shorter and bicubic where
 * it becomes longer. `in` is read from the top, once but for seam_resize_behind() rows; integers
 * are rounded at the very end.
 *
 * Errors: SEAM_ERROR_IO. `log` must live as long as rows are made: SEAM_ERROR_NOT_FINITE is told
 * there where one of them holds what is no number, or infinity.
 */
enum seam_result seam_resize(VipsImage *in, VipsImage **out, const struct seam_resize *how,
                             struct seam_log *log) SEAM_NODISCARD;

/* Pixels to each side of a part that what becomes of it is made of, where `from` of them become
 * `to` along that side. */
int64_t seam_resize_reach(int64_t from, int64_t to);

/* Seconds that one core takes for so many samples before and after: see
 * seam_format_save_seconds(). */
double seam_resize_seconds(double before, double after);

/* How many rows of a page of `height` rows the resampling may come back to. */
int64_t seam_resize_behind(const struct seam_resize *how, int64_t height);

/* Bytes that it, and writing its result, hold of rows of a picture of `bands` bands. */
uint64_t seam_resize_bytes(const struct seam_resize *how, int64_t width, int64_t height, int bands);

#endif /* SEAM_IO_RESIZE_H */
