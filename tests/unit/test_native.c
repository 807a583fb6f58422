/* The native engine's rows against themselves: whatever part of a picture is made, on whatever
 * threads, as a tile or as a whole, no bit differs. And against sums done by hand. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <glib.h>

#include "base/common.h"
#include "engine/native/flow.h"
#include "field/sym.h"
#include "graph/read.h"
#include "model_cases.h"

#define SIDE 40

static int pick(int least, int most)
{
    return g_test_rand_int_range(least, most + 1);
}

/* Planes of floats. */
struct planes {
    int channels;
    struct seam_span rows, cols;
    float *data;
};

static struct planes planes_make(int channels, struct seam_span rows, struct seam_span cols)
{
    struct planes p = { channels, rows, cols, NULL };
    p.data = g_new0(float, (size_t)((rows.end - rows.begin) * (cols.end - cols.begin) * channels));
    return p;
}

static float *at(const struct planes *p, int c, int64_t y, int64_t x)
{
    const int64_t width = p->cols.end - p->cols.begin, height = p->rows.end - p->rows.begin;
    return p->data + (c * height + y - p->rows.begin) * width + x - p->cols.begin;
}

/* What the net makes of `picture`, cut to its part `domain`, in the part `want` of the output. */
static struct planes run(const struct seam_packed *p, struct seam_crew *crew,
                         const struct planes *picture, const struct seam_span domain[2],
                         const struct seam_span want[2])
{
    const struct seam_flow_params params = { .packed = p, .crew = crew,
                                             .domain = { domain[0], domain[1] },
                                             .want = { want[0], want[1] } };
    const int64_t plane = (picture->rows.end - picture->rows.begin) *
                          (picture->cols.end - picture->cols.begin);
    struct planes out = planes_make(p->net->result.channels, want[0], want[1]);
    struct seam_rows_size size;
    struct seam_rows_step step;
    struct seam_flow *flow;
    g_assert_cmpint(seam_flow_measure(&params, &size), ==, SEAM_OK);
    g_assert_cmpint(seam_flow_open(&flow, &params), ==, SEAM_OK);
    while (seam_flow_next(flow, &step)) {
        g_assert_cmpint(step.in.end - step.in.begin, <=, size.in_rows);
        g_assert_cmpint(step.out.end - step.out.begin, <=, size.out_rows);
        for (int64_t y = step.in.begin; y < step.in.end; y++)
            seam_flow_put(flow, y, at(picture, 0, y, picture->cols.begin), plane,
                          picture->cols.begin);
        seam_flow_run(flow);
        for (int64_t y = step.out.begin; y < step.out.end; y++)
            seam_flow_get(flow, y, want[1], at(&out, 0, y, want[1].begin),
                          (want[0].end - want[0].begin) * (want[1].end - want[1].begin));
    }
    seam_flow_close(&flow);
    return out;
}

/* Every sample of `part` is that of `whole`, to the bit. */
static void assert_same(const struct planes *part, const struct planes *whole, const char *name,
                        const char *what)
{
    for (int c = 0; c < part->channels; c++)
        for (int64_t y = part->rows.begin; y < part->rows.end; y++)
            for (int64_t x = part->cols.begin; x < part->cols.end; x++)
                if (memcmp(at(part, c, y, x), at(whole, c, y, x), sizeof(float)) != 0)
                    g_error("%s, %s: %g is %g at %d,%" PRId64 ",%" PRId64, name, what,
                            (double)*at(part, c, y, x), (double)*at(whole, c, y, x), c, x, y);
}

static struct seam_packed *compile(struct onnx_builder *b, bool plain, const char **why)
{
    static struct seam_net_obstacle obstacle;
    const struct seam_net_params lowering = { .lenient = true };
    const struct seam_packed_params packing = { .plain = plain,
                                                .cpu = plain ? SEAM_CPU_C : SEAM_CPU_BEST };
    struct seam_log log;
    struct seam_graph *graph;
    struct seam_packed *packed;
    size_t size;
    void *file = onnx_finish(b, &size);
    seam_log_init(&log);
    g_assert_cmpint(seam_graph_open_memory(&graph, file, size, "test", &log), ==, SEAM_OK);
    const enum seam_result r = seam_packed_compile(&packed, graph, &lowering, &packing, &obstacle);
    seam_graph_close(&graph);
    free(file);
    *why = obstacle.why;
    g_assert_true(r == SEAM_OK || (r == SEAM_ERROR_MODEL && *obstacle.why && !packed));
    return packed;
}

static struct seam_span pick_part(struct seam_span of)
{
    const int64_t begin = of.begin + pick(0, (int)(of.end - of.begin) - 1);
    return (struct seam_span){ begin, begin + pick(1, (int)(of.end - begin)) };
}

/* Parts of the output, on threads, out of the whole picture. */
static void check_parts(const struct seam_packed *p, const struct planes *picture,
                        const struct seam_span domain[2], const struct planes *whole,
                        const char *name)
{
    struct seam_crew *crew = seam_crew_open(3, true);
    for (int i = 0; i < 3; i++) {
        const struct seam_span want[2] = { pick_part(whole->rows), pick_part(whole->cols) };
        struct planes part = run(p, i % 2 ? crew : NULL, picture, domain, want);
        assert_same(&part, whole, name, i % 2 ? "a part, on threads" : "a part");
        g_free(part.data);
    }
    struct planes again = run(p, crew, picture, domain,
                              (struct seam_span[]){ whole->rows, whole->cols });
    assert_same(&again, whole, name, "the whole, on threads");
    g_free(again.data);
    seam_crew_close(&crew);
}

/* A tile: its input is a part of the picture, which reaches as far around its output as the net
 * says. */
static void check_tile(const struct seam_packed *p, const struct planes *picture,
                       const struct seam_span domain[2], const struct planes *whole,
                       const char *name)
{
    const struct seam_net_tensor *out = &p->net->tensors[p->net->output];
    const int64_t before[2] = { p->reach.top, p->reach.left };
    const int64_t behind[2] = { p->reach.bottom, p->reach.right };
    const int64_t a = p->net->alignment;
    struct seam_span tile[2], want[2];
    for (int dir = 0; dir < 2; dir++) {
        want[dir] = pick_part(dir ? whole->cols : whole->rows);
        const int64_t num = out->num[dir], den = out->den[dir];
        tile[dir].begin = seam_max(
            domain[dir].begin, seam_floor_div(seam_floor_div(want[dir].begin * den, num) -
                                              before[dir], a) * a);
        tile[dir].end = seam_min(
            domain[dir].end,
            (seam_floor_div(seam_floor_div((want[dir].end - 1) * den, num) + behind[dir], a) + 1) *
                a);
        const struct seam_span made = seam_net_domain(out, dir, tile[dir]);
        want[dir].end = seam_min(want[dir].end, made.end);
        if (want[dir].begin >= want[dir].end)
            return;
    }
    /* Some are too small for what the network cuts off. */
    const struct seam_flow_params params = { .packed = p, .domain = { tile[0], tile[1] },
                                             .want = { want[0], want[1] } };
    struct seam_rows_size size;
    if (seam_flow_measure(&params, &size) == SEAM_ERROR_ARGUMENT)
        return;
    struct planes part = run(p, NULL, picture, tile, want);
    assert_same(&part, whole, name, "a tile");
    g_free(part.data);
}

/* All of the above for a graph that is built twice. True: it runs natively. */
static bool check_graph(const char *name, struct onnx_builder *b, struct onnx_builder *twin)
{
    const char *why;
    struct seam_packed *p = compile(b, false, &why), *plain = compile(twin, true, &why);
    if (!p)
        g_test_message("%s: %s", name, why);
    g_assert_true(!p == !plain);
    if (!p)
        return false;
    const int64_t a = p->net->alignment, begin = a * pick(-3, 3), side = seam_align_up(SIDE, a);
    const struct seam_span domain[2] = { { begin, begin + side }, { -2 * a, side - a } };
    const struct seam_net_tensor *out = &p->net->tensors[p->net->output];
    struct planes picture =
        planes_make(p->net->tensors[p->net->input].channels, domain[0], domain[1]);
    struct seam_span want[2];
    for (int dir = 0; dir < 2; dir++)
        want[dir] = seam_net_domain(out, dir, domain[dir]);
    for (int64_t i = 0; i < side * (side + a) * picture.channels; i++)
        picture.data[i] = (float)g_test_rand_double_range(0, 1);
    struct planes whole = run(p, NULL, &picture, domain, want);
    struct planes reference = run(plain, NULL, &picture, domain, want);
    /* One over a sum near zero magnifies how it was rounded, and a NaN fills the cell it lies
     * in. */
    const bool tame = strcmp(name, "Reciprocal") != 0 && strcmp(name, "Sqrt") != 0;
    for (int64_t i = 0; tame && i < (want[0].end - want[0].begin) * (want[1].end - want[1].begin) *
                                 whole.channels; i++) {
        const float v = whole.data[i], r = reference.data[i];
        if (!(fabsf(v - r) <= 1e-4f * (1 + fabsf(r))) && (isfinite(v) || isfinite(r)))
            g_error("%s: %g where plain convolutions give %g", name, (double)v, (double)r);
    }
    check_parts(p, &picture, domain, &whole, name);
    for (int i = 0; i < 4; i++)
        check_tile(p, &picture, domain, &whole, name);
    g_free(picture.data);
    g_free(whole.data);
    g_free(reference.data);
    seam_packed_close(&p);
    seam_packed_close(&plain);
    return true;
}

/* A picture of nothing but NaN: how many numbers come out of it; -1: the graph does not run
 * natively. */
static int64_t numbers_from_none(struct onnx_builder *b, bool plain)
{
    const char *why;
    struct seam_packed *p = compile(b, plain, &why);
    if (!p)
        return -1;
    const struct seam_net *net = p->net;
    const int64_t a = net->alignment;
    const struct seam_span domain[2] = { { 0, seam_align_up(SIDE, a) },
                                         { 0, seam_align_up(SIDE, a) } };
    const struct seam_net_tensor *out = &net->tensors[net->output];
    struct planes picture = planes_make(net->tensors[net->input].channels, domain[0], domain[1]);
    for (int64_t i = 0; i < domain[0].end * domain[1].end * picture.channels; i++)
        picture.data[i] = NAN;
    struct seam_span want[2];
    for (int dir = 0; dir < 2; dir++)
        want[dir] = seam_net_domain(out, dir, domain[dir]);
    struct planes whole = run(p, NULL, &picture, domain, want);
    int64_t numbers = 0;
    for (int64_t i = 0; i < (want[0].end - want[0].begin) * (want[1].end - want[1].begin) *
                                whole.channels; i++)
        numbers += !isnan(whole.data[i]);
    g_free(picture.data);
    g_free(whole.data);
    seam_packed_close(&p);
    return numbers;
}

/* No operator makes a number of what is none, but for what it pads or joins it with. */
static void test_not_a_number(void)
{
    static const char *const padded[] = { "crop-then-pad", "slice-neighbours", "noise-map",
                                          "larger", NULL };
    for (size_t i = 0; i < n_model_unary + n_model_cases; i++)
        for (int plain = 0; plain < 2; plain++) {
            struct onnx_builder b;
            const bool unary = i < n_model_unary;
            const struct model_case *c = unary ? NULL : &model_cases[i - n_model_unary];
            if (unary)
                model_unary_build(model_unary[i], &b);
            else
                model_case_build(c, &b);
            const char *name = unary ? model_unary[i] : c->name;
            if (numbers_from_none(&b, plain) > 0 && !g_strv_contains(padded, name))
                g_error("%s makes numbers of NaN", name);
        }
}

static void test_operators(void)
{
    int native = 0;
    for (size_t i = 0; i < n_model_cases; i++) {
        struct onnx_builder b, twin;
        model_case_build(&model_cases[i], &b);
        model_case_build(&model_cases[i], &twin);
        native += check_graph(model_cases[i].name, &b, &twin);
    }
    for (size_t i = 0; i < n_model_unary; i++) {
        struct onnx_builder b, twin;
        model_unary_build(model_unary[i], &b);
        model_unary_build(model_unary[i], &twin);
        native += check_graph(model_unary[i], &b, &twin);
    }
    g_test_message("%d of %zu networks run natively", native, n_model_cases + n_model_unary);
    /* Fewer would be a step back. */
    g_assert_cmpint(native, >=, 96);
}

/* A convolution with its zero padding, a ReLU and a residual, summed by hand. */
static void test_by_hand(void)
{
    struct onnx_builder b;
    const char *why;
    onnx_begin(&b, 13);
    onnx_input(&b, "x", "1,2,h,w");
    onnx_fill(&b, "w", "2,2,3,3", 0.25f);
    onnx_node(&b, "Conv", "x w", "c", "pads=[1,1,1,1]");
    onnx_node(&b, "Relu", "c", "r", "");
    onnx_node(&b, "Sub", "x r", "y", "");
    onnx_output(&b, "y", "1,2,h,w");
    struct seam_packed *p = compile(&b, false, &why);
    g_assert_nonnull(p);
    g_assert_cmpint(p->net->n_ops, ==, 1);
    const struct seam_span domain[2] = { { -3, 20 }, { 5, 34 } };
    struct planes in = planes_make(2, domain[0], domain[1]);
    for (int i = 0; i < 23 * 29 * 2; i++)
        in.data[i] = (float)g_test_rand_double_range(-1, 1);
    struct planes out = run(p, NULL, &in, domain, domain);
    for (int c = 0; c < 2; c++)
        for (int64_t y = -3; y < 20; y++)
            for (int64_t x = 5; x < 34; x++) {
                double sum = 0;
                for (int k = 0; k < 18; k++) {
                    const int64_t v = y + k % 3 - 1, u = x + k / 3 % 3 - 1;
                    if (v >= -3 && v < 20 && u >= 5 && u < 34)
                        sum += 0.25 * (double)*at(&in, k / 9, v, u);
                }
                const double expected = (double)*at(&in, c, y, x) - MAX(sum, 0);
                g_assert_cmpfloat_with_epsilon((double)*at(&out, c, y, x), expected, 1e-5);
            }
    g_free(in.data);
    g_free(out.data);
    seam_packed_close(&p);
}

#define SIZES                                                                                      \
    "Shape x > s; i i2 2; i i3 3; Gather s i2 > h; Gather s i3 > wd; i one 1; "                    \
    "i parts 1,2,2; Concat parts h wd > f : axis=0; "

/* Channels that are split, of which a part is reduced, and channels that are repeated: channel c of
 * the output is made of two channels of the input, or of one. */
static void test_parts_by_hand(void)
{
    static const struct {
        struct model_case graph;
        int channels, of[8][2];
        char how; /* of the two: their mean, the larger, the smaller; the first alone */
    } cases[] = {
        { { .name = "mean of the halves", .opset = 13, .graph = SIZES
            "Reshape x f > p; ReduceMean p > y : axes=[1] keepdims=0" },
          2, { { 0, 2 }, { 1, 3 } }, '/' },
        { { .name = "larger of neighbours", .opset = 13, .graph = SIZES
            "Reshape x f > p; ReduceMax p > y : axes=[2] keepdims=0" },
          2, { { 0, 1 }, { 2, 3 } }, '>' },
        { { .name = "smaller of neighbours", .opset = 13, .graph = SIZES
            "Reshape x f > p; ReduceMin p > m : axes=[2] keepdims=1; i ax 2; Squeeze m ax > y" },
          2, { { 0, 1 }, { 2, 3 } }, '<' },
        { { .name = "each twice", .opset = 13, .graph = SIZES
            "i ax 2; Unsqueeze x ax > u; i r 1,1,2,1,1; Tile u r > t; i n 1,8; "
            "Concat n h wd > g : axis=0; Reshape t g > y" },
          8, { { 0 }, { 0 }, { 1 }, { 1 }, { 2 }, { 2 }, { 3 }, { 3 } }, '=' },
        { { .name = "all twice", .opset = 13, .graph = "i r 1,2,1,1; Tile x r > y" },
          8, { { 0 }, { 1 }, { 2 }, { 3 }, { 0 }, { 1 }, { 2 }, { 3 } }, '=' },
    };
    for (size_t i = 0; i < SEAM_ARRAY_LEN(cases); i++) {
        struct onnx_builder b;
        const char *why;
        model_case_build(&cases[i].graph, &b);
        struct seam_packed *p = compile(&b, false, &why);
        if (!p)
            g_error("%s: %s", cases[i].graph.name, why);
        const struct seam_span domain[2] = { { 0, 9 }, { 3, 17 } };
        struct planes in = planes_make(4, domain[0], domain[1]);
        for (int k = 0; k < 9 * 14 * 4; k++)
            in.data[k] = (float)g_test_rand_double_range(-1, 1);
        struct planes out = run(p, NULL, &in, domain, domain);
        g_assert_cmpint(out.channels, ==, cases[i].channels);
        for (int k = 0; k < 9 * 14 * cases[i].channels; k++) {
            const int c = k / 126, y = k / 14 % 9, x = 3 + k % 14, *of = cases[i].of[c];
            const float one = *at(&in, of[0], y, x), two = *at(&in, of[1], y, x);
            const float wanted = cases[i].how == '/'   ? (one + two) / 2
                                 : cases[i].how == '>' ? MAX(one, two)
                                 : cases[i].how == '<' ? MIN(one, two)
                                                       : one;
            g_assert_cmpfloat_with_epsilon(*at(&out, c, y, x), wanted, 1e-6f);
        }
        g_free(in.data);
        g_free(out.data);
        seam_packed_close(&p);
    }
}

/* Six residual dense blocks in residuals: concatenations that hold the same channels again and
 * again, and a reach that no halo pays for. */
static void test_rrdb(void)
{
    struct onnx_builder b[2];
    for (int i = 0; i < 2; i++) {
        onnx_begin(&b[i], 13);
        onnx_input(&b[i], "x", "1,3,h,w");
        onnx_fill(&b[i], "part", "", 0.2f);
        onnx_conv(&b[i], "x", "b0", 3, 16, 3, "pads=[1,1,1,1]");
        char from[16], to[16], list[128], name[16], act[16], sum[16];
        for (int k = 0; k < 6; k++) {
            g_snprintf(from, sizeof(from), "b%d", k);
            g_snprintf(to, sizeof(to), "b%d", k + 1);
            g_snprintf(list, sizeof(list), "%s", from);
            for (int n = 0; n < 4; n++) {
                g_snprintf(name, sizeof(name), "c%d_%d", k, n);
                g_snprintf(act, sizeof(act), "a%d_%d", k, n);
                g_snprintf(sum, sizeof(sum), "j%d_%d", k, n);
                if (n > 0)
                    onnx_node(&b[i], "Concat", list, sum, "axis=1");
                onnx_conv(&b[i], n ? sum : from, name, 16 + 16 * n, 16, 3, "pads=[1,1,1,1]");
                onnx_node(&b[i], "LeakyRelu", name, act, "alpha=0.2f");
                g_strlcat(list, " ", sizeof(list));
                g_strlcat(list, act, sizeof(list));
            }
            char scaled[32];
            g_snprintf(scaled, sizeof(scaled), "%s part", act);
            g_snprintf(name, sizeof(name), "s%d", k);
            onnx_node(&b[i], "Mul", scaled, name, "");
            g_snprintf(scaled, sizeof(scaled), "%s %s", name, from);
            onnx_node(&b[i], "Add", scaled, to, "");
        }
        onnx_conv(&b[i], to, "y", 16, 3, 3, "pads=[1,1,1,1]");
        onnx_output(&b[i], "y", "1,3,h,w");
    }
    g_assert_true(check_graph("six dense blocks", &b[0], &b[1]));
}

/* Both of Winograd's cells in one network, the larger ones at half the resolution. */
static void test_both_cells(void)
{
    struct onnx_builder b[2];
    for (int i = 0; i < 2; i++) {
        onnx_begin(&b[i], 13);
        onnx_input(&b[i], "x", "1,3,h,w");
        onnx_conv(&b[i], "x", "c0", 3, 16, 3, "pads=[1,1,1,1]");
        onnx_conv(&b[i], "c0", "c1", 16, 16, 3, "pads=[1,1,1,1]");
        onnx_fill(&b[i], "less", "", 0.03f); /* so that sums stay near 1 */
        onnx_conv(&b[i], "c1", "d0", 16, 128, 3, "pads=[1,1,1,1] strides=[2,2]");
        onnx_node(&b[i], "Mul", "d0 less", "d1", "");
        onnx_conv(&b[i], "d1", "d2", 128, 128, 3, "pads=[1,1,1,1]");
        onnx_node(&b[i], "Mul", "d2 less", "d3", "");
        onnx_node(&b[i], "Relu", "d3", "d4", "");
        onnx_conv(&b[i], "d4", "d5", 128, 128, 3, "pads=[1,1,1,1]");
        onnx_node(&b[i], "Mul", "d5 less", "d6", "");
        onnx_node(&b[i], "DepthToSpace", "d6", "u", "blocksize=2 mode='CRD'");
        onnx_node(&b[i], "Concat", "u c1", "j", "axis=1");
        onnx_conv(&b[i], "j", "f", 48, 16, 3, "pads=[1,1,1,1]");
        onnx_conv(&b[i], "f", "g", 16, 3, 3, "pads=[1,1,1,1]");
        onnx_node(&b[i], "Mul", "g less", "y", "");
        onnx_output(&b[i], "y", "1,3,h,w");
    }
    g_assert_true(check_graph("cells of both sizes", &b[0], &b[1]));
}

/* What looks like rows and is not. */
static void test_refused(void)
{
    static const struct model_case cases[] = {
        { .name = "rows and columns change places", .opset = 13,
          .graph = "Transpose x > y : perm=[0,1,3,2]" },
        { .name = "more rows become channels than a block has", .opset = 13,
          .graph = "Shape x > s; i i2 2; i i3 3; i one 1; i b 80; i c4 4; i c 320; "
                   "Gather s i2 > h; Gather s i3 > wd; Div h b > hn; "
                   "Concat one c4 hn b wd > rs : axis=0; Reshape x rs > r; "
                   "Transpose r > q : perm=[0,1,3,2,4]; Concat one c hn wd > ps : axis=0; "
                   "Reshape q ps > p; w k 4,320,1,1; Conv p k > y" },
    };
    for (size_t i = 0; i < SEAM_ARRAY_LEN(cases); i++) {
        struct onnx_builder b;
        const char *why;
        model_case_build(&cases[i], &b);
        struct seam_packed *p = compile(&b, false, &why);
        g_test_message("%s: %s", cases[i].name, why);
        g_assert_null(p);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/native/by_hand", test_by_hand);
    g_test_add_func("/native/parts_by_hand", test_parts_by_hand);
    g_test_add_func("/native/not_a_number", test_not_a_number);
    g_test_add_func("/native/operators", test_operators);
    g_test_add_func("/native/refused", test_refused);
    g_test_add_func("/native/rrdb", test_rrdb);
    g_test_add_func("/native/both_cells", test_both_cells);
    return g_test_run();
}
