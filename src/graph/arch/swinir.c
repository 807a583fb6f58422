/* SwinIR and DRCT: attention within windows, each second time shifted by half a window. */
#include <stdio.h>

#include "base/common.h"
#include "graph/arch/family.h"
#include "graph/arch/swin.h"

#define BLOCK "layers.%d.residual_group.blocks.%d"

static bool swinir_recognise(const struct seam_weights *weights)
{
    static const char *const not[] = {
        "layers.0.residual_group.blocks.0.attn.aligned_relative_position_index",
        "layers.0.residual_group.blocks.0.attn.logit_scale",
        "layers.0.residual_group.blocks.0.conv_block.cab.0.weight",
        "layers.0.residual_group.overlap_attn.relative_position_bias_table",
    };
    for (size_t i = 0; i < SEAM_ARRAY_LEN(not); i++)
        if (seam_weights_find(weights, not[i]))
            return false;
    return seam_weights_find(
               weights, "layers.0.residual_group.blocks.0.attn.relative_position_bias_table") &&
           seam_weights_find(weights, "layers.0.residual_group.blocks.0.mlp.fc1.weight") &&
           seam_weights_find(weights, "conv_first.weight");
}

/* What is the same in all blocks. */
struct swin {
    struct seam_windows plain, shifted;
    bool masks; /* the file has the masks of its own size, so that it tells who is shifted */
};

static struct seam_map swin_block(struct seam_arch_work *a, struct seam_map x,
                                  const struct swin *how, bool second, const char *key)
{
    static const struct seam_window_keys keys = { "norm1", "attn.qkv", "attn.proj",
                                                  "norm2", "mlp.fc1", "mlp.fc2" };
    char part[96];
    const bool shifts = how->masks ? seam_arch_has(a, "%s.attn_mask", key) : second;
    struct seam_windows windows = shifts ? how->shifted : how->plain;
    snprintf(part, sizeof(part), "%s.attn", key);
    seam_arch_surplus(a, "%s.attn_mask", key);
    seam_arch_surplus(a, "%s.relative_position_index", part);
    seam_arch_window_heads(a, &windows, part);
    return seam_map_window_block(a, x, &windows, &keys, key);
}

/* One convolution, or three with a waist. */
struct seam_map seam_swin_conv(struct seam_arch_work *a, struct seam_map x, const char *key)
{
    if (!seam_arch_has(a, "%s.0.weight", key))
        return seam_map_conv(a, x, NULL, "%s", key);
    x = seam_map_leaky(a, seam_map_conv(a, x, NULL, "%s.0", key), 0.2f);
    x = seam_map_leaky(a, seam_map_conv(a, x, NULL, "%s.2", key), 0.2f);
    return seam_map_conv(a, x, NULL, "%s.4", key);
}

static struct seam_map swin_body(struct seam_arch_work *a, struct seam_map x,
                                 const struct swin *how, int layers)
{
    char key[64];
    const struct seam_map first = x;
    if (seam_arch_has(a, "patch_embed.norm.weight"))
        x = seam_map_layer_norm(a, x, 1e-5f, "patch_embed.norm");
    for (int i = 0; i < layers; i++) {
        const struct seam_map before = x;
        for (int k = 0; seam_arch_has(a, BLOCK ".norm1.weight", i, k) && k < 1000; k++) {
            snprintf(key, sizeof(key), BLOCK, i, k);
            x = swin_block(a, x, how, k % 2 == 1, key);
        }
        snprintf(key, sizeof(key), "layers.%d.conv", i);
        x = seam_map_add(a, seam_swin_conv(a, x, key), before);
    }
    x = seam_map_layer_norm(a, x, 1e-5f, "norm");
    return seam_map_add(a, seam_swin_conv(a, x, "conv_after_body"), first);
}

/* To as many times the size: by pixels, by pixels at once, by nearest neighbours; or not at all. */
struct seam_map seam_swin_tail(struct seam_arch_work *a, struct seam_map x, struct seam_map input)
{
    int64_t colours = 0;
    if (!seam_arch_has(a, "conv_before_upsample.0.weight")) {
        if (!seam_arch_has(a, "upsample.0.weight"))
            return seam_map_add(a, input, seam_map_conv(a, x, NULL, "conv_last"));
        x = seam_map_conv(a, x, NULL, "upsample.0");
        return seam_map_shuffle(a, x, seam_arch_factor(a, x.channels, input.channels, &colours));
    }
    x = seam_map_leaky(a, seam_map_conv(a, x, NULL, "conv_before_upsample.0"), 0.01f);
    const int64_t features = x.channels;
    for (int i = 0; seam_arch_has(a, "upsample.%d.weight", i) && i < 16; i += 2) {
        x = seam_map_conv(a, x, NULL, "upsample.%d", i);
        x = seam_map_shuffle(a, x, x.channels == 9 * features ? 3 : 2);
    }
    for (int i = 1; seam_arch_has(a, "conv_up%d.weight", i) && i < 5; i++)
        x = seam_map_leaky(
            a, seam_map_conv(a, seam_map_resize(a, x, "nearest", 2), NULL, "conv_up%d", i), 0.2f);
    if (seam_arch_has(a, "conv_hr.weight"))
        x = seam_map_leaky(a, seam_map_conv(a, x, NULL, "conv_hr"), 0.2f);
    return seam_map_conv(a, x, NULL, "conv_last");
}

/* What its authors take away before the first layer, and add behind the last. */
struct seam_map seam_swin_shift(struct seam_arch_work *a, struct seam_map x, float sign)
{
    static const float mean[] = { 0.4488f, 0.4371f, 0.4040f };
    if (x.channels != 3 || seam_arch_failed(a))
        return x;
    const float shift[] = { sign * mean[0], sign * mean[1], sign * mean[2] };
    return seam_map_with(
        a, x, "Add",
        seam_build_floats(&a->build, NULL, shift, (const int64_t[]){ 3, 1, 1 }, 3));
}

static void swinir_build(struct seam_arch_work *a)
{
    const int layers =
        seam_weights_span(a->weights, "layers.", ".residual_group.blocks.0.norm1.weight", 0);
    const int64_t side = seam_arch_window(a, "layers.0.residual_group.blocks.0.attn");
    struct swin how = { .plain.side = side, .shifted = { .side = side, .shift = side / 2 } };
    for (int i = 0; i < layers; i++)
        for (int k = 0; k < 64; k++)
            how.masks |= seam_arch_has(a, BLOCK ".attn_mask", i, k);
    /* Those with windows of 7 were made for JPEG's blocks, and count in parts of 255. */
    const float white = side == 7 ? 255 : 1;
    const struct seam_map input = seam_map_input(a, seam_arch_size(a, 1, "conv_first.weight"));
    const struct seam_map x = seam_map_scale(a, seam_swin_shift(a, input, -1), white);
    how.shifted.mask = seam_map_window_mask(a, x, &how.shifted);
    const struct seam_map first = seam_map_conv(a, x, NULL, "conv_first");
    seam_build_say(&a->build, "seamless.architecture",
                   "SwinIR, %lld features, %d layers, windows of %lld", (long long)first.channels,
                   layers, (long long)side);
    const struct seam_map y = seam_swin_tail(a, swin_body(a, first, &how, layers), x);
    seam_map_output(a, seam_swin_shift(a, seam_map_scale(a, y, 1 / white), 1));
}

const struct seam_arch seam_arch_swinir = {
    .name = "SwinIR",
    .purpose = "restores",
    .recognise = swinir_recognise,
    .build = swinir_build,
};

/* ---- DRCT: five blocks, each of which sees what all before it made ---- */

static bool drct_recognise(const struct seam_weights *weights)
{
    return seam_weights_find(weights, "layers.0.swin1.attn.relative_position_bias_table") &&
           seam_weights_find(weights, "layers.0.adjust1.weight") &&
           seam_weights_find(weights, "conv_first.weight");
}

static struct seam_map drct_layer(struct seam_arch_work *a, struct seam_map x,
                                  const struct swin *how, int layer)
{
    struct seam_map made[5] = { x };
    char key[64];
    for (int i = 0;; i++) {
        snprintf(key, sizeof(key), "layers.%d.swin%d", layer, i + 1);
        const struct seam_map all = i ? seam_map_concat(a, made, (size_t)i + 1) : x;
        const struct seam_map y = seam_map_conv(a, swin_block(a, all, how, i % 2 == 1, key), NULL,
                                                "layers.%d.adjust%d", layer, i + 1);
        if (i == 4)
            return seam_map_add(a, seam_map_scale(a, y, 0.2f), x);
        made[i + 1] = seam_map_leaky(a, y, 0.2f);
    }
}

static void drct_build(struct seam_arch_work *a)
{
    const int layers = seam_weights_span(a->weights, "layers.", ".swin1.norm1.weight", 0);
    const int64_t side = seam_arch_window(a, "layers.0.swin1.attn");
    struct swin how = { .plain.side = side, .shifted = { .side = side, .shift = side / 2 } };
    const struct seam_map input = seam_map_input(a, seam_arch_size(a, 1, "conv_first.weight"));
    const struct seam_map x = seam_swin_shift(a, input, -1);
    how.shifted.mask = seam_map_window_mask(a, x, &how.shifted);
    const struct seam_map first = seam_map_conv(a, x, NULL, "conv_first");
    seam_build_say(&a->build, "seamless.architecture",
                   "DRCT, %lld features, %d layers, windows of %lld", (long long)first.channels,
                   layers, (long long)side);
    struct seam_map y = first;
    if (seam_arch_has(a, "patch_embed.norm.weight"))
        y = seam_map_layer_norm(a, y, 1e-5f, "patch_embed.norm");
    for (int i = 0; i < layers; i++)
        y = drct_layer(a, y, &how, i);
    y = seam_swin_conv(a, seam_map_layer_norm(a, y, 1e-5f, "norm"), "conv_after_body");
    seam_map_output(a, seam_swin_shift(a, seam_swin_tail(a, seam_map_add(a, y, first), x), 1));
}

const struct seam_arch seam_arch_drct = {
    .name = "DRCT",
    .purpose = "enlarges",
    .recognise = drct_recognise,
    .build = drct_build,
};
