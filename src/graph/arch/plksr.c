/* PLKSR and RealPLKSR: convolutions of 13 to 17 pixels over a part of the channels. */
#include "base/common.h"
#include "graph/arch/family.h"

static bool plksr_recognise(const struct seam_weights *weights)
{
    return seam_weights_find(weights, "feats.1.lk.conv.weight") &&
           seam_weights_find(weights, "feats.1.refine.weight");
}

/* The files of PLKSR spell it so. */
static const char *mixer_name(const struct seam_arch_work *a)
{
    return seam_arch_has(a, "feats.1.channe_mixer.0.weight") ? "channe_mixer" : "channel_mixer";
}

static struct seam_map plksr_block(struct seam_arch_work *a, struct seam_map x, int i, bool real)
{
    const char *const mixer = mixer_name(a);
    struct seam_map y = x;
    if (seam_arch_has(a, "feats.%d.layer_norm.weight", i))
        y = seam_map_layer_norm(a, y, 1e-6f, "feats.%d.layer_norm", i);
    y = seam_map_conv(a, y, NULL, "feats.%d.%s.0", i, mixer);
    y = real ? seam_map_mish(a, y) : seam_map_gelu(a, y);
    y = seam_map_conv(a, y, NULL, "feats.%d.%s.2", i, mixer);
    const int64_t part = seam_arch_size(a, 0, "feats.%d.lk.conv.weight", i);
    const struct seam_map near =
        seam_map_conv(a, seam_map_channels(a, y, 0, part), NULL, "feats.%d.lk.conv", i);
    y = part < y.channels
            ? seam_map_concat(a, SEAM_MAPS(near, seam_map_channels(a, y, part, y.channels)))
            : near;
    if (seam_arch_has(a, "feats.%d.attn.f.0.weight", i))
        y = seam_map_mul(a, y,
                         seam_map_sigmoid(a, seam_map_conv(a, y, NULL, "feats.%d.attn.f.0", i)));
    y = seam_map_conv(a, y, NULL, "feats.%d.refine", i);
    if (seam_arch_has(a, "feats.%d.norm.weight", i))
        y = seam_map_group_norm(a, y, 4, 1e-5f, "feats.%d.norm", i);
    return seam_map_add(a, y, x);
}

static void plksr_build(struct seam_arch_work *a)
{
    const bool real = seam_arch_has(a, "feats.1.channel_mixer.0.weight");
    const int blocks = seam_weights_span(a->weights, "feats.", ".refine.weight", 1) - 1;
    const struct seam_map input = seam_map_input(a, seam_arch_size(a, 1, "feats.0.weight"));
    struct seam_map x = seam_map_conv(a, input, NULL, "feats.0");
    const bool groups = seam_arch_has(a, "feats.1.norm.weight");
    seam_build_say(&a->build, "seamless.architecture", "%sPLKSR, %lld features, %d blocks",
                   real ? "Real" : "", (long long)x.channels, blocks);
    if (groups)
        seam_build_say(&a->build, "seamless.note",
                       "its norms are taken to be of 4 groups, as the weights do not tell");
    for (int i = 1; i <= blocks; i++)
        x = plksr_block(a, x, i, real);
    const int last = seam_arch_has(a, "feats.%d.weight", blocks + 2) ? blocks + 2 : blocks + 1;
    x = seam_map_conv(a, x, NULL, "feats.%d", last);
    int64_t colours = 0;
    const int64_t r = seam_arch_factor(a, x.channels, input.channels, &colours);
    if (seam_arch_has(a, "to_img.init_pos"))
        x = seam_map_dysample(a, seam_map_add(a, x, seam_map_repeat(a, input, r * r)), r, "to_img");
    else
        x = seam_map_add(a, seam_map_shuffle(a, x, r), seam_map_resize(a, input, "nearest", r));
    seam_map_output(a, x);
}

const struct seam_arch seam_arch_plksr = {
    .name = "RealPLKSR",
    .purpose = "enlarges, or restores at the same size",
    .recognise = plksr_recognise,
    .build = plksr_build,
};
