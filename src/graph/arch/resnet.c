/* Plain residual blocks: EDSR, MSRResNet (SRResNet) in three spellings, Swift-SRGAN. */
#include <stdio.h>

#include "base/common.h"
#include "graph/arch/family.h"

/* The factor of an enlargement that makes `channels` of `features`: 2 or 3. */
static int64_t step_factor(struct seam_map x, int64_t features)
{
    return features > 0 && x.channels == 9 * features ? 3 : 2;
}

static struct seam_map residual(struct seam_arch_work *a, struct seam_map x, const char *key, int i,
                                float scale)
{
    const struct seam_map y = seam_map_relu(a, seam_map_conv(a, x, NULL, "%s.%d.conv1", key, i));
    return seam_map_add(a, x,
                        seam_map_scale(a, seam_map_conv(a, y, NULL, "%s.%d.conv2", key, i), scale));
}

/* ---- EDSR, as BasicSR has it ---- */

float seam_arch_edsr_part(struct seam_arch_work *a, int64_t features)
{
    if (features < 256)
        return 1;
    seam_build_say(&a->build, "seamless.note",
                   "its blocks are taken to add a tenth of what they make, as large EDSRs do");
    return 0.1f;
}

static bool edsr_recognise(const struct seam_weights *weights)
{
    return seam_weights_find(weights, "body.0.conv1.weight") &&
           seam_weights_find(weights, "conv_after_body.weight") &&
           seam_weights_find(weights, "upsample.0.weight");
}

static struct seam_map mean_of_div2k(struct seam_arch_work *a, struct seam_map x, const char *op)
{
    static const float mean[] = { 0.4488f, 0.4371f, 0.4040f };
    if (x.channels != 3 || seam_arch_failed(a))
        return x;
    return seam_map_with(a, x, op,
                         seam_build_floats(&a->build, NULL, mean, (const int64_t[]){ 3, 1, 1 }, 3));
}

static void edsr_build(struct seam_arch_work *a)
{
    const int blocks = seam_weights_span(a->weights, "body.", ".conv1.weight", 0);
    const struct seam_map input = seam_map_input(a, seam_arch_size(a, 1, "conv_first.weight"));
    struct seam_map x = seam_map_scale(a, mean_of_div2k(a, input, "Sub"), 255);
    const struct seam_map first = seam_map_conv(a, x, NULL, "conv_first");
    seam_build_say(&a->build, "seamless.architecture", "EDSR, %lld features, %d blocks",
                   (long long)first.channels, blocks);
    const float part = seam_arch_edsr_part(a, first.channels);
    x = first;
    for (int i = 0; i < blocks; i++)
        x = residual(a, x, "body", i, part);
    x = seam_map_add(a, seam_map_conv(a, x, NULL, "conv_after_body"), first);
    for (int i = 0; seam_arch_has(a, "upsample.%d.weight", i); i += 2) {
        x = seam_map_conv(a, x, NULL, "upsample.%d", i);
        x = seam_map_shuffle(a, x, step_factor(x, first.channels));
    }
    x = seam_map_scale(a, seam_map_conv(a, x, NULL, "conv_last"), 1 / 255.0f);
    seam_map_output(a, mean_of_div2k(a, x, "Add"));
}

const struct seam_arch seam_arch_edsr = {
    .name = "EDSR",
    .purpose = "enlarges",
    .recognise = edsr_recognise,
    .build = edsr_build,
};

/* ---- MSRResNet: upon the enlarged picture ---- */

static bool msrresnet_recognise(const struct seam_weights *weights)
{
    return seam_weights_find(weights, "upconv1.weight") &&
           ((seam_weights_find(weights, "recon_trunk.0.conv1.weight") &&
             seam_weights_find(weights, "HRconv.weight")) ||
            (seam_weights_find(weights, "body.0.conv1.weight") &&
             seam_weights_find(weights, "conv_hr.weight")));
}

static void msrresnet_build(struct seam_arch_work *a)
{
    const bool kair = seam_arch_has(a, "HRconv.weight");
    const char *const body = kair ? "recon_trunk" : "body";
    const int blocks =
        seam_weights_span(a->weights, kair ? "recon_trunk." : "body.", ".conv1.weight", 0);
    const struct seam_map input = seam_map_input(a, seam_arch_size(a, 1, "conv_first.weight"));
    struct seam_map x = seam_map_leaky(a, seam_map_conv(a, input, NULL, "conv_first"), 0.1f);
    const int64_t features = x.channels;
    int64_t scale = 1;
    seam_build_say(&a->build, "seamless.architecture", "MSRResNet, %lld features, %d blocks",
                   (long long)features, blocks);
    for (int i = 0; i < blocks; i++)
        x = residual(a, x, body, i, 1);
    for (int i = 1; seam_arch_has(a, "upconv%d.weight", i) && i < 8; i++) {
        x = seam_map_conv(a, x, NULL, "upconv%d", i);
        const int64_t r = step_factor(x, features);
        x = seam_map_leaky(a, seam_map_shuffle(a, x, r), 0.1f);
        scale *= r;
    }
    x = seam_map_leaky(a, seam_map_conv(a, x, NULL, "%s", kair ? "HRconv" : "conv_hr"), 0.1f);
    x = seam_map_conv(a, x, NULL, "conv_last");
    seam_map_output(a, seam_map_add(a, x, seam_map_resize(a, input, "linear", scale)));
}

const struct seam_arch seam_arch_msrresnet = {
    .name = "MSRResNet",
    .purpose = "enlarges",
    .recognise = msrresnet_recognise,
    .build = msrresnet_build,
};

/* ---- SRResNet in one sequence, as KAIR has it ---- */

static bool srresnet_recognise(const struct seam_weights *weights)
{
    return seam_weights_find(weights, "model.1.sub.0.res.0.weight") != NULL;
}

static struct seam_map srresnet_tail(struct seam_arch_work *a, struct seam_map x, int64_t features)
{
    int i = 2;
    /* Convolutions that make pixels, */
    while (seam_arch_size(a, 0, "model.%d.weight", i) >= 4 * features && i < 100) {
        x = seam_map_conv(a, x, NULL, "model.%d", i);
        x = seam_map_relu(a, seam_map_shuffle(a, x, step_factor(x, features)));
        i += 3;
    }
    /* or enlargements before convolutions, after which the numbers of the sequence go on by one. */
    const bool alone = !seam_arch_has(a, "model.%d.weight", i + 4) ||
                       seam_arch_has(a, "model.%d.weight", i + 3);
    while (!seam_arch_has(a, "model.%d.weight", i) && seam_arch_has(a, "model.%d.weight", i + 1) &&
           i < 100) {
        x = seam_map_resize(a, x, "nearest", alone ? seam_arch_unsure_factor(a) : 2);
        x = seam_map_relu(a, seam_map_conv(a, x, NULL, "model.%d", i + 1));
        i += 3;
    }
    x = seam_map_relu(a, seam_map_conv(a, x, NULL, "model.%d", i));
    return seam_map_conv(a, x, NULL, "model.%d", i + 2);
}

static void srresnet_build(struct seam_arch_work *a)
{
    const int blocks = seam_weights_span(a->weights, "model.1.sub.", ".res.0.weight", 0);
    const struct seam_map input = seam_map_input(a, seam_arch_size(a, 1, "model.0.weight"));
    const struct seam_map first = seam_map_conv(a, input, NULL, "model.0");
    struct seam_map x = first;
    seam_build_say(&a->build, "seamless.architecture", "SRResNet, %lld features, %d blocks",
                   (long long)x.channels, blocks);
    for (int i = 0; i < blocks; i++) {
        const struct seam_map y =
            seam_map_relu(a, seam_map_conv(a, x, NULL, "model.1.sub.%d.res.0", i));
        x = seam_map_add(a, x, seam_map_conv(a, y, NULL, "model.1.sub.%d.res.2", i));
    }
    x = seam_map_add(a, first, seam_map_conv(a, x, NULL, "model.1.sub.%d", blocks));
    seam_map_output(a, srresnet_tail(a, x, first.channels));
}

const struct seam_arch seam_arch_srresnet = {
    .name = "SRResNet",
    .purpose = "enlarges",
    .recognise = srresnet_recognise,
    .build = srresnet_build,
};

/* ---- Swift-SRGAN: each convolution is one per channel and one per pixel ---- */

static bool swift_recognise(const struct seam_weights *weights)
{
    return seam_weights_find(weights, "initial.cnn.depthwise.weight") &&
           seam_weights_find(weights, "final_conv.pointwise.weight");
}

static struct seam_map separable(struct seam_arch_work *a, struct seam_map x, const char *key)
{
    x = seam_map_conv(a, x, &(struct seam_conv){ .groups = -1 }, "%s.depthwise", key);
    return seam_map_conv(a, x, NULL, "%s.pointwise", key);
}

/* And the norm and the slopes that belong to it, where they are there. */
static struct seam_map swift_conv(struct seam_arch_work *a, struct seam_map x, const char *key)
{
    char cnn[96];
    snprintf(cnn, sizeof(cnn), "%s.cnn", key);
    x = separable(a, x, cnn);
    if (seam_arch_has(a, "%s.bn.running_var", key))
        x = seam_map_batch_norm(a, x, "%s.bn", key);
    return x;
}

static void swift_build(struct seam_arch_work *a)
{
    const int blocks =
        seam_weights_span(a->weights, "residual.", ".block1.cnn.depthwise.weight", 0);
    char key[96];
    struct seam_map x = seam_map_input(a, seam_arch_size(a, 0, "initial.cnn.depthwise.weight"));
    const struct seam_map first = seam_map_prelu(a, swift_conv(a, x, "initial"), "initial.act");
    x = first;
    seam_build_say(&a->build, "seamless.architecture", "Swift-SRGAN, %lld features, %d blocks",
                   (long long)x.channels, blocks);
    for (int i = 0; i < blocks; i++) {
        snprintf(key, sizeof(key), "residual.%d.block1", i);
        struct seam_map y = seam_map_prelu(a, swift_conv(a, x, key), "%s.act", key);
        snprintf(key, sizeof(key), "residual.%d.block2", i);
        y = swift_conv(a, y, key);
        /* It has slopes that the forward pass leaves out. */
        seam_arch_surplus(a, "%s.act.weight", key);
        x = seam_map_add(a, y, x);
    }
    x = seam_map_add(a, swift_conv(a, x, "convblock"), first);
    seam_arch_surplus(a, "convblock.act.weight");
    for (int i = 0; seam_arch_has(a, "upsampler.%d.conv.depthwise.weight", i) && i < 8; i++) {
        snprintf(key, sizeof(key), "upsampler.%d.conv", i);
        x = seam_map_shuffle(a, separable(a, x, key), 2);
        x = seam_map_prelu(a, x, "upsampler.%d.act", i);
    }
    x = seam_map_unary(a, separable(a, x, "final_conv"), "Tanh");
    seam_map_output(a, seam_map_scale(a, seam_map_shift(a, x, 1), 0.5f));
}

const struct seam_arch seam_arch_swift = {
    .name = "Swift-SRGAN",
    .purpose = "enlarges",
    .recognise = swift_recognise,
    .build = swift_build,
};
