/* Numbers that a pass over the picture finds, and what is made of them: a few hundred, once in a
 * pass, in doubles. */
#include <math.h>
#include <string.h>

#include "base/common.h"
#include "net/net.h"

/* ------------------------------------------------------------------------------------------------
 * Which pass makes what
 * --------------------------------------------------------------------------------------------- */

static int pass_of_vector(const struct seam_net *net, const struct seam_net_vector *v)
{
    if (v->kind == SEAM_VECTOR_REDUCE)
        return net->ops[v->op].pass + 1;
    int pass = 0;
    for (int k = 0; k < 2; k++)
        if (v->operand[k] >= 0)
            pass = (int)seam_max(pass, net->vectors[v->operand[k]].pass);
    return pass;
}

static int pass_of_op(const struct seam_net *net, const struct seam_net_op *op,
                      const int *tensor_pass)
{
    int pass = 0;
    for (int k = 0; k < seam_net_sources(op); k++) {
        const struct seam_ref *ref = seam_net_source(op, k);
        if (ref)
            pass = (int)seam_max(pass, tensor_pass[ref->tensor]);
    }
    for (int k = 0; k < op->n_links; k++)
        if (op->links[k].vector)
            pass = (int)seam_max(pass, net->vectors[op->links[k].vector - 1].pass);
    return pass;
}

/* A link may stand on an operation before the vectors that it takes were thought of, so one walk
 * is not enough; each finds at least one pass more. */
void seam_net_number_passes(struct seam_net *net, int *tensor_pass)
{
    bool changed = true;
    memset(tensor_pass, 0, (size_t)net->n_tensors * sizeof(*tensor_pass));
    while (changed) {
        changed = false;
        for (int i = 0; i < net->n_ops; i++) {
            struct seam_net_op *op = &net->ops[i];
            const int pass = pass_of_op(net, op, tensor_pass);
            changed |= pass != tensor_pass[op->output];
            tensor_pass[op->output] = op->pass = pass;
        }
        for (int i = 0; i < net->n_vectors; i++) {
            struct seam_net_vector *v = &net->vectors[i];
            const int pass = pass_of_vector(net, v);
            changed |= pass != v->pass;
            v->pass = pass;
        }
    }
    net->passes = 1 + tensor_pass[net->output];
}

/* Multiply-adds of a convolution for each pixel of the input; of anything else one a sample. */
static double op_work(const struct seam_net *net, const struct seam_net_op *op)
{
    const struct seam_net_tensor *t = &net->tensors[op->output];
    double work = t->channels;
    for (int dir = 0; dir < 2; dir++)
        work *= (double)t->num[dir] / (double)t->den[dir];
    if (op->kind == SEAM_OP_CONV)
        work *= (double)(op->inputs[0].channels / op->groups * op->slide[0].kernel *
                         op->slide[1].kernel);
    return work;
}

/* Of what the reductions of a pass need, or, `pass` being the last, the output. A vector is not
 * followed: it is known. */
static double work_of_pass(const struct seam_net *net, int pass, struct seam_net_extent *extents)
{
    static const struct seam_span one = { 0, 1 }, none = { 0, 0 };
    double work = 0;
    for (int i = 0; i < net->n_tensors; i++)
        extents[i].need[0] = i == net->output && pass == net->passes - 1 ? one : none;
    for (int i = net->n_ops - 1; i >= 0; i--) {
        const struct seam_net_op *op = &net->ops[i];
        struct seam_span *need = &extents[op->output].need[0];
        if (op->kind == SEAM_OP_REDUCE && op->pass == pass)
            *need = one;
        for (int k = 0; need->end > need->begin && k < seam_net_sources(op); k++)
            if (seam_net_source(op, k))
                extents[seam_net_source(op, k)->tensor].need[0] = one;
        work += need->end > need->begin ? op_work(net, op) : 0;
    }
    return work;
}

double seam_net_pass_work(const struct seam_net *net)
{
    struct seam_arena arena;
    double all = 0, passes = 0;
    seam_arena_init(&arena);
    struct seam_net_extent *extents =
        seam_arena_alloc(&arena, (size_t)net->n_tensors, sizeof(*extents));
    for (int pass = 0; extents && pass < net->passes; pass++)
        passes += work_of_pass(net, pass, extents);
    for (int i = 0; i < net->n_ops; i++)
        all += op_work(net, &net->ops[i]);
    seam_arena_free(&arena);
    return all > 0 ? fmax(passes / all, 1) : 1;
}

/* ------------------------------------------------------------------------------------------------
 * Numbers
 * --------------------------------------------------------------------------------------------- */

static double clip(double v, double lo, double hi)
{
    v = v < lo ? lo : v;
    return v > hi ? hi : v;
}

static double gelu(double x)
{
    return 0.5 * x * (1 + erf(x * 0.70710678118654752440));
}

/* What a link does to a sample, in doubles; `o` is its other side. */
static double point(const struct seam_net_vector *v, double x, double o)
{
    const double a = (double)v->a, b = (double)v->b;
    switch (v->link) {
    case SEAM_LINK_RELU: return x < 0 ? 0 : x;
    case SEAM_LINK_LEAKY: return x < 0 ? o * x : x;
    case SEAM_LINK_CLIP: return clip(x, a, b);
    case SEAM_LINK_SIGMOID: return 1 / (1 + exp(-x));
    case SEAM_LINK_SWISH: return x / (1 + exp(-a * x));
    case SEAM_LINK_TANH: return tanh(x);
    case SEAM_LINK_ELU: return x > 0 ? x : a * (exp(x) - 1);
    case SEAM_LINK_HARD_SIGMOID: return clip(a * x + b, 0, 1);
    case SEAM_LINK_HARD_SWISH: return x * clip(x / 6 + 0.5, 0, 1);
    case SEAM_LINK_GELU: return gelu(x);
    case SEAM_LINK_GELU_TANH:
        return 0.5 * x * (1 + tanh(0.79788456080286535588 * (x + 0.044715 * x * x * x)));
    case SEAM_LINK_ERF: return erf(x);
    case SEAM_LINK_ABS: return fabs(x);
    case SEAM_LINK_SQRT: return sqrt(x);
    case SEAM_LINK_EXP: return exp(x);
    case SEAM_LINK_SOFTPLUS: return (x > 0 ? x : 0) + log1p(exp(-fabs(x)));
    case SEAM_LINK_ADD: return x + o;
    case SEAM_LINK_SUB: return x - o;
    case SEAM_LINK_SUB_FROM: return o - x;
    case SEAM_LINK_MUL: return x * o;
    case SEAM_LINK_DIV: return x / o;
    case SEAM_LINK_DIV_INTO: return o / x;
    case SEAM_LINK_POW: return pow(x, o);
    case SEAM_LINK_POW_OF: return pow(o, x);
    case SEAM_LINK_MIN: return x < o || isnan(x) ? x : o;
    case SEAM_LINK_MAX: return x > o || isnan(x) ? x : o;
    }
    return x;
}

/* Number `at` of operand k as the vector sees it. */
static double operand(const struct seam_net *net, const struct seam_net_vector *v, int k,
                      int64_t at, const double *numbers)
{
    const struct seam_net_vector *from = &net->vectors[v->operand[k]];
    const int64_t i = v->map[k] ? v->map[k][at] : from->count == 1 ? 0 : at;
    return numbers[from->at + (size_t)i];
}

static double linear(const struct seam_net *net, const struct seam_net_vector *v, int i,
                     const double *numbers)
{
    double sum = v->bias ? (double)v->bias[i] : 0;
    for (int64_t k = (int64_t)i * v->terms; k < (int64_t)(i + 1) * v->terms; k++)
        sum += (v->weights ? (double)v->weights[k] : 1) * operand(net, v, 0, k, numbers);
    return sum;
}

static double extreme(const struct seam_net *net, const struct seam_net_vector *v, int i,
                      double sign, const double *numbers)
{
    double most = -INFINITY;
    for (int64_t k = (int64_t)i * v->terms; k < (int64_t)(i + 1) * v->terms; k++) {
        const double x = sign * operand(net, v, 0, k, numbers);
        most = x > most || isnan(x) ? x : most;
    }
    return sign * most;
}

static double softmax(const struct seam_net *net, const struct seam_net_vector *v, int i,
                      const double *numbers)
{
    const double most = extreme(net, v, i, 1, numbers);
    const struct seam_net_vector *from = &net->vectors[v->operand[0]];
    double sum = 0;
    for (int64_t k = (int64_t)i * v->terms; k < (int64_t)(i + 1) * v->terms; k++)
        sum += exp(operand(net, v, 0, k, numbers) - most);
    return exp(numbers[from->at + (size_t)i] - most) / sum;
}

static double number(const struct seam_net *net, const struct seam_net_vector *v, int i,
                     const double *known, const double *numbers)
{
    switch (v->kind) {
    case SEAM_VECTOR_CONSTANT: return (double)v->data[i];
    case SEAM_VECTOR_REDUCE: return known[net->ops[v->op].known + (size_t)i];
    case SEAM_VECTOR_POINT:
        return point(v, operand(net, v, 0, i, numbers),
                     v->operand[1] >= 0 ? operand(net, v, 1, i, numbers) : (double)v->a);
    case SEAM_VECTOR_LINEAR: return linear(net, v, i, numbers);
    case SEAM_VECTOR_MOST: return extreme(net, v, i, 1, numbers);
    case SEAM_VECTOR_LEAST: return extreme(net, v, i, -1, numbers);
    case SEAM_VECTOR_SOFTMAX: return softmax(net, v, i, numbers);
    }
    return 0;
}

void seam_net_evaluate(const struct seam_net *net, int pass, const double *known, double *numbers)
{
    for (int k = 0; k < net->n_vectors; k++) {
        const struct seam_net_vector *v = &net->vectors[k];
        for (int i = 0; v->pass <= pass && i < v->count; i++)
            numbers[v->at + (size_t)i] = number(net, v, i, known, numbers);
    }
}
