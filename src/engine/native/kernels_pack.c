/* How a convolution is computed, and its weights in the order that way reads them. */
#include "base/common.h"
#include "engine/native/kernel_set.h"

static int least(int a, int b)
{
    return a < b ? a : b;
}

static int most(int a, int b)
{
    return a > b ? a : b;
}

static int chunks(int count, int width)
{
    return (count + width - 1) / width;
}

/* Floats that a slot of so many takes: an odd number of cache lines. */
static size_t slot_floats(int floats)
{
    const size_t lines = ((size_t)floats + 15) / 16;
    return (lines | 1) * 16;
}

static void fill_defaults(struct seam_conv_desc *d)
{
    d->cpu = seam_cpu_resolve(d->cpu);
    const int pitch_in = seam_row_pitch(d->cpu, d->in);
    const int pitch_out = seam_row_pitch(d->cpu, d->out);
    d->in_pitch = d->in_pitch ? d->in_pitch : pitch_in;
    d->out_pitch = d->out_pitch ? d->out_pitch : pitch_out;
    d->before_pitch = d->before_pitch ? d->before_pitch : pitch_out;
    d->after_pitch = d->after_pitch ? d->after_pitch : pitch_out;
    d->weights = d->bias = d->slopes = NULL;
}

/* Elements of a transformed cell of Winograd's. */
static int elements(int side)
{
    return (side + 2) * (side + 2);
}

/* Vector operations for 16 outputs of each channel, to choose by. The transforms' are those counted
 * in the kernel plus what its loads and stores cost beside them. */
static int64_t cost_direct(const struct seam_conv_private *p)
{
    const struct seam_conv_desc *d = &p->desc;
    return (int64_t)16 * d->kernel_h * d->kernel_w * (d->in / d->groups) * p->chunks_out;
}

static int64_t cost_dot(const struct seam_conv_private *p)
{
    const struct seam_conv_desc *d = &p->desc;
    return (int64_t)16 * d->out * (d->kernel_h * p->taps * p->chunks_in + 4);
}

static int64_t cost_winograd(const struct seam_conv_private *p, int side)
{
    const int64_t in = side == 6 ? 1000 : 160, out = side == 6 ? 900 : 120;
    const int64_t cell = elements(side) * (int64_t)(p->desc.in / p->desc.groups) * p->chunks_out +
                         in * p->chunks_in + out * p->chunks_out;
    return cell * 16 / (side * side);
}

static enum kernel_method choose(const struct seam_conv_private *p)
{
    const struct seam_conv_desc *d = &p->desc;
    if (d->groups > 1 && d->groups == d->in && d->groups == d->out)
        return KERNEL_DEPTHWISE;
    enum kernel_method method = KERNEL_DIRECT;
    int64_t cost = cost_direct(p);
    if (d->groups == 1 && d->out <= KERNEL_MOST_DOTS && cost_dot(p) < cost) {
        method = KERNEL_DOT;
        cost = cost_dot(p);
    }
    const bool square = d->kernel_w == 3 && d->kernel_h == 3 && d->stride_x == 1 &&
                        d->stride_y == 1 && d->dilation_x == 1 && d->dilation_y == 1;
    /* A group's channels must be vectors of their own: the transforms see whole vectors. */
    const int width = p->set->width;
    const bool whole = d->groups == 1 || (d->in / d->groups % width == 0 &&
                                          d->out / d->groups % width == 0);
    if (square && whole && !d->plain && seam_min(cost_winograd(p, 4), cost_winograd(p, 6)) < cost)
        method = KERNEL_WINOGRAD;
    return method;
}

/* Cuts of `count` vectors into blocks of at most `most`, all about equal: where the i-th begins. */
static int cut(int count, int blocks, int i)
{
    return (int)((int64_t)count * i / blocks);
}

/* Groups of whole vectors are cut apart; where a vector holds channels of several groups, it reads
 * the inputs of all of them, most with a weight of 0. */
static void layout_blocks(struct seam_conv_private *p)
{
    const struct seam_conv_desc *d = &p->desc;
    const int width = p->set->width, taps = p->taps * d->kernel_h;
    const int fold = p->taps < d->kernel_w ? d->kernel_w : 1;
    const int group_out = d->out / d->groups, group_in = d->in / d->groups;
    const bool whole = d->groups == 1 || group_out % width == 0;
    const int vectors = whole ? chunks(group_out, width) : 1;
    const int cuts = whole ? chunks(vectors, p->set->most_vectors) : 1;

    p->blocks = whole ? d->groups * cuts : p->chunks_out;
    p->weight_floats = 0;
    for (int i = 0; i < p->blocks; i++) {
        struct kernel_block b = { .weights = p->weight_floats };
        const int first = whole ? i / cuts * vectors + cut(vectors, cuts, i % cuts) : i;
        const int end = whole ? i / cuts * vectors + cut(vectors, cuts, i % cuts + 1) : i + 1;
        const int out_end = least(end * width, d->out);
        b.out = first * width;
        b.vectors = end - first;
        b.in = b.out / group_out * group_in;
        b.count = ((out_end - 1) / group_out + 1) * group_in - b.in;
        b.count *= fold;
        p->weight_floats += (size_t)b.vectors * (size_t)width * (size_t)b.count *
                            (size_t)(p->method == KERNEL_WINOGRAD ? elements(p->side) : taps);
        if (p->block)
            p->block[i] = b;
    }
}

/* One block of all channels by dot products, one for each vector of channels in a depthwise one. */
static void layout_plain_blocks(struct seam_conv_private *p)
{
    const struct seam_conv_desc *d = &p->desc;
    const int width = p->set->width, taps = d->kernel_h * p->taps;
    const bool dot = p->method == KERNEL_DOT;
    const size_t floats = (size_t)width * (size_t)taps * (size_t)(dot ? p->chunks_in * d->out : 1);

    p->blocks = dot ? 1 : p->chunks_out;
    p->weight_floats = floats * (size_t)p->blocks;
    for (int i = 0; i < p->blocks && p->block; i++)
        p->block[i] = (struct kernel_block){
            .out = i * width,
            .vectors = dot ? d->out : 1,
            .in = i * width,
            .count = dot ? d->in * d->kernel_w / p->taps : 1,
            .weights = floats * (size_t)i,
        };
}

/* Tiles between the transforms and their products: about these bytes, so that they stay in the
 * second-level cache together with the weights of 64 channels (found by bench/kernels). */
#define WINOGRAD_BYTES (256 << 10)

static void layout_winograd(struct seam_conv_private *p)
{
    const int width = p->set->width;
    const int group = chunks(p->desc.out / p->desc.groups, width);
    const int vectors = chunks(group, chunks(group, p->set->most_vectors));
    p->side = cost_winograd(p, 6) < cost_winograd(p, 4) ? 6 : 4;
    p->cells = p->set->cells[vectors];
    p->slot_in = slot_floats(p->cells * p->chunks_in * width);
    p->slot_out = slot_floats(p->cells * vectors * width);
    const size_t set = (p->slot_in + p->slot_out) * (size_t)elements(p->side) * sizeof(float);
    p->sets = most(1, (int)(WINOGRAD_BYTES / set));
    p->conv.scratch_bytes = set * (size_t)p->sets;
}

static void layout_conv(struct seam_conv_private *p)
{
    const struct seam_conv_desc *d = &p->desc;
    struct seam_conv *c = &p->conv;
    const int last = (d->kernel_w - 1) * d->dilation_x - d->pad_left;
    c->group = c->grid = 1;
    c->block = 16;
    c->reach_left = most(0, d->pad_left);
    c->reach_right = most(0, last);
    if (p->method == KERNEL_WINOGRAD) {
        c->group = c->grid = p->side;
        c->block = p->sets * p->cells * p->side;
        c->reach_left = most(0, d->pad_left + p->side - 1);
        c->reach_right = most(0, last + p->side - 1);
    }
}

void seam_kernel_layout(struct seam_conv_private *p, const struct seam_conv_desc *desc)
{
    struct seam_conv_desc *d = &p->desc;
    *d = *desc;
    fill_defaults(d);
    p->set = seam_cpu_kernels(d->cpu);
    p->scaled = d->scale < 1 || d->scale > 1;
    p->taps = d->kernel_w;
    if (d->groups == 1 && d->in_pitch == d->in && d->dilation_x == 1)
        p->taps = 1;
    const int width = p->set->width;
    p->chunks_in = chunks(d->in * d->kernel_w / p->taps, width);
    p->chunks_out = chunks(d->out, width);
    p->lanes = d->out <= 4 ? d->out : width;
    p->method = choose(p);
    if (p->method == KERNEL_WINOGRAD) {
        p->taps = d->kernel_w;
        p->chunks_in = chunks(d->in, width);
        layout_winograd(p);
    }
    if (p->method == KERNEL_DOT || p->method == KERNEL_DEPTHWISE)
        layout_plain_blocks(p);
    else
        layout_blocks(p);
    layout_conv(p);
}

/* 0 where there is none: past the last channel, or from another group. */
static float weight_at(const struct seam_conv_desc *d, int out, int in, int ky, int kx)
{
    const int group_out = d->out / d->groups, group_in = d->in / d->groups;
    const int i = out < d->out ? in - out / group_out * group_in : -1;
    if (i < 0 || i >= group_in)
        return 0;
    return d->weights[(((size_t)out * (size_t)group_in + (size_t)i) * (size_t)d->kernel_h +
                       (size_t)ky) * (size_t)d->kernel_w + (size_t)kx];
}

/* The same where `taps` may have folded kernel columns into input samples. */
static float folded_at(const struct seam_conv_private *p, const struct seam_conv_desc *d, int out,
                       int sample, int ky, int kx)
{
    if (p->taps == d->kernel_w)
        return weight_at(d, out, sample, ky, kx);
    return sample / d->in < d->kernel_w
               ? weight_at(d, out, sample % d->in, ky, sample / d->in)
               : 0;
}

static void pack_direct(struct seam_conv_private *p, const struct seam_conv_desc *d,
                        const struct kernel_block *b)
{
    float *w = p->weights + b->weights;
    for (int ky = 0; ky < d->kernel_h; ky++)
        for (int kx = 0; kx < p->taps; kx++)
            for (int i = 0; i < b->count; i++)
                for (int lane = 0; lane < b->vectors * p->set->width; lane++)
                    *w++ = folded_at(p, d, b->out + lane, b->in + i, ky, kx);
}

static void pack_dot(struct seam_conv_private *p, const struct seam_conv_desc *d,
                     const struct kernel_block *b)
{
    float *w = p->weights + b->weights;
    const int width = p->set->width;
    for (int ky = 0; ky < d->kernel_h; ky++)
        for (int kx = 0; kx < p->taps; kx++)
            for (int c = 0; c < p->chunks_in; c++)
                for (int o = 0; o < d->out; o++)
                    for (int i = c * width; i < (c + 1) * width; i++)
                        *w++ = i < b->count ? folded_at(p, d, o, i, ky, kx) : 0;
}

static void pack_depthwise(struct seam_conv_private *p, const struct seam_conv_desc *d,
                           const struct kernel_block *b)
{
    float *w = p->weights + b->weights;
    for (int ky = 0; ky < d->kernel_h; ky++)
        for (int kx = 0; kx < d->kernel_w; kx++)
            for (int lane = 0; lane < p->set->width; lane++)
                *w++ = weight_at(d, b->out + lane, b->out + lane, ky, kx);
}

/* G g G', all elements of one kernel. */
static void winograd_kernel(int side, const double g[3][3], double u[8][8])
{
    static const double small[6][3] = {
        { 1 / 4., 0, 0 },
        { -1 / 6., -1 / 6., -1 / 6. },
        { -1 / 6., 1 / 6., -1 / 6. },
        { 1 / 24., 1 / 12., 1 / 6. },
        { 1 / 24., -1 / 12., 1 / 6. },
        { 0, 0, 1 },
    };
    static const double large[8][3] = {
        { 1, 0, 0 },
        { -2 / 9., -2 / 9., -2 / 9. },
        { -2 / 9., 2 / 9., -2 / 9. },
        { 1 / 90., 1 / 45., 2 / 45. },
        { 1 / 90., -1 / 45., 2 / 45. },
        { 32 / 45., 16 / 45., 8 / 45. },
        { 32 / 45., -16 / 45., 8 / 45. },
        { 0, 0, 1 },
    };
    const double(*G)[3] = side == 6 ? large : small;
    double t[8][3];
    for (int i = 0; i < side + 2; i++)
        for (int j = 0; j < 3; j++)
            t[i][j] = G[i][0] * g[0][j] + G[i][1] * g[1][j] + G[i][2] * g[2][j];
    for (int i = 0; i < side + 2; i++)
        for (int j = 0; j < side + 2; j++)
            u[i][j] = t[i][0] * G[j][0] + t[i][1] * G[j][1] + t[i][2] * G[j][2];
}

static void pack_winograd(struct seam_conv_private *p, const struct seam_conv_desc *d,
                          const struct kernel_block *b)
{
    const int lanes = b->vectors * p->set->width, in = p->side + 2;
    const size_t element = (size_t)b->count * (size_t)lanes;
    for (int i = 0; i < b->count; i++)
        for (int lane = 0; lane < lanes; lane++) {
            double g[3][3], u[8][8];
            for (int k = 0; k < 9; k++)
                g[k / 3][k % 3] = (double)weight_at(d, b->out + lane, b->in + i, k / 3, k % 3);
            winograd_kernel(p->side, (const double(*)[3])g, u);
            float *w = p->weights + b->weights + (size_t)i * (size_t)lanes + (size_t)lane;
            for (int k = 0; k < elements(p->side); k++)
                w[(size_t)k * element] = (float)u[k / in][k % in];
        }
}

/* By dot products a vector holds the channels of pixel after pixel. */
static void pack_channels(struct seam_conv_private *p, const struct seam_conv_desc *d)
{
    for (int lane = 0; lane < p->chunks_out * p->set->width; lane++) {
        const int c = p->method == KERNEL_DOT ? lane % d->out : lane;
        const bool there = c < d->out;
        p->bias[lane] = there && d->bias ? d->bias[c] : 0;
        p->slope[lane] = d->act == SEAM_ACT_LEAKY ? d->slope : 0;
        if (there && d->act == SEAM_ACT_PRELU)
            p->slope[lane] = d->slopes[c];
    }
}

void seam_kernel_pack(struct seam_conv_private *p, const struct seam_conv_desc *desc)
{
    typedef void pack_block(struct seam_conv_private *, const struct seam_conv_desc *,
                            const struct kernel_block *);
    static pack_block *const pack[KERNEL_METHODS] = {
        [KERNEL_DIRECT] = pack_direct,
        [KERNEL_WINOGRAD] = pack_winograd,
        [KERNEL_DEPTHWISE] = pack_depthwise,
        [KERNEL_DOT] = pack_dot,
    };
    for (int i = 0; i < p->blocks; i++)
        pack[p->method](p, desc, &p->block[i]);
    pack_channels(p, desc);
}
