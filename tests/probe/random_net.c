#include <stdio.h>
#include <string.h>

#include "random_net.h"

#define END "9223372036854775807"

struct net {
    struct onnx_builder *b;
    uint64_t state;
    int layer;        /* makes names of weights unique */
    char from[24], to[24];
};

static int draw(struct net *n, int below)
{
    n->state = n->state * 6364136223846793005u + 1442695040888963407u;
    return (int)((n->state >> 33) % (uint32_t)below);
}

/* One node from n->from (and the names behind it) to n->to. */
static void node(struct net *n, const char *op, const char *more, const char *attributes)
{
    char inputs[128];
    snprintf(inputs, sizeof(inputs), "%s %s", n->from, more);
    onnx_node(n->b, op, inputs, n->to, attributes);
}

/* A name for this layer. */
static const char *own(struct net *n, const char *what, char *name, size_t room)
{
    snprintf(name, room, "%s%d", what, n->layer);
    return name;
}

static void kernel_weights(struct net *n, int kernel, char *name, size_t room)
{
    char dims[32];
    snprintf(dims, sizeof(dims), "4,4,%d,%d", kernel, kernel);
    onnx_weights(n->b, own(n, "w", name, room), dims);
}

static void layer_conv(struct net *n)
{
    char w[24], attributes[96];
    int k = 1 + draw(n, 5), s = draw(n, 2) ? 1 : 1 + draw(n, 3), d = 1 + draw(n, 2);
    int before = draw(n, k), behind = draw(n, k);
    kernel_weights(n, k, w, sizeof(w));
    snprintf(attributes, sizeof(attributes), "strides=[%d,%d] dilations=[%d,%d] pads=[%d,%d,%d,%d]",
             s, s, d, d, before, before, behind, behind);
    node(n, "Conv", w, attributes);
}

static void layer_transposed(struct net *n)
{
    char w[24], attributes[96];
    int s = 1 + draw(n, 3), k = s + draw(n, 4), more = s > 1 ? draw(n, s) : 0;
    int before = draw(n, k), behind = draw(n, k);
    kernel_weights(n, k, w, sizeof(w));
    snprintf(attributes, sizeof(attributes),
             "strides=[%d,%d] pads=[%d,%d,%d,%d] output_padding=[%d,%d]", s, s, before, before,
             behind, behind, more, more);
    node(n, "ConvTranspose", w, attributes);
}

static void layer_pool(struct net *n)
{
    char attributes[96];
    int k = 2 + draw(n, 3), s = 1 + draw(n, 3), pad = draw(n, 2), ceil = draw(n, 2);
    snprintf(attributes, sizeof(attributes),
             "kernel_shape=[%d,%d] strides=[%d,%d] pads=[%d,%d,%d,%d] ceil_mode=%d", k, k, s, s,
             pad, pad, pad, pad, ceil);
    node(n, draw(n, 2) ? "MaxPool" : "AveragePool", "", attributes);
}

static void layer_resize(struct net *n)
{
    static const char *const ratios[] = { "2", "3", "0.5", "1.5", "4", "0.75", "1.25" };
    static const char *const modes[] = { "nearest", "linear", "cubic" };
    static const char *const places[] = { "half_pixel", "asymmetric", "pytorch_half_pixel" };
    static const char *const turns[] = { "floor", "ceil", "round_prefer_floor",
                                         "round_prefer_ceil" };
    char s[24], list[32], more[32], attributes[128];
    const char *ratio = ratios[draw(n, 7)];
    snprintf(list, sizeof(list), "1,1,%s,%s", ratio, ratio);
    onnx_floats(n->b, own(n, "s", s, sizeof(s)), list);
    snprintf(more, sizeof(more), "_ %s", s);
    snprintf(attributes, sizeof(attributes),
             "mode='%s' coordinate_transformation_mode='%s' nearest_mode='%s'", modes[draw(n, 3)],
             places[draw(n, 3)], turns[draw(n, 4)]);
    node(n, "Resize", more, attributes);
}

static void layer_crop(struct net *n)
{
    char s[24], e[24], list[64], more[64];
    int start = draw(n, 4), end = draw(n, 4);
    snprintf(list, sizeof(list), "%d,%d", start, start);
    onnx_ints(n->b, own(n, "s", s, sizeof(s)), list);
    snprintf(list, sizeof(list), "-%d,-%d", end, end);
    onnx_ints(n->b, own(n, "e", e, sizeof(e)), end ? list : END "," END);
    snprintf(more, sizeof(more), "%s %s both", s, e);
    node(n, "Slice", more, "");
}

static void layer_pad(struct net *n)
{
    static const char *const modes[] = { "mode='constant'", "mode='reflect'", "mode='edge'" };
    char p[24], list[64];
    int before = draw(n, 5), behind = draw(n, 5);
    snprintf(list, sizeof(list), "0,0,%d,%d,0,0,%d,%d", before, before, behind, behind);
    onnx_ints(n->b, own(n, "p", p, sizeof(p)), list);
    node(n, "Pad", p, modes[draw(n, 3)]);
}

/* What leaves at one border comes in at the other. */
static void layer_roll(struct net *n)
{
    char at[24], value[16], front[24], back[24], inputs[64], more[64];
    int by = 1 + draw(n, 4), wide = draw(n, 2);
    const char *axis = wide ? "three" : "two";
    snprintf(value, sizeof(value), "%d", draw(n, 2) ? by : -by);
    onnx_ints(n->b, own(n, "at", at, sizeof(at)), value);
    own(n, "front", front, sizeof(front));
    own(n, "back", back, sizeof(back));
    snprintf(inputs, sizeof(inputs), "%s %s end %s", n->from, at, axis);
    onnx_node(n->b, "Slice", inputs, back, "");
    snprintf(inputs, sizeof(inputs), "%s zero %s %s", n->from, at, axis);
    onnx_node(n->b, "Slice", inputs, front, "");
    snprintf(more, sizeof(more), "%s %s", back, front);
    onnx_node(n->b, "Concat", more, n->to, wide ? "axis=3" : "axis=2");
}

static void layer_shuffled(struct net *n)
{
    char w[24], deep[24], conv[24], inputs[64];
    own(n, "deep", deep, sizeof(deep));
    own(n, "conv", conv, sizeof(conv));
    onnx_weights(n->b, own(n, "w", w, sizeof(w)), "16,16,3,3");
    onnx_node(n->b, "SpaceToDepth", n->from, deep, "blocksize=2");
    snprintf(inputs, sizeof(inputs), "%s %s", deep, w);
    onnx_node(n->b, "Conv", inputs, conv, "pads=[1,1,1,1]");
    onnx_node(n->b, "DepthToSpace", conv, n->to, "blocksize=2");
}

static void layer_residual(struct net *n)
{
    char w[24], conv[24], inputs[64];
    kernel_weights(n, 3, w, sizeof(w));
    own(n, "conv", conv, sizeof(conv));
    snprintf(inputs, sizeof(inputs), "%s %s", n->from, w);
    onnx_node(n->b, "Conv", inputs, conv, "pads=[1,1,1,1]");
    node(n, "Add", conv, "");
}

void random_net_build(uint32_t seed, struct onnx_builder *b)
{
    static void (*const layers[])(struct net *n) = {
        layer_conv, layer_conv, layer_transposed, layer_pool,     layer_resize,
        layer_crop, layer_pad,  layer_roll,       layer_shuffled, layer_residual,
    };
    struct net n = { .b = b, .state = seed, .from = "x" };
    onnx_begin(b, 13);
    onnx_input(b, "x", "1,4,h,w");
    onnx_ints(b, "both", "2,3");
    onnx_ints(b, "two", "2");
    onnx_ints(b, "three", "3");
    onnx_ints(b, "zero", "0");
    onnx_ints(b, "end", END);
    draw(&n, 2);
    int count = 2 + draw(&n, 5);
    for (; n.layer < count; n.layer++) {
        snprintf(n.to, sizeof(n.to), "t%d", n.layer);
        layers[draw(&n, (int)(sizeof(layers) / sizeof(layers[0])))](&n);
        memcpy(n.from, n.to, sizeof(n.from));
    }
    onnx_node(b, "Identity", n.from, "y", "");
    onnx_output(b, "y", "n,c,hy,wy");
}
