/*
 * The native engine against ONNX Runtime, on whole pictures of odd sizes, each network with its own
 * borders: what an operator means is told by the other engine alone.
 */
#include <glib.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/common.h"
#include "engine/native/flow.h"
#include "field/sym.h"
#include "model_cases.h"
#include "model_test.h"
#include "probe.h"
#include "random_net.h"

/* As exporters write them: windows of 4 x 4, and a linear layer of each of their pixels. */
#define WINDOWS_BEGIN                                                                              \
    "Transpose x > t : perm=[0,2,3,1]; Shape t > s; i four 4; i one 1; i i1 1; i i2 2; "           \
    "Gather s i1 > h; Gather s i2 > wd; Div h four > hn; Div wd four > wn; "                       \
    "Concat one hn four wn four four > ws : axis=0; Reshape t ws > r; "                            \
    "Transpose r > q : perm=[0,1,3,2,4,5]; i ps -1,16,4; Reshape q ps > p; "                       \
    "w l 4,12; w lb 12; MatMul p l > f0; Add f0 lb > f; "
/* And back from `o`, [windows, heads, pixels, channels], with another. */
#define WINDOWS_END                                                                                \
    "Transpose o > o1 : perm=[0,2,1,3]; Reshape o1 ps > o2; w m 4,4; w mb 4; MatMul o2 m > o3; "   \
    "Add mb o3 > o4; Concat one hn wn four four four > us : axis=0; Reshape o4 us > u; "           \
    "Transpose u > v : perm=[0,1,3,2,4,5]; Concat one h wd four > fs : axis=0; "                   \
    "Reshape v fs > z; Add t z > z1; Transpose z1 > y : perm=[0,3,1,2]"

/* Which of the 7 x 7 ways from one pixel of such a window to another each pair takes. */
#define PLACES \
    "24,23,22,21,17,16,15,14,10,9,8,7,3,2,1,0," \
    "25,24,23,22,18,17,16,15,11,10,9,8,4,3,2,1," \
    "26,25,24,23,19,18,17,16,12,11,10,9,5,4,3,2," \
    "27,26,25,24,20,19,18,17,13,12,11,10,6,5,4,3," \
    "31,30,29,28,24,23,22,21,17,16,15,14,10,9,8,7," \
    "32,31,30,29,25,24,23,22,18,17,16,15,11,10,9,8," \
    "33,32,31,30,26,25,24,23,19,18,17,16,12,11,10,9," \
    "34,33,32,31,27,26,25,24,20,19,18,17,13,12,11,10," \
    "38,37,36,35,31,30,29,28,24,23,22,21,17,16,15,14," \
    "39,38,37,36,32,31,30,29,25,24,23,22,18,17,16,15," \
    "40,39,38,37,33,32,31,30,26,25,24,23,19,18,17,16," \
    "41,40,39,38,34,33,32,31,27,26,25,24,20,19,18,17," \
    "45,44,43,42,38,37,36,35,31,30,29,28,24,23,22,21," \
    "46,45,44,43,39,38,37,36,32,31,30,29,25,24,23,22," \
    "47,46,45,44,40,39,38,37,33,32,31,30,26,25,24,23," \
    "48,47,46,45,41,40,39,38,34,33,32,31,27,26,25,24"

/* What the analysis has no case for. */
static const struct model_case more[] = {
    { .name = "windows-of-heads", .opset = 13,
      .graph = WINDOWS_BEGIN
      "i qs -1,16,3,2,2; Reshape f qs > g; Transpose g > a : perm=[2,0,3,1,4]; i n0 0; i n1 1; "
      "i n2 -1; Gather a n0 > q0; Gather a n1 > k0; Gather a n2 > v0; i z0 0; Squeeze q0 z0 > qq; "
      "Squeeze k0 z0 > kk; Squeeze v0 z0 > vv; c sc  0.7; Mul qq sc > qm; "
      "Transpose kk > kt : perm=[0,1,3,2]; MatMul qm kt > m0; w pb 2,16,16; Add m0 pb > m1; "
      "Softmax m1 > sm : axis=-1; MatMul sm vv > o; " WINDOWS_END },
    { .name = "windows-by-einsum", .opset = 13,
      .graph = WINDOWS_BEGIN
      "i c0 0; i c4 4; i c8 8; i c12 12; i ca 2; Slice f c0 c4 ca > q1; Slice f c4 c8 ca > k1; "
      "Slice f c8 c12 ca > v1; i hs -1,16,2,2; Reshape q1 hs > q2; Reshape k1 hs > k2; "
      "Reshape v1 hs > v2; Transpose q2 > qq : perm=[0,2,1,3]; Transpose k2 > kk : perm=[0,2,1,3]; "
      "Transpose v2 > vv : perm=[0,2,1,3]; Einsum qq kk > m0 : equation='bijc,bikc->bijk'; "
      "c sc  0.7; Mul m0 sc > m1; Softmax m1 > sm : axis=-1; "
      "Einsum sm vv > o : equation='bijk,bikc->bijc'; " WINDOWS_END },
    /* Channels of queries, keys and values that lie apart, and the picture rolled and back. */
    { .name = "windows-rolled", .opset = 13,
      .graph = "Transpose x > t : perm=[0,2,3,1]; w l 4,12; MatMul t l > f; i ds 0,0,0,3,4; "
               "Reshape f ds > f5; Transpose f5 > g : perm=[3,0,1,2,4]; i z 0; i p1 1; i p2 2; "
               "i p3 3; i m2 -2; i m3 -3; i p4 4; i big 2147483647; i a2 2; i a3 3; i a4 4; "
               "Slice g z p2 a4 > ga; Slice g p2 p4 a4 > gb; "
               "Slice ga p1 big a2 > r0; Slice ga z p1 a2 > r1; Concat r0 r1 > r2 : axis=2; "
               "Slice r2 p3 big a3 > r3; Slice r2 z p3 a3 > r4; Concat r3 r4 > r5 : axis=3; "
               "Gather r5 z > q0 : axis=0; Gather r5 p1 > k0 : axis=0; Gather r5 p2 > v0 : axis=0; "
               "Squeeze q0 z > q; Squeeze k0 z > k; Squeeze v0 z > v; Mul q k > qk; "
               "Add qk v > s; i m1 -1; Slice s m1 big p1 > s0; Slice s z m1 p1 > s1; "
               "Concat s0 s1 > s2 : axis=1; Slice s2 m3 big p2 > s3; Slice s2 z m3 p2 > s4; "
               "Concat s3 s4 > s5 : axis=2; Gather gb p1 > h0 : axis=0; Squeeze h0 z > h; "
               "Concat s5 h > o : axis=-1; Transpose o > y : perm=[0,3,1,2]" },
    /* A table that a small network makes of how far pixels lie apart. */
    { .name = "windows-learned", .opset = 13,
      .graph = WINDOWS_BEGIN
      "i qs -1,16,3,2,2; Reshape f qs > g; Transpose g > a : perm=[2,0,3,1,4]; i n0 0; i n1 1; "
      "i n2 -1; Gather a n0 > q0; Gather a n1 > k0; Gather a n2 > v0; i z0 0; Squeeze q0 z0 > qq; "
      "Squeeze k0 z0 > kk; Squeeze v0 z0 > vv; c sc  0.7; Mul qq sc > qm; "
      "Transpose kk > kt : perm=[0,1,3,2]; MatMul qm kt > m0; "
      "w far 49,2; w g1 3,2; w b1 3; Gemm far g1 b1 > h1 : transB=1; "
      "ReduceMean h1 > u1 : axes=[-1]; Sub h1 u1 > u2; c sq  2; Pow u2 sq > u3; "
      "ReduceMean u3 > u4 : axes=[-1]; c ep  0.00001; Add u4 ep > u5; Sqrt u5 > u6; "
      "Div u2 u6 > u7; "
      "w sl 3; Mul u7 sl > u8; w bl 3; Add u8 bl > u9; Relu u9 > h2; w g2 3,2; MatMul h2 g2 > h3; "
      "i places " PLACES "; Gather h3 places > h4 : axis=0; i ts 16,16,2; Reshape h4 ts > h5; "
      "Transpose h5 > h6 : perm=[2,0,1]; Unsqueeze h6 z0 > pb; Add m0 pb > m1; "
      "Softmax m1 > sm : axis=-1; MatMul sm vv > o; " WINDOWS_END },
    { .name = "cut-unshuffled", .opset = 13,
      .graph = "i u 3; Unsqueeze x u > a; i r1 0,0,-1,2,0; Reshape a r1 > b; i r2 0,0,0,0,-1,2; "
               "Reshape b r2 > c; Transpose c > d : perm=[0,1,3,5,2,4]; i r3 0,-1,1,1,0,0; "
               "Reshape d r3 > e; i sq 2,3; Squeeze e sq > f; i from 1; i to 3; i ax 1; "
               "Slice f from to ax > s; w k 4,2,3,3; Conv s k > y : pads=[1,1,1,1]" },
    { .name = "cut-and-conv", .opset = 13,
      .graph = "i p 0,0,-1,-1,0,0,-1,-1; Pad x p > q; w k 4,4,3,3; "
               "Conv q k > y : pads=[2,2,2,2]" },
    { .name = "moved-and-conv", .opset = 13,
      .graph = "i p 0,0,2,1,0,0,-3,-2; Pad x p > q; w k 4,4,3,3; "
               "Conv q k > y : pads=[1,1,2,2]" },
    { .name = "padded-twice", .opset = 13,
      .graph = "i p 0,0,1,1,0,0,1,1; Pad x p > q; w k 4,4,5,5; Conv q k > y : pads=[1,1,1,1]" },
    { .name = "transposed-gaps", .opset = 13,
      .graph = "w k 4,4,2,2; ConvTranspose x k > y : strides=[3,3] output_padding=[1,1]" },
    { .name = "transposed-grouped", .opset = 13,
      .graph = "w k 4,2,4,4; ConvTranspose x k > y : strides=[2,2] pads=[1,1,1,1] group=2" },
    { .name = "transposed-uneven", .opset = 13,
      .graph = "w k 4,4,4,6; ConvTranspose x k > y : strides=[2,2] pads=[1,3,1,1]" },
    { .name = "grouped-twice", .opset = 13,
      .graph = "w k 8,1,3,3; Conv x k > a : group=4 pads=[1,1,1,1]; w l 4,4,3,3; "
               "Conv a l > y : group=2 pads=[1,1,1,1]" },
    { .name = "average-borders", .opset = 13,
      .graph = "AveragePool x > y : kernel_shape=[3,5] pads=[1,2,1,2] count_include_pad=1" },
    { .name = "maximum-strided", .opset = 13,
      .graph = "MaxPool x > y : kernel_shape=[3,3] strides=[2,2] pads=[1,1,1,1]" },
    { .name = "maximum-rounded-up", .opset = 13,
      .graph = "MaxPool x > y : kernel_shape=[3,3] strides=[2,2] ceil_mode=1" },
    { .name = "maximum-dilated", .opset = 13,
      .graph = "MaxPool x > y : kernel_shape=[3,3] dilations=[2,2] pads=[2,2,2,2]" },
    { .name = "one-channel-for-all", .opset = 13,
      .graph = "w k 1,4,3,3; Conv x k > a : pads=[1,1,1,1]; Sigmoid a > b; Mul b x > y" },
    { .name = "same-twice", .opset = 13,
      .graph = "Concat x x > a : axis=1; w k 4,8,1,1; Conv a k > b; Mul b b > y" },
    { .name = "powers-of-pictures", .opset = 13,
      .graph = "Abs x > b; w k 4,4,3,3; Conv x k > a : pads=[1,1,1,1]; Sigmoid a > e; Pow b e > p; "
               "c two 1 2; Pow two p > y" },
    { .name = "parts-in-turn", .opset = 13,
      .graph = "w k 40,4,3,3; Conv x k > a : pads=[1,1,1,1]; i n 16,20,4; "
               "Split a n > b c d : axis=1; Relu c > e; Concat d e b > f : axis=1; "
               "w l 4,40,3,3; Conv f l > y : pads=[1,1,1,1]" },
};

/* Constants that nodes make of others. Run natively or not: never with the wrong ones. */
static const struct model_case constants[] = {
    { .name = "turned-weights", .opset = 13,
      .graph = "w k 3,3,4,4; Transpose k > t : perm=[3,2,0,1]; Conv x t > y : pads=[1,1,1,1]" },
    { .name = "reversed-weights", .opset = 13,
      .graph = "w k 4,4,3,3; i s -1; i e -99; i ax 0; i st -1; Slice k s e ax st > t; "
               "Conv x t > y : pads=[1,1,1,1]" },
    { .name = "gathered-weights", .opset = 13,
      .graph = "w k 4,4,3,3; i n 2,0,3,1; Gather k n > t; Conv x t > y : pads=[1,1,1,1]" },
    { .name = "shuffled-weights", .opset = 13,
      .graph = "w k 1,64,2,2; DepthToSpace k > t : blocksize=2; i s 16,4,4,1; Reshape t s > u; "
               "Conv x u > y : pads=[1,0,2,0]" },
    { .name = "summed-weights", .opset = 13,
      .graph = "w k 4,4,3,3; c ax  1; CumSum k ax > t; Conv x t > y : pads=[1,1,1,1]" },
    { .name = "softened-weights", .opset = 13,
      .graph = "w k 4,4,3,3; Softmax k > t : axis=1; Conv x t > y : pads=[1,1,1,1]" },
    { .name = "scattered-weights", .opset = 13,
      .graph = "w k 4,4,3,3; i n 1,2; i s 2,1; Reshape n s > m; w u 2,4,3,3; "
               "ScatterND k m u > t; Conv x t > y : pads=[1,1,1,1]" },
    { .name = "whole-weights", .opset = 13,
      .graph = "w k 4,4,3,3; c ten  10; Mul k ten > m; Cast m > i : to=7; Cast i > t : to=1; "
               "Conv x t > y : pads=[1,1,1,1]" },
    { .name = "whole-number", .opset = 13,
      .graph = "c v  2.75; Cast v > i : to=7; Cast i > t : to=1; Mul x t > y" },
    { .name = "whole-quotient", .opset = 13,
      .graph = "i a 7; i b 2; Div a b > q; Cast q > t : to=1; Mul x t > y" },
    { .name = "whole-quotients", .opset = 13,
      .graph = "i a 7,5,3,2; i s 4,1,1; Reshape a s > c; i b 2; Div c b > q; Cast q > t : to=1; "
               "Mul x t > y" },
};

static struct seam_packed *compile(const struct seam_graph *graph)
{
    struct seam_model_input inputs[8];
    struct seam_net_params params = { .inputs = inputs, .passes = true };
    struct seam_net_obstacle obstacle;
    struct seam_packed *p;
    /* What probe_run() gives them. */
    for (size_t i = 0; i < graph->n_inputs && i < SEAM_ARRAY_LEN(inputs); i++)
        inputs[params.input_count++] = (struct seam_model_input){ graph->inputs[i].name, 0.1 };
    const enum seam_result r = seam_packed_compile(&p, graph, &params, NULL, &obstacle);
    g_assert_true(r == SEAM_OK || r == SEAM_ERROR_MODEL);
    if (r != SEAM_OK)
        g_test_message("not native: %s (%s): %s", obstacle.name, obstacle.op, obstacle.why);
    return p;
}

/* A pass over the whole picture; the last makes `out`. False: the picture is too small. */
static bool run_pass(const struct seam_flow_params *p, const struct probe_image *in,
                     struct probe_image *out)
{
    struct seam_flow *flow;
    struct seam_rows_step step;
    if (seam_flow_open(&flow, p) != SEAM_OK)
        return false;
    while (seam_flow_next(flow, &step)) {
        for (int64_t y = step.in.begin; y < step.in.end; y++)
            seam_flow_put(flow, y, in->data + y * in->width, in->width * in->height, 0);
        seam_flow_run(flow);
        for (int64_t y = step.out.begin; y < step.out.end; y++)
            seam_flow_get(flow, y, p->want[1], out->data + (y - p->want[0].begin) * out->width,
                          out->width * out->height);
    }
    if (p->pass < p->packed->net->passes - 1)
        seam_flow_finish(flow);
    seam_flow_close(&flow);
    return true;
}

/* What the net makes of the whole picture; false: it is too small for it. */
static bool run_rows(const struct seam_packed *packed, const struct probe_image *in,
                     struct probe_image *out)
{
    const struct seam_net *net = packed->net;
    const struct seam_net_tensor *t = &net->tensors[net->output];
    struct seam_flow_params p = { .packed = packed, .known = g_new0(double, net->n_known + 1),
                                  .domain = { { 0, in->height }, { 0, in->width } } };
    bool ran = true;
    for (int dir = 0; dir < 2; dir++)
        p.want[dir] = seam_net_domain(t, dir, p.domain[dir]);
    const int64_t height = p.want[0].end - p.want[0].begin, width = p.want[1].end - p.want[1].begin;
    if (height > 0 && width > 0) {
        probe_image_random(out, net->result.channels, height, width, 1);
        for (; ran && p.pass < net->passes; p.pass++)
            ran = run_pass(&p, in, out);
    }
    g_free(p.known);
    return ran && height > 0 && width > 0;
}

static void assert_close(const struct probe_image *rows, const struct probe_image *whole)
{
    const int64_t count = whole->channels * whole->height * whole->width;
    double most = 1;
    g_assert_cmpint(rows->channels, ==, whole->channels);
    g_assert_cmpint(rows->height, ==, whole->height);
    g_assert_cmpint(rows->width, ==, whole->width);
    for (int64_t i = 0; i < count; i++)
        if (isfinite(whole->data[i]))
            most = fmax(most, fabs((double)whole->data[i]));
    for (int64_t i = 0; i < count; i++)
        if (isfinite(whole->data[i]) || isfinite(rows->data[i]))
            g_assert_cmpfloat(fabs((double)rows->data[i] - (double)whole->data[i]), <=,
                              2e-5 * most);
}

/* ONNX Runtime takes zeros around a picture for a maximum's own padding, which they are not. */
static bool is_fused_wrongly(const struct seam_graph *graph)
{
    for (size_t i = 0; i < graph->n_nodes; i++)
        for (size_t k = 0; k < graph->n_nodes; k++)
            if (!strcmp(graph->nodes[i].op, "Pad") && !strcmp(graph->nodes[k].op, "MaxPool") &&
                graph->nodes[i].outputs[0] == graph->nodes[k].inputs[0])
                return true;
    return false;
}

/* One pixel is resized by another rule of "pytorch_half_pixel", which the native engine has not. */
static bool is_resized_to_one(const struct seam_graph *graph, const struct seam_net *net,
                              const struct probe_image *in)
{
    const struct seam_span domain[2] = { { 0, in->height }, { 0, in->width } };
    bool half = false, one = false;
    for (size_t i = 0; i < graph->n_nodes; i++)
        half |= !strcmp(graph->nodes[i].op, "Resize") &&
                !strcmp(seam_onnx_string(&graph->nodes[i], "coordinate_transformation_mode", ""),
                        "pytorch_half_pixel");
    for (int i = 0; i < 2 * net->n_ops; i++) {
        const struct seam_net_op *op = &net->ops[i / 2];
        const struct seam_span made =
            seam_net_domain(&net->tensors[op->output], i % 2, domain[i % 2]);
        one |= op->kind == SEAM_OP_RESIZE && made.end - made.begin == 1;
    }
    return half && one;
}

/* Networks that both engines ran. */
static int compared;

static void compare(const struct model_test *t, int64_t height, int64_t width)
{
    const struct seam_analysis *a = &t->found;
    struct probe_image in, rows = { 0 }, whole = { 0 };
    char error[512];
    if (t->graph->n_inputs > 8 || a->fixed_width || a->fixed_height || is_fused_wrongly(t->graph))
        return;
    struct seam_packed *packed = compile(t->graph);
    struct probe *p =
        packed ? probe_open(t->graph, a, t->file, t->size, error, sizeof(error)) : NULL;
    if (p) {
        probe_image_random(&in, a->channels_in, seam_align_up(height, packed->net->alignment),
                           seam_align_up(width, packed->net->alignment), 3);
        /* A picture may be too small for the one and for the other. */
        const bool ran = !is_resized_to_one(t->graph, packed->net, &in) &&
                         probe_run(p, &in, &whole);
        if (ran && run_rows(packed, &in, &rows)) {
            assert_close(&rows, &whole);
            compared++;
        }
        probe_image_free(&in);
        probe_image_free(&rows);
        probe_image_free(&whole);
    }
    probe_close(p);
    seam_packed_close(&packed);
}

static void compare_sizes(struct onnx_builder *b)
{
    struct model_test t;
    model_test_run(&t, b);
    compare(&t, 29, 37);
    compare(&t, 3, 66);
    compare(&t, 1, 1);
    model_test_end(&t);
}

static void test_case(gconstpointer data)
{
    struct onnx_builder b;
    model_case_build(data, &b);
    compare_sizes(&b);
}

static void test_more(gconstpointer data)
{
    const int before = compared;
    test_case(data);
    g_assert_cmpint(compared, >, before);
}

static void test_unary(gconstpointer data)
{
    struct onnx_builder b;
    model_unary_build(data, &b);
    compare_sizes(&b);
}

static void test_random(gconstpointer data)
{
    const uint32_t from = GPOINTER_TO_UINT(data);
    for (uint32_t seed = from; seed < from + 50; seed++) {
        struct onnx_builder b;
        random_net_build(seed, &b);
        g_test_message("seed %u", seed);
        compare_sizes(&b);
    }
}

/* RRDBNet of six blocks, each of three dense ones of five convolutions, at a tenth of its
 * channels. */
static void build_rrdbnet(struct onnx_builder *b)
{
    enum { BLOCKS = 6, CHANNELS = 8, GROWTH = 4 };
    char from[16] = "b0", name[32], act[32], list[256], both[300];
    onnx_begin(b, 13);
    onnx_input(b, "x", "1,3,h,w");
    onnx_fill(b, "part", "", 0.2f);
    onnx_conv(b, "x", from, 3, CHANNELS, 3, "pads=[1,1,1,1]");
    for (int k = 0; k < 3 * BLOCKS; k++) {
        char first[16];
        if (k % 3 == 0)
            g_strlcpy(first, from, sizeof(first));
        g_strlcpy(list, from, sizeof(list));
        for (int n = 0; n < 5; n++) {
            g_snprintf(name, sizeof(name), "j%d_%d", k, n);
            if (n > 0)
                onnx_node(b, "Concat", list, name, "axis=1");
            g_snprintf(act, sizeof(act), "c%d_%d", k, n);
            onnx_conv(b, n ? name : from, act, CHANNELS + n * GROWTH, n < 4 ? GROWTH : CHANNELS, 3,
                      "pads=[1,1,1,1]");
            g_snprintf(name, sizeof(name), "a%d_%d", k, n);
            if (n < 4)
                onnx_node(b, "LeakyRelu", act, name, "alpha=0.2f");
            g_strlcat(list, " ", sizeof(list));
            g_strlcat(list, name, sizeof(list));
        }
        /* The residual of the dense block, then that of the three. */
        for (int outer = 0; outer < (k % 3 == 2 ? 2 : 1); outer++) {
            g_snprintf(both, sizeof(both), "%s part", act);
            g_snprintf(name, sizeof(name), "s%d_%d", k, outer);
            onnx_node(b, "Mul", both, name, "");
            g_snprintf(both, sizeof(both), "%s %s", name, outer ? first : from);
            g_snprintf(act, sizeof(act), "b%d_%d", k, outer);
            onnx_node(b, "Add", both, act, "");
        }
        g_strlcpy(from, act, sizeof(from));
    }
    onnx_conv(b, from, "trunk", CHANNELS, CHANNELS, 3, "pads=[1,1,1,1]");
    onnx_node(b, "Add", "trunk b0", "sum", "");
    onnx_conv(b, "sum", "hr", CHANNELS, CHANNELS, 3, "pads=[1,1,1,1]");
    onnx_node(b, "LeakyRelu", "hr", "hr_act", "alpha=0.2f");
    onnx_conv(b, "hr_act", "y", CHANNELS, 3, 3, "pads=[1,1,1,1]");
    onnx_output(b, "y", "1,3,h,w");
}

/* Its rows against the whole, and that against tiles with the halo of 94 that rows do without. */
static void test_rrdbnet(void)
{
    const int before = compared;
    struct onnx_builder b;
    struct model_test t;
    char error[512];
    int tiles = 0;
    build_rrdbnet(&b);
    model_test_run(&t, &b);
    for (int side = 0; side < 4; side++)
        g_assert_cmpint(t.found.field[side], ==, 94);
    compare(&t, 233, 217);
    g_assert_cmpint(compared, >, before);
    struct probe *p = probe_open(t.graph, &t.found, t.file, t.size, error, sizeof(error));
    g_assert_nonnull(p);
    g_assert_cmpfloat(probe_tiles(p, 256, 32, &tiles), ==, 0);
    g_assert_cmpint(tiles, >, 1);
    probe_close(p);
    model_test_end(&t);
}

static void test_many_compared(void)
{
    g_test_message("%d networks and sizes were compared", compared);
    g_assert_cmpint(compared, >=, 300);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < n_model_cases; i++) {
        char *name = g_strdup_printf("/native-probe/ops/%s", model_cases[i].name);
        g_test_add_data_func(name, &model_cases[i], test_case);
        g_free(name);
    }
    for (size_t i = 0; i < SEAM_ARRAY_LEN(more); i++) {
        char *name = g_strdup_printf("/native-probe/more/%s", more[i].name);
        g_test_add_data_func(name, &more[i], test_more);
        g_free(name);
    }
    for (size_t i = 0; i < SEAM_ARRAY_LEN(constants); i++) {
        char *name = g_strdup_printf("/native-probe/constants/%s", constants[i].name);
        g_test_add_data_func(name, &constants[i], test_case);
        g_free(name);
    }
    for (size_t i = 0; i < n_model_unary; i++) {
        /* One over a sum near zero, or its root, magnifies how it was rounded. */
        if (!strcmp(model_unary[i], "Reciprocal") || !strcmp(model_unary[i], "Sqrt"))
            continue;
        char *name = g_strdup_printf("/native-probe/unary/%s", model_unary[i]);
        g_test_add_data_func(name, model_unary[i], test_unary);
        g_free(name);
    }
    for (guint from = 0; from < 400; from += 50) {
        char *name = g_strdup_printf("/native-probe/random/%u", from);
        g_test_add_data_func(name, GUINT_TO_POINTER(from), test_random);
        g_free(name);
    }
    g_test_add_func("/native-probe/many/rrdbnet", test_rrdbnet);
    g_test_add_func("/native-probe/many/compared", test_many_compared);
    return g_test_run();
}
