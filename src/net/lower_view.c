/* Operators that move pixels into channels and back, and reshapes that do the same in three
 * steps. */
#include <string.h>

#include "base/common.h"
#include "net/lower.h"

const struct lower_view *seam_lower_view_of(struct lower *l, int rank, int channel_axis,
                                            int row_axis, int channels)
{
    if (channel_axis == rank - 3 && row_axis == rank - 2)
        return NULL;
    struct lower_view *view = seam_arena_alloc(&l->arena, 1, sizeof(*view));
    if (!view)
        return NULL;
    view->n = 3;
    for (int dir = 0; dir < 2; dir++)
        view->atoms[dir] = (struct lower_atom){ .kind = LOWER_LINE, .axis = row_axis + dir,
                                                .dir = dir, .stride = 1 };
    view->atoms[2] = (struct lower_atom){ .kind = LOWER_CHANNEL, .axis = channel_axis,
                                          .size = channels, .stride = 1 };
    return view;
}

void seam_lower_atoms(const struct lower_value *v, int rank, struct lower_view *view)
{
    if (v->view) {
        *view = *v->view;
        return;
    }
    view->n = 3;
    view->atoms[0] = (struct lower_atom){ .kind = LOWER_CHANNEL, .axis = rank - 3,
                                          .size = v->ref.channels, .stride = 1 };
    for (int dir = 0; dir < 2; dir++)
        view->atoms[1 + dir] = (struct lower_atom){ .kind = LOWER_LINE, .axis = rank - 2 + dir,
                                                    .dir = dir, .stride = 1 };
}

bool seam_lower_bind_view(struct lower *l, struct seam_ref ref, const struct lower_view *view)
{
    struct lower_view *kept = seam_arena_alloc(&l->arena, 1, sizeof(*kept));
    if (!kept)
        return seam_lower_fail(l, "there is no memory");
    *kept = *view;
    seam_lower_bind(l, 0, ref, kept);
    return true;
}

bool seam_lower_transpose(struct lower *l)
{
    const struct lower_value *v = seam_lower_input(l, 0);
    const struct seam_onnx_attr *attr = seam_onnx_attr(l->node, "perm");
    const int rank = seam_lower_fact(l, 0)->rank;
    struct lower_view from, to = { .n = 0 };
    if (!v || v->kind != LOWER_PICTURE)
        return seam_lower_fail(l, "its input is no picture");
    if (attr && (attr->type != SEAM_ATTR_INTS || attr->n != (size_t)rank))
        return seam_lower_fail(l, "its order of axes does not fit its input");
    seam_lower_atoms(v, rank, &from);
    for (int axis = 0; axis < rank; axis++) {
        const int64_t old = attr ? attr->ints[axis] : rank - 1 - axis;
        for (int i = 0; i < from.n; i++)
            if (from.atoms[i].axis == old && to.n < SEAM_MAX_ATOMS) {
                to.atoms[to.n] = from.atoms[i];
                to.atoms[to.n++].axis = axis;
            }
    }
    if (to.n != from.n)
        return seam_lower_fail(l, "its order of axes does not fit its input");
    return seam_lower_bind_view(l, v->ref, &to);
}

/* ------------------------------------------------------------------------------------------------
 * Reshape
 * --------------------------------------------------------------------------------------------- */

static struct seam_sym atom_size(const struct lower *l, int tensor, const struct lower_atom *a)
{
    if (a->kind != LOWER_LINE)
        return seam_sym_const(a->size);
    return seam_sym_div(l->tensors[tensor].size[a->dir], seam_sym_const(a->stride));
}

/* Cut an atom into an outer one and `inner` elements behind it. */
static bool cut_atom(struct lower_view *view, int at, int64_t inner)
{
    struct lower_atom *a = &view->atoms[at];
    if (view->n == SEAM_MAX_ATOMS || inner < 1)
        return false;
    if (a->kind != LOWER_LINE && a->size % inner != 0)
        return false;
    memmove(a + 1, a, (size_t)(view->n - at) * sizeof(*a));
    view->n++;
    a[1].size = inner;
    if (a->kind == LOWER_LINE) {
        a[1].kind = LOWER_PHASE;
        a->stride *= inner;
    } else {
        a->stride *= inner;
        a->size /= inner;
    }
    return true;
}

/* Give the atoms from *next on to an axis of `size`. */
static bool fill_axis(struct lower *l, int tensor, struct lower_view *view, int *next, int axis,
                      struct seam_sym size)
{
    while (!seam_sym_is(size, 1)) {
        int64_t num, den;
        if (*next >= view->n)
            return false;
        struct lower_atom *a = &view->atoms[*next];
        const struct seam_sym have = atom_size(l, tensor, a);
        struct seam_sym left = seam_sym_unknown();
        if (seam_sym_quotient(size, have, &num, &den)) {
            if (den != 1 && (num != 1 || !cut_atom(view, *next, den)))
                return false;
            left = den == 1 ? seam_sym_const(num) : seam_sym_const(1);
        } else {
            left = seam_sym_div(size, have);
        }
        if (!seam_sym_known(left))
            return false;
        view->atoms[(*next)++].axis = axis;
        size = left;
    }
    return true;
}

/* Tile and Expand: a digit that counts to as many, and moves nothing, before those of its axis. */
bool seam_lower_repeat(struct lower *l)
{
    const struct lower_value *v = seam_lower_input(l, 0);
    const struct seam_fact *in = seam_lower_fact(l, 0), *out = seam_lower_out_fact(l, 0);
    struct lower_view from, to = { .n = 0 };
    if (!v || v->kind != LOWER_PICTURE || out->rank < in->rank)
        return seam_lower_fail(l, "its input is no picture");
    seam_lower_atoms(v, in->rank, &from);
    const int more = out->rank - in->rank;
    for (int axis = 0; axis < out->rank; axis++) {
        const struct seam_sym size = axis < more ? seam_sym_const(1) : in->dims[axis - more];
        int64_t times, den;
        if (!seam_sym_quotient(out->dims[axis], size, &times, &den) || den != 1 || times < 1)
            return seam_lower_fail(l, "how often it repeats cannot be followed");
        if (times > 1 && to.n < SEAM_MAX_ATOMS)
            to.atoms[to.n++] =
                (struct lower_atom){ .kind = LOWER_CHANNEL, .axis = axis, .size = times };
        for (int i = 0; i < from.n; i++)
            if (from.atoms[i].axis + more == axis) {
                if (to.n == SEAM_MAX_ATOMS)
                    return seam_lower_fail(l, "its new shape cannot be followed");
                to.atoms[to.n] = from.atoms[i];
                to.atoms[to.n++].axis = axis;
            }
    }
    return seam_lower_bind_view(l, v->ref, &to);
}

/* ------------------------------------------------------------------------------------------------
 * Settling: a view becomes pixels of channels again
 * --------------------------------------------------------------------------------------------- */

/* Where the atoms lie: the digits that make the channel, the row's and the column's place within a
 * block, in order. */
struct layout {
    int axis[3]; /* channels, rows, columns; channels -1: none seen */
    int64_t from[2], to[2], channels;
    int digit[3][SEAM_MAX_ATOMS], n[3]; /* atoms, by which of the three they count in */
};

static bool find_layout(const struct lower_view *view, struct layout *lay)
{
    memset(lay, 0, sizeof(*lay));
    lay->axis[0] = lay->axis[1] = lay->axis[2] = -1;
    lay->channels = lay->to[0] = lay->to[1] = 1;
    for (int i = 0; i < view->n; i++)
        if (view->atoms[i].kind == LOWER_LINE) {
            lay->axis[1 + view->atoms[i].dir] = view->atoms[i].axis;
            lay->from[view->atoms[i].dir] = view->atoms[i].stride;
        }
    if (lay->axis[1] < 0 || lay->axis[2] < 0 || lay->axis[1] == lay->axis[2])
        return false;
    bool begun[2] = { false, false };
    for (int i = 0; i < view->n; i++) {
        const struct lower_atom *a = &view->atoms[i];
        const int side = a->axis == lay->axis[1] ? 0 : a->axis == lay->axis[2] ? 1 : -1;
        if (a->kind == LOWER_LINE) {
            if (a->dir != side || begun[side])
                return false;
            begun[side] = true;
            continue;
        }
        if (side >= 0) {
            /* Before the line they would be windows, one beside the other. */
            if (!begun[side] && a->size != 1)
                return false;
            lay->to[side] *= a->size;
        } else {
            if (lay->axis[0] >= 0 && lay->axis[0] != a->axis && a->size != 1)
                return false;
            if (a->size != 1 || lay->axis[0] < 0)
                lay->axis[0] = a->axis;
            lay->channels *= a->size;
        }
        lay->digit[1 + side][lay->n[1 + side]++] = i;
    }
    return true;
}

/* What the digits of one axis, counting to `value`, add to channel, row and column. */
static void decode_digits(const struct lower_view *view, const int *digits, int n, int64_t value,
                          int64_t at[3])
{
    while (n-- > 0) {
        const struct lower_atom *a = &view->atoms[digits[n]];
        at[a->kind == LOWER_CHANNEL ? 0 : 1 + a->dir] += value % a->size * a->stride;
        value /= a->size;
    }
}

/* map[channel][y][x]; false where it moves nothing. */
static bool fill_map(const struct lower_view *view, const struct layout *lay, int *map)
{
    bool moves = false;
    int64_t i = 0;
    for (int64_t c = 0; c < lay->channels; c++)
        for (int64_t y = 0; y < lay->to[0]; y++)
            for (int64_t x = 0; x < lay->to[1]; x++, i++) {
                int64_t at[3] = { 0, 0, 0 };
                decode_digits(view, lay->digit[0], lay->n[0], c, at);
                decode_digits(view, lay->digit[1], lay->n[1], y, at);
                decode_digits(view, lay->digit[2], lay->n[2], x, at);
                map[i] = (int)((at[0] * lay->from[0] + at[1]) * lay->from[1] + at[2]);
                moves |= at[0] != c || at[1] != y || at[2] != x;
            }
    return moves || lay->from[0] != lay->to[0] || lay->from[1] != lay->to[1];
}

/* The size of a side after `from` pixels have become `to`. */
static bool shuffle_sizes(const struct lower *l, int tensor, const struct layout *lay,
                          struct seam_fact *like)
{
    like->state = SEAM_FACT_KNOWN;
    like->rank = 2;
    for (int dir = 0; dir < 2; dir++) {
        like->dims[dir] = seam_sym_mul(l->tensors[tensor].size[dir],
                                       seam_sym_ratio(lay->to[dir], lay->from[dir]));
        if (!seam_sym_known(like->dims[dir]))
            return false;
    }
    return true;
}

/* Whether the last axes are channels, rows, columns. */
static bool is_plain(const struct layout *lay, int rank)
{
    return lay->axis[1] == rank - 2 && lay->axis[2] == rank - 1 &&
           (lay->axis[0] == rank - 3 || lay->channels == 1);
}

bool seam_lower_settle(struct lower *l, struct lower_value *v, int rank, bool last)
{
    struct layout lay;
    if (!v->view)
        return true;
    if (!find_layout(v->view, &lay))
        return seam_lower_fail(l, "its input's layout is none of a picture");
    const bool plain = is_plain(&lay, rank);
    /* Channels may come first or last, but columns behind rows. */
    if (!plain && (!last || lay.axis[2] != lay.axis[1] + 1))
        return seam_lower_fail(l, "its input's layout is none of a picture");
    const int64_t count = lay.channels * lay.to[0] * lay.to[1];
    if (lay.channels > SEAM_NET_MOST_CHANNELS || count > 1 << 20)
        return seam_lower_fail(l, "it has too many channels");
    for (int dir = 0; dir < 2; dir++)
        if (lay.from[dir] > SEAM_NET_MOST_BLOCK || lay.to[dir] > SEAM_NET_MOST_BLOCK)
            return seam_lower_fail(l, "its block has an impossible size");
    int *map = seam_arena_alloc(&l->net->arena, (size_t)count, sizeof(*map));
    if (!map)
        return seam_lower_fail(l, "there is no memory");
    if (fill_map(v->view, &lay, map)) {
        struct seam_fact like;
        memset(&like, 0, sizeof(like));
        if (!shuffle_sizes(l, v->ref.tensor, &lay, &like))
            return seam_lower_fail(l, "its size does not follow the picture's");
        const int tensor = seam_lower_tensor(l, (int)lay.channels, &like, 0);
        struct seam_net_op *op = seam_lower_op(l, SEAM_OP_SHUFFLE, &v->ref, 1, tensor);
        if (!op)
            return false;
        op->map = map;
        memcpy(op->from, lay.from, sizeof(op->from));
        memcpy(op->to, lay.to, sizeof(op->to));
        /* Who was to read the view reads the tensor. */
        l->tensors[tensor].pending = v->uses;
        v->ref = seam_lower_whole(l, tensor);
    }
    v->view = NULL;
    return true;
}

/* An axis once those of `over` are gone. */
static int axis_left(int axis, const bool *over, bool keep)
{
    int gone = 0;
    for (int i = 0; !keep && i < axis; i++)
        gone += over[i];
    return axis - gone;
}

bool seam_lower_has_lines(const struct lower_value *v, int rank, const bool *over)
{
    struct lower_view all;
    seam_lower_atoms(v, rank, &all);
    for (int i = 0; i < all.n; i++)
        if (all.atoms[i].kind == LOWER_LINE && over[all.atoms[i].axis])
            return true;
    return false;
}

/* The atoms that stay, behind those of `over`: digits of so many channels, and lines of a tensor of
 * their own. */
static void atoms_left(const struct lower_view *all, const bool *over, bool keep, int64_t channels,
                       struct lower_view *left)
{
    left->n = 0;
    for (int i = 0; i < all->n; i++) {
        struct lower_atom a = all->atoms[i];
        if (over[a.axis])
            continue;
        if (a.kind == LOWER_LINE) {
            a.stride = 1;
        } else {
            a.kind = LOWER_CHANNEL;
            a.stride = channels /= a.size;
        }
        a.axis = axis_left(a.axis, over, keep);
        left->atoms[left->n++] = a;
    }
}

bool seam_lower_digits_first(struct lower *l, const struct lower_value *v, int rank,
                             const bool *over, bool keep, struct lower_digits *d)
{
    struct lower_view all, flat = { .n = 0 }, *left = seam_arena_alloc(&l->arena, 1, sizeof(*left));
    if (!left)
        return seam_lower_fail(l, "there is no memory");
    seam_lower_atoms(v, rank, &all);
    d->count = d->channels = 1;
    for (int part = 0; part < 3; part++) /* what goes, what stays of channels, lines */
        for (int i = 0; i < all.n; i++) {
            const struct lower_atom *a = &all.atoms[i];
            if ((a->kind == LOWER_LINE ? 2 : !over[a->axis]) != part)
                continue;
            flat.atoms[flat.n] = *a;
            flat.atoms[flat.n++].axis = part < 2 ? 0 : 1 + a->dir;
            d->count *= part == 0 ? a->size : 1;
            d->channels *= part == 1 ? a->size : 1;
        }
    atoms_left(&all, over, keep, d->channels, left);
    d->left = left;
    struct lower_value settled = { .kind = LOWER_PICTURE, .ref = v->ref, .view = &flat };
    if (!seam_lower_settle(l, &settled, 3, false))
        return false;
    d->ref = settled.ref;
    return true;
}

/* Rows or columns of windows, and the places within them behind them on the same axis, are rows or
 * columns again. */
static void join_lines(struct lower_view *view)
{
    for (int i = 0; i + 1 < view->n;) {
        struct lower_atom *a = &view->atoms[i];
        if (a->kind == LOWER_LINE && a[1].kind == LOWER_PHASE && a->dir == a[1].dir &&
            a->axis == a[1].axis && a->stride == a[1].stride * a[1].size) {
            a->stride = a[1].stride;
            memmove(a + 1, a + 2, (size_t)(view->n - i - 2) * sizeof(*a));
            view->n--;
        } else {
            i++;
        }
    }
}

bool seam_lower_reshape(struct lower *l)
{
    struct lower_value *v = seam_lower_input(l, 0);
    const struct seam_fact *out = seam_lower_out_fact(l, 0);
    const int rank = seam_lower_fact(l, 0)->rank;
    struct layout lay;
    struct lower_view view;
    int next = 0;
    if (!v || v->kind != LOWER_PICTURE)
        return seam_lower_fail(l, "its input is no picture");
    /* What moves pixels ends where it is a picture again; what follows has channels of its own. */
    if (v->view && find_layout(v->view, &lay) && is_plain(&lay, rank) &&
        lay.from[0] * lay.from[1] * lay.to[0] * lay.to[1] != 1 &&
        !seam_lower_settle(l, v, rank, false))
        return false;
    seam_lower_atoms(v, rank, &view);
    for (int axis = 0; axis < out->rank; axis++)
        if (!fill_axis(l, v->ref.tensor, &view, &next, axis, out->dims[axis]))
            return seam_lower_fail(l, "its new shape cannot be followed");
    if (next != view.n) {
        /* What is left may only be digits of one value. */
        for (; next < view.n; next++)
            if (view.atoms[next].kind == LOWER_LINE || view.atoms[next].size != 1)
                return seam_lower_fail(l, "its new shape cannot be followed");
    }
    join_lines(&view);
    return seam_lower_bind_view(l, v->ref, &view);
}

/* ------------------------------------------------------------------------------------------------
 * The operators that name it
 * --------------------------------------------------------------------------------------------- */

static bool shuffle(struct lower *l, const int64_t from[2], const int64_t to[2], int channels,
                    const int *map)
{
    const struct lower_value *v = seam_lower_picture(l, 0);
    const struct seam_fact *out = seam_lower_out_fact(l, 0);
    if (!v)
        return false;
    const struct seam_ref ref = v->ref;
    const int tensor = seam_lower_tensor(l, channels, out, out->rank - 2);
    struct seam_net_op *op = seam_lower_op(l, SEAM_OP_SHUFFLE, &ref, 1, tensor);
    if (!op)
        return false;
    memcpy(op->from, from, sizeof(op->from));
    memcpy(op->to, to, sizeof(op->to));
    op->map = map;
    seam_lower_bind(l, 0, seam_lower_whole(l, tensor), NULL);
    return true;
}

static int64_t block_size(struct lower *l)
{
    const int64_t b = seam_onnx_int(l->node, "blocksize", 0);
    if (b < 1 || b > SEAM_NET_MOST_BLOCK)
        return seam_lower_fail(l, "its block has an impossible size"), 0;
    return b;
}

bool seam_lower_depth_to_space(struct lower *l)
{
    const bool crd = !strcmp(seam_onnx_string(l->node, "mode", "DCR"), "CRD");
    const struct lower_value *v = seam_lower_picture(l, 0);
    const int64_t b = block_size(l);
    if (!v || !b)
        return false;
    if (v->ref.channels % (b * b) != 0)
        return seam_lower_fail(l, "its block does not fit its channels");
    const int64_t channels = v->ref.channels / (b * b);
    int *map = seam_arena_alloc(&l->net->arena, (size_t)v->ref.channels, sizeof(*map));
    if (!map)
        return seam_lower_fail(l, "there is no memory");
    for (int64_t c = 0, i = 0; c < channels; c++)
        for (int64_t k = 0; k < b * b; k++, i++)
            map[i] = (int)(crd ? i : k * channels + c);
    return shuffle(l, (int64_t[]){ 1, 1 }, (int64_t[]){ b, b }, (int)channels, map);
}

bool seam_lower_space_to_depth(struct lower *l)
{
    const struct lower_value *v = seam_lower_picture(l, 0);
    const int64_t b = block_size(l);
    if (!v || !b)
        return false;
    const int64_t channels = v->ref.channels;
    if (channels * b * b > SEAM_NET_MOST_CHANNELS)
        return seam_lower_fail(l, "it has too many channels");
    int *map = seam_arena_alloc(&l->net->arena, (size_t)(channels * b * b), sizeof(*map));
    if (!map)
        return seam_lower_fail(l, "there is no memory");
    /* Output channel (y * b + x) * channels + c is channel c of pixel x, y of the block. */
    for (int64_t k = 0; k < b * b; k++)
        for (int64_t c = 0; c < channels; c++)
            map[k * channels + c] = (int)(c * b * b + k);
    return shuffle(l, (int64_t[]){ b, b }, (int64_t[]){ 1, 1 }, (int)(channels * b * b), map);
}
