/* Rolls, as exporters write them: the part of a picture from some row or column on, and what lies
 * before it put behind. */
#include <string.h>

#include "base/common.h"
#include "net/pattern.h"

/* Farther than any window is shifted. */
#define MOST ((int64_t)1 << 20)

/* A bound of a Slice, counted from the beginning. */
static struct seam_sym bound_of(struct seam_sym bound, struct seam_sym size)
{
    if (!seam_sym_fixed(bound))
        return bound;
    if (bound.c / bound.den >= INT32_MAX)
        return size;
    return seam_sym_sign(bound) < 0 ? seam_sym_add(bound, size) : bound;
}

/* Parts [cut, all) and [0, cut): *shift is how far the cut lies from the beginning, or, below 0,
 * from the end. */
static bool find_shift(const struct seam_sym from[2], const struct seam_sym to[2],
                       struct seam_sym all, int64_t *shift)
{
    int64_t behind;
    if (!seam_sym_known(from[0]) || !seam_sym_known(to[1]) || !seam_sym_is(from[1], 0))
        return false;
    const struct seam_sym cut = bound_of(from[0], all);
    if (!seam_sym_equal(bound_of(to[0], all), all) || !seam_sym_equal(bound_of(to[1], all), cut))
        return false;
    const bool ahead = seam_sym_whole(cut, shift);
    if (seam_sym_whole(seam_sym_sub(all, cut), &behind) && (!ahead || behind < *shift))
        *shift = -behind;
    else if (!ahead)
        return false;
    return *shift != 0 && *shift > -MOST && *shift < MOST;
}

/* A node of one input that rolls it: element o of `axis` is element o + `shift`. */
static const struct seam_onnx_node *make_roll(const struct matcher *m,
                                              const struct seam_onnx_node *end, int32_t input,
                                              int axis, int64_t shift)
{
    struct seam_arena *arena = &m->l->arena;
    struct seam_onnx_node *node = seam_arena_alloc(arena, 1, sizeof(*node));
    struct seam_onnx_attr *attrs = seam_arena_alloc(arena, 2, sizeof(*attrs));
    int32_t *inputs = seam_arena_alloc(arena, 1, sizeof(*inputs));
    if (!node || !attrs || !inputs)
        return NULL;
    attrs[0] = (struct seam_onnx_attr){ .name = "axis", .type = SEAM_ATTR_INT, .i = axis };
    attrs[1] = (struct seam_onnx_attr){ .name = "shift", .type = SEAM_ATTR_INT, .i = shift };
    inputs[0] = input;
    *node = *end;
    node->op = "Roll";
    node->inputs = inputs;
    node->n_inputs = 1;
    node->attrs = attrs;
    node->n_attrs = 2;
    return node;
}

const struct seam_onnx_node *seam_pattern_roll(const struct matcher *m,
                                               const struct seam_onnx_node *end)
{
    struct seam_sym from[2], to[2];
    const struct seam_onnx_node *part[2] = { NULL };
    int64_t shift;
    if (strcmp(end->op, "Concat") != 0 || end->n_inputs != 2 || m->l->graph->opset < 10)
        return NULL;
    for (int k = 0; k < 2; k++)
        if (!(part[k] = seam_pattern_made_by(m, end->inputs[k], "Slice")))
            return NULL;
    const int32_t input = part[0]->inputs[0];
    const struct seam_fact *x = input >= 0 ? &m->l->field.facts[input] : NULL;
    if (!x || x->state != SEAM_FACT_KNOWN || part[1]->inputs[0] != input)
        return NULL;
    const int axis = seam_axis(seam_onnx_int(end, "axis", 1), x->rank);
    /* Channels are put in another order by Concat itself. */
    if (axis < 0 || seam_fact_line(x, axis) < 0)
        return NULL;
    for (int k = 0; k < 2; k++)
        if (!seam_slice_part(&m->l->field, part[k], axis, false, &from[k], &to[k]))
            return NULL;
    return find_shift(from, to, x->dims[axis], &shift) ? make_roll(m, end, input, axis, shift)
                                                       : NULL;
}
