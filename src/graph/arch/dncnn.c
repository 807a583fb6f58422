/*
 * Denoisers that are convolutions in a row, "model.0", "model.2", ...: DnCNN and IRCNN find the
 * noise and take it away, FDnCNN and FFDNet find the picture and are told the level of the noise.
 */
#include "graph/arch/family.h"

/* Their common default: 15 steps of 255. */
#define USUAL_NOISE "0.0588235"

static bool dncnn_recognise(const struct seam_weights *weights)
{
    const struct seam_weight *first = seam_weights_find(weights, "model.0.weight");
    const struct seam_weight *second = seam_weights_find(weights, "model.2.weight");
    size_t n;
    return first && first->rank == 4 && second && second->rank == 4 &&
           second->dims[1] == first->dims[0] &&
           (seam_weights_find(weights, "model.4.weight") ||
            seam_weights_find(weights, "model.3.running_var")) &&
           !seam_weights_prefix(weights, "model.1.", &n) &&
           !seam_weights_prefix(weights, "model.0.m", &n);
}

/* The number of the last convolution, and how many there are. */
static int last_conv(const struct seam_arch_work *a, int *count)
{
    int last = 0;
    *count = 0;
    for (int i = 0; i < 1000; i++) {
        if (seam_arch_has(a, "model.%d.weight", i) &&
            !seam_arch_has(a, "model.%d.running_var", i)) {
            last = i;
            ++*count;
        }
    }
    return last;
}

/* From the second convolution to the last: an activation before each. */
static struct seam_map row(struct seam_arch_work *a, struct seam_map x, int last, bool dilated)
{
    static const int64_t dilations[] = { 1, 2, 3, 4, 3, 2, 1 };
    int k = 1;
    for (int i = 1; i <= last; i++) {
        if (seam_arch_has(a, "model.%d.running_var", i))
            x = seam_map_batch_norm(a, x, "model.%d", i);
        else if (seam_arch_has(a, "model.%d.weight", i))
            x = seam_map_conv(a, seam_map_relu(a, x),
                              &(struct seam_conv){ .dilation = dilated ? dilations[k++] : 1 },
                              "model.%d", i);
    }
    return x;
}

static void dncnn_say(struct seam_arch_work *a, const char *name, int64_t features, int count)
{
    seam_build_say(&a->build, "seamless.architecture", "%s, %lld features, %d convolutions", name,
                   (long long)features, count);
}

static void level_say(struct seam_arch_work *a)
{
    seam_build_say(&a->build, "seamless.input.sigma", USUAL_NOISE);
    seam_build_say(&a->build, "seamless.note",
                   "sigma is the level of the noise, a part of white: 15 of 255 unless --input "
                   "sigma=LEVEL says another");
}

/* Four pixels at a time; the level of the noise is one channel more. */
static void build_ffdnet(struct seam_arch_work *a, int64_t colours, int last, int count)
{
    const struct seam_map input = seam_map_input(a, colours);
    const struct seam_map x = seam_map_unshuffle_level_conv(a, input, 2, "sigma", "model.0");
    dncnn_say(a, "FFDNet", x.channels, count);
    level_say(a);
    seam_map_output(a, seam_map_shuffle(a, row(a, x, last, false), 2));
}

static void dncnn_build(struct seam_arch_work *a)
{
    int count = 0;
    const int last = last_conv(a, &count);
    const int64_t in = seam_arch_size(a, 1, "model.0.weight"),
                  out = seam_arch_size(a, 0, "model.%d.weight", last);
    if (in == out + 1 && out % 4 == 0) {
        build_ffdnet(a, out / 4, last, count);
        return;
    }
    const struct seam_conv plain = { .dilation = 1 };
    const struct seam_map input = seam_map_input(a, out);
    if (in == out + 1) {
        const struct seam_map both =
            seam_map_concat(a, SEAM_MAPS(input, seam_map_level(a, input, "sigma")));
        const struct seam_map x = seam_map_conv(a, both, &plain, "model.0");
        dncnn_say(a, "FDnCNN", x.channels, count);
        level_say(a);
        seam_map_output(a, row(a, x, last, false));
        return;
    }
    if (in != out) {
        seam_arch_refuse(a, "takes %lld channels and gives %lld (SRMD, perhaps)", (long long)in,
                         (long long)out);
        return;
    }
    const struct seam_map x = seam_map_conv(a, input, &plain, "model.0");
    dncnn_say(a, count == 7 ? "IRCNN" : "DnCNN", x.channels, count);
    seam_map_output(a, seam_map_sub(a, input, row(a, x, last, count == 7)));
}

const struct seam_arch seam_arch_dncnn = {
    .name = "DnCNN",
    .purpose = "removes noise",
    .recognise = dncnn_recognise,
    .build = dncnn_build,
};
