/*
 * Windows on a shifted grid, as exports of one size have them: the picture is rolled, so that the
 * last windows hold pixels of two of its borders, and a table of that size is added to what they
 * attend by, which keeps these apart. The same for any size is a border of pixels that nobody
 * attends to: free_write.c puts it in the place of the roll, of the table and of the roll back.
 */
#include <math.h>
#include <string.h>

#include "base/common.h"
#include "field/free.h"
#include "field/rules.h"

/* What is added where nobody is to attend is at most this: its power of e is nothing. */
#define NOBODY (-80)

static const struct seam_onnx_node *made_by(const struct seam_free *f, int32_t value,
                                            const char *op)
{
    const struct seam_onnx_node *node = value >= 0 ? f->maker[value] : NULL;
    return node && !strcmp(node->op, op) ? node : NULL;
}

/* How far Concat, whose inputs are two parts of one value, has rolled it along its axis: forwards
 * is positive. 0: it is none. */
static int64_t rolled_by(const struct seam_free *f, struct seam_field *field, int axis,
                         int32_t *from)
{
    const struct seam_onnx_node *const node = field->node;
    const struct seam_onnx_node *part[2];
    struct seam_sym begin[2], end[2];
    int64_t all, v[4];
    for (int i = 0; i < 2; i++)
        if (!(part[i] = made_by(f, node->inputs[i], "Slice")) ||
            !seam_slice_part(field, part[i], axis, true, &begin[i], &end[i]))
            return 0;
    *from = part[0]->inputs[0];
    const struct seam_fact *x = &field->facts[*from];
    if (part[1]->inputs[0] != *from || !seam_free_value(f, x->dims[axis], &all))
        return 0;
    const struct seam_sym given[] = { begin[0], end[0], begin[1], end[1] };
    for (int i = 0; i < 4; i++) {
        if (!seam_sym_whole(given[i], &v[i]))
            return 0;
        v[i] = seam_clamp(v[i] < 0 ? v[i] + all : v[i], 0, all);
    }
    if (v[1] != all || v[2] != 0 || v[3] != v[0])
        return 0;
    return 2 * v[0] <= all ? v[0] : v[0] - all;
}

static struct seam_free_event *add_event(struct seam_free *f, struct seam_field *field,
                                         enum seam_free_kind kind)
{
    struct seam_free_event *list =
        seam_arena_grow(field->arena, f->events, f->n_events, &f->event_room, 32, sizeof(*list));
    if (!list)
        return NULL;
    f->events = list;
    struct seam_free_event *const e = &f->events[f->n_events++];
    *e = (struct seam_free_event){ .kind = kind, .node = field->node };
    return e;
}

/* The second of two rolls, along height and width. */
static void look_at_roll(struct seam_free *f, struct seam_field *field)
{
    const struct seam_fact *x = seam_input(field, 0);
    const int axis = x ? seam_axis(seam_onnx_int(field->node, "axis", 1), x->rank) : -1;
    int32_t from;
    if (axis < 0 || x->rank != 4 || field->node->n_inputs != 2 || field->node->n_outputs != 1 ||
        field->graph->opset < 11)
        return;
    const int64_t by = rolled_by(f, field, axis, &from);
    if (!by)
        return;
    struct seam_free_roll *const last = &f->half;
    const struct seam_free_roll now = { field->node->outputs[0], from, axis, by };
    if (last->axis + 1 == axis && last->by == by && last->made == from) {
        struct seam_free_event *e =
            add_event(f, field, by > 0 ? SEAM_FREE_ROLL : SEAM_FREE_BACK);
        if (!e)
            return;
        e->from = last->from;
        e->axis = last->axis;
        e->by = llabs(by);
        for (int dir = 0; dir < 2; dir++)
            e->size[dir] = field->facts[last->from].dims[last->axis + dir];
        f->half = (struct seam_free_roll){ -1, -1, -2, 0 };
        return;
    }
    *last = now;
}

/* ------------------------------------------------------------------------------------------------
 * The table
 * --------------------------------------------------------------------------------------------- */

/* Whether pixels of a window at `at` of `count`, a roll by `by` having brought both ends together
 * in the last, lie on one side of the seam. */
static bool together(int64_t at, int64_t count, int64_t a, int64_t b, int64_t seam)
{
    return at < count - 1 || (a < seam) == (b < seam);
}

static bool is_mask(const float *value, const int64_t count[2], int64_t side, int64_t by)
{
    const int64_t n = side * side, seam = side - by;
    for (int64_t w = 0; w < count[0] * count[1]; w++)
        for (int64_t i = 0; i < n; i++)
            for (int64_t k = 0; k < n; k++) {
                const bool same =
                    together(w / count[1], count[0], i / side, k / side, seam) &&
                    together(w % count[1], count[1], i % side, k % side, seam);
                if (same ? *value < 0 || *value > 0 : !(*value <= NOBODY))
                    return false;
                value++;
            }
    return true;
}

/* The roll that is not back yet. */
static const struct seam_free_event *open_roll(const struct seam_free *f)
{
    for (size_t i = f->n_events; i-- > 0;) {
        if (f->events[i].kind == SEAM_FREE_BACK)
            return NULL;
        if (f->events[i].kind == SEAM_FREE_ROLL)
            return &f->events[i];
    }
    return NULL;
}

/* Whether input k is the table for scores of so many windows of side x side pixels. */
static bool is_table(const struct seam_free *f, struct seam_field *field, size_t k,
                     const int64_t windows[2], int64_t side, int64_t by)
{
    const int32_t value = field->node->inputs[k];
    struct seam_arena arena;
    int64_t count;
    if (value < 0 || (field->facts[value].state == SEAM_FACT_KNOWN &&
                      seam_depends(&field->facts[value])))
        return false;
    seam_arena_init(&arena);
    const float *const numbers = seam_free_constant(f, field, value, &arena, &count);
    const bool is = numbers && count == windows[0] * windows[1] * side * side * side * side &&
                    is_mask(numbers, windows, side, by);
    field->arena->failed = field->arena->failed || arena.failed;
    seam_arena_free(&arena);
    return is;
}

/* Add of the table to scores, [.., windows, heads, pixels, pixels]: *out is as the scores. */
static bool look_at_mask(struct seam_free *f, struct seam_field *field, struct seam_fact *out)
{
    const struct seam_free_event *const roll = open_roll(f);
    if (!roll || field->node->n_inputs != 2)
        return false;
    for (int k = 0; k < 2; k++) {
        const struct seam_fact *scores = seam_input(field, (size_t)!k);
        int64_t n, same, all[2], count[2];
        if (!scores || scores->rank < 4 || !seam_depends(scores) ||
            !seam_sym_whole(scores->dims[scores->rank - 1], &n) ||
            !seam_sym_whole(scores->dims[scores->rank - 2], &same) || n != same || n > 4096)
            continue;
        const int64_t side = (int64_t)lround(sqrt((double)n));
        bool fits = side * side == n && roll->by < side;
        for (int dir = 0; dir < 2 && fits; dir++) {
            fits = seam_free_value(f, roll->size[dir], &all[dir]) && all[dir] % side == 0;
            count[dir] = fits ? all[dir] / side : 0;
        }
        if (!fits || !is_table(f, field, (size_t)k, count, side, roll->by))
            continue;
        struct seam_free_event *e = add_event(f, field, SEAM_FREE_MASK);
        if (!e)
            return false;
        e->side = side;
        e->scores = !k;
        *out = *scores;
        out->values = NULL;
        out->uniform = false;
        return true;
    }
    return false;
}

/* Reshape behind the table that undoes the one before it: windows are an axis of their own between
 * the two alone. */
static void look_at_return(struct seam_free *f, struct seam_field *field)
{
    struct seam_free_event *const mask = f->n_events ? &f->events[f->n_events - 1] : NULL;
    if (!mask || mask->kind != SEAM_FREE_MASK || mask->node->outputs[0] != field->node->inputs[0])
        return;
    const struct seam_onnx_node *const before =
        made_by(f, mask->node->inputs[mask->scores], "Reshape");
    if (!before)
        return;
    mask->before = before;
    mask->behind = field->node;
}

bool seam_free_windows(struct seam_free *f, struct seam_field *field, struct seam_fact *out)
{
    const char *const op = field->node->op;
    if (!strcmp(op, "Concat"))
        look_at_roll(f, field);
    else if (!strcmp(op, "Add"))
        return look_at_mask(f, field, out);
    else if (!strcmp(op, "Reshape"))
        look_at_return(f, field);
    return false;
}

/* ------------------------------------------------------------------------------------------------
 * What belongs together
 * --------------------------------------------------------------------------------------------- */

/* Pixels of the network's input that a border of so many pixels of a tensor is; false: no whole
 * number of them. */
static bool in_pixels(struct seam_sym size, int64_t border, int64_t *pixels)
{
    const int64_t along = size.h ? size.h : size.w;
    *pixels = along > 0 ? border * size.den / along : 0;
    return along > 0 && border * size.den % along == 0;
}

/* Whether the picture is rolled, and nothing keeps its borders apart: they meet at any size. */
static bool borders_meet(const struct seam_free *f)
{
    for (size_t i = 0; i < f->n_events; i++)
        if (f->events[i].kind == SEAM_FREE_MASK)
            return false;
    return true;
}

bool seam_free_match(struct seam_free *f)
{
    if (borders_meet(f))
        f->n_events = 0;
    for (size_t i = 0; i < f->n_events; i += 3) {
        struct seam_free_event *const e = &f->events[i];
        f->failed = e->node;
        f->why = "it rolls the picture round its borders";
        if (i + 2 >= f->n_events || e[0].kind != SEAM_FREE_ROLL || e[1].kind != SEAM_FREE_MASK ||
            e[2].kind != SEAM_FREE_BACK || e[0].by != e[2].by || e[0].axis != e[2].axis)
            return false;
        e[0].side = e[2].side = e[1].side;
        for (int dir = 0; dir < 2; dir++)
            if (!seam_sym_equal(e[0].size[dir], e[2].size[dir]) ||
                !in_pixels(e[0].size[dir], e->side, &e->border[dir]))
                return false;
    }
    f->failed = NULL;
    f->why = NULL;
    return true;
}
