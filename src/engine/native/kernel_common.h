/* What the kernels of one set share: the end of every convolution. */
#ifndef SEAM_KERNEL_COMMON_H
#define SEAM_KERNEL_COMMON_H

#include <stdbool.h>
#include <string.h>

#include "base/assert.h"
#include "engine/native/kernel_set.h"
#include "engine/native/kernel_vec.h"

/* One row of outputs and the rows that go into it. */
struct kernel_row {
    const float *const *in; /* input rows, the first that the kernel reads */
    float *out;
    const float *before, *after; /* or NULL */
};

static inline struct kernel_row row_of(const struct seam_conv_private *p,
                                       const struct seam_conv_rows *rows, int r)
{
    return (struct kernel_row){
        .in = rows->in + (ptrdiff_t)r * p->desc.stride_y,
        .out = rows->out[r],
        .before = p->desc.before ? rows->before[r] : NULL,
        .after = p->desc.after ? rows->after[r] : NULL,
    };
}

/* y = after + scale * act(v + before), without the two sums. */
ALWAYS vf activate(const struct seam_conv_private *p, const enum seam_act act, vf v, vf slope)
{
    if (act == SEAM_ACT_RELU)
        v = vmax(v, vsplat(0));
    if (act == SEAM_ACT_LEAKY)
        v = vfma(slope, vmin(v, vsplat(0)), vmax(v, vsplat(0)));
    if (act == SEAM_ACT_CLIP)
        v = vmin(vmax(v, vsplat(p->desc.lo)), vsplat(p->desc.hi));
    if (p->scaled)
        v = v * vsplat(p->desc.scale);
    return v;
}

/* Finishes the vector of channels from `channel` on of the pixel at column x and stores it. */
ALWAYS void finish(const struct seam_conv_private *p, const enum seam_act act,
                   const struct kernel_row *row, ptrdiff_t x, int channel, vf v)
{
    const struct seam_conv_desc *d = &p->desc;
    if (row->before)
        v = v + vload(row->before + x * d->before_pitch + channel);
    v = activate(p, act, v, act == SEAM_ACT_LEAKY ? vload(p->slope + channel) : vsplat(0));
    if (row->after)
        v = v + vload(row->after + x * d->after_pitch + channel);
    float *out = row->out + x * d->out_pitch + channel;
    if (p->lanes == VL)
        vstore(out, v);
    else
        vstore_some(out, v, p->lanes);
}

/* `call` with `act` a constant in it: leaky ones are prelu with equal slopes. */
#define FOR_ACT(call, ...)                                                                         \
    do {                                                                                           \
        switch (p->desc.act) {                                                                     \
        case SEAM_ACT_RELU: call(SEAM_ACT_RELU, __VA_ARGS__); break;                               \
        case SEAM_ACT_LEAKY:                                                                       \
        case SEAM_ACT_PRELU: call(SEAM_ACT_LEAKY, __VA_ARGS__); break;                             \
        case SEAM_ACT_CLIP: call(SEAM_ACT_CLIP, __VA_ARGS__); break;                               \
        case SEAM_ACT_NONE: call(SEAM_ACT_NONE, __VA_ARGS__); break;                               \
        }                                                                                          \
    } while (0)

#endif /* SEAM_KERNEL_COMMON_H */
