#include <math.h>
#include <string.h>

#include "base/common.h"
#include "base/log.h"
#include "files/metadata.h"
#include "files/normalise.h"
#include "job/needed.h"

/* Rows of the mask that are looked at together. */
#define STRIP 64
/* Pixels of the smaller of mask and result that bringing one to the size of the other looks at. */
#define REACH 4

/* The least rectangle of what was found; nothing: right is left of left. */
struct box {
    int left, top, right, bottom; /* the last two behind it */
};

/* Take in what of one row, which begins at column `left`, is anything but nought. */
static void box_take_row(struct box *box, const unsigned char *row, int left, int width,
                         size_t pixel, int y)
{
    static const unsigned char black[16];
    int first = 0, last = width;
    while (first < width && memcmp(row + (size_t)first * pixel, black, pixel) == 0)
        first++;
    if (first == width)
        return;
    while (memcmp(row + (size_t)(last - 1) * pixel, black, pixel) == 0)
        last--;
    if (box->right <= box->left)
        *box = (struct box){ left + first, y, left + last, y + 1 };
    box->left = MIN(box->left, left + first);
    box->right = MAX(box->right, left + last);
    box->bottom = y + 1;
}

/* Read all rows down to the last of `shown`; false where libvips fails, or it is to stop. */
static bool box_find(struct box *box, VipsImage *image, const struct seam_region *shown,
                     const struct seam_cancel *cancel)
{
    VipsRegion *region = vips_region_new(image);
    const size_t pixel = VIPS_IMAGE_SIZEOF_PEL(image);
    const int end = (int)(shown->top + shown->height);
    VipsRect rows = { .width = image->Xsize };
    bool ok = pixel <= 16;
    *box = (struct box){ 0 };
    for (; ok && rows.top < end; rows.top += rows.height) {
        rows.height = MIN(STRIP, end - rows.top);
        ok = !seam_cancel_asked(cancel) && vips_region_prepare(region, &rows) == 0;
        for (int y = rows.top; ok && y < rows.top + rows.height; y++)
            if (y >= shown->top)
                box_take_row(box, VIPS_REGION_ADDR(region, (int)shown->left, y),
                             (int)shown->left, (int)shown->width, pixel, y);
    }
    g_object_unref(region);
    return ok;
}

/* From one multiple of `step` to another, within what is shown; counted from the picture's edge. */
static void widen(int64_t *at, int64_t *size, int64_t from, int64_t to, int64_t reach, int64_t step,
                  int64_t shown_at, int64_t shown_size)
{
    const int64_t begin = seam_max(from - reach, 0) / step * step;
    const int64_t end = seam_min(seam_align_up(to + reach, step), shown_at + shown_size);
    *at = seam_max(begin, shown_at);
    *size = end - *at;
}

enum seam_result seam_needed_find(struct seam_region *needed, const struct seam_original *original,
                                  const struct seam_load_params *first, const char *mask,
                                  const struct seam_region *shown, const struct seam_shape *shape,
                                  int64_t step, struct seam_log *log)
{
    struct seam_load_params params = *first;
    struct seam_load load;
    struct seam_picture picture;
    VipsImage *normal = NULL;
    struct box box = { 0 };
    const struct seam_load *open = &original->mask;
    params.path = open->piped ? open->piped : mask;
    params.page = 0;
    params.header_only = false;
    enum seam_result r = seam_load_open(&load, &params, NULL);
    if (r != SEAM_OK)
        return seam_log_fail(log, r, "the mask %s cannot be read a second time", open->name);
    r = seam_io_normalise(load.image, &normal, &picture, SEAM_AUTO, log);
    if (r == SEAM_OK && !box_find(&box, normal, shown, params.cancel))
        r = seam_cancel_asked(params.cancel)
                ? seam_log_fail(log, SEAM_CANCELLED, "cancelled")
                : seam_log_fail(log, SEAM_ERROR_IO, "the mask %s cannot be read: %s", open->name,
                                vips_error_buffer());
    vips_error_clear();
    if (normal)
        g_object_unref(normal);
    seam_load_close(&load);
    if (r != SEAM_OK)
        return r;
    const double scale = (double)shape->width / (double)shown->width;
    const int64_t reach = scale == 1 ? 0 : (int64_t)ceil(REACH * fmax(1 / scale, 1));
    if (box.right <= box.left)
        box = (struct box){ (int)shown->left, (int)shown->top, (int)shown->left + 1,
                            (int)shown->top + 1 };
    widen(&needed->left, &needed->width, box.left, box.right, reach, step, shown->left,
          shown->width);
    widen(&needed->top, &needed->height, box.top, box.bottom, reach, step, shown->top,
          shown->height);
    return SEAM_OK;
}

/* Where the part lies in what is framed. */
struct frame {
    VipsRect part;
};

static int frame_rows(VipsRegion *out, void *seq, void *a, void *b, gboolean *stop)
{
    VipsRegion *in = seq;
    const struct frame *frame = b;
    const VipsRect *r = &out->valid;
    VipsRect inner, asked;
    (void)a;
    (void)stop;
    vips_region_black(out);
    vips_rect_intersectrect(r, &frame->part, &inner);
    if (vips_rect_isempty(&inner))
        return 0;
    asked = inner;
    asked.left -= frame->part.left;
    asked.top -= frame->part.top;
    if (vips_region_prepare(in, &asked))
        return -1;
    for (int y = 0; y < inner.height; y++)
        memcpy(VIPS_REGION_ADDR(out, inner.left, inner.top + y),
               VIPS_REGION_ADDR(in, asked.left, asked.top + y),
               (size_t)inner.width * VIPS_REGION_SIZEOF_PEL(out));
    return 0;
}

enum seam_result seam_needed_frame(VipsImage **result, const struct seam_region *needed,
                                   const struct seam_region *shown, const struct seam_shape *shape,
                                   struct seam_log *log)
{
    VipsImage *in = *result, *out = vips_image_new();
    struct frame *frame = VIPS_NEW(out, struct frame);
    const double scale_x = (double)shape->width / (double)shown->width;
    const double scale_y = (double)shape->height / (double)shown->height;
    if (frame)
        frame->part = (VipsRect){ (int)lround(scale_x * (double)(needed->left - shown->left)),
                                  (int)lround(scale_y * (double)(needed->top - shown->top)),
                                  in->Xsize, in->Ysize };
    const bool ok = frame && vips_image_pipelinev(out, VIPS_DEMAND_STYLE_FATSTRIP, in, NULL) == 0;
    out->Xsize = (int)shape->width;
    out->Ysize = (int)shape->height;
    if (!ok || vips_image_generate(out, vips_start_one, frame_rows, vips_stop_one, in, frame)) {
        g_object_unref(out);
        return seam_io_vips_failed(log, SEAM_ERROR_IO, "the result cannot be framed");
    }
    vips_object_local(out, in);
    *result = out;
    seam_metadata_correct(out, 1, log);
    return SEAM_OK;
}
