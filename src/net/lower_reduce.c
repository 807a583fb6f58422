/* What sums up the whole picture: reductions over rows and columns, and the normalisations by
 * them. */
#include <math.h>
#include <string.h>

#include "base/common.h"
#include "net/lower.h"

/* An operation that reduces `n` inputs to numbers in `groups`, and the vector of these. */
static int add_reduction(struct lower *l, const struct seam_ref *refs, int n, int groups,
                         enum seam_reduce kind)
{
    if (!l->params->passes)
        return seam_lower_fail(l, "it sums up the whole picture"), -1;
    /* What is made has no samples. */
    const int tensor = seam_lower_tensor_like(l, 1, refs->tensor);
    struct seam_net_op *op = seam_lower_op(l, SEAM_OP_REDUCE, refs, n, tensor);
    if (!op)
        return -1;
    op->reduce = kind;
    op->groups = groups;
    op->known = l->net->n_known;
    struct seam_net_vector *v =
        seam_lower_new_vector(l, SEAM_VECTOR_REDUCE, seam_net_reduced(op));
    if (!v)
        return -1;
    l->net->n_known += (size_t)v->count;
    v->op = v->last_op = (int)(op - l->net->ops);
    return (int)(v - l->net->vectors);
}

int seam_lower_reduction(struct lower *l, const struct seam_ref *ref, enum seam_reduce kind,
                         bool mean)
{
    const int v = add_reduction(l, ref, 1, 1, kind);
    if (v >= 0)
        l->net->ops[l->net->vectors[v].op].mean = mean;
    return v;
}

int seam_lower_products(struct lower *l, const struct seam_ref refs[2], int groups)
{
    return add_reduction(l, refs, 2, groups, SEAM_REDUCE_PRODUCTS);
}

static const struct {
    const char *op;
    enum seam_reduce kind;
    bool mean, root;
} reductions[] = {
    { "ReduceMean", SEAM_REDUCE_SUM, true, false },
    { "ReduceSum", SEAM_REDUCE_SUM, false, false },
    { "ReduceMax", SEAM_REDUCE_MOST, false, false },
    { "ReduceMin", SEAM_REDUCE_LEAST, false, false },
    { "ReduceL2", SEAM_REDUCE_SQUARES, false, true },
    { "ReduceSumSquare", SEAM_REDUCE_SQUARES, false, false },
    { "GlobalAveragePool", SEAM_REDUCE_SUM, true, false },
    { "GlobalMaxPool", SEAM_REDUCE_MOST, false, false },
};

/* The numbers of all channels become one. */
static int over_channels(struct lower *l, int of, enum seam_reduce kind, bool mean)
{
    const int channels = l->net->vectors[of].count;
    const enum seam_vector_kind how = kind == SEAM_REDUCE_MOST    ? SEAM_VECTOR_MOST
                                      : kind == SEAM_REDUCE_LEAST ? SEAM_VECTOR_LEAST
                                                                  : SEAM_VECTOR_LINEAR;
    struct seam_net_vector *v = seam_lower_new_vector(l, how, 1);
    if (!v)
        return -1;
    v->operand[0] = of;
    v->terms = channels;
    v->last_op = l->net->vectors[of].last_op;
    const int sum = (int)(v - l->net->vectors);
    return mean ? seam_lower_vector_point(l, SEAM_LINK_DIV, sum, -1, (float)channels, 0) : sum;
}

static bool reduce_space(struct lower *l, const struct seam_ref *ref, size_t i, bool channels)
{
    int v = seam_lower_reduction(l, ref, reductions[i].kind, reductions[i].mean);
    if (v >= 0 && channels)
        v = over_channels(l, v, reductions[i].kind, reductions[i].mean);
    if (v >= 0 && reductions[i].root)
        v = seam_lower_vector_point(l, SEAM_LINK_SQRT, v, -1, 0, 0);
    return v >= 0 && seam_lower_bind_vector(l, 0, &l->net->vectors[v]);
}

/* Weights of a sum, and what is compared one by one: more are written otherwise. */
#define MOST_ONES ((size_t)1 << 22)
#define MOST_COMPARED 64

/* Sums over digits of the channel's number: a convolution of one pixel by ones. */
static int sum_digits(struct lower *l, const struct lower_digits *d, bool mean)
{
    const size_t each = (size_t)(d->count * d->channels);
    if (each * (size_t)d->channels > MOST_ONES)
        return seam_lower_fail(l, "it has too many channels"), -1;
    const int tensor = seam_lower_tensor_like(l, (int)d->channels, d->ref.tensor);
    struct seam_net_op *op = seam_lower_op(l, SEAM_OP_CONV, &d->ref, 1, tensor);
    if (!op)
        return -1;
    op->slide[0] = op->slide[1] = (struct seam_slide){ 1, 1, 1, 0 };
    op->weights = seam_arena_alloc(&l->net->weights, each * (size_t)d->channels, sizeof(float));
    op->bias = seam_arena_alloc(&l->net->weights, (size_t)d->channels, sizeof(float));
    if (!op->weights || !op->bias)
        return seam_lower_fail(l, "there is no memory"), -1;
    for (int64_t c = 0; c < d->channels; c++)
        for (int64_t k = 0; k < d->count; k++)
            op->weights[c * (int64_t)each + k * d->channels + c] = mean ? 1 / (float)d->count : 1;
    return tensor;
}

/* The largest or smallest of them, one after the other. */
static int most_digits(struct lower *l, const struct lower_digits *d, enum seam_link_kind kind)
{
    const int tensor = seam_lower_tensor_like(l, (int)d->channels, d->ref.tensor);
    struct seam_ref part = d->ref;
    part.channels = (int)d->channels;
    struct seam_net_op *op = seam_lower_op(l, SEAM_OP_POINT, &part, 1, tensor);
    if (!op)
        return -1;
    const struct seam_ref out = seam_lower_whole(l, tensor);
    for (int64_t k = 1; k < d->count; k++) {
        part.first += part.channels;
        if (!seam_lower_again(l, out, &(struct seam_link){ .kind = kind, .with = part }))
            return -1;
    }
    return tensor;
}

static bool reduce_digits(struct lower *l, const struct lower_value *v, const bool *over, size_t i)
{
    const bool keep = seam_onnx_int(l->node, "keepdims", 1);
    const enum seam_reduce kind = reductions[i].kind;
    struct lower_digits d;
    if (kind == SEAM_REDUCE_SQUARES)
        return seam_lower_fail(l, "it reduces channels in a way that cannot be followed");
    if (!seam_lower_digits_first(l, v, seam_lower_fact(l, 0)->rank, over, keep, &d))
        return false;
    if (kind != SEAM_REDUCE_SUM && d.count > MOST_COMPARED)
        return seam_lower_fail(l, "it compares too many channels");
    const int tensor =
        kind == SEAM_REDUCE_SUM
            ? sum_digits(l, &d, reductions[i].mean)
            : most_digits(l, &d, kind == SEAM_REDUCE_MOST ? SEAM_LINK_MAX : SEAM_LINK_MIN);
    if (tensor < 0)
        return false;
    seam_lower_bind(l, 0, seam_lower_whole(l, tensor), d.left);
    return true;
}

/* A picture all of whose rows and columns lie on axes of `over`, with all of its channels or none
 * of them, these in their order; *channels whether with. */
static struct lower_value *all_lines(struct lower *l, const bool *over, bool *channels)
{
    const int rank = seam_lower_fact(l, 0)->rank;
    struct lower_value *v = seam_lower_input(l, 0);
    struct lower_view view;
    struct lower_share share;
    seam_lower_atoms(v, rank, &view);
    if (!seam_lower_share(&view, over, &share) || !seam_lower_in_order(&view, v->ref.channels)) {
        if (!(v = seam_lower_picture(l, 0)))
            return NULL;
        seam_lower_atoms(v, rank, &view);
        if (!seam_lower_share(&view, over, &share))
            return NULL;
    }
    *channels = !share.no_channels;
    if (!share.all_lines || !(share.all_channels || share.no_channels))
        return seam_lower_fail(l, "it sums up lines of the picture"), NULL;
    return v;
}

bool seam_lower_reduce(struct lower *l)
{
    int axes[SEAM_MAX_RANK], n;
    bool over[SEAM_MAX_RANK] = { false };
    struct lower_value *v = seam_lower_input(l, 0);
    size_t i = 0;
    if (!v || v->kind != LOWER_PICTURE)
        return seam_lower_fail(l, "its input is no picture");
    bool channels;
    const int rank = seam_lower_fact(l, 0)->rank;
    l->field.node = l->node;
    if (!seam_axes(&l->field, 1, "axes", rank, axes, &n))
        return seam_lower_fail(l, "its axes cannot be followed");
    if (n <= 0 && seam_onnx_int(l->node, "noop_with_empty_axes", 0))
        return seam_lower_fail(l, "its axes cannot be followed");
    for (int k = 0; k < rank; k++)
        over[k] = n <= 0;
    for (int k = 0; k < n; k++)
        over[axes[k]] = true;
    while (i < SEAM_ARRAY_LEN(reductions) && strcmp(reductions[i].op, l->node->op) != 0)
        i++;
    if (i == SEAM_ARRAY_LEN(reductions))
        return seam_lower_fail(l, "there is no rule for this operator");
    if (!seam_lower_has_lines(v, rank, over))
        return reduce_digits(l, v, over, i);
    v = all_lines(l, over, &channels);
    return v && reduce_space(l, &v->ref, i, channels);
}

bool seam_lower_global_pool(struct lower *l)
{
    struct lower_value *v = seam_lower_picture(l, 0);
    for (size_t i = 0; v && i < SEAM_ARRAY_LEN(reductions); i++)
        if (!strcmp(reductions[i].op, l->node->op))
            return reduce_space(l, &v->ref, i, false);
    return seam_lower_fail(l, "there is no rule for this operator");
}

/* ------------------------------------------------------------------------------------------------
 * Normalisations
 * --------------------------------------------------------------------------------------------- */

/* Groups of channels share the mean of their numbers. */
static int over_groups(struct lower *l, int of, int groups)
{
    const int channels = l->net->vectors[of].count, each = channels / groups;
    if (each == 1)
        return of;
    struct seam_net_vector *v = seam_lower_new_vector(l, SEAM_VECTOR_LINEAR, channels);
    int *map = v ? seam_arena_alloc(&l->net->arena, (size_t)channels * (size_t)each, sizeof(*map))
                 : NULL;
    if (!map)
        return seam_lower_fail(l, "there is no memory"), -1;
    for (int c = 0; c < channels; c++)
        for (int k = 0; k < each; k++)
            map[c * each + k] = c / each * each + k;
    v->operand[0] = of;
    v->map[0] = map;
    v->terms = each;
    v->last_op = l->net->vectors[of].last_op;
    const int sum = (int)(v - l->net->vectors);
    return seam_lower_vector_point(l, SEAM_LINK_DIV, sum, -1, (float)each, 0);
}

static int constant_vector(struct lower *l, const float *data, int count)
{
    struct seam_net_vector *v = seam_lower_new_vector(l, SEAM_VECTOR_CONSTANT, count);
    if (!v)
        return -1;
    v->data = data;
    return (int)(v - l->net->vectors);
}

/* Mean and factor = scale / sqrt(variance + epsilon) of each channel, as vectors. */
static bool find_moments(struct lower *l, const struct seam_ref *ref, int groups, float epsilon,
                         const float *scale, int *mean, int *factor)
{
    const int sum = seam_lower_reduction(l, ref, SEAM_REDUCE_SUM, true);
    const int squares = sum < 0 ? -1 : seam_lower_reduction(l, ref, SEAM_REDUCE_SQUARES, true);
    *mean = squares < 0 ? -1 : over_groups(l, sum, groups);
    int v = *mean < 0 ? -1 : over_groups(l, squares, groups);
    if (v < 0)
        return false;
    const int square = seam_lower_vector_point(l, SEAM_LINK_MUL, *mean, *mean, 0, 0);
    /* What is flat may come out below 0 by a rounding. */
    v = square < 0 ? -1 : seam_lower_vector_point(l, SEAM_LINK_SUB, v, square, 0, 0);
    v = v < 0 ? -1 : seam_lower_vector_point(l, SEAM_LINK_MAX, v, -1, 0, 0);
    v = v < 0 ? -1 : seam_lower_vector_point(l, SEAM_LINK_ADD, v, -1, epsilon, 0);
    v = v < 0 ? -1 : seam_lower_vector_point(l, SEAM_LINK_SQRT, v, -1, 0, 0);
    const int by = v < 0 ? -1 : constant_vector(l, scale, ref->channels);
    *factor = by < 0 ? -1 : seam_lower_vector_point(l, SEAM_LINK_DIV_INTO, v, by, 0, 0);
    return *factor >= 0;
}

/* `count` constants of input k spread over `channels`, each over as many as follow one another. */
static const float *spread(struct lower *l, size_t k, int channels)
{
    const float *data;
    int64_t count;
    if (!seam_lower_constant(l, k, &data, &count))
        return NULL;
    float *all = seam_arena_alloc(&l->net->arena, (size_t)channels, sizeof(*all));
    if (!all || count < 1 || channels % count != 0)
        return seam_lower_fail(l, "its constants do not fit its input"), NULL;
    for (int c = 0; c < channels; c++)
        all[c] = data[c / (channels / count)];
    return all;
}

/* (x - mean) * factor + bias. */
static bool normalise(struct lower *l, const struct lower_value *v, int groups)
{
    const struct seam_onnx_attr *attr = seam_onnx_attr(l->node, "epsilon");
    const float epsilon = attr ? attr->f : 1e-5f;
    const struct seam_ref ref = v->ref;
    const float *scale = spread(l, 1, ref.channels), *bias = spread(l, 2, ref.channels);
    struct seam_link link = { SEAM_LINK_SUB, 0, 0, NULL, { -1, 0, 0 }, 0 };
    struct seam_ref out;
    int mean, factor;
    if (!scale || !bias || !find_moments(l, &ref, groups, epsilon, scale, &mean, &factor))
        return false;
    link.vector = 1 + mean;
    if (!seam_lower_link(l, ref, &link, &out))
        return false;
    link.kind = SEAM_LINK_MUL;
    link.vector = 1 + factor;
    if (!seam_lower_again(l, out, &link))
        return false;
    link = (struct seam_link){ SEAM_LINK_ADD, 0, 0, bias, { -1, 0, 0 }, 0 };
    if (!seam_lower_again(l, out, &link))
        return false;
    seam_lower_bind(l, 0, out, v->view);
    return true;
}

/* Whether a picture that was reshaped has `groups` on its second axis, and on its third the
 * channels of each and all pixels. */
static bool is_grouped(const struct lower_value *v, int64_t groups)
{
    const struct lower_view *view = v->view;
    const int64_t each = groups > 0 ? v->ref.channels / groups : 0;
    int64_t stride = v->ref.channels;
    int lines = 0;
    if (!view || groups < 1 || v->ref.channels % groups != 0)
        return false;
    for (int i = 0; i < view->n; i++) {
        const struct lower_atom *a = &view->atoms[i];
        if (a->kind == LOWER_CHANNEL) {
            if (a->size == 1)
                continue;
            /* Channels in their order, all before the pixels. */
            if (lines || a->stride * a->size != stride || a->axis != (stride > each ? 1 : 2))
                return false;
            stride = a->stride;
        } else if (a->kind != LOWER_LINE || a->axis != 2 || a->stride != 1) {
            return false;
        } else {
            lines++;
        }
    }
    return stride == 1 && lines == 2;
}

bool seam_lower_instance_norm(struct lower *l)
{
    const struct seam_fact *fact = seam_lower_fact(l, 0);
    struct lower_value *v = seam_lower_input(l, 0);
    int64_t groups;
    if (!v || v->kind != LOWER_PICTURE || !fact)
        return seam_lower_fail(l, "its input is no picture");
    if (!strcmp(l->node->op, "GroupNormalization")) {
        groups = seam_onnx_int(l->node, "num_groups", 0);
        if (!(v = seam_lower_picture(l, 0)))
            return false;
        if (groups < 1 || v->ref.channels % groups != 0)
            return seam_lower_fail(l, "its groups do not fit its input");
        return normalise(l, v, (int)groups);
    }
    if (fact->rank == 3 && seam_sym_whole(fact->dims[1], &groups) && is_grouped(v, groups))
        return normalise(l, v, (int)groups);
    v = seam_lower_picture(l, 0);
    return v && normalise(l, v, v->ref.channels);
}
