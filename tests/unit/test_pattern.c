/* Functions of one sample written in pieces become the one link that the plain operator gives, and
 * what only looks alike is left in pieces. */
#include <stdlib.h>
#include <string.h>

#include <glib.h>

#include "base/common.h"
#include "graph/read.h"
#include "net/net.h"
#include "onnx_builder.h"

/* Nodes between the convolution's "x" and "y", each "Op inputs > outputs"; "a" is a slope for each
 * of the 4 channels, what else is named as a number is one. */
struct pieces {
    const char *name;
    const char *nodes[8];
};

static void add_node(struct onnx_builder *b, const char *text)
{
    gchar **words = g_strsplit(text, " ", 2), **sides = g_strsplit(words[1], " > ", 2);
    onnx_node(b, words[0], sides[0], sides[1], "");
    g_strfreev(sides);
    g_strfreev(words);
}

static struct seam_net *lowered(const char *const *nodes)
{
    struct onnx_builder b;
    onnx_begin(&b, 20);
    onnx_input(&b, "in", "1,3,h,w");
    onnx_weights(&b, "a", "4,1,1");
    static const struct {
        const char *name;
        float value;
    } numbers[] = {
        {"-1", -1}, {"0", 0}, {"half", 0.5f},         {"1", 1},
        {"3", 3},   {"6", 6}, {"sqrt2", 1.41421354f}, {"0.4", 0.4f},
    };
    for (size_t i = 0; i < SEAM_ARRAY_LEN(numbers); i++)
        onnx_fill(&b, numbers[i].name, "", numbers[i].value);
    onnx_conv(&b, "in", "x", 3, 4, 3, "pads=[1,1,1,1]");
    for (int i = 0; nodes[i]; i++)
        add_node(&b, nodes[i]);
    onnx_conv(&b, "y", "out", 4, 3, 3, "pads=[1,1,1,1]");
    onnx_output(&b, "out", "1,3,h,w");
    size_t size;
    void *file = onnx_finish(&b, &size);
    struct seam_graph *graph;
    struct seam_net *net;
    struct seam_net_obstacle obstacle;
    const struct seam_net_params params = {0};
    g_assert_cmpint(seam_graph_open_memory(&graph, file, size, "pieces", NULL), ==, SEAM_OK);
    const enum seam_result r = seam_net_open(&net, graph, &params, &obstacle);
    if (r != SEAM_OK)
        g_error("%s: %s: %s", obstacle.op, obstacle.name, obstacle.why);
    seam_graph_close(&graph);
    free(file);
    return net;
}

/* The links behind the first convolution. */
static const struct seam_net_op *first(const struct seam_net *net)
{
    g_assert_cmpint(net->ops[0].kind, ==, SEAM_OP_CONV);
    return &net->ops[0];
}

static void assert_one_link(const struct pieces *p, const char *plain, double slopes)
{
    const char *const nodes[] = {plain, NULL};
    struct seam_net *found = lowered(p->nodes), *wanted = lowered(nodes);
    g_test_message("%s", p->name);
    g_assert_cmpint(found->n_ops, ==, 2);
    g_assert_cmpint(first(found)->n_links, ==, 1);
    g_assert_cmpint(first(wanted)->n_links, ==, 1);
    const struct seam_link *a = &first(found)->links[0], *b = &first(wanted)->links[0];
    g_assert_cmpint(a->kind, ==, b->kind);
    g_assert_true(!a->list == !b->list);
    for (int c = 0; a->list && c < 4; c++)
        g_assert_cmpfloat((double)a->list[c], ==, (double)(float)(slopes * (double)b->list[c]));
    if (!a->list && a->kind == SEAM_LINK_LEAKY)
        g_assert_cmpfloat((double)a->a, ==, slopes);
    seam_net_close(&found);
    seam_net_close(&wanted);
}

static void test_leaky(void)
{
    static const struct pieces lists[] = {
        {"relu + a (x - |x|) / 2",
         {"Relu x > r", "Abs x > b", "Sub x b > s", "Mul a s > m", "Mul m half > h",
          "Add r h > y"}},
        {"halves first, the other way round",
         {"Abs x > b", "Sub x b > s", "Mul s half > h", "Mul h a > m", "Relu x > r",
          "Add m r > y"}},
        {"relu + a min(x, 0)", {"Relu x > r", "Min x 0 > s", "Mul s a > m", "Add r m > y"}},
        {"relu - a relu(-x)",
         {"Relu x > r", "Neg x > n", "Relu n > s", "Mul a s > m", "Sub r m > y"}},
        {"relu + (-a) relu(-1 x)",
         {"Relu x > r", "Mul x -1 > n", "Relu n > s", "Neg a > na", "Mul s na > m", "Add m r > y"}},
    };
    static const struct pieces single = {
        "one slope", {"Relu x > r", "Min 0 x > s", "Mul s 0.4 > m", "Add r m > y"}};
    for (size_t i = 0; i < SEAM_ARRAY_LEN(lists); i++)
        assert_one_link(&lists[i], "PRelu x a > y", 1);
    assert_one_link(&single, "LeakyRelu x > y", (double)0.4f);
}

static void test_gated(void)
{
    static const struct pieces hard = {
        "hard swish", {"Add x 3 > p", "Clip p 0 6 > c", "Mul x c > m", "Div m 6 > y"}};
    static const struct pieces swish[] = {
        {"hard swish, gate divided",
         {"Add 3 x > p", "Clip p 0 6 > c", "Div c 6 > g", "Mul g x > y"}},
        {"gelu", {"Div x sqrt2 > d", "Erf d > e", "Add e 1 > g", "Mul x g > m", "Mul m half > y"}},
        {"gelu, halves first",
         {"Div x sqrt2 > d", "Erf d > e", "Add e 1 > g", "Mul x half > h", "Mul h g > y"}},
    };
    assert_one_link(&hard, "HardSwish x > y", 0);
    assert_one_link(&swish[0], "HardSwish x > y", 0);
    assert_one_link(&swish[1], "Gelu x > y", 0);
    assert_one_link(&swish[2], "Gelu x > y", 0);
    static const char *const sigmoid[] = {"Sigmoid x > g", "Mul x g > y", NULL};
    struct seam_net *net = lowered(sigmoid);
    g_assert_cmpint(net->n_ops, ==, 2);
    g_assert_cmpint(first(net)->links[0].kind, ==, SEAM_LINK_SWISH);
    seam_net_close(&net);
}

/* Nothing of it is a function of the list: no link of these kinds may appear. */
static void test_others(void)
{
    static const struct pieces others[] = {
        {"a constant list under no Mul",
         {"Relu x > r", "Abs x > b", "Sub b x > s", "Mul a s > m", "Add r m > y"}},
        {"gelu of another scale",
         {"Div x sqrt2 > d", "Erf d > e", "Add e 1 > g", "Mul x g > m", "Mul m 0.4 > y"}},
        {"hard swish over 3", {"Add x 3 > p", "Clip p 0 6 > c", "Mul x c > m", "Div m 3 > y"}},
        {"the gate of something else", {"Relu x > z", "Sigmoid z > g", "Mul x g > y"}},
        {"relu of something else",
         {"Abs x > z", "Relu z > r", "Min x 0 > s", "Mul s a > m", "Add r m > y"}},
    };
    for (size_t i = 0; i < SEAM_ARRAY_LEN(others); i++) {
        struct seam_net *net = lowered(others[i].nodes);
        g_test_message("%s", others[i].name);
        for (int k = 0; k < net->n_ops; k++)
            for (int j = 0; j < net->ops[k].n_links; j++) {
                const enum seam_link_kind kind = net->ops[k].links[j].kind;
                g_assert_true(kind != SEAM_LINK_LEAKY && kind != SEAM_LINK_GELU &&
                              kind != SEAM_LINK_HARD_SWISH && kind != SEAM_LINK_SWISH);
            }
        seam_net_close(&net);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/pattern/leaky", test_leaky);
    g_test_add_func("/pattern/gated", test_gated);
    g_test_add_func("/pattern/others", test_others);
    return g_test_run();
}
