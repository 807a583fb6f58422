/* The public functions for a program whose structs have other sizes. */
#include "base/common.h"
#include "base/sized.h"
#include "seamless/vips.h"

/* Where the parts of the program's seam_vips_params lie: two structs, which may have other sizes
 * than ours, and then its own members. */
struct parts {
    size_t callbacks, rest, size;
};

static struct parts parts_of(size_t vips_size, size_t params_size, size_t callbacks_size)
{
    return (struct parts){ params_size, params_size + callbacks_size, vips_size };
}

static void take(struct seam_vips_params *own, const struct parts *p,
                 const struct seam_vips_params *params)
{
    const unsigned char *theirs = (const void *)params;
    const size_t rest = offsetof(struct seam_vips_params, transfer);
    seam_vips_params_init(own);
    if (!theirs)
        return;
    SEAM_TAKE(own->params, theirs, p->callbacks);
    SEAM_TAKE(own->callbacks, theirs + p->callbacks, p->rest - p->callbacks);
    seam_sized_take(&own->transfer, sizeof(*own) - rest, theirs + p->rest, p->size - p->rest);
}

void seam_vips_params_init_sized(size_t vips_size, size_t params_size, size_t callbacks_size,
                                 struct seam_vips_params *params)
{
    const struct parts p = parts_of(vips_size, params_size, callbacks_size);
    struct seam_vips_params own;
    unsigned char *theirs = (void *)params;
    seam_vips_params_init(&own);
    SEAM_GIVE(theirs, p.callbacks, own.params);
    SEAM_GIVE(theirs + p.callbacks, p.rest - p.callbacks, own.callbacks);
    seam_sized_give(theirs + p.rest, p.size - p.rest, &own.transfer,
                    sizeof(own) - offsetof(struct seam_vips_params, transfer));
}

enum seam_result seam_vips_restore_sized(size_t vips_size, size_t params_size,
                                         size_t callbacks_size, size_t plan_size,
                                         struct seam_model *model, VipsImage *in, VipsImage **out,
                                         struct seam_plan *plan,
                                         const struct seam_vips_params *params,
                                         struct seam_log *log)
{
    const struct parts p = parts_of(vips_size, params_size, callbacks_size);
    struct seam_vips_params own;
    struct seam_plan made = { 0 };
    take(&own, &p, params);
    const enum seam_result r = seam_vips_restore(model, in, out, &made, &own, log);
    SEAM_GIVE(plan, plan_size, made);
    return r;
}

enum seam_result seam_vips_plan_sized(size_t vips_size, size_t params_size, size_t callbacks_size,
                                      size_t plan_size, struct seam_model *model, VipsImage *in,
                                      struct seam_plan *plan,
                                      const struct seam_vips_params *params, struct seam_log *log)
{
    const struct parts p = parts_of(vips_size, params_size, callbacks_size);
    struct seam_vips_params own;
    struct seam_plan made = { 0 };
    take(&own, &p, params);
    const enum seam_result r = seam_vips_plan(model, in, &made, &own, log);
    SEAM_GIVE(plan, plan_size, made);
    return r;
}
