/*
 * What is computed with channels last, as Keras exports it: each such value has a twin with
 * channels first, and what is done to one pixel by pixel is done to the other. The value itself is
 * there still, as a Transpose of its twin, for those that need it.
 */
#include <string.h>

#include "base/common.h"
#include "graph/plain.h"

static bool is(const struct seam_plain *p, const char *op)
{
    return !*p->node->domain && !strcmp(p->node->op, op);
}

static bool has_perm(const struct seam_plain *p, const int64_t *perm)
{
    const struct seam_onnx_attr *const attr = seam_onnx_attr(p->node, "perm");
    return attr && attr->type == SEAM_ATTR_INTS && attr->n == 4 &&
           !memcmp(attr->ints, perm, 4 * sizeof(*perm));
}

static const int64_t to_last[4] = { 0, 2, 3, 1 }, to_first[4] = { 0, 3, 1, 2 };

/* The value at hand is `twin` with channels last. */
static bool make_last(struct seam_plain *p, const char *twin, int64_t channels)
{
    struct seam_plain_value *const out = seam_plain_output(p);
    out->twin = twin;
    out->channels = channels;
    seam_build_ints(&p->build, "perm", to_last, 4);
    seam_plain_as_output(p);
    return seam_build_node(&p->build, "Transpose", twin) != NULL;
}

static bool transpose(struct seam_plain *p)
{
    const struct seam_plain_value x = *seam_plain_input(p, 0);
    if (has_perm(p, to_last)) {
        seam_plain_output(p)->twin = seam_plain_name(p, 0);
        seam_plain_output(p)->channels = x.channels;
        return false; /* it stays as it is */
    }
    if (!x.twin || !has_perm(p, to_first))
        return false;
    seam_plain_output(p)->channels = x.channels;
    seam_plain_as_output(p);
    return seam_build_node(&p->build, "Identity", x.twin) != NULL;
}

/* A constant along the last axis, with channels first: [c] and [1, 1, c] become [c, 1, 1]. */
static const char *constant_first(struct seam_plain *p, size_t k)
{
    const struct seam_onnx_tensor *const t = seam_plain_input(p, k)->constant;
    if (!t || t->rank > 4 || !t->data)
        return NULL;
    if (t->count == 1)
        return seam_plain_name(p, k);
    if (t->rank < 1 || (uint64_t)t->dims[t->rank - 1] != t->count)
        return NULL;
    int64_t *dims = seam_arena_alloc(&p->build.graph->arena, 3, sizeof(*dims));
    if (!dims)
        return seam_build_memory(&p->build);
    dims[0] = (int64_t)t->count;
    dims[1] = dims[2] = 1;
    struct seam_onnx_tensor turned = *t;
    turned.name = NULL;
    turned.rank = 3;
    turned.dims = dims;
    return seam_build_tensor(&p->build, &turned);
}

static bool is_pointwise(const struct seam_plain *p)
{
    static const char *const ops[] = { "Abs",       "Add",  "Div",         "Elu",       "Erf",
                                       "Exp",       "Gelu", "HardSigmoid", "HardSwish", "Identity",
                                       "LeakyRelu", "Max",  "Min",         "Mul",       "Neg",
                                       "PRelu",     "Pow",  "Relu",        "Selu",      "Sigmoid",
                                       "Softplus",  "Sqrt", "Sub",         "Tanh",      "Clip" };
    for (size_t i = 0; i < SEAM_ARRAY_LEN(ops); i++)
        if (is(p, ops[i]))
            return p->node->n_inputs >= 1 && p->node->n_inputs <= 3 && p->node->n_outputs == 1;
    return false;
}

/* Pixel by pixel, on the twins. */
static bool pointwise(struct seam_plain *p)
{
    struct seam_build *const b = &p->build;
    const char *inputs[3];
    int64_t channels = 0;
    bool twins = false;
    for (size_t k = 0; k < p->node->n_inputs; k++) {
        const struct seam_plain_value v = *seam_plain_input(p, k);
        twins |= v.twin != NULL;
        if (!v.twin && !v.constant && *p->node->input_names[k])
            return false; /* a picture of another kind */
        channels = v.twin ? seam_max(channels, v.channels) : channels;
    }
    for (size_t k = 0; twins && k < p->node->n_inputs; k++) {
        const struct seam_plain_value v = *seam_plain_input(p, k);
        inputs[k] = v.twin ? v.twin : *p->node->input_names[k] ? constant_first(p, k) : "";
        if (!inputs[k])
            return false;
    }
    if (!twins || p->node->n_attrs > SEAM_ARRAY_LEN(b->attrs))
        return false;
    memcpy(b->attrs, p->node->attrs, p->node->n_attrs * sizeof(*b->attrs));
    b->n_attrs = p->node->n_attrs;
    const char *const y = seam_build_nodes(b, p->node->op, inputs, p->node->n_inputs, NULL, 1);
    return make_last(p, y, channels);
}

/* Over the last axis of a picture whose twin is known: (x - mean) / sqrt(mean((x - mean)^2) +
 * epsilon). */
static bool layer_norm(struct seam_plain *p)
{
    struct seam_build *const b = &p->build;
    const char *const x = seam_plain_input(p, 0)->twin;
    const struct seam_onnx_tensor *const scale = seam_plain_input(p, 1)->constant;
    const int64_t axis = seam_onnx_int(p->node, "axis", -1);
    if (!x || !scale || scale->rank != 1 || scale->count > 4096 || (axis != -1 && axis != 3) ||
        p->node->n_outputs != 1)
        return false;
    const int64_t channels = (int64_t)scale->count;
    const bool biased = p->node->n_inputs > 2 && *p->node->input_names[2];
    const char *const factor = constant_first(p, 1);
    const char *const bias = biased ? constant_first(p, 2) : NULL;
    const struct seam_onnx_attr *const epsilon = seam_onnx_attr(p->node, "epsilon");
    if (!factor || (biased && !bias))
        return false;
    const char *const mean = seam_plain_mean(p, x, channels);
    const char *const rest = seam_build_node(b, "Sub", x, mean);
    const char *const spread = seam_plain_mean(p, seam_build_mul(b, rest, rest), channels);
    const char *const safe =
        seam_build_add(b, spread, seam_build_scalar(b, epsilon ? epsilon->f : 1e-5f));
    const char *y = seam_build_node(b, "Div", rest, seam_build_node(b, "Sqrt", safe));
    y = seam_build_mul(b, y, factor);
    return make_last(p, bias ? seam_build_add(b, y, bias) : y, channels);
}

/* The same without the mean: x / sqrt(mean(x^2) + epsilon). */
static bool rms_norm(struct seam_plain *p)
{
    struct seam_build *const b = &p->build;
    const char *const x = seam_plain_input(p, 0)->twin;
    const struct seam_onnx_tensor *const scale = seam_plain_input(p, 1)->constant;
    const int64_t axis = seam_onnx_int(p->node, "axis", -1);
    const struct seam_onnx_attr *const epsilon = seam_onnx_attr(p->node, "epsilon");
    if (!x || !scale || scale->rank != 1 || scale->count > 4096 || (axis != -1 && axis != 3))
        return false;
    const int64_t channels = (int64_t)scale->count;
    const char *const factor = constant_first(p, 1);
    const char *const spread = seam_plain_mean(p, seam_build_mul(b, x, x), channels);
    const char *const safe =
        seam_build_add(b, spread, seam_build_scalar(b, epsilon ? epsilon->f : 1e-5f));
    const char *const y = seam_build_node(b, "Div", x, seam_build_node(b, "Sqrt", safe));
    return make_last(p, seam_build_mul(b, y, factor), channels);
}

/* A matrix over the last axis is a convolution of one pixel over the twin's channels. */
static bool matrix(struct seam_plain *p)
{
    const char *const x = seam_plain_input(p, 0)->twin;
    const struct seam_onnx_tensor *const w = seam_plain_input(p, 1)->constant;
    if (!x || !w || w->rank != 2 || w->type != SEAM_ONNX_FLOAT || !w->data)
        return false;
    const int64_t in = w->dims[0], out = w->dims[1];
    uint8_t *turned = seam_arena_alloc(&p->build.graph->arena, (size_t)w->count, 4);
    int64_t *dims = seam_arena_alloc(&p->build.graph->arena, 4, sizeof(*dims));
    if (!turned || !dims)
        return seam_build_memory(&p->build), true;
    for (int64_t i = 0; i < in * out; i++)
        memcpy(turned + 4 * (i % out * in + i / out), w->data + 4 * i, 4);
    dims[0] = out;
    dims[1] = in;
    dims[2] = dims[3] = 1;
    const char *const weight =
        seam_build_tensor(&p->build, &(struct seam_onnx_tensor){ .type = SEAM_ONNX_FLOAT,
                                                                 .rank = 4,
                                                                 .dims = dims,
                                                                 .count = w->count,
                                                                 .data = turned,
                                                                 .size = w->size });
    return make_last(p, seam_build_conv(&p->build, x, weight, NULL, &(struct seam_build_conv){ 0 }),
                     out);
}

/* A constant input of one axis: the last of a picture's. */
static bool takes_last(struct seam_plain *p, size_t k)
{
    const struct seam_onnx_tensor *const t = seam_plain_input(p, k)->constant;
    double value;
    int64_t axis;
    return t && t->count == 1 && seam_onnx_element(t, 0, &value, &axis) &&
           (axis == -1 || axis == 3);
}

static bool axis_is_last(const struct seam_plain *p, int64_t otherwise)
{
    const int64_t axis = seam_onnx_int(p->node, "axis", otherwise);
    return axis == -1 || axis == 3;
}

/* Along the channels; all parts have twins. */
static bool split(struct seam_plain *p)
{
    struct seam_build *const b = &p->build;
    const struct seam_onnx_node *const node = p->node;
    const struct seam_onnx_attr *const sizes = seam_onnx_attr(node, "split");
    const char *const x = seam_plain_input(p, 0)->twin, *parts[8];
    const char *const inputs[2] = { x, seam_plain_name(p, 1) };
    if (!x || !axis_is_last(p, 0) || node->n_outputs > SEAM_ARRAY_LEN(parts))
        return false;
    seam_build_int(b, "axis", 1);
    if (sizes && sizes->type == SEAM_ATTR_INTS)
        seam_build_ints(b, "split", sizes->ints, sizes->n);
    if (seam_onnx_attr(node, "num_outputs"))
        seam_build_int(b, "num_outputs", (int64_t)node->n_outputs);
    seam_build_nodes(b, "Split", inputs, *inputs[1] ? 2 : 1, parts, node->n_outputs);
    for (size_t k = 0; k < node->n_outputs && b->result == SEAM_OK; k++) {
        if (node->outputs[k] < 0)
            continue;
        p->values[node->outputs[k]].twin = parts[k];
        seam_build_ints(b, "perm", to_last, 4);
        seam_build_name(b, "%s", node->output_names[k]);
        seam_build_node(b, "Transpose", parts[k]);
    }
    return true;
}

/* Some of the channels. */
static bool slice(struct seam_plain *p)
{
    struct seam_build *const b = &p->build;
    const char *const x = seam_plain_input(p, 0)->twin;
    if (!x || p->node->n_inputs < 4 || !takes_last(p, 3))
        return false;
    const char *const axes = seam_build_list(b, &(int64_t){ 1 }, 1);
    const char *const inputs[5] = { x, seam_plain_name(p, 1), seam_plain_name(p, 2), axes,
                                    seam_plain_name(p, 4) };
    return make_last(p, seam_build_nodes(b, "Slice", inputs, *inputs[4] ? 5 : 4, NULL, 1), 0);
}

static bool concat(struct seam_plain *p)
{
    const char *inputs[8];
    int64_t channels = 0;
    if (!axis_is_last(p, 0) || p->node->n_inputs > SEAM_ARRAY_LEN(inputs))
        return false;
    for (size_t k = 0; k < p->node->n_inputs; k++) {
        const struct seam_plain_value *const v = seam_plain_input(p, k);
        if (!(inputs[k] = v->twin))
            return false;
        channels = v->channels && (channels || !k) ? channels + v->channels : 0;
    }
    seam_build_int(&p->build, "axis", 1);
    return make_last(
        p, seam_build_nodes(&p->build, "Concat", inputs, p->node->n_inputs, NULL, 1), channels);
}

bool seam_plain_nhwc(struct seam_plain *p)
{
    if (p->node->n_outputs < 1)
        return false;
    if (is(p, "Transpose"))
        return transpose(p);
    if (is(p, "LayerNormalization"))
        return layer_norm(p);
    if (is(p, "RMSNormalization"))
        return rms_norm(p);
    if (is(p, "MatMul"))
        return matrix(p);
    if (is(p, "Split"))
        return split(p);
    if (is(p, "Slice"))
        return slice(p);
    if (is(p, "Concat"))
        return concat(p);
    return is_pointwise(p) && pointwise(p);
}
