/*
 * ESRGAN, Real-ESRGAN, BSRGAN, RealSR: residual blocks of dense blocks, then nearest enlargements.
 * Three styles of names for the same weights; "ESRGAN+" adds two paths to each dense block.
 */
#include <stdio.h>
#include <string.h>

#include "base/common.h"
#include "graph/arch/family.h"

/* Styles of names; of the old one most are numbers in sequences. */
static const struct style {
    const char *first, *body, *dense, *trunk, *up, *hr;
} styles[] = {
    { "model.0", "model.1.sub.", ".RDB1.", NULL, NULL, NULL },
    { "conv_first", "body.", ".rdb1.", "conv_body", "conv_up", "conv_hr" },
    { "conv_first", "RRDB_trunk.", ".RDB1.", "trunk_conv", "upconv", "HRconv" },
};

#define OLD 0

static bool esrgan_recognise(const struct seam_weights *weights)
{
    return seam_weights_find(weights, "model.1.sub.0.RDB1.conv1.0.weight") ||
           seam_weights_find(weights, "body.0.rdb1.conv1.weight") ||
           seam_weights_find(weights, "RRDB_trunk.0.RDB1.conv1.weight");
}

/* The name of a convolution of dense block j of block i: "1" to "5", or "1x1". */
static const char *dense_key(char key[static 96], int style, int i, int j, const char *conv)
{
    if (style == OLD)
        snprintf(key, 96, "model.1.sub.%d.RDB%d.conv%s%s", i, j, conv, conv[1] ? "" : ".0");
    else if (style == 1)
        snprintf(key, 96, "body.%d.rdb%d.conv%s", i, j, conv);
    else
        snprintf(key, 96, "RRDB_trunk.%d.RDB%d.conv%s", i, j, conv);
    return key;
}

static struct seam_map dense_block(struct seam_arch_work *a, struct seam_map x, int style, int i,
                                   int j)
{
    static const char *const names[] = { "1", "2", "3", "4", "5" };
    struct seam_map parts[5] = { x };
    char key[96], plus[96];
    /* All of them have the paths, or none. */
    const bool paths = seam_arch_has(a, "%s.weight", dense_key(plus, style, 0, 1, "1x1"));
    dense_key(plus, style, i, j, "1x1");
    for (int k = 1; k <= 4; k++) {
        const struct seam_map joined = seam_map_concat(a, parts, (size_t)k);
        struct seam_map y = seam_map_leaky(
            a, seam_map_conv(a, joined, NULL, "%s", dense_key(key, style, i, j, names[k - 1])),
            0.2f);
        if (paths && k == 2)
            y = seam_map_add(a, y, seam_map_conv(a, x, NULL, "%s", plus));
        else if (paths && k == 4)
            y = seam_map_add(a, y, parts[2]);
        parts[k] = y;
    }
    const struct seam_map y = seam_map_conv(a, seam_map_concat(a, parts, 5), NULL, "%s",
                                            dense_key(key, style, i, j, "5"));
    return seam_map_add(a, seam_map_scale(a, y, 0.2f), x);
}

static struct seam_map body(struct seam_arch_work *a, struct seam_map first, int style, int blocks)
{
    struct seam_map x = first;
    for (int i = 0; i < blocks; i++) {
        struct seam_map y = x;
        for (int j = 1; j <= 3; j++)
            y = dense_block(a, y, style, i, j);
        x = seam_map_add(a, seam_map_scale(a, y, 0.2f), x);
    }
    x = style == OLD ? seam_map_conv(a, x, NULL, "model.1.sub.%d", blocks)
                     : seam_map_conv(a, x, NULL, "%s", styles[style].trunk);
    return seam_map_add(a, first, x);
}

static struct seam_map tail(struct seam_arch_work *a, struct seam_map x, int style, int ups,
                            int64_t factor)
{
    for (int i = 1; i <= ups; i++) {
        x = seam_map_resize(a, x, "nearest", factor);
        x = style == OLD ? seam_map_conv(a, x, NULL, "model.%d", 3 * i)
                         : seam_map_conv(a, x, NULL, "%s%d", styles[style].up, i);
        x = seam_map_leaky(a, x, 0.2f);
    }
    if (style == OLD)
        x = seam_map_conv(
            a, seam_map_leaky(a, seam_map_conv(a, x, NULL, "model.%d", 3 * ups + 2), 0.2f), NULL,
            "model.%d", 3 * ups + 4);
    else
        x = seam_map_conv(
            a, seam_map_leaky(a, seam_map_conv(a, x, NULL, "%s", styles[style].hr), 0.2f), NULL,
            "conv_last");
    return x;
}

static int count_ups(const struct seam_arch_work *a, int style)
{
    int n = 0;
    if (style == OLD)
        while (seam_arch_has(a, "model.%d.weight", 3 * n + 3))
            n++;
    else
        n = seam_weights_span(a->weights, styles[style].up, ".weight", 1) - 1;
    return n;
}

static void esrgan_build(struct seam_arch_work *a)
{
    const int style = seam_arch_has(a, "model.0.weight")             ? OLD
                      : seam_arch_has(a, "body.0.rdb1.conv1.weight") ? 1
                                                                     : 2;
    const int ups = count_ups(a, style);
    const int blocks = seam_weights_span(a->weights, styles[style].body, styles[style].dense, 0);
    const int64_t in = seam_arch_size(a, 1, "%s.weight", styles[style].first);
    int64_t out = style == OLD ? seam_arch_size(a, 0, "model.%d.weight", 3 * ups + 4)
                               : seam_arch_size(a, 0, "conv_last.weight");
    const int64_t r = in == 4 * out ? 2 : in == 16 * out ? 4 : 1;
    out = seam_max(out, 1);
    const struct seam_map input = seam_map_input(a, in / (r * r));
    const struct seam_map x = seam_map_unshuffle_conv(a, input, r, "%s", styles[style].first);
    seam_build_say(
        &a->build, "seamless.architecture", "ESRGAN%s, %lld features, %d blocks",
        seam_arch_has(a, "%s.weight", dense_key((char[96]){ 0 }, style, 0, 1, "1x1")) ? "+" : "",
        (long long)x.channels, blocks);
    const int64_t factor = ups == 1 ? seam_arch_unsure_factor(a) : 2;
    seam_map_output(a, tail(a, body(a, x, style, blocks), style, ups, factor));
}

const struct seam_arch seam_arch_esrgan = {
    .name = "ESRGAN",
    .purpose = "enlarges, or restores at the same size",
    .recognise = esrgan_recognise,
    .build = esrgan_build,
};
