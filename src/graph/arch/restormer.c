/* Restormer (Zamir et al., arXiv 2111.09881): a U-Net whose channels attend to each other, all over
 * the picture. */
#include <stdio.h>

#include "base/common.h"
#include "graph/arch/family.h"

#define LEVELS 4

static bool restormer_recognise(const struct seam_weights *weights)
{
    return seam_weights_find(weights, "patch_embed.proj.weight") &&
           seam_weights_find(weights, "encoder_level1.0.attn.temperature");
}

/* Channels by pixels, in as many groups as there are heads. */
static const char *matrices(struct seam_arch_work *a, struct seam_map x, int64_t heads)
{
    const int64_t shape[] = { 0, heads, x.channels / heads, -1 };
    return seam_build_node(&a->build, "Reshape", x.name, seam_build_list(&a->build, shape, 4));
}

/* Each channel over its length. */
static const char *of_length_one(struct seam_arch_work *a, const char *x)
{
    struct seam_build *b = &a->build;
    seam_build_ints(b, "axes", (const int64_t[]){ -1 }, 1);
    const char *const length = seam_build_node(b, "ReduceL2", x);
    return seam_build_node(b, "Div", x,
                           seam_build_node(b, "Max", length, seam_build_scalar(b, 1e-12f)));
}

/* The channels of `v`, each weighed by how well its key fits each query. */
static struct seam_map attended(struct seam_arch_work *a, struct seam_map q, struct seam_map k,
                                struct seam_map v, struct seam_weight *temperature)
{
    struct seam_build *b = &a->build;
    const int64_t heads = temperature->dims[0];
    const char *const queries = of_length_one(a, matrices(a, q, heads));
    const char *const keys = of_length_one(a, matrices(a, k, heads));
    seam_build_ints(b, "perm", (const int64_t[]){ 0, 1, 3, 2 }, 4);
    const char *const turned = seam_build_node(b, "Transpose", keys);
    const char *const fits = seam_build_node(b, "MatMul", queries, turned);
    const char *const scores =
        seam_build_node(b, "Mul", fits, seam_build_weight(b, temperature));
    seam_build_int(b, "axis", -1);
    const char *const shares = seam_build_node(b, "Softmax", scores);
    const char *const mixed = seam_build_node(b, "MatMul", shares, matrices(a, v, heads));
    const char *const shape = seam_build_node(b, "Shape", v.name);
    return (struct seam_map){ seam_build_node(b, "Reshape", mixed, shape), v.channels };
}

static struct seam_map attention(struct seam_arch_work *a, struct seam_map x, const char *key)
{
    static const struct seam_conv each = { .groups = -1 };
    struct seam_weight *temperature =
        seam_arch_take(a, 3, (const int64_t[]){ -1, 1, 1 }, "%s.temperature", key);
    const int64_t c = x.channels;
    x = seam_map_conv(a, seam_map_conv(a, x, NULL, "%s.qkv", key), &each, "%s.qkv_dwconv", key);
    if (seam_arch_failed(a))
        return SEAM_NO_MAP;
    if (x.channels != 3 * c || c % temperature->dims[0] != 0)
        return seam_arch_refuse(a, "has %s.qkv of %lld channels for %lld channels and %lld heads",
                                key, (long long)x.channels, (long long)c,
                                (long long)temperature->dims[0]),
               SEAM_NO_MAP;
    x = attended(a, seam_map_channels(a, x, 0, c), seam_map_channels(a, x, c, 2 * c),
                 seam_map_channels(a, x, 2 * c, 3 * c), temperature);
    return seam_map_conv(a, x, NULL, "%s.project_out", key);
}

/* Two layers of each pixel, between them one half of the channels opens for the other. */
static struct seam_map feed_forward(struct seam_arch_work *a, struct seam_map x, const char *key)
{
    static const struct seam_conv each = { .groups = -1 };
    x = seam_map_conv(a, seam_map_conv(a, x, NULL, "%s.project_in", key), &each, "%s.dwconv", key);
    const struct seam_map open = seam_map_gelu(a, seam_map_channels(a, x, 0, x.channels / 2));
    x = seam_map_mul(a, open, seam_map_channels(a, x, x.channels / 2, x.channels));
    return seam_map_conv(a, x, NULL, "%s.project_out", key);
}

static struct seam_map blocks(struct seam_arch_work *a, struct seam_map x, const char *level)
{
    char key[64];
    for (int i = 0; seam_arch_has(a, "%s.%d.attn.temperature", level, i) && i < 1000; i++) {
        struct seam_map y = seam_map_layer_norm(a, x, 1e-5f, "%s.%d.norm1.body", level, i);
        snprintf(key, sizeof(key), "%s.%d.attn", level, i);
        x = seam_map_add(a, x, attention(a, y, key));
        y = seam_map_layer_norm(a, x, 1e-5f, "%s.%d.norm2.body", level, i);
        snprintf(key, sizeof(key), "%s.%d.ffn", level, i);
        x = seam_map_add(a, x, feed_forward(a, y, key));
    }
    return x;
}

/* A convolution whose result becomes blocks of 2 x 2 pixels (PyTorch's pixel_unshuffle): one that
 * steps by two pixels, with a kernel for each pixel of a block. */
static struct seam_map halved(struct seam_arch_work *a, struct seam_map x, const char *key)
{
    struct seam_weight *w =
        seam_arch_take(a, 4, (const int64_t[]){ -1, x.channels, 3, 3 }, "%s.body.0.weight", key);
    const float *const from = w ? seam_weight_floats(a->weights, w) : NULL;
    if (!from)
        return SEAM_NO_MAP;
    const int64_t dims[] = { 4 * w->dims[0], x.channels, 4, 4 };
    float *to = seam_arena_alloc(&a->weights->graph->arena, (size_t)(dims[0] * dims[1] * 16),
                                 sizeof(*to));
    if (!to)
        return seam_build_memory(&a->build), SEAM_NO_MAP;
    for (int64_t i = 0; i < dims[0] * dims[1] * 16; i++) {
        const int64_t at = i / 16, out = at / dims[1], in = at % dims[1];
        const int64_t row = i / 4 % 4 - out % 4 / 2, column = i % 4 - out % 2;
        const bool inside = row >= 0 && row < 3 && column >= 0 && column < 3;
        to[i] = inside ? from[((out / 4 * dims[1] + in) * 3 + row) * 3 + column] : 0;
    }
    const char *const kernel = seam_build_floats(&a->build, w->name, to, dims, 4);
    const struct seam_build_conv conv = { .pad = 1, .stride = 2 };
    return (struct seam_map){ seam_build_conv(&a->build, x.name, kernel, NULL, &conv), dims[0] };
}

static struct seam_map doubled(struct seam_arch_work *a, struct seam_map x, const char *key)
{
    return seam_map_shuffle(a, seam_map_conv(a, x, NULL, "%s.body.0", key), 2);
}

static void restormer_build(struct seam_arch_work *a)
{
    struct seam_map kept[LEVELS];
    char key[32];
    const struct seam_map input =
        seam_map_input(a, seam_arch_size(a, 1, "patch_embed.proj.weight"));
    struct seam_map x = seam_map_conv(a, input, NULL, "patch_embed.proj");
    seam_build_say(&a->build, "seamless.architecture", "Restormer, %lld features",
                   (long long)x.channels);
    for (int i = 1; i < LEVELS; i++) {
        snprintf(key, sizeof(key), "encoder_level%d", i);
        kept[i] = blocks(a, x, key);
        snprintf(key, sizeof(key), "down%d_%d", i, i + 1);
        x = halved(a, kept[i], key);
    }
    x = blocks(a, x, "latent");
    for (int i = LEVELS - 1; i > 0; i--) {
        snprintf(key, sizeof(key), "up%d_%d", i + 1, i);
        x = seam_map_concat(a, SEAM_MAPS(doubled(a, x, key), kept[i]));
        if (i > 1)
            x = seam_map_conv(a, x, NULL, "reduce_chan_level%d", i);
        snprintf(key, sizeof(key), "decoder_level%d", i);
        x = blocks(a, x, key);
    }
    x = seam_map_conv(a, blocks(a, x, "refinement"), NULL, "output");
    seam_map_output(a, seam_map_add(a, x, input));
}

const struct seam_arch seam_arch_restormer = {
    .name = "Restormer",
    .purpose = "removes noise, blur or rain",
    .recognise = restormer_recognise,
    .build = restormer_build,
};
