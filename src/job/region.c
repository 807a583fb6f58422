#include "base/common.h"
#include "base/log.h"
#include "files/normalise.h"
#include "job/region.h"
#include "plan/geometry.h"

/* Cells of the fast convolutions have 4 or 6 rows and columns, and their grid decides last bits: a
 * cut begins where both do, of any tensor of the network. */
#define CELL 12

static enum seam_result check(const struct seam_load *load, const struct seam_region *r,
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

enum seam_result seam_region_cut(struct seam_cut *cut, struct seam_load *load,
                                 const struct seam_region *region, struct seam_model *model,
                                 const struct seam_vips_params *params, int passes, bool asked,
                                 struct seam_log *log)
{
    struct seam_plan plan;
    VipsImage *part = NULL;
    enum seam_result r = check(load, region, log);
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
    g_object_unref(load->image);
    load->image = part;
    return SEAM_OK;
}
