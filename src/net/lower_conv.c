/* Convolutions, pools and the batch normalisation behind them. */
#include <math.h>
#include <string.h>

#include "base/common.h"
#include "net/lower.h"

/* What the attributes of a window say, rows first. */
struct window {
    int64_t kernel[2], stride[2], dilation[2];
    int64_t pad[2], pad_behind[2];
};

static bool two_ints(struct lower *l, const char *name, int64_t otherwise, int64_t list[2])
{
    const struct seam_onnx_attr *a = seam_onnx_attr(l->node, name);
    list[0] = list[1] = otherwise;
    if (!a || !a->n)
        return true;
    if (a->type != SEAM_ATTR_INTS || a->n != 2)
        return seam_lower_fail(l, "its window is none of two directions");
    memcpy(list, a->ints, 2 * sizeof(*list));
    return true;
}

static bool read_window(struct lower *l, struct window *w)
{
    const struct seam_onnx_attr *pads = seam_onnx_attr(l->node, "pads");
    const char *automatic = seam_onnx_string(l->node, "auto_pad", "NOTSET");
    if (!two_ints(l, "strides", 1, w->stride) || !two_ints(l, "dilations", 1, w->dilation))
        return false;
    if (pads && pads->n && strcmp(automatic, "NOTSET") != 0)
        return seam_lower_fail(l, "its padding is given twice");
    if (pads && pads->n && (pads->type != SEAM_ATTR_INTS || pads->n != 4))
        return seam_lower_fail(l, "its window is none of two directions");
    for (int dir = 0; dir < 2; dir++) {
        if (w->kernel[dir] < 1 || w->kernel[dir] > 1024 || w->stride[dir] < 1 ||
            w->stride[dir] > 1024 || w->dilation[dir] < 1 || w->dilation[dir] > 1024)
            return seam_lower_fail(l, "its window has an impossible size");
        const bool given = pads && pads->n && !strcmp(automatic, "NOTSET");
        w->pad[dir] = given ? pads->ints[dir] : 0;
        w->pad_behind[dir] = given ? pads->ints[2 + dir] : 0;
        if (!strncmp(automatic, "SAME", 4)) {
            const int64_t reach = (w->kernel[dir] - 1) * w->dilation[dir] + 1;
            const int64_t total = seam_max(reach - w->stride[dir], 0);
            w->pad[dir] = !strcmp(automatic, "SAME_LOWER") ? total - total / 2 : total / 2;
            w->pad_behind[dir] = total - w->pad[dir];
        }
        if (w->pad[dir] < 0 || w->pad[dir] > 1 << 16 || w->pad_behind[dir] < 0)
            return seam_lower_fail(l, "its padding has an impossible size");
    }
    return true;
}

static void set_slides(struct seam_net_op *op, const struct window *w)
{
    for (int dir = 0; dir < 2; dir++)
        op->slide[dir] = (struct seam_slide){ w->kernel[dir], w->stride[dir], w->dilation[dir],
                                              w->pad[dir] };
}

/* Weights and bias as the network's own copies. */
static bool load_weights(struct lower *l, struct seam_net_op *op, int64_t count, int out)
{
    const float *weights, *bias = NULL;
    int64_t n, m = 0;
    if (!seam_lower_constant(l, 1, &weights, &n) ||
        (seam_lower_input(l, 2) && !seam_lower_constant(l, 2, &bias, &m)))
        return false;
    if (n != count || (bias && m != out && m != 1))
        return seam_lower_fail(l, "its weights do not fit its input");
    op->weights = seam_arena_alloc(&l->net->weights, (size_t)count, sizeof(float));
    op->bias = seam_arena_alloc(&l->net->weights, (size_t)out, sizeof(float));
    if (!op->weights || !op->bias)
        return seam_lower_fail(l, "there is no memory");
    memcpy(op->weights, weights, (size_t)count * sizeof(float));
    for (int o = 0; bias && o < out; o++)
        op->bias[o] = bias[m == 1 ? 0 : o];
    return true;
}

/* The four sizes of the weights. */
static bool weight_dims(struct lower *l, int64_t dims[4])
{
    const struct seam_fact *fact = seam_lower_fact(l, 1);
    if (!fact || fact->state != SEAM_FACT_KNOWN || fact->rank != 4)
        return seam_lower_fail(l, "its window is none of two directions");
    for (int i = 0; i < 4; i++)
        if (!seam_sym_whole(fact->dims[i], &dims[i]) || dims[i] < 1 || dims[i] > 65536)
            return seam_lower_fail(l, "its weights do not fit its input");
    return true;
}

/* The sizes of the weights, and how their window slides. */
static bool weight_window(struct lower *l, int64_t dims[4], struct window *w)
{
    if (!weight_dims(l, dims))
        return false;
    w->kernel[0] = dims[2];
    w->kernel[1] = dims[3];
    const struct seam_onnx_attr *said = seam_onnx_attr(l->node, "kernel_shape");
    if (said && (said->type != SEAM_ATTR_INTS || said->n != 2 || said->ints[0] != dims[2] ||
                 said->ints[1] != dims[3]))
        return seam_lower_fail(l, "its weights are of another size than it says");
    return read_window(l, w);
}

/* Whether a Pad cuts something off somewhere: what lies there is no zero. */
static bool pad_cuts(const struct lower *l, const struct seam_net_op *pad)
{
    for (int dir = 0; dir < 2; dir++) {
        int64_t both;
        if (pad->shift[dir] > 0 ||
            !seam_sym_whole(seam_sym_sub(l->tensors[pad->output].size[dir],
                                         l->tensors[pad->inputs[0].tensor].size[dir]), &both) ||
            both < -pad->shift[dir])
            return true;
    }
    return false;
}

/* Zeros that are put around the picture for this convolution alone are its own padding. */
static struct seam_ref take_padding(struct lower *l, struct seam_ref in, struct window *w)
{
    const int made = l->net->tensors[in.tensor].op;
    if (made < 0 || !seam_lower_exclusive(l, &in))
        return in;
    struct seam_net_op *pad = &l->net->ops[made];
    if (pad->kind != SEAM_OP_PAD || pad->mode != SEAM_PAD_CONSTANT || pad->fill[0] != 0 ||
        pad->n_links || pad_cuts(l, pad))
        return in;
    for (int dir = 0; dir < 2; dir++)
        w->pad[dir] -= pad->shift[dir];
    return pad->inputs[0];
}

bool seam_lower_conv(struct lower *l)
{
    struct window w;
    int64_t dims[4];
    const int64_t groups = seam_onnx_int(l->node, "group", 1);
    struct lower_value *v = seam_lower_picture(l, 0);
    if (!v || !weight_window(l, dims, &w))
        return false;
    if (groups < 1 || groups > v->ref.channels || dims[1] != v->ref.channels / groups ||
        v->ref.channels % groups != 0 || dims[0] % groups != 0)
        return seam_lower_fail(l, "its weights do not fit its input");
    const struct seam_ref in = take_padding(l, v->ref, &w);
    const struct seam_fact *fact = seam_lower_out_fact(l, 0);
    const int tensor = seam_lower_tensor(l, (int)dims[0], fact, fact->rank - 2);
    struct seam_net_op *op = seam_lower_op(l, SEAM_OP_CONV, &in, 1, tensor);
    if (!op)
        return false;
    set_slides(op, &w);
    op->groups = (int)groups;
    if (!load_weights(l, op, dims[0] * dims[1] * dims[2] * dims[3], (int)dims[0]))
        return false;
    seam_lower_bind(l, 0, seam_lower_whole(l, tensor), NULL);
    return true;
}

/* ------------------------------------------------------------------------------------------------
 * Transposed: a convolution at the input's resolution makes all samples of a block, of which a
 * shuffle makes pixels. Along a direction output s * q + f sums the input at q + t times the weight
 * at f + pad - s * t, wherever there is one.
 * --------------------------------------------------------------------------------------------- */

/* The smallest and largest t of any f. */
static struct seam_span phase_taps(const struct window *w, int dir)
{
    const int64_t s = w->stride[dir];
    return (struct seam_span){
        -seam_floor_div(w->kernel[dir] - 1 - w->pad[dir], s),
        seam_floor_div(s - 1 + w->pad[dir], s) + 1,
    };
}

/* weights [in][out / groups][kernel] -> [out][f][in / groups][t] */
static void phase_weights(struct seam_net_op *op, const struct window *w, const float *from,
                          const int64_t dims[4])
{
    const struct seam_span ty = phase_taps(w, 0), tx = phase_taps(w, 1);
    const int64_t sy = w->stride[0], sx = w->stride[1];
    const int64_t in_each = dims[0] / op->groups, out_each = dims[1];
    float *to = op->weights;
    for (int64_t o = 0; o < out_each * op->groups; o++)
        for (int64_t f = 0; f < sy * sx; f++)
            for (int64_t i = 0; i < in_each; i++)
                for (int64_t y = ty.begin; y < ty.end; y++)
                    for (int64_t x = tx.begin; x < tx.end; x++) {
                        const int64_t ky = f / sx + w->pad[0] - sy * y;
                        const int64_t kx = f % sx + w->pad[1] - sx * x;
                        const int64_t at = (o / out_each * in_each + i) * out_each + o % out_each;
                        const bool there = ky >= 0 && ky < w->kernel[0] && kx >= 0 &&
                                           kx < w->kernel[1];
                        *to++ = there ? from[(at * w->kernel[0] + ky) * w->kernel[1] + kx] : 0;
                    }
}

static bool phase_conv(struct lower *l, struct seam_net_op *op, const struct window *w,
                       const int64_t dims[4], int out)
{
    const float *weights, *bias = NULL;
    int64_t n, m = 0, taps = 1;
    const int64_t phases = w->stride[0] * w->stride[1];
    if (!seam_lower_constant(l, 1, &weights, &n) ||
        (seam_lower_input(l, 2) && !seam_lower_constant(l, 2, &bias, &m)))
        return false;
    if (n != dims[0] * dims[1] * dims[2] * dims[3] || (bias && m != out && m != 1))
        return seam_lower_fail(l, "its weights do not fit its input");
    for (int dir = 0; dir < 2; dir++) {
        const struct seam_span t = phase_taps(w, dir);
        op->slide[dir] = (struct seam_slide){ t.end - t.begin, 1, 1, -t.begin };
        taps *= t.end - t.begin;
    }
    op->weights = seam_arena_alloc(&l->net->weights,
                                   (size_t)(out * phases * (dims[0] / op->groups) * taps),
                                   sizeof(float));
    op->bias = seam_arena_alloc(&l->net->weights, (size_t)(out * phases), sizeof(float));
    if (!op->weights || !op->bias)
        return seam_lower_fail(l, "there is no memory");
    phase_weights(op, w, weights, dims);
    for (int64_t i = 0; bias && i < out * phases; i++)
        op->bias[i] = bias[m == 1 ? 0 : i / phases];
    return true;
}

/* Channels (c * sy + y) * sx + x become pixels x, y of a block. */
static bool phase_shuffle(struct lower *l, struct seam_net_op *op, const struct window *w,
                          int channels)
{
    const int64_t count = channels * w->stride[0] * w->stride[1];
    int *map = seam_arena_alloc(&l->net->arena, (size_t)count, sizeof(*map));
    if (!map)
        return seam_lower_fail(l, "there is no memory");
    for (int64_t i = 0; i < count; i++)
        map[i] = (int)i;
    op->map = map;
    op->to[0] = w->stride[0];
    op->to[1] = w->stride[1];
    return true;
}

/* The tensor of blocks that the output is made of. */
static int phase_tensor(struct lower *l, const struct window *w, int channels, int in)
{
    const struct seam_fact *out = seam_lower_out_fact(l, 0);
    struct seam_fact blocks = *out;
    for (int dir = 0; dir < 2; dir++) {
        struct seam_sym *size = &blocks.dims[out->rank - 2 + dir];
        /* Partial blocks count: the input's scale is kept, and only the rest is rounded. */
        const struct seam_sym whole =
            seam_sym_mul(l->tensors[in].size[dir], seam_sym_const(w->stride[dir]));
        const struct seam_sym rest = seam_sym_sub(*size, whole);
        int64_t v;
        if (!seam_sym_whole(rest, &v))
            return seam_lower_fail(l, "its size does not follow the picture's"), -1;
        *size = seam_sym_add(l->tensors[in].size[dir],
                             seam_sym_const(-seam_floor_div(-v, w->stride[dir])));
    }
    return seam_lower_tensor(l, channels, &blocks, out->rank - 2);
}

bool seam_lower_conv_transpose(struct lower *l)
{
    struct window w;
    int64_t dims[4];
    const int64_t groups = seam_onnx_int(l->node, "group", 1);
    struct lower_value *v = seam_lower_picture(l, 0);
    if (!v || !weight_window(l, dims, &w))
        return false;
    const bool automatic = strcmp(seam_onnx_string(l->node, "auto_pad", "NOTSET"), "NOTSET") != 0;
    if (automatic || w.dilation[0] != 1 || w.dilation[1] != 1 || w.stride[0] > 16 ||
        w.stride[1] > 16 || seam_onnx_attr(l->node, "output_shape"))
        return seam_lower_fail(l, "there is no rule for its padding or dilation");
    if (groups < 1 || groups > v->ref.channels || dims[0] != v->ref.channels ||
        dims[0] % groups != 0 || dims[1] > SEAM_NET_MOST_CHANNELS / groups)
        return seam_lower_fail(l, "its weights do not fit its input");
    const int out = (int)(dims[1] * groups), phases = (int)(w.stride[0] * w.stride[1]);
    const struct seam_ref in = v->ref;
    const int blocks = phase_tensor(l, &w, out * phases, in.tensor);
    struct seam_net_op *op = seam_lower_op(l, SEAM_OP_CONV, &in, 1, blocks);
    if (!op)
        return false;
    op->groups = (int)groups;
    if (!phase_conv(l, op, &w, dims, out))
        return false;
    const struct seam_ref made = seam_lower_whole(l, blocks);
    const struct seam_fact *fact = seam_lower_out_fact(l, 0);
    const int tensor = seam_lower_tensor(l, out, fact, fact->rank - 2);
    struct seam_net_op *shuffle = seam_lower_op(l, SEAM_OP_SHUFFLE, &made, 1, tensor);
    if (!shuffle || !phase_shuffle(l, shuffle, &w, out))
        return false;
    seam_lower_bind(l, 0, seam_lower_whole(l, tensor), NULL);
    return true;
}

/* ---------------------------------------------------------------------------------------------- */

bool seam_lower_pool(struct lower *l)
{
    struct window w;
    const struct seam_fact *fact = seam_lower_out_fact(l, 0);
    struct lower_value *v = seam_lower_picture(l, 0);
    if (!v)
        return false;
    if (!two_ints(l, "kernel_shape", 0, w.kernel) || !read_window(l, &w))
        return false;
    if (l->node->n_outputs > 1 && l->node->outputs[1] >= 0)
        return seam_lower_fail(l, "it gives indices");
    if (seam_onnx_int(l->node, "ceil_mode", 0) && !strcmp(l->node->op, "AveragePool"))
        return seam_lower_fail(l, "it averages partial windows");
    const struct seam_ref in = v->ref;
    const int tensor = seam_lower_tensor(l, in.channels, fact, fact->rank - 2);
    struct seam_net_op *op = seam_lower_op(l, SEAM_OP_POOL, &in, 1, tensor);
    if (!op)
        return false;
    set_slides(op, &w);
    op->average = !strcmp(l->node->op, "AveragePool");
    op->count_padding = seam_onnx_int(l->node, "count_include_pad", 0) != 0;
    seam_lower_bind(l, 0, seam_lower_whole(l, tensor), NULL);
    return true;
}

bool seam_lower_batch_norm(struct lower *l)
{
    const float *p[4]; /* scale, bias, mean, variance */
    int64_t count;
    const struct seam_onnx_attr *attr = seam_onnx_attr(l->node, "epsilon");
    const double epsilon = attr ? (double)attr->f : 1e-5;
    struct lower_value *v = seam_lower_picture(l, 0);
    if (!v)
        return false;
    if (seam_onnx_int(l->node, "training_mode", 0) != 0)
        return seam_lower_fail(l, "it is in training mode");
    const int channels = v->ref.channels;
    for (size_t i = 0; i < 4; i++)
        if (!seam_lower_constant(l, i + 1, &p[i], &count) || count != channels)
            return seam_lower_fail(l, "its constants do not fit its input");
    float *mul = seam_arena_alloc(&l->net->arena, (size_t)channels, sizeof(*mul));
    float *add = seam_arena_alloc(&l->net->arena, (size_t)channels, sizeof(*add));
    if (!mul || !add)
        return seam_lower_fail(l, "there is no memory");
    for (int c = 0; c < channels; c++) {
        const double scale = (double)p[0][c] / sqrt((double)p[3][c] + epsilon);
        mul[c] = (float)scale;
        add[c] = (float)((double)p[1][c] - scale * (double)p[2][c]);
    }
    const struct seam_link first = { SEAM_LINK_MUL, 0, 0, mul, { -1, 0, 0 }, 0 };
    const struct seam_link second = { SEAM_LINK_ADD, 0, 0, add, { -1, 0, 0 }, 0 };
    struct seam_ref out;
    if (!seam_lower_link(l, v->ref, &first, &out) || !seam_lower_again(l, out, &second))
        return false;
    seam_lower_bind(l, 0, out, NULL);
    return true;
}
