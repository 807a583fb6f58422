/* What is done to each sample by itself. */
#include <math.h>
#include <string.h>

#include "base/common.h"
#include "net/lower.h"

static const struct seam_ref nothing = { -1, 0, 0 };

/* The picture of input k in whatever order its axes are. */
static struct lower_value *any_picture(struct lower *l, size_t k)
{
    struct lower_value *v = seam_lower_input(l, k);
    if (!v || v->kind != LOWER_PICTURE)
        return seam_lower_fail(l, "its input is no picture"), NULL;
    return v;
}

/* To a value of `rank`, which what it is joined with may raise. */
static bool do_link(struct lower *l, const struct lower_value *v, int rank,
                    const struct seam_link *link)
{
    const int more = seam_lower_out_fact(l, 0)->rank - rank;
    struct lower_view view;
    struct seam_ref out;
    if (!seam_lower_link(l, v->ref, link, &out))
        return false;
    if (v->view && more) {
        view = *v->view;
        for (int i = 0; i < view.n; i++)
            view.atoms[i].axis += more;
        return seam_lower_bind_view(l, out, &view);
    }
    seam_lower_bind(l, 0, out, v->view);
    return true;
}

bool seam_lower_same(struct lower *l)
{
    const struct lower_value *v = any_picture(l, 0);
    if (!v)
        return false;
    if (!strcmp(l->node->op, "Cast") && !seam_lower_casts_to_float(l))
        return seam_lower_fail(l, "it casts to whole numbers");
    float training = 0;
    if (!strcmp(l->node->op, "Dropout") && seam_lower_input(l, 2) &&
        (!seam_lower_scalar(l, 2, &training) || training != 0))
        return seam_lower_fail(l, "it is in training mode");
    seam_lower_bind(l, 0, v->ref, v->view);
    return true;
}

static float attr_float(const struct lower *l, const char *name, float otherwise)
{
    const struct seam_onnx_attr *a = seam_onnx_attr(l->node, name);
    return a && a->type == SEAM_ATTR_FLOAT ? a->f : otherwise;
}

/* Functions of one sample, with the attributes that become a and b. */
static const struct {
    const char *op;
    enum seam_link_kind kind;
    const char *a_name, *b_name;
    float a, b;
} functions[] = {
    { "Relu", SEAM_LINK_RELU, NULL, NULL, 0, 0 },
    { "LeakyRelu", SEAM_LINK_LEAKY, "alpha", NULL, 0.01f, 0 },
    { "Sigmoid", SEAM_LINK_SIGMOID, NULL, NULL, 0, 0 },
    { "Swish", SEAM_LINK_SWISH, "alpha", NULL, 1, 0 },
    { "Tanh", SEAM_LINK_TANH, NULL, NULL, 0, 0 },
    { "Elu", SEAM_LINK_ELU, "alpha", NULL, 1, 0 },
    { "HardSigmoid", SEAM_LINK_HARD_SIGMOID, "alpha", "beta", 0.2f, 0.5f },
    { "HardSwish", SEAM_LINK_HARD_SWISH, NULL, NULL, 0, 0 },
    { "Erf", SEAM_LINK_ERF, NULL, NULL, 0, 0 },
    { "Gelu", SEAM_LINK_GELU, NULL, NULL, 0, 0 },
    { "Abs", SEAM_LINK_ABS, NULL, NULL, 0, 0 },
    { "Sqrt", SEAM_LINK_SQRT, NULL, NULL, 0, 0 },
    { "Exp", SEAM_LINK_EXP, NULL, NULL, 0, 0 },
    { "Softplus", SEAM_LINK_SOFTPLUS, NULL, NULL, 0, 0 },
    { "Neg", SEAM_LINK_MUL, NULL, NULL, -1, 0 },
    { "Round", SEAM_LINK_ROUND, NULL, NULL, 0, 0 },
    { "Floor", SEAM_LINK_FLOOR, NULL, NULL, 0, 0 },
    { "Ceil", SEAM_LINK_CEIL, NULL, NULL, 0, 0 },
    { "Reciprocal", SEAM_LINK_DIV_INTO, NULL, NULL, 1, 0 },
};

bool seam_lower_unary_link(struct lower *l, struct seam_link *link)
{
    if (!strcmp(l->node->op, "Clip")) {
        *link = (struct seam_link){ SEAM_LINK_CLIP, attr_float(l, "min", -INFINITY),
                                    attr_float(l, "max", INFINITY), NULL, nothing, 0 };
        if ((seam_lower_input(l, 1) && !seam_lower_scalar(l, 1, &link->a)) ||
            (seam_lower_input(l, 2) && !seam_lower_scalar(l, 2, &link->b)))
            return false;
        if (isnan(link->a) || isnan(link->b))
            return seam_lower_fail(l, "a bound of it is no number");
        return true;
    }
    for (size_t i = 0; i < SEAM_ARRAY_LEN(functions); i++) {
        if (strcmp(functions[i].op, l->node->op) != 0)
            continue;
        *link = (struct seam_link){ functions[i].kind, functions[i].a, functions[i].b, NULL,
                                    nothing, 0 };
        if (functions[i].a_name)
            link->a = attr_float(l, functions[i].a_name, link->a);
        if (functions[i].b_name)
            link->b = attr_float(l, functions[i].b_name, link->b);
        if (link->kind == SEAM_LINK_GELU &&
            !strcmp(seam_onnx_string(l->node, "approximate", "none"), "tanh"))
            link->kind = SEAM_LINK_GELU_TANH;
        return true;
    }
    return seam_lower_fail(l, "there is no rule for this operator");
}

bool seam_lower_unary(struct lower *l)
{
    const struct lower_value *v = any_picture(l, 0);
    struct seam_link link;
    return v && seam_lower_unary_link(l, &link) &&
           do_link(l, v, seam_lower_fact(l, 0)->rank, &link);
}

/* `list` times `factor`; NULL, with `why` set, where there is no memory. */
static const float *scaled(struct lower *l, const float *list, int count, float factor)
{
    float *copy = seam_arena_alloc(&l->net->arena, (size_t)count, sizeof(*copy));
    if (!copy)
        return seam_lower_fail(l, "there is no memory"), NULL;
    for (int i = 0; i < count; i++)
        copy[i] = factor * list[i];
    return copy;
}

/* One found in pieces has a factor of its slopes for an attribute (pattern.c). */
bool seam_lower_prelu(struct lower *l)
{
    const struct lower_value *v = any_picture(l, 0);
    struct seam_link link = { SEAM_LINK_LEAKY, 0, 0, NULL, nothing, 0 };
    if (!v || !seam_lower_per_channel(l, 1, 0, &link.list, &link.a))
        return false;
    const float factor = attr_float(l, "alpha", 1);
    link.a *= factor;
    if (link.list && !(link.list = scaled(l, link.list, v->ref.channels, factor)))
        return false;
    return do_link(l, v, seam_lower_fact(l, 0)->rank, &link);
}

/* ------------------------------------------------------------------------------------------------
 * Two operands
 * --------------------------------------------------------------------------------------------- */

/* What an operator does with the sample on its left and on its right. */
static const struct {
    const char *op;
    enum seam_link_kind left, right;
} binaries[] = {
    { "Add", SEAM_LINK_ADD, SEAM_LINK_ADD },
    { "Sum", SEAM_LINK_ADD, SEAM_LINK_ADD },
    { "Sub", SEAM_LINK_SUB, SEAM_LINK_SUB_FROM },
    { "Mul", SEAM_LINK_MUL, SEAM_LINK_MUL },
    { "Div", SEAM_LINK_DIV, SEAM_LINK_DIV_INTO },
    { "Min", SEAM_LINK_MIN, SEAM_LINK_MIN },
    { "Max", SEAM_LINK_MAX, SEAM_LINK_MAX },
    { "Pow", SEAM_LINK_POW, SEAM_LINK_POW_OF },
};

static bool with_constant(struct lower *l, size_t picture, enum seam_link_kind kind)
{
    const struct lower_value *v = any_picture(l, picture);
    struct seam_link link = { kind, 0, 0, NULL, nothing, 0 };
    return v && seam_lower_per_channel(l, !picture, picture, &link.list, &link.a) &&
           do_link(l, v, seam_lower_fact(l, picture)->rank, &link);
}

/* With what a pass finds. */
static bool with_vector(struct lower *l, size_t picture, enum seam_link_kind kind)
{
    struct seam_link link = { kind, 0, 0, NULL, nothing, 0 };
    const struct lower_value *v = any_picture(l, picture);
    return v && seam_lower_channel_vector(l, !picture, picture, &link.vector) &&
           do_link(l, v, seam_lower_fact(l, picture)->rank, &link);
}

/* With what is no picture. */
static bool with_other(struct lower *l, size_t picture, enum seam_link_kind kind)
{
    if (l->node->n_inputs != 2)
        return seam_lower_fail(l, "it adds a constant and more");
    return seam_lower_input(l, !picture)->kind == LOWER_VECTOR ? with_vector(l, picture, kind)
                                                               : with_constant(l, picture, kind);
}

/* Both inputs, with the same axes, whatever order these are in, or as channels, rows, columns. */
static bool two_pictures(struct lower *l, const struct lower_value **a,
                         const struct lower_value **b)
{
    *a = any_picture(l, 0);
    *b = *a ? any_picture(l, 1) : NULL;
    if (!*b)
        return false;
    if (((*a)->view || (*b)->view) &&
        seam_lower_same_axes(*a, seam_lower_fact(l, 0)->rank, *b, seam_lower_fact(l, 1)->rank))
        return true;
    return seam_lower_picture(l, 0) && seam_lower_picture(l, 1);
}

/* The link goes to the one made last, if it may be changed, so that a residual is added where it is
 * met. */
static bool with_picture(struct lower *l, enum seam_link_kind left, enum seam_link_kind right)
{
    const struct lower_value *a, *b;
    if (!two_pictures(l, &a, &b))
        return false;
    if (!seam_lower_same_size(l, &a->ref, &b->ref) ||
        (a->ref.channels != b->ref.channels && a->ref.channels != 1 && b->ref.channels != 1))
        return seam_lower_fail(l, "its pictures differ in size");
    const int made_a = l->net->tensors[a->ref.tensor].op,
              made_b = l->net->tensors[b->ref.tensor].op;
    bool on_left = a->ref.channels >= b->ref.channels;
    if (a->ref.channels == b->ref.channels)
        on_left = !seam_lower_exclusive(l, &b->ref) ||
                  (made_a > made_b && seam_lower_exclusive(l, &a->ref));
    const struct lower_value *v = on_left ? a : b;
    const struct seam_link link = { on_left ? left : right, 0, 0, NULL,
                                    on_left ? b->ref : a->ref, 0 };
    return do_link(l, v, seam_lower_fact(l, on_left ? 0 : 1)->rank, &link);
}

/* More than two are added one after the other; the first two make the tensor. */
static bool add_more(struct lower *l)
{
    const struct lower_value *sum = &l->values[l->node->outputs[0]];
    for (size_t k = 2; k < l->node->n_inputs; k++) {
        const struct lower_value *v = sum->view ? any_picture(l, k) : seam_lower_picture(l, k);
        if (!v || !seam_lower_same_axes(v, seam_lower_fact(l, k)->rank, sum,
                                        seam_lower_out_fact(l, 0)->rank) ||
            !seam_lower_same_size(l, &v->ref, &sum->ref) || v->ref.channels != sum->ref.channels)
            return seam_lower_fail(l, "its pictures differ in size");
        const struct seam_link link = { SEAM_LINK_ADD, 0, 0, NULL, v->ref, 0 };
        if (l->net->tensors[v->ref.tensor].op >= l->net->tensors[sum->ref.tensor].op)
            return seam_lower_fail(l, "its pictures come in an order that cannot be followed");
        if (!seam_lower_again(l, sum->ref, &link))
            return false;
    }
    return true;
}

bool seam_lower_binary_links(const struct lower *l, enum seam_link_kind *left,
                             enum seam_link_kind *right)
{
    for (size_t i = 0; i < SEAM_ARRAY_LEN(binaries); i++)
        if (!strcmp(binaries[i].op, l->node->op)) {
            *left = binaries[i].left;
            *right = binaries[i].right;
            return true;
        }
    return false;
}

bool seam_lower_binary(struct lower *l)
{
    enum seam_link_kind left, right;
    const bool many = !strcmp(l->node->op, "Sum");
    if (l->node->n_inputs == 1 && strcmp(l->node->op, "Pow") != 0)
        return seam_lower_same(l);
    if (l->node->n_inputs != 2 && !(many && l->node->n_inputs > 2))
        return seam_lower_fail(l, "it takes more than two operands");
    if (!seam_lower_binary_links(l, &left, &right))
        return seam_lower_fail(l, "there is no rule for this operator");
    const struct lower_value *a = seam_lower_input(l, 0), *b = seam_lower_input(l, 1);
    if (!a || !b)
        return seam_lower_fail(l, "an operand is missing");
    if (b->kind != LOWER_PICTURE)
        return with_other(l, 0, left);
    if (a->kind != LOWER_PICTURE)
        return with_other(l, 1, right);
    return with_picture(l, left, right) && add_more(l);
}
