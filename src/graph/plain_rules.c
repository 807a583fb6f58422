/* Single operators that say in one word what others say in several. */
#include <math.h>
#include <string.h>

#include "base/common.h"
#include "graph/plain.h"

static bool is(const struct seam_plain *p, const char *op)
{
    return !strcmp(p->node->op, op);
}

/* x * tanh(softplus(x)) */
static bool mish(struct seam_plain *p)
{
    const char *const x = seam_plain_name(p, 0);
    const char *const y =
        seam_build_node(&p->build, "Tanh", seam_build_node(&p->build, "Softplus", x));
    seam_plain_as_output(p);
    return seam_build_node(&p->build, "Mul", x, y) != NULL;
}

/* x * sigmoid(alpha * x) */
static bool swish(struct seam_plain *p, float usual)
{
    struct seam_build *const b = &p->build;
    const struct seam_onnx_attr *const alpha = seam_onnx_attr(p->node, "alpha");
    const float factor = alpha && alpha->type == SEAM_ATTR_FLOAT ? alpha->f : usual;
    const char *const x = seam_plain_name(p, 0);
    const char *const y =
        factor == 1 ? x : seam_build_mul(b, x, seam_build_scalar(b, factor));
    const char *const gate = seam_build_node(b, "Sigmoid", y);
    seam_plain_output(p)->channels = seam_plain_input(p, 0)->channels;
    seam_plain_as_output(p);
    return seam_build_node(b, "Mul", x, gate) != NULL;
}

/* x * (erf(x / sqrt(2)) + 1) / 2, which needs no operator set of its time. */
static bool gelu(struct seam_plain *p)
{
    struct seam_build *const b = &p->build;
    const char *const x = seam_plain_name(p, 0);
    const char *const part = seam_build_mul(b, x, seam_build_scalar(b, 0.70710678118654752f));
    const char *const one =
        seam_build_add(b, seam_build_node(b, "Erf", part), seam_build_scalar(b, 1));
    const char *const half = seam_build_mul(b, x, one);
    seam_plain_output(p)->channels = seam_plain_input(p, 0)->channels;
    const char *const factor = seam_build_scalar(b, 0.5f);
    seam_plain_as_output(p);
    return seam_build_node(b, "Mul", half, factor) != NULL;
}

/* The type of a constant or an input of the graph; 0: not known. */
static int32_t type_of(const struct seam_plain *p, size_t k)
{
    const struct seam_graph *const graph = p->build.graph;
    const int32_t id = k < p->node->n_inputs ? p->node->inputs[k] : -1;
    if (id < 0)
        return 0;
    if (p->values[id].constant)
        return p->values[id].constant->type;
    for (size_t i = 0; i < graph->n_inputs; i++)
        if (graph->inputs[i].id == id)
            return graph->inputs[i].type;
    return 0;
}

static bool cast_like(struct seam_plain *p)
{
    const int32_t type = type_of(p, 1);
    if (!type)
        return false;
    seam_build_int(&p->build, "to", type);
    seam_plain_as_output(p);
    return seam_build_node(&p->build, "Cast", seam_plain_name(p, 0)) != NULL;
}

/* (w - zero) * scale, of constants, for each index along an axis. */
static bool dequantise(struct seam_plain *p)
{
    const struct seam_onnx_tensor *const w = seam_plain_input(p, 0)->constant;
    const struct seam_onnx_tensor *const scale = seam_plain_input(p, 1)->constant;
    const struct seam_onnx_tensor *const zero = seam_plain_input(p, 2)->constant;
    if (!w || !scale || w->count > SIZE_MAX / sizeof(float) || scale->type != SEAM_ONNX_FLOAT ||
        (p->node->n_inputs > 2 && *p->node->input_names[2] && !zero) ||
        (zero && zero->count != scale->count) || seam_onnx_int(p->node, "block_size", 0))
        return false;
    int64_t axis = seam_onnx_int(p->node, "axis", 1), inner = 1;
    axis += axis < 0 ? w->rank : 0;
    if (scale->count != 1 &&
        (axis < 0 || axis >= w->rank || (uint64_t)w->dims[axis] != scale->count))
        return false;
    for (int64_t i = axis + 1; i < w->rank; i++)
        inner *= w->dims[i];
    float *values = seam_arena_alloc(&p->build.graph->arena, (size_t)w->count, sizeof(*values));
    if (!values)
        return seam_build_memory(&p->build), true;
    for (uint64_t i = 0; i < w->count; i++) {
        const uint64_t k = scale->count == 1 ? 0 : i / (uint64_t)inner % scale->count;
        double s, q, z = 0;
        int64_t whole;
        if (!seam_onnx_element(scale, k, &s, &whole) || !seam_onnx_element(w, i, &q, &whole) ||
            (zero && !seam_onnx_element(zero, k, &z, &whole)))
            return false;
        values[i] = (float)(q - z) * (float)s;
    }
    struct seam_onnx_tensor *made = seam_arena_alloc(&p->build.graph->arena, 1, sizeof(*made));
    if (!made)
        return seam_build_memory(&p->build), true;
    *made = (struct seam_onnx_tensor){ .name = p->node->output_names[0],
                                       .type = SEAM_ONNX_FLOAT,
                                       .rank = w->rank,
                                       .dims = w->dims,
                                       .count = w->count,
                                       .data = (const uint8_t *)values,
                                       .size = w->count * sizeof(float) };
    seam_plain_output(p)->constant = made;
    return seam_build_tensor(&p->build, made) != NULL;
}

/* The activation that ONNX Runtime's optimiser hangs on a convolution. */
static const char *fused_activation(struct seam_plain *p, const char *x)
{
    static const struct {
        const char *op, *alpha, *beta;
    } known[] = { { "Relu", NULL, NULL }, { "LeakyRelu", "alpha", NULL }, { "Sigmoid", NULL, NULL },
                  { "Tanh", NULL, NULL }, { "HardSigmoid", "alpha", "beta" } };
    const char *const op = seam_onnx_string(p->node, "activation", "");
    const struct seam_onnx_attr *const params = seam_onnx_attr(p->node, "activation_params");
    for (size_t i = 0; i < SEAM_ARRAY_LEN(known); i++) {
        if (strcmp(known[i].op, op) != 0)
            continue;
        if (known[i].alpha && params && params->n > 0)
            seam_build_float(&p->build, known[i].alpha, params->floats[0]);
        if (known[i].beta && params && params->n > 1)
            seam_build_float(&p->build, known[i].beta, params->floats[1]);
        seam_plain_as_output(p);
        return seam_build_node(&p->build, op, x);
    }
    return NULL;
}

static bool fused_conv(struct seam_plain *p)
{
    static const char *const kept[] = { "auto_pad",     "dilations", "group",
                                        "kernel_shape", "pads",      "strides" };
    struct seam_build *const b = &p->build;
    const char *const inputs[3] = { seam_plain_name(p, 0), seam_plain_name(p, 1),
                                    seam_plain_name(p, 2) };
    const char *const op = seam_onnx_string(p->node, "activation", "");
    if (p->node->n_inputs > 4 ||
        (strcmp(op, "Relu") && strcmp(op, "LeakyRelu") && strcmp(op, "Sigmoid") &&
         strcmp(op, "Tanh") && strcmp(op, "HardSigmoid")))
        return false;
    for (size_t i = 0; i < SEAM_ARRAY_LEN(kept); i++) {
        const struct seam_onnx_attr *const attr = seam_onnx_attr(p->node, kept[i]);
        if (attr)
            b->attrs[b->n_attrs++] = *attr;
    }
    const char *x = seam_build_nodes(b, "Conv", inputs, *inputs[2] ? 3 : 2, NULL, 1);
    if (p->node->n_inputs == 4)
        x = seam_build_add(b, x, seam_plain_name(p, 3));
    const struct seam_onnx_tensor *const weight = seam_plain_input(p, 1)->constant;
    seam_plain_output(p)->channels = weight && weight->rank == 4 ? weight->dims[0] : 0;
    return fused_activation(p, x) != NULL;
}

/* The letters of a term: "nchw". */
struct term {
    char letters[5];
    size_t n;
};

static const char *read_term(const char *text, struct term *t)
{
    for (t->n = 0; *text && *text != ',' && *text != '-' && t->n < 5; text++)
        if (*text != ' ')
            t->letters[t->n++] = *text;
    return text;
}

/* A matrix over channels: "oc,nchw->nohw", its terms in either order. */
static bool einsum(struct seam_plain *p)
{
    struct term in[2], out;
    const char *text = read_term(seam_onnx_string(p->node, "equation", ""), &in[0]);
    if (p->node->n_inputs != 2 || *text++ != ',')
        return false;
    text = read_term(text, &in[1]);
    if (text[0] != '-' || text[1] != '>')
        return false;
    read_term(text + 2, &out);
    const int m = in[0].n == 2 ? 0 : 1, x = 1 - m;
    const struct seam_onnx_tensor *const w = seam_plain_input(p, (size_t)m)->constant;
    if (in[m].n != 2 || in[x].n != 4 || out.n != 4 || !w || w->rank != 2 ||
        w->type != SEAM_ONNX_FLOAT)
        return false;
    const char c = in[x].letters[1], o = out.letters[1];
    const bool rows = in[m].letters[0] == o && in[m].letters[1] == c;
    if (!rows && (in[m].letters[0] != c || in[m].letters[1] != o))
        return false;
    for (size_t i = 0; i < 4; i++)
        if (i != 1 &&
            (in[x].letters[i] != out.letters[i] || in[x].letters[i] == c || in[x].letters[i] == o))
            return false;
    const int64_t outs = w->dims[rows ? 0 : 1], ins = w->dims[rows ? 1 : 0];
    const uint8_t *data = w->data;
    if (!rows) {
        uint8_t *turned = seam_arena_alloc(&p->build.graph->arena, (size_t)w->count, 4);
        if (!turned)
            return seam_build_memory(&p->build), true;
        for (int64_t i = 0; i < ins * outs; i++)
            memcpy(turned + 4 * (i % outs * ins + i / outs), w->data + 4 * i, 4);
        data = turned;
    }
    const int64_t dims[4] = { outs, ins, 1, 1 };
    int64_t *copy = seam_arena_alloc(&p->build.graph->arena, 4, sizeof(*copy));
    if (!copy)
        return seam_build_memory(&p->build), true;
    memcpy(copy, dims, sizeof(dims));
    const char *const weight =
        seam_build_tensor(&p->build, &(struct seam_onnx_tensor){ .type = SEAM_ONNX_FLOAT,
                                                                 .rank = 4,
                                                                 .dims = copy,
                                                                 .count = w->count,
                                                                 .data = data,
                                                                 .size = w->size });
    seam_plain_output(p)->channels = outs;
    seam_plain_as_output(p);
    return seam_build_conv(&p->build, seam_plain_name(p, (size_t)x), weight, NULL,
                           &(struct seam_build_conv){ 0 });
}

/* Over axis 1 alone, which stays. */
static bool reduce_mean(struct seam_plain *p)
{
    const struct seam_onnx_attr *const attr = seam_onnx_attr(p->node, "axes");
    const struct seam_onnx_tensor *const input = seam_plain_input(p, 1)->constant;
    const int64_t channels = seam_plain_input(p, 0)->channels;
    double value;
    int64_t axis = 0;
    if (attr && attr->type == SEAM_ATTR_INTS && attr->n == 1)
        axis = attr->ints[0];
    else if (!input || input->count != 1 || !seam_onnx_element(input, 0, &value, &axis))
        return false;
    if ((axis != 1 && axis != -3) || channels < 1 || channels > 4096 ||
        !seam_onnx_int(p->node, "keepdims", 1))
        return false;
    seam_plain_output(p)->channels = 1;
    seam_plain_as_output(p);
    return seam_plain_mean(p, seam_plain_name(p, 0), channels) != NULL;
}

bool seam_plain_rule(struct seam_plain *p)
{
    if (p->node->n_outputs != 1)
        return false;
    if (*p->node->domain)
        return !strcmp(p->node->domain, "com.microsoft") &&
               ((is(p, "FusedConv") && fused_conv(p)) || (is(p, "Gelu") && gelu(p)) ||
                (is(p, "QuickGelu") && swish(p, 1.702f)));
    if (is(p, "Swish"))
        return swish(p, 1);
    if (is(p, "Mish"))
        return mish(p);
    if (is(p, "CastLike"))
        return cast_like(p);
    if (is(p, "DequantizeLinear"))
        return dequantise(p);
    if (is(p, "Einsum"))
        return einsum(p);
    return is(p, "ReduceMean") && reduce_mean(p);
}
