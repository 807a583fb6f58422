/* SCUNet: a U-Net whose blocks convolve one half of the channels, while pixels of windows attend to
 * each other in the other half. */
#include <stdio.h>

#include "base/common.h"
#include "graph/arch/family.h"

#define SIDE 8  /* of a window: the weights tell it, too */
#define LEVELS 3

static bool scunet_recognise(const struct seam_weights *weights)
{
    return seam_weights_find(weights, "m_head.0.weight") &&
           seam_weights_find(weights, "m_body.0.trans_block.msa.relative_position_params");
}

/* Windows of a level, for the blocks that are shifted and those that are not. */
struct level {
    struct seam_windows windows[2];
};

static struct level level_of(struct seam_arch_work *a, struct seam_map x)
{
    struct level level = { { { .side = SIDE }, { .side = SIDE, .shift = SIDE / 2 } } };
    level.windows[1].mask = seam_map_window_mask(a, x, &level.windows[1]);
    return level;
}

static struct seam_map half_that_attends(struct seam_arch_work *a, struct seam_map x,
                                         struct seam_windows windows, const char *key)
{
    static const struct seam_window_keys keys = { "ln1", "msa.embedding_layer", "msa.linear",
                                                  "ln2", "mlp.0", "mlp.2" };
    const int64_t span = 2 * SIDE - 1;
    char part[96];
    const struct seam_weight *const table = seam_arch_take(
        a, 3, (const int64_t[]){ -1, span, span }, "%s.trans_block.msa.relative_position_params",
        key);
    windows.heads = table ? table->dims[0] : 0;
    windows.bias = seam_arch_window_bias(a, table, &windows, true);
    snprintf(part, sizeof(part), "%s.trans_block", key);
    return seam_map_window_block(a, x, &windows, &keys, part);
}

static struct seam_map scunet_block(struct seam_arch_work *a, struct seam_map x,
                                    const struct seam_windows *windows, const char *key)
{
    const struct seam_map both = seam_map_conv(a, x, NULL, "%s.conv1_1", key);
    const int64_t half = both.channels / 2;
    const struct seam_map left = seam_map_channels(a, both, 0, half);
    struct seam_map y = seam_map_conv(a, left, NULL, "%s.conv_block.0", key);
    y = seam_map_conv(a, seam_map_relu(a, y), NULL, "%s.conv_block.2", key);
    y = seam_map_add(a, y, left);
    const struct seam_map right = half_that_attends(
        a, seam_map_channels(a, both, half, both.channels), *windows, key);
    y = seam_map_conv(a, seam_map_concat(a, SEAM_MAPS(y, right)), NULL, "%s.conv1_2", key);
    return seam_map_add(a, x, y);
}

/* Blocks KEY.*next on: each second one is shifted. *next is set to what follows them. */
static struct seam_map scunet_blocks(struct seam_arch_work *a, struct seam_map x,
                                     const struct level *level, const char *key, int *next)
{
    char block[64];
    for (int i = 0; i < 1000; i++, ++*next) {
        snprintf(block, sizeof(block), "%s.%d", key, *next);
        if (!seam_arch_has(a, "%s.conv1_1.weight", block))
            break;
        x = scunet_block(a, x, &level->windows[i % 2], block);
    }
    return x;
}

static void scunet_build(struct seam_arch_work *a)
{
    struct level levels[LEVELS];
    struct seam_map kept[LEVELS];
    char key[32];
    const struct seam_map input = seam_map_input(a, seam_arch_size(a, 1, "m_head.0.weight"));
    const struct seam_map head = seam_map_conv(a, input, NULL, "m_head.0");
    struct seam_map x = head;
    seam_build_say(&a->build, "seamless.architecture", "SCUNet, %lld features",
                   (long long)x.channels);
    for (int i = 0; i < LEVELS; i++) {
        int next = 0;
        snprintf(key, sizeof(key), "m_down%d", i + 1);
        levels[i] = level_of(a, x);
        x = scunet_blocks(a, x, &levels[i], key, &next);
        kept[i] = x = seam_map_conv(a, x, &(struct seam_conv){ .stride = 2 }, "%s.%d", key, next);
    }
    const struct level lowest = level_of(a, x);
    x = scunet_blocks(a, x, &lowest, "m_body", &(int){ 0 });
    for (int i = LEVELS; i-- > 0;) {
        snprintf(key, sizeof(key), "m_up%d", i + 1);
        x = seam_map_deconv(a, seam_map_add(a, x, kept[i]), 2, 0, "%s.0", key);
        x = scunet_blocks(a, x, &levels[i], key, &(int){ 1 });
    }
    seam_map_output(a, seam_map_conv(a, seam_map_add(a, x, head), NULL, "m_tail.0"));
}

const struct seam_arch seam_arch_scunet = {
    .name = "SCUNet",
    .purpose = "removes noise",
    .recognise = scunet_recognise,
    .build = scunet_build,
};
