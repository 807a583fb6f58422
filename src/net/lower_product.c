/* Products of matrices. By constants, a linear layer of every pixel: a convolution of one pixel. Of
 * two pictures, and of what that gives with a third, transposed attention: each channel weighs with
 * each other, all over the picture, and that mixes the channels of every pixel (arXiv 2111.09881).
 * The products of all pairs are summed up in one pass, and are constants from the next on. */
#include <string.h>

#include "base/common.h"
#include "net/lower.h"

/* Channels in groups: [group][each], which lie in that order on the axes before `side`, and on it;
 * rows and columns lie on the other of the last two axes. */
static bool groups_of(struct lower *l, const struct lower_value *v, int rank, int side,
                      int *groups)
{
    struct lower_view view;
    struct lower_share share;
    bool across[SEAM_MAX_RANK] = { false };
    int64_t each = 1;
    const int lines = side == rank - 1 ? rank - 2 : rank - 1;
    across[lines] = true;
    seam_lower_atoms(v, rank, &view);
    if (!seam_lower_share(&view, across, &share) || !share.all_lines || !share.no_channels ||
        !seam_lower_in_order(&view, v->ref.channels))
        return seam_lower_fail(l, "what it multiplies is not laid out as channels by pixels");
    for (int i = 0, dir = 0; i < view.n; i++) {
        if (view.atoms[i].kind == LOWER_CHANNEL && view.atoms[i].axis == side)
            each *= view.atoms[i].size;
        if (view.atoms[i].kind == LOWER_LINE && view.atoms[i].dir != dir++)
            return seam_lower_fail(l, "what it multiplies is not laid out as channels by pixels");
    }
    *groups = (int)(v->ref.channels / each);
    return true;
}

/* A picture that was divided, channel by channel, by what a pass finds, as it was before: the sum
 * of products may be divided as well, and is found a pass earlier. *vector: 1 + what it was
 * divided by; 0: nothing. */
static struct seam_ref undivided(struct lower *l, const struct lower_value *v, int *vector)
{
    struct seam_net *net = l->net;
    const int made = net->tensors[v->ref.tensor].op;
    struct seam_net_op *op = made >= 0 ? &net->ops[made] : NULL;
    *vector = 0;
    if (!op || op->kind != SEAM_OP_POINT || op->n_links != 1 || !op->links[0].vector ||
        op->links[0].kind != SEAM_LINK_DIV || !seam_lower_exclusive(l, &v->ref))
        return v->ref;
    *vector = op->links[0].vector;
    return op->inputs[0];
}

/* Vector `products` over `vector` of the channels; map[i] is the channel of product i. */
static int divide(struct lower *l, int products, int vector, const int *map)
{
    const bool one = l->net->vectors[vector].count == 1;
    const int v = seam_lower_vector_point(l, SEAM_LINK_DIV, products, vector, 0, 0);
    if (v >= 0 && !one)
        l->net->vectors[v].map[1] = map;
    return v;
}

/* Which channel of side 0 or 1 each product is of. */
static const int *channels_of(struct lower *l, int groups, int m, int n, int side)
{
    const int count = groups * m * n;
    int *map = seam_arena_alloc(&l->net->arena, (size_t)count, sizeof(*map));
    for (int i = 0; map && i < count; i++)
        map[i] = side ? i / (m * n) * n + i % n : i / n;
    return map;
}

/* Products of the channels of two pictures, summed up over all pixels. */
static bool multiply_pictures(struct lower *l)
{
    const struct lower_value *a = seam_lower_input(l, 0), *b = seam_lower_input(l, 1);
    const int a_rank = seam_lower_fact(l, 0)->rank, b_rank = seam_lower_fact(l, 1)->rank;
    int groups, other, by[2];
    if (a_rank < 2 || b_rank < 2 || !groups_of(l, a, a_rank, a_rank - 2, &groups) ||
        !groups_of(l, b, b_rank, b_rank - 1, &other))
        return seam_lower_fail(l, "it multiplies pictures in a way that cannot be followed");
    if (groups != other || !seam_lower_same_size(l, &a->ref, &b->ref))
        return seam_lower_fail(l, "its pictures differ in size");
    const struct seam_ref refs[2] = { undivided(l, a, &by[0]), undivided(l, b, &by[1]) };
    int v = seam_lower_products(l, refs, groups);
    for (int side = 0; v >= 0 && side < 2; side++) {
        const int *map = by[side] ? channels_of(l, groups, refs[0].channels / groups,
                                                refs[1].channels / groups, side) : NULL;
        if (map)
            v = divide(l, v, by[side] - 1, map);
        else if (by[side])
            return seam_lower_fail(l, "there is no memory");
    }
    return v >= 0 && seam_lower_bind_vector(l, 0, &l->net->vectors[v]);
}

/* The picture's axes, each group having `each` channels now, on axis `side`. */
static void mixed_view(const struct lower_value *v, int rank, int groups, int each,
                       struct lower_view *view)
{
    const int before = v->ref.channels / groups;
    struct lower_view from;
    int n = 0;
    seam_lower_atoms(v, rank, &from);
    for (int i = 0; i < from.n; i++) {
        struct lower_atom a = from.atoms[i];
        if (a.kind == LOWER_CHANNEL && a.axis == rank - 2)
            continue;
        if (a.kind == LOWER_CHANNEL)
            a.stride = a.stride / before * each;
        else if (n == 0 || view->atoms[n - 1].axis < rank - 1)
            view->atoms[n++] = (struct lower_atom){ .kind = LOWER_CHANNEL, .axis = rank - 2,
                                                    .size = each, .stride = 1 };
        view->atoms[n++] = a;
    }
    view->n = n;
}

/* A vector of matrices times the channels of each pixel. */
static bool mix(struct lower *l)
{
    const struct lower_value *a = seam_lower_input(l, 0), *v = seam_lower_input(l, 1);
    const int rank = seam_lower_fact(l, 1)->rank;
    struct lower_view view;
    int groups;
    if (rank < 2 || !groups_of(l, v, rank, rank - 2, &groups))
        return seam_lower_fail(l, "it multiplies pictures in a way that cannot be followed");
    const int in = v->ref.channels / groups, out = (int)(a->count / (groups * (int64_t)in));
    const struct seam_fact *fact = seam_lower_fact(l, 0);
    int64_t columns;
    if (out < 1 || a->count != (int64_t)groups * in * out || fact->rank < 2 ||
        !seam_sym_whole(fact->dims[fact->rank - 1], &columns) || columns != in)
        return seam_lower_fail(l, "its matrices do not fit its picture");
    int *map = seam_arena_alloc(&l->net->arena, (size_t)a->count, sizeof(*map));
    if (!map)
        return seam_lower_fail(l, "there is no memory");
    for (int64_t i = 0; i < a->count; i++)
        map[i] = (int)(i / (in * out) * in * out + i % out * in + i / out % in);
    const struct seam_net_vector *turned = seam_lower_pick(l, a->vector, a->count, map);
    const int vector = turned ? 1 + (int)(turned - l->net->vectors) : 0;
    const int tensor = vector ? seam_lower_tensor_like(l, groups * out, v->ref.tensor) : -1;
    struct seam_net_op *op = seam_lower_op(l, SEAM_OP_MIX, &v->ref, 1, tensor);
    if (!op)
        return false;
    op->groups = groups;
    op->vector = vector;
    mixed_view(v, rank, groups, out, &view);
    return seam_lower_bind_view(l, seam_lower_whole(l, tensor), &view);
}

/* The same axes, with `out` channels on the last. */
static const struct lower_view *linear_view(struct lower_view *view, int rank, int out)
{
    int n = 0;
    for (int i = 0; i < view->n; i++)
        if (view->atoms[i].kind != LOWER_CHANNEL)
            view->atoms[n++] = view->atoms[i];
    view->atoms[n++] = (struct lower_atom){ .kind = LOWER_CHANNEL, .axis = rank - 1, .size = out,
                                            .stride = 1 };
    view->n = n;
    return view;
}

/* Channels, which lie on the last axis, times a matrix of constants. */
static bool linear_layer(struct lower *l)
{
    const struct lower_value *v = seam_lower_input(l, 0);
    const struct seam_fact *fact = seam_lower_fact(l, 1);
    const int rank = seam_lower_fact(l, 0)->rank, in = v->ref.channels;
    struct lower_view view;
    const float *matrix;
    int64_t count, columns;
    seam_lower_atoms(v, rank, &view);
    /* Where pixels lie on the other axes does not matter. */
    for (int i = 0; i < view.n; i++)
        if ((view.atoms[i].axis == rank - 1) != (view.atoms[i].kind == LOWER_CHANNEL) &&
            (view.atoms[i].kind != LOWER_CHANNEL || view.atoms[i].size != 1))
            return seam_lower_fail(l, "it multiplies pictures in a way that cannot be followed");
    if (!seam_lower_in_order(&view, in) || !seam_lower_constant(l, 1, &matrix, &count))
        return seam_lower_fail(l, "it multiplies pictures in a way that cannot be followed");
    if (fact->rank != 2 || !seam_sym_whole(fact->dims[1], &columns) || count != columns * in)
        return seam_lower_fail(l, "its weights do not fit its input");
    const int out = (int)columns, tensor = seam_lower_tensor_like(l, out, v->ref.tensor);
    struct seam_net_op *op = seam_lower_op(l, SEAM_OP_CONV, &v->ref, 1, tensor);
    if (!op)
        return false;
    op->slide[0] = op->slide[1] = (struct seam_slide){ 1, 1, 1, 0 };
    op->weights = seam_arena_alloc(&l->net->weights, (size_t)count, sizeof(float));
    op->bias = seam_arena_alloc(&l->net->weights, (size_t)out, sizeof(float));
    if (!op->weights || !op->bias)
        return seam_lower_fail(l, "there is no memory");
    for (int o = 0; o < out; o++)
        for (int c = 0; c < in; c++)
            op->weights[o * in + c] = matrix[c * out + o];
    return seam_lower_bind_view(l, seam_lower_whole(l, tensor), linear_view(&view, rank, out));
}

bool seam_lower_matmul(struct lower *l)
{
    const struct lower_value *a = seam_lower_input(l, 0), *b = seam_lower_input(l, 1);
    if (!a || !b)
        return seam_lower_fail(l, "an operand is missing");
    if (a->kind == LOWER_PICTURE && b->kind == LOWER_PICTURE)
        return multiply_pictures(l);
    if (a->kind == LOWER_VECTOR && b->kind == LOWER_PICTURE)
        return mix(l);
    if (a->kind == LOWER_PICTURE && b->kind != LOWER_VECTOR)
        return linear_layer(l);
    return seam_lower_fail(l, "it multiplies pictures in a way that cannot be followed");
}
