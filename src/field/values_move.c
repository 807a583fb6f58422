/* Folding of operators that move elements, or ask for a shape. */
#include <string.h>

#include "base/common.h"
#include "field/values.h"

static bool fold_shape(struct seam_field *field, struct seam_fact *out)
{
    const struct seam_fact *input = seam_input(field, 0);
    struct seam_array result;
    int64_t start = seam_onnx_int(field->node, "start", 0);
    int64_t end = seam_onnx_int(field->node, "end", INT32_MAX);
    start = seam_clamp(start < 0 ? start + input->rank : start, 0, input->rank);
    end = seam_clamp(end < 0 ? end + input->rank : end, start, input->rank);
    int64_t count = end - start;
    bool size = !strcmp(field->node->op, "Size");
    if (!seam_array_new(field, &result, size ? 0 : 1, &count))
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
           seam_array_store(field, &result, SEAM_ONNX_INT64, out);
}

/* Gather along one axis. */
static bool fold_gather(struct seam_field *field, struct seam_fact *out)
{
    struct seam_array data, index, result;
    int64_t dims[2 * SEAM_MAX_RANK], outer = 1, inner = 1;
    if (!seam_array_of(seam_input(field, 0), &data) || !seam_array_of(seam_input(field, 1), &index))
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
    if (!seam_array_new(field, &result, n, dims))
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
    return seam_array_store(field, &result, seam_input(field, 0)->type, out);
}

static bool fold_concat(struct seam_field *field, struct seam_fact *out)
{
    struct seam_array part, result;
    int64_t dims[SEAM_MAX_RANK], outer = 1, inner = 1, sum = 0, at = 0;
    const struct seam_onnx_node *node = field->node;
    if (!node->n_inputs || !seam_array_of(seam_input(field, 0), &part))
        return false;
    int axis = seam_axis(seam_onnx_int(node, "axis", 1), part.rank), rank = part.rank;
    if (axis < 0)
        return false;
    memcpy(dims, part.dims, sizeof(dims));
    for (size_t i = 0; i < node->n_inputs; i++) {
        if (!seam_array_of(seam_input(field, i), &part) || part.rank != rank)
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
    if (!seam_array_new(field, &result, rank, dims))
        return false;
    if (!seam_field_work(field, outer * (int64_t)node->n_inputs))
        return false;
    for (int64_t o = 0; o < outer; o++)
        for (size_t i = 0; i < node->n_inputs; i++) {
            seam_array_of(seam_input(field, i), &part);
            int64_t run = part.dims[axis] * inner;
            for (int64_t k = 0; k < run; k++)
                result.values[at++] = part.values[o * run + k];
        }
    return seam_array_store(field, &result, seam_input(field, 0)->type, out);
}

static bool fold_transpose(struct seam_field *field, struct seam_fact *out)
{
    struct seam_array data, result;
    const struct seam_onnx_attr *attr = seam_onnx_attr(field->node, "perm");
    int64_t dims[SEAM_MAX_RANK], stride[SEAM_MAX_RANK], step = 1;
    int perm[SEAM_MAX_RANK];
    bool seen[SEAM_MAX_RANK] = { false };
    if (!seam_array_of(seam_input(field, 0), &data) || (attr && attr->n != (size_t)data.rank) ||
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
    if (!seam_array_new(field, &result, data.rank, dims))
        return false;
    for (int64_t at = 0; at < result.count; at++) {
        int64_t rest = at, from = 0;
        for (int i = data.rank - 1; i >= 0; i--) {
            from += rest % dims[i] * stride[perm[i]];
            rest /= dims[i];
        }
        result.values[at] = data.values[from];
    }
    return seam_array_store(field, &result, seam_input(field, 0)->type, out);
}

/* One axis of an array, from `start` by `step`, `count` elements. */
static bool take(struct seam_field *field, const struct seam_array *data, int axis, int64_t start,
                 int64_t step, int64_t count, struct seam_array *result)
{
    int64_t dims[SEAM_MAX_RANK], inner = 1;
    memcpy(dims, data->dims, sizeof(dims));
    dims[axis] = count;
    for (int i = axis + 1; i < data->rank; i++)
        inner *= data->dims[i];
    if (!seam_array_new(field, result, data->rank, dims))
        return false;
    for (int64_t at = 0; at < result->count; at++) {
        int64_t place = start + at / inner % count * step, o = at / inner / count;
        result->values[at] = data->values[(o * data->dims[axis] + place) * inner + at % inner];
    }
    return true;
}

static bool fold_slice(struct seam_field *field, struct seam_fact *out)
{
    struct seam_array data, result;
    struct seam_sym starts[SEAM_MAX_RANK], ends[SEAM_MAX_RANK], steps[SEAM_MAX_RANK];
    int axes[SEAM_MAX_RANK], n, n_ends, n_axes, n_steps;
    bool old = field->graph->opset < 10;
    if (!seam_array_of(seam_input(field, 0), &data) ||
        !seam_list(field, old ? SIZE_MAX : 1, "starts", starts, SEAM_MAX_RANK, &n) ||
        !seam_list(field, old ? SIZE_MAX : 2, "ends", ends, SEAM_MAX_RANK, &n_ends) ||
        !seam_list(field, old ? SIZE_MAX : 4, NULL, steps, SEAM_MAX_RANK, &n_steps) ||
        !seam_axes(field, old ? SIZE_MAX : 3, "axes", data.rank, axes, &n_axes) || n < 0 ||
        n != n_ends || (n_steps >= 0 && n_steps != n) ||
        (n_axes >= 0 ? n_axes != n : n > data.rank))
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
    return seam_array_store(field, &data, seam_input(field, 0)->type, out);
}

static bool fold_range(struct seam_field *field, struct seam_fact *out)
{
    int64_t v[3];
    struct seam_array in, result;
    for (size_t i = 0; i < 3; i++)
        if (!seam_array_of(seam_input(field, i), &in) || in.count != 1 ||
            !seam_sym_whole(in.values[0], &v[i]))
            return false;
    if (!v[2] || (v[1] - v[0]) / v[2] > SEAM_MAX_VALUES)
        return false;
    int64_t span = v[2] > 0 ? v[1] - v[0] : v[0] - v[1], step = v[2] > 0 ? v[2] : -v[2];
    int64_t count = span <= 0 ? 0 : (span - 1) / step + 1;
    if (!seam_array_new(field, &result, 1, &count))
        return false;
    for (int64_t i = 0; i < count; i++)
        result.values[i] = seam_sym_stored(v[0] + i * v[2]);
    return seam_array_store(field, &result, seam_input(field, 0)->type, out);
}

static bool fold_fill(struct seam_field *field, struct seam_fact *out)
{
    const struct seam_onnx_attr *attr = seam_onnx_attr(field->node, "value");
    struct seam_sym list[SEAM_MAX_RANK], fill = seam_sym_const(0);
    struct seam_array result;
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
        fill = seam_is_whole_type(attr->tensor->type) ? seam_sym_stored(integer)
                                                      : seam_sym_float(value);
    if (!seam_sym_known(fill) || !seam_array_new(field, &result, n, dims))
        return false;
    for (int64_t i = 0; i < result.count; i++)
        result.values[i] = fill;
    return seam_array_store(field, &result, attr ? attr->tensor->type : SEAM_ONNX_FLOAT, out);
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
    struct seam_array in[2], result;
    int n;
    if (!seam_array_of(seam_input(field, 0), &in[0]) ||
        !seam_list(field, 1, NULL, list, SEAM_MAX_RANK, &n) || n < 0)
        return false;
    in[1].rank = n;
    for (int i = 0; i < n; i++)
        if (!seam_sym_whole(list[i], &in[1].dims[i]))
            return false;
    if (!seam_array_broadcast(field, in, 2, &result))
        return false;
    for (int64_t at = 0; at < result.count; at++)
        result.values[at] = in[0].values[seam_array_index(&in[0], &result, at)];
    return seam_array_store(field, &result, seam_input(field, 0)->type, out);
}

/* Product or sum of all elements. */
static bool fold_reduce(struct seam_field *field, struct seam_fact *out)
{
    struct seam_array data, result;
    bool product = !strcmp(field->node->op, "ReduceProd");
    int64_t one = 1;
    if (!seam_array_of(seam_input(field, 0), &data) || data.rank > 1)
        return false;
    int rank = seam_onnx_int(field->node, "keepdims", 1) ? data.rank : 0;
    if (!seam_array_new(field, &result, rank, &one))
        return false;
    result.values[0] = seam_sym_const(product);
    for (int64_t i = 0; i < data.count; i++)
        result.values[0] = product ? seam_sym_mul(result.values[0], data.values[i])
                                   : seam_sym_add(result.values[0], data.values[i]);
    return seam_sym_known(result.values[0]) &&
           seam_array_store(field, &result, seam_input(field, 0)->type, out);
}

bool seam_values_move(struct seam_field *field, struct seam_fact *out)
{
    static const struct {
        const char *op;
        bool (*fold)(struct seam_field *field, struct seam_fact *out);
        seam_rule *reshape;
    } table[] = {
        { "Gather", fold_gather, NULL },        { "Concat", fold_concat, NULL },
        { "Transpose", fold_transpose, NULL },  { "Slice", fold_slice, NULL },
        { "Range", fold_range, NULL },          { "ConstantOfShape", fold_fill, NULL },
        { "Expand", fold_expand, NULL },        { "ReduceProd", fold_reduce, NULL },
        { "ReduceSum", fold_reduce, NULL },     { "Reshape", NULL, seam_rule_reshape },
        { "Squeeze", NULL, seam_rule_squeeze }, { "Unsqueeze", NULL, seam_rule_unsqueeze },
        { "Flatten", NULL, seam_rule_flatten },
    };
    const char *op = field->node->op;
    if (!strcmp(op, "Shape") || !strcmp(op, "Size"))
        return seam_input(field, 0) && fold_shape(field, out);
    for (size_t i = 0; i < SEAM_ARRAY_LEN(table); i++)
        if (!strcmp(table[i].op, op))
            return table[i].fold ? table[i].fold(field, out)
                                 : fold_reshape(field, out, table[i].reshape);
    return false;
}
