#include <math.h>
#include <string.h>

#include "base/common.h"
#include "base/log.h"
#include "files/deaf.h"
#include "files/metadata.h"
#include "files/normalise.h"
#include "job/needed.h"

/* Rows of the mask that are looked at together. */
#define STRIP 64
/* Pixels of the smaller of mask and result that bringing one to the size of the other looks at. */
#define REACH 4

/* Rows of black that are left out, where the network shrinks nothing. */
#define GAP 64

/* The least rectangle of what was found; nothing: right is left of left. */
struct box {
    int left, top, right, bottom; /* the last two behind it */
    GArray *rows;                 /* see seam_needed_find() */
    int64_t gap;                  /* rows of black that are not worth leaving out of them */
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
    const int64_t rows[2] = { y, y + 1 };
    int64_t *end = box->rows->len ? &g_array_index(box->rows, int64_t, box->rows->len - 1) : NULL;
    if (end && y - *end < box->gap)
        *end = y + 1;
    else
        g_array_append_vals(box->rows, rows, 2);
    const bool any = box->right > box->left;
    box->left = any ? MIN(box->left, left + first) : left + first;
    box->right = MAX(box->right, left + last);
    box->top = any ? box->top : y;
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
    for (; ok && rows.top < end; rows.top += rows.height) {
        rows.height = MIN(STRIP, end - rows.top);
        seam_deaf_begin();
        ok = !seam_cancel_asked(cancel) && vips_region_prepare(region, &rows) == 0;
        seam_deaf_end();
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

/* What is beside black too reaches into what is brought to another size; of nothing, the first. */
static void rows_widen(GArray *rows, int64_t reach, const struct seam_region *shown)
{
    const int64_t first[2] = { shown->top, shown->top + 1 };
    if (rows->len == 0)
        g_array_append_vals(rows, first, 2);
    for (guint i = 0; i < rows->len; i++)
        g_array_index(rows, int64_t, i) += i % 2 ? reach : -reach;
}

void seam_needed_scale(GArray *rows, int64_t top, const struct seam_facts *facts, int passes)
{
    for (guint i = 0; i < rows->len; i++) {
        int64_t *row = &g_array_index(rows, int64_t, i);
        *row = seam_max(*row - top, 0);
        for (int pass = 0; pass < passes; pass++)
            *row = i % 2 ? seam_div_up(*row * facts->scale_num, facts->scale_den)
                         : *row * facts->scale_num / facts->scale_den;
    }
}

enum seam_result seam_needed_find(struct seam_region *needed, GArray **rows,
                                  const struct seam_original *original,
                                  const struct seam_load_params *first, const char *mask,
                                  const struct seam_region *shown, const struct seam_shape *shape,
                                  int64_t step, struct seam_log *log)
{
    struct seam_load_params params = *first;
    struct seam_load load;
    struct seam_picture picture;
    VipsImage *normal = NULL;
    const double scale = (double)shape->width / (double)shown->width;
    const int64_t reach = scale == 1 ? 0 : (int64_t)ceil(REACH * fmax(1 / scale, 1));
    struct box box = { .rows = g_array_new(FALSE, FALSE, sizeof(int64_t)),
                       .gap = GAP + 16 * reach };
    const struct seam_load *open = &original->mask;
    *rows = box.rows;
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
    if (box.right <= box.left)
        box = (struct box){ (int)shown->left, (int)shown->top, (int)shown->left + 1,
                            (int)shown->top + 1, box.rows, box.gap };
    rows_widen(box.rows, reach, shown);
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
