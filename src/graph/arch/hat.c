/* HAT: windows, and beside them channels that are weighed by their means over the whole picture;
 * each layer ends with windows that attend to what lies around them, too. */
#include <stdio.h>

#include "base/common.h"
#include "graph/arch/family.h"
#include "graph/arch/swin.h"

#define GROUP "layers.%d.residual_group."

/* What of the weighed channels is added: no weight tells it. */
#define PART 0.01f

static const struct seam_window_keys within = { "norm1", "attn.qkv", "attn.proj",
                                                "norm2", "mlp.fc1", "mlp.fc2" };
static const struct seam_window_keys beyond = { "norm1", "qkv", "proj",
                                                "norm2", "mlp.fc1", "mlp.fc2" };

static bool hat_recognise(const struct seam_weights *weights)
{
    return seam_weights_find(weights, "layers.0.residual_group.blocks.0.conv_block.cab.0.weight") &&
           seam_weights_find(
               weights, "layers.0.residual_group.overlap_attn.relative_position_bias_table") &&
           seam_weights_find(weights, "conv_first.weight");
}

static struct seam_map weighed(struct seam_arch_work *a, struct seam_map x, const char *key)
{
    struct seam_map y = seam_map_gelu(a, seam_map_conv(a, x, NULL, "%s.cab.0", key));
    y = seam_map_conv(a, y, NULL, "%s.cab.2", key);
    struct seam_map weights =
        seam_map_conv(a, seam_map_mean(a, y), NULL, "%s.cab.3.attention.1", key);
    weights = seam_map_conv(a, seam_map_relu(a, weights), NULL, "%s.cab.3.attention.3", key);
    return seam_map_mul(a, y, seam_map_sigmoid(a, weights));
}

static struct seam_map hat_block(struct seam_arch_work *a, struct seam_map x,
                                 struct seam_windows windows, const char *key)
{
    char part[96];
    snprintf(part, sizeof(part), "%s.attn", key);
    seam_arch_window_heads(a, &windows, part);
    const struct seam_map y = seam_map_layer_norm(a, x, 1e-5f, "%s.norm1", key);
    snprintf(part, sizeof(part), "%s.conv_block", key);
    const struct seam_map beside = seam_map_scale(a, weighed(a, y, part), PART);
    x = seam_map_add(a, x, seam_map_window_values(a, y, &windows, &within, key));
    return seam_map_window_each(a, seam_map_add(a, x, beside), &within, key);
}

/* The bias of pixels around a window, in the order in which they are attended to. The table begins
 * at half a window too far, and goes round: so its authors count. */
static const char *bias_around(struct seam_arch_work *a, const struct seam_weight *w, int64_t side)
{
    const int64_t half = side / 2, wide = side + half, span = side + wide - 1, heads = w->dims[1];
    const int64_t n = side * side, keys = wide * wide, each = half * half, all = span * span;
    const float *const table = seam_weight_floats(a->weights, w);
    float *const bias = seam_arena_alloc(&a->weights->graph->arena, (size_t)(heads * n * keys),
                                         sizeof(*bias));
    if (!table || !bias)
        return seam_build_memory(&a->build);
    for (int64_t i = 0; i < heads * n * keys; i++) {
        const int64_t k = i % keys, q = i / keys % n, block = k / each;
        const int64_t y = block / 3 * half + k % each / half - q / side + side - wide + 1;
        const int64_t x = block % 3 * half + k % half - q % side + side - wide + 1;
        bias[i] = table[(y * span + x + all) % all * heads + i / keys / n];
    }
    return seam_build_floats(&a->build, NULL, bias, (const int64_t[]){ heads, n, keys }, 3);
}

static struct seam_map hat_around(struct seam_arch_work *a, struct seam_map x, int64_t side,
                                  const char *key)
{
    const int64_t wide = side + side / 2, span = side + wide - 1;
    const struct seam_weight *const w = seam_arch_take(
        a, 2, (const int64_t[]){ span * span, -1 }, "%s.relative_position_bias_table", key);
    if (!w || w->dims[1] < 1)
        return SEAM_NO_MAP;
    const struct seam_windows how = { .side = side, .heads = w->dims[1], .around = wide * wide,
                                      .bias = bias_around(a, w, side) };
    return seam_map_window_block(a, x, &how, &beyond, key);
}

static struct seam_map hat_layer(struct seam_arch_work *a, struct seam_map x,
                                 const struct seam_windows *windows, int layer)
{
    const struct seam_map before = x;
    char key[64];
    for (int k = 0; seam_arch_has(a, GROUP "blocks.%d.norm1.weight", layer, k) && k < 1000; k++) {
        snprintf(key, sizeof(key), GROUP "blocks.%d", layer, k);
        x = hat_block(a, x, windows[k % 2], key);
    }
    snprintf(key, sizeof(key), GROUP "overlap_attn", layer);
    x = hat_around(a, x, windows[0].side, key);
    snprintf(key, sizeof(key), "layers.%d.conv", layer);
    return seam_map_add(a, seam_swin_conv(a, x, key), before);
}

static void hat_build(struct seam_arch_work *a)
{
    const int layers =
        seam_weights_span(a->weights, "layers.", ".residual_group.blocks.0.norm1.weight", 0);
    const int64_t side = seam_arch_window(a, "layers.0.residual_group.blocks.0.attn");
    if (side % 4 != 0) {
        seam_arch_refuse(a, "has windows of %lld, which have no quarter", (long long)side);
        return;
    }
    struct seam_windows windows[2] = { { .side = side }, { .side = side, .shift = side / 2 } };
    const struct seam_map input = seam_map_input(a, seam_arch_size(a, 1, "conv_first.weight"));
    const struct seam_map x = seam_swin_shift(a, input, -1);
    windows[1].mask = seam_map_window_mask(a, x, &windows[1]);
    const struct seam_map first = seam_map_conv(a, x, NULL, "conv_first");
    seam_build_say(&a->build, "seamless.architecture",
                   "HAT, %lld features, %d layers, windows of %lld", (long long)first.channels,
                   layers, (long long)side);
    seam_arch_surplus(a, "relative_position_index_SA");
    seam_arch_surplus(a, "relative_position_index_OCA");
    struct seam_map y = first;
    if (seam_arch_has(a, "patch_embed.norm.weight"))
        y = seam_map_layer_norm(a, y, 1e-5f, "patch_embed.norm");
    for (int i = 0; i < layers; i++)
        y = hat_layer(a, y, windows, i);
    y = seam_swin_conv(a, seam_map_layer_norm(a, y, 1e-5f, "norm"), "conv_after_body");
    seam_map_output(a, seam_swin_shift(a, seam_swin_tail(a, seam_map_add(a, y, first), x), 1));
}

const struct seam_arch seam_arch_hat = {
    .name = "HAT",
    .purpose = "enlarges",
    .recognise = hat_recognise,
    .build = hat_build,
};
