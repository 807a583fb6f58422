/* Operators that compute: element by element, by sums over an axis, or by products. */
#include <string.h>

#include "base/common.h"
#include "field/rules.h"

/* Join one more operand; a constant that does not fit is reported, and left out. */
static bool join_more(struct seam_field *field, struct seam_fact *out,
                      const struct seam_fact *input)
{
    struct seam_fact joined;
    if (seam_fact_join(field, &joined, out, input)) {
        *out = joined;
        return true;
    }
    if (field->arena->failed || seam_depends(out) == seam_depends(input))
        return false;
    if (seam_depends(input))
        *out = *input;
    return seam_field_report(field, field->why);
}

/* Element by element, with broadcasting: activations, arithmetic, comparisons. */
bool seam_rule_join(struct seam_field *field, struct seam_fact *out)
{
    bool any = false;
    for (size_t i = 0; i < field->node->n_inputs; i++) {
        const struct seam_fact *input = seam_input(field, i);
        if (!input)
            continue;
        if (any && !join_more(field, out, input))
            return false;
        if (!any)
            *out = *input;
        any = true;
    }
    out->values = NULL;
    out->tensor = NULL;
    return any || seam_field_fail(field, "its input is missing");
}

/* Inputs from the second on are the same for every picture of every size. */
static bool weights_fixed(struct seam_field *field)
{
    for (size_t i = 1; i < field->node->n_inputs; i++) {
        const struct seam_fact *input = seam_input(field, i);
        if (input && (seam_depends(input) || input->sized))
            return seam_field_fail(field, "its weights are computed from the picture");
    }
    return true;
}

/* Scale, bias, mean and variance per channel: axis 1. */
bool seam_rule_batch_norm(struct seam_field *field, struct seam_fact *out)
{
    *out = *seam_input(field, 0);
    if (!seam_onnx_int(field->node, "spatial", 1))
        return seam_field_fail(field, "it has a mean for each position");
    if (seam_onnx_int(field->node, "training_mode", 0))
        return seam_field_report(field, "it normalises by the mean of the whole picture");
    for (size_t i = 1; i < field->node->n_outputs; i++)
        out[i].state = SEAM_FACT_LOST;
    return weights_fixed(field);
}

/* Each element becomes a sum over `axis`; a sum over the picture is reported, and left out. */
static bool sum_axis(struct seam_field *field, struct seam_fact *fact, int axis,
                     struct seam_sym size, const char *why)
{
    if (seam_fact_line(fact, axis) < 0)
        return seam_fact_resize(field, fact, axis, size);
    if (!seam_field_report(field, why))
        return false;
    return seam_fact_flatten(field, fact, axis, size);
}

/* As sum_axis, but the axis keeps its elements. */
static bool mix_axis(struct seam_field *field, struct seam_fact *fact, int axis, const char *why)
{
    if (seam_fact_line(fact, axis) >= 0)
        return seam_field_report(field, why);
    return seam_fact_mix(field, fact, axis);
}

bool seam_rule_reduce(struct seam_field *field, struct seam_fact *out)
{
    const struct seam_fact *input = seam_input(field, 0);
    const struct seam_onnx_node *node = field->node;
    int axes[SEAM_MAX_RANK], n_axes, kept = 0;
    bool drop[SEAM_MAX_RANK] = { false };
    bool arg = !strncmp(node->op, "Arg", 3), keep = seam_onnx_int(node, "keepdims", 1) != 0;
    struct seam_sym dims[SEAM_MAX_RANK];
    *out = *input;
    out->values = NULL;
    if (arg) {
        axes[0] = seam_axis(seam_onnx_int(node, "axis", 0), input->rank);
        n_axes = axes[0] < 0 ? 0 : 1;
    } else if (!seam_axes(field, 1, "axes", input->rank, axes, &n_axes)) {
        return false;
    }
    if (n_axes <= 0 && !arg) {
        if (seam_onnx_int(node, "noop_with_empty_axes", 0))
            return true;
        for (n_axes = 0; n_axes < input->rank; n_axes++)
            axes[n_axes] = n_axes;
    }
    for (int i = 0; i < n_axes; i++) {
        drop[axes[i]] = true;
        if (!sum_axis(field, out, axes[i], seam_sym_const(1),
                      "it takes a sum, mean or maximum over the whole picture"))
            return false;
    }
    if (keep)
        return true;
    for (int i = 0; i < input->rank; i++)
        if (!drop[i])
            dims[kept++] = out->dims[i];
    return seam_fact_reshape(field, out, kept, dims);
}

bool seam_rule_global(struct seam_field *field, struct seam_fact *out)
{
    *out = *seam_input(field, 0);
    for (int i = 2; i < out->rank; i++)
        if (!sum_axis(field, out, i, seam_sym_const(1), "it pools over the whole picture"))
            return false;
    return true;
}

/* InstanceNormalization, GroupNormalization and the like: over all axes behind the channels. */
bool seam_rule_norm(struct seam_field *field, struct seam_fact *out)
{
    *out = *seam_input(field, 0);
    for (int i = 2; i < out->rank; i++)
        if (!mix_axis(field, out, i, "it normalises by the mean of the whole picture"))
            return false;
    return weights_fixed(field) && (out->rank < 2 || seam_fact_mix(field, out, 1));
}

bool seam_rule_layer_norm(struct seam_field *field, struct seam_fact *out)
{
    *out = *seam_input(field, 0);
    int axis = seam_axis(seam_onnx_int(field->node, "axis", -1), out->rank);
    for (size_t i = 1; i < field->node->n_outputs; i++)
        out[i].state = SEAM_FACT_LOST;
    if (axis < 0)
        return seam_field_fail(field, "its axis does not fit its input");
    for (int i = axis; i < out->rank; i++)
        if (!mix_axis(field, out, i, "it normalises by the mean of the whole picture"))
            return false;
    return weights_fixed(field);
}

bool seam_rule_softmax(struct seam_field *field, struct seam_fact *out)
{
    *out = *seam_input(field, 0);
    bool old = field->graph->opset < 13 && strcmp(field->node->op, "LpNormalization");
    int axis = seam_axis(seam_onnx_int(field->node, "axis", old ? 1 : -1), out->rank);
    if (axis < 0)
        return seam_field_fail(field, "its axis does not fit its input");
    /* Before operator set 13 all axes behind were one. */
    for (int i = axis; i < (old ? out->rank : axis + 1); i++)
        if (!mix_axis(field, out, i, "it weighs the whole picture together"))
            return false;
    return true;
}

bool seam_rule_cumsum(struct seam_field *field, struct seam_fact *out)
{
    struct seam_sym list[1];
    int64_t value;
    int n;
    *out = *seam_input(field, 0);
    if (!seam_list(field, 1, NULL, list, 1, &n) || n != 1 || !seam_sym_whole(list[0], &value) ||
        seam_axis(value, out->rank) < 0)
        return seam_field_fail(field, "its axis cannot be followed");
    return mix_axis(field, out, seam_axis(value, out->rank), "it sums up the whole picture");
}

/* ------------------------------------------------------------------------------------------------
 * Products
 * --------------------------------------------------------------------------------------------- */

#define ATTENTION "every part of the picture meets every other (attention)"
#define SPACE_SUM "it multiplies and sums over the whole picture"

/* Join two operands; where the picture meets itself, report and follow the first one only. */
static bool product_join(struct seam_field *field, struct seam_fact *out, struct seam_fact *a,
                         struct seam_fact *b)
{
    if (!strcmp(field->node->op, "MatMul") || !strcmp(field->node->op, "Einsum") ||
        !strcmp(field->node->op, "Gemm")) {
        /* Lines on different axes of a and b: each row meets each row. */
        for (int i = 0; i < b->rank && i < a->rank; i++) {
            int k = a->rank - b->rank + i, line = seam_fact_line(b, i);
            if (line < 0 || k < 0 || seam_fact_line(a, k) >= 0 || !a->relation[line])
                continue;
            if (!seam_field_report(field, ATTENTION) || !seam_fact_flatten(field, b, i, b->dims[i]))
                return false;
        }
    }
    return seam_fact_join(field, out, a, b);
}

/* Put axes of size 1 in so that the fact has `rank` axes: keep[i] tells where its own go. */
static bool spread(struct seam_field *field, struct seam_fact *fact, int rank, const int *keep)
{
    struct seam_sym dims[SEAM_MAX_RANK];
    for (int i = 0; i < rank; i++)
        dims[i] = keep[i] < 0 ? seam_sym_const(1) : fact->dims[keep[i]];
    return seam_fact_reshape(field, fact, rank, dims);
}

/* One-dimensional operands of a MatMul have a 1 put beside them for the time being. */
bool seam_rule_matmul(struct seam_field *field, struct seam_fact *out)
{
    struct seam_fact a = *seam_input(field, 0), b;
    const struct seam_fact *second = seam_input(field, 1);
    if (!second || a.rank < 2 || second->rank < 2 || a.rank > SEAM_MAX_RANK - 1 ||
        second->rank > SEAM_MAX_RANK - 1)
        return seam_field_fail(field, "it multiplies by a vector");
    b = *second;
    /* [.., M, K] x [.., K, N]: sum K away on both sides, then meet as [.., M, 1] and [.., 1, N]. */
    if (!sum_axis(field, &a, a.rank - 1, seam_sym_const(1), SPACE_SUM) ||
        !sum_axis(field, &b, b.rank - 2, seam_sym_const(1), SPACE_SUM))
        return false;
    return product_join(field, out, &a, &b);
}

bool seam_rule_gemm(struct seam_field *field, struct seam_fact *out)
{
    static const int swap[2] = { 1, 0 };
    struct seam_fact a = *seam_input(field, 0), b;
    const struct seam_fact *second = seam_input(field, 1), *bias = seam_input(field, 2);
    if (!second || a.rank != 2 || second->rank != 2)
        return seam_field_fail(field, "its inputs do not fit together");
    b = *second;
    if (seam_onnx_int(field->node, "transA", 0) && !seam_fact_transpose(field, &a, swap))
        return false;
    if (seam_onnx_int(field->node, "transB", 0) && !seam_fact_transpose(field, &b, swap))
        return false;
    if (!sum_axis(field, &a, 1, seam_sym_const(1), SPACE_SUM) ||
        !sum_axis(field, &b, 0, seam_sym_const(1), SPACE_SUM) || !product_join(field, out, &a, &b))
        return false;
    return !bias || seam_fact_join(field, out, out, bias);
}

/* One operand of an Einsum: its axes in the order of the result's letters, the rest summed. */
static bool einsum_operand(struct seam_field *field, struct seam_fact *fact, const char *letters,
                           int n, const char *result, int n_result)
{
    int order[SEAM_MAX_RANK], keep[SEAM_MAX_RANK], kept = 0, at = 0;
    bool used[SEAM_MAX_RANK] = { false };
    struct seam_sym dims[SEAM_MAX_RANK];
    if (n != fact->rank)
        return seam_field_fail(field, "its equation does not fit its inputs");
    for (int i = 0; i < n_result; i++) {
        const char *found = memchr(letters, result[i], (size_t)n);
        keep[i] = -1;
        if (!found)
            continue;
        order[kept] = (int)(found - letters);
        used[order[kept]] = true;
        keep[i] = kept++;
    }
    for (int i = 0; i < n; i++)
        if (!used[i] && !sum_axis(field, fact, i, seam_sym_const(1), SPACE_SUM))
            return false;
    for (int i = 0; i < n; i++)
        if (!used[i])
            order[kept + at++] = i;
    if (!seam_fact_transpose(field, fact, order))
        return false;
    memcpy(dims, fact->dims, sizeof(dims));
    return seam_fact_reshape(field, fact, kept, dims) && spread(field, fact, n_result, keep);
}

/* Letters only, each once: no dots, no diagonals. */
static int einsum_letters(const char *text, size_t size, char *letters)
{
    int n = 0;
    for (size_t i = 0; i < size; i++) {
        if (text[i] == ' ')
            continue;
        bool letter = (text[i] >= 'a' && text[i] <= 'z') || (text[i] >= 'A' && text[i] <= 'Z');
        if (!letter || n == SEAM_MAX_RANK || memchr(letters, text[i], (size_t)n))
            return -1;
        letters[n++] = text[i];
    }
    return n;
}

bool seam_rule_einsum(struct seam_field *field, struct seam_fact *out)
{
    const char *equation = seam_onnx_string(field->node, "equation", "");
    const char *arrow = strstr(equation, "->"), *at = equation;
    char letters[SEAM_MAX_RANK], result[SEAM_MAX_RANK];
    if (!arrow)
        return seam_field_fail(field, "its equation cannot be followed");
    int n_result = einsum_letters(arrow + 2, strlen(arrow + 2), result);
    for (size_t i = 0; i < field->node->n_inputs; i++) {
        if (at > arrow || n_result < 0 || !seam_input(field, i))
            return seam_field_fail(field, "its equation cannot be followed");
        const char *comma = memchr(at, ',', (size_t)(arrow - at));
        const char *end = comma ? comma : arrow;
        int n = einsum_letters(at, (size_t)(end - at), letters);
        struct seam_fact operand = *seam_input(field, i);
        if (n < 0 || !einsum_operand(field, &operand, letters, n, result, n_result))
            return n < 0 ? seam_field_fail(field, "its equation cannot be followed") : false;
        if (i == 0)
            *out = operand;
        else if (!product_join(field, out, out, &operand))
            return false;
        at = end + 1;
    }
    return true;
}
