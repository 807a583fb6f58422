/* Parts with weights. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/common.h"
#include "graph/arch/parts.h"

/* KEY.bias of so many numbers; NULL where there is none. */
static const char *take_bias(struct seam_arch_work *a, int64_t channels, const char *key)
{
    if (!seam_arch_has(a, "%s.bias", key))
        return NULL;
    return seam_build_weight(&a->build, seam_arch_take(a, 1, &channels, "%s.bias", key));
}

static struct seam_weight *take_kernel(struct seam_arch_work *a, int64_t out, int64_t in,
                                       const char *key)
{
    struct seam_weight *w =
        seam_arch_take(a, 4, (const int64_t[]){ out, in, -1, -1 }, "%s.weight", key);
    if (w && w->dims[2] != w->dims[3])
        return seam_arch_refuse(a, "has kernels in %s.weight that are not square", key), NULL;
    return w;
}

struct seam_map seam_map_conv(struct seam_arch_work *a, struct seam_map x,
                              const struct seam_conv *how, const char *format, ...)
{
    SEAM_KEY_FORMAT(key, format);
    static const struct seam_conv plain = { 0 };
    how = how ? how : &plain;
    const int64_t groups = how->groups < 0 ? x.channels : seam_max(how->groups, 1);
    const int64_t dilation = seam_max(how->dilation, 1);
    if (groups == 0)
        return SEAM_NO_MAP; /* of nothing: what was refused before */
    struct seam_weight *w = take_kernel(a, -1, x.channels / groups, key);
    if (!w)
        return SEAM_NO_MAP;
    if (x.channels % groups != 0 || w->dims[0] % groups != 0)
        return seam_arch_refuse(a, "has %s of channels that make no %lld groups", key,
                                (long long)groups),
               SEAM_NO_MAP;
    const char *const bias = take_bias(a, w->dims[0], key);
    const struct seam_build_conv conv = {
        .pad = how->valid ? 0 : (w->dims[2] - 1) / 2 * dilation,
        .stride = how->stride,
        .dilation = how->dilation,
        .group = groups,
    };
    return (struct seam_map){
        seam_build_conv(&a->build, x.name, seam_build_weight(&a->build, w), bias, &conv), w->dims[0]
    };
}

struct seam_map seam_map_deconv(struct seam_arch_work *a, struct seam_map x, int64_t stride,
                                int64_t cut, const char *format, ...)
{
    SEAM_KEY_FORMAT(key, format);
    struct seam_weight *w = take_kernel(a, x.channels, -1, key);
    if (!w)
        return SEAM_NO_MAP;
    const char *const bias = take_bias(a, w->dims[1], key);
    const char *const kernel = seam_build_weight(&a->build, w);
    seam_build_ints(&a->build, "strides", (const int64_t[]){ stride, stride }, 2);
    seam_build_ints(&a->build, "pads", (const int64_t[]){ cut, cut, cut, cut }, 4);
    return (
        struct seam_map){ bias ? seam_build_node(&a->build, "ConvTranspose", x.name, kernel, bias)
                               : seam_build_node(&a->build, "ConvTranspose", x.name, kernel),
                          w->dims[1] };
}

/* What PyTorch calls channel (c, y, x) of a block is channel (y, x, c) of SpaceToDepth: its weights
 * move. Those of channels behind the blocks stay. */
static float *moved_weights(struct seam_arch_work *a, const struct seam_weight *w, int64_t colours,
                            int64_t r)
{
    const float *from = seam_weight_floats(a->weights, w);
    float *to = seam_arena_alloc(&a->weights->graph->arena, (size_t)w->count, sizeof(*to));
    const int64_t taps = w->dims[2] * w->dims[3], in = w->dims[1], places = r * r;
    if (!from || !to)
        return seam_build_memory(&a->build);
    memcpy(to, from, (size_t)w->count * sizeof(*to));
    for (int64_t o = 0; o < w->dims[0]; o++)
        for (int64_t c = 0; c < colours; c++)
            for (int64_t p = 0; p < places; p++)
                memcpy(to + (o * in + p * colours + c) * taps,
                       from + (o * in + c * places + p) * taps, (size_t)taps * sizeof(*to));
    return to;
}

/* `input` NULL: no level. */
static struct seam_map blocks_conv(struct seam_arch_work *a, struct seam_map x, int64_t r,
                                   const char *input, const char *key)
{
    struct seam_weight *w = take_kernel(a, -1, x.channels * r * r + (input ? 1 : 0), key);
    const float *const moved = w ? moved_weights(a, w, x.channels, r) : NULL;
    if (!moved)
        return SEAM_NO_MAP;
    seam_build_int(&a->build, "blocksize", r);
    struct seam_map blocks = { seam_build_node(&a->build, "SpaceToDepth", x.name),
                               x.channels * r * r };
    if (input)
        blocks = seam_map_concat(a, SEAM_MAPS(blocks, seam_map_level(a, blocks, input)));
    const char *const kernel = seam_build_floats(&a->build, w->name, moved, w->dims, 4);
    const struct seam_build_conv conv = { .pad = (w->dims[2] - 1) / 2 };
    const char *const bias = take_bias(a, w->dims[0], key);
    return (struct seam_map){ seam_build_conv(&a->build, blocks.name, kernel, bias, &conv),
                              w->dims[0] };
}

struct seam_map seam_map_unshuffle_conv(struct seam_arch_work *a, struct seam_map x, int64_t r,
                                        const char *format, ...)
{
    SEAM_KEY_FORMAT(key, format);
    return r == 1 ? seam_map_conv(a, x, NULL, "%s", key) : blocks_conv(a, x, r, NULL, key);
}

struct seam_map seam_map_unshuffle_level_conv(struct seam_arch_work *a, struct seam_map x,
                                              int64_t r, const char *input, const char *key)
{
    return blocks_conv(a, x, r, input, key);
}

struct seam_map seam_map_linear(struct seam_arch_work *a, struct seam_map x, const char *format,
                                ...)
{
    SEAM_KEY_FORMAT(key, format);
    struct seam_weight *w =
        seam_arch_take(a, 2, (const int64_t[]){ -1, x.channels }, "%s.weight", key);
    if (!w)
        return SEAM_NO_MAP;
    const char *const kernel =
        seam_arch_reshaped(a, w, (const int64_t[]){ w->dims[0], x.channels, 1, 1 }, 4);
    const char *const bias = take_bias(a, w->dims[0], key);
    return (struct seam_map){
        seam_build_conv(&a->build, x.name, kernel, bias, &(struct seam_build_conv){ 0 }), w->dims[0]
    };
}

struct seam_map seam_map_made_conv(struct seam_arch_work *a, struct seam_map x, const float *weight,
                                   const float *bias, int64_t out, int64_t kernel)
{
    if (seam_arch_failed(a))
        return SEAM_NO_MAP;
    const int64_t dims[] = { out, x.channels, kernel, kernel };
    const char *const w = seam_build_floats(&a->build, NULL, weight, dims, 4);
    const char *const b = bias ? seam_build_floats(&a->build, NULL, bias, &out, 1) : NULL;
    const struct seam_build_conv conv = { .pad = (kernel - 1) / 2 };
    return (struct seam_map){ seam_build_conv(&a->build, x.name, w, b, &conv), out };
}

struct seam_map seam_map_batch_norm(struct seam_arch_work *a, struct seam_map x, const char *format,
                                    ...)
{
    SEAM_KEY_FORMAT(key, format);
    static const char *const parts[] = { "weight", "bias", "running_mean", "running_var" };
    const char *inputs[5] = { x.name };
    seam_arch_surplus(a, "%s.num_batches_tracked", key);
    for (size_t i = 0; i < SEAM_ARRAY_LEN(parts); i++) {
        struct seam_weight *w = seam_arch_take(a, 1, &x.channels, "%s.%s", key, parts[i]);
        if (!w)
            return SEAM_NO_MAP;
        inputs[i + 1] = seam_build_weight(&a->build, w);
    }
    seam_build_float(&a->build, "epsilon", 1e-5f);
    return (struct seam_map){ seam_build_nodes(&a->build, "BatchNormalization", inputs, 5, NULL, 1),
                              x.channels };
}

/* Each channel becomes `own` of itself and `all` of the sum of all. */
static struct seam_map channel_sums(struct seam_arch_work *a, struct seam_map x, float own,
                                    float all)
{
    const size_t n = (size_t)x.channels;
    if (seam_arch_failed(a))
        return SEAM_NO_MAP;
    float *weights = seam_arena_alloc(&a->weights->graph->arena, n * n, sizeof(*weights));
    if (!weights)
        return seam_build_memory(&a->build), SEAM_NO_MAP;
    for (size_t i = 0; i < n * n; i++)
        weights[i] = all + (i % (n + 1) == 0 ? own : 0);
    return seam_map_made_conv(a, x, weights, NULL, x.channels, 1);
}

/* KEY.weight times x plus KEY.bias. */
static struct seam_map scale_and_shift(struct seam_arch_work *a, struct seam_map x, const char *key)
{
    x = seam_map_with(a, x, "Mul", seam_arch_per_channel(a, x.channels, "%s.weight", key));
    return seam_map_with(a, x, "Add", seam_arch_per_channel(a, x.channels, "%s.bias", key));
}

struct seam_map seam_map_layer_norm(struct seam_arch_work *a, struct seam_map x, float epsilon,
                                    const char *format, ...)
{
    SEAM_KEY_FORMAT(key, format);
    const float part = -1 / (float)seam_max(x.channels, 1);
    const struct seam_map centred = channel_sums(a, x, 1, part);
    const struct seam_map squares = seam_map_mul(a, centred, centred);
    const struct seam_map deviation =
        seam_map_unary(a, seam_map_shift(a, channel_sums(a, squares, 0, -part), epsilon), "Sqrt");
    if (seam_arch_has(a, "%s.bias", key))
        return scale_and_shift(a, seam_map_with(a, centred, "Div", deviation.name), key);
    return seam_map_with(a, seam_map_with(a, x, "Div", deviation.name), "Mul",
                         seam_arch_per_channel(a, x.channels, "%s.weight", key));
}

struct seam_map seam_map_group_norm(struct seam_arch_work *a, struct seam_map x, int64_t groups,
                                    float epsilon, const char *format, ...)
{
    SEAM_KEY_FORMAT(key, format);
    struct seam_build *b = &a->build;
    if (seam_arch_failed(a))
        return SEAM_NO_MAP;
    float *ones = seam_arena_alloc(&a->weights->graph->arena, 2 * (size_t)groups, sizeof(*ones));
    if (!ones)
        return seam_build_memory(b), SEAM_NO_MAP;
    for (int64_t i = 0; i < groups; i++)
        ones[i] = 1;
    const char *const shape = seam_build_node(b, "Shape", x.name);
    const char *const grouped = seam_build_node(
        b, "Reshape", x.name, seam_build_list(b, (const int64_t[]){ 0, groups, -1 }, 3));
    const char *const one = seam_build_floats(b, NULL, ones, &groups, 1);
    const char *const zero = seam_build_floats(b, NULL, ones + groups, &groups, 1);
    seam_build_float(b, "epsilon", epsilon);
    const char *const normal = seam_build_node(b, "InstanceNormalization", grouped, one, zero);
    const char *const back = seam_build_node(b, "Reshape", normal, shape);
    return scale_and_shift(a, (struct seam_map){ back, x.channels }, key);
}

/* One slope for all, or one per channel. */
struct seam_map seam_map_prelu(struct seam_arch_work *a, struct seam_map x, const char *format, ...)
{
    SEAM_KEY_FORMAT(key, format);
    const int64_t slopes = seam_arch_size(a, 0, "%s.weight", key) == 1 ? 1 : x.channels;
    return seam_map_with(a, x, "PRelu", seam_arch_per_channel(a, slopes, "%s.weight", key));
}
