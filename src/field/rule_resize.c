/* Resize and Upsample: samples taken between samples, in exact fractions. */
#include <string.h>

#include "base/common.h"
#include "field/rules.h"

enum resample { RESAMPLE_NEAREST, RESAMPLE_LINEAR, RESAMPLE_CUBIC };

/*
 * Output sample j lies at (j * q) / p + (a / b) of the input, where p / q is the scale. Kept over
 * the common denominator d = p * b: (j * mul + add) / d.
 */
struct resize {
    int64_t p, q;
    int64_t mul, add, d;
    enum resample mode;
    const char *rounding; /* of nearest */
    int64_t first;        /* tap 0, counted from the sample at or left of the place */
    int64_t count;
    bool exact; /* the place is an exact float */
};

static bool power_of_two(int64_t v)
{
    return v > 0 && (v & (v - 1)) == 0;
}

static int64_t nearest_sample(const struct resize *r, int64_t place)
{
    int64_t d = r->d;
    if (!strcmp(r->rounding, "floor"))
        return seam_floor_div(place, d);
    if (!strcmp(r->rounding, "ceil"))
        return -seam_floor_div(-place, d);
    if (!strcmp(r->rounding, "round_prefer_ceil"))
        return seam_floor_div(2 * place + d, 2 * d);
    return -seam_floor_div(d - 2 * place, 2 * d);
}

static bool resize_tap(const void *rule, int64_t j, int64_t t, int64_t *at)
{
    const struct resize *r = rule;
    int64_t place = j * r->mul + r->add;
    if (r->mode == RESAMPLE_NEAREST) {
        *at = nearest_sample(r, place);
        return t == 0;
    }
    *at = seam_floor_div(place, r->d) + r->first + t;
    /* An inexact place that falls on a sample may be rounded to its left. */
    return r->exact || t > 0 || seam_floor_mod(place, r->d) == 0;
}

/* Where the output samples lie, for one of the coordinate rules of the format. */
static bool resize_place(struct seam_field *field, struct resize *r, const char *rule)
{
    bool half = !strcmp(rule, "half_pixel") || !strcmp(rule, "pytorch_half_pixel") ||
                !strcmp(rule, "half_pixel_symmetric");
    r->d = 2 * r->p;
    r->mul = 2 * r->q;
    if (half)
        r->add = r->q - r->p; /* (j + 1/2) q / p - 1/2 */
    else if (!strcmp(rule, "tf_half_pixel_for_nn"))
        r->add = r->q;
    else if (!strcmp(rule, "asymmetric"))
        r->add = 0;
    else
        return seam_field_fail(field, "its sample positions depend on the picture's size");
    return true;
}

static bool resize_taps(struct seam_field *field, struct resize *r, bool antialias)
{
    r->exact = power_of_two(r->p) && power_of_two(r->q);
    if (r->mode == RESAMPLE_NEAREST) {
        /* A whole factor is an exact float and so is each place where the rounding turns. */
        if (!power_of_two(r->q))
            return seam_field_fail(field, "its ratio is no exact number, so that rounding decides "
                                          "which sample is nearest");
        r->count = 1;
        return true;
    }
    int64_t reach = r->mode == RESAMPLE_LINEAR ? 1 : 2;
    if (antialias && r->q > r->p) {
        reach = seam_div_up(reach * r->q, r->p);
        field->numeric = true;
    }
    if (antialias || !r->exact)
        field->numeric = true;
    /* Samples base - reach + 1 .. base + reach, and one before where base may round down. */
    r->first = 1 - reach - !r->exact;
    r->count = 2 * reach + !r->exact;
    return true;
}

/* How many samples before the first and behind the last one are touched. */
static bool resize_edges(struct seam_field *field, struct seam_fact *fact,
                         const struct seam_line *in, const struct resize *r, struct seam_sym size)
{
    int64_t before = 0, after, at;
    for (int64_t j = 0; j < r->p; j++)
        for (int64_t t = 0; t < r->count; t++)
            if (resize_tap(r, j, t, &at))
                before = seam_max(before, -at);
    /* The last output sample, (size - 1) * q / p, against the last input sample. */
    struct seam_sym last =
        seam_sym_mul(seam_sym_sub(size, seam_sym_const(1)), seam_sym_ratio(r->mul, r->d));
    last = seam_sym_add(last, seam_sym_ratio(r->add, r->d));
    last = seam_sym_ceil(seam_sym_sub(last, in->size), &field->align);
    if (!seam_sym_whole(last, &after))
        return seam_field_fail(field, "its size does not follow the picture's");
    return seam_line_edges(field, fact, in, before, after + r->count + 1);
}

/* Resize one axis by p / q to `size` samples. */
static bool resize_axis(struct seam_field *field, struct seam_fact *fact, int axis,
                        struct resize *r, const char *rule, struct seam_sym size, bool antialias)
{
    if (r->p == r->q && seam_sym_equal(size, fact->dims[axis]))
        return true;
    if (seam_fact_line(fact, axis) < 0)
        return seam_fact_resize(field, fact, axis, size);
    if (r->p < 1 || r->p > 4096 || r->q > 4096)
        return seam_field_fail(field, "its ratio is out of range");
    struct seam_sym exact = seam_sym_mul(fact->dims[axis], seam_sym_ratio(r->p, r->q));
    if (!strcmp(rule, "half_pixel_symmetric") && !seam_sym_equal(exact, size))
        return seam_field_fail(field, "its sample positions depend on the picture's size");
    struct seam_line in, out;
    if (!resize_place(field, r, rule) || !resize_taps(field, r, antialias) ||
        !seam_line_take(field, fact, axis, &in) || !resize_edges(field, fact, &in, r, size))
        return false;
    struct seam_line_taps taps = {
        .phases = r->p, .step = r->q, .count = r->count, .tap = resize_tap, .rule = r
    };
    if (!seam_line_map(field, &in, &out, &taps))
        return false;
    out.size = size;
    return seam_line_put(field, fact, axis, &out);
}

/* The ratio and the new size of one axis, of which the graph gives one or the other. */
static bool resize_ratio(struct seam_field *field, struct seam_sym old, struct seam_sym given,
                         bool is_size, struct resize *r, struct seam_sym *size)
{
    if (is_size) {
        if (!seam_sym_known(given) || !seam_sym_known(old))
            return seam_field_fail(field, "its output size cannot be followed");
        *size = given;
        if (!seam_sym_quotient(given, old, &r->p, &r->q))
            return seam_field_fail(field, seam_sym_fixed(given)
                                              ? "it resizes to a fixed size"
                                              : "its ratio depends on the picture's size");
        return true;
    }
    if (!seam_sym_fixed(given))
        return seam_field_fail(field, "its ratio depends on the picture's size");
    r->p = given.c;
    r->q = given.den;
    *size = seam_sym_floor(seam_sym_mul(old, given), &field->align);
    return seam_sym_known(*size) || seam_field_fail(field, "its output size cannot be followed");
}

/* Which axes are resized, and the list of ratios or sizes for them. */
static bool resize_lists(struct seam_field *field, int rank, struct seam_sym *list, int *n,
                         int *axes, bool *is_size)
{
    struct seam_sym sizes[SEAM_MAX_RANK];
    int n_axes, n_sizes;
    bool old = field->graph->opset < 11;
    *is_size = false;
    if (!seam_list(field, old ? 1 : 2, "scales", list, SEAM_MAX_RANK, n))
        return seam_field_fail(field, "its ratio cannot be followed");
    if (*n <= 0 && !old) {
        *is_size = true;
        if (!seam_list(field, 3, "sizes", list, SEAM_MAX_RANK, n))
            return seam_field_fail(field, "its output size cannot be followed");
    } else if (!old && (!seam_list(field, 3, NULL, sizes, SEAM_MAX_RANK, &n_sizes) ||
                        n_sizes > 0)) {
        return seam_field_fail(field, "it is told both a ratio and a size");
    }
    if (!seam_axes(field, SIZE_MAX, "axes", rank, axes, &n_axes))
        return false;
    if (n_axes < 0)
        for (n_axes = 0; n_axes < rank; n_axes++)
            axes[n_axes] = n_axes;
    if (*n != n_axes)
        return seam_field_fail(field, "its ratio cannot be followed");
    return true;
}

/* The settings that hold for all axes; what the format does not name is not guessed. */
static bool resize_mode(struct seam_field *field, struct resize *r)
{
    static const char *const modes[] = { "nearest", "linear", "cubic" };
    static const char *const roundings[] = { "round_prefer_floor", "round_prefer_ceil", "floor",
                                             "ceil" };
    const struct seam_onnx_node *node = field->node;
    const char *mode = seam_onnx_string(node, "mode", "nearest");
    const char *policy = seam_onnx_string(node, "keep_aspect_ratio_policy", "stretch");
    bool known_mode = false, known_rounding = false;
    r->rounding = seam_onnx_string(node, "nearest_mode",
                                   field->graph->opset < 11 ? "floor" : "round_prefer_floor");
    for (int i = 0; i < 3; i++)
        if (!strcmp(mode, modes[i])) {
            r->mode = (enum resample)i;
            known_mode = true;
        }
    for (size_t i = 0; i < SEAM_ARRAY_LEN(roundings); i++)
        known_rounding |= !strcmp(r->rounding, roundings[i]);
    if (!known_mode || !known_rounding)
        return seam_field_fail(field, "its way of sampling is not known");
    if (strcmp(policy, "stretch"))
        return seam_field_fail(field, "its ratio depends on the picture's size");
    return true;
}

bool seam_rule_resize(struct seam_field *field, struct seam_fact *out)
{
    const struct seam_fact *input = seam_input(field, 0);
    const struct seam_onnx_node *node = field->node;
    struct resize common = { .p = 1, .q = 1 };
    bool old = field->graph->opset < 11;
    const char *rule =
        seam_onnx_string(node, "coordinate_transformation_mode", old ? "asymmetric" : "half_pixel");
    bool antialias = seam_onnx_int(node, "antialias", 0) != 0;
    struct seam_sym list[SEAM_MAX_RANK];
    int axes[SEAM_MAX_RANK], n;
    bool is_size;
    *out = *input;
    if (!resize_mode(field, &common) ||
        !resize_lists(field, input->rank, list, &n, axes, &is_size))
        return false;

    for (int i = 0; i < n; i++) {
        struct resize r = common;
        struct seam_sym size;
        if (!resize_ratio(field, out->dims[axes[i]], list[i], is_size, &r, &size))
            return false;
        /* Before operator set 11 engines took the next sample when shrinking. */
        if (old && r.mode == RESAMPLE_NEAREST && r.p < r.q)
            r.rounding = "ceil";
        if (!resize_axis(field, out, axes[i], &r, rule, size, antialias))
            return false;
    }
    return true;
}
