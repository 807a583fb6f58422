/*
 * Tables that a graph computes from nothing but constants, such as the masks of windows that an
 * export writes number by number: evaluated as they are at the size of the export.
 */
#include <math.h>
#include <string.h>

#include "base/common.h"
#include "field/numbers.h"
#include "field/rules.h"
#include "field/values.h"

/* Of one value, and of all that it follows from. */
#define MOST_NUMBERS ((int64_t)1 << 24)
#define MOST_TOGETHER ((int64_t)1 << 26)
#define MOST_DEPTH 400
/* Floats hold whole numbers up to here. */
#define MOST_EXACT 16777216.0f

static const struct seam_numbers *eval(struct seam_evaluator *e, int32_t value, int depth);

struct seam_numbers *seam_numbers_new(struct seam_evaluator *e, int rank, const int64_t *dims)
{
    struct seam_numbers *n = seam_arena_alloc(e->arena, 1, sizeof(*n));
    if (!n || rank < 0 || rank > SEAM_MAX_RANK)
        return NULL;
    n->rank = rank;
    n->count = 1;
    for (int i = 0; i < rank; i++) {
        if (dims[i] < 0 || (dims[i] > 0 && n->count > MOST_NUMBERS / dims[i]))
            return NULL;
        n->dims[i] = dims[i];
        n->count *= dims[i];
    }
    e->made += n->count;
    if (e->made > MOST_TOGETHER || !seam_field_work(e->field, n->count))
        return NULL;
    n->at = seam_arena_alloc(e->arena, (size_t)n->count, sizeof(*n->at));
    return n->at ? n : NULL;
}

/* A whole number; those past all sizes are cut. */
static int64_t whole(float v)
{
    const float most = 1e12f;
    return (int64_t)fminf(fmaxf(v, -most), most);
}

/* A list of whole numbers; -1: it is none. */
static int list_of(const struct seam_numbers *n, int64_t list[SEAM_MAX_RANK])
{
    if (!n || n->rank > 1 || n->count > SEAM_MAX_RANK)
        return -1;
    for (int64_t i = 0; i < n->count; i++)
        list[i] = whole(n->at[i]);
    return (int)n->count;
}

/* The place in an operand, broadcast, for place `at` of `out`. */
int64_t seam_numbers_place(const struct seam_numbers *x, const struct seam_numbers *out, int64_t at)
{
    int64_t place = 0, stride = 1;
    for (int i = out->rank - 1; i >= 0; i--) {
        const int k = i - (out->rank - x->rank);
        const int64_t digit = at % out->dims[i];
        at /= out->dims[i];
        if (k < 0)
            continue;
        place += x->dims[k] == 1 ? 0 : digit * stride;
        stride *= x->dims[k];
    }
    return place;
}

struct seam_numbers *seam_numbers_broadcast(struct seam_evaluator *e,
                                            const struct seam_numbers *const *in, int n)
{
    int64_t dims[SEAM_MAX_RANK];
    int rank = 0;
    for (int i = 0; i < n; i++)
        rank = in[i]->rank > rank ? in[i]->rank : rank;
    for (int axis = 0; axis < rank; axis++) {
        dims[axis] = 1;
        for (int i = 0; i < n; i++) {
            const int k = axis - (rank - in[i]->rank);
            if (k < 0 || in[i]->dims[k] == 1)
                continue;
            if (dims[axis] != 1 && dims[axis] != in[i]->dims[k])
                return NULL;
            dims[axis] = in[i]->dims[k];
        }
    }
    return seam_numbers_new(e, rank, dims);
}

/* ------------------------------------------------------------------------------------------------
 * Operators; each is given its inputs, those that are left out NULL
 * --------------------------------------------------------------------------------------------- */

static float combine(const char *op, float a, float b)
{
    switch (op[0]) {
    case 'A': return a + b;
    case 'S': return a - b;
    case 'M': return a * b;
    default: return a < b || a > b ? 0 : 1; /* Equal */
    }
}

static const struct seam_numbers *eval_two(struct seam_evaluator *e,
                                           const struct seam_onnx_node *node,
                                           const struct seam_numbers *const *in)
{
    struct seam_numbers *out = in[0] && in[1] ? seam_numbers_broadcast(e, in, 2) : NULL;
    const int32_t type = e->field->facts[node->inputs[0]].type;
    const bool is_whole = seam_is_whole_type(type);
    if (is_whole && type != SEAM_ONNX_INT64 && type != SEAM_ONNX_INT32)
        return NULL;
    for (int64_t i = 0; out && i < out->count; i++) {
        out->at[i] = combine(node->op, in[0]->at[seam_numbers_place(in[0], out, i)],
                             in[1]->at[seam_numbers_place(in[1], out, i)]);
        if (is_whole && fabsf(out->at[i]) > MOST_EXACT)
            return NULL;
    }
    return out;
}

static const struct seam_numbers *eval_where(struct seam_evaluator *e,
                                             const struct seam_onnx_node *node,
                                             const struct seam_numbers *const *in)
{
    (void)node;
    struct seam_numbers *out = in[0] && in[1] && in[2] ? seam_numbers_broadcast(e, in, 3) : NULL;
    for (int64_t i = 0; out && i < out->count; i++) {
        const int k = fabsf(in[0]->at[seam_numbers_place(in[0], out, i)]) > 0 ? 1 : 2;
        out->at[i] = in[k]->at[seam_numbers_place(in[k], out, i)];
    }
    return out;
}

/* Not, Cast, Identity */
static const struct seam_numbers *eval_one(struct seam_evaluator *e,
                                           const struct seam_onnx_node *node,
                                           const struct seam_numbers *const *in)
{
    struct seam_numbers *out = in[0] ? seam_numbers_new(e, in[0]->rank, in[0]->dims) : NULL;
    const int64_t to = seam_onnx_int(node, "to", 0);
    const bool cuts = seam_is_whole_type((int32_t)to);
    for (int64_t i = 0; out && i < out->count; i++) {
        const float v = in[0]->at[i];
        const bool set = fabsf(v) > 0;
        out->at[i] = node->op[0] == 'N'     ? (float)!set
                     : to == SEAM_ONNX_BOOL ? (float)set
                     : cuts                 ? truncf(v)
                                            : v;
    }
    return out;
}

/* The same numbers in another shape. */
static const struct seam_numbers *reshaped(struct seam_evaluator *e, const struct seam_numbers *x,
                                           int rank, const int64_t *dims)
{
    struct seam_numbers *out = seam_arena_alloc(e->arena, 1, sizeof(*out));
    int64_t count = 1;
    for (int i = 0; i < rank; i++) {
        if (dims[i] < 0 || (dims[i] > 0 && count > MOST_NUMBERS / dims[i]))
            return NULL;
        count *= dims[i];
    }
    if (!out || count != x->count)
        return NULL;
    *out = *x;
    out->rank = rank;
    memcpy(out->dims, dims, (size_t)rank * sizeof(*dims));
    return out;
}

static const struct seam_numbers *eval_reshape(struct seam_evaluator *e,
                                               const struct seam_onnx_node *node,
                                               const struct seam_numbers *const *in)
{
    int64_t dims[SEAM_MAX_RANK], rest = 1;
    const int n = list_of(in[1], dims);
    (void)node;
    if (!in[0] || n < 0)
        return NULL;
    for (int i = 0; i < n; i++) {
        dims[i] = dims[i] == 0 && i < in[0]->rank ? in[0]->dims[i] : dims[i];
        rest *= dims[i] > 0 && rest < MOST_NUMBERS ? dims[i] : 1;
    }
    for (int i = 0; i < n; i++)
        dims[i] = dims[i] == -1 ? in[0]->count / rest : dims[i];
    return reshaped(e, in[0], n, dims);
}

static const struct seam_numbers *eval_unsqueeze(struct seam_evaluator *e,
                                                 const struct seam_onnx_node *node,
                                                 const struct seam_numbers *const *in)
{
    const struct seam_onnx_attr *attr = seam_onnx_attr(node, "axes");
    int64_t dims[SEAM_MAX_RANK], axes[SEAM_MAX_RANK];
    bool added[SEAM_MAX_RANK] = { false };
    int n = list_of(in[1], axes);
    if (attr && attr->type == SEAM_ATTR_INTS && attr->n <= SEAM_MAX_RANK)
        for (n = 0; n < (int)attr->n; n++)
            axes[n] = attr->ints[n];
    if (!in[0] || n < 0 || in[0]->rank + n > SEAM_MAX_RANK)
        return NULL;
    const int rank = in[0]->rank + n;
    for (int i = 0; i < n; i++) {
        const int axis = seam_axis(axes[i], rank);
        if (axis < 0)
            return NULL;
        added[axis] = true;
    }
    for (int i = 0, k = 0; i < rank; i++)
        dims[i] = added[i] || k == in[0]->rank ? 1 : in[0]->dims[k++];
    return reshaped(e, in[0], rank, dims);
}

static const struct seam_numbers *eval_transpose(struct seam_evaluator *e,
                                                 const struct seam_onnx_node *node,
                                                 const struct seam_numbers *const *in)
{
    const struct seam_onnx_attr *perm = seam_onnx_attr(node, "perm");
    const struct seam_numbers *const x = in[0];
    int64_t dims[SEAM_MAX_RANK], stride[SEAM_MAX_RANK], each[SEAM_MAX_RANK];
    if (!x || !perm || perm->type != SEAM_ATTR_INTS || perm->n != (size_t)x->rank)
        return NULL;
    for (int64_t i = x->rank - 1, s = 1; i >= 0; s *= x->dims[i], i--)
        each[i] = s;
    for (int i = 0; i < x->rank; i++) {
        const int from = seam_axis(perm->ints[i], x->rank);
        if (from < 0)
            return NULL;
        dims[i] = x->dims[from];
        stride[i] = each[from];
    }
    struct seam_numbers *out = seam_numbers_new(e, x->rank, dims);
    for (int64_t i = 0; out && i < out->count; i++) {
        int64_t place = 0, at = i;
        for (int k = out->rank - 1; k >= 0; at /= out->dims[k], k--)
            place += at % out->dims[k] * stride[k];
        if (place >= x->count)
            return NULL;
        out->at[i] = x->at[place];
    }
    return out;
}

static const struct seam_numbers *eval_expand(struct seam_evaluator *e,
                                              const struct seam_onnx_node *node,
                                              const struct seam_numbers *const *in)
{
    struct seam_numbers shape = { .count = 1 };
    const struct seam_numbers *both[2] = { in[0], &shape };
    (void)node;
    shape.rank = list_of(in[1], shape.dims);
    struct seam_numbers *out = in[0] && shape.rank >= 0 ? seam_numbers_broadcast(e, both, 2) : NULL;
    for (int64_t i = 0; out && i < out->count; i++)
        out->at[i] = in[0]->at[seam_numbers_place(in[0], out, i)];
    return out;
}

static const struct seam_numbers *eval_filled(struct seam_evaluator *e,
                                              const struct seam_onnx_node *node,
                                              const struct seam_numbers *const *in)
{
    const struct seam_onnx_attr *attr = seam_onnx_attr(node, "value");
    int64_t dims[SEAM_MAX_RANK], v;
    double value = 0;
    const int n = list_of(in[0], dims);
    if (n < 0 || (attr && (!attr->tensor || attr->tensor->count != 1 ||
                           !seam_onnx_element(attr->tensor, 0, &value, &v))))
        return NULL;
    struct seam_numbers *out = seam_numbers_new(e, n, dims);
    for (int64_t i = 0; out && i < out->count; i++)
        out->at[i] = (float)value;
    return out;
}

static const struct seam_numbers *eval_shape(struct seam_evaluator *e,
                                             const struct seam_onnx_node *node,
                                             const struct seam_numbers *const *in)
{
    (void)node;
    struct seam_numbers *out =
        in[0] ? seam_numbers_new(e, 1, &(int64_t){ in[0]->rank }) : NULL;
    for (int i = 0; out && i < in[0]->rank; i++)
        out->at[i] = (float)in[0]->dims[i];
    return out;
}

static const struct seam_numbers *eval_slice(struct seam_evaluator *e,
                                             const struct seam_onnx_node *node,
                                             const struct seam_numbers *const *in)
{
    int64_t from[SEAM_MAX_RANK], to[SEAM_MAX_RANK], axes[SEAM_MAX_RANK], steps[SEAM_MAX_RANK];
    int64_t dims[SEAM_MAX_RANK], first[SEAM_MAX_RANK] = { 0 };
    const struct seam_numbers *const x = in[0];
    const int n = list_of(in[1], from), n_to = list_of(in[2], to);
    const int n_axes = list_of(in[3], axes), n_steps = list_of(in[4], steps);
    (void)node;
    if (!x || n < 0 || n_to != n || n > x->rank || (n_axes >= 0 && n_axes != n) ||
        (n_steps >= 0 && n_steps != n))
        return NULL;
    memcpy(dims, x->dims, sizeof(dims));
    for (int i = 0; i < n; i++) {
        const int axis = n_axes < 0 ? i : seam_axis(axes[i], x->rank);
        if (axis < 0 || (n_steps >= 0 && steps[i] != 1))
            return NULL;
        const int64_t size = x->dims[axis];
        const int64_t a = seam_clamp(from[i] < 0 ? from[i] + size : from[i], 0, size);
        const int64_t b = seam_clamp(to[i] < 0 ? to[i] + size : to[i], a, size);
        first[axis] = a;
        dims[axis] = b - a;
    }
    struct seam_numbers *out = seam_numbers_new(e, x->rank, dims);
    for (int64_t i = 0; out && i < out->count; i++) {
        int64_t place = 0, stride = 1, at = i;
        for (int k = out->rank - 1; k >= 0; at /= dims[k], stride *= x->dims[k], k--)
            place += (at % dims[k] + first[k]) * stride;
        out->at[i] = x->at[place];
    }
    return out;
}

/* Along the last axis, or lists: what indices are put together of. */
static const struct seam_numbers *eval_concat(struct seam_evaluator *e,
                                              const struct seam_onnx_node *node,
                                              const struct seam_numbers *const *in)
{
    const int axis = in[0] ? seam_axis(seam_onnx_int(node, "axis", 0), in[0]->rank) : -1;
    int64_t dims[SEAM_MAX_RANK], at = 0;
    if (axis < 0 || axis != in[0]->rank - 1)
        return NULL;
    memcpy(dims, in[0]->dims, sizeof(dims));
    for (size_t k = 1; k < node->n_inputs; k++) {
        if (!in[k] || in[k]->rank != in[0]->rank ||
            memcmp(in[k]->dims, dims, (size_t)axis * sizeof(*dims)) != 0)
            return NULL;
        dims[axis] += in[k]->dims[axis];
    }
    struct seam_numbers *out = seam_numbers_new(e, in[0]->rank, dims);
    for (size_t k = 0; out && k < node->n_inputs; at += in[k]->dims[axis], k++)
        for (int64_t i = 0; i < in[k]->count; i++) {
            const int64_t wide = in[k]->dims[axis];
            out->at[i / wide * dims[axis] + at + i % wide] = in[k]->at[i];
        }
    return out;
}

static const struct seam_numbers *eval_scatter(struct seam_evaluator *e,
                                               const struct seam_onnx_node *node,
                                               const struct seam_numbers *const *in)
{
    const struct seam_numbers *const x = in[0], *const at = in[1], *const put = in[2];
    (void)node;
    if (!x || !at || !put || at->rank < 1 || seam_onnx_attr(node, "reduction"))
        return NULL;
    const int64_t depth = at->dims[at->rank - 1];
    struct seam_numbers *out = seam_numbers_new(e, x->rank, x->dims);
    if (!out || depth != x->rank || at->count != put->count * depth)
        return NULL;
    memcpy(out->at, x->at, (size_t)x->count * sizeof(*x->at));
    for (int64_t i = 0; i < put->count; i++) {
        int64_t place = 0;
        for (int k = 0; k < x->rank; k++) {
            const int64_t v = whole(at->at[i * depth + k]);
            const int64_t digit = v < 0 ? v + x->dims[k] : v;
            if (digit < 0 || digit >= x->dims[k])
                return NULL;
            place = place * x->dims[k] + digit;
        }
        out->at[place] = put->at[i];
    }
    return out;
}

static const struct {
    const char *op;
    seam_numbers_rule *run;
} table[] = {
    { "Add", eval_two },
    { "Cast", eval_one },
    { "Concat", eval_concat },
    { "ConstantOfShape", eval_filled },
    { "Equal", eval_two },
    { "Expand", eval_expand },
    { "Identity", eval_one },
    { "Mul", eval_two },
    { "Not", eval_one },
    { "Reshape", eval_reshape },
    { "ScatterND", eval_scatter },
    { "Shape", eval_shape },
    { "Slice", eval_slice },
    { "Sub", eval_two },
    { "Transpose", eval_transpose },
    { "Unsqueeze", eval_unsqueeze },
    { "Where", eval_where },
    /* numbers_learned.c */
    { "Div", seam_numbers_pair },
    { "Gather", seam_numbers_gather },
    { "Gemm", seam_numbers_product },
    { "LayerNormalization", seam_numbers_layer_norm },
    { "MatMul", seam_numbers_product },
    { "Pow", seam_numbers_pair },
    { "ReduceMean", seam_numbers_mean },
    { "Relu", seam_numbers_single },
    { "Sigmoid", seam_numbers_single },
    { "Sqrt", seam_numbers_single },
    { "Tanh", seam_numbers_single },
};

/* ---------------------------------------------------------------------------------------------- */

/* What the file or the analysis tells. */
static const struct seam_numbers *told(struct seam_evaluator *e, const struct seam_fact *fact)
{
    int64_t dims[SEAM_MAX_RANK], count;
    for (int i = 0; i < fact->rank; i++)
        if (!seam_free_value(e->f, fact->dims[i], &dims[i]))
            return NULL;
    struct seam_numbers *n = seam_numbers_new(e, fact->rank, dims);
    if (!n || (fact->tensor ? fact->tensor->count != (uint64_t)n->count
                            : fact->n_values != n->count))
        return NULL;
    for (int64_t i = 0; i < n->count; i++) {
        double value = 0;
        if (fact->tensor && !seam_onnx_element(fact->tensor, (uint64_t)i, &value, &count))
            return NULL;
        if (!fact->tensor && seam_sym_fixed(fact->values[i]))
            value = (double)fact->values[i].c / (double)fact->values[i].den;
        else if (!fact->tensor) {
            if (!seam_free_value(e->f, fact->values[i], &count))
                return NULL;
            value = (double)count;
        }
        n->at[i] = (float)value;
    }
    return n;
}

static const struct seam_numbers *eval_node(struct seam_evaluator *e,
                                            const struct seam_onnx_node *node, int depth)
{
    const struct seam_numbers *in[8] = { NULL };
    if (node->n_outputs != 1 || node->n_inputs > SEAM_ARRAY_LEN(in))
        return NULL;
    for (size_t i = 0; i < SEAM_ARRAY_LEN(table); i++) {
        if (strcmp(table[i].op, node->op) != 0)
            continue;
        for (size_t k = 0; k < node->n_inputs; k++)
            if (node->inputs[k] >= 0 && !(in[k] = eval(e, node->inputs[k], depth + 1)))
                return NULL;
        return table[i].run(e, node, in);
    }
    return NULL;
}

static const struct seam_numbers *eval(struct seam_evaluator *e, int32_t value, int depth)
{
    const struct seam_fact *const fact = &e->field->facts[value];
    if (e->known[value] || depth > MOST_DEPTH || e->arena->failed)
        return e->known[value];
    if (fact->state == SEAM_FACT_KNOWN && (fact->tensor || fact->values))
        e->known[value] = told(e, fact);
    else if (e->f->maker[value] && !(fact->state == SEAM_FACT_KNOWN && seam_depends(fact)))
        e->known[value] = eval_node(e, e->f->maker[value], depth);
    return e->known[value];
}

const float *seam_free_constant(const struct seam_free *f, struct seam_field *field, int32_t value,
                                struct seam_arena *arena, int64_t *count)
{
    struct seam_evaluator e = { .f = f, .field = field, .arena = arena };
    e.known = seam_arena_alloc(arena, field->graph->n_values, sizeof(*e.known));
    const struct seam_numbers *const n = e.known ? eval(&e, value, 0) : NULL;
    *count = n ? n->count : 0;
    return n ? n->at : NULL;
}
