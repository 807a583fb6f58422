/* A part of a picture, restored as it is in the whole, at its own cost. */
#ifndef SEAM_JOB_REGION_H
#define SEAM_JOB_REGION_H

#include "files/load.h"
#include "job/shape.h"
#include "seamless/vips.h"

/* Where a region lies, all in pixels of the picture. */
struct seam_cut {
    int64_t left, top, width, height; /* what goes through the network: it and its context */
    struct seam_region keep;          /* the region, from there */
};

/* Errors: SEAM_ERROR_ARGUMENT where `region` does not lie in the picture, or that has pages. */
enum seam_result seam_region_check(const struct seam_load *load, const struct seam_region *region,
                                   struct seam_log *log) SEAM_NODISCARD;

/*
 * Decide what of the picture in `load`, of one page, is needed for `region` in `passes` passes, and
 * put that in the place of load->image. NaN and infinity there that no pixel of the region depends
 * on become 0. Where the network's result depends on all of the picture, all of it is needed, and
 * that is said where the region was `asked` for.
 *
 * Errors: those of seam_region_check() and of seam_vips_plan().
 */
enum seam_result seam_region_cut(struct seam_cut *cut, struct seam_load *load,
                                 const struct seam_region *region, struct seam_model *model,
                                 const struct seam_vips_params *params, int passes, bool asked,
                                 struct seam_log *log) SEAM_NODISCARD;

/* `region` of a page of width x height pixels, with what around it bringing it to the size of
 * `shape` looks at: from multiples of what one pixel of the network's result is made of. */
struct seam_region seam_region_around(const struct seam_region *region,
                                      const struct seam_shape *shape,
                                      const struct seam_facts *facts, int64_t width,
                                      int64_t height);

#endif /* SEAM_JOB_REGION_H */
