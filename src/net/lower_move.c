/* Operators that cut pictures and put them together. */
#include <string.h>

#include "base/common.h"
#include "net/lower.h"

/* The next atom of a view from *at on that is none of the channels'. */
static const struct lower_atom *next_pixels(const struct lower_view *view, int *at)
{
    while (*at < view->n) {
        const struct lower_atom *a = &view->atoms[(*at)++];
        if (a->kind != LOWER_CHANNEL)
            return a;
    }
    return NULL;
}

/* Whether rows, columns and blocks of pixels lie alike. */
static bool same_pixels(const struct lower_view *x, const struct lower_view *y)
{
    for (int i = 0, k = 0;;) {
        const struct lower_atom *a = next_pixels(x, &i), *b = next_pixels(y, &k);
        if (!a || !b)
            return !a && !b;
        if (a->kind != b->kind || a->axis != b->axis || a->dir != b->dir ||
            a->stride != b->stride || (a->kind == LOWER_PHASE && a->size != b->size))
            return false;
    }
}

/* Whether input k is a picture that has been reshaped, whose channels, in order, are all of what
 * lies on `axis`, and whose pixels lie as those of input 0. */
static bool ends_in_channels(struct lower *l, size_t k, int axis, struct lower_view *view)
{
    const struct lower_value *v = seam_lower_input(l, k), *first = seam_lower_input(l, 0);
    struct lower_view other;
    if (!v || v->kind != LOWER_PICTURE || !v->view ||
        !seam_lower_same_size(l, &v->ref, &first->ref))
        return false;
    seam_lower_atoms(v, seam_lower_fact(l, k)->rank, view);
    seam_lower_atoms(first, seam_lower_fact(l, 0)->rank, &other);
    for (int i = 0; i < view->n; i++) {
        const struct lower_atom *a = &view->atoms[i];
        if (a->kind == LOWER_CHANNEL ? a->size > 1 && a->axis != axis : a->axis == axis)
            return false;
    }
    return same_pixels(view, &other) && seam_lower_in_order(view, v->ref.channels);
}

/* The same axes, of which `axis` holds so many channels. */
static void widen_channels(const struct lower_view *from, int axis, int64_t channels,
                           struct lower_view *to)
{
    bool put = false;
    to->n = 0;
    for (int i = 0; i <= from->n; i++) {
        const struct lower_atom *a = i < from->n ? &from->atoms[i] : NULL;
        if (!put && (!a || a->axis >= axis)) {
            to->atoms[to->n++] = (struct lower_atom){ .kind = LOWER_CHANNEL, .axis = axis,
                                                      .size = channels, .stride = 1 };
            put = true;
        }
        if (a && a->kind != LOWER_CHANNEL)
            to->atoms[to->n++] = *a;
    }
}

/* Pictures whose channels lie on another axis than the third from the end, joined along it. False,
 * with nothing said: they are none. */
static bool concat_views(struct lower *l, int axis)
{
    const size_t n = l->node->n_inputs;
    struct seam_ref *parts = seam_arena_alloc(&l->arena, n, sizeof(*parts));
    float *fill = seam_arena_alloc(&l->net->arena, n, sizeof(*fill));
    struct lower_view from, view;
    int64_t channels = 0;
    for (size_t k = 0; k < n; k++) {
        if (!parts || !fill || !ends_in_channels(l, k, axis, &from))
            return false;
        parts[k] = seam_lower_input(l, k)->ref;
        channels += parts[k].channels;
    }
    if (from.n == SEAM_MAX_ATOMS || channels > SEAM_NET_MOST_CHANNELS)
        return false;
    widen_channels(&from, axis, channels, &view);
    const int tensor = seam_lower_tensor_like(l, (int)channels, parts[0].tensor);
    struct seam_net_op *op = seam_lower_op(l, SEAM_OP_CONCAT, parts, (int)n, tensor);
    if (!op)
        return false;
    op->fill = fill;
    return seam_lower_bind_view(l, seam_lower_whole(l, tensor), &view);
}

bool seam_lower_concat(struct lower *l)
{
    const struct seam_onnx_node *node = l->node;
    const struct seam_fact *out = seam_lower_out_fact(l, 0);
    const int axis = seam_axis(seam_onnx_int(node, "axis", 1), out->rank);
    struct seam_ref *parts = seam_arena_alloc(&l->arena, node->n_inputs, sizeof(*parts));
    float *fill = seam_arena_alloc(&l->net->arena, node->n_inputs, sizeof(*fill));
    int64_t channels = 0;
    if (!parts || !fill)
        return seam_lower_fail(l, "there is no memory");
    if (concat_views(l, axis))
        return true;
    if (axis != out->rank - 3)
        return seam_lower_fail(l, "it joins pictures in another direction than channels");
    for (size_t k = 0; k < node->n_inputs; k++) {
        const struct lower_value *v = seam_lower_input(l, k);
        int64_t n;
        if (v && v->kind == LOWER_PICTURE) {
            if (!(v = seam_lower_picture(l, k)))
                return false;
            parts[k] = v->ref;
        } else if (!seam_lower_fact(l, k) || seam_lower_fact(l, k)->rank != out->rank ||
                   !seam_sym_whole(seam_lower_fact(l, k)->dims[axis], &n) || n < 1 ||
                   n > SEAM_NET_MOST_CHANNELS || !seam_lower_scalar(l, k, &fill[k])) {
            return seam_lower_fail(l, "it joins a constant picture");
        } else {
            parts[k] = (struct seam_ref){ -1, 0, (int)n };
        }
        channels += parts[k].channels;
    }
    if (channels > SEAM_NET_MOST_CHANNELS)
        return seam_lower_fail(l, "it has too many channels");
    const int tensor = seam_lower_tensor(l, (int)channels, out, out->rank - 2);
    struct seam_net_op *op = seam_lower_op(l, SEAM_OP_CONCAT, parts, (int)node->n_inputs, tensor);
    if (!op)
        return false;
    op->fill = fill;
    seam_lower_bind(l, 0, seam_lower_whole(l, tensor), NULL);
    return true;
}

bool seam_lower_split(struct lower *l)
{
    const struct lower_value *v = seam_lower_picture(l, 0);
    if (!v)
        return false;
    const int rank = seam_lower_fact(l, 0)->rank;
    if (seam_axis(seam_onnx_int(l->node, "axis", 0), rank) != rank - 3)
        return seam_lower_fail(l, "it splits in another direction than channels");
    struct seam_ref ref = v->ref;
    const int end = ref.first + ref.channels;
    for (size_t k = 0; k < l->node->n_outputs; k++) {
        const struct seam_fact *out = seam_lower_out_fact(l, k);
        int64_t n;
        if (!out || !seam_sym_whole(out->dims[rank - 3], &n) || n < 1 || n > end - ref.first)
            return seam_lower_fail(l, "its parts cannot be followed");
        ref.channels = (int)n;
        seam_lower_bind(l, k, ref, NULL);
        ref.first += (int)n;
    }
    return true;
}

/* ------------------------------------------------------------------------------------------------
 * Slices
 * --------------------------------------------------------------------------------------------- */

/* What a Slice does to one of the last three axes. */
struct cut {
    int64_t start, step;
};

/* A list of numbers of a Slice: input k, or an attribute of old operator sets. */
static bool slice_list(struct lower *l, size_t k, const char *attr, struct seam_sym *list, int *n)
{
    l->field.node = l->node;
    const bool old = l->graph->opset < 10;
    if (!seam_list(&l->field, old ? SIZE_MAX : k, old ? attr : NULL, list, SEAM_MAX_RANK, n))
        return seam_lower_fail(l, "the part it cuts cannot be followed");
    return true;
}

static bool read_cuts(struct lower *l, int rank, struct cut cuts[3])
{
    struct seam_sym starts[SEAM_MAX_RANK], axes[SEAM_MAX_RANK], steps[SEAM_MAX_RANK];
    int n, n_axes, n_steps = -1;
    if (!slice_list(l, 1, "starts", starts, &n) || !slice_list(l, 3, "axes", axes, &n_axes) ||
        (l->graph->opset >= 10 && !slice_list(l, 4, NULL, steps, &n_steps)))
        return false;
    for (int i = 0; i < n; i++) {
        int64_t axis = i, start, step = 1;
        if ((n_axes >= 0 && (i >= n_axes || !seam_sym_whole(axes[i], &axis))) ||
            (n_steps >= 0 && (i >= n_steps || !seam_sym_whole(steps[i], &step))) ||
            !seam_sym_known(starts[i]))
            return seam_lower_fail(l, "the part it cuts cannot be followed");
        axis = seam_axis(axis, rank);
        if (axis < 0 || step < 1 || step > 4096)
            return seam_lower_fail(l, "it cuts backwards");
        struct seam_sym from = starts[i];
        if (seam_sym_fixed(from) && seam_sym_sign(from) < 0)
            from = seam_sym_add(from, seam_lower_fact(l, 0)->dims[axis]);
        if (!seam_sym_whole(from, &start) || start < 0 || start > 1 << 24)
            return seam_lower_fail(l, "the part it cuts lies at no fixed place");
        if (axis < rank - 3 && (start || step != 1))
            return seam_lower_fail(l, "it cuts in another direction than the picture's");
        if (axis >= rank - 3)
            cuts[axis - (rank - 3)] = (struct cut){ start, step };
    }
    return true;
}

/* What a value becomes of which some channels are picked. */
struct picked {
    struct seam_ref ref;
    struct lower_view view;
};

/* Input 0 is a view: of its `axis`, which must hold the outermost digit of its channels, those from
 * `start` on, `count` of them. `drop`: the axis goes. False: it holds something else. */
static bool pick_channels(struct lower *l, int axis, int64_t start, int64_t count, bool drop,
                          struct picked *picked)
{
    const struct lower_value *v = seam_lower_input(l, 0);
    struct lower_view from;
    bool found = false;
    *picked = (struct picked){ .ref = v->ref };
    seam_lower_atoms(v, seam_lower_fact(l, 0)->rank, &from);
    for (int i = 0; i < from.n; i++) {
        struct lower_atom a = from.atoms[i];
        if (a.axis == axis && (a.kind != LOWER_CHANNEL || a.size != 1)) {
            if (found || a.kind != LOWER_CHANNEL || a.stride * a.size != v->ref.channels ||
                start < 0 || count < 1 || start + count > a.size)
                return false;
            found = true;
            picked->ref.first += (int)(start * a.stride);
            picked->ref.channels = (int)(count * a.stride);
            a.size = count;
        }
        a.axis -= drop && a.axis > axis;
        if (!drop || from.atoms[i].axis != axis)
            picked->view.atoms[picked->view.n++] = a;
    }
    return found;
}

/* The digits of a view's channels from the one that counts most to the one that counts 1; 0: they
 * do not make up all of them. */
static int sort_digits(const struct lower_view *view, int channels, int *digits)
{
    int64_t stride = channels;
    int n = 0;
    for (;;) {
        int next = -1;
        for (int i = 0; i < view->n; i++) {
            const struct lower_atom *a = &view->atoms[i];
            if (a->kind == LOWER_CHANNEL && a->size > 1 && a->stride * a->size == stride)
                next = i;
        }
        if (next < 0)
            return stride == 1 ? n : 0;
        digits[n++] = next;
        stride = view->atoms[next].stride;
    }
}

/* As pick_channels(), of any other digit: its channels are brought together. */
static bool gather_channels(struct lower *l, int axis, int64_t start, int64_t count, bool drop,
                            struct picked *picked)
{
    const struct lower_value *v = seam_lower_input(l, 0);
    struct lower_view from;
    int digits[SEAM_MAX_ATOMS], at = -1;
    *picked = (struct picked){ .ref = v->ref };
    seam_lower_atoms(v, seam_lower_fact(l, 0)->rank, &from);
    const int n = sort_digits(&from, v->ref.channels, digits);
    for (int i = 0; i < from.n; i++)
        if (from.atoms[i].axis == axis &&
            (from.atoms[i].kind != LOWER_CHANNEL || from.atoms[i].size != 1)) {
            if (at >= 0 || from.atoms[i].kind != LOWER_CHANNEL)
                return false;
            at = i;
        }
    if (n == 0 || at < 0 || start < 0 || count < 1 || start + count > from.atoms[at].size)
        return false;
    const int64_t channels = v->ref.channels / from.atoms[at].size * count;
    int *map = seam_arena_alloc(&l->net->arena, (size_t)channels, sizeof(*map));
    const int tensor = seam_lower_tensor_like(l, (int)channels, v->ref.tensor);
    struct seam_net_op *op = map ? seam_lower_op(l, SEAM_OP_SHUFFLE, &v->ref, 1, tensor) : NULL;
    if (!op)
        return false;
    int64_t stride = 1;
    for (int k = n; k-- > 0;) {
        struct lower_atom *a = &from.atoms[digits[k]];
        const int64_t first = digits[k] == at ? start : 0;
        const int64_t size = digits[k] == at ? count : a->size;
        for (int64_t c = 0; c < channels; c++)
            map[c] += (int)((c / stride % size + first) * a->stride);
        a->size = size;
        a->stride = stride;
        stride *= size;
    }
    op->map = map;
    picked->ref = seam_lower_whole(l, tensor);
    for (int i = 0; i < from.n; i++) {
        struct lower_atom a = from.atoms[i];
        a.axis -= drop && a.axis > axis;
        if (!drop || from.atoms[i].axis != axis)
            picked->view.atoms[picked->view.n++] = a;
    }
    return true;
}

/* Some of an axis of channels, wherever they lie. */
static bool pick_any(struct lower *l, int axis, int64_t start, int64_t count, bool drop,
                     struct picked *picked)
{
    return pick_channels(l, axis, start, count, drop, picked) ||
           gather_channels(l, axis, start, count, drop, picked);
}

/* A Slice of a view along one axis of channels, bound. False, with nothing said: it is none. */
static bool slice_view(struct lower *l)
{
    const struct lower_value *v = seam_lower_input(l, 0);
    const struct seam_fact *in = seam_lower_fact(l, 0), *out = seam_lower_out_fact(l, 0);
    struct seam_sym starts[SEAM_MAX_RANK], steps[SEAM_MAX_RANK];
    struct picked picked;
    int axis = -1, n, n_steps = -1;
    int64_t start, count, size, step = 1;
    if (!v || v->kind != LOWER_PICTURE || !v->view || in->rank != out->rank ||
        l->graph->opset < 10)
        return false;
    for (int i = 0; i < in->rank; i++)
        if (!seam_sym_equal(in->dims[i], out->dims[i])) {
            if (axis >= 0)
                return false;
            axis = i;
        }
    l->field.node = l->node;
    return axis >= 0 && seam_sym_whole(in->dims[axis], &size) &&
           seam_sym_whole(out->dims[axis], &count) &&
           seam_list(&l->field, 1, NULL, starts, SEAM_MAX_RANK, &n) &&
           seam_list(&l->field, 4, NULL, steps, SEAM_MAX_RANK, &n_steps) && n == 1 &&
           seam_sym_whole(starts[0], &start) &&
           (n_steps < 0 || (n_steps == 1 && seam_sym_whole(steps[0], &step))) && step == 1 &&
           pick_any(l, axis, start < 0 ? start + size : start, count, false, &picked) &&
           seam_lower_bind_view(l, picked.ref, &picked.view);
}

/* One number of an axis of channels, as a Reshape has cut them: queries, keys or values. */
bool seam_lower_gather(struct lower *l)
{
    const struct lower_value *v = seam_lower_input(l, 0);
    const struct seam_fact *in = seam_lower_fact(l, 0), *index = seam_lower_fact(l, 1);
    const int axis = in ? seam_axis(seam_onnx_int(l->node, "axis", 0), in->rank) : -1;
    struct seam_sym list[1];
    struct picked picked;
    int64_t at, size;
    int n;
    if (!v || v->kind != LOWER_PICTURE || axis < 0)
        return seam_lower_fail(l, "its input is no picture");
    l->field.node = l->node;
    if (!index || index->rank > 1 || !seam_list(&l->field, 1, NULL, list, 1, &n) || n != 1 ||
        !seam_sym_whole(list[0], &at) || !seam_sym_whole(in->dims[axis], &size))
        return seam_lower_fail(l, "what it picks cannot be followed");
    if (!pick_any(l, axis, at < 0 ? at + size : at, 1, index->rank == 0, &picked))
        return seam_lower_fail(l, "the channels it picks cannot be followed");
    return seam_lower_bind_view(l, picked.ref, &picked.view);
}

bool seam_lower_slice(struct lower *l)
{
    if (slice_view(l))
        return true;
    struct cut cuts[3] = { { 0, 1 }, { 0, 1 }, { 0, 1 } };
    const struct seam_fact *out = seam_lower_out_fact(l, 0);
    const struct lower_value *v = seam_lower_picture(l, 0);
    int64_t channels;
    if (!v || !read_cuts(l, out->rank, cuts))
        return false;
    struct seam_ref ref = v->ref;
    if (cuts[0].step != 1 || !seam_sym_whole(out->dims[out->rank - 3], &channels) ||
        channels < 1 || cuts[0].start > ref.channels - channels)
        return seam_lower_fail(l, "the channels it cuts cannot be followed");
    ref.first += (int)cuts[0].start;
    ref.channels = (int)channels;
    bool spatial = false;
    for (int dir = 0; dir < 2; dir++)
        spatial |= cuts[1 + dir].start || cuts[1 + dir].step != 1 ||
                   !seam_sym_equal(out->dims[out->rank - 2 + dir],
                                   l->tensors[ref.tensor].size[dir]);
    if (spatial) {
        const int tensor = seam_lower_tensor(l, ref.channels, out, out->rank - 2);
        struct seam_net_op *op = seam_lower_op(l, SEAM_OP_CROP, &ref, 1, tensor);
        if (!op)
            return false;
        for (int dir = 0; dir < 2; dir++) {
            op->shift[dir] = cuts[1 + dir].start;
            op->step[dir] = cuts[1 + dir].step;
        }
        ref = seam_lower_whole(l, tensor);
    }
    seam_lower_bind(l, 0, ref, NULL);
    return true;
}

/* ------------------------------------------------------------------------------------------------
 * Pads
 * --------------------------------------------------------------------------------------------- */

static bool read_pads(struct lower *l, int rank, int64_t before[2])
{
    struct seam_sym list[2 * SEAM_MAX_RANK];
    int n;
    const bool old = l->graph->opset < 11;
    struct seam_sym axes[SEAM_MAX_RANK];
    int chosen = rank;
    l->field.node = l->node;
    const bool chooses = l->node->n_inputs > 3 && l->node->inputs[3] >= 0;
    if (chooses && !seam_list(&l->field, 3, NULL, axes, SEAM_MAX_RANK, &chosen))
        return seam_lower_fail(l, "the axes that it pads cannot be followed");
    if (!seam_list(&l->field, old ? SIZE_MAX : 1, old ? "pads" : NULL, list, 2 * SEAM_MAX_RANK,
                   &n) || n != 2 * chosen)
        return seam_lower_fail(l, "its padding cannot be followed");
    for (int i = 0; i < n; i++) {
        int64_t v, axis = i % chosen;
        if ((chooses && !seam_sym_whole(axes[i % chosen], &axis)) ||
            !seam_sym_whole(list[i], &v) || v < -65536 || v > 65536 || axis < -rank ||
            axis >= rank)
            return seam_lower_fail(l, "its padding cannot be followed");
        axis += axis < 0 ? rank : 0;
        if (axis < rank - 2 && v)
            return seam_lower_fail(l, "its padding cannot be followed");
        if (i < chosen && axis >= rank - 2)
            before[axis - (rank - 2)] = v;
    }
    return true;
}

bool seam_lower_pad(struct lower *l)
{
    static const char *const modes[] = { "constant", "reflect", "edge" };
    const char *mode = seam_onnx_string(l->node, "mode", "constant");
    const struct seam_fact *out = seam_lower_out_fact(l, 0);
    const struct lower_value *v = seam_lower_picture(l, 0);
    int64_t before[2] = { 0, 0 };
    size_t m = 0;
    while (m < 3 && strcmp(modes[m], mode) != 0)
        m++;
    if (m == 3)
        return seam_lower_fail(l, "there is no rule for its mode");
    if (!v || !read_pads(l, out->rank, before))
        return false;
    float *fill = seam_arena_alloc(&l->net->arena, 1, sizeof(*fill));
    if (!fill)
        return seam_lower_fail(l, "there is no memory");
    const struct seam_onnx_attr *value = seam_onnx_attr(l->node, "value");
    if (value && l->graph->opset < 11)
        *fill = value->f;
    else if (seam_lower_input(l, 2) && !seam_lower_scalar(l, 2, fill))
        return false;
    const struct seam_ref ref = v->ref;
    const int tensor = seam_lower_tensor(l, ref.channels, out, out->rank - 2);
    struct seam_net_op *op = seam_lower_op(l, SEAM_OP_PAD, &ref, 1, tensor);
    if (!op)
        return false;
    op->fill = fill;
    op->mode = (enum seam_pad_mode)m;
    op->shift[0] = -before[0];
    op->shift[1] = -before[1];
    seam_lower_bind(l, 0, seam_lower_whole(l, tensor), NULL);
    return true;
}
