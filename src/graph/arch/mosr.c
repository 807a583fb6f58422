/* MoSR: gated convolutions, the gate and the large kernels from one layer. */
#include "base/common.h"
#include "graph/arch/family.h"

static bool mosr_recognise(const struct seam_weights *weights)
{
    return seam_weights_find(weights, "gblocks.1.fc1.weight") &&
           seam_weights_find(weights, "gblocks.1.fc2.weight") &&
           seam_weights_find(weights, "shortcut.conv11.weight");
}

static struct seam_map mosr_block(struct seam_arch_work *a, struct seam_map x, int i)
{
    const int64_t hidden = seam_arch_size(a, 1, "gblocks.%d.fc2.weight", i);
    const int64_t wide = seam_arch_size(a, 0, "gblocks.%d.conv.weight", i);
    const struct seam_map all = seam_map_conv(
        a, seam_map_layer_norm(a, x, 1e-6f, "gblocks.%d.norm", i), NULL, "gblocks.%d.fc1", i);
    const struct seam_map gate = seam_map_mish(a, seam_map_channels(a, all, 0, hidden));
    struct seam_map y = seam_map_conv(a, seam_map_channels(a, all, 2 * hidden - wide, 2 * hidden),
                                      &(struct seam_conv){ .groups = -1 }, "gblocks.%d.conv", i);
    if (wide < hidden)
        y = seam_map_concat(a, SEAM_MAPS(seam_map_channels(a, all, hidden, 2 * hidden - wide), y));
    if (all.channels != 2 * hidden)
        seam_arch_refuse(a, "has %lld channels in gblocks.%d.fc1", (long long)all.channels, i);
    y = seam_map_mish(a, seam_map_conv(a, seam_map_mul(a, gate, y), NULL, "gblocks.%d.fc2", i));
    return seam_map_add(a, y, seam_map_shift(a, x, -0.5f));
}

/* The mean of eight convolutions is one of the mean of their weights. */
static struct seam_map mean_of_eight(struct seam_arch_work *a, struct seam_map x, const char *key)
{
    struct seam_weight *w =
        seam_arch_take(a, 4, (const int64_t[]){ -1, x.channels, -1, -1 }, "%s.weight", key);
    struct seam_weight *bias = w ? seam_arch_take(a, 1, w->dims, "%s.bias", key) : NULL;
    const float *const from = bias ? seam_weight_floats(a->weights, w) : NULL;
    const float *const from_bias = from ? seam_weight_floats(a->weights, bias) : NULL;
    if (!from_bias)
        return SEAM_NO_MAP;
    const int64_t out = w->dims[0] / 8, each = w->dims[1] * w->dims[2] * w->dims[3];
    if (w->dims[0] % 8 != 0 || w->dims[2] != w->dims[3])
        return seam_arch_refuse(a, "has %lld channels in %s", (long long)w->dims[0], key),
               SEAM_NO_MAP;
    float *to =
        seam_arena_alloc(&a->weights->graph->arena, (size_t)(out * each + out), sizeof(*to));
    if (!to)
        return seam_build_memory(&a->build), SEAM_NO_MAP;
    for (int64_t i = 0; i < out * each; i++) {
        double sum = 0;
        for (int64_t k = 0; k < 8; k++)
            sum += (double)from[k * out * each + i];
        to[i] = (float)(sum / 8);
    }
    for (int64_t i = 0; i < out; i++) {
        double sum = 0;
        for (int64_t k = 0; k < 8; k++)
            sum += (double)from_bias[k * out + i];
        to[out * each + i] = (float)(sum / 8);
    }
    return seam_map_made_conv(a, x, to, to + out * each, out, w->dims[2]);
}

static struct seam_map mosr_tail(struct seam_arch_work *a, struct seam_map x, int64_t colours_in)
{
    int64_t colours = 0;
    if (seam_arch_has(a, "upsampler.init_pos")) {
        const int64_t r =
            seam_arch_factor(a, seam_arch_size(a, 0, "upsampler.offset.weight") / 8, 1, &colours);
        return seam_map_dysample(a, x, r, "upsampler");
    }
    /* At 1x a convolution alone. */
    if (seam_arch_has(a, "upsampler.weight"))
        return seam_map_conv(a, x, NULL, "upsampler");
    if (seam_arch_has(a, "upsampler.in_to_k.weight"))
        x = mean_of_eight(a, x, "upsampler.in_to_k");
    else
        x = seam_map_conv(a, x, NULL, "upsampler.0");
    return seam_map_shuffle(a, x, seam_arch_factor(a, x.channels, colours_in, &colours));
}

static void mosr_build(struct seam_arch_work *a)
{
    const int blocks = seam_weights_span(a->weights, "gblocks.", ".fc1.weight", 1) - 1;
    const struct seam_map input = seam_map_input(a, seam_arch_size(a, 1, "gblocks.0.weight"));
    struct seam_map x = seam_map_conv(a, input, NULL, "gblocks.0");
    seam_build_say(&a->build, "seamless.architecture", "MoSR, %lld features, %d blocks",
                   (long long)x.channels, blocks);
    for (int i = 1; i <= blocks; i++)
        x = mosr_block(a, x, i);
    x = seam_map_mish(a, seam_map_conv(a, x, NULL, "gblocks.%d", blocks + 1));
    x = seam_map_mish(a, seam_map_conv(a, x, NULL, "gblocks.%d", blocks + 3));
    x = seam_map_conv(a, x, NULL, "gblocks.%d", blocks + 5);
    struct seam_map y = seam_map_mish(a, seam_map_conv(a, input, NULL, "shortcut.block.0"));
    y = seam_map_mish(a, seam_map_conv(a, y, NULL, "shortcut.block.2"));
    y = seam_map_add(a, y, seam_map_conv(a, input, NULL, "shortcut.conv11"));
    seam_map_output(a,
                    mosr_tail(a, seam_map_add(a, x, seam_map_shift(a, y, -0.5f)), input.channels));
}

const struct seam_arch seam_arch_mosr = {
    .name = "MoSR",
    .purpose = "enlarges",
    .recognise = mosr_recognise,
    .build = mosr_build,
};
