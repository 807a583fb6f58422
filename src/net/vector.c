/* What is made of the numbers that a pass over the picture finds: a few hundred, once in a pass, in
 * doubles. */
#include <math.h>
#include <string.h>

#include "base/common.h"
#include "net/net.h"

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
    case SEAM_LINK_ROUND: return rint(x);
    case SEAM_LINK_FLOOR: return floor(x);
    case SEAM_LINK_CEIL: return ceil(x);
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
