#include <math.h>
#include <string.h>

#include "base/common.h"
#include "base/log.h"
#include "files/normalise.h"
#include "job/region.h"
#include "libvips/resize.h"
#include "model/model.h"
#include "plan/geometry.h"

/* Cells of the fast convolutions have 4 or 6 rows and columns, and their grid decides last bits: a
 * cut begins where both do, of any tensor of the network. */
#define CELL 12

enum seam_result seam_region_check(const struct seam_load *load, const struct seam_region *r,
                                   struct seam_log *log)
{
    const int64_t width = load->image->Xsize, height = vips_image_get_page_height(load->image);
    if (load->image->Ysize != height)
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT,
                             "%s has several pages, and a region is of one: choose it with "
                             "--page N", load->name);
    if (r->left >= 0 && r->top >= 0 && r->left < width && r->top < height &&
        r->width <= width - r->left && r->height <= height - r->top)
        return SEAM_OK;
    return seam_log_fail(log, SEAM_ERROR_ARGUMENT,
                         "the region %lld,%lld,%lldx%lld does not lie in %s, which has %lld x %lld "
                         "pixels", (long long)r->left, (long long)r->top, (long long)r->width,
                         (long long)r->height, load->name, (long long)width, (long long)height);
}

/* From `begin` on, `size` pixels with `halo` around, from one multiple of `step` to another. */
static void widen(int64_t begin, int64_t size, int64_t halo, int64_t step, int64_t all,
                  int64_t *from, int64_t *length)
{
    *from = seam_max(begin - halo, 0) / step * step;
    *length = seam_min(seam_align_up(begin + size + halo, step), all) - *from;
}

/* What of the picture the pixels of `region` are made of, after `passes`. */
static VipsRect needed(const struct seam_region *region, const struct seam_facts *facts,
                       const struct seam_plan *plan, int passes)
{
    const int64_t bits = seam_max(facts->bits_halo - facts->halo, 0);
    /* Hidden colours are filled, and chroma is resampled, from as far as the exact halo counts. */
    const int64_t beside = plan->picture.alpha || plan->feed == SEAM_FEED_LUMA
                               ? plan->exact_halo - bits : 0;
    const struct seam_sides *f = &facts->field_sides;
    const int64_t side[4] = { f->left, f->right, f->top, f->bottom };
    int64_t far[4] = { 0 };
    for (int i = 0; i < 4 * passes; i++)
        far[i % 4] = seam_div_up(far[i % 4] * facts->scale_den, facts->scale_num) +
                     seam_max(side[i % 4], beside);
    return (VipsRect){ (int)(region->left - far[0]), (int)(region->top - far[2]),
                       (int)(far[0] + region->width + far[1]),
                       (int)(far[2] + region->height + far[3]) };
}

static bool is_finite(const unsigned char *sample, bool wide)
{
    float f;
    double d;
    if (wide)
        memcpy(&d, sample, sizeof(d));
    else
        memcpy(&f, sample, sizeof(f));
    return wide ? isfinite(d) : isfinite(f);
}

static int pass_over(VipsRegion *out, void *seq, void *a, void *b, gboolean *stop)
{
    VipsRegion *in = seq;
    const VipsRect *r = &out->valid, *needed = b;
    const VipsImage *image = a;
    const size_t size = VIPS_IMAGE_SIZEOF_ELEMENT(image), pixel = VIPS_IMAGE_SIZEOF_PEL(image);
    (void)stop;
    if (vips_region_prepare(in, r))
        return -1;
    for (int y = r->top; y < VIPS_RECT_BOTTOM(r); y++) {
        unsigned char *row = VIPS_REGION_ADDR(out, r->left, y);
        memcpy(row, VIPS_REGION_ADDR(in, r->left, y), (size_t)r->width * pixel);
        for (int x = r->left; x < VIPS_RECT_RIGHT(r); x++, row += pixel)
            for (size_t i = 0; i < pixel && !vips_rect_includespoint(needed, x, y); i += size)
                if (!is_finite(row + i, size == sizeof(double)))
                    memset(row + i, 0, size);
    }
    return 0;
}

/* Replace *image, of floats, by one whose samples are numbers outside of `needed`. */
static bool clean(VipsImage **image, const VipsRect *needed)
{
    VipsImage *in = *image, *out = vips_image_new();
    VipsRect *kept = VIPS_NEW(out, VipsRect);
    if (kept)
        *kept = *needed;
    if (!kept || vips_image_pipelinev(out, VIPS_DEMAND_STYLE_THINSTRIP, in, NULL) ||
        vips_image_generate(out, vips_start_one, pass_over, vips_stop_one, in, kept)) {
        g_object_unref(out);
        return false;
    }
    vips_object_local(out, in);
    *image = out;
    return true;
}

enum seam_result seam_region_cut(struct seam_cut *cut, struct seam_load *load,
                                 const struct seam_region *region, struct seam_model *model,
                                 const struct seam_vips_params *params, int passes, bool asked,
                                 struct seam_log *log)
{
    struct seam_plan plan;
    struct seam_facts facts;
    VipsImage *part = NULL;
    enum seam_result r = seam_region_check(load, region, log);
    if (r == SEAM_OK)
        r = seam_vips_plan(model, load->image, &plan, params, log);
    if (r != SEAM_OK)
        return r;
    const int64_t width = load->image->Xsize, height = load->image->Ysize;
    const int64_t step = seam_lcm(CELL * plan.alignment, plan.scale_den);
    const int64_t halo = plan.exact_halo * passes;
    *cut = (struct seam_cut){ 0, 0, width, height, *region };
    if (plan.exact != SEAM_EXACT_BITS || plan.exact_halo == SEAM_AUTO) {
        if (asked)
            seam_notice(log, "%s looks at all of a picture, or is not asked to be exact: all of it "
                             "is restored for the region", load->name);
        return SEAM_OK;
    }
    widen(region->left, region->width, halo, step, width, &cut->left, &cut->width);
    widen(region->top, region->height, halo, step, height, &cut->top, &cut->height);
    cut->keep.left -= cut->left;
    cut->keep.top -= cut->top;
    if (vips_extract_area(load->image, &part, (int)cut->left, (int)cut->top, (int)cut->width,
                          (int)cut->height, NULL))
        return seam_io_vips_failed(log, SEAM_ERROR_IO, load->name);
    seam_model_describe(model, &facts);
    const VipsRect seen = needed(&cut->keep, &facts, &plan, passes);
    if (vips_band_format_isfloat(part->BandFmt) && !clean(&part, &seen)) {
        g_object_unref(part);
        return seam_io_vips_failed(log, SEAM_ERROR_IO, load->name);
    }
    g_object_unref(load->image);
    load->image = part;
    return SEAM_OK;
}

/* Along one side: `made` pixels become `whole`. */
static void reach_around(int64_t *begin, int64_t *size, int64_t all, int64_t made, int64_t whole,
                         int64_t step)
{
    const int64_t beyond = seam_div_up(seam_resize_reach(made, whole) * all, made);
    const int64_t from = seam_max(*begin - beyond, 0) / step * step;
    *size = seam_min(*begin + *size + beyond, all) - from;
    *begin = from;
}

struct seam_region seam_region_around(const struct seam_region *region,
                                      const struct seam_shape *shape,
                                      const struct seam_facts *facts, int64_t width,
                                      int64_t height)
{
    struct seam_region part = *region;
    int64_t step = 1;
    if (shape->whole_width == 0)
        return part;
    for (int i = 0; i < shape->passes; i++)
        step *= facts->scale_den;
    reach_around(&part.left, &part.width, width, shape->made_width, shape->whole_width, step);
    reach_around(&part.top, &part.height, height, shape->made_height, shape->whole_height, step);
    return part;
}
