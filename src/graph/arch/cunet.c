/*
 * Two U-Nets that add nothing at the border: Real-CUGAN, and the cunet and upcunet of nunif's
 * waifu2x, which have the same weights and clamp.
 */
#include <string.h>

#include "graph/arch/family.h"

static const struct seam_conv valid = { .valid = true }, half = { .valid = true, .stride = 2 };

static bool cunet_recognise(const struct seam_weights *weights)
{
    return seam_weights_find(weights, "unet1.conv1.conv.0.weight") &&
           seam_weights_find(weights, "unet2.conv5.weight");
}

static struct seam_map leaky(struct seam_arch_work *a, struct seam_map x)
{
    return seam_map_leaky(a, x, 0.1f);
}

/* Two convolutions and, where it is there, a weight for each channel by its mean over the
 * picture. */
static struct seam_map pair(struct seam_arch_work *a, struct seam_map x, const char *key)
{
    x = leaky(a, seam_map_conv(a, x, &valid, "%s.conv.0", key));
    x = leaky(a, seam_map_conv(a, x, &valid, "%s.conv.2", key));
    if (!seam_arch_has(a, "%s.seblock.conv1.weight", key))
        return x;
    struct seam_map y =
        seam_map_relu(a, seam_map_conv(a, seam_map_mean(a, x), &valid, "%s.seblock.conv1", key));
    y = seam_map_sigmoid(a, seam_map_conv(a, y, &valid, "%s.seblock.conv2", key));
    return seam_map_mul(a, x, y);
}

/* 64 channels of the last layer; where they are enlarged, by a transposed convolution. */
static struct seam_map bottom(struct seam_arch_work *a, struct seam_map x, const char *key)
{
    switch (seam_arch_size(a, 2, "%s.weight", key)) {
    case 4: return seam_map_deconv(a, x, 2, 3, "%s", key);
    case 5: return seam_map_deconv(a, x, 3, 2, "%s", key);
    default: return seam_map_conv(a, x, &valid, "%s", key);
    }
}

static struct seam_map unet1(struct seam_arch_work *a, struct seam_map x)
{
    const struct seam_map x1 = pair(a, x, "unet1.conv1");
    struct seam_map x2 = leaky(a, seam_map_conv(a, x1, &half, "unet1.conv1_down"));
    x2 = pair(a, x2, "unet1.conv2");
    x2 = leaky(a, seam_map_deconv(a, x2, 2, 0, "unet1.conv2_up"));
    x2 = seam_map_add(a, seam_map_crop(a, x1, 4), x2);
    return bottom(a, leaky(a, seam_map_conv(a, x2, &valid, "unet1.conv3")), "unet1.conv_bottom");
}

static struct seam_map unet2(struct seam_arch_work *a, struct seam_map x)
{
    const struct seam_map x1 = pair(a, x, "unet2.conv1");
    struct seam_map x2 = leaky(a, seam_map_conv(a, x1, &half, "unet2.conv1_down"));
    x2 = pair(a, x2, "unet2.conv2");
    struct seam_map x3 = leaky(a, seam_map_conv(a, x2, &half, "unet2.conv2_down"));
    x3 = pair(a, x3, "unet2.conv3");
    x3 = leaky(a, seam_map_deconv(a, x3, 2, 0, "unet2.conv3_up"));
    struct seam_map x4 = pair(a, seam_map_add(a, seam_map_crop(a, x2, 4), x3), "unet2.conv4");
    x4 = leaky(a, seam_map_deconv(a, x4, 2, 0, "unet2.conv4_up"));
    const struct seam_map x5 = leaky(
        a, seam_map_conv(a, seam_map_add(a, seam_map_crop(a, x1, 16), x4), &valid, "unet2.conv5"));
    return bottom(a, x5, "unet2.conv_bottom");
}

static struct seam_map clamp(struct seam_arch_work *a, struct seam_map x)
{
    if (seam_arch_failed(a))
        return x;
    const char *const low = seam_build_scalar(&a->build, 0);
    const char *const high = seam_build_scalar(&a->build, 1);
    return (struct seam_map){ seam_build_node(&a->build, "Clip", x.name, low, high), x.channels };
}

/* 4x: pixels of pixels, and the network makes what is to be added to the enlarged picture. */
static struct seam_map four(struct seam_arch_work *a, struct seam_map x, struct seam_map input)
{
    x = seam_map_shuffle(a, seam_map_crop(a, seam_map_conv(a, x, &valid, "conv_final"), 1), 2);
    return seam_map_add(a, x, seam_map_resize(a, seam_map_crop(a, input, 19), "nearest", 4));
}

static void cunet_build(struct seam_arch_work *a)
{
    const char *const nunif = seam_weights_metadata(a->weights, "nunif.name");
    const char *const no_clip = seam_weights_metadata(a->weights, "nunif.kwargs.no_clip");
    const bool clips = nunif && !(no_clip && strcmp(no_clip, "1") == 0),
               pro = seam_arch_has(a, "pro");
    const bool final = seam_arch_has(a, "conv_final.weight");
    struct seam_map input = seam_map_input(a, seam_arch_size(a, 1, "unet1.conv1.conv.0.weight"));
    seam_build_say(&a->build, "seamless.architecture", "%s%s", nunif ? nunif : "Real-CUGAN",
                   pro ? " pro" : "");
    seam_arch_surplus(a, "pro");
    if (pro)
        input = seam_map_shift(a, seam_map_scale(a, input, 0.7f), 0.15f);
    struct seam_map x = unet1(a, input);
    if (clips)
        x = clamp(a, x);
    x = seam_map_add(a, unet2(a, x), seam_map_crop(a, x, 20));
    if (final)
        x = four(a, x, input);
    if (pro)
        x = seam_map_scale(a, seam_map_shift(a, x, -0.15f), 1 / 0.7f);
    seam_map_output(a, nunif ? clamp(a, x) : x);
}

const struct seam_arch seam_arch_cunet = {
    .name = "Real-CUGAN",
    .purpose = "enlarges or cleans drawings",
    .recognise = cunet_recognise,
    .build = cunet_build,
};

/* ---- nunif's waifu2x without a U-Net: convolutions in a row ---- */

static bool waifu2x_recognise(const struct seam_weights *weights)
{
    const struct seam_weight *last = seam_weights_find(weights, "net.12.weight");
    return seam_weights_find(weights, "net.0.weight") && last && last->rank == 4 &&
           !seam_weights_find(weights, "net.14.weight");
}

static void waifu2x_build(struct seam_arch_work *a)
{
    const bool enlarges = seam_arch_size(a, 2, "net.12.weight") == 4;
    struct seam_map x = seam_map_input(a, seam_arch_size(a, 1, "net.0.weight"));
    seam_build_say(&a->build, "seamless.architecture", "waifu2x %s",
                   enlarges ? "upconv_7" : "vgg_7");
    for (int i = 0; i < 12; i += 2)
        x = leaky(a, seam_map_conv(a, x, &valid, "net.%d", i));
    x = enlarges ? seam_map_deconv(a, x, 2, 3, "net.12") : seam_map_conv(a, x, &valid, "net.12");
    seam_map_output(a, clamp(a, x));
}

const struct seam_arch seam_arch_waifu2x = {
    .name = "waifu2x",
    .purpose = "enlarges or cleans drawings",
    .recognise = waifu2x_recognise,
    .build = waifu2x_build,
};
