#include "engine/native/kernels.h"

#include <stdlib.h>
#include <string.h>

#include "base/common.h"
#include "engine/native/kernel_set.h"

static size_t align_64(size_t bytes)
{
    return (bytes + 63) & ~(size_t)63;
}

void seam_conv_desc_init(struct seam_conv_desc *desc, int in, int out, int kernel_w, int kernel_h)
{
    *desc = (struct seam_conv_desc){
        .in = in,
        .out = out,
        .groups = 1,
        .kernel_w = kernel_w,
        .kernel_h = kernel_h,
        .stride_x = 1,
        .stride_y = 1,
        .dilation_x = 1,
        .dilation_y = 1,
        .pad_left = (kernel_w - 1) / 2,
        .scale = 1,
    };
}

const char *seam_conv_method(const struct seam_conv *conv)
{
    static const char *const names[KERNEL_METHODS] = {
        [KERNEL_DIRECT] = "direct",
        [KERNEL_WINOGRAD] = "winograd",
        [KERNEL_DEPTHWISE] = "depthwise",
        [KERNEL_DOT] = "dot",
    };
    return names[conv->priv->method];
}

/* Where the parts of the one allocation begin, in bytes. */
struct parts {
    size_t block, weights, bias, slope, end;
};

static struct parts parts_of(const struct seam_conv_private *p)
{
    const size_t channels = (size_t)(p->chunks_out * p->set->width) * sizeof(float);
    struct parts at = { .block = align_64(sizeof(*p)) };
    at.weights = at.block + align_64((size_t)p->blocks * sizeof(*p->block));
    at.bias = at.weights + align_64(p->weight_floats * sizeof(float));
    at.slope = at.bias + align_64(channels);
    at.end = at.slope + align_64(channels);
    return at;
}

void seam_conv_measure(const struct seam_conv_desc *desc, struct seam_conv *like)
{
    struct seam_conv_private p = { 0 };
    seam_kernel_layout(&p, desc);
    *like = p.conv;
    like->packed_bytes = parts_of(&p).end;
}

struct seam_conv *seam_conv_open(const struct seam_conv_desc *desc)
{
    struct seam_conv_private like = { 0 };
    seam_kernel_layout(&like, desc);
    const struct parts at = parts_of(&like);

    char *memory = aligned_alloc(64, at.end);
    if (!memory)
        return NULL;
    memset(memory, 0, at.weights);
    struct seam_conv_private *p = (struct seam_conv_private *)(void *)memory;
    p->block = (struct kernel_block *)(void *)(memory + at.block);
    p->weights = (float *)(void *)(memory + at.weights);
    p->bias = (float *)(void *)(memory + at.bias);
    p->slope = (float *)(void *)(memory + at.slope);
    seam_kernel_layout(p, desc);
    seam_kernel_pack(p, desc);
    p->conv.packed_bytes = at.end;
    p->conv.priv = p;
    return &p->conv;
}

void seam_conv_close(struct seam_conv **conv)
{
    if (*conv)
        free((*conv)->priv);
    *conv = NULL;
}

int seam_conv_rows_in(const struct seam_conv *conv, int rows)
{
    const struct seam_conv_desc *d = &conv->priv->desc;
    return (rows - 1) * d->stride_y + (d->kernel_h - 1) * d->dilation_y + 1;
}

void seam_conv_run(const struct seam_conv *conv, const struct seam_conv_rows *rows, void *scratch)
{
    const struct seam_conv_private *p = conv->priv;
    if (rows->x1 > rows->x0)
        p->set->run[p->method](p, rows, scratch);
}
