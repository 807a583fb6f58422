/*
 * Small networks that exports leave in the graph though nothing but constants goes in, such as
 * those that make the table of a window's biases from how far its pixels lie apart: linear layers,
 * norms and activations, and what is picked of them. Sums are doubles.
 */
#include <math.h>
#include <string.h>

#include "base/common.h"
#include "field/numbers.h"
#include "field/rules.h"
#include "field/values.h"

/* Whole numbers divide, and overflow, by rules of their own. */
static bool is_whole(const struct seam_evaluator *e, const struct seam_onnx_node *node)
{
    return seam_is_whole_type(e->field->facts[node->inputs[0]].type);
}

/* Div, Pow */
const struct seam_numbers *seam_numbers_pair(struct seam_evaluator *e,
                                             const struct seam_onnx_node *node,
                                             const struct seam_numbers *const *in)
{
    const bool power = !strcmp(node->op, "Pow");
    if (!in[0] || !in[1] || is_whole(e, node))
        return NULL;
    struct seam_numbers *out = seam_numbers_broadcast(e, in, 2);
    for (int64_t i = 0; out && i < out->count; i++) {
        const float a = in[0]->at[seam_numbers_place(in[0], out, i)];
        const float b = in[1]->at[seam_numbers_place(in[1], out, i)];
        out->at[i] = power ? powf(a, b) : a / b;
    }
    return out;
}

/* Relu, Sigmoid, Sqrt, Tanh */
const struct seam_numbers *seam_numbers_single(struct seam_evaluator *e,
                                               const struct seam_onnx_node *node,
                                               const struct seam_numbers *const *in)
{
    struct seam_numbers *out = in[0] ? seam_numbers_new(e, in[0]->rank, in[0]->dims) : NULL;
    for (int64_t i = 0; out && i < out->count; i++) {
        const float v = in[0]->at[i];
        switch (node->op[1]) {
        case 'e': out->at[i] = v < 0 ? 0 : v; break;
        case 'i': out->at[i] = 1 / (1 + expf(-v)); break;
        case 'q': out->at[i] = sqrtf(v); break;
        default: out->at[i] = tanhf(v);
        }
    }
    return out;
}

/* The only axis of a list, counted from the beginning; -1: it is none, or not the last. */
static int last_axis(const struct seam_onnx_node *node, const struct seam_numbers *axes, int rank)
{
    const struct seam_onnx_attr *attr = seam_onnx_attr(node, "axes");
    int64_t axis;
    if (attr && attr->type == SEAM_ATTR_INTS && attr->n == 1)
        axis = attr->ints[0];
    else if (axes && axes->count == 1)
        axis = (int64_t)axes->at[0];
    else
        return -1;
    return seam_axis(axis, rank) == rank - 1 ? rank - 1 : -1;
}

/* ReduceMean over the last axis */
const struct seam_numbers *seam_numbers_mean(struct seam_evaluator *e,
                                             const struct seam_onnx_node *node,
                                             const struct seam_numbers *const *in)
{
    const struct seam_numbers *const x = in[0];
    int64_t dims[SEAM_MAX_RANK];
    if (!x || x->rank < 1 || is_whole(e, node) || last_axis(node, in[1], x->rank) < 0)
        return NULL;
    const bool keeps = seam_onnx_int(node, "keepdims", 1) != 0;
    const int64_t each = x->dims[x->rank - 1];
    memcpy(dims, x->dims, sizeof(dims));
    dims[x->rank - 1] = 1;
    struct seam_numbers *out = each > 0 ? seam_numbers_new(e, x->rank - !keeps, dims) : NULL;
    for (int64_t i = 0; out && i < out->count; i++) {
        double sum = 0;
        for (int64_t k = 0; k < each; k++)
            sum += (double)x->at[i * each + k];
        out->at[i] = (float)(sum / (double)each);
    }
    return out;
}

static void normalise(const float *src, int64_t each, const struct seam_numbers *scale,
                      const struct seam_numbers *bias, double epsilon, float *dst)
{
    double sum = 0, squares = 0;
    for (int64_t k = 0; k < each; k++)
        sum += (double)src[k];
    const double mean = sum / (double)each;
    for (int64_t k = 0; k < each; k++)
        squares += ((double)src[k] - mean) * ((double)src[k] - mean);
    const double factor = 1 / sqrt(squares / (double)each + epsilon);
    for (int64_t k = 0; k < each; k++)
        dst[k] = (float)(((double)src[k] - mean) * factor * (double)scale->at[k] +
                         (bias ? (double)bias->at[k] : 0));
}

/* LayerNormalization over the last axis */
const struct seam_numbers *seam_numbers_layer_norm(struct seam_evaluator *e,
                                                   const struct seam_onnx_node *node,
                                                   const struct seam_numbers *const *in)
{
    const struct seam_numbers *const x = in[0];
    if (!x || x->rank < 1 || !in[1] || x->dims[x->rank - 1] < 1 ||
        seam_axis(seam_onnx_int(node, "axis", -1), x->rank) != x->rank - 1)
        return NULL;
    const int64_t each = x->dims[x->rank - 1];
    const struct seam_onnx_attr *epsilon = seam_onnx_attr(node, "epsilon");
    if (in[1]->count != each || (in[2] && in[2]->count != each))
        return NULL;
    struct seam_numbers *out = seam_numbers_new(e, x->rank, x->dims);
    for (int64_t i = 0; out && i < out->count; i += each)
        normalise(x->at + i, each, in[1], in[2], epsilon ? (double)epsilon->f : 1e-5,
                  out->at + i);
    return out;
}

/* Whether sums of so many products are few enough, which counts as work. */
static bool is_little(struct seam_evaluator *e, int64_t count, int64_t terms)
{
    return terms > 0 && terms < 65536 && seam_field_work(e->field, count * terms);
}

/* MatMul or Gemm of numbers by a matrix. */
const struct seam_numbers *seam_numbers_product(struct seam_evaluator *e,
                                                const struct seam_onnx_node *node,
                                                const struct seam_numbers *const *in)
{
    const struct seam_numbers *const x = in[0], *const w = in[1], *const bias = in[2];
    const bool gemm = node->op[0] == 'G', turned = gemm && seam_onnx_int(node, "transB", 0);
    const struct seam_onnx_attr *alpha = seam_onnx_attr(node, "alpha");
    const struct seam_onnx_attr *beta = seam_onnx_attr(node, "beta");
    int64_t dims[SEAM_MAX_RANK];
    if (!x || !w || x->rank < 2 || w->rank != 2 || (gemm && x->rank != 2) ||
        seam_onnx_int(node, "transA", 0))
        return NULL;
    const int64_t terms = w->dims[turned], each = w->dims[!turned];
    if (x->dims[x->rank - 1] != terms || (bias && bias->count != 1 && bias->count != each))
        return NULL;
    memcpy(dims, x->dims, sizeof(dims));
    dims[x->rank - 1] = each;
    struct seam_numbers *out = seam_numbers_new(e, x->rank, dims);
    if (!out || !is_little(e, out->count, terms))
        return NULL;
    for (int64_t i = 0; i < out->count; i++) {
        const float *row = x->at + i / each * terms;
        const int64_t column = i % each;
        double sum = 0;
        for (int64_t k = 0; k < terms; k++)
            sum += (double)row[k] * (double)w->at[turned ? column * terms + k : k * each + column];
        sum *= alpha ? (double)alpha->f : 1;
        if (bias)
            sum += (double)bias->at[bias->count == 1 ? 0 : column] * (beta ? (double)beta->f : 1);
        out->at[i] = (float)sum;
    }
    return out;
}

/* Gather of whole rows */
const struct seam_numbers *seam_numbers_gather(struct seam_evaluator *e,
                                               const struct seam_onnx_node *node,
                                               const struct seam_numbers *const *in)
{
    const struct seam_numbers *const x = in[0], *const index = in[1];
    int64_t dims[SEAM_MAX_RANK];
    if (!x || !index || x->rank < 1 || x->dims[0] < 1 ||
        x->rank + index->rank - 1 > SEAM_MAX_RANK ||
        seam_axis(seam_onnx_int(node, "axis", 0), x->rank) != 0)
        return NULL;
    memcpy(dims, index->dims, (size_t)index->rank * sizeof(*dims));
    memcpy(dims + index->rank, x->dims + 1, (size_t)(x->rank - 1) * sizeof(*dims));
    struct seam_numbers *out = seam_numbers_new(e, x->rank + index->rank - 1, dims);
    const int64_t each = x->count / x->dims[0];
    for (int64_t i = 0; out && i < index->count; i++) {
        int64_t at = (int64_t)index->at[i];
        at += at < 0 ? x->dims[0] : 0;
        if (at < 0 || at >= x->dims[0])
            return NULL;
        memcpy(out->at + i * each, x->at + at * each, (size_t)each * sizeof(*out->at));
    }
    return out;
}
