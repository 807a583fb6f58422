#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/common.h"
#include "base/log.h"
#include "graph/ensemble.h"
#include "graph/parts.h"
#include "graph/plain.h"
#include "graph/turn.h"

static const struct seam_turn turns[SEAM_ENSEMBLE] = {
    { false, false, false }, { false, true, false }, { false, false, true }, { false, true, true },
    { true, false, false },  { true, true, false },  { true, false, true },  { true, true, true },
};

/* No network spreads more, which only a broken file says. */
#define MOST_BLOCK 64
#define MOST_CHANNELS 65536
/* Channels that a kernel of all to all brings into another order. */
#define MOST_SHUFFLED 2048

/* What is known of a value, by its id. */
struct value {
    bool depends; /* on the picture */
    bool turned;  /* there is one for each copy */
    bool uniform; /* the same at every pixel, of what does not depend on it */
    int64_t channels; /* of what does; 0: not known */
    const struct seam_onnx_tensor *constant;
};

struct ensemble {
    struct seam_build build;
    struct seam_graph was;
    struct value *values;
    const struct seam_turn *turn; /* of the copy at hand */
    int copy;
};

enum way {
    WAY_POINT,   /* each pixel for itself, or all together */
    WAY_WINDOW,  /* has a kernel, strides and pads, and weights where it is a convolution */
    WAY_SHUFFLE, /* between channels and pixels of a block */
    WAY_RESIZE,
    WAY_PAD,
    WAY_CHANNELS, /* along an axis that must be the channels' */
};

static const struct {
    const char *op;
    enum way way;
} ways[] = {
    { "Abs", WAY_POINT },         { "Add", WAY_POINT },        { "BatchNormalization", WAY_POINT },
    { "Cast", WAY_POINT },        { "Ceil", WAY_POINT },       { "Clip", WAY_POINT },
    { "Div", WAY_POINT },         { "Dropout", WAY_POINT },    { "Elu", WAY_POINT },
    { "Erf", WAY_POINT },         { "Exp", WAY_POINT },        { "Floor", WAY_POINT },
    { "Gelu", WAY_POINT },        { "GlobalAveragePool", WAY_POINT },
    { "GlobalMaxPool", WAY_POINT },                            { "HardSigmoid", WAY_POINT },
    { "HardSwish", WAY_POINT },   { "Identity", WAY_POINT },
    { "InstanceNormalization", WAY_POINT },
    { "LeakyRelu", WAY_POINT },   { "Log", WAY_POINT },        { "Max", WAY_POINT },
    { "Mean", WAY_POINT },        { "Min", WAY_POINT },        { "Mul", WAY_POINT },
    { "Neg", WAY_POINT },         { "PRelu", WAY_POINT },      { "Pow", WAY_POINT },
    { "Reciprocal", WAY_POINT },  { "Relu", WAY_POINT },       { "Round", WAY_POINT },
    { "Selu", WAY_POINT },        { "Sigmoid", WAY_POINT },    { "Sign", WAY_POINT },
    { "Softplus", WAY_POINT },    { "Softsign", WAY_POINT },   { "Sqrt", WAY_POINT },
    { "Sub", WAY_POINT },         { "Sum", WAY_POINT },        { "Tanh", WAY_POINT },
    { "AveragePool", WAY_WINDOW }, { "Conv", WAY_WINDOW },     { "ConvTranspose", WAY_WINDOW },
    { "MaxPool", WAY_WINDOW },    { "DepthToSpace", WAY_SHUFFLE },
    { "SpaceToDepth", WAY_SHUFFLE },                           { "Resize", WAY_RESIZE },
    { "Upsample", WAY_RESIZE },   { "Pad", WAY_PAD },          { "Concat", WAY_CHANNELS },
    { "Slice", WAY_CHANNELS },    { "Split", WAY_CHANNELS },
};

static struct seam_arena *arena(struct ensemble *e)
{
    return &e->build.graph->arena;
}

static const struct value *value_of(const struct ensemble *e, int32_t id)
{
    static const struct value left_out = { .uniform = true };
    return id >= 0 ? &e->values[id] : &left_out;
}

static bool depends(const struct ensemble *e, const struct seam_onnx_node *node)
{
    for (size_t i = 0; i < node->n_inputs; i++)
        if (value_of(e, node->inputs[i])->depends)
            return true;
    return false;
}

static const struct seam_onnx_tensor *constant(const struct ensemble *e,
                                               const struct seam_onnx_node *node, size_t i)
{
    return i < node->n_inputs ? value_of(e, node->inputs[i])->constant : NULL;
}

static bool is_uniform(const struct seam_onnx_tensor *t)
{
    return (t->rank < 1 || t->dims[t->rank - 1] == 1) && (t->rank < 2 || t->dims[t->rank - 2] == 1);
}

/* Of a number that is given, [1, 1, 1, 1]. */
static bool is_number(const struct seam_onnx_value *v)
{
    for (int32_t i = 0; i < v->rank; i++)
        if (v->dims[i].size != 1)
            return false;
    return v->rank >= 0;
}

static bool find_way(const struct seam_onnx_node *node, enum way *way)
{
    for (size_t i = 0; i < SEAM_ARRAY_LEN(ways); i++)
        if (!*node->domain && !node->subgraph && strcmp(ways[i].op, node->op) == 0) {
            *way = ways[i].way;
            return true;
        }
    return false;
}

/* What a node that does not see the picture gives. */
static void know_constant(struct ensemble *e, const struct seam_onnx_node *node)
{
    const struct seam_onnx_attr *attr =
        strcmp(node->op, "Constant") == 0 ? seam_onnx_attr(node, "value") : NULL;
    struct value made = { 0 };
    enum way way;
    if (attr && attr->type == SEAM_ATTR_TENSOR) {
        made.constant = attr->tensor;
        made.uniform = is_uniform(attr->tensor);
    } else if (node->n_inputs > 0 && find_way(node, &way) && way == WAY_POINT) {
        made.uniform = true;
        for (size_t i = 0; i < node->n_inputs; i++)
            made.uniform = made.uniform && value_of(e, node->inputs[i])->uniform;
    }
    for (size_t i = 0; i < node->n_outputs; i++)
        if (node->outputs[i] >= 0)
            e->values[node->outputs[i]] = made;
}

/* How many channels come out of a node. */
static int64_t channels_of(const struct ensemble *e, const struct seam_onnx_node *node)
{
    const struct seam_onnx_tensor *weight = constant(e, node, 1);
    const int64_t block = seam_clamp(seam_onnx_int(node, "blocksize", 1), 1, MOST_BLOCK);
    int64_t most = 0, sum = 0;
    for (size_t i = 0; i < node->n_inputs; i++) {
        const struct value *v = value_of(e, node->inputs[i]);
        if (v->depends && v->channels == 0)
            return 0;
        most = seam_max(most, v->channels);
        sum += v->channels;
    }
    if (strcmp(node->op, "Conv") == 0)
        return weight && weight->rank == 4 ? weight->dims[0] : 0;
    if (strcmp(node->op, "ConvTranspose") == 0)
        return weight && weight->rank == 4 && weight->dims[1] <= MOST_CHANNELS
                   ? weight->dims[1] * seam_clamp(seam_onnx_int(node, "group", 1), 0, MOST_CHANNELS)
                   : 0;
    if (strcmp(node->op, "DepthToSpace") == 0)
        return most / (block * block);
    if (strcmp(node->op, "SpaceToDepth") == 0)
        return most * block * block;
    if (strcmp(node->op, "Split") == 0 || strcmp(node->op, "Slice") == 0)
        return 0;
    return strcmp(node->op, "Concat") == 0 ? sum : most;
}

static void know(struct ensemble *e, const char *picture)
{
    const struct seam_graph *g = &e->was;
    for (size_t i = 0; i < g->n_inputs; i++) {
        if (g->inputs[i].id < 0)
            continue;
        struct value *v = &e->values[g->inputs[i].id];
        v->depends = strcmp(g->inputs[i].name, picture) == 0;
        v->uniform = !v->depends && is_number(&g->inputs[i]);
        if (v->depends && g->inputs[i].rank == 4)
            v->channels = seam_clamp(g->inputs[i].dims[1].size, 0, MOST_CHANNELS);
    }
    for (size_t i = 0; i < g->n_initializers; i++) {
        if (g->initializer_ids[i] < 0)
            continue;
        struct value *v = &e->values[g->initializer_ids[i]];
        v->constant = &g->initializers[i];
        v->uniform = is_uniform(v->constant);
    }
    for (size_t n = 0; n < g->n_nodes; n++) {
        const struct seam_onnx_node *node = &g->nodes[n];
        if (!depends(e, node)) {
            know_constant(e, node);
            continue;
        }
        const int64_t said = channels_of(e, node), channels = said <= MOST_CHANNELS ? said : 0;
        for (size_t i = 0; i < node->n_outputs; i++)
            if (node->outputs[i] >= 0)
                e->values[node->outputs[i]] =
                    (struct value){ .depends = true, .turned = true, .channels = channels };
    }
}

static enum seam_result cannot(struct ensemble *e, const struct seam_onnx_node *node)
{
    if (e->build.result == SEAM_OK)
        e->build.result = seam_log_fail(
            e->build.log, SEAM_ERROR_MODEL,
            "%s: no ensemble can be made of this network: its node %s (%s) is not known to do the "
            "same to a turned picture; leave out --ensemble",
            e->was.path, node->name, node->op);
    return e->build.result;
}

/* A value as the copy calls it: what the picture has no part in is there once. */
static const char *called(struct ensemble *e, const char *name, bool own)
{
    const size_t room = strlen(name) + 24;
    char *text = own ? seam_arena_alloc(arena(e), room, 1) : NULL;
    if (!own)
        return name;
    if (!text)
        return seam_build_memory(&e->build);
    snprintf(text, room, "%s/turned_%d", name, e->copy);
    return text;
}

/* A constant of numbers in the place of input i. */
static bool replace(struct ensemble *e, const char **inputs, size_t i,
                    const struct seam_onnx_tensor *t)
{
    inputs[i] = t ? seam_build_tensor(&e->build, t) : seam_build_memory(&e->build);
    return inputs[i] != NULL;
}

static bool take_window(struct ensemble *e, struct seam_turned *t, const char **inputs)
{
    const bool pool = strstr(t->node->op, "Pool") != NULL;
    const struct seam_onnx_tensor *weight = pool ? NULL : constant(e, t->node, 1), *turned;
    if (!pool && (!weight || weight->rank != 4 || !weight->data))
        return false;
    t->weight = weight;
    if (!seam_turn_window(t))
        return false;
    if (!weight)
        return t->node->n_outputs == 1;
    turned = seam_turn_kernel(e->turn, weight, arena(e));
    return turned == weight || replace(e, inputs, 1, turned);
}

/* Of two numbers for height and width at `at` and at + 1, those of the turned picture. */
static const struct seam_onnx_tensor *swapped(struct ensemble *e, const struct seam_onnx_tensor *t,
                                              size_t first, size_t second)
{
    const size_t size = seam_onnx_type_size(t->type);
    struct seam_onnx_tensor *to = seam_arena_alloc(arena(e), 1, sizeof(*to));
    uint8_t *data = seam_arena_alloc(arena(e), (size_t)t->size, 1);
    if (!to || !data)
        return NULL;
    memcpy(data, t->data, (size_t)t->size);
    memcpy(data + first * size, t->data + second * size, size);
    memcpy(data + second * size, t->data + first * size, size);
    *to = *t;
    to->name = NULL;
    to->data = data;
    to->external = false;
    return to;
}

/* Nearest samples of a whole factor, and what is symmetric to the middle of each pixel. */
static bool is_symmetric(const struct seam_onnx_node *node, const struct seam_onnx_tensor *scales)
{
    const bool old = strcmp(node->op, "Upsample") == 0;
    const char *mode = seam_onnx_string(node, "mode", "nearest");
    const char *place = seam_onnx_string(node, "coordinate_transformation_mode",
                                         old ? "asymmetric" : "half_pixel");
    if (strcmp(mode, "nearest") != 0)
        return strstr(place, "half_pixel") != NULL || strcmp(place, "align_corners") == 0;
    for (uint64_t i = 0; i < scales->count; i++) {
        double scale;
        int64_t whole;
        if (!seam_onnx_element(scales, i, &scale, &whole) || scale != (double)whole || whole < 1)
            return false;
    }
    return strcmp(place, "asymmetric") != 0 || old ||
           strcmp(seam_onnx_string(node, "nearest_mode", ""), "floor") == 0;
}

static bool take_resize(struct ensemble *e, struct seam_turned *t, const char **inputs)
{
    const size_t at = strcmp(t->node->op, "Upsample") == 0 || e->was.opset < 11 ? 1 : 2;
    const struct seam_onnx_tensor *scales = constant(e, t->node, at);
    if (!scales || scales->count != 4 || !scales->data || t->node->n_inputs > at + 1 ||
        !is_symmetric(t->node, scales))
        return false;
    return !e->turn->transpose || replace(e, inputs, at, swapped(e, scales, 2, 3));
}

static bool take_pad(struct ensemble *e, struct seam_turned *t, const char **inputs)
{
    const struct seam_onnx_tensor *pads = constant(e, t->node, 1);
    const struct seam_turn *turn = e->turn;
    if (!pads || pads->count != 8 || !pads->data || t->node->n_inputs > 3)
        return false;
    if (turn->transpose && (pads = swapped(e, pads, 2, 3)))
        pads = swapped(e, pads, 6, 7);
    if (pads && turn->mirror_y)
        pads = swapped(e, pads, 2, 6);
    if (pads && turn->mirror_x)
        pads = swapped(e, pads, 3, 7);
    return pads == constant(e, t->node, 1) || replace(e, inputs, 1, pads);
}

static bool take_channels(struct ensemble *e, const struct seam_turned *t)
{
    double axis;
    int64_t whole;
    if (strcmp(t->node->op, "Slice") != 0)
        return seam_onnx_int(t->node, "axis", 0) == 1;
    const struct seam_onnx_tensor *axes = constant(e, t->node, 3);
    return axes && axes->count == 1 && seam_onnx_element(axes, 0, &axis, &whole) && whole == 1;
}

/* Operands that do not see the picture must be the same at every pixel. */
static bool take_point(struct ensemble *e, const struct seam_turned *t)
{
    const bool by_channel = strstr(t->node->op, "Normalization") != NULL;
    for (size_t i = 0; i < t->node->n_inputs; i++) {
        const struct value *v = value_of(e, t->node->inputs[i]);
        if (!v->depends && !v->uniform && !by_channel)
            return false;
    }
    return true;
}

static bool take(struct ensemble *e, struct seam_turned *t, enum way way, const char **inputs)
{
    switch (way) {
    case WAY_POINT: return take_point(e, t);
    case WAY_WINDOW: return take_window(e, t, inputs);
    case WAY_RESIZE: return take_resize(e, t, inputs);
    case WAY_PAD: return take_pad(e, t, inputs);
    case WAY_CHANNELS: return take_channels(e, t);
    case WAY_SHUFFLE: return true;
    }
    return false;
}

/* A convolution that puts the channels of `name` into the order of the turned blocks; it is called
 * `as`, where that is not NULL. */
static const char *reorder(struct ensemble *e, const struct seam_turned *t, const char *name,
                           const char *as)
{
    const int64_t block = seam_onnx_int(t->node, "blocksize", 1);
    const bool spreads = strcmp(t->node->op, "DepthToSpace") == 0;
    const int64_t all = value_of(e, spreads ? t->node->inputs[0] : t->node->outputs[0])->channels;
    if (block < 1 || block > MOST_BLOCK || all < 1 || all > MOST_SHUFFLED ||
        all % (block * block) != 0)
        return NULL;
    const char *weight = seam_build_floats(
        &e->build, NULL, seam_turn_shuffle(t, block, all / (block * block)),
        (const int64_t[]){ all, all, 1, 1 }, 4);
    if (as)
        seam_build_name(&e->build, "%s", as);
    return seam_build_conv(&e->build, name, weight, NULL, &(struct seam_build_conv){ 0 });
}

/* Push the node as it is for the turned picture. */
static enum seam_result push(struct ensemble *e, const struct seam_onnx_node *node)
{
    enum way way;
    if (!find_way(node, &way) || node->n_outputs == 0)
        return cannot(e, node);
    struct seam_onnx_node made = *node;
    const char **inputs = seam_arena_alloc(arena(e), node->n_inputs, sizeof(*inputs));
    const char **outputs = seam_arena_alloc(arena(e), node->n_outputs, sizeof(*outputs));
    struct seam_onnx_attr *attrs = seam_arena_alloc(arena(e), node->n_attrs + 1, sizeof(*attrs));
    made.inputs = seam_arena_alloc(arena(e), node->n_inputs, sizeof(*made.inputs));
    made.outputs = seam_arena_alloc(arena(e), node->n_outputs, sizeof(*made.outputs));
    if (!inputs || !outputs || !attrs || !made.inputs || !made.outputs)
        return seam_build_memory(&e->build), e->build.result;
    for (size_t i = 0; i < node->n_inputs; i++)
        inputs[i] = called(e, node->input_names[i], value_of(e, node->inputs[i])->turned);
    for (size_t i = 0; i < node->n_outputs; i++)
        outputs[i] = called(e, node->output_names[i], *node->output_names[i] != '\0');
    for (size_t i = 0; i < node->n_attrs; i++)
        attrs[i] = node->attrs[i];
    struct seam_turned t = { .turn = e->turn, .node = node, .attrs = attrs,
                             .n_attrs = node->n_attrs, .arena = arena(e) };
    const char *last = outputs[0];
    if (!take(e, &t, way, inputs))
        return cannot(e, node);
    const bool shuffled = way == WAY_SHUFFLE && e->copy > 0;
    if (shuffled && strcmp(node->op, "DepthToSpace") == 0)
        inputs[0] = reorder(e, &t, inputs[0], NULL);
    else if (shuffled)
        outputs[0] = called(e, "raw", true);
    made.name = outputs[0];
    made.input_names = inputs;
    made.output_names = outputs;
    made.attrs = attrs;
    made.n_attrs = t.n_attrs;
    if (!inputs[0])
        return cannot(e, node);
    seam_build_push(&e->build, &made);
    if (last != outputs[0] && !reorder(e, &t, outputs[0], last))
        return cannot(e, node);
    return e->build.result;
}

/* One copy; the names of its outputs are added to the sums. */
static enum seam_result copy(struct ensemble *e, const char **sums)
{
    const struct seam_graph *was = &e->was;
    const bool last = e->copy == SEAM_ENSEMBLE - 1;
    for (size_t n = 0; n < was->n_nodes; n++)
        if (depends(e, &was->nodes[n]) && push(e, &was->nodes[n]) != SEAM_OK)
            return e->build.result;
    for (size_t i = 0; i < was->n_outputs; i++) {
        const char *one = called(e, was->outputs[i].name, true);
        if (!value_of(e, was->outputs[i].id)->turned)
            continue;
        sums[i] = sums[i] ? seam_build_add(&e->build, sums[i], one) : one;
        if (!last)
            continue;
        seam_build_name(&e->build, "%s", was->outputs[i].name);
        seam_build_mul(&e->build, sums[i], seam_build_scalar(&e->build, 1.0F / SEAM_ENSEMBLE));
    }
    return e->build.result;
}

static bool is_square(const struct seam_onnx_value *picture)
{
    const int64_t height = picture->rank == 4 ? picture->dims[2].size : -1;
    const int64_t width = picture->rank == 4 ? picture->dims[3].size : -1;
    return height == width;
}

static enum seam_result make(struct ensemble *e, const char **sums)
{
    const struct seam_graph *was = &e->was;
    for (size_t n = 0; n < was->n_nodes; n++)
        if (!depends(e, &was->nodes[n]))
            seam_build_push(&e->build, &was->nodes[n]);
    for (e->copy = 0; e->copy < SEAM_ENSEMBLE && e->build.result == SEAM_OK; e->copy++) {
        e->turn = &turns[e->copy];
        copy(e, sums);
    }
    if (e->build.result == SEAM_OK && !seam_graph_number(e->build.graph))
        seam_build_memory(&e->build);
    return e->build.result;
}

enum seam_result seam_graph_ensemble(struct seam_graph *graph, const char *picture,
                                     struct seam_log *log)
{
    struct ensemble e = { .was = *graph };
    for (size_t i = 0; i < graph->n_inputs; i++)
        if (strcmp(graph->inputs[i].name, picture) == 0 && !is_square(&graph->inputs[i]))
            return seam_log_fail(log, SEAM_ERROR_MODEL,
                                 "%s takes pictures of one size that is not square, which cannot "
                                 "be turned: leave out --ensemble", graph->path);
    e.values = calloc(graph->n_values + 1, sizeof(*e.values));
    const char **sums = calloc(graph->n_outputs + 1, sizeof(*sums));
    enum seam_result r = SEAM_ERROR_MEMORY;
    if (e.values && sums) {
        know(&e, picture);
        seam_build_init(&e.build, graph, log);
        e.build.tag = "turned_";
        graph->n_nodes = 0;
        graph->nodes = NULL;
        r = make(&e, sums);
    } else {
        seam_log_fail(log, r, "%s: no memory for the ensemble", graph->path);
    }
    /* What is in the file is no longer what runs. */
    graph->onnx = NULL;
    graph->onnx_size = 0;
    if (r == SEAM_OK && !seam_plain_writable(graph))
        r = seam_log_fail(log, SEAM_ERROR_MODEL,
                          "%s: no ensemble can be made of this network: it has graphs inside nodes",
                          graph->path);
    free(e.values);
    free(sums);
    return r;
}
