/* Rows of what is kept between passes, taken from where a flow has them and put there. */
#include <string.h>

#include "engine/native/flow_private.h"

/* Rows of kept tensor k in this step, if it is one that the pass takes, or keeps. */
static struct seam_span kept_rows(const struct seam_flow *f, int tensor, bool there,
                                  struct seam_span *columns)
{
    static const struct seam_span none = { 0, 0 };
    *columns = f->extents[tensor].need[SEAM_COLUMNS];
    return there && columns->end > columns->begin ? f->ops[f->net->tensors[tensor].op].rows : none;
}

struct seam_span seam_flow_kept_taken(const struct seam_flow *f, int k, struct seam_span *columns)
{
    const int tensor = f->net->kept[k].tensor;
    return kept_rows(f, tensor, flow_takes(f, tensor), columns);
}

struct seam_span seam_flow_kept_made(const struct seam_flow *f, int k, struct seam_span *columns)
{
    const int tensor = f->net->kept[k].tensor;
    return kept_rows(f, tensor, flow_keeps(f, tensor), columns);
}

void seam_flow_kept_put(struct seam_flow *f, int k, int64_t y, const float *pixels)
{
    const int tensor = f->net->kept[k].tensor, pitch = flow_pitch(f, tensor);
    const int channels = f->net->tensors[tensor].channels;
    const struct seam_span cols = f->extents[tensor].need[SEAM_COLUMNS];
    float *dst = flow_at(f, tensor, y, cols.begin);
    for (int64_t x = 0; x < cols.end - cols.begin; x++)
        memcpy(dst + x * pitch, pixels + x * channels, (size_t)channels * sizeof(*dst));
}

void seam_flow_kept_get(const struct seam_flow *f, int k, int64_t y, float *pixels)
{
    const int tensor = f->net->kept[k].tensor, pitch = flow_pitch(f, tensor);
    const int channels = f->net->tensors[tensor].channels;
    const struct seam_span cols = f->extents[tensor].need[SEAM_COLUMNS];
    const float *src = flow_at(f, tensor, y, cols.begin);
    for (int64_t x = 0; x < cols.end - cols.begin; x++)
        memcpy(pixels + x * channels, src + x * pitch, (size_t)channels * sizeof(*src));
}
