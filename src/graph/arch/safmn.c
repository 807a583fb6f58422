/* SAFMN and its light successor: maxima over 2, 4, 8 pixels, which say how much of each pixel
 * passes. */
#include "graph/arch/family.h"

static const struct seam_conv each = { .groups = -1 };

static struct seam_map to_image(struct seam_arch_work *a, struct seam_map x, int64_t colours_in)
{
    int64_t colours = 0;
    x = seam_map_conv(a, x, NULL, "to_img.0");
    return seam_map_shuffle(a, x, seam_arch_factor(a, x.channels, colours_in, &colours));
}

static bool safmn_recognise(const struct seam_weights *weights)
{
    return seam_weights_find(weights, "to_feat.weight") &&
           seam_weights_find(weights, "feats.0.safm.mfr.0.weight");
}

static struct seam_map modulation(struct seam_arch_work *a, struct seam_map x, int i)
{
    struct seam_map levels[4];
    const int64_t part = x.channels / 4;
    if (x.channels % 4 != 0)
        seam_arch_refuse(a, "has %lld features, which are no four parts", (long long)x.channels);
    for (int k = 0; k < 4; k++) {
        struct seam_map y = seam_map_channels(a, x, k * part, (k + 1) * part);
        y = k ? seam_map_max_pool(a, y, 1 << k, 1 << k) : y;
        y = seam_map_conv(a, y, &each, "feats.%d.safm.mfr.%d", i, k);
        levels[k] = seam_map_resize(a, y, "nearest", 1 << k);
    }
    const struct seam_map y =
        seam_map_conv(a, seam_map_concat(a, levels, 4), NULL, "feats.%d.safm.aggr", i);
    return seam_map_mul(a, seam_map_gelu(a, y), x);
}

static void safmn_build(struct seam_arch_work *a)
{
    const int blocks = seam_weights_span(a->weights, "feats.", ".safm.aggr.weight", 0);
    const struct seam_map input = seam_map_input(a, seam_arch_size(a, 1, "to_feat.weight"));
    const struct seam_map first = seam_map_conv(a, input, NULL, "to_feat");
    struct seam_map x = first;
    seam_build_say(&a->build, "seamless.architecture", "SAFMN, %lld features, %d blocks",
                   (long long)x.channels, blocks);
    for (int i = 0; i < blocks; i++) {
        struct seam_map y = modulation(a, seam_map_layer_norm(a, x, 1e-6f, "feats.%d.norm1", i), i);
        x = seam_map_add(a, y, x);
        y = seam_map_conv(a, seam_map_layer_norm(a, x, 1e-6f, "feats.%d.norm2", i), NULL,
                          "feats.%d.ccm.ccm.0", i);
        x = seam_map_add(a, seam_map_conv(a, seam_map_gelu(a, y), NULL, "feats.%d.ccm.ccm.2", i),
                         x);
    }
    seam_map_output(a, to_image(a, seam_map_add(a, x, first), input.channels));
}

const struct seam_arch seam_arch_safmn = {
    .name = "SAFMN",
    .purpose = "enlarges",
    .recognise = safmn_recognise,
    .build = safmn_build,
};

static bool light_recognise(const struct seam_weights *weights)
{
    return seam_weights_find(weights, "to_feat.weight") &&
           seam_weights_find(weights, "feats.0.conv1.dwconv.weight");
}

static struct seam_map light_block(struct seam_arch_work *a, struct seam_map x, int i)
{
    const int64_t part = seam_arch_size(a, 0, "feats.%d.conv1.dwconv.weight", i);
    x = seam_map_conv(a, x, NULL, "feats.%d.conv1.proj", i);
    const struct seam_map some = seam_map_channels(a, x, 0, part),
                          rest = seam_map_channels(a, x, part, x.channels);
    struct seam_map y =
        seam_map_conv(a, seam_map_max_pool(a, some, 8, 8), &each, "feats.%d.conv1.dwconv", i);
    y = seam_map_mul(a, seam_map_gelu(a, seam_map_resize(a, y, "linear", 8)), some);
    y = seam_map_gelu(a, seam_map_concat(a, SEAM_MAPS(rest, y)));
    y = seam_map_conv(a, y, NULL, "feats.%d.conv1.out", i);
    y = seam_map_gelu(a, seam_map_conv(a, y, NULL, "feats.%d.conv2.conv.0", i));
    return seam_map_conv(a, y, NULL, "feats.%d.conv2.conv.2", i);
}

static void light_build(struct seam_arch_work *a)
{
    const int blocks = seam_weights_span(a->weights, "feats.", ".conv1.proj.weight", 0);
    const struct seam_map input = seam_map_input(a, seam_arch_size(a, 1, "to_feat.weight"));
    const struct seam_map first = seam_map_conv(a, input, NULL, "to_feat");
    struct seam_map x = first;
    seam_build_say(&a->build, "seamless.architecture", "light SAFMN++, %lld features, %d blocks",
                   (long long)x.channels, blocks);
    for (int i = 0; i < blocks; i++)
        x = light_block(a, x, i);
    seam_map_output(a, to_image(a, seam_map_add(a, x, first), input.channels));
}

const struct seam_arch seam_arch_safmn_light = {
    .name = "light SAFMN++",
    .purpose = "enlarges",
    .recognise = light_recognise,
    .build = light_build,
};
