#include "files/given.h"

#include "files/deaf.h"

static int give(VipsRegion *out, void *seq, void *a, void *b, gboolean *stop)
{
    VipsRegion *in = seq;
    struct seam_given *given = b;
    const VipsRect *r = &out->valid;
    (void)a;
    (void)stop;
    if (vips_region_prepare(in, r) != 0 || vips_region_region(out, in, r, r->left, r->top) != 0)
        return -1;
    if (r->top + r->height == out->im->Ysize &&
        g_atomic_int_compare_and_exchange(&given->all, 0, 1))
        seam_deaf_begin();
    return 0;
}

VipsImage *seam_given_begin(struct seam_given *given, VipsImage *image)
{
    given->all = 0;
    given->image = vips_image_new();
    if (vips_image_pipelinev(given->image, VIPS_DEMAND_STYLE_THINSTRIP, image, NULL) != 0 ||
        vips_image_generate(given->image, vips_start_one, give, vips_stop_one, image, given) != 0)
        VIPS_UNREF(given->image);
    return given->image;
}

void seam_given_end(struct seam_given *given)
{
    if (g_atomic_int_get(&given->all))
        seam_deaf_end();
    VIPS_UNREF(given->image);
}
