/* Attention within windows: softmax(factor * q k + bias + mask) v, as two products of pictures with
 * a Softmax between them. It is lowered as one, ATTEND, as its inner products are no picture. */
#include <string.h>

#include "base/common.h"
#include "net/pattern.h"

/* What a Softmax is done to, taken apart. */
struct scores {
    const struct seam_onnx_node *product; /* q times k */
    bool turned;                          /* k is [channels, pixels] */
    double factor;
    int32_t bias, mask; /* added: a constant; a value that follows the picture. -1: none */
};

/* Whether both lines run along axes before the last two. */
static bool lines_outside(const struct matcher *m, int32_t value)
{
    const struct seam_fact *fact = &m->l->field.facts[value];
    bool found[2] = { false, false };
    if (fact->state != SEAM_FACT_KNOWN || fact->rank < 3)
        return false;
    for (int i = 0; i < fact->n_atoms; i++)
        if (fact->atoms[i].line >= 0 && fact->atoms[i].axis < fact->rank - 2)
            found[fact->atoms[i].line] = true;
    return found[0] && found[1];
}

/* "bhic,bhjc->bhij" without its blanks: whether the last two letters of the three are these, by
 * number, and all before are the same. */
static bool is_equation(const char *text, const char *last)
{
    char packed[3 * SEAM_MAX_RANK + 4];
    size_t n = 0;
    for (; *text; text++)
        if (*text != ' ' && n < sizeof(packed) - 1)
            packed[n++] = *text;
    packed[n] = 0;
    const size_t rank = strcspn(packed, ",");
    if (rank < 3 || n != 3 * rank + 3 || memcmp(packed + 2 * rank + 1, "->", 2) != 0)
        return false;
    const char *const parts[] = { packed, packed + rank + 1, packed + 2 * rank + 3 };
    const char letters[3] = { parts[0][rank - 2], parts[0][rank - 1], parts[2][rank - 1] };
    if (letters[0] == letters[1] || letters[1] == letters[2] || letters[0] == letters[2] ||
        memchr(packed, '.', n))
        return false;
    for (size_t k = 0; k < 3; k++)
        if (memchr(packed, letters[k], rank - 2))
            return false;
    for (size_t k = 0; k < 3; k++)
        if (memcmp(parts[k], packed, rank - 2) != 0 ||
            parts[k][rank - 2] != letters[last[2 * k] - '0'] ||
            parts[k][rank - 1] != letters[last[2 * k + 1] - '0'])
            return false;
    return true;
}

/* A product as MatMul makes it, or, *turned false, with a second operand whose last two axes are
 * the other way round; written so or as Einsum. NULL where it is none. */
static const struct seam_onnx_node *product_of(const struct matcher *m, int32_t value,
                                               bool *turned)
{
    const struct seam_onnx_node *node = seam_pattern_made_by(m, value, "MatMul");
    *turned = true;
    if (node || !(node = seam_pattern_made_by(m, value, "Einsum")) || node->n_inputs != 2)
        return node;
    const char *const equation = seam_onnx_string(node, "equation", "");
    if (is_equation(equation, "011202"))
        return node;
    *turned = false;
    return is_equation(equation, "012102") ? node : NULL;
}

/* Follow the scores back; each of bias, mask and factors may be there once in a sum, factors before
 * any. */
static bool take_scores(const struct matcher *m, struct scores *s, int32_t value, int depth)
{
    const struct seam_onnx_node *node;
    double number;
    if ((node = product_of(m, value, &s->turned))) {
        s->product = node;
        return lines_outside(m, value);
    }
    if (!depth)
        return false;
    const char *const ops[] = { "Add", "Mul", "Div" };
    for (size_t i = 0; i < SEAM_ARRAY_LEN(ops); i++) {
        if (!(node = seam_pattern_made_by(m, value, ops[i])) || node->n_inputs != 2)
            continue;
        for (int k = 0; k < (i == 2 ? 1 : 2); k++) {
            struct scores found = *s;
            const int32_t other = node->inputs[!k];
            const bool constant = seam_pattern_constant(m, other) ||
                                  seam_lower_computed(&m->l->field.facts[other]);
            int32_t *const place = constant ? &found.bias : &found.mask;
            if (i && !seam_pattern_number(m, other, &number))
                continue;
            if (!take_scores(m, &found, node->inputs[k], depth - 1))
                continue;
            if (!i && *place >= 0)
                return false;
            if (i && (found.bias >= 0 || found.mask >= 0))
                return false;
            if (i)
                found.factor = i == 1 ? found.factor * number : found.factor / number;
            else
                *place = other;
            *s = found;
            return true;
        }
    }
    return false;
}

const struct seam_onnx_node *seam_pattern_attention(const struct matcher *m,
                                                    const struct seam_onnx_node *end)
{
    struct scores s = { .factor = 1, .bias = -1, .mask = -1 };
    bool plain;
    if (end->n_inputs != 2 || product_of(m, end->outputs[0], &plain) != end || !plain)
        return NULL;
    const struct seam_onnx_node *softmax = seam_pattern_made_by(m, end->inputs[0], "Softmax");
    if (!softmax || softmax->inputs[0] < 0)
        return NULL;
    const int rank = m->l->field.facts[softmax->inputs[0]].rank;
    const bool old = m->l->graph->opset < 13;
    if (seam_axis(seam_onnx_int(softmax, "axis", old ? 1 : -1), rank) != rank - 1 ||
        !take_scores(m, &s, softmax->inputs[0], 4))
        return NULL;
    const int32_t inputs[] = { s.product->inputs[0], s.product->inputs[1], end->inputs[1], s.bias,
                               s.mask };
    return seam_pattern_stand_in(m, end, s.turned ? "WindowAttentionTurned" : "WindowAttention",
                                 inputs, 5, (float)s.factor);
}
