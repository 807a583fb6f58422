/* DySample: pixels are taken between others where the network says. */
#include "graph/arch/parts.h"

/* Width or height as a number, and the places of the pixels' centres along it, which broadcast. */
struct axis {
    const char *size, *places;
};

static struct axis axis_of(struct seam_arch_work *a, const char *shape, int64_t which)
{
    struct seam_build *b = &a->build;
    const char *const at = seam_build_scalar_int(b, which);
    seam_build_int(b, "axis", 0);
    const char *const whole = seam_build_node(b, "Gather", shape, at);
    seam_build_int(b, "to", SEAM_ONNX_FLOAT);
    const char *const size = seam_build_node(b, "Cast", whole);
    const char *const counted =
        seam_build_node(b, "Range", seam_build_scalar(b, 0), size, seam_build_scalar(b, 1));
    const char *places = seam_build_add(b, counted, seam_build_scalar(b, 0.5f));
    if (which == 2) /* rows: a column of them */
        places =
            seam_build_node(b, "Unsqueeze", places, seam_build_list(b, (const int64_t[]){ 1 }, 1));
    return (struct axis){ size, places };
}

/* 2 (places + offset) / size - 1, as pixels: groups x r height x r width x 1. */
static const char *grid_axis(struct seam_arch_work *a, struct seam_map offset, struct axis axis,
                             int64_t r)
{
    struct seam_build *b = &a->build;
    const char *const moved = seam_build_node(b, "Add", offset.name, axis.places);
    const char *const part =
        seam_build_node(b, "Div", seam_build_mul(b, moved, seam_build_scalar(b, 2)), axis.size);
    const char *const grid = seam_build_node(b, "Sub", part, seam_build_scalar(b, 1));
    const struct seam_map pixels =
        seam_map_shuffle(a, (struct seam_map){ grid, offset.channels }, r);
    return seam_build_node(b, "Unsqueeze", pixels.name,
                           seam_build_list(b, (const int64_t[]){ 4 }, 1));
}

/* The map's numbers as `n` pictures of `channels`. */
static const char *regroup(struct seam_arch_work *a, const char *x, int64_t n, int64_t channels)
{
    struct seam_build *b = &a->build;
    const char *const two = seam_build_list(b, (const int64_t[]){ 2 }, 1);
    const char *const four = seam_build_list(b, (const int64_t[]){ 4 }, 1);
    const char *const size = seam_build_node(b, "Slice", seam_build_node(b, "Shape", x), two, four);
    seam_build_int(b, "axis", 0);
    const char *const shape =
        seam_build_node(b, "Concat", seam_build_list(b, (const int64_t[]){ n, channels }, 2), size);
    return seam_build_node(b, "Reshape", x, shape);
}

/* Offsets in pixels, from where each of the r x r stands: x of all groups, then y of all groups. */
static struct seam_map offsets(struct seam_arch_work *a, struct seam_map x, const char *key)
{
    const struct seam_map offset = seam_map_conv(a, x, NULL, "%s.offset", key);
    const struct seam_map scope = seam_map_sigmoid(a, seam_map_conv(a, x, NULL, "%s.scope", key));
    struct seam_weight *w =
        seam_arch_take(a, 4, (const int64_t[]){ 1, offset.channels, 1, 1 }, "%s.init_pos", key);
    const struct seam_map moved = seam_map_scale(a, seam_map_mul(a, offset, scope), 0.5f);
    return w ? seam_map_with(a, moved, "Add", seam_build_weight(&a->build, w)) : moved;
}

struct seam_map seam_map_dysample(struct seam_arch_work *a, struct seam_map x, int64_t r,
                                  const char *key)
{
    struct seam_build *b = &a->build;
    const struct seam_map offset = offsets(a, x, key);
    const int64_t half = offset.channels / 2, groups = r > 0 ? half / (r * r) : 0;
    if (seam_arch_failed(a))
        return SEAM_NO_MAP;
    if (groups < 1 || offset.channels != 2 * groups * r * r || x.channels % groups != 0)
        return seam_arch_refuse(a, "has %lld offsets in %s", (long long)offset.channels, key),
               SEAM_NO_MAP;
    const char *const shape = seam_build_node(b, "Shape", x.name);
    const char *const across =
        grid_axis(a, seam_map_channels(a, offset, 0, half), axis_of(a, shape, 3), r);
    const char *const along =
        grid_axis(a, seam_map_channels(a, offset, half, 2 * half), axis_of(a, shape, 2), r);
    seam_build_int(b, "axis", 4);
    const char *const both = seam_build_node(b, "Concat", across, along);
    const char *const grid =
        seam_build_node(b, "Squeeze", both, seam_build_list(b, (const int64_t[]){ 0 }, 1));
    const char *const parts = regroup(a, x.name, groups, x.channels / groups);
    seam_build_string(b, "mode", "bilinear");
    seam_build_string(b, "padding_mode", "border");
    const char *const taken = seam_build_node(b, "GridSample", parts, grid);
    const struct seam_map y = { regroup(a, taken, 1, x.channels), x.channels };
    return seam_arch_has(a, "%s.end_conv.weight", key)
               ? seam_map_conv(a, y, NULL, "%s.end_conv", key)
               : y;
}
