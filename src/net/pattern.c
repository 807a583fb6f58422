/* Functions of one sample that exporters write in pieces, found again: a PReLU as Relu, Abs, Sub,
 * Mul and Add costs five passes over the rows and is one link.
 *
 * A node that ends such a chain is lowered as the node that stands for the whole of it; the pieces
 * go where nobody else reads them. What is found gives the same function of each sample, rounded at
 * most as often; anything else is left as it is. */
#include <math.h>
#include <string.h>

#include "base/common.h"
#include "net/pattern.h"

#define MOST_FACTORS 4

/* A tree of Mul, Neg and Div by constants, taken apart. */
struct product {
    double scale;                /* of all constants that are one number */
    int32_t list;                /* a constant of several numbers; -1: none */
    int32_t parts[MOST_FACTORS]; /* values that are no constants */
    int n;
    bool fits; /* whether there was room for all */
};

const struct seam_onnx_node *seam_pattern_made_by(const struct matcher *m, int32_t value,
                                                  const char *op)
{
    const struct seam_onnx_node *node = value >= 0 ? m->maker[value] : NULL;
    return node && !*node->domain && !strcmp(node->op, op) ? node : NULL;
}

bool seam_pattern_constant(const struct matcher *m, int32_t value)
{
    const struct seam_fact *fact = value >= 0 ? &m->l->field.facts[value] : NULL;
    return fact && fact->state == SEAM_FACT_KNOWN && (fact->tensor || fact->values);
}

bool seam_pattern_number(const struct matcher *m, int32_t value, double *number)
{
    if (!seam_pattern_constant(m, value))
        return false;
    const struct seam_fact *fact = &m->l->field.facts[value];
    int64_t whole;
    if (fact->tensor)
        return fact->tensor->count == 1 && seam_onnx_element(fact->tensor, 0, number, &whole);
    if (fact->n_values != 1 || !seam_sym_fixed(fact->values[0]))
        return false;
    *number = (double)fact->values[0].c / (double)fact->values[0].den;
    return true;
}

static bool near(double value, double wanted)
{
    return fabs(value - wanted) <= 1e-5 * fabs(wanted);
}

static void take_factor(const struct matcher *m, struct product *p, int32_t value, int depth)
{
    const struct seam_onnx_node *node;
    double number;
    if (seam_pattern_number(m, value, &number)) {
        p->scale *= number;
    } else if (seam_pattern_constant(m, value)) {
        p->fits = p->fits && p->list < 0;
        p->list = value;
    } else if (depth && (node = seam_pattern_made_by(m, value, "Mul")) && node->n_inputs == 2) {
        take_factor(m, p, node->inputs[0], depth - 1);
        take_factor(m, p, node->inputs[1], depth - 1);
    } else if (depth && (node = seam_pattern_made_by(m, value, "Div")) && node->n_inputs == 2 &&
               seam_pattern_number(m, node->inputs[1], &number) &&
               fpclassify(number) == FP_NORMAL) {
        p->scale /= number;
        take_factor(m, p, node->inputs[0], depth - 1);
    } else if (depth && (node = seam_pattern_made_by(m, value, "Neg"))) {
        p->scale = -p->scale;
        take_factor(m, p, node->inputs[0], depth - 1);
    } else if (p->n < MOST_FACTORS) {
        p->parts[p->n++] = value;
    } else {
        p->fits = false;
    }
}

static struct product product_of(const struct matcher *m, int32_t value)
{
    struct product p = {.scale = 1, .list = -1, .fits = true};
    take_factor(m, &p, value, 4);
    return p;
}

/* The other operand of a node of two, where one is the number `wanted`; -1. */
static int32_t beside_number(const struct matcher *m, const struct seam_onnx_node *node,
                             double wanted)
{
    double number;
    for (int k = 0; node && node->n_inputs == 2 && k < 2; k++)
        if (seam_pattern_number(m, node->inputs[k], &number) &&
            (wanted == 0 ? fpclassify(number) == FP_ZERO : near(number, wanted)))
            return node->inputs[!k];
    return -1;
}

const struct seam_onnx_node *seam_pattern_stand_in(const struct matcher *m,
                                                   const struct seam_onnx_node *end,
                                                   const char *op, const int32_t *inputs,
                                                   size_t n_inputs, float factor)
{
    struct seam_arena *arena = &m->l->arena;
    struct seam_onnx_node *node = seam_arena_alloc(arena, 1, sizeof(*node));
    struct seam_onnx_attr *attr = seam_arena_alloc(arena, 1, sizeof(*attr));
    int32_t *copy = seam_arena_alloc(arena, n_inputs, sizeof(*copy));
    if (!node || !attr || !copy)
        return NULL;
    *attr = (struct seam_onnx_attr){.name = "alpha", .type = SEAM_ATTR_FLOAT, .f = factor};
    memcpy(copy, inputs, n_inputs * sizeof(*copy));
    *node = *end;
    node->op = op;
    node->inputs = copy;
    node->n_inputs = n_inputs;
    node->attrs = attr;
    node->n_attrs = 1;
    return node;
}

/* For one input, and a list where that is 0 or more. */
static const struct seam_onnx_node *stand_in(const struct matcher *m,
                                             const struct seam_onnx_node *end, const char *op,
                                             int32_t x, int32_t list, float factor)
{
    const int32_t inputs[] = { x, list };
    return seam_pattern_stand_in(m, end, op, inputs, list >= 0 ? 2 : 1, factor);
}

/* ------------------------------------------------------------------------------------------------
 * Leaky: relu(x) + what is left of the negative side
 * --------------------------------------------------------------------------------------------- */

/* How often `value` holds the negative side of x: x - |x| twice, min(x, 0) once, relu(-x) once and
 * turned over; 0: it is something else. */
static double negative_side(const struct matcher *m, int32_t value, int32_t x)
{
    const struct seam_onnx_node *node = seam_pattern_made_by(m, value, "Sub");
    if (node && node->inputs[0] == x) {
        const struct seam_onnx_node *abs = seam_pattern_made_by(m, node->inputs[1], "Abs");
        return abs && abs->inputs[0] == x ? 2 : 0;
    }
    if ((node = seam_pattern_made_by(m, value, "Min")))
        return beside_number(m, node, 0) == x ? 1 : 0;
    if ((node = seam_pattern_made_by(m, value, "Relu"))) {
        const struct product p = product_of(m, node->inputs[0]);
        return p.fits && p.n == 1 && p.parts[0] == x && p.list < 0 && near(p.scale, -1) ? -1 : 0;
    }
    return 0;
}

static const struct seam_onnx_node *match_leaky(const struct matcher *m,
                                                const struct seam_onnx_node *end)
{
    const bool sub = !strcmp(end->op, "Sub");
    if ((!sub && strcmp(end->op, "Add") != 0) || end->n_inputs != 2)
        return NULL;
    for (int k = 0; k < (sub ? 1 : 2); k++) {
        const struct seam_onnx_node *relu = seam_pattern_made_by(m, end->inputs[k], "Relu");
        const struct product p = product_of(m, end->inputs[!k]);
        if (!relu || !p.fits || p.n != 1)
            continue;
        const double side = negative_side(m, p.parts[0], relu->inputs[0]);
        if (fpclassify(side) != FP_ZERO)
            return stand_in(m, end, p.list < 0 ? "LeakyRelu" : "PRelu", relu->inputs[0], p.list,
                            (float)((sub ? -side : side) * p.scale));
    }
    return NULL;
}

/* ------------------------------------------------------------------------------------------------
 * Swish, HardSwish, Gelu: x times a gate of x
 * --------------------------------------------------------------------------------------------- */

/* A gate of x, and by how much the product is divided to be the function. */
static const char *gate_of(const struct matcher *m, int32_t value, int32_t x, double *scale)
{
    const struct seam_onnx_node *node;
    *scale = 1;
    if ((node = seam_pattern_made_by(m, value, "Sigmoid")))
        return node->inputs[0] == x ? "Swish" : NULL;
    if ((node = seam_pattern_made_by(m, value, "Clip"))) {
        double low, high;
        *scale = 1 / 6.;
        const struct seam_onnx_node *add = seam_pattern_made_by(m, node->inputs[0], "Add");
        return node->n_inputs == 3 && seam_pattern_number(m, node->inputs[1], &low) &&
                       seam_pattern_number(m, node->inputs[2], &high) &&
                       fpclassify(low) == FP_ZERO && near(high, 6) && beside_number(m, add, 3) == x
                   ? "HardSwish"
                   : NULL;
    }
    const int32_t erf = beside_number(m, seam_pattern_made_by(m, value, "Add"), 1);
    if ((node = seam_pattern_made_by(m, erf, "Erf"))) {
        const struct product p = product_of(m, node->inputs[0]);
        *scale = 0.5;
        return p.fits && p.n == 1 && p.parts[0] == x && p.list < 0 && near(p.scale, sqrt(0.5))
                   ? "Gelu"
                   : NULL;
    }
    return NULL;
}

static const struct seam_onnx_node *match_gated(const struct matcher *m,
                                                const struct seam_onnx_node *end)
{
    if (strcmp(end->op, "Mul") != 0 && strcmp(end->op, "Div") != 0)
        return NULL;
    const struct product p = product_of(m, end->outputs[0]);
    for (int k = 0; p.fits && p.n == 2 && p.list < 0 && k < 2; k++) {
        double scale;
        const char *op = gate_of(m, p.parts[!k], p.parts[k], &scale);
        if (op && near(p.scale, scale))
            return stand_in(m, end, op, p.parts[k], -1, 1);
    }
    return NULL;
}

/* ------------------------------------------------------------------------------------------------
 * The walk
 * --------------------------------------------------------------------------------------------- */

/* As seam_field_needed(), over the nodes that stand for others. */
static void find_needed(const struct lower *l, int32_t output, bool *value)
{
    value[output] = true;
    for (size_t i = l->graph->n_nodes; i-- > 0;) {
        const struct seam_onnx_node *node = l->nodes[i];
        bool needed = false;
        for (size_t k = 0; node && k < node->n_outputs; k++)
            needed |= node->outputs[k] >= 0 && value[node->outputs[k]];
        if (!needed)
            l->nodes[i] = NULL;
        for (size_t k = 0; needed && k < node->n_inputs; k++)
            if (node->inputs[k] >= 0)
                value[node->inputs[k]] = true;
    }
}

bool seam_lower_patterns(struct lower *l, int32_t output)
{
    const struct seam_graph *graph = l->graph;
    struct matcher m = {.l = l};
    m.maker = seam_arena_alloc(&l->arena, graph->n_values, sizeof(*m.maker));
    bool *value = seam_arena_alloc(&l->arena, graph->n_values, sizeof(*value));
    l->maker = m.maker;
    l->nodes = seam_arena_alloc(&l->arena, graph->n_nodes, sizeof(*l->nodes));
    if (!m.maker || !value || !l->nodes)
        return false;
    for (size_t i = 0; i < graph->n_nodes; i++) {
        const struct seam_onnx_node *node = &graph->nodes[i];
        for (size_t k = 0; k < node->n_outputs; k++)
            if (node->outputs[k] >= 0)
                m.maker[node->outputs[k]] = node;
    }
    for (size_t i = 0; i < graph->n_nodes; i++) {
        const struct seam_onnx_node *node = &graph->nodes[i], *found = NULL;
        if (!*node->domain && !node->subgraph && node->n_outputs == 1 && node->outputs[0] >= 0) {
            found = match_leaky(&m, node);
            found = found ? found : match_gated(&m, node);
            found = found ? found : seam_pattern_attention(&m, node);
            found = found ? found : seam_pattern_roll(&m, node);
        }
        l->nodes[i] = found ? found : node;
    }
    find_needed(l, output, value);
    return !l->arena.failed;
}
