/* Networks whose channels are weighed by their means over the whole picture: RCAN, NAFNet. And the
 * first EDSR, whose head and tail are RCAN's. */
#include <math.h>
#include <stdio.h>

#include "base/common.h"
#include "graph/arch/family.h"

/* ---- RCAN ---- */

static bool rcan_recognise(const struct seam_weights *weights)
{
    size_t n;
    return seam_weights_find(weights, "body.0.body.0.body.0.weight") &&
           seam_weights_prefix(weights, "head.", &n) &&
           seam_weights_find(weights, "body.0.body.0.body.3.conv_du.0.weight");
}

static struct seam_map rcan_block(struct seam_arch_work *a, struct seam_map x, int i, int k)
{
    char key[64];
    snprintf(key, sizeof(key), "body.%d.body.%d.body", i, k);
    struct seam_map y = seam_map_relu(a, seam_map_conv(a, x, NULL, "%s.0", key));
    y = seam_map_conv(a, y, NULL, "%s.2", key);
    struct seam_map weights =
        seam_map_relu(a, seam_map_conv(a, seam_map_mean(a, y), NULL, "%s.3.conv_du.0", key));
    weights = seam_map_sigmoid(a, seam_map_conv(a, weights, NULL, "%s.3.conv_du.2", key));
    return seam_map_add(a, seam_map_mul(a, y, weights), x);
}

/* The range inside: its mean of red is 0.4488 of white. 1 where no mean is taken away. */
static float mean_white(struct seam_arch_work *a)
{
    struct seam_weight *w = seam_weights_find(a->weights, "sub_mean.bias");
    const float *const bias =
        w && w->rank == 1 && w->dims[0] > 0 ? seam_weight_floats(a->weights, w) : NULL;
    return bias ? roundf(-bias[0] / 0.4488f) : 1;
}

/* Takes the mean away, or adds it, where the file has a layer for that. */
static struct seam_map mean_shift(struct seam_arch_work *a, struct seam_map x, const char *key)
{
    return seam_arch_has(a, "%s.weight", key) ? seam_map_conv(a, x, NULL, "%s", key) : x;
}

static struct seam_map pixel_tail(struct seam_arch_work *a, struct seam_map x)
{
    const int64_t features = x.channels;
    for (int i = 0; seam_arch_has(a, "tail.0.%d.weight", i) && i < 16; i += 2) {
        x = seam_map_conv(a, x, NULL, "tail.0.%d", i);
        x = seam_map_shuffle(a, x, x.channels == 9 * features ? 3 : 2);
    }
    return seam_map_conv(a, x, NULL, "tail.1");
}

/* What follows the `n` blocks: one more layer around which the head's features go, the pixels, the
 * mean, and the range outside. */
static void mean_tail(struct seam_arch_work *a, struct seam_map x, struct seam_map first, int n,
                      float white)
{
    x = pixel_tail(a, seam_map_add(a, seam_map_conv(a, x, NULL, "body.%d", n), first));
    seam_map_output(a, seam_map_scale(a, mean_shift(a, x, "add_mean"), 1 / white));
}

static void rcan_build(struct seam_arch_work *a)
{
    const int groups = seam_weights_span(a->weights, "body.", ".body.0.body.0.weight", 0);
    const int blocks = seam_weights_span(a->weights, "body.0.body.", ".body.0.weight", 0);
    const bool unshuffles = !seam_arch_has(a, "head.0.weight");
    const int64_t out = seam_arch_size(a, 0, "tail.1.weight"),
                  in = seam_arch_size(a, 1, "head.1.weight");
    const float white = mean_white(a);
    const struct seam_map input = seam_map_input(a, out);
    struct seam_map x = mean_shift(a, seam_map_scale(a, input, white), "sub_mean");
    x = unshuffles ? seam_map_unshuffle_conv(a, x, in == 16 * out ? 4 : 2, "head.1")
                   : seam_map_conv(a, x, NULL, "head.0");
    const struct seam_map first = x;
    seam_build_say(&a->build, "seamless.architecture",
                   "RCAN, %lld features, %d groups of %d blocks", (long long)x.channels, groups,
                   blocks);
    for (int i = 0; i < groups; i++) {
        const struct seam_map before = x;
        for (int k = 0; k < blocks; k++)
            x = rcan_block(a, x, i, k);
        x = seam_map_add(a, seam_map_conv(a, x, NULL, "body.%d.body.%d", i, blocks), before);
    }
    mean_tail(a, x, first, groups, white);
}

const struct seam_arch seam_arch_rcan = {
    .name = "RCAN",
    .purpose = "enlarges",
    .recognise = rcan_recognise,
    .build = rcan_build,
};

/* ---- EDSR as it was first published: RCAN without its weighing ---- */

static bool edsr_first_recognise(const struct seam_weights *weights)
{
    return seam_weights_find(weights, "head.0.weight") &&
           seam_weights_find(weights, "body.0.body.0.weight") &&
           seam_weights_find(weights, "tail.1.weight");
}

static void edsr_first_build(struct seam_arch_work *a)
{
    const int blocks = seam_weights_span(a->weights, "body.", ".body.0.weight", 0);
    const float white = mean_white(a);
    const struct seam_map input = seam_map_input(a, seam_arch_size(a, 1, "head.0.weight"));
    const struct seam_map shifted =
        mean_shift(a, seam_map_scale(a, input, white), "sub_mean");
    const struct seam_map first = seam_map_conv(a, shifted, NULL, "head.0");
    struct seam_map x = first;
    seam_build_say(&a->build, "seamless.architecture", "EDSR, %lld features, %d blocks",
                   (long long)x.channels, blocks);
    const float part = seam_arch_edsr_part(a, x.channels);
    for (int i = 0; i < blocks; i++) {
        struct seam_map y = seam_map_relu(a, seam_map_conv(a, x, NULL, "body.%d.body.0", i));
        y = seam_map_conv(a, y, NULL, "body.%d.body.2", i);
        x = seam_map_add(a, x, seam_map_scale(a, y, part));
    }
    mean_tail(a, x, first, blocks, white);
}

const struct seam_arch seam_arch_edsr_first = {
    .name = "EDSR",
    .purpose = "enlarges",
    .recognise = edsr_first_recognise,
    .build = edsr_first_build,
};

/* ---- NAFNet ---- */

static bool nafnet_recognise(const struct seam_weights *weights)
{
    return seam_weights_find(weights, "intro.weight") &&
           seam_weights_find(weights, "middle_blks.0.sca.1.weight");
}

/* One half of the channels times the other. */
static struct seam_map gate(struct seam_arch_work *a, struct seam_map x)
{
    return seam_map_mul(a, seam_map_channels(a, x, 0, x.channels / 2),
                        seam_map_channels(a, x, x.channels / 2, x.channels));
}

static struct seam_map weighed(struct seam_arch_work *a, struct seam_map x, const char *key,
                               const char *part)
{
    struct seam_weight *w =
        seam_arch_take(a, 4, (const int64_t[]){ 1, x.channels, 1, 1 }, "%s.%s", key, part);
    return w ? seam_map_with(a, x, "Mul", seam_build_weight(&a->build, w)) : x;
}

static struct seam_map nafnet_block(struct seam_arch_work *a, struct seam_map input,
                                    const char *key)
{
    struct seam_map x = seam_map_layer_norm(a, input, 1e-6f, "%s.norm1", key);
    x = seam_map_conv(a, x, NULL, "%s.conv1", key);
    x = gate(a, seam_map_conv(a, x, &(struct seam_conv){ .groups = -1 }, "%s.conv2", key));
    x = seam_map_mul(a, x, seam_map_conv(a, seam_map_mean(a, x), NULL, "%s.sca.1", key));
    x = seam_map_conv(a, x, NULL, "%s.conv3", key);
    const struct seam_map y = seam_map_add(a, input, weighed(a, x, key, "beta"));
    x = seam_map_conv(a, seam_map_layer_norm(a, y, 1e-6f, "%s.norm2", key), NULL, "%s.conv4", key);
    x = seam_map_conv(a, gate(a, x), NULL, "%s.conv5", key);
    return seam_map_add(a, y, weighed(a, x, key, "gamma"));
}

static struct seam_map nafnet_blocks(struct seam_arch_work *a, struct seam_map x, const char *key)
{
    char block[64];
    for (int i = 0; seam_arch_has(a, "%s.%d.conv1.weight", key, i) && i < 1000; i++) {
        snprintf(block, sizeof(block), "%s.%d", key, i);
        x = nafnet_block(a, x, block);
    }
    return x;
}

static void nafnet_build(struct seam_arch_work *a)
{
    struct seam_map kept[8];
    char key[32];
    const int levels = (int)seam_min(seam_weights_span(a->weights, "downs.", ".weight", 0), 8);
    const struct seam_map input = seam_map_input(a, seam_arch_size(a, 1, "intro.weight"));
    struct seam_map x = seam_map_conv(a, input, NULL, "intro");
    seam_build_say(&a->build, "seamless.architecture", "NAFNet, %lld features, %d levels",
                   (long long)x.channels, levels);
    for (int i = 0; i < levels; i++) {
        snprintf(key, sizeof(key), "encoders.%d", i);
        kept[i] = x = nafnet_blocks(a, x, key);
        x = seam_map_conv(a, x, &(struct seam_conv){ .stride = 2 }, "downs.%d", i);
    }
    x = nafnet_blocks(a, x, "middle_blks");
    for (int i = 0; i < levels; i++) {
        snprintf(key, sizeof(key), "decoders.%d", i);
        x = seam_map_shuffle(a, seam_map_conv(a, x, NULL, "ups.%d.0", i), 2);
        x = nafnet_blocks(a, seam_map_add(a, x, kept[levels - 1 - i]), key);
    }
    seam_map_output(a, seam_map_add(a, seam_map_conv(a, x, NULL, "ending"), input));
}

const struct seam_arch seam_arch_nafnet = {
    .name = "NAFNet",
    .purpose = "removes noise or blur",
    .recognise = nafnet_recognise,
    .build = nafnet_build,
};
