/* A graph lowered: what is left of it, who is alive when, and what an output needs of every
 * tensor. */
#include "field/sym.h"
#include "graph/read.h"
#include "net/net.h"
#include "onnx_builder.h"
#include "unit.h"

static struct seam_net *lower(struct onnx_builder *b)
{
    const struct seam_net_params params = { .lenient = true, .passes = true };
    struct seam_net_obstacle obstacle;
    struct seam_log log;
    struct seam_graph *graph;
    struct seam_net *net;
    size_t size;
    void *file = onnx_finish(b, &size);
    seam_log_init(&log);
    assert_ok(seam_graph_open_memory(&graph, file, size, "test", &log), &log);
    assert_ok(seam_net_open(&net, graph, &params, &obstacle), &log);
    seam_graph_close(&graph);
    free(file);
    return net;
}

/* A pad that the convolution takes over, two halves of a residual, and pixels made of channels. */
static struct seam_net *residual(void)
{
    struct onnx_builder b;
    onnx_begin(&b, 13);
    onnx_input(&b, "x", "1,3,h,w");
    onnx_ints(&b, "pads", "0,0,1,1,0,0,1,1");
    onnx_node(&b, "Pad", "x pads", "p", "");
    onnx_conv(&b, "p", "a", 3, 8, 3, "");
    onnx_node(&b, "Relu", "a", "r", "");
    onnx_conv(&b, "r", "c", 8, 8, 3, "pads=[1,1,1,1]");
    onnx_node(&b, "Add", "c r", "s", "");
    onnx_conv(&b, "s", "d", 8, 12, 1, "");
    onnx_node(&b, "DepthToSpace", "d", "y", "blocksize=2");
    onnx_output(&b, "y", "1,3,h2,w2");
    return lower(&b);
}

/* Every promise of net.h about the lists. */
static void check_order(const struct seam_net *net)
{
    bool *made = g_new0(bool, net->n_tensors);
    int *read = g_new0(int, net->n_tensors);
    made[net->input] = true;
    g_assert_cmpint(net->tensors[net->input].op, ==, -1);
    for (int i = 0; i < net->n_ops; i++) {
        const struct seam_net_op *op = &net->ops[i];
        for (int k = 0; k < seam_net_sources(op); k++) {
            const struct seam_ref *ref = seam_net_source(op, k);
            g_assert_true(made[ref->tensor]);
            read[ref->tensor]++;
        }
        g_assert_false(made[op->output]);
        g_assert_cmpint(net->tensors[op->output].op, ==, i);
        made[op->output] = true;
    }
    for (int i = 0; i < net->n_tensors; i++)
        g_assert_true(made[i] && (read[i] > 0 || i == net->output));
    g_free(made);
    g_free(read);
}

static void test_lists(void)
{
    struct seam_net *net = residual();
    check_order(net);
    g_assert_cmpint(net->n_ops, ==, 4);
    g_assert_cmpint(net->n_tensors, ==, 5);
    const struct seam_net_op *first = &net->ops[0], *last = &net->ops[3];
    g_assert_cmpint(first->kind, ==, SEAM_OP_CONV);
    g_assert_cmpint(first->slide[SEAM_ROWS].pad, ==, 1);
    g_assert_cmpint(first->n_links, ==, 1);
    g_assert_cmpint(last->kind, ==, SEAM_OP_SHUFFLE);
    g_assert_cmpint(net->tensors[net->output].num[SEAM_COLUMNS], ==, 2);
    g_assert_nonnull(first->weights);
    seam_net_drop_weights(net);
    g_assert_null(first->weights);
    g_assert_null(first->bias);
    seam_net_close(&net);
    g_assert_null(net);
}

static void test_lives(void)
{
    struct seam_net *net = residual();
    struct seam_net_life *lives = g_new(struct seam_net_life, net->n_tensors);
    const struct seam_span domain[2] = { { -4, 12 }, { 8, 18 } };
    seam_net_lives(net, lives);
    /* x, r, s, d, y in the order of their making. */
    const struct seam_net_life expected[5] = { { -1, 0 }, { 0, 1 }, { 1, 2 }, { 2, 3 }, { 3, 4 } };
    const int tensors[5] = { net->input, net->ops[0].output, net->ops[1].output,
                             net->ops[2].output, net->ops[3].output };
    for (int i = 0; i < 5; i++) {
        g_assert_cmpint(lives[tensors[i]].first, ==, expected[i].first);
        g_assert_cmpint(lives[tensors[i]].last, ==, expected[i].last);
    }
    /* While the last runs: 12 channels, and 3 at twice the sides. */
    g_assert_cmpuint(seam_net_peak(net, domain, lives), ==, 160 * 12 + 640 * 3);
    g_free(lives);
    seam_net_close(&net);
}

static void test_extents(void)
{
    struct seam_net *net = residual();
    struct seam_net_extent *e = g_new(struct seam_net_extent, net->n_tensors);
    const struct seam_span domain[2] = { { 0, 64 }, { 0, 64 } };
    const struct seam_span want[2] = { { 0, 1 }, { 40, 44 } };
    g_assert_true(seam_net_extents(net, domain, want, NULL, e));
    /* Two convolutions see two pixels to each side, as far as there are any. */
    const struct seam_span *in = e[net->input].need;
    g_assert_cmpint(in[SEAM_ROWS].begin, ==, 0);
    g_assert_cmpint(in[SEAM_ROWS].end, ==, 3);
    g_assert_cmpint(in[SEAM_COLUMNS].begin, ==, 18);
    g_assert_cmpint(in[SEAM_COLUMNS].end, ==, 24);
    /* By cells of four the second convolution makes more, so the first is asked for more. */
    struct seam_net_cells cells[4];
    for (int i = 0; i < 4; i++)
        cells[i] = (struct seam_net_cells){ { i == 1 ? 4 : 1, i == 1 ? 4 : 1 }, { 0, 0 } };
    g_assert_true(seam_net_extents(net, domain, want, cells, e));
    g_assert_cmpint(in[SEAM_ROWS].end, ==, 6);
    g_assert_cmpint(in[SEAM_COLUMNS].begin, ==, 18);
    g_assert_cmpint(in[SEAM_COLUMNS].end, ==, 26);
    const struct seam_span beyond[2] = { { 0, 129 }, { 0, 1 } };
    g_assert_false(seam_net_extents(net, domain, beyond, NULL, e));
    g_free(e);
    seam_net_close(&net);
}

/* What keeps one operator with these attributes between two convolutions from being lowered, or
 * "". */
static void obstacle_of(const char *op, const char *inputs, const char *attributes, int opset,
                        struct seam_net_obstacle *obstacle)
{
    const struct seam_net_params params = { .lenient = true };
    struct onnx_builder b;
    struct seam_log log;
    struct seam_graph *graph;
    struct seam_net *net = NULL;
    size_t size;
    onnx_begin(&b, opset);
    onnx_input(&b, "x", "1,4,h,w");
    onnx_conv(&b, "x", "a", 4, 4, 1, "");
    onnx_weights(&b, "k", "4,4,3,3");
    onnx_weights(&b, "c", "4");
    onnx_floats(&b, "nan", "nan");
    onnx_node(&b, op, inputs, "y", attributes);
    onnx_output(&b, "y", "1,c,h2,w2");
    void *file = onnx_finish(&b, &size);
    seam_log_init(&log);
    assert_ok(seam_graph_open_memory(&graph, file, size, "test", &log), &log);
    memset(obstacle, 0, sizeof(*obstacle));
    if (seam_net_open(&net, graph, &params, obstacle) == SEAM_OK)
        seam_net_close(&net);
    else
        g_assert_true(obstacle->why[0]);
    seam_graph_close(&graph);
    free(file);
}

/* What is not honoured is refused by name, and so is what ONNX Runtime would not take. */
static void test_attributes(void)
{
    static const struct {
        const char *op, *inputs, *attributes;
        int opset;
        const char *says; /* NULL: it is lowered */
    } rows[] = {
        { "Relu", "a", "", 13, NULL },
        { "Relu", "a", "alpha=0.1f", 13, "attribute alpha" },
        { "Conv", "a k", "pads=[1,1,1,1] auto_pad='NOTSET'", 13, NULL },
        { "Conv", "a k", "auto_pad='SAME'", 13, "attribute auto_pad" },
        { "Conv", "a k", "pads=1", 13, "attribute pads" },
        { "Conv", "a k", "padding=[1,1,1,1]", 13, "attribute padding" },
        { "Add", "a c", "axis=1", 13, "attribute axis" },
        { "Add", "a a", "broadcast=1", 13, "attribute broadcast" },
        { "LeakyRelu", "a", "alpha=0.1f", 13, NULL },
        { "LeakyRelu", "a", "alpha=1", 13, "attribute alpha" },
        { "LeakyRelu", "a", "slope=0.1f", 13, "attribute slope" },
        { "Gelu", "a", "approximate='tanh'", 20, NULL },
        { "Gelu", "a", "approximate='sigmoid'", 20, "attribute approximate" },
        { "DepthToSpace", "a", "blocksize=2 mode='CRD'", 13, NULL },
        { "DepthToSpace", "a", "blocksize=2 mode='RCD'", 13, "attribute mode" },
        { "Clip", "a", "min=0.0f max=1.0f", 10, NULL },
        { "Clip", "a", "min=0.0f max=1.0f", 13, "attribute min" },
        { "Clip", "a nan", "", 13, "no number" },
        { "MaxPool", "a", "kernel_shape=[2,2] strides=[2,2]", 13, NULL },
        { "MaxPool", "a", "kernel_shape=[2,2] strides=[2,2] ceil=1", 13, "attribute ceil" },
        { "BatchNormalization", "a c c c c", "training_mode=1", 14, "training mode" },
        { "BatchNormalization", "a c c c c", "spatial=1", 8, NULL },
        { "BatchNormalization", "a c c c c", "spatial=0", 8, "attribute spatial" },
        { "BatchNormalization", "a c c c c", "spatial=1", 13, "attribute spatial" },
        { "Transpose", "a", "perm=[0,1,2,3]", 13, NULL },
        { "Transpose", "a", "permutation=[0,1,2,3]", 13, "attribute permutation" },
    };
    for (size_t i = 0; i < SEAM_ARRAY_LEN(rows); i++) {
        struct seam_net_obstacle o;
        obstacle_of(rows[i].op, rows[i].inputs, rows[i].attributes, rows[i].opset, &o);
        if (rows[i].says ? !strstr(o.why, rows[i].says) : o.why[0] != '\0')
            g_error("%s %s: '%s' is said", rows[i].op, rows[i].attributes, o.why);
    }
}

/* `blocks` blocks of channel attention, each of what the one before it made, moved
 * down by four rows first. */
static struct seam_net *squeezed(int blocks, bool shifted)
{
    struct onnx_builder b;
    char at[32] = "a0";
    onnx_begin(&b, 13);
    onnx_input(&b, "x", "1,3,h,w");
    onnx_ints(&b, "top", "0,0,4,0,0,0,0,0");
    onnx_ints(&b, "first", "0");
    onnx_ints(&b, "last", "-4");
    onnx_ints(&b, "rows", "2");
    onnx_conv(&b, "x", "a0", 3, 8, 3, "pads=[1,1,1,1]");
    for (int k = 0; k < blocks; k++) {
        char n[7][32], words[80];
        for (int i = 0; i < 7; i++)
            g_snprintf(n[i], sizeof(n[i]), "n%d_%d", k, i);
        if (shifted) {
            g_snprintf(words, sizeof(words), "%s top", at);
            onnx_node(&b, "Pad", words, n[0], "");
            g_snprintf(words, sizeof(words), "%s first last rows", n[0]);
            onnx_node(&b, "Slice", words, n[1], "");
        }
        onnx_conv(&b, shifted ? n[1] : at, n[2], 8, 8, 3, "pads=[1,1,1,1]");
        onnx_node(&b, "GlobalAveragePool", n[2], n[3], "");
        g_snprintf(words, sizeof(words), "%s %s", n[2], n[3]);
        onnx_node(&b, "Mul", words, n[4], "");
        g_strlcpy(at, n[4], sizeof(at));
    }
    onnx_conv(&b, at, "y", 8, 3, 3, "pads=[1,1,1,1]");
    onnx_output(&b, "y", "1,3,h,w");
    return lower(&b);
}

/* What a pass keeps lies over what it takes for the last time, row by row, and is not counted
 * twice; not where its rows are made before the same rows of the other are taken. */
static void test_over(void)
{
    const int blocks = g_test_rand_int_range(3, 9);
    struct seam_net *net = squeezed(blocks, false);
    g_assert_cmpint(net->passes, ==, blocks + 1);
    g_assert_cmpint(net->n_kept, ==, blocks);
    for (int k = 0; k < blocks; k++)
        g_assert_cmpint(net->kept[k].over, ==, k - 1);
    g_assert_cmpfloat(net->kept_bytes, ==, 8 * sizeof(float));
    seam_net_close(&net);

    net = squeezed(blocks, true);
    g_assert_cmpint(net->n_kept, ==, blocks);
    for (int k = 0; k < blocks; k++)
        g_assert_cmpint(net->kept[k].over, ==, -1);
    g_assert_cmpfloat(net->kept_bytes, ==, 2 * 8 * sizeof(float));
    seam_net_close(&net);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/net/attributes", test_attributes);
    g_test_add_func("/net/lists", test_lists);
    g_test_add_func("/net/lives", test_lives);
    g_test_add_func("/net/extents", test_extents);
    g_test_add_func("/net/over", test_over);
    return g_test_run();
}
