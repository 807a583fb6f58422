/* Weights by name, and graphs built of them. */
#include "unit.h"

#include "field/analysis.h"
#include "graph/build.h"
#include "graph/parts.h"

static struct seam_weight weight(const char *name, int32_t type, const void *data, int64_t n)
{
    return (struct seam_weight){ .name = name,
                                 .type = type,
                                 .rank = 1,
                                 .dims = { n },
                                 .count = (uint64_t)n,
                                 .data = data,
                                 .size = (uint64_t)n * seam_onnx_type_size(type) };
}

static void test_lookup(void)
{
    struct seam_weight items[] = { { .name = "body.0.bias" },   { .name = "body.0.weight" },
                                   { .name = "body.1.weight" }, { .name = "body.10.x" },
                                   { .name = "body.2.weight" }, { .name = "tail" } };
    struct seam_weights w = { .items = items, .count = SEAM_ARRAY_LEN(items) };
    size_t n;
    g_assert_true(seam_weights_find(&w, "body.2.weight") == &items[4]);
    g_assert_null(seam_weights_find(&w, "body.2"));
    g_assert_true(seam_weights_prefix(&w, "body.1", &n) == &items[2]);
    g_assert_cmpuint(n, ==, 2);
    g_assert_null(seam_weights_prefix(&w, "head", &n));
    g_assert_cmpuint(n, ==, 0);
    g_assert_cmpint(seam_weights_span(&w, "body.", ".weight", 0), ==, 3);
    for (size_t i = 0; i + 1 < SEAM_ARRAY_LEN(items); i++)
        g_assert_nonnull(seam_weights_take(&w, items[i].name));
    g_assert_true(seam_weights_unused(&w) == &items[5]);
    g_assert_nonnull(seam_weights_take(&w, "tail"));
    g_assert_null(seam_weights_unused(&w));
}

static void test_floats(void)
{
    static const uint8_t half[] = { 0, 0x3c, 0, 0xc0 }, brain[] = { 0x80, 0x3f, 0, 0xc0 };
    static const double wide[] = { 1, -2 };
    struct seam_graph *graph = seam_graph_new("test");
    const struct seam_weights w = { .graph = graph };
    const struct seam_weight all[] = { weight("h", SEAM_ONNX_FLOAT16, half, 2),
                                       weight("b", SEAM_ONNX_BFLOAT16, brain, 2),
                                       weight("d", SEAM_ONNX_DOUBLE, wide, 2) };
    for (size_t i = 0; i < SEAM_ARRAY_LEN(all); i++) {
        const float *f = seam_weight_floats(&w, &all[i]);
        g_assert_nonnull(f);
        g_assert_cmpfloat(f[0], ==, 1);
        g_assert_cmpfloat(f[1], ==, -2);
    }
    seam_graph_close(&graph);
}

/* 3 -> 8, PRelu-like, 8 -> 12, pixel shuffle, plus the enlarged picture. */
static void build(struct seam_build *b, struct seam_weight *first, struct seam_weight *last)
{
    const char *const picture = seam_build_input(b, "input", 3);
    const char *x = seam_build_conv(b, picture, seam_build_weight(b, first), NULL,
                                    &(struct seam_build_conv){ .pad = 1 });
    x = seam_build_leaky(b, x, 0.2f);
    x = seam_build_conv(b, x, seam_build_weight(b, last), NULL,
                        &(struct seam_build_conv){ .pad = 1 });
    x = seam_build_add(b, seam_build_shuffle(b, x, 2), seam_build_resize(b, picture, "nearest", 2));
    seam_build_say(b, "seamless.architecture", "%d features", 8);
    seam_build_output(b, x, "output", 0);
}

static void test_build(void)
{
    static uint8_t bytes[8 * 12 * 9 * 4];
    struct seam_log log;
    struct seam_build b;
    struct seam_analysis a;
    struct seam_graph *graph = seam_graph_new("test");
    struct seam_weight first = { .name = "first",
                                 .type = SEAM_ONNX_FLOAT16,
                                 .rank = 4,
                                 .dims = { 8, 3, 3, 3 },
                                 .count = 216,
                                 .data = bytes,
                                 .size = 432 };
    struct seam_weight last = { .name = "last",
                                .type = SEAM_ONNX_FLOAT,
                                .rank = 4,
                                .dims = { 12, 8, 3, 3 },
                                .count = 864,
                                .data = bytes,
                                .size = 3456 };
    seam_log_init(&log);
    seam_build_init(&b, graph, &log);
    build(&b, &first, &last);
    assert_ok(seam_build_finish(&b), &log);
    g_assert_true(first.used && last.used);
    g_assert_true(seam_graph_number(graph));
    assert_ok(seam_analysis_make(&a, graph, NULL, NULL, &log), &log);
    g_assert_cmpint(a.scale_num, ==, 2);
    g_assert_cmpint(a.halo[SEAM_LEFT], ==, 2);
    g_assert_cmpint(a.level, ==, SEAM_LEVEL_BITS);
    g_assert_cmpint(a.channels_out, ==, 3);
    g_assert_cmpstr(graph->metadata[0].value, ==, "8 features");
    seam_graph_close(&graph);
}

/* What a builder forgets to check is found at the end, in words. */
static void test_missing(void)
{
    struct seam_log log;
    struct seam_build b;
    struct seam_graph *graph = seam_graph_new("test.pth");
    seam_log_init(&log);
    seam_build_init(&b, graph, &log);
    const char *x = seam_build_input(&b, "input", 3);
    x = seam_build_conv(&b, x, seam_build_weight(&b, NULL), NULL, &(struct seam_build_conv){ 0 });
    seam_build_output(&b, seam_build_add(&b, x, x), "output", 0);
    g_assert_cmpint(seam_build_finish(&b), ==, SEAM_ERROR_MODEL);
    assert_said(&log, SEAM_ERROR_MODEL, "test.pth,no such weight");
    seam_graph_close(&graph);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/weights/lookup", test_lookup);
    g_test_add_func("/weights/floats", test_floats);
    g_test_add_func("/weights/build", test_build);
    g_test_add_func("/weights/missing", test_missing);
    return g_test_run();
}
