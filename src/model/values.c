/* Folding: the numbers that graphs compute shapes, pads and crops from. */
#include <math.h>
#include <string.h>

#include "common.h"
#include "rules.h"

/* A folded array: known dims, known or unknown elements. */
struct array {
    int rank;
    int64_t dims[SEAM_MAX_RANK];
    int64_t count;
    struct seam_sym *values;
};

static bool array_new(struct seam_field *field, struct array *array, int rank,
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

static bool array_of(const struct seam_fact *fact, struct array *array)
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

static bool array_store(struct seam_field *field, const struct array *array, int32_t type,
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

static bool is_whole_type(int32_t type)
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
        return is_whole_type((int32_t)seam_clamp(to, 0, 1000)) ? sym_truncate(field, a) : a;
    }
    return seam_sym_unknown();
}

/* The index into an operand, broadcast, for the element `at` of the result. */
static int64_t broadcast_index(const struct array *operand, const struct array *out, int64_t at)
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

static bool broadcast_shape(struct seam_field *field, const struct array *in, int n,
                            struct array *out)
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
    return array_new(field, out, rank, dims);
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
    struct array in[4], result;
    int n = (int)field->node->n_inputs;
    if (n < 1 || n > 4)
        return false;
    for (int i = 0; i < n; i++)
        if (!array_of(seam_input(field, (size_t)i), &in[i]))
            return false;
    if (!broadcast_shape(field, in, n, &result))
        return false;
    const struct seam_fact *first = seam_input(field, n == 3 ? 1 : 0);
    bool whole = is_whole_type(first->type);
    for (int64_t at = 0; at < result.count; at++) {
        struct seam_sym v[4];
        for (int i = 0; i < n; i++)
            v[i] = in[i].values[broadcast_index(&in[i], &result, at)];
        result.values[at] = fold_element(field, v, n, whole);
        if (!seam_sym_known(result.values[at]))
            return false;
    }
    int32_t type = first->type;
    if (!strcmp(field->node->op, "Cast"))
        type = (int32_t)seam_clamp(seam_onnx_int(field->node, "to", 0), 0, 1000);
    return array_store(field, &result, type, out);
}

/* ------------------------------------------------------------------------------------------------
 * Elements moved
 * --------------------------------------------------------------------------------------------- */

static bool fold_shape(struct seam_field *field, struct seam_fact *out)
{
    const struct seam_fact *input = seam_input(field, 0);
    struct array result;
    int64_t start = seam_onnx_int(field->node, "start", 0);
    int64_t end = seam_onnx_int(field->node, "end", INT32_MAX);
    start = seam_clamp(start < 0 ? start + input->rank : start, 0, input->rank);
    end = seam_clamp(end < 0 ? end + input->rank : end, start, input->rank);
    int64_t count = end - start;
    bool size = !strcmp(field->node->op, "Size");
    if (!array_new(field, &result, size ? 0 : 1, &count))
        return false;
    if (size)
        result.values[0] = seam_sym_const(1);
    for (int64_t i = 0; i < (size ? input->rank : count); i++) {
        if (!seam_sym_known(input->dims[start + i]))
            return false;
        if (size)
            result.values[0] = seam_sym_mul(result.values[0], input->dims[i]);
        else
            result.values[i] = input->dims[start + i];
    }
    return (!size || seam_sym_known(result.values[0])) &&
           array_store(field, &result, SEAM_ONNX_INT64, out);
}

/* Gather along one axis. */
static bool fold_gather(struct seam_field *field, struct seam_fact *out)
{
    struct array data, index, result;
    int64_t dims[2 * SEAM_MAX_RANK], outer = 1, inner = 1;
    if (!array_of(seam_input(field, 0), &data) || !array_of(seam_input(field, 1), &index))
        return false;
    int axis = seam_axis(seam_onnx_int(field->node, "axis", 0), data.rank), n = 0;
    if (axis < 0 || data.rank + index.rank - 1 > SEAM_MAX_RANK)
        return false;
    for (int i = 0; i < data.rank; i++) {
        for (int k = 0; i == axis && k < index.rank; k++)
            dims[n++] = index.dims[k];
        if (i != axis)
            dims[n++] = data.dims[i];
        outer *= i < axis ? data.dims[i] : 1;
        inner *= i > axis ? data.dims[i] : 1;
    }
    if (!array_new(field, &result, n, dims))
        return false;
    for (int64_t at = 0; at < result.count; at++) {
        int64_t pick, o = at / inner / seam_max(index.count, 1);
        if (!seam_sym_whole(index.values[at / inner % index.count], &pick))
            return false;
        pick += pick < 0 ? data.dims[axis] : 0;
        if (pick < 0 || pick >= data.dims[axis] || o >= outer)
            return false;
        result.values[at] = data.values[(o * data.dims[axis] + pick) * inner + at % inner];
    }
    return array_store(field, &result, seam_input(field, 0)->type, out);
}

static bool fold_concat(struct seam_field *field, struct seam_fact *out)
{
    struct array part, result;
    int64_t dims[SEAM_MAX_RANK], outer = 1, inner = 1, sum = 0, at = 0;
    const struct seam_onnx_node *node = field->node;
    if (!node->n_inputs || !array_of(seam_input(field, 0), &part))
        return false;
    int axis = seam_axis(seam_onnx_int(node, "axis", 1), part.rank), rank = part.rank;
    if (axis < 0)
        return false;
    memcpy(dims, part.dims, sizeof(dims));
    for (size_t i = 0; i < node->n_inputs; i++) {
        if (!array_of(seam_input(field, i), &part) || part.rank != rank)
            return false;
        for (int k = 0; k < rank; k++)
            if (k != axis && part.dims[k] != dims[k])
                return false;
        sum += part.dims[axis];
    }
    dims[axis] = sum;
    for (int k = 0; k < rank; k++) {
        outer *= k < axis ? dims[k] : 1;
        inner *= k > axis ? dims[k] : 1;
    }
    if (!array_new(field, &result, rank, dims))
        return false;
    for (int64_t o = 0; o < outer; o++)
        for (size_t i = 0; i < node->n_inputs; i++) {
            array_of(seam_input(field, i), &part);
            int64_t run = part.dims[axis] * inner;
            for (int64_t k = 0; k < run; k++)
                result.values[at++] = part.values[o * run + k];
        }
    return array_store(field, &result, seam_input(field, 0)->type, out);
}

static bool fold_transpose(struct seam_field *field, struct seam_fact *out)
{
    struct array data, result;
    const struct seam_onnx_attr *attr = seam_onnx_attr(field->node, "perm");
    int64_t dims[SEAM_MAX_RANK], stride[SEAM_MAX_RANK], step = 1;
    int perm[SEAM_MAX_RANK];
    bool seen[SEAM_MAX_RANK] = { false };
    if (!array_of(seam_input(field, 0), &data) || (attr && attr->n != (size_t)data.rank) ||
        (attr && attr->type != SEAM_ATTR_INTS))
        return false;
    for (int i = data.rank - 1; i >= 0; i--) {
        stride[i] = step;
        step *= data.dims[i];
    }
    for (int i = 0; i < data.rank; i++) {
        perm[i] = attr ? seam_axis(attr->ints[i], data.rank) : data.rank - 1 - i;
        if (perm[i] < 0 || seen[perm[i]])
            return false;
        seen[perm[i]] = true;
        dims[i] = data.dims[perm[i]];
    }
    if (!array_new(field, &result, data.rank, dims))
        return false;
    for (int64_t at = 0; at < result.count; at++) {
        int64_t rest = at, from = 0;
        for (int i = data.rank - 1; i >= 0; i--) {
            from += rest % dims[i] * stride[perm[i]];
            rest /= dims[i];
        }
        result.values[at] = data.values[from];
    }
    return array_store(field, &result, seam_input(field, 0)->type, out);
}

/* One axis of an array, from `start` by `step`, `count` elements. */
static bool take(struct seam_field *field, const struct array *data, int axis, int64_t start,
                 int64_t step, int64_t count, struct array *result)
{
    int64_t dims[SEAM_MAX_RANK], inner = 1;
    memcpy(dims, data->dims, sizeof(dims));
    dims[axis] = count;
    for (int i = axis + 1; i < data->rank; i++)
        inner *= data->dims[i];
    if (!array_new(field, result, data->rank, dims))
        return false;
    for (int64_t at = 0; at < result->count; at++) {
        int64_t place = start + at / inner % count * step, o = at / inner / count;
        result->values[at] = data->values[(o * data->dims[axis] + place) * inner + at % inner];
    }
    return true;
}

static bool fold_slice(struct seam_field *field, struct seam_fact *out)
{
    struct array data, result;
    struct seam_sym starts[SEAM_MAX_RANK], ends[SEAM_MAX_RANK], steps[SEAM_MAX_RANK];
    int axes[SEAM_MAX_RANK], n, n_ends, n_axes, n_steps;
    bool old = field->graph->opset < 10;
    if (!array_of(seam_input(field, 0), &data) ||
        !seam_list(field, old ? SIZE_MAX : 1, "starts", starts, SEAM_MAX_RANK, &n) ||
        !seam_list(field, old ? SIZE_MAX : 2, "ends", ends, SEAM_MAX_RANK, &n_ends) ||
        !seam_list(field, old ? SIZE_MAX : 4, NULL, steps, SEAM_MAX_RANK, &n_steps) ||
        !seam_axes(field, old ? SIZE_MAX : 3, "axes", data.rank, axes, &n_axes) || n < 0 ||
        n != n_ends || (n_steps >= 0 && n_steps != n) || (n_axes >= 0 ? n_axes != n : n > data.rank))
        return false;
    for (int i = 0; i < n; i++) {
        int axis = n_axes < 0 ? i : axes[i];
        int64_t start, end, step = 1, size = data.dims[axis];
        if (!seam_sym_whole(starts[i], &start) || !seam_sym_whole(ends[i], &end) ||
            (n_steps >= 0 && !seam_sym_whole(steps[i], &step)) || !step)
            return false;
        start += start < 0 ? size : 0;
        end += end < 0 ? size : 0;
        start = step > 0 ? seam_clamp(start, 0, size) : seam_clamp(start, -1, size - 1);
        end = step > 0 ? seam_clamp(end, 0, size) : seam_clamp(end, -1, size - 1);
        int64_t span = step > 0 ? end - start : start - end;
        int64_t stride = step > 0 ? step : -step;
        int64_t count = span <= 0 ? 0 : (span - 1) / stride + 1;
        if (!take(field, &data, axis, start, step, count, &result))
            return false;
        data = result;
    }
    return array_store(field, &data, seam_input(field, 0)->type, out);
}

static bool fold_range(struct seam_field *field, struct seam_fact *out)
{
    int64_t v[3];
    struct array in, result;
    for (size_t i = 0; i < 3; i++)
        if (!array_of(seam_input(field, i), &in) || in.count != 1 ||
            !seam_sym_whole(in.values[0], &v[i]))
            return false;
    if (!v[2] || (v[1] - v[0]) / v[2] > SEAM_MAX_VALUES)
        return false;
    int64_t span = v[2] > 0 ? v[1] - v[0] : v[0] - v[1], step = v[2] > 0 ? v[2] : -v[2];
    int64_t count = span <= 0 ? 0 : (span - 1) / step + 1;
    if (!array_new(field, &result, 1, &count))
        return false;
    for (int64_t i = 0; i < count; i++)
        result.values[i] = seam_sym_stored(v[0] + i * v[2]);
    return array_store(field, &result, seam_input(field, 0)->type, out);
}

static bool fold_fill(struct seam_field *field, struct seam_fact *out)
{
    const struct seam_onnx_attr *attr = seam_onnx_attr(field->node, "value");
    struct seam_sym list[SEAM_MAX_RANK], fill = seam_sym_const(0);
    struct array result;
    int64_t dims[SEAM_MAX_RANK], integer;
    double value;
    int n;
    if (!seam_list(field, 0, NULL, list, SEAM_MAX_RANK, &n) || n < 0)
        return false;
    for (int i = 0; i < n; i++)
        if (!seam_sym_whole(list[i], &dims[i]))
            return false;
    if (attr && (!attr->tensor || !seam_onnx_element(attr->tensor, 0, &value, &integer)))
        return false;
    if (attr)
        fill = is_whole_type(attr->tensor->type) ? seam_sym_stored(integer) : seam_sym_float(value);
    if (!seam_sym_known(fill) || !array_new(field, &result, n, dims))
        return false;
    for (int64_t i = 0; i < result.count; i++)
        result.values[i] = fill;
    return array_store(field, &result, attr ? attr->tensor->type : SEAM_ONNX_FLOAT, out);
}

/* Operators that only change the shape: let the rule find it, and keep the elements. */
static bool fold_reshape(struct seam_field *field, struct seam_fact *out, seam_rule *rule)
{
    const struct seam_fact *input = seam_input(field, 0);
    if (!input || !input->values || !rule(field, out))
        return false;
    out->values = input->values;
    out->n_values = input->n_values;
    out->sized = input->sized;
    return true;
}

static bool fold_expand(struct seam_field *field, struct seam_fact *out)
{
    struct seam_sym list[SEAM_MAX_RANK];
    struct array in[2], result;
    int n;
    if (!array_of(seam_input(field, 0), &in[0]) ||
        !seam_list(field, 1, NULL, list, SEAM_MAX_RANK, &n) || n < 0)
        return false;
    in[1].rank = n;
    for (int i = 0; i < n; i++)
        if (!seam_sym_whole(list[i], &in[1].dims[i]))
            return false;
    if (!broadcast_shape(field, in, 2, &result))
        return false;
    for (int64_t at = 0; at < result.count; at++)
        result.values[at] = in[0].values[broadcast_index(&in[0], &result, at)];
    return array_store(field, &result, seam_input(field, 0)->type, out);
}

/* Product or sum of all elements. */
static bool fold_reduce(struct seam_field *field, struct seam_fact *out)
{
    struct array data, result;
    bool product = !strcmp(field->node->op, "ReduceProd");
    int64_t one = 1;
    if (!array_of(seam_input(field, 0), &data) || data.rank > 1)
        return false;
    int rank = seam_onnx_int(field->node, "keepdims", 1) ? data.rank : 0;
    if (!array_new(field, &result, rank, &one))
        return false;
    result.values[0] = seam_sym_const(product);
    for (int64_t i = 0; i < data.count; i++)
        result.values[0] = product ? seam_sym_mul(result.values[0], data.values[i])
                                   : seam_sym_add(result.values[0], data.values[i]);
    return seam_sym_known(result.values[0]) &&
           array_store(field, &result, seam_input(field, 0)->type, out);
}

bool seam_values_fold(struct seam_field *field, struct seam_fact *out)
{
    static const struct {
        const char *op;
        bool (*fold)(struct seam_field *field, struct seam_fact *out);
        seam_rule *reshape;
    } table[] = {
        { "Gather", fold_gather, NULL },
        { "Concat", fold_concat, NULL },
        { "Transpose", fold_transpose, NULL },
        { "Slice", fold_slice, NULL },
        { "Range", fold_range, NULL },
        { "ConstantOfShape", fold_fill, NULL },
        { "Expand", fold_expand, NULL },
        { "ReduceProd", fold_reduce, NULL },
        { "ReduceSum", fold_reduce, NULL },
        { "Reshape", NULL, seam_rule_reshape },
        { "Squeeze", NULL, seam_rule_squeeze },
        { "Unsqueeze", NULL, seam_rule_unsqueeze },
        { "Flatten", NULL, seam_rule_flatten },
    };
    const char *op = field->node->op;
    if (!strcmp(op, "Shape") || !strcmp(op, "Size"))
        return seam_input(field, 0) && fold_shape(field, out);
    for (size_t i = 0; i < SEAM_ARRAY_LEN(table); i++)
        if (!strcmp(table[i].op, op))
            return table[i].fold ? table[i].fold(field, out)
                                 : fold_reshape(field, out, table[i].reshape);
    return fold_elements(field, out);
}
