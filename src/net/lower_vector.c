/* The small network between a reduction and the picture that its result meets again: vectors of
 * vectors. */
#include <string.h>

#include "base/common.h"
#include "net/lower.h"

/* Channels that any network has, and what one layer between them may cost. */
#define MOST_NUMBERS ((int64_t)1 << 16)
#define MOST_TERMS ((int64_t)1 << 26)
#define MOST_OF_ALL ((size_t)1 << 24)

struct seam_net_vector *seam_lower_new_vector(struct lower *l, enum seam_vector_kind kind,
                                              int64_t count)
{
    struct seam_net *net = l->net;
    if (count < 1 || count > MOST_NUMBERS || net->n_numbers > MOST_OF_ALL)
        return seam_lower_fail(l, "it has too many numbers"), NULL;
    if (net->n_vectors == net->vector_room) {
        const int room = net->vector_room ? 2 * net->vector_room : 32;
        struct seam_net_vector *more = seam_arena_alloc(&net->arena, (size_t)room, sizeof(*more));
        if (!more)
            return seam_lower_fail(l, "there is no memory"), NULL;
        if (net->n_vectors)
            memcpy(more, net->vectors, (size_t)net->n_vectors * sizeof(*more));
        net->vectors = more;
        net->vector_room = room;
    }
    struct seam_net_vector *v = &net->vectors[net->n_vectors++];
    *v = (struct seam_net_vector){
        .kind = kind,
        .count = (int)count,
        .at = net->n_numbers,
        .last_op = -1,
        .op = -1,
        .operand = { -1, -1 },
    };
    net->n_numbers += (size_t)count;
    return v;
}

bool seam_lower_bind_vector(struct lower *l, size_t k, const struct seam_net_vector *vector)
{
    if (k >= l->node->n_outputs || l->node->outputs[k] < 0)
        return true;
    struct lower_value *v = &l->values[l->node->outputs[k]];
    *v = (struct lower_value){
        .kind = LOWER_VECTOR,
        .count = vector->count,
        .vector = (int)(vector - l->net->vectors),
        .uses = v->uses,
    };
    return true;
}

/* What depends on operand k depends on what that does. */
static void depend(struct lower *l, struct seam_net_vector *v, int k, int operand)
{
    v->operand[k] = operand;
    v->last_op = (int)seam_max(v->last_op, l->net->vectors[operand].last_op);
}

int seam_lower_vector_point(struct lower *l, enum seam_link_kind kind, int a, int b, float x,
                            float y)
{
    const int n = l->net->vectors[a].count, m = b >= 0 ? l->net->vectors[b].count : 1;
    struct seam_net_vector *v = seam_lower_new_vector(l, SEAM_VECTOR_POINT, seam_max(n, m));
    if (!v)
        return -1;
    v->link = kind;
    v->a = x;
    v->b = y;
    depend(l, v, 0, a);
    if (b >= 0)
        depend(l, v, 1, b);
    return (int)(v - l->net->vectors);
}

/* ------------------------------------------------------------------------------------------------
 * Shapes
 * --------------------------------------------------------------------------------------------- */

struct shape {
    int rank;
    int64_t dims[SEAM_MAX_RANK];
    int64_t count;
};

/* No more than `most` numbers. */
static bool read_shape(struct lower *l, const struct seam_fact *fact, int64_t most, struct shape *s)
{
    *s = (struct shape){ .count = 1 };
    if (!fact || fact->state != SEAM_FACT_KNOWN)
        return seam_lower_fail(l, "its size cannot be followed");
    s->rank = fact->rank;
    for (int i = 0; i < s->rank; i++) {
        if (!seam_sym_whole(fact->dims[i], &s->dims[i]) || s->dims[i] < 1 || s->dims[i] > most ||
            (s->count *= s->dims[i]) > most)
            return seam_lower_fail(l, "its size cannot be followed");
    }
    return true;
}

/* Input k as a vector, constants made one, and its shape. */
static int operand(struct lower *l, size_t k, struct shape *s)
{
    const struct lower_value *v = seam_lower_input(l, k);
    const float *data;
    int64_t count;
    if (!v || !read_shape(l, seam_lower_fact(l, k), MOST_NUMBERS, s))
        return seam_lower_fail(l, "an operand is missing"), -1;
    if (v->kind == LOWER_VECTOR) {
        if (v->count != s->count && v->count != 1)
            return seam_lower_fail(l, "its size cannot be followed"), -1;
        return v->vector;
    }
    if (!seam_lower_constant(l, k, &data, &count))
        return -1;
    struct seam_net_vector *c = seam_lower_new_vector(l, SEAM_VECTOR_CONSTANT, count);
    float *copy = c ? seam_arena_alloc(&l->net->arena, (size_t)count, sizeof(*copy)) : NULL;
    if (!copy || (count != s->count && count != 1))
        return seam_lower_fail(l, "its size cannot be followed"), -1;
    memcpy(copy, data, (size_t)count * sizeof(*copy));
    c->data = copy;
    return (int)(c - l->net->vectors);
}

/* Which number of `in` each of `out` is, broadcast as in ONNX; *map NULL where it is its own. */
static bool broadcast(struct lower *l, const struct shape *in, const struct shape *out,
                      const int **map)
{
    *map = NULL;
    if (in->count == out->count || in->count == 1)
        return true;
    int *list = seam_arena_alloc(&l->net->arena, (size_t)out->count, sizeof(*list));
    if (!list || in->rank > out->rank)
        return seam_lower_fail(l, "its operands do not fit together");
    for (int64_t i = 0; i < out->count; i++) {
        int64_t left = i, stride = 1, at = 0;
        for (int d = out->rank - 1; d >= 0; d--) {
            const int from = d - (out->rank - in->rank);
            const int64_t size = from >= 0 ? in->dims[from] : 1;
            if (size != 1 && size != out->dims[d])
                return seam_lower_fail(l, "its operands do not fit together");
            at += size == 1 ? 0 : left % out->dims[d] * stride;
            stride *= size;
            left /= out->dims[d];
        }
        list[i] = (int)at;
    }
    *map = list;
    return true;
}

/* ------------------------------------------------------------------------------------------------
 * Operators
 * --------------------------------------------------------------------------------------------- */

/* The numbers of the first input, as they are. */
static bool lower_same(struct lower *l)
{
    const struct lower_value *v = seam_lower_input(l, 0);
    if (!v || v->kind != LOWER_VECTOR)
        return seam_lower_fail(l, "its input is no vector");
    return seam_lower_bind_vector(l, 0, &l->net->vectors[v->vector]);
}

static bool lower_unary(struct lower *l, const struct seam_link *link)
{
    const struct lower_value *v = seam_lower_input(l, 0);
    if (!v || v->kind != LOWER_VECTOR)
        return seam_lower_fail(l, "its input is no vector");
    const int made = seam_lower_vector_point(l, link->kind, v->vector, -1, link->a, link->b);
    return made >= 0 && seam_lower_bind_vector(l, 0, &l->net->vectors[made]);
}

static bool lower_binary(struct lower *l, enum seam_link_kind kind)
{
    struct shape a, b, out;
    const int first = operand(l, 0, &a), second = first < 0 ? -1 : operand(l, 1, &b);
    if (second < 0 || l->node->n_inputs != 2 ||
        !read_shape(l, seam_lower_out_fact(l, 0), MOST_NUMBERS, &out))
        return seam_lower_fail(l, "it takes more than two operands");
    struct seam_net_vector *v = seam_lower_new_vector(l, SEAM_VECTOR_POINT, out.count);
    if (!v || !broadcast(l, &a, &out, &v->map[0]) || !broadcast(l, &b, &out, &v->map[1]))
        return false;
    v->link = kind;
    depend(l, v, 0, first);
    depend(l, v, 1, second);
    return seam_lower_bind_vector(l, 0, v);
}

/* A vector of `count` numbers, each a sum over `terms`; NULL, with `why` set. */
static struct seam_net_vector *new_linear(struct lower *l, enum seam_vector_kind kind, int of,
                                          int64_t count, int64_t terms, int **map)
{
    if (terms < 1 || terms > MOST_NUMBERS || count * terms > MOST_TERMS)
        return seam_lower_fail(l, "it has too many numbers"), NULL;
    struct seam_net_vector *v = seam_lower_new_vector(l, kind, count);
    *map = v ? seam_arena_alloc(&l->net->arena, (size_t)(count * terms), sizeof(**map)) : NULL;
    if (!*map)
        return seam_lower_fail(l, "there is no memory"), NULL;
    v->terms = (int)terms;
    v->map[0] = *map;
    depend(l, v, 0, of);
    return v;
}

struct seam_net_vector *seam_lower_pick(struct lower *l, int of, int64_t count, const int *map)
{
    struct seam_net_vector *v = seam_lower_new_vector(l, SEAM_VECTOR_LINEAR, count);
    if (!v)
        return NULL;
    v->terms = 1;
    v->map[0] = map;
    depend(l, v, 0, of);
    return v;
}

/* Weights and bias of a layer, copied; weights[o * o_step + k * k_step]. */
static bool load_layer(struct lower *l, struct seam_net_vector *v, int64_t o_step, int64_t k_step)
{
    const float *weights, *bias = NULL;
    const int64_t count = v->count, terms = v->terms;
    int64_t n, m = 0;
    if (!seam_lower_constant(l, 1, &weights, &n) ||
        (seam_lower_input(l, 2) && !seam_lower_constant(l, 2, &bias, &m)))
        return false;
    if (n != count * terms || (bias && m != count && m != 1))
        return seam_lower_fail(l, "its weights do not fit its input");
    float *w = seam_arena_alloc(&l->net->arena, (size_t)n, sizeof(*w));
    float *b = seam_arena_alloc(&l->net->arena, (size_t)count, sizeof(*b));
    if (!w || !b)
        return seam_lower_fail(l, "there is no memory");
    for (int64_t o = 0; o < count; o++) {
        for (int64_t k = 0; k < terms; k++)
            w[o * terms + k] = weights[o * o_step + k * k_step];
        b[o] = bias ? bias[m == 1 ? 0 : o] : 0;
    }
    v->weights = w;
    v->bias = b;
    return true;
}

/* A convolution of one pixel by one pixel. */
static bool lower_conv(struct lower *l)
{
    struct shape in, weights, out;
    int *map;
    const int64_t groups = seam_onnx_int(l->node, "group", 1);
    const int of = operand(l, 0, &in);
    if (of < 0 || !read_shape(l, seam_lower_fact(l, 1), MOST_TERMS, &weights) ||
        !read_shape(l, seam_lower_out_fact(l, 0), MOST_NUMBERS, &out))
        return false;
    const int64_t each = weights.rank >= 2 ? weights.dims[1] : 0;
    if (weights.rank != 4 || weights.dims[2] != 1 || weights.dims[3] != 1 || groups < 1 ||
        in.count != l->net->vectors[of].count || in.count != groups * each ||
        out.count != weights.dims[0] || out.count % groups != 0)
        return seam_lower_fail(l, "it is no convolution by one pixel");
    struct seam_net_vector *v = new_linear(l, SEAM_VECTOR_LINEAR, of, out.count, each, &map);
    if (!v || !load_layer(l, v, each, 1))
        return false;
    for (int64_t o = 0; o < out.count; o++)
        for (int64_t k = 0; k < each; k++)
            map[o * each + k] = (int)(o / (out.count / groups) * each + k);
    return seam_lower_bind_vector(l, 0, v);
}

static float factor_of(const struct lower *l, const char *name)
{
    const struct seam_onnx_attr *a = seam_onnx_attr(l->node, name);
    return a && a->type == SEAM_ATTR_FLOAT ? a->f : 1;
}

/* A row times a matrix of constants. */
static bool lower_product(struct lower *l)
{
    struct shape in, weights;
    int *map;
    const bool gemm = !strcmp(l->node->op, "Gemm");
    const bool turned = gemm && seam_onnx_int(l->node, "transB", 0);
    const int of = operand(l, 0, &in);
    if (of < 0 || !read_shape(l, seam_lower_fact(l, 1), MOST_TERMS, &weights))
        return false;
    const bool plain = !gemm || (!seam_onnx_int(l->node, "transA", 0) &&
                                 factor_of(l, "alpha") == 1 && factor_of(l, "beta") == 1);
    const int64_t terms = in.rank ? in.dims[in.rank - 1] : 0;
    if (weights.rank != 2 || !plain || in.count != terms ||
        l->net->vectors[of].count != terms || weights.dims[turned] != terms)
        return seam_lower_fail(l, "it is no row times a matrix of constants");
    const int64_t count = weights.dims[!turned];
    struct seam_net_vector *v = new_linear(l, SEAM_VECTOR_LINEAR, of, count, terms, &map);
    if (!v || !load_layer(l, v, turned ? terms : 1, turned ? 1 : count))
        return false;
    for (int64_t i = 0; i < count * terms; i++)
        map[i] = (int)(i % terms);
    return seam_lower_bind_vector(l, 0, v);
}

/* What each number of a shape less some axes is made of: `map` lists `terms` for each. */
static void list_terms(const struct shape *in, const bool *over, int64_t terms, int *map)
{
    for (int64_t i = 0; i < in->count; i++) {
        int64_t left = i, outer = 0, inner = 0, outer_step = 1, inner_step = 1;
        for (int d = in->rank - 1; d >= 0; d--) {
            const int64_t digit = left % in->dims[d];
            left /= in->dims[d];
            outer += over[d] ? 0 : digit * outer_step;
            inner += over[d] ? digit * inner_step : 0;
            outer_step *= over[d] ? 1 : in->dims[d];
            inner_step *= over[d] ? in->dims[d] : 1;
        }
        map[outer * terms + inner] = (int)i;
    }
}

static bool reduced_axes(struct lower *l, int rank, bool *over)
{
    int axes[SEAM_MAX_RANK], n;
    l->field.node = l->node;
    if (!seam_axes(&l->field, 1, "axes", rank, axes, &n) ||
        (n <= 0 && seam_onnx_int(l->node, "noop_with_empty_axes", 0)))
        return seam_lower_fail(l, "its axes cannot be followed");
    for (int i = 0; i < rank; i++)
        over[i] = n <= 0;
    for (int i = 0; i < n; i++)
        over[axes[i]] = true;
    return true;
}

static bool lower_reduce(struct lower *l)
{
    struct shape in;
    bool over[SEAM_MAX_RANK] = { false };
    int *map, of = operand(l, 0, &in);
    int64_t terms = 1;
    const char *op = l->node->op;
    if (of < 0 || !reduced_axes(l, in.rank, over))
        return false;
    if (l->net->vectors[of].count != in.count)
        return seam_lower_fail(l, "its size cannot be followed");
    for (int i = 0; i < in.rank; i++)
        terms *= over[i] ? in.dims[i] : 1;
    const bool squares = !strcmp(op, "ReduceL2");
    if (squares && (of = seam_lower_vector_point(l, SEAM_LINK_MUL, of, of, 0, 0)) < 0)
        return false;
    struct seam_net_vector *v =
        new_linear(l,
                   !strcmp(op, "ReduceMax")   ? SEAM_VECTOR_MOST
                   : !strcmp(op, "ReduceMin") ? SEAM_VECTOR_LEAST
                                              : SEAM_VECTOR_LINEAR,
                   of, in.count / terms, terms, &map);
    if (!v)
        return false;
    list_terms(&in, over, terms, map);
    int made = (int)(v - l->net->vectors);
    if (!strcmp(op, "ReduceMean"))
        made = seam_lower_vector_point(l, SEAM_LINK_DIV, made, -1, (float)terms, 0);
    else if (squares)
        made = seam_lower_vector_point(l, SEAM_LINK_SQRT, made, -1, 0, 0);
    return made >= 0 && seam_lower_bind_vector(l, 0, &l->net->vectors[made]);
}

static bool lower_softmax(struct lower *l)
{
    struct shape in;
    bool over[SEAM_MAX_RANK] = { false };
    const int of = operand(l, 0, &in);
    const bool old = l->graph->opset < 13;
    if (of < 0 || l->net->vectors[of].count != in.count)
        return seam_lower_fail(l, "its size cannot be followed");
    const int axis = seam_axis(seam_onnx_int(l->node, "axis", old ? 1 : -1), in.rank);
    int64_t terms = 1;
    if (axis < 0)
        return seam_lower_fail(l, "its axis does not fit its input");
    for (int i = axis; i < (old ? in.rank : axis + 1); i++) {
        over[i] = true;
        terms *= in.dims[i];
    }
    int *all, *groups = seam_arena_alloc(&l->net->arena, (size_t)in.count, sizeof(*groups));
    struct seam_net_vector *v =
        groups ? new_linear(l, SEAM_VECTOR_SOFTMAX, of, in.count, terms, &all) : NULL;
    if (!v)
        return seam_lower_fail(l, "there is no memory");
    list_terms(&in, over, terms, groups);
    for (int64_t g = 0; g < in.count; g++)
        memcpy(&all[groups[g] * terms], &groups[g / terms * terms],
               (size_t)terms * sizeof(*all));
    return seam_lower_bind_vector(l, 0, v);
}

/* ------------------------------------------------------------------------------------------------
 * The walk
 * --------------------------------------------------------------------------------------------- */

static bool is_among(const char *op, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!strcmp(op, list[i]))
            return true;
    return false;
}

bool seam_lower_vector(struct lower *l)
{
    static const char *const keeps[] = { "Identity", "Reshape", "Squeeze", "Unsqueeze", "Flatten",
                                         "Dropout", "Expand", "GlobalAveragePool",
                                         "GlobalMaxPool" };
    static const char *const reduces[] = { "ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin",
                                           "ReduceL2" };
    struct seam_link link;
    enum seam_link_kind left, right;
    const char *op = l->node->op;
    if (*l->node->domain || l->node->subgraph)
        return seam_lower_fail(l, "there is no rule for this operator");
    if (is_among(op, keeps, SEAM_ARRAY_LEN(keeps)) ||
        (!strcmp(op, "Cast") && seam_lower_casts_to_float(l)))
        return lower_same(l);
    if (is_among(op, reduces, SEAM_ARRAY_LEN(reduces)))
        return lower_reduce(l);
    if (!strcmp(op, "Conv"))
        return lower_conv(l);
    if (!strcmp(op, "Gemm") || !strcmp(op, "MatMul"))
        return lower_product(l);
    if (!strcmp(op, "Softmax"))
        return lower_softmax(l);
    if (!strcmp(op, "PRelu") && !seam_onnx_attr(l->node, "alpha"))
        return lower_binary(l, SEAM_LINK_LEAKY);
    if (seam_lower_binary_links(l, &left, &right))
        return lower_binary(l, left);
    if (seam_lower_unary_link(l, &link))
        return lower_unary(l, &link);
    return seam_lower_fail(l, "there is no rule for this operator on what a pass finds");
}
