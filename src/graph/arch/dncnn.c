/*
 * Denoisers that are convolutions in a row, "model.0", "model.2", ...: DnCNN and IRCNN find the
 * noise and take it away, FDnCNN and FFDNet find the picture and are told the level of the noise.
 * SRMD, of the same form, enlarges.
 */
#include "graph/arch/family.h"

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

/* Four pixels at a time; the level of the noise is one channel more. */
static void build_ffdnet(struct seam_arch_work *a, int64_t colours, int last, int count)
{
    const struct seam_map input = seam_map_input(a, colours);
    const struct seam_map x = seam_map_unshuffle_level_conv(a, input, 2, "sigma", "model.0");
    dncnn_say(a, "FFDNet", x.channels, count);
    seam_arch_say_noise(a, SEAM_USUAL_NOISE);
    seam_map_output(a, seam_map_shuffle(a, row(a, x, last, false), 2));
}

/* SRMD is told the blur and the noise, the same for every pixel, beside the picture. The blur is
 * the one that srmd-ncnn-vulkan holds (src/srmd_preproc.comp, MIT). */
const float seam_srmd_blur[SEAM_SRMD_BLUR] = {
    -1.12360956e-08f, -1.36899159e-08f, 1.85637958e-02f,  2.86066886e-08f,  3.35292965e-02f,
    8.37272935e-08f,  -2.54424009e-07f, -3.16234976e-02f, -1.35169253e-02f, -1.10466090e-08f,
    3.84753793e-02f,  3.79465739e-08f,  -2.44916752e-01f, -8.02213490e-01f, -5.40549755e-01f,
};

static void build_srmd(struct seam_arch_work *a, int64_t in, int last, int count)
{
    static const float zeros[SEAM_SRMD_BLUR * 3];
    const struct seam_map picture = seam_map_input(a, 3);
    struct seam_map x = seam_map_made_conv(a, picture, zeros, seam_srmd_blur, SEAM_SRMD_BLUR, 1);
    x = seam_map_concat(a, SEAM_MAPS(picture, x));
    seam_build_say(&a->build, "seamless.note", "the blur is the one that srmd-ncnn-vulkan takes");
    if (in == 3 + SEAM_SRMD_BLUR + 1) {
        x = seam_map_concat(a, SEAM_MAPS(x, seam_map_level(a, picture, "sigma")));
        seam_arch_say_noise(a, SEAM_SRMD_NOISE);
    }
    x = seam_map_conv(a, x, NULL, "model.0");
    dncnn_say(a, "SRMD", x.channels, count);
    x = row(a, x, last, false);
    int64_t colours = 0;
    seam_map_output(a, seam_map_shuffle(a, x, seam_arch_factor(a, x.channels, 3, &colours)));
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
    if ((in == 3 + SEAM_SRMD_BLUR || in == 3 + SEAM_SRMD_BLUR + 1) && in != out) {
        build_srmd(a, in, last, count);
        return;
    }
    const struct seam_conv plain = { .dilation = 1 };
    const struct seam_map input = seam_map_input(a, out);
    if (in == out + 1) {
        const struct seam_map both =
            seam_map_concat(a, SEAM_MAPS(input, seam_map_level(a, input, "sigma")));
        const struct seam_map x = seam_map_conv(a, both, &plain, "model.0");
        dncnn_say(a, "FDnCNN", x.channels, count);
        seam_arch_say_noise(a, SEAM_USUAL_NOISE);
        seam_map_output(a, row(a, x, last, false));
        return;
    }
    if (in != out) {
        seam_arch_refuse(a, "takes %lld channels and gives %lld", (long long)in, (long long)out);
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
