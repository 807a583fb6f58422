/* Operators that move samples without changing them. */
#include <string.h>

#include "base/common.h"
#include "field/rules.h"

bool seam_rule_copy(struct seam_field *field, struct seam_fact *out)
{
    const struct seam_fact *training = seam_input(field, 2);
    *out = *seam_input(field, 0);
    out->values = NULL;
    if (training && !(training->n_values == 1 && seam_sym_is(training->values[0], 0)))
        return seam_field_fail(field, "it drops elements at random");
    if (!strcmp(field->node->op, "Cast"))
        out->type = (int32_t)seam_clamp(seam_onnx_int(field->node, "to", 0), 0, 1000);
    /* The mask of Dropout is all ones when a network is used. */
    for (size_t i = 1; i < field->node->n_outputs; i++)
        out[i] = *out;
    return true;
}

bool seam_rule_transpose(struct seam_field *field, struct seam_fact *out)
{
    const struct seam_fact *input = seam_input(field, 0);
    const struct seam_onnx_attr *attr = seam_onnx_attr(field->node, "perm");
    int perm[SEAM_MAX_RANK];
    bool seen[SEAM_MAX_RANK] = { false };
    if (attr && (attr->type != SEAM_ATTR_INTS || attr->n != (size_t)input->rank))
        return seam_field_fail(field, "its order of axes does not fit its input");
    for (int i = 0; i < input->rank; i++) {
        perm[i] = attr ? seam_axis(attr->ints[i], input->rank) : input->rank - 1 - i;
        if (perm[i] < 0 || seen[perm[i]])
            return seam_field_fail(field, "its order of axes does not fit its input");
        seen[perm[i]] = true;
    }
    *out = *input;
    return seam_fact_transpose(field, out, perm);
}

bool seam_rule_reshape(struct seam_field *field, struct seam_fact *out)
{
    const struct seam_fact *input = seam_input(field, 0);
    struct seam_sym dims[SEAM_MAX_RANK], total = seam_sym_const(1), rest = seam_sym_const(1);
    int n, open = -1;
    if (!seam_list(field, 1, "shape", dims, SEAM_MAX_RANK, &n) || n < 0)
        return seam_field_fail(field, "its shape cannot be followed");
    bool zero = seam_onnx_int(field->node, "allowzero", 0) != 0;
    for (int i = 0; i < input->rank; i++)
        total = seam_sym_mul(total, input->dims[i]);
    for (int i = 0; i < n; i++) {
        if (seam_sym_is(dims[i], 0) && !zero) {
            if (i >= input->rank)
                return seam_field_fail(field, "its shape does not fit its input");
            dims[i] = input->dims[i];
        }
        if (seam_sym_is(dims[i], -1)) {
            if (open >= 0)
                return seam_field_fail(field, "its shape does not fit its input");
            open = i;
        } else {
            rest = seam_sym_mul(rest, dims[i]);
        }
    }
    if (open >= 0)
        dims[open] = seam_sym_floor(seam_sym_div(total, rest), &field->align);
    *out = *input;
    out->values = NULL;
    return seam_fact_reshape(field, out, n, dims);
}

bool seam_rule_flatten(struct seam_field *field, struct seam_fact *out)
{
    const struct seam_fact *input = seam_input(field, 0);
    int64_t axis = seam_onnx_int(field->node, "axis", 1);
    struct seam_sym dims[2] = { seam_sym_const(1), seam_sym_const(1) };
    if (axis < 0)
        axis += input->rank;
    if (axis < 0 || axis > input->rank)
        return seam_field_fail(field, "its axis does not fit its input");
    for (int i = 0; i < input->rank; i++)
        dims[i >= axis] = seam_sym_mul(dims[i >= axis], input->dims[i]);
    *out = *input;
    return seam_fact_reshape(field, out, 2, dims);
}

bool seam_rule_squeeze(struct seam_field *field, struct seam_fact *out)
{
    const struct seam_fact *input = seam_input(field, 0);
    struct seam_sym dims[SEAM_MAX_RANK];
    int axes[SEAM_MAX_RANK], n_axes, n = 0;
    if (!seam_axes(field, 1, "axes", input->rank, axes, &n_axes))
        return false;
    for (int i = 0; i < input->rank; i++) {
        bool drop = n_axes < 0 && seam_sym_is(input->dims[i], 1);
        for (int k = 0; k < n_axes; k++)
            drop |= axes[k] == i;
        if (!drop)
            dims[n++] = input->dims[i];
    }
    *out = *input;
    return seam_fact_reshape(field, out, n, dims);
}

bool seam_rule_unsqueeze(struct seam_field *field, struct seam_fact *out)
{
    const struct seam_fact *input = seam_input(field, 0);
    struct seam_sym dims[SEAM_MAX_RANK], list[SEAM_MAX_RANK];
    int n_axes;
    if (!seam_list(field, 1, "axes", list, SEAM_MAX_RANK, &n_axes) || n_axes < 0 ||
        input->rank + n_axes > SEAM_MAX_RANK)
        return seam_field_fail(field, "its axes do not fit its input");
    int rank = input->rank + n_axes;
    bool added[SEAM_MAX_RANK] = { false };
    for (int k = 0; k < n_axes; k++) {
        int64_t value;
        int axis = seam_sym_whole(list[k], &value) ? seam_axis(value, rank) : -1;
        if (axis < 0 || added[axis])
            return seam_field_fail(field, "its axes do not fit its input");
        added[axis] = true;
    }
    for (int i = 0, from = 0; i < rank; i++)
        dims[i] = added[i] ? seam_sym_const(1) : input->dims[from++];
    *out = *input;
    return seam_fact_reshape(field, out, rank, dims);
}

/* Reshape to `inner`, move the axes, reshape to `outer`: how pixel shuffles are defined. */
static bool shuffle(struct seam_field *field, struct seam_fact *fact, int rank,
                    const struct seam_sym *inner, const int *perm, const struct seam_sym *outer)
{
    return seam_fact_reshape(field, fact, rank, inner) && seam_fact_transpose(field, fact, perm) &&
           seam_fact_reshape(field, fact, 4, outer);
}

static bool block_of(struct seam_field *field, const struct seam_fact *input, int64_t *block)
{
    *block = seam_onnx_int(field->node, "blocksize", 0);
    if (input->rank != 4 || *block < 1 || *block > 256)
        return seam_field_fail(field, "its block has an impossible size");
    return true;
}

bool seam_rule_depth_to_space(struct seam_field *field, struct seam_fact *out)
{
    static const int dcr[6] = { 0, 3, 4, 1, 5, 2 }, crd[6] = { 0, 1, 4, 2, 5, 3 };
    const struct seam_fact *input = seam_input(field, 0);
    int64_t block;
    if (!block_of(field, input, &block))
        return false;
    const struct seam_sym *d = input->dims;
    struct seam_sym b = seam_sym_const(block);
    struct seam_sym c = seam_sym_div(d[1], seam_sym_const(block * block));
    bool by_channel = !strcmp(seam_onnx_string(field->node, "mode", "DCR"), "CRD");
    const struct seam_sym inner_dcr[6] = { d[0], b, b, c, d[2], d[3] };
    const struct seam_sym inner_crd[6] = { d[0], c, b, b, d[2], d[3] };
    const struct seam_sym outer[4] = { d[0], c, seam_sym_mul(d[2], b), seam_sym_mul(d[3], b) };
    *out = *input;
    return shuffle(field, out, 6, by_channel ? inner_crd : inner_dcr, by_channel ? crd : dcr,
                   outer);
}

bool seam_rule_space_to_depth(struct seam_field *field, struct seam_fact *out)
{
    static const int perm[6] = { 0, 3, 5, 1, 2, 4 };
    const struct seam_fact *input = seam_input(field, 0);
    int64_t block;
    if (!block_of(field, input, &block))
        return false;
    const struct seam_sym *d = input->dims;
    struct seam_sym b = seam_sym_const(block);
    struct seam_sym h = seam_sym_floor(seam_sym_div(d[2], b), &field->align);
    struct seam_sym w = seam_sym_floor(seam_sym_div(d[3], b), &field->align);
    const struct seam_sym inner[6] = { d[0], d[1], h, b, w, b };
    const struct seam_sym outer[4] = { d[0], seam_sym_mul(d[1], seam_sym_const(block * block)), h,
                                       w };
    *out = *input;
    return shuffle(field, out, 6, inner, perm, outer);
}

bool seam_rule_expand(struct seam_field *field, struct seam_fact *out)
{
    struct seam_sym dims[SEAM_MAX_RANK];
    struct seam_fact shape;
    int n;
    if (!seam_list(field, 1, NULL, dims, SEAM_MAX_RANK, &n) || n < 0)
        return seam_field_fail(field, "its shape cannot be followed");
    if (!seam_fact_plain(field, &shape, n, dims))
        return false;
    shape.uniform = true;
    return seam_fact_join(field, out, seam_input(field, 0), &shape);
}

bool seam_rule_constant_of_shape(struct seam_field *field, struct seam_fact *out)
{
    struct seam_sym dims[SEAM_MAX_RANK];
    const struct seam_onnx_attr *value = seam_onnx_attr(field->node, "value");
    int n;
    if (!seam_list(field, 0, NULL, dims, SEAM_MAX_RANK, &n) || n < 0)
        return seam_field_fail(field, "its shape cannot be followed");
    if (!seam_fact_plain(field, out, n, dims))
        return false;
    out->uniform = true;
    out->type = value && value->tensor ? value->tensor->type : SEAM_ONNX_FLOAT;
    return true;
}

bool seam_rule_constant(struct seam_field *field, struct seam_fact *out)
{
    static const char *const scalars[] = { "value_float", "value_int" };
    const struct seam_onnx_node *node = field->node;
    const struct seam_onnx_attr *attr = seam_onnx_attr(node, "value");
    if (attr && attr->tensor)
        return seam_values_tensor(field, attr->tensor, out);
    struct seam_sym n = seam_sym_const(1);
    int rank = 0;
    if (node->n_attrs != 1)
        return seam_field_fail(field, "its value cannot be followed");
    attr = &node->attrs[0];
    if (attr->type == SEAM_ATTR_INTS || attr->type == SEAM_ATTR_FLOATS) {
        rank = 1;
        n = seam_sym_const((int64_t)attr->n);
    } else if (strcmp(attr->name, scalars[0]) && strcmp(attr->name, scalars[1])) {
        return seam_field_fail(field, "its value cannot be followed");
    }
    if (!seam_fact_plain(field, out, rank, &n))
        return false;
    size_t count = rank ? attr->n : 1;
    bool whole = attr->type == SEAM_ATTR_INT || attr->type == SEAM_ATTR_INTS;
    out->type = whole ? SEAM_ONNX_INT64 : SEAM_ONNX_FLOAT;
    out->uniform = count == 1;
    if (count > (whole ? SEAM_MAX_VALUES : 16))
        return true;
    struct seam_sym *values = seam_arena_alloc(field->arena, count, sizeof(*values));
    if (!values)
        return seam_field_fail(field, "there is no memory to analyse it");
    for (size_t i = 0; i < count; i++)
        values[i] = whole ? seam_sym_stored(rank ? attr->ints[i] : attr->i)
                          : seam_sym_float((double)(rank ? attr->floats[i] : attr->f));
    out->values = values;
    out->n_values = (int64_t)count;
    return true;
}

/* Only the shape of the input counts, and that is folded before; this is for an input without. */
bool seam_rule_shape(struct seam_field *field, struct seam_fact *out)
{
    (void)out;
    return seam_field_fail(field, "a size it asks for cannot be followed");
}

bool seam_rule_tile(struct seam_field *field, struct seam_fact *out)
{
    const struct seam_fact *input = seam_input(field, 0);
    struct seam_sym list[SEAM_MAX_RANK];
    int n;
    *out = *input;
    if (!seam_list(field, 1, NULL, list, SEAM_MAX_RANK, &n) || n != input->rank)
        return seam_field_fail(field, "its repeats cannot be followed");
    for (int i = 0; i < n; i++) {
        if (seam_sym_is(list[i], 1))
            continue;
        if (seam_fact_line(input, i) >= 0)
            return seam_field_fail(field, "it repeats the picture");
        if (!seam_sym_known(list[i]) ||
            !seam_fact_resize(field, out, i, seam_sym_mul(out->dims[i], list[i])))
            return false;
    }
    return true;
}
