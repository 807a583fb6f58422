/* Convolutions and pools. */
#include <string.h>

#include "base/common.h"
#include "field/rules.h"

/* One spatial axis of a window. */
struct window {
    int64_t kernel, stride, dilation;
    int64_t pad[2]; /* before, after */
    int64_t extra;  /* output_padding of a transposed convolution */
};

#define MAX_SPATIAL (SEAM_MAX_RANK - 2)

struct windows {
    int n;
    struct window axis[MAX_SPATIAL];
    const char *auto_pad;
    bool ceil; /* a last, partial window counts */
};

static int64_t window_span(const struct window *w)
{
    return (w->kernel - 1) * w->dilation + 1;
}

bool seam_line_map(struct seam_field *field, const struct seam_line *in, struct seam_line *out,
                   const struct seam_line_taps *taps)
{
    int64_t factor = in->phases / seam_gcd(in->phases, taps->step);
    if (taps->phases > SEAM_MAX_PHASES / factor || taps->step > ((int64_t)1 << 24) / factor ||
        taps->count > ((int64_t)1 << 24) / (taps->phases * factor) ||
        in->period > ((int64_t)1 << 30))
        return seam_field_fail(field, "its pattern repeats at too great a distance");
    out->dir = in->dir;
    out->phases = taps->phases * factor;
    out->period = in->period * (taps->step * factor / in->phases);
    out->lo = seam_arena_alloc(field->arena, (size_t)out->phases, sizeof(*out->lo));
    out->hi = seam_arena_alloc(field->arena, (size_t)out->phases, sizeof(*out->hi));
    if (!out->lo || !out->hi)
        return seam_field_fail(field, "there is no memory to analyse it");
    if (!seam_field_work(field, out->phases * taps->count))
        return false;
    for (int64_t j = 0; j < out->phases; j++) {
        int64_t lo = INT64_MAX, hi = INT64_MIN, at;
        for (int64_t t = 0; t < taps->count; t++) {
            if (!taps->tap(taps->rule, j, t, &at))
                continue;
            lo = seam_min(lo, seam_line_lo(in, at));
            hi = seam_max(hi, seam_line_hi(in, at));
        }
        /* A sample that no tap reaches depends on nothing; its place will do. */
        if (lo > hi) {
            at = seam_floor_div(j * taps->step, taps->phases);
            lo = seam_line_lo(in, at);
            hi = seam_line_hi(in, at);
        }
        out->lo[j] = lo;
        out->hi[j] = hi;
    }
    return true;
}

static bool windows_read(struct seam_field *field, struct windows *w, int n, const int64_t *kernel)
{
    int64_t stride[MAX_SPATIAL], dilation[MAX_SPATIAL], pads[2 * MAX_SPATIAL];
    if (n > MAX_SPATIAL || n < 1)
        return seam_field_fail(field, "it has too many dimensions");
    if (!seam_ints(field, "strides", n, 1, stride) ||
        !seam_ints(field, "dilations", n, 1, dilation) || !seam_ints(field, "pads", 2 * n, 0, pads))
        return false;
    w->n = n;
    w->auto_pad = seam_onnx_string(field->node, "auto_pad", "NOTSET");
    w->ceil = seam_onnx_int(field->node, "ceil_mode", 0) != 0;
    for (int i = 0; i < n; i++) {
        struct window *a = &w->axis[i];
        *a = (struct window){ kernel[i], stride[i], dilation[i], { pads[i], pads[n + i] }, 0 };
        if (a->kernel < 1 || a->kernel > 1 << 16 || a->stride < 1 || a->stride > 1 << 12 ||
            a->dilation < 1 || a->dilation > 1 << 16 || a->pad[0] < 0 || a->pad[1] < 0 ||
            a->pad[0] > 1 << 20 || a->pad[1] > 1 << 20)
            return seam_field_fail(field, "its window has an impossible size");
    }
    return true;
}

/* Padding that follows from the sizes: the sum is split, the odd one behind or in front. */
static bool pad_automatic(struct seam_field *field, const struct windows *w, struct window *a,
                          struct seam_sym size, struct seam_sym *out)
{
    int64_t total;
    *out = seam_sym_ceil(seam_sym_div(size, seam_sym_const(a->stride)), &field->align);
    struct seam_sym need =
        seam_sym_mul(seam_sym_sub(*out, seam_sym_const(1)), seam_sym_const(a->stride));
    need = seam_sym_sub(seam_sym_add(need, seam_sym_const(window_span(a))), size);
    if (!seam_sym_whole(need, &total))
        return seam_field_fail(field, "its padding follows the picture's size");
    total = seam_max(total, 0);
    bool lower = !strcmp(w->auto_pad, "SAME_LOWER");
    a->pad[0] = lower ? total - total / 2 : total / 2;
    a->pad[1] = total - a->pad[0];
    return true;
}

/* The number of windows that fit, and the padding that is really used. */
static bool window_fit(struct seam_field *field, const struct windows *w, struct window *a,
                       struct seam_sym size, struct seam_sym *out)
{
    if (!strncmp(w->auto_pad, "SAME", 4))
        return pad_automatic(field, w, a, size, out);
    if (!strcmp(w->auto_pad, "VALID"))
        a->pad[0] = a->pad[1] = 0;
    struct seam_sym room = seam_sym_add(size, seam_sym_const(a->pad[0] + a->pad[1]));
    room =
        seam_sym_div(seam_sym_sub(room, seam_sym_const(window_span(a))), seam_sym_const(a->stride));
    room = w->ceil ? seam_sym_ceil(room, &field->align) : seam_sym_floor(room, &field->align);
    *out = seam_sym_add(room, seam_sym_const(1));
    /* No window starts in the padding behind. */
    struct seam_sym start = seam_sym_mul(room, seam_sym_const(a->stride));
    start = seam_sym_sub(start, seam_sym_add(size, seam_sym_const(a->pad[0])));
    if (w->ceil && seam_sym_sign(start) >= 0 && seam_sym_sign(start) < 2)
        *out = room;
    if (!seam_sym_known(*out) || seam_sym_sign(*out) == -1)
        return seam_field_fail(field, "its output size cannot be followed");
    return true;
}

static bool conv_tap(const void *rule, int64_t j, int64_t t, int64_t *at)
{
    const struct window *w = rule;
    *at = j * w->stride - w->pad[0] + t * w->dilation;
    return true;
}

/* Slide a window along one axis. */
static bool window_slide(struct seam_field *field, struct seam_fact *fact, int axis,
                         const struct windows *w, struct window *a)
{
    struct seam_sym size;
    if (!window_fit(field, w, a, fact->dims[axis], &size))
        return false;
    if (seam_fact_line(fact, axis) < 0)
        return seam_fact_resize(field, fact, axis, size);

    struct seam_line in, out;
    if (!seam_line_take(field, fact, axis, &in))
        return false;
    /* How far the last window reaches past the last sample. */
    struct seam_sym last =
        seam_sym_mul(seam_sym_sub(size, seam_sym_const(1)), seam_sym_const(a->stride));
    int64_t after;
    last = seam_sym_add(last, seam_sym_const(window_span(a) - a->pad[0]));
    if (!seam_sym_whole(seam_sym_sub(last, in.size), &after))
        return seam_field_fail(field, "its size does not follow the picture's");
    struct seam_line_taps taps = {
        .phases = 1, .step = a->stride, .count = a->kernel, .tap = conv_tap, .rule = a
    };
    if (!seam_line_edges(field, fact, &in, a->pad[0], after) ||
        !seam_line_map(field, &in, &out, &taps))
        return false;
    out.size = size;
    return seam_line_put(field, fact, axis, &out);
}

/* The shape of the weights, which must be the same for every picture. */
static const struct seam_fact *conv_weights(struct seam_field *field, const struct seam_fact *input)
{
    const struct seam_fact *weight = seam_input(field, 1), *bias = seam_input(field, 2);
    if (!weight || weight->rank != input->rank || weight->rank < 3) {
        seam_field_fail(field, "its weights are missing");
        return NULL;
    }
    if (seam_depends(weight) || weight->sized || (bias && (seam_depends(bias) || bias->sized))) {
        seam_field_fail(field, "its weights are computed from the picture");
        return NULL;
    }
    return weight;
}

static bool conv_kernel(struct seam_field *field, const struct seam_fact *weight, int64_t *kernel)
{
    for (int i = 2; i < weight->rank; i++)
        if (!seam_sym_whole(weight->dims[i], &kernel[i - 2]))
            return seam_field_fail(field, "its weights are missing");
    return true;
}

/* The window of `weight`, NULL after a failure, over the input. */
static bool conv_slide(struct seam_field *field, struct seam_fact *out,
                       const struct seam_fact *weight)
{
    const struct seam_fact *input = seam_input(field, 0);
    int64_t kernel[MAX_SPATIAL];
    struct windows w;
    *out = *input;
    if (!weight || !conv_kernel(field, weight, kernel) ||
        !windows_read(field, &w, input->rank - 2, kernel))
        return false;
    if (!seam_fact_resize(field, out, 1, weight->dims[0]))
        return false;
    for (int i = 0; i < w.n; i++)
        if (!window_slide(field, out, i + 2, &w, &w.axis[i]))
            return false;
    return true;
}

/* Whether there is no bias, or one number of it for each channel that is made. */
static bool bias_fits(struct seam_field *field, struct seam_sym channels)
{
    const struct seam_fact *bias = seam_input(field, 2);
    if (!bias || (bias->rank == 1 && (!seam_sym_fixed(bias->dims[0]) || !seam_sym_fixed(channels) ||
                                      seam_sym_equal(bias->dims[0], channels))))
        return true;
    return seam_field_fail(field, "its bias is not of one number for each of its channels");
}

bool seam_rule_conv(struct seam_field *field, struct seam_fact *out)
{
    const struct seam_fact *weight = conv_weights(field, seam_input(field, 0));
    return (!weight || bias_fits(field, weight->dims[0])) && conv_slide(field, out, weight);
}

/* Input, its scale and zero point, weights, theirs, the output's, bias. */
bool seam_rule_qlinear_conv(struct seam_field *field, struct seam_fact *out)
{
    const struct seam_fact *weight = seam_input(field, 3);
    for (size_t i = 1; i < field->node->n_inputs; i++) {
        const struct seam_fact *other = seam_input(field, i);
        if (other && (seam_depends(other) || other->sized))
            return seam_field_fail(field, "its weights are computed from the picture");
    }
    if (!weight || weight->rank != seam_input(field, 0)->rank || weight->rank < 3)
        return seam_field_fail(field, "its weights are missing");
    return conv_slide(field, out, weight);
}

bool seam_rule_pool(struct seam_field *field, struct seam_fact *out)
{
    const struct seam_fact *input = seam_input(field, 0);
    int64_t kernel[MAX_SPATIAL];
    struct windows w;
    int n = input->rank - 2;
    if (n < 1 || !seam_onnx_attr(field->node, "kernel_shape"))
        return seam_field_fail(field, "its window has an impossible size");
    if (!seam_ints(field, "kernel_shape", n, 1, kernel) || !windows_read(field, &w, n, kernel))
        return false;
    *out = *input;
    for (int i = 0; i < n; i++)
        if (!window_slide(field, out, i + 2, &w, &w.axis[i]))
            return false;
    /* MaxPool may tell where the maximum was: a number that depends on the picture's size. */
    for (size_t i = 1; i < field->node->n_outputs; i++)
        out[i].state = SEAM_FACT_LOST;
    return true;
}

static bool transpose_tap(const void *rule, int64_t j, int64_t t, int64_t *at)
{
    const struct window *w = rule;
    int64_t from = j + w->pad[0] - t * w->dilation;
    *at = seam_floor_div(from, w->stride);
    return seam_floor_mod(from, w->stride) == 0;
}

static bool transpose_axis(struct seam_field *field, struct seam_fact *fact, int axis,
                           const struct windows *w, struct window *a)
{
    if (!strcmp(w->auto_pad, "VALID"))
        a->pad[0] = a->pad[1] = 0;
    if (!strncmp(w->auto_pad, "SAME", 4)) {
        int64_t total = seam_max(window_span(a) + a->extra - a->stride, 0);
        if (total % 2)
            return seam_field_fail(field, "engines differ on its automatic padding");
        a->pad[0] = a->pad[1] = total / 2;
    }
    struct seam_sym size =
        seam_sym_mul(seam_sym_sub(fact->dims[axis], seam_sym_const(1)), seam_sym_const(a->stride));
    size = seam_sym_add(size, seam_sym_const(window_span(a) - a->pad[0] - a->pad[1] + a->extra));
    if (!seam_sym_known(size) || seam_sym_sign(size) == -1)
        return seam_field_fail(field, "its output size cannot be followed");
    if (seam_fact_line(fact, axis) < 0)
        return seam_fact_resize(field, fact, axis, size);

    struct seam_line in, out;
    struct seam_line_taps taps = {
        .phases = a->stride, .step = 1, .count = a->kernel, .tap = transpose_tap, .rule = a
    };
    if (!seam_line_take(field, fact, axis, &in))
        return false;
    int64_t before = seam_max(window_span(a) - 1 - a->pad[0], 0);
    int64_t after = seam_max(window_span(a) - 1 - a->pad[1] + a->extra, 0);
    if (!seam_line_edges(field, fact, &in, seam_div_up(before, a->stride), after / a->stride) ||
        !seam_line_map(field, &in, &out, &taps))
        return false;
    out.size = size;
    return seam_line_put(field, fact, axis, &out);
}

bool seam_rule_conv_transpose(struct seam_field *field, struct seam_fact *out)
{
    const struct seam_fact *input = seam_input(field, 0);
    int64_t kernel[MAX_SPATIAL], extra[MAX_SPATIAL];
    struct windows w;
    *out = *input;
    if (seam_onnx_attr(field->node, "output_shape"))
        return seam_field_fail(field, "its output size is fixed");
    const struct seam_fact *weight = conv_weights(field, input);
    if (!weight || !conv_kernel(field, weight, kernel) ||
        !windows_read(field, &w, input->rank - 2, kernel) ||
        !seam_ints(field, "output_padding", w.n, 0, extra))
        return false;
    struct seam_sym groups = seam_sym_const(seam_onnx_int(field->node, "group", 1));
    struct seam_sym channels = seam_sym_mul(weight->dims[1], groups);
    if (!seam_fact_resize(field, out, 1, channels))
        return false;
    if (!bias_fits(field, channels))
        return false;
    for (int i = 0; i < w.n; i++) {
        if (extra[i] < 0)
            return seam_field_fail(field, "its window has an impossible size");
        w.axis[i].extra = seam_min(extra[i], 1 << 20);
        if (!transpose_axis(field, out, i + 2, &w, &w.axis[i]))
            return false;
    }
    return true;
}
