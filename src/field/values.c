/* Folding: the numbers that graphs compute shapes, pads and crops from. */
#include <math.h>
#include <string.h>

#include "base/common.h"
#include "field/values.h"

bool seam_array_new(struct seam_field *field, struct seam_array *array, int rank,
                    const int64_t *dims)
{
    array->rank = rank;
    array->count = 1;
    if (rank > SEAM_MAX_RANK)
        return false;
    for (int i = 0; i < rank; i++) {
        if (dims[i] < 0 || (dims[i] && array->count > SEAM_MAX_VALUES / dims[i]))
            return false;
        array->dims[i] = dims[i];
        array->count *= dims[i];
    }
    array->values = seam_arena_alloc(field->arena, (size_t)array->count, sizeof(*array->values));
    return array->values != NULL;
}

bool seam_array_of(const struct seam_fact *fact, struct seam_array *array)
{
    if (!fact || !fact->values)
        return false;
    array->rank = fact->rank;
    array->count = fact->n_values;
    array->values = (struct seam_sym *)(uintptr_t)fact->values;
    for (int i = 0; i < fact->rank; i++)
        if (!seam_sym_whole(fact->dims[i], &array->dims[i]))
            return false;
    return true;
}

bool seam_array_store(struct seam_field *field, const struct seam_array *array, int32_t type,
                      struct seam_fact *out)
{
    struct seam_sym dims[SEAM_MAX_RANK];
    for (int i = 0; i < array->rank; i++)
        dims[i] = seam_sym_const(array->dims[i]);
    if (!seam_fact_plain(field, out, array->rank, dims))
        return false;
    out->values = array->values;
    out->n_values = array->count;
    out->type = type;
    out->uniform = true;
    for (int64_t i = 0; i < array->count; i++) {
        out->sized |= !seam_sym_fixed(array->values[i]);
        out->uniform &= seam_sym_equal(array->values[i], array->values[0]);
    }
    return true;
}

bool seam_values_tensor(struct seam_field *field, const struct seam_onnx_tensor *tensor,
                        struct seam_fact *out)
{
    struct seam_sym dims[SEAM_MAX_RANK];
    if (tensor->rank > SEAM_MAX_RANK)
        return seam_field_fail(field, "it has too many dimensions");
    for (int i = 0; i < tensor->rank; i++)
        dims[i] = seam_sym_const(tensor->dims[i]);
    if (!seam_fact_plain(field, out, tensor->rank, dims))
        return false;
    out->tensor = tensor;
    out->type = tensor->type;
    out->uniform = tensor->count == 1;
    bool whole = tensor->type == SEAM_ONNX_INT64 || tensor->type == SEAM_ONNX_INT32 ||
                 tensor->type == SEAM_ONNX_BOOL;
    if (tensor->count > (whole ? SEAM_MAX_VALUES : 16))
        return true;
    struct seam_sym *values =
        seam_arena_alloc(field->arena, (size_t)tensor->count, sizeof(*values));
    if (!values)
        return seam_field_fail(field, "there is no memory to analyse it");
    for (uint64_t i = 0; i < tensor->count; i++) {
        double value = 0;
        int64_t integer = 0;
        if (!seam_onnx_element(tensor, i, &value, &integer))
            return true;
        values[i] = whole ? seam_sym_stored(integer) : seam_sym_float(value);
        if (!seam_sym_known(values[i]))
            return true;
    }
    out->values = values;
    out->n_values = (int64_t)tensor->count;
    return true;
}

/* ------------------------------------------------------------------------------------------------
 * Element by element
 * --------------------------------------------------------------------------------------------- */

bool seam_is_whole_type(int32_t type)
{
    return type != SEAM_ONNX_FLOAT && type != SEAM_ONNX_DOUBLE && type != SEAM_ONNX_FLOAT16 &&
           type != SEAM_ONNX_BFLOAT16 && type != 0;
}

/* Towards zero, as whole numbers divide and floats are cut. */
static struct seam_sym sym_truncate(struct seam_field *field, struct seam_sym a)
{
    int sign = seam_sym_sign(a);
    if (sign == 2)
        return seam_sym_unknown();
    return sign < 0 ? seam_sym_ceil(a, &field->align) : seam_sym_floor(a, &field->align);
}

static struct seam_sym from_bool(bool value)
{
    return seam_sym_const(value ? 1 : 0);
}

static struct seam_sym fold_compare(const char *op, struct seam_sym a, struct seam_sym b)
{
    int sign = seam_sym_sign(seam_sym_sub(a, b));
    if (sign == 2)
        return seam_sym_unknown();
    if (!strcmp(op, "Equal"))
        return from_bool(sign == 0);
    if (!strcmp(op, "Less"))
        return from_bool(sign < 0);
    if (!strcmp(op, "Greater"))
        return from_bool(sign > 0);
    if (!strcmp(op, "LessOrEqual"))
        return from_bool(sign <= 0);
    return from_bool(sign >= 0);
}

static struct seam_sym fold_mod(struct seam_field *field, struct seam_sym a, struct seam_sym b)
{
    if (!seam_sym_fixed(b) || seam_sym_sign(b) <= 0)
        return seam_sym_unknown();
    bool cut = seam_onnx_int(field->node, "fmod", 0) && seam_sym_sign(a) < 0;
    struct seam_sym turns = seam_sym_floor(seam_sym_div(a, b), &field->align);
    return cut ? seam_sym_unknown() : seam_sym_sub(a, seam_sym_mul(turns, b));
}

static struct seam_sym fold_extreme(bool max, struct seam_sym a, struct seam_sym b)
{
    int sign = seam_sym_sign(seam_sym_sub(a, b));
    if (sign == 2)
        return seam_sym_unknown();
    return (sign >= 0) == max ? a : b;
}

static struct seam_sym fold_binary(struct seam_field *field, const char *op, struct seam_sym a,
                                   struct seam_sym b, bool whole)
{
    int64_t x, y;
    if (!strcmp(op, "Add"))
        return seam_sym_add(a, b);
    if (!strcmp(op, "Sub"))
        return seam_sym_sub(a, b);
    if (!strcmp(op, "Mul"))
        return seam_sym_mul(a, b);
    if (!strcmp(op, "Div"))
        return whole ? sym_truncate(field, seam_sym_div(a, b)) : seam_sym_div(a, b);
    if (!strcmp(op, "Mod"))
        return fold_mod(field, a, b);
    if (!strcmp(op, "Min") || !strcmp(op, "Max"))
        return fold_extreme(op[1] == 'a', a, b);
    if (!strcmp(op, "And") && seam_sym_whole(a, &x) && seam_sym_whole(b, &y))
        return from_bool(x && y);
    if (!strcmp(op, "Or") && seam_sym_whole(a, &x) && seam_sym_whole(b, &y))
        return from_bool(x || y);
    if (!strcmp(op, "Pow") && seam_sym_whole(b, &y) && (y == 1 || y == 2))
        return y == 1 ? a : seam_sym_mul(a, a);
    if (!strcmp(op, "Equal") || !strncmp(op, "Less", 4) || !strncmp(op, "Greater", 7))
        return fold_compare(op, a, b);
    return seam_sym_unknown();
}

static struct seam_sym fold_unary(struct seam_field *field, const char *op, struct seam_sym a)
{
    struct seam_sym zero = seam_sym_const(0);
    int sign = seam_sym_sign(a);
    int64_t x;
    if (!strcmp(op, "Identity"))
        return a;
    if (!strcmp(op, "Neg"))
        return seam_sym_sub(zero, a);
    if (!strcmp(op, "Floor"))
        return seam_sym_floor(a, &field->align);
    if (!strcmp(op, "Ceil"))
        return seam_sym_ceil(a, &field->align);
    if (!strcmp(op, "Abs") || !strcmp(op, "Relu")) {
        if (sign == 2)
            return seam_sym_unknown();
        return sign >= 0 ? a : op[0] == 'A' ? seam_sym_sub(zero, a) : zero;
    }
    if (!strcmp(op, "Not") && seam_sym_whole(a, &x))
        return from_bool(!x);
    if (!strcmp(op, "Cast")) {
        int64_t to = seam_onnx_int(field->node, "to", 0);
        if (to == SEAM_ONNX_BOOL)
            return sign == 2 ? seam_sym_unknown() : from_bool(sign != 0);
        return seam_is_whole_type((int32_t)seam_clamp(to, 0, 1000)) ? sym_truncate(field, a) : a;
    }
    return seam_sym_unknown();
}

int64_t seam_array_index(const struct seam_array *operand, const struct seam_array *out, int64_t at)
{
    int64_t index = 0, stride = 1;
    for (int i = out->rank - 1; i >= 0; i--) {
        int64_t place = at % out->dims[i];
        int k = i - (out->rank - operand->rank);
        at /= out->dims[i];
        if (k < 0)
            continue;
        if (operand->dims[k] != 1)
            index += place * stride;
        stride *= operand->dims[k];
    }
    return index;
}

bool seam_array_broadcast(struct seam_field *field, const struct seam_array *in, int n,
                          struct seam_array *out)
{
    int64_t dims[SEAM_MAX_RANK];
    int rank = 0;
    for (int i = 0; i < n; i++)
        rank = in[i].rank > rank ? in[i].rank : rank;
    for (int axis = 0; axis < rank; axis++) {
        dims[axis] = 1;
        for (int i = 0; i < n; i++) {
            int k = axis - (rank - in[i].rank);
            if (k < 0 || in[i].dims[k] == 1)
                continue;
            if (dims[axis] != 1 && dims[axis] != in[i].dims[k])
                return false;
            dims[axis] = in[i].dims[k];
        }
    }
    return seam_array_new(field, out, rank, dims);
}

static struct seam_sym fold_element(struct seam_field *field, const struct seam_sym *v, int n,
                                    bool whole)
{
    const char *op = field->node->op;
    int64_t pick;
    if (!strcmp(op, "Where")) {
        if (n != 3 || !seam_sym_whole(v[0], &pick))
            return seam_sym_unknown();
        return pick ? v[1] : v[2];
    }
    if (n == 1)
        return strcmp(op, "Min") && strcmp(op, "Max") ? fold_unary(field, op, v[0]) : v[0];
    struct seam_sym sum = fold_binary(field, op, v[0], v[1], whole);
    bool many = !strcmp(op, "Min") || !strcmp(op, "Max");
    for (int i = 2; many && i < n; i++)
        sum = fold_binary(field, op, sum, v[i], whole);
    return n > 2 && !many ? seam_sym_unknown() : sum;
}

static bool fold_elements(struct seam_field *field, struct seam_fact *out)
{
    struct seam_array in[4], result;
    int n = (int)field->node->n_inputs;
    if (n < 1 || n > 4)
        return false;
    for (int i = 0; i < n; i++)
        if (!seam_array_of(seam_input(field, (size_t)i), &in[i]))
            return false;
    if (!seam_array_broadcast(field, in, n, &result))
        return false;
    const struct seam_fact *first = seam_input(field, n == 3 ? 1 : 0);
    bool whole = seam_is_whole_type(first->type);
    for (int64_t at = 0; at < result.count; at++) {
        struct seam_sym v[4];
        for (int i = 0; i < n; i++)
            v[i] = in[i].values[seam_array_index(&in[i], &result, at)];
        result.values[at] = fold_element(field, v, n, whole);
        if (!seam_sym_known(result.values[at]))
            return false;
    }
    int32_t type = first->type;
    if (!strcmp(field->node->op, "Cast"))
        type = (int32_t)seam_clamp(seam_onnx_int(field->node, "to", 0), 0, 1000);
    return seam_array_store(field, &result, type, out);
}

bool seam_values_fold(struct seam_field *field, struct seam_fact *out)
{
    return seam_values_move(field, out) || fold_elements(field, out);
}
