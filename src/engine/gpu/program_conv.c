/* Convolutions: which shader, and its weights in the order in which it reads them. */
#include <string.h>

#include "base/common.h"
#include "engine/gpu/program.h"

/* Of shared memory, which every device has. */
#define MOST_SHARED 16384

/* How conv.comp cuts a convolution. */
struct blocks {
    int slices, chunk; /* of 8 output channels in a group; input channels at once; 0: not at all */
};

static int64_t shared_bytes(const struct seam_net_op *o, int slices, int chunk)
{
    const struct seam_slide *y = &o->slide[SEAM_ROWS], *x = &o->slide[SEAM_COLUMNS];
    const int64_t wide = (SEAM_GPU_CONV_WIDE - 1) * x->stride + (x->kernel - 1) * x->dilation + 1;
    const int64_t high = (SEAM_GPU_CONV_HIGH - 1) * y->stride + (y->kernel - 1) * y->dilation + 1;
    return 4 * chunk * (wide * high + x->kernel * y->kernel * slices * SEAM_GPU_CONV_SLICE);
}

static struct blocks cut(const struct seam_net_op *o, int in, int out)
{
    const int slices = out <= SEAM_GPU_CONV_SLICE ? 1 : out <= 2 * SEAM_GPU_CONV_SLICE ? 2 : 4;
    if (in < 3 || out < 3)
        return (struct blocks){ 0, 0 };
    for (int s = slices; s > 0; s /= 2)
        for (int chunk = 8; chunk > (s > 1 ? 1 : 0); chunk /= 2)
            if (shared_bytes(o, s, chunk) <= MOST_SHARED)
                return (struct blocks){ s, chunk };
    return (struct blocks){ 0, 0 };
}

static void set_window(struct seam_gpu_dispatch *d, const struct seam_net_op *o)
{
    const struct seam_slide *y = &o->slide[SEAM_ROWS], *x = &o->slide[SEAM_COLUMNS];
    d->spec[1] = (int32_t)x->kernel;
    d->spec[2] = (int32_t)y->kernel;
    d->spec[3] = (int32_t)x->stride;
    d->spec[4] = (int32_t)y->stride;
    d->spec[5] = (int32_t)x->dilation;
    d->spec[6] = (int32_t)y->dilation;
}

/* [slices][chunks][channel][ky][kx][8 * slice], then the biases. */
static void pack(float *to, const struct seam_net_op *o, const struct blocks *b, int first, int in,
                 int out)
{
    const int64_t window = o->slide[0].kernel * o->slide[1].kernel;
    const int wide = b->slices * SEAM_GPU_CONV_SLICE;
    const int64_t groups = seam_div_up(out, wide), chunks = seam_div_up(in, b->chunk);
    for (int k = 0; k < out; k++)
        for (int c = 0; c < in; c++) {
            const float *from = o->weights + ((int64_t)(first + k) * in + c) * window;
            const int64_t part = k / wide * chunks + c / b->chunk;
            float *at = to + (part * b->chunk + c % b->chunk) * window * wide + k % wide;
            for (int64_t i = 0; i < window; i++)
                at[i * wide] = from[i];
        }
    memcpy(to + groups * chunks * b->chunk * window * wide, o->bias + first,
           (size_t)out * sizeof(*to));
}

/* One group of a convolution through shared memory. */
static void add_shared(struct seam_gpu_program *p, int op, const struct blocks *b, int group)
{
    const struct seam_net_op *o = &p->net->ops[op];
    const int in = o->inputs[0].channels / o->groups;
    const int out = p->net->tensors[o->output].channels / o->groups;
    const int wide = b->slices * SEAM_GPU_CONV_SLICE;
    const int64_t window = o->slide[0].kernel * o->slide[1].kernel;
    const int64_t groups = seam_div_up(out, wide), chunks = seam_div_up(in, b->chunk);
    struct seam_gpu_dispatch *d = seam_gpu_dispatch_add(p, op);
    float *to = d ? seam_gpu_constants_add(p, groups * wide * (chunks * b->chunk * window + 1),
                                           &d->weights)
                  : NULL;
    if (!to)
        return;
    d->shader = SEAM_GPU_CONV;
    d->in.first += group * in;
    d->in.channels = in;
    d->out_first = group * out;
    d->out_channels = out;
    d->spec[0] = b->slices;
    d->spec[7] = b->chunk;
    set_window(d, o);
    pack(to, o, b, group * out, in, out);
}

static void add_direct(struct seam_gpu_program *p, int op)
{
    const struct seam_net_op *o = &p->net->ops[op];
    struct seam_gpu_dispatch *d = seam_gpu_dispatch_add(p, op);
    const int out = p->net->tensors[o->output].channels;
    const int64_t count = (int64_t)out * (o->inputs[0].channels / o->groups) * o->slide[0].kernel *
                          o->slide[1].kernel;
    float *to = d ? seam_gpu_constants_add(p, count + out, &d->weights) : NULL;
    if (!to)
        return;
    d->shader = SEAM_GPU_DIRECT;
    d->spec[7] = o->groups;
    set_window(d, o);
    memcpy(to, o->weights, (size_t)count * sizeof(*to));
    memcpy(to + count, o->bias, (size_t)out * sizeof(*to));
}

void seam_gpu_program_conv(struct seam_gpu_program *p, int op)
{
    const struct seam_net_op *o = &p->net->ops[op];
    const struct blocks b = cut(o, o->inputs[0].channels / o->groups,
                                p->net->tensors[o->output].channels / o->groups);
    if (!b.chunk || o->groups > 16) {
        add_direct(p, op);
        return;
    }
    for (int g = 0; g < o->groups && !p->failed; g++)
        add_shared(p, op, &b, g);
}
