/*
 * SPAN. As it is trained, each convolution is three in a row beside a fourth: they are one, and are
 * made so here, for `eval_conv`, which stands for them in the file, is not kept up to date by
 * training.
 */
#include <stdio.h>
#include <string.h>

#include "base/common.h"
#include "graph/arch/family.h"

static bool span_recognise(const struct seam_weights *weights)
{
    return seam_weights_find(weights, "conv_1.eval_conv.weight") &&
           seam_weights_find(weights, "block_1.c1_r.eval_conv.weight") &&
           seam_weights_find(weights, "block_6.c3_r.eval_conv.weight");
}

/* The three: 1x1 of `in` to `first`, 3x3 to `second`, 1x1 to `out`, and the one beside them. */
struct parts {
    const float *w[3], *b[3], *sk_w, *sk_b;
    int64_t in, first, second, out;
};

static const float *take_floats(struct seam_arch_work *a, int rank, const int64_t *dims,
                                const char *key, const char *part)
{
    struct seam_weight *w = seam_arch_take(a, rank, dims, "%s.%s", key, part);
    const float *floats = w ? seam_weight_floats(a->weights, w) : NULL;
    return floats ? floats : seam_build_memory(&a->build);
}

static bool take_parts(struct seam_arch_work *a, struct parts *p, const char *key)
{
    p->first = seam_arch_size(a, 0, "%s.conv.0.weight", key);
    p->second = seam_arch_size(a, 0, "%s.conv.1.weight", key);
    p->out = seam_arch_size(a, 0, "%s.conv.2.weight", key);
    p->w[0] = take_floats(a, 4, (const int64_t[]){ p->first, p->in, 1, 1 }, key, "conv.0.weight");
    p->b[0] = take_floats(a, 1, &p->first, key, "conv.0.bias");
    p->w[1] =
        take_floats(a, 4, (const int64_t[]){ p->second, p->first, 3, 3 }, key, "conv.1.weight");
    p->b[1] = take_floats(a, 1, &p->second, key, "conv.1.bias");
    p->w[2] = take_floats(a, 4, (const int64_t[]){ p->out, p->second, 1, 1 }, key, "conv.2.weight");
    p->b[2] = take_floats(a, 1, &p->out, key, "conv.2.bias");
    p->sk_w = take_floats(a, 4, (const int64_t[]){ p->out, p->in, 1, 1 }, key, "sk.weight");
    p->sk_b = take_floats(a, 1, &p->out, key, "sk.bias");
    seam_arch_surplus(a, "%s.eval_conv.weight", key);
    seam_arch_surplus(a, "%s.eval_conv.bias", key);
    return !seam_arch_failed(a);
}

/* The first two of the three for one output channel of the second: a 3x3 kernel over the input, and
 * its bias. */
static double fuse_two(const struct parts *p, int64_t o, double *kernel)
{
    double bias = (double)p->b[1][o];
    memset(kernel, 0, (size_t)(p->in * 9) * sizeof(*kernel));
    for (int64_t m = 0; m < p->first; m++)
        for (int64_t t = 0; t < 9; t++) {
            const double w = (double)p->w[1][(o * p->first + m) * 9 + t];
            bias += w * (double)p->b[0][m];
            for (int64_t i = 0; i < p->in; i++)
                kernel[i * 9 + t] += w * (double)p->w[0][m * p->in + i];
        }
    return bias;
}

/* All of them, in double; false without memory. `sums` has out * in * 9 + out zeros. */
static bool fuse(struct seam_arch_work *a, const struct parts *p, double *sums)
{
    double *kernel =
        seam_arena_alloc(&a->weights->graph->arena, (size_t)p->in * 9, sizeof(*kernel));
    if (!kernel)
        return false;
    const int64_t each = p->in * 9;
    double *const biases = sums + p->out * each;
    for (int64_t m = 0; m < p->second; m++) {
        const double bias = fuse_two(p, m, kernel);
        for (int64_t o = 0; o < p->out; o++) {
            const double w = (double)p->w[2][o * p->second + m];
            biases[o] += w * bias;
            for (int64_t i = 0; i < each; i++)
                sums[o * each + i] += w * kernel[i];
        }
    }
    for (int64_t o = 0; o < p->out; o++) {
        biases[o] += (double)p->b[2][o] + (double)p->sk_b[o];
        for (int64_t i = 0; i < p->in; i++)
            sums[o * each + i * 9 + 4] += (double)p->sk_w[o * p->in + i];
    }
    return true;
}

static struct seam_map trained_conv(struct seam_arch_work *a, struct seam_map x, const char *key)
{
    struct parts p = { .in = x.channels };
    if (!take_parts(a, &p, key))
        return (struct seam_map){ NULL, 0 };
    const size_t count = (size_t)(p.out * p.in * 9), all = count + (size_t)p.out;
    double *sums = seam_arena_alloc(&a->weights->graph->arena, all, sizeof(*sums));
    float *floats = seam_arena_alloc(&a->weights->graph->arena, all, sizeof(*floats));
    if (!sums || !floats || !fuse(a, &p, sums)) {
        seam_build_memory(&a->build);
        return (struct seam_map){ NULL, 0 };
    }
    for (size_t i = 0; i < all; i++)
        floats[i] = (float)sums[i];
    return seam_map_made_conv(a, x, floats, floats + count, p.out, 3);
}

static struct seam_map span_conv(struct seam_arch_work *a, struct seam_map x, const char *block,
                                 const char *part)
{
    char key[64];
    snprintf(key, sizeof(key), "%s%s", block, part);
    return seam_arch_has(a, "%s.sk.weight", key) ? trained_conv(a, x, key)
                                                 : seam_map_conv(a, x, NULL, "%s.eval_conv", key);
}

/* What the first convolution gives, activated, goes to the end, too: in PyTorch the activation is
 * in place. */
static struct seam_map span_block(struct seam_arch_work *a, struct seam_map x, int i,
                                  struct seam_map *early)
{
    char block[32];
    snprintf(block, sizeof(block), "block_%d.", i);
    *early = seam_map_silu(a, span_conv(a, x, block, "c1_r"));
    const struct seam_map middle = seam_map_silu(a, span_conv(a, *early, block, "c2_r"));
    const struct seam_map y = span_conv(a, middle, block, "c3_r");
    const struct seam_map attention = seam_map_shift(a, seam_map_sigmoid(a, y), -0.5f);
    return seam_map_mul(a, seam_map_add(a, y, x), attention);
}

/* (x - mean) * 255, unless the file says that there is no norm. */
static struct seam_map span_norm(struct seam_arch_work *a, struct seam_map x)
{
    static const float mean[] = { 0.4488f, 0.4371f, 0.4040f };
    if (seam_arch_has(a, "no_norm") || x.channels != 3) {
        seam_arch_surplus(a, "no_norm");
        return x;
    }
    const char *const means =
        seam_build_floats(&a->build, NULL, mean, (const int64_t[]){ 3, 1, 1 }, 3);
    return seam_map_scale(a, seam_map_with(a, x, "Sub", means), 255);
}

static void span_build(struct seam_arch_work *a)
{
    const bool trained = seam_arch_has(a, "conv_1.sk.weight");
    const struct seam_map input =
        seam_map_input(a, seam_arch_size(a, 1, "conv_1.eval_conv.weight"));
    const struct seam_map first = span_conv(a, span_norm(a, input), "conv_1", "");
    struct seam_map x = first, b1 = first, early = first;
    for (int i = 1; i <= 6; i++) {
        x = span_block(a, x, i, &early);
        b1 = i == 1 ? x : b1;
    }
    x = span_conv(a, x, "conv_2", "");
    x = seam_map_concat(a, SEAM_MAPS(first, x, b1, early));
    x = seam_map_conv(a, seam_map_conv(a, x, NULL, "conv_cat"), NULL, "upsampler.0");
    seam_build_say(&a->build, "seamless.architecture", "SPAN, %lld features%s",
                   (long long)first.channels,
                   trained ? ", its convolutions made one as they were trained" : "");
    int64_t colours = 0;
    const int64_t r = seam_arch_factor(a, x.channels, input.channels, &colours);
    seam_map_output(a, seam_map_shuffle(a, x, r));
}

const struct seam_arch seam_arch_span = {
    .name = "SPAN",
    .purpose = "enlarges",
    .recognise = span_recognise,
    .build = span_build,
};
