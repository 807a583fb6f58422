/* Networks that go down to an eighth of the picture and up again: DRUNet (noise), FBCNN (JPEG). */
#include <stdio.h>

#include "graph/arch/family.h"

static const struct seam_conv down = { .stride = 2 };

/* KEY.FIRST to KEY.LAST: x + convolution, ReLU, convolution. */
static struct seam_map residuals(struct seam_arch_work *a, struct seam_map x, const char *key,
                                 int first, int end)
{
    for (int i = first; i < end; i++) {
        const struct seam_map y =
            seam_map_relu(a, seam_map_conv(a, x, NULL, "%s.%d.res.0", key, i));
        x = seam_map_add(a, x, seam_map_conv(a, y, NULL, "%s.%d.res.2", key, i));
    }
    return x;
}

/* Three times: blocks, then a convolution of stride 2; what goes in is kept. */
static struct seam_map descend(struct seam_arch_work *a, struct seam_map x, int blocks,
                               struct seam_map kept[3])
{
    static const char *const keys[] = { "m_down1", "m_down2", "m_down3" };
    for (int i = 0; i < 3; i++) {
        kept[i] = x;
        x = residuals(a, x, keys[i], 0, blocks);
        x = seam_map_conv(a, x, &down, "%s.%d", keys[i], blocks);
    }
    return x;
}

static bool drunet_recognise(const struct seam_weights *weights)
{
    return seam_weights_find(weights, "m_head.weight") &&
           seam_weights_find(weights, "m_down1.0.res.0.weight") &&
           seam_weights_find(weights, "m_body.0.res.0.weight");
}

static void drunet_build(struct seam_arch_work *a)
{
    const int blocks = seam_weights_span(a->weights, "m_body.", ".res.0.weight", 0);
    const int64_t out = seam_arch_size(a, 0, "m_tail.weight"),
                  in = seam_arch_size(a, 1, "m_head.weight");
    struct seam_map kept[3], x = seam_map_input(a, out);
    if (in == out + 1) {
        x = seam_map_concat(a, SEAM_MAPS(x, seam_map_level(a, x, "sigma")));
        seam_arch_say_noise(a, SEAM_USUAL_NOISE);
    }
    x = seam_map_conv(a, x, NULL, "m_head");
    seam_build_say(&a->build, "seamless.architecture", "DRUNet, %lld features, %d blocks",
                   (long long)x.channels, blocks);
    x = descend(a, x, blocks, kept);
    const struct seam_map deepest = x;
    x = seam_map_add(a, residuals(a, x, "m_body", 0, blocks), deepest);
    for (int i = 3; i >= 1; i--) {
        static const char *const keys[] = { "", "m_up1", "m_up2", "m_up3" };
        x = seam_map_deconv(a, x, 2, 0, "%s.0", keys[i]);
        x = seam_map_add(a, residuals(a, x, keys[i], 1, blocks + 1), kept[i - 1]);
    }
    seam_map_output(a, seam_map_conv(a, x, NULL, "m_tail"));
}

const struct seam_arch seam_arch_drunet = {
    .name = "DRUNet",
    .purpose = "removes noise",
    .recognise = drunet_recognise,
    .build = drunet_build,
};

static bool fbcnn_recognise(const struct seam_weights *weights)
{
    return seam_weights_find(weights, "m_head.weight") &&
           seam_weights_find(weights, "qf_embed.0.weight");
}

/* Linear layers of one vector, each followed by a ReLU but for the last, which is followed by
 * `end`. */
static struct seam_map linears(struct seam_arch_work *a, struct seam_map x, const char *key,
                               int first, int last, const char *end)
{
    for (int i = first; i <= last; i += 2)
        x = seam_map_unary(a, seam_map_linear(a, x, "%s.%d", key, i), i < last ? "Relu" : end);
    return x;
}

/* Blocks whose change is steered by the quality that was found. */
static struct seam_map ascend(struct seam_arch_work *a, struct seam_map x, int i, int blocks,
                              struct seam_map quality)
{
    x = seam_map_deconv(a, x, 2, 0, "m_up%d.0", i);
    char key[32];
    snprintf(key, sizeof(key), "to_gamma_%d", i);
    const struct seam_map gamma = linears(a, quality, key, 0, 0, "Sigmoid");
    snprintf(key, sizeof(key), "to_beta_%d", i);
    const struct seam_map beta = linears(a, quality, key, 0, 0, "Tanh");
    for (int k = 1; k <= blocks; k++) {
        struct seam_map y = seam_map_relu(a, seam_map_conv(a, x, NULL, "m_up%d.%d.res.0", i, k));
        y = seam_map_conv(a, y, NULL, "m_up%d.%d.res.2", i, k);
        x = seam_map_add(a, x, seam_map_add(a, seam_map_mul(a, y, gamma), beta));
    }
    return x;
}

static void fbcnn_build(struct seam_arch_work *a)
{
    const int blocks = seam_weights_span(a->weights, "m_body_encoder.", ".res.0.weight", 0);
    struct seam_map kept[3], x = seam_map_input(a, seam_arch_size(a, 1, "m_head.weight"));
    x = seam_map_conv(a, x, NULL, "m_head");
    seam_build_say(&a->build, "seamless.architecture", "FBCNN, %lld features, %d blocks",
                   (long long)x.channels, blocks);
    x = descend(a, x, blocks, kept);
    const struct seam_map deepest = x;
    x = residuals(a, x, "m_body_encoder", 0, blocks);
    /* Behind the blocks stand the mean, a flattening, and three layers with ReLU between. */
    struct seam_map quality = seam_map_mean(a, residuals(a, x, "qf_pred", 0, blocks));
    quality = linears(a, quality, "qf_pred", blocks + 2, blocks + 6, "Sigmoid");
    quality = linears(a, quality, "qf_embed", 0, 4, "Relu");
    x = seam_map_add(a, residuals(a, x, "m_body_decoder", 0, blocks), deepest);
    for (int i = 3; i >= 1; i--)
        x = seam_map_add(a, ascend(a, x, i, blocks, quality), kept[i - 1]);
    seam_map_output(a, seam_map_conv(a, x, NULL, "m_tail"));
}

const struct seam_arch seam_arch_fbcnn = {
    .name = "FBCNN",
    .purpose = "removes the traces of JPEG",
    .recognise = fbcnn_recognise,
    .build = fbcnn_build,
};
