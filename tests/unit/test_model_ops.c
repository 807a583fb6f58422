/* One small network per operator, in each form that matters. */
#include <string.h>

#include "field/rules.h"
#include "model_cases.h"
#include "model_test.h"

static void test_case(gconstpointer data)
{
    const struct model_case *c = data;
    struct onnx_builder b;
    struct model_test t;
    model_case_build(c, &b);
    model_test_run(&t, &b);
    for (size_t i = 0; i < t.found.n_unbounded; i++)
        g_test_message("%s (%s): %s", t.found.unbounded[i].name, t.found.unbounded[i].op,
                       t.found.unbounded[i].why);
    g_assert_cmpstr(t.found.n_unbounded ? t.found.unbounded[0].op : NULL, ==, c->op);
    g_assert_cmpstr(seam_level_name(t.found.level), ==, seam_level_name(c->level));
    if (c->scale_num) {
        g_assert_cmpint(t.found.scale_num, ==, c->scale_num);
        g_assert_cmpint(t.found.scale_den, ==, c->scale_den);
    }
    if (!c->op) {
        g_assert_cmpint(t.found.alignment, ==, c->alignment);
        for (int side = 0; side < 4; side++) {
            bool behind = side == SEAM_RIGHT || side == SEAM_BOTTOM;
            g_assert_cmpint(t.found.crop[side], ==, c->crop);
            g_assert_cmpint(t.found.field[side], ==, behind ? c->behind : c->before);
            g_assert_cmpint(t.found.halo[side], <=, MAX(t.found.field[side], c->crop));
            g_assert_cmpint(t.found.halo[side], >=, c->crop);
        }
    }
    model_test_end(&t);
}

static void test_unary(gconstpointer data)
{
    struct onnx_builder b;
    struct model_test t;
    model_unary_build(data, &b);
    model_test_run(&t, &b);
    g_assert_true(t.found.bounded);
    for (int side = 0; side < 4; side++)
        g_assert_cmpint(t.found.field[side], ==, 2);
    model_test_end(&t);
}

/* The table is searched by halves. */
static void test_operators_sorted(void)
{
    for (size_t i = 0; seam_operator_at(i); i++) {
        struct seam_onnx_node node = { .op = seam_operator_at(i)->name, .domain = "" };
        g_assert_true(seam_operator_find(&node) == seam_operator_at(i));
        if (i)
            g_assert_cmpint(strcmp(seam_operator_at(i - 1)->name, node.op), <, 0);
    }
}

/* Mark which operators of the table a file uses. */
static void mark_used(struct onnx_builder *b, bool *used)
{
    struct model_test t;
    model_test_run(&t, b);
    for (size_t k = 0; k < t.graph->n_nodes; k++)
        for (size_t i = 0; seam_operator_at(i); i++)
            used[i] |= seam_operator_find(&t.graph->nodes[k]) == seam_operator_at(i);
    model_test_end(&t);
}

/* No operator is promised anything without a network that tests it. */
static void test_operators_covered(void)
{
    bool used[256] = { false };
    struct onnx_builder b;
    for (size_t i = 0; i < n_model_cases; i++) {
        model_case_build(&model_cases[i], &b);
        mark_used(&b, used);
    }
    for (size_t i = 0; i < n_model_unary; i++) {
        model_unary_build(model_unary[i], &b);
        mark_used(&b, used);
    }
    for (size_t i = 0; seam_operator_at(i); i++)
        if (!used[i]) {
            g_test_message("no network uses %s", seam_operator_at(i)->name);
            g_test_fail();
        }
}

static void test_other_domain(void)
{
    struct onnx_builder b;
    onnx_begin(&b, 13);
    onnx_input(&b, "x", "1,3,h,w");
    onnx_node_domain(&b, "Relu", "x", "y", "", "com.example");
    onnx_output(&b, "y", "1,3,h,w");
    model_test_unbounded(&b, "Relu");
}

static void test_subgraph(void)
{
    static const char *const ops[] = { "If", "Loop", "Scan", "Relu" };
    for (size_t i = 0; i < G_N_ELEMENTS(ops); i++) {
        struct onnx_builder b;
        onnx_begin(&b, 13);
        onnx_input(&b, "x", "1,3,h,w");
        onnx_node_subgraph(&b, ops[i], "x", "y");
        onnx_output(&b, "y", "1,3,h,w");
        model_test_unbounded(&b, ops[i]);
    }
}

/* Operators that are written alike in all of them, from the oldest set to the newest. */
static void test_opsets(void)
{
    for (int opset = 7; opset <= SEAM_NEWEST_OPSET + 1; opset++) {
        struct onnx_builder b;
        onnx_begin(&b, opset);
        onnx_input(&b, "x", "1,3,h,w");
        onnx_conv(&b, "x", "a", 3, 8, 3, "pads=[1,1,1,1]");
        onnx_node(&b, "Relu", "a", "r", "");
        onnx_node(&b, "MaxPool", "r", "m", "kernel_shape=[2,2] strides=[2,2]");
        onnx_weights(&b, "up", "8,4,2,2");
        onnx_node(&b, "ConvTranspose", "m up", "u", "strides=[2,2]");
        onnx_node(&b, "Concat", "u x", "c", "axis=1");
        onnx_node(&b, "Transpose", "c", "t", "perm=[0,2,3,1]");
        onnx_node(&b, "Transpose", "t", "y", "perm=[0,3,1,2]");
        onnx_output(&b, "y", "1,7,h,w");
        /* What a set means that is newer than this code cannot be known. */
        if (opset > SEAM_NEWEST_OPSET)
            model_test_unbounded(&b, "Conv");
        else
            model_test_expect(&b, 1, 2, 2, SEAM_LEVEL_BITS);
    }
}

/* What does not lead to the output does not count. */
static void test_dead_end(void)
{
    struct onnx_builder b;
    onnx_begin(&b, 13);
    onnx_input(&b, "x", "1,3,h,w");
    onnx_node(&b, "GlobalAveragePool", "x", "unused", "");
    onnx_conv(&b, "x", "y", 3, 3, 3, "pads=[1,1,1,1]");
    onnx_output(&b, "y", "1,3,h,w");
    model_test_expect(&b, 1, 1, 1, SEAM_LEVEL_BITS);
}

/* A network of one size: the same rules, with numbers in the place of h and w. */
static void test_fixed_size(void)
{
    struct onnx_builder b;
    struct model_test t;
    onnx_begin(&b, 13);
    onnx_input(&b, "x", "1,3,64,96");
    onnx_conv(&b, "x", "a", 3, 8, 2, "strides=[2,2]");
    onnx_ints(&b, "size", "1,8,64,96");
    onnx_node(&b, "Resize", "a _ _ size", "r", "mode='nearest'");
    onnx_conv(&b, "r", "y", 8, 3, 3, "pads=[1,1,1,1]");
    onnx_output(&b, "y", "1,3,64,96");
    model_test_run(&t, &b);
    g_assert_true(t.found.bounded);
    g_assert_cmpint(t.found.fixed_height, ==, 64);
    g_assert_cmpint(t.found.fixed_width, ==, 96);
    g_assert_cmpint(t.found.alignment, ==, 2);
    for (int side = 0; side < 4; side++) {
        g_assert_cmpint(t.found.halo[side], ==, 2);
        g_assert_cmpint(t.found.field[side], ==, 2);
    }
    model_test_end(&t);

    /* A table with a value for each position, as vision transformers have. */
    onnx_begin(&b, 13);
    onnx_input(&b, "x", "1,3,8,8");
    onnx_weights(&b, "table", "1,3,8,8");
    onnx_node(&b, "Add", "x table", "y", "");
    onnx_output(&b, "y", "1,3,8,8");
    model_test_unbounded(&b, "Add");
}

static void test_layouts(void)
{
    static const struct {
        const char *dims;
        enum seam_axes layout;
    } cases[] = {
        { "1,3,h,w", SEAM_AXES_NCHW },   { "1,h,w,3", SEAM_AXES_NHWC },
        { "1,3,32,32", SEAM_AXES_NCHW }, { "1,32,32,3", SEAM_AXES_NHWC },
        /* A batch is put on and taken off. */
        { "3,h,w", SEAM_AXES_NCHW },     { "h,w,3", SEAM_AXES_NHWC },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct onnx_builder b;
        struct model_test t;
        onnx_begin(&b, 13);
        onnx_input(&b, "x", cases[i].dims);
        onnx_node(&b, "Relu", "x", "y", "");
        onnx_output(&b, "y", cases[i].dims);
        model_test_run(&t, &b);
        g_assert_cmpint(t.found.layout, ==, cases[i].layout);
        g_assert_cmpint(t.found.output_layout, ==, cases[i].layout);
        g_assert_cmpint(t.found.channels_in, ==, 3);
        g_assert_true(t.found.bounded);
        model_test_end(&t);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < n_model_cases; i++) {
        char *name = g_strdup_printf("/model/ops/%s", model_cases[i].name);
        g_test_add_data_func(name, &model_cases[i], test_case);
        g_free(name);
    }
    for (size_t i = 0; i < n_model_unary; i++) {
        char *name = g_strdup_printf("/model/unary/%s", model_unary[i]);
        g_test_add_data_func(name, model_unary[i], test_unary);
        g_free(name);
    }
    g_test_add_func("/model/table-sorted", test_operators_sorted);
    g_test_add_func("/model/table-covered", test_operators_covered);
    g_test_add_func("/model/other-domain", test_other_domain);
    g_test_add_func("/model/subgraph", test_subgraph);
    g_test_add_func("/model/opsets", test_opsets);
    g_test_add_func("/model/dead-end", test_dead_end);
    g_test_add_func("/model/fixed-size", test_fixed_size);
    g_test_add_func("/model/layouts", test_layouts);
    return g_test_run();
}
