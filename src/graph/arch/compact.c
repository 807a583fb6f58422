/* Compact (SRVGGNet): plain convolutions with a slope for each channel, then pixels, upon the
 * enlarged picture. */
#include "graph/arch/family.h"

static bool compact_recognise(const struct seam_weights *weights)
{
    const struct seam_weight *first = seam_weights_find(weights, "body.0.weight");
    const struct seam_weight *slope = seam_weights_find(weights, "body.1.weight");
    return first && first->rank == 4 && slope && slope->rank == 1;
}

static void compact_build(struct seam_arch_work *a)
{
    const int last = seam_weights_span(a->weights, "body.", ".weight", 0) - 1;
    const struct seam_map input = seam_map_input(a, seam_arch_size(a, 1, "body.0.weight"));
    struct seam_map x = seam_map_conv(a, input, NULL, "body.0");
    seam_build_say(&a->build, "seamless.architecture", "Compact, %lld features, %d convolutions",
                   (long long)x.channels, last / 2 - 1);
    for (int i = 1; i < last; i += 2) {
        x = seam_map_prelu(a, x, "body.%d", i);
        x = seam_map_conv(a, x, NULL, "body.%d", i + 1);
    }
    int64_t colours = 0;
    const int64_t r = seam_arch_factor(a, x.channels, input.channels, &colours);
    seam_map_output(
        a, seam_map_add(a, seam_map_shuffle(a, x, r), seam_map_resize(a, input, "nearest", r)));
}

const struct seam_arch seam_arch_compact = {
    .name = "Compact",
    .purpose = "enlarges, or restores at the same size",
    .recognise = compact_recognise,
    .build = compact_build,
};
