/* Small networks for speed: IMDN, RFDN, RLFN. */
#include <stdio.h>

#include "base/common.h"
#include "graph/arch/family.h"

static struct seam_map leaky(struct seam_arch_work *a, struct seam_map x)
{
    return seam_map_leaky(a, x, 0.05f);
}

static struct seam_map to_pixels(struct seam_arch_work *a, struct seam_map x, int64_t colours_in)
{
    int64_t colours = 0;
    return seam_map_shuffle(a, x, seam_arch_factor(a, x.channels, colours_in, &colours));
}

/* ---- IMDN, as KAIR has it ---- */

static bool imdn_recognise(const struct seam_weights *weights)
{
    size_t n;
    return seam_weights_prefix(weights, "model.1.sub.0.conv1x1.", &n) &&
           seam_weights_prefix(weights, "model.1.sub.0.conv4", &n);
}

/* A convolution that stands alone or at the head of a sequence. */
static struct seam_map imdn_conv(struct seam_arch_work *a, struct seam_map x, int i,
                                 const char *part)
{
    return seam_arch_has(a, "model.1.sub.%d.%s.0.weight", i, part)
               ? seam_map_conv(a, x, NULL, "model.1.sub.%d.%s.0", i, part)
               : seam_map_conv(a, x, NULL, "model.1.sub.%d.%s", i, part);
}

/* Part of what each convolution makes is kept, the rest goes on. */
static struct seam_map imdn_block(struct seam_arch_work *a, struct seam_map x, int i)
{
    static const char *const names[] = { "conv1", "conv2", "conv3" };
    struct seam_map kept[4], y = x;
    const int64_t last = seam_arch_has(a, "model.1.sub.%d.conv4.0.weight", i)
                             ? seam_arch_size(a, 0, "model.1.sub.%d.conv4.0.weight", i)
                             : seam_arch_size(a, 0, "model.1.sub.%d.conv4.weight", i);
    for (int k = 0; k < 3; k++) {
        y = leaky(a, imdn_conv(a, y, i, names[k]));
        kept[k] = seam_map_channels(a, y, 0, last);
        y = seam_map_channels(a, y, last, y.channels);
    }
    kept[3] = imdn_conv(a, y, i, "conv4");
    return seam_map_add(a, x, imdn_conv(a, seam_map_concat(a, kept, 4), i, "conv1x1"));
}

static void imdn_build(struct seam_arch_work *a)
{
    const int blocks = seam_weights_span(a->weights, "model.1.sub.", ".conv1x1.", 0);
    const struct seam_map input = seam_map_input(a, seam_arch_size(a, 1, "model.0.weight"));
    const struct seam_map first = seam_map_conv(a, input, NULL, "model.0");
    struct seam_map x = first;
    seam_build_say(&a->build, "seamless.architecture", "IMDN, %lld features, %d blocks",
                   (long long)x.channels, blocks);
    for (int i = 0; i < blocks; i++)
        x = imdn_block(a, x, i);
    x = seam_map_add(a, first, seam_map_conv(a, x, NULL, "model.1.sub.%d", blocks));
    seam_map_output(a, to_pixels(a, seam_map_conv(a, x, NULL, "model.2"), input.channels));
}

const struct seam_arch seam_arch_imdn = {
    .name = "IMDN",
    .purpose = "enlarges",
    .recognise = imdn_recognise,
    .build = imdn_build,
};

/* ---- attention over a wide field, in RFDN and RLFN ---- */

static struct seam_map attention(struct seam_arch_work *a, struct seam_map x, const char *key)
{
    const struct seam_map narrow = seam_map_conv(a, x, NULL, "%s.conv1", key);
    struct seam_map y = seam_map_conv(a, narrow, &(struct seam_conv){ .valid = true, .stride = 2 },
                                      "%s.conv2", key);
    y = seam_map_max_pool(a, y, 7, 3);
    const bool deep = seam_arch_has(a, "%s.conv_max.weight", key);
    if (deep)
        y = seam_map_relu(a, seam_map_conv(a, y, NULL, "%s.conv_max", key));
    y = seam_map_conv(a, y, NULL, "%s.conv3", key);
    if (deep)
        y = seam_map_conv(a, seam_map_relu(a, y), NULL, "%s.conv3_", key);
    y = seam_map_resize_as(a, y, x, "linear");
    y = seam_map_add(a, y, seam_map_conv(a, narrow, NULL, "%s.conv_f", key));
    return seam_map_mul(a, x, seam_map_sigmoid(a, seam_map_conv(a, y, NULL, "%s.conv4", key)));
}

static bool rlfn_recognise(const struct seam_weights *weights)
{
    return seam_weights_find(weights, "block_1.esa.conv_f.weight") &&
           seam_weights_find(weights, "block_1.c5.weight");
}

static struct seam_map rlfn_block(struct seam_arch_work *a, struct seam_map x, int i)
{
    char key[32];
    struct seam_map y = leaky(a, seam_map_conv(a, x, NULL, "block_%d.c1_r", i));
    y = leaky(a, seam_map_conv(a, y, NULL, "block_%d.c2_r", i));
    y = leaky(a, seam_map_conv(a, y, NULL, "block_%d.c3_r", i));
    snprintf(key, sizeof(key), "block_%d.esa", i);
    return attention(a, seam_map_conv(a, seam_map_add(a, y, x), NULL, "block_%d.c5", i), key);
}

static void say_range(struct seam_arch_work *a)
{
    seam_build_say(&a->build, "seamless.range", "0..255");
    seam_build_say(&a->build, "seamless.note",
                   "its weights do not tell the range of values: 0..255, as such networks are "
                   "trained, unless --range says another");
}

static void rlfn_build(struct seam_arch_work *a)
{
    const int blocks = seam_weights_span(a->weights, "block_", ".c1_r.weight", 1) - 1;
    const struct seam_map input = seam_map_input(a, seam_arch_size(a, 1, "conv_1.weight"));
    const struct seam_map first = seam_map_conv(a, input, NULL, "conv_1");
    struct seam_map x = first;
    seam_build_say(&a->build, "seamless.architecture", "RLFN, %lld features, %d blocks",
                   (long long)x.channels, blocks);
    say_range(a);
    for (int i = 1; i <= blocks; i++)
        x = rlfn_block(a, x, i);
    x = seam_map_add(a, seam_map_conv(a, x, NULL, "conv_2"), first);
    seam_map_output(a, to_pixels(a, seam_map_conv(a, x, NULL, "upsampler.0"), input.channels));
}

const struct seam_arch seam_arch_rlfn = {
    .name = "RLFN",
    .purpose = "enlarges",
    .recognise = rlfn_recognise,
    .build = rlfn_build,
};

static bool rfdn_recognise(const struct seam_weights *weights)
{
    return seam_weights_find(weights, "B1.esa.conv_max.weight") &&
           seam_weights_find(weights, "B1.c1_d.weight");
}

static struct seam_map rfdn_block(struct seam_arch_work *a, struct seam_map x, int i)
{
    struct seam_map kept[4], y = x;
    char key[32];
    for (int k = 1; k <= 3; k++) {
        kept[k - 1] = leaky(a, seam_map_conv(a, y, NULL, "B%d.c%d_d", i, k));
        y = leaky(a, seam_map_add(a, seam_map_conv(a, y, NULL, "B%d.c%d_r", i, k), y));
    }
    kept[3] = leaky(a, seam_map_conv(a, y, NULL, "B%d.c4", i));
    snprintf(key, sizeof(key), "B%d.esa", i);
    return attention(a, seam_map_conv(a, seam_map_concat(a, kept, 4), NULL, "B%d.c5", i), key);
}

static void rfdn_build(struct seam_arch_work *a)
{
    const int blocks = (int)seam_min(seam_weights_span(a->weights, "B", ".c5.weight", 1) - 1, 32);
    const struct seam_map input = seam_map_input(a, seam_arch_size(a, 1, "fea_conv.weight"));
    const struct seam_map first = seam_map_conv(a, input, NULL, "fea_conv");
    struct seam_map x = first, all[32];
    seam_build_say(&a->build, "seamless.architecture", "RFDN, %lld features, %d blocks",
                   (long long)x.channels, blocks);
    for (int i = 1; i <= blocks; i++)
        all[i - 1] = x = rfdn_block(a, x, i);
    x = leaky(a, seam_map_conv(a, seam_map_concat(a, all, (size_t)blocks), NULL, "c.0"));
    x = seam_map_add(a, seam_map_conv(a, x, NULL, "LR_conv"), first);
    seam_map_output(a, to_pixels(a, seam_map_conv(a, x, NULL, "upsampler.0"), input.channels));
}

const struct seam_arch seam_arch_rfdn = {
    .name = "RFDN",
    .purpose = "enlarges",
    .recognise = rfdn_recognise,
    .build = rfdn_build,
};
