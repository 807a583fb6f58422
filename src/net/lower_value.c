/* What the values of a graph have become: constants, and channels of tensors. */
#include <math.h>
#include <string.h>

#include "base/common.h"
#include "net/lower.h"
#include "field/values.h"

/* Weights of any real network are fewer by far. */
#define MOST_CONSTANTS ((uint64_t)1 << 27)

const struct seam_fact *seam_lower_fact(const struct lower *l, size_t k)
{
    return k < l->node->n_inputs && l->node->inputs[k] >= 0
               ? &l->field.facts[l->node->inputs[k]]
               : NULL;
}

const struct seam_fact *seam_lower_out_fact(const struct lower *l, size_t k)
{
    return k < l->node->n_outputs && l->node->outputs[k] >= 0
               ? &l->field.facts[l->node->outputs[k]]
               : NULL;
}

/* Numbers that the graph computes from constants. */
static bool compute_constant(struct lower *l, struct lower_value *v)
{
    const struct seam_free any = { .maker = l->maker };
    const int32_t id = (int32_t)(v - l->values);
    struct seam_arena arena;
    int64_t count;
    seam_arena_init(&arena);
    const float *numbers = seam_free_constant(&any, &l->field, id, &arena, &count);
    float *data = numbers ? seam_arena_alloc(&l->arena, (size_t)count, sizeof(*data)) : NULL;
    if (data) {
        memcpy(data, numbers, (size_t)count * sizeof(*data));
        *v = (struct lower_value){ .kind = LOWER_CONSTANT, .data = data, .count = count,
                                   .uses = v->uses };
    }
    l->arena.failed = l->arena.failed || arena.failed;
    seam_arena_free(&arena);
    return data || seam_lower_fail(l, "it needs a constant that cannot be followed");
}

/* The numbers of an initializer, or of a small value that the analysis folded. */
static bool load_constant(struct lower *l, struct lower_value *v, const struct seam_fact *fact)
{
    if (seam_lower_computed(fact))
        return compute_constant(l, v);
    if (!fact || fact->state != SEAM_FACT_KNOWN || (!fact->tensor && !fact->values))
        return seam_lower_fail(l, "it needs a constant that cannot be followed");
    const uint64_t count = fact->tensor ? fact->tensor->count : (uint64_t)fact->n_values;
    if (count > MOST_CONSTANTS)
        return seam_lower_fail(l, "it has too many constants");
    float *data = seam_arena_alloc(&l->arena, (size_t)count, sizeof(*data));
    if (!data)
        return seam_lower_fail(l, "there is no memory");
    for (uint64_t i = 0; i < count; i++) {
        double value = 0;
        int64_t whole;
        if (fact->tensor ? !seam_onnx_element(fact->tensor, i, &value, &whole)
                         : !seam_sym_fixed(fact->values[i]))
            return seam_lower_fail(l, "it needs a constant that is no number");
        if (!fact->tensor)
            value = (double)fact->values[i].c / (double)fact->values[i].den;
        data[i] = (float)value;
    }
    v->kind = LOWER_CONSTANT;
    v->data = data;
    v->count = (int64_t)count;
    return true;
}

bool seam_lower_computed(const struct seam_fact *fact)
{
    return fact && fact->state == SEAM_FACT_KNOWN && !fact->tensor && !fact->values &&
           !fact->sized && !seam_depends(fact);
}

struct lower_value *seam_lower_input(struct lower *l, size_t k)
{
    if (k >= l->node->n_inputs || l->node->inputs[k] < 0)
        return NULL;
    return &l->values[l->node->inputs[k]];
}

struct lower_value *seam_lower_picture(struct lower *l, size_t k)
{
    struct lower_value *v = seam_lower_input(l, k);
    if (!v || v->kind != LOWER_PICTURE)
        return seam_lower_fail(l, "its input is no picture"), NULL;
    return seam_lower_settle(l, v, seam_lower_fact(l, k)->rank, false) ? v : NULL;
}

bool seam_lower_constant(struct lower *l, size_t k, const float **data, int64_t *count)
{
    *data = NULL;
    *count = 0;
    struct lower_value *v = seam_lower_input(l, k);
    if (!v || v->kind == LOWER_PICTURE || v->kind == LOWER_VECTOR)
        return seam_lower_fail(l, "it takes a picture where a constant was expected");
    if (v->kind == LOWER_NOTHING && !load_constant(l, v, seam_lower_fact(l, k)))
        return false;
    *data = v->data;
    *count = v->count;
    return true;
}

bool seam_lower_scalar(struct lower *l, size_t k, float *value)
{
    const float *data;
    int64_t count;
    if (!seam_lower_constant(l, k, &data, &count))
        return false;
    if (count != 1)
        return seam_lower_fail(l, "it takes several constants where one was expected");
    *value = data[0];
    return true;
}

void seam_lower_bind(struct lower *l, size_t k, struct seam_ref ref, const struct lower_view *view)
{
    if (k >= l->node->n_outputs || l->node->outputs[k] < 0)
        return;
    struct lower_value *v = &l->values[l->node->outputs[k]];
    v->kind = LOWER_PICTURE;
    v->ref = ref;
    v->view = view;
    l->tensors[ref.tensor].pending += v->uses;
}

/* ------------------------------------------------------------------------------------------------
 * Constants computed from constants
 * --------------------------------------------------------------------------------------------- */

static bool bind_constant(struct lower *l, const float *data, int64_t count)
{
    if (l->node->n_outputs < 1 || l->node->outputs[0] < 0)
        return false;
    struct lower_value *v = &l->values[l->node->outputs[0]];
    v->kind = LOWER_CONSTANT;
    v->data = data;
    v->count = count;
    return true;
}

static bool fold_binary(const char *op, float a, float b, float *out)
{
    if (!strcmp(op, "Add"))
        *out = a + b;
    else if (!strcmp(op, "Sub"))
        *out = a - b;
    else if (!strcmp(op, "Mul"))
        *out = a * b;
    else if (!strcmp(op, "Div"))
        *out = a / b;
    else if (!strcmp(op, "Pow"))
        *out = powf(a, b);
    else
        return false;
    return true;
}

/* Of equal shape, or one of them a single number. */
static bool fold_elements(struct lower *l)
{
    const float *a, *b;
    int64_t n, m;
    if (l->node->n_inputs != 2 || !seam_lower_constant(l, 0, &a, &n) ||
        !seam_lower_constant(l, 1, &b, &m) || (n != m && n != 1 && m != 1))
        return false;
    const struct seam_fact *f = seam_lower_fact(l, 0), *g = seam_lower_fact(l, 1);
    /* Whole numbers divide, and overflow, by rules of their own. */
    if (seam_is_whole_type(f->type) || seam_is_whole_type(g->type))
        return false;
    if (n == m && n > 1) {
        if (f->rank != g->rank)
            return false;
        for (int i = 0; i < f->rank; i++)
            if (!seam_sym_equal(f->dims[i], g->dims[i]))
                return false;
    }
    const int64_t count = seam_max(n, m);
    float *out = seam_arena_alloc(&l->arena, (size_t)count, sizeof(*out));
    for (int64_t i = 0; out && i < count; i++)
        if (!fold_binary(l->node->op, a[n == 1 ? 0 : i], b[m == 1 ? 0 : i], &out[i]))
            return false;
    return out && bind_constant(l, out, count);
}

bool seam_lower_casts_to_float(const struct lower *l)
{
    const int64_t to = seam_onnx_int(l->node, "to", 0);
    return to == SEAM_ONNX_FLOAT || to == SEAM_ONNX_FLOAT16 || to == SEAM_ONNX_DOUBLE;
}

/* Whether the analysis knows all elements, which are then read from there. */
static bool is_folded(const struct seam_fact *fact)
{
    if (!fact || fact->state != SEAM_FACT_KNOWN || !fact->values)
        return false;
    for (int64_t i = 0; i < fact->n_values; i++)
        if (!seam_sym_fixed(fact->values[i]))
            return false;
    return true;
}

bool seam_lower_fold(struct lower *l)
{
    /* The first input's numbers, in the same order. */
    static const char *const keeps[] = { "Identity", "Cast", "Reshape", "Squeeze", "Unsqueeze",
                                         "Flatten", "Dropout" };
    /* The same, where the first input is one number. */
    static const char *const spreads[] = { "Expand", "Tile", "Transpose", "Slice", "Resize" };
    const float *data;
    int64_t count;
    const char *op = l->node->op;
    if (is_folded(seam_lower_out_fact(l, 0)))
        return true;
    if (!strcmp(op, "ConstantOfShape")) {
        const struct seam_onnx_attr *value = seam_onnx_attr(l->node, "value");
        float *one = seam_arena_alloc(&l->arena, 1, sizeof(*one));
        double v = 0;
        int64_t whole;
        if (!one || (value && value->tensor &&
                     (!value->tensor->count || !seam_onnx_element(value->tensor, 0, &v, &whole))))
            return false;
        *one = (float)v;
        return bind_constant(l, one, 1);
    }
    if (!strcmp(op, "Cast") && !seam_lower_casts_to_float(l))
        return false;
    for (size_t i = 0; i < SEAM_ARRAY_LEN(keeps); i++)
        if (!strcmp(op, keeps[i]))
            return seam_lower_constant(l, 0, &data, &count) && bind_constant(l, data, count);
    for (size_t i = 0; i < SEAM_ARRAY_LEN(spreads); i++)
        if (!strcmp(op, spreads[i]))
            return seam_lower_constant(l, 0, &data, &count) && count == 1 &&
                   bind_constant(l, data, count);
    return fold_elements(l);
}
