/* Operators that cut tensors and put them together. */
#include <string.h>

#include "base/common.h"
#include "field/rules.h"

/* One axis of a Slice, its ends counted from the start. */
struct cut {
    struct seam_sym start, end;
    int64_t step;
};

/* A bound as the graph gives it, brought into [0, size] (or [-1, size - 1] going backwards). */
static struct seam_sym slice_bound(struct seam_sym bound, struct seam_sym size, bool backwards)
{
    struct seam_sym least = seam_sym_const(backwards ? -1 : 0);
    struct seam_sym most = backwards ? seam_sym_sub(size, seam_sym_const(1)) : size;
    /* "To the end" is written as a number that no size reaches. */
    if (seam_sym_fixed(bound) && bound.c / bound.den >= INT32_MAX)
        return most;
    if (seam_sym_fixed(bound) && bound.c / bound.den <= -INT32_MAX)
        return least;
    if (seam_sym_fixed(bound) && seam_sym_sign(bound) < 0)
        bound = seam_sym_add(bound, size);
    int low = seam_sym_sign(seam_sym_sub(bound, least));
    int high = seam_sym_sign(seam_sym_sub(bound, most));
    if (low == -1)
        return least;
    return high == 1 ? most : bound;
}

static struct seam_sym slice_size(struct seam_field *field, const struct cut *cut)
{
    struct seam_sym length =
        cut->step > 0 ? seam_sym_sub(cut->end, cut->start) : seam_sym_sub(cut->start, cut->end);
    int64_t step = cut->step > 0 ? cut->step : -cut->step;
    length = seam_sym_ceil(seam_sym_div(length, seam_sym_const(step)), &field->align);
    return seam_sym_sign(length) == -1 ? seam_sym_const(0) : length;
}

static bool slice_tap(const void *rule, int64_t j, int64_t t, int64_t *at)
{
    const int64_t *start_step = rule;
    *at = start_step[0] + j * start_step[1] + t;
    return true;
}

/* Every `step`-th sample of a line from `start` on. */
static bool line_slice(struct seam_field *field, struct seam_fact *fact, int axis, int64_t start,
                       int64_t step, struct seam_sym size)
{
    int64_t start_step[2] = { start, step };
    struct seam_line_taps taps = {
        .phases = 1, .step = step, .count = 1, .tap = slice_tap, .rule = start_step
    };
    struct seam_line in, out;
    if (start > (int64_t)1 << 32 || start < -((int64_t)1 << 32))
        return seam_field_fail(field, "it reaches too far");
    if (!seam_line_take(field, fact, axis, &in) || !seam_line_map(field, &in, &out, &taps))
        return false;
    out.size = size;
    return seam_line_put(field, fact, axis, &out);
}

/* What is cut has its place at a border, or is mirrored: it can only be padding. */
static bool cut_border(struct seam_field *field, struct seam_fact *fact, int axis,
                       struct seam_sym size)
{
    int dir = seam_fact_line(fact, axis);
    if (!seam_fact_flatten(field, fact, axis, size))
        return false;
    fact->border[dir] = true;
    return true;
}

static bool slice_axis(struct seam_field *field, struct seam_fact *fact, int axis,
                       const struct cut *cut)
{
    struct seam_sym size = slice_size(field, cut);
    if (!seam_sym_known(size))
        return seam_field_fail(field, "the part it cuts cannot be followed");
    if (cut->step == 1 && seam_sym_is(cut->start, 0) && seam_sym_equal(size, fact->dims[axis]))
        return true;
    if (seam_fact_line(fact, axis) < 0)
        return seam_fact_resize(field, fact, axis, size);
    int64_t start;
    if (cut->step < 0 || !seam_sym_whole(cut->start, &start))
        return cut_border(field, fact, axis, size);
    if (cut->step > 4096)
        return seam_field_fail(field, "the part it cuts cannot be followed");
    return line_slice(field, fact, axis, start, cut->step, size);
}

bool seam_rule_slice(struct seam_field *field, struct seam_fact *out)
{
    const struct seam_fact *input = seam_input(field, 0);
    struct seam_sym starts[SEAM_MAX_RANK], ends[SEAM_MAX_RANK], steps[SEAM_MAX_RANK];
    int axes[SEAM_MAX_RANK], n, n_ends, n_axes, n_steps;
    bool old = field->graph->opset < 10;
    *out = *input;
    if (!seam_list(field, old ? SIZE_MAX : 1, "starts", starts, SEAM_MAX_RANK, &n) ||
        !seam_list(field, old ? SIZE_MAX : 2, "ends", ends, SEAM_MAX_RANK, &n_ends) ||
        !seam_list(field, old ? SIZE_MAX : 4, NULL, steps, SEAM_MAX_RANK, &n_steps) || n < 0 ||
        n != n_ends || (n_steps >= 0 && n_steps != n))
        return seam_field_fail(field, "the part it cuts cannot be followed");
    if (!seam_axes(field, old ? SIZE_MAX : 3, "axes", input->rank, axes, &n_axes))
        return false;
    if (n_axes >= 0 ? n_axes != n : n > input->rank)
        return seam_field_fail(field, "the part it cuts cannot be followed");
    for (int i = 0; i < n; i++) {
        struct cut cut = { .step = 1 };
        int axis = n_axes < 0 ? i : axes[i];
        if (n_steps >= 0 && (!seam_sym_whole(steps[i], &cut.step) || !cut.step))
            return seam_field_fail(field, "the part it cuts cannot be followed");
        if (!seam_sym_known(starts[i]) || !seam_sym_known(ends[i]))
            return seam_field_fail(field, "the part it cuts cannot be followed");
        cut.start = slice_bound(starts[i], out->dims[axis], cut.step < 0);
        cut.end = slice_bound(ends[i], out->dims[axis], cut.step < 0);
        if (!slice_axis(field, out, axis, &cut))
            return false;
    }
    return true;
}

/* Pad or, where negative, crop one axis. */
static bool pad_axis(struct seam_field *field, struct seam_fact *fact, int axis, int64_t before,
                     int64_t after)
{
    struct seam_sym size = seam_sym_add(fact->dims[axis], seam_sym_const(before + after));
    if (!before && !after)
        return true;
    if (seam_fact_line(fact, axis) < 0)
        return seam_fact_resize(field, fact, axis, size);
    struct seam_fact probe = *fact;
    struct seam_line line;
    if (!seam_line_take(field, &probe, axis, &line) ||
        !seam_line_edges(field, fact, &line, before, after))
        return false;
    return line_slice(field, fact, axis, -before, 1, size);
}

bool seam_rule_pad(struct seam_field *field, struct seam_fact *out)
{
    const struct seam_fact *input = seam_input(field, 0), *fill = seam_input(field, 2);
    struct seam_sym pads[2 * SEAM_MAX_RANK];
    int axes[SEAM_MAX_RANK], n, n_axes;
    bool old = field->graph->opset < 11;
    *out = *input;
    out->values = NULL;
    if (!seam_list(field, old ? SIZE_MAX : 1, "pads", pads, 2 * SEAM_MAX_RANK, &n) || n < 0)
        return seam_field_fail(field, "its padding cannot be followed");
    if (!seam_axes(field, old ? SIZE_MAX : 3, NULL, input->rank, axes, &n_axes))
        return false;
    if (n_axes < 0)
        for (n_axes = 0; n_axes < input->rank; n_axes++)
            axes[n_axes] = n_axes;
    if (n != 2 * n_axes)
        return seam_field_fail(field, "its padding does not fit its input");
    if (fill && seam_depends(fill))
        return seam_field_fail(field, "its padding is computed from the picture");
    out->uniform = false;
    for (int i = 0; i < n_axes; i++) {
        int64_t before, after;
        if (!seam_sym_whole(pads[i], &before) || !seam_sym_whole(pads[n_axes + i], &after))
            return seam_field_fail(field, "its padding follows the picture's size");
        if (before > 1 << 20 || after > 1 << 20 || before < -(1 << 20) || after < -(1 << 20))
            return seam_field_fail(field, "its padding is out of range");
        if (!pad_axis(field, out, axes[i], before, after))
            return false;
    }
    if (!strcmp(seam_onnx_string(field->node, "mode", "constant"), "wrap"))
        field->wraps = true;
    return true;
}

/* ------------------------------------------------------------------------------------------------
 * Concat and its inverse
 * --------------------------------------------------------------------------------------------- */

/* Which input of a Concat along a line is the picture; the others then are padding. -1: none. */
static int concat_main(struct seam_field *field, int axis)
{
    int best = -1;
    int64_t most = INT64_MIN, rest;
    for (size_t i = 0; i < field->node->n_inputs; i++) {
        const struct seam_fact *input = seam_input(field, i);
        if (!input || seam_fact_line(input, axis) < 0)
            continue;
        struct seam_fact copy = *input;
        struct seam_line line;
        if (seam_line_take(field, &copy, axis, &line) && seam_line_rest(field, &line, &rest) &&
            rest > most) {
            most = rest;
            best = (int)i;
        }
    }
    return best;
}

/* Parts of a picture put before and behind it: padding of one's own making. */
static bool concat_line(struct seam_field *field, struct seam_fact *out, int axis)
{
    int main = concat_main(field, axis);
    struct seam_sym before = seam_sym_const(0), after = before;
    if (main < 0)
        return seam_field_fail(field, "it joins pictures side by side");
    *out = *seam_input(field, (size_t)main);
    for (size_t i = 0; i < field->node->n_inputs; i++) {
        const struct seam_fact *input = seam_input(field, i);
        if (!input || input->rank != out->rank || (int)i == main)
            continue;
        if (input->sized)
            return seam_field_fail(field, "it uses a value computed from the picture's size");
        for (int k = 0; k < out->rank; k++)
            if (k != axis && !seam_sym_equal(input->dims[k], out->dims[k]))
                return seam_field_fail(field, "its inputs do not fit together");
        struct seam_sym *end = (int)i < main ? &before : &after;
        *end = seam_sym_add(*end, input->dims[axis]);
    }
    int64_t b, a;
    if (!seam_sym_whole(before, &b) || !seam_sym_whole(after, &a) || b > 1 << 20 || a > 1 << 20)
        return seam_field_fail(field, "it joins pictures side by side");
    field->wraps = true;
    return pad_axis(field, out, axis, b, a);
}

bool seam_rule_concat(struct seam_field *field, struct seam_fact *out)
{
    const struct seam_fact *first = seam_input(field, 0);
    int axis = first ? seam_axis(seam_onnx_int(field->node, "axis", 1), first->rank) : -1;
    struct seam_sym size = seam_sym_const(0);
    if (axis < 0)
        return seam_field_fail(field, "its axis does not fit its input");
    for (size_t i = 0; i < field->node->n_inputs; i++) {
        const struct seam_fact *input = seam_input(field, i);
        if (!input || input->rank != first->rank)
            return seam_field_fail(field, "its inputs do not fit together");
        if (seam_fact_line(input, axis) >= 0)
            return concat_line(field, out, axis);
        size = seam_sym_add(size, input->dims[axis]);
    }
    for (size_t i = 0; i < field->node->n_inputs; i++) {
        /* Side by side the inputs only share what they depend on: join them at size 1. */
        struct seam_fact part = *seam_input(field, i);
        bool border = part.border[0] || part.border[1];
        if (!seam_fact_resize(field, &part, axis, seam_sym_const(1)))
            return false;
        if (i == 0)
            *out = part;
        else if (!seam_fact_join(field, out, out, &part))
            return false;
        else if (border != (out->border[0] || out->border[1]))
            return seam_field_fail(field, "it mixes the picture with a part cut from its border");
    }
    out->uniform = false;
    out->values = NULL;
    return seam_fact_resize(field, out, axis, size);
}

/* Whether parts may be all there is along an axis. */
static bool split_fits(const struct seam_sym *sizes, size_t parts, struct seam_sym whole)
{
    for (size_t i = 0; i < parts; i++) {
        if (seam_sym_sign(sizes[i]) == -1)
            return false;
        whole = seam_sym_sub(whole, sizes[i]);
    }
    return !seam_sym_fixed(whole) || seam_sym_is(whole, 0);
}

bool seam_rule_split(struct seam_field *field, struct seam_fact *out)
{
    const struct seam_fact *input = seam_input(field, 0);
    const struct seam_onnx_node *node = field->node;
    int axis = seam_axis(seam_onnx_int(node, "axis", 0), input->rank), n;
    struct seam_sym sizes[64], at = seam_sym_const(0);
    size_t parts = node->n_outputs;
    bool old = field->graph->opset < 13;
    if (axis < 0 || parts < 1 || parts > SEAM_ARRAY_LEN(sizes))
        return seam_field_fail(field, "its parts cannot be followed");
    if (!seam_list(field, old ? SIZE_MAX : 1, "split", sizes, (int)SEAM_ARRAY_LEN(sizes), &n) ||
        (n >= 0 && (size_t)n != parts))
        return seam_field_fail(field, "its parts cannot be followed");
    if (n < 0) {
        struct seam_sym each = seam_sym_div(input->dims[axis], seam_sym_const((int64_t)parts));
        each = seam_sym_ceil(each, &field->align);
        for (size_t i = 0; i < parts; i++)
            sizes[i] = each;
        sizes[parts - 1] =
            seam_sym_sub(input->dims[axis], seam_sym_mul(each, seam_sym_const((int64_t)parts - 1)));
        const struct seam_sym rest = seam_sym_sub(each, sizes[parts - 1]);
        if (field->graph->opset < 18 && seam_sym_fixed(rest) && !seam_sym_is(rest, 0))
            return seam_field_fail(field, "its input is no whole number of equal parts");
    }
    if (!split_fits(sizes, parts, input->dims[axis]))
        return seam_field_fail(field, "its parts are not all of its input");
    for (size_t i = 0; i < parts; i++) {
        struct cut cut = { .start = at, .end = seam_sym_add(at, sizes[i]), .step = 1 };
        out[i] = *input;
        if (!slice_axis(field, &out[i], axis, &cut))
            return false;
        at = cut.end;
    }
    return true;
}

/* Elements picked by number. Along a fixed axis any order will do. */
bool seam_rule_gather(struct seam_field *field, struct seam_fact *out)
{
    const struct seam_fact *input = seam_input(field, 0), *index = seam_input(field, 1);
    int axis = seam_axis(seam_onnx_int(field->node, "axis", 0), input->rank);
    struct seam_sym dims[SEAM_MAX_RANK], count = seam_sym_const(1);
    if (axis < 0 || !index || input->rank + index->rank - 1 > SEAM_MAX_RANK)
        return seam_field_fail(field, "what it picks cannot be followed");
    if (seam_depends(index) || index->sized)
        return seam_field_fail(field, "it picks elements by what the picture shows");
    if (seam_fact_line(input, axis) >= 0)
        return seam_field_fail(field, "it picks rows or columns of the picture by number");
    for (int i = 0; i < index->rank; i++)
        count = seam_sym_mul(count, index->dims[i]);
    *out = *input;
    if (!seam_fact_resize(field, out, axis, count))
        return false;
    int n = 0;
    for (int i = 0; i < input->rank; i++) {
        if (i != axis) {
            dims[n++] = input->dims[i];
            continue;
        }
        for (int k = 0; k < index->rank; k++)
            dims[n++] = index->dims[k];
    }
    return seam_fact_reshape(field, out, n, dims);
}

/* Tables made once, such as the masks of shifted windows: only their shape is followed. */
bool seam_rule_scatter(struct seam_field *field, struct seam_fact *out)
{
    for (size_t i = 0; i < field->node->n_inputs; i++) {
        const struct seam_fact *input = seam_input(field, i);
        if (input && seam_depends(input))
            return seam_field_fail(field, "it writes elements of the picture by number");
    }
    *out = *seam_input(field, 0);
    out->values = NULL;
    out->uniform = false;
    return true;
}

bool seam_slice_part(struct seam_field *field, const struct seam_onnx_node *node, int axis,
                     bool named, struct seam_sym *from, struct seam_sym *to)
{
    const struct seam_onnx_node *const at_hand = field->node;
    struct seam_sym steps[SEAM_MAX_RANK];
    int axes[SEAM_MAX_RANK], n = 0, n_from, n_to, n_steps;
    field->node = node;
    const struct seam_fact *x = seam_input(field, 0);
    const bool fits = x && seam_list(field, 1, NULL, from, 1, &n_from) && n_from == 1 &&
                      seam_list(field, 2, NULL, to, 1, &n_to) && n_to == 1 &&
                      seam_axes(field, 3, NULL, x->rank, axes, &n) &&
                      (n == 1 ? axes[0] == axis : !named && n < 0 && axis == 0) &&
                      seam_list(field, 4, NULL, steps, SEAM_MAX_RANK, &n_steps) &&
                      (n_steps < 0 || (n_steps == 1 && seam_sym_is(steps[0], 1)));
    field->node = at_hand;
    return fits;
}
