/* What is done to each sample by itself. */
#include <math.h>
#include <string.h>

#include "base/common.h"
#include "net/lower.h"

static const struct seam_ref nothing = { -1, 0, 0 };

/* The picture of input k in whatever order its axes are. */
static struct lower_value *any_picture(struct lower *l, size_t k)
{
    struct lower_value *v = lower_input(l, k);
    if (!v || v->kind != LOWER_PICTURE)
        return lower_fail(l, "its input is no picture"), NULL;
    return v;
}

static bool do_step(struct lower *l, const struct lower_value *v, const struct seam_step *step)
{
    struct seam_ref out;
    if (!lower_step(l, v->ref, step, &out))
        return false;
    lower_bind(l, 0, out, v->view);
    return true;
}

bool lower_same(struct lower *l)
{
    const struct lower_value *v = any_picture(l, 0);
    if (!v)
        return false;
    if (!strcmp(l->node->op, "Cast") && !lower_casts_to_float(l))
        return lower_fail(l, "it casts to whole numbers");
    lower_bind(l, 0, v->ref, v->view);
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
    enum seam_step_kind kind;
    const char *a_name, *b_name;
    float a, b;
} functions[] = {
    { "Relu", SEAM_STEP_RELU, NULL, NULL, 0, 0 },
    { "LeakyRelu", SEAM_STEP_LEAKY, "alpha", NULL, 0.01f, 0 },
    { "Sigmoid", SEAM_STEP_SIGMOID, NULL, NULL, 0, 0 },
    { "Tanh", SEAM_STEP_TANH, NULL, NULL, 0, 0 },
    { "Elu", SEAM_STEP_ELU, "alpha", NULL, 1, 0 },
    { "HardSigmoid", SEAM_STEP_HARD_SIGMOID, "alpha", "beta", 0.2f, 0.5f },
    { "HardSwish", SEAM_STEP_HARD_SWISH, NULL, NULL, 0, 0 },
    { "Erf", SEAM_STEP_ERF, NULL, NULL, 0, 0 },
    { "Gelu", SEAM_STEP_GELU, NULL, NULL, 0, 0 },
    { "Abs", SEAM_STEP_ABS, NULL, NULL, 0, 0 },
    { "Sqrt", SEAM_STEP_SQRT, NULL, NULL, 0, 0 },
    { "Exp", SEAM_STEP_EXP, NULL, NULL, 0, 0 },
    { "Softplus", SEAM_STEP_SOFTPLUS, NULL, NULL, 0, 0 },
    { "Neg", SEAM_STEP_MUL, NULL, NULL, -1, 0 },
    { "Reciprocal", SEAM_STEP_DIV_INTO, NULL, NULL, 1, 0 },
};

bool lower_unary(struct lower *l)
{
    const struct lower_value *v = any_picture(l, 0);
    if (!v)
        return false;
    for (size_t i = 0; i < SEAM_ARRAY_LEN(functions); i++) {
        if (strcmp(functions[i].op, l->node->op) != 0)
            continue;
        struct seam_step step = { functions[i].kind, functions[i].a, functions[i].b, NULL,
                                  nothing };
        if (functions[i].a_name)
            step.a = attr_float(l, functions[i].a_name, step.a);
        if (functions[i].b_name)
            step.b = attr_float(l, functions[i].b_name, step.b);
        if (step.kind == SEAM_STEP_GELU &&
            !strcmp(seam_onnx_string(l->node, "approximate", "none"), "tanh"))
            step.kind = SEAM_STEP_GELU_TANH;
        return do_step(l, v, &step);
    }
    return lower_fail(l, "the operator is not one of the native engine's");
}

bool lower_clip(struct lower *l)
{
    const struct lower_value *v = any_picture(l, 0);
    struct seam_step step = { SEAM_STEP_CLIP, attr_float(l, "min", -INFINITY),
                              attr_float(l, "max", INFINITY), NULL, nothing };
    if (!v || (lower_input(l, 1) && !lower_scalar(l, 1, &step.a)) ||
        (lower_input(l, 2) && !lower_scalar(l, 2, &step.b)))
        return false;
    return do_step(l, v, &step);
}

bool lower_prelu(struct lower *l)
{
    const struct lower_value *v = any_picture(l, 0);
    struct seam_step step = { SEAM_STEP_LEAKY, 0, 0, NULL, nothing };
    if (!v || !lower_per_channel(l, 1, v->ref.channels, &step.list, &step.a))
        return false;
    if (step.list && !(v = lower_picture(l, 0)))
        return false;
    return do_step(l, v, &step);
}

/* ------------------------------------------------------------------------------------------------
 * Two operands
 * --------------------------------------------------------------------------------------------- */

/* What an operator does with the sample on its left and on its right. */
static const struct {
    const char *op;
    enum seam_step_kind left, right;
} binaries[] = {
    { "Add", SEAM_STEP_ADD, SEAM_STEP_ADD },
    { "Sum", SEAM_STEP_ADD, SEAM_STEP_ADD },
    { "Sub", SEAM_STEP_SUB, SEAM_STEP_SUB_FROM },
    { "Mul", SEAM_STEP_MUL, SEAM_STEP_MUL },
    { "Div", SEAM_STEP_DIV, SEAM_STEP_DIV_INTO },
    { "Min", SEAM_STEP_MIN, SEAM_STEP_MIN },
    { "Max", SEAM_STEP_MAX, SEAM_STEP_MAX },
    { "Pow", SEAM_STEP_POW, SEAM_STEP_POW_OF },
};

static bool with_constant(struct lower *l, size_t picture, enum seam_step_kind kind)
{
    const struct lower_value *v = any_picture(l, picture);
    struct seam_step step = { kind, 0, 0, NULL, nothing };
    if (!v || !lower_per_channel(l, !picture, v->ref.channels, &step.list, &step.a))
        return false;
    if (step.list && !(v = lower_picture(l, picture)))
        return false;
    return do_step(l, v, &step);
}

static bool same_size(const struct lower *l, const struct seam_ref *a, const struct seam_ref *b)
{
    for (int dir = 0; dir < 2; dir++)
        if (!seam_sym_equal(l->tensors[a->tensor].size[dir], l->tensors[b->tensor].size[dir]))
            return false;
    return true;
}

/* The step goes to the one made last, if it may be changed, so that a residual is added where it is
 * met. */
static bool with_picture(struct lower *l, enum seam_step_kind left, enum seam_step_kind right)
{
    const struct lower_value *a = lower_picture(l, 0), *b = a ? lower_picture(l, 1) : NULL;
    if (!a || !b)
        return false;
    if (!same_size(l, &a->ref, &b->ref) || (a->ref.channels != b->ref.channels &&
                                            a->ref.channels != 1 && b->ref.channels != 1))
        return lower_fail(l, "its pictures differ in size");
    const int made_a = l->net->tensors[a->ref.tensor].op, made_b = l->net->tensors[b->ref.tensor].op;
    bool on_left = a->ref.channels >= b->ref.channels;
    if (a->ref.channels == b->ref.channels)
        on_left = made_a > made_b ? lower_exclusive(l, &a->ref) || !lower_exclusive(l, &b->ref)
                                  : !lower_exclusive(l, &b->ref);
    const struct lower_value *v = on_left ? a : b;
    const struct seam_step step = { on_left ? left : right, 0, 0, NULL, on_left ? b->ref : a->ref };
    return do_step(l, v, &step);
}

/* More than two are added one after the other; the first two make the tensor. */
static bool add_more(struct lower *l)
{
    const struct lower_value *sum = &l->values[l->node->outputs[0]];
    for (size_t k = 2; k < l->node->n_inputs; k++) {
        const struct lower_value *v = lower_picture(l, k);
        if (!v || !same_size(l, &v->ref, &sum->ref) || v->ref.channels != sum->ref.channels)
            return lower_fail(l, "its pictures differ in size");
        const struct seam_step step = { SEAM_STEP_ADD, 0, 0, NULL, v->ref };
        if (l->net->tensors[v->ref.tensor].op >= l->net->tensors[sum->ref.tensor].op)
            return lower_fail(l, "its pictures come in an order that cannot be followed");
        if (!lower_again(l, sum->ref, &step))
            return false;
    }
    return true;
}

bool lower_binary(struct lower *l)
{
    const bool many = !strcmp(l->node->op, "Sum");
    if (l->node->n_inputs == 1 && strcmp(l->node->op, "Pow") != 0)
        return lower_same(l);
    if (l->node->n_inputs != 2 && !(many && l->node->n_inputs > 2))
        return lower_fail(l, "it takes more than two operands");
    for (size_t i = 0; i < SEAM_ARRAY_LEN(binaries); i++) {
        if (strcmp(binaries[i].op, l->node->op) != 0)
            continue;
        const struct lower_value *a = lower_input(l, 0), *b = lower_input(l, 1);
        if (!a || !b)
            return lower_fail(l, "an operand is missing");
        if (b->kind != LOWER_PICTURE)
            return l->node->n_inputs == 2 ? with_constant(l, 0, binaries[i].left)
                                          : lower_fail(l, "it adds a constant and more");
        if (a->kind != LOWER_PICTURE)
            return l->node->n_inputs == 2 ? with_constant(l, 1, binaries[i].right)
                                          : lower_fail(l, "it adds a constant and more");
        return with_picture(l, binaries[i].left, binaries[i].right) && add_more(l);
    }
    return lower_fail(l, "the operator is not one of the native engine's");
}
