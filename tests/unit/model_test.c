#include <string.h>

#include "graph/read.h"
#include "model_test.h"

void model_test_run(struct model_test *t, struct onnx_builder *b)
{
    struct seam_log log;
    seam_log_init(&log);
    memset(t, 0, sizeof(*t));
    t->file = onnx_finish(b, &t->size);
    enum seam_result result = seam_graph_open_memory(&t->graph, t->file, t->size, "test", &log);
    if (result == SEAM_OK)
        result = seam_analysis_make(&t->found, t->graph, NULL, NULL, &log);
    g_assert_cmpstr(log.error, ==, "");
    g_assert_cmpint(result, ==, SEAM_OK);
}

void model_test_end(struct model_test *t)
{
    seam_graph_close(&t->graph);
    free(t->file);
}

void model_test_expect(struct onnx_builder *b, int64_t scale, int64_t alignment, int64_t field,
                       enum seam_level level)
{
    struct model_test t;
    model_test_run(&t, b);
    for (size_t i = 0; i < t.found.n_unbounded; i++)
        g_test_message("%s (%s): %s", t.found.unbounded[i].name, t.found.unbounded[i].op,
                       t.found.unbounded[i].why);
    g_assert_true(t.found.bounded);
    g_assert_cmpint(t.found.scale_num, ==, scale);
    g_assert_cmpint(t.found.scale_den, ==, 1);
    g_assert_cmpint(t.found.alignment, ==, alignment);
    for (int side = 0; side < 4; side++)
        g_assert_cmpint(t.found.field[side], ==, field);
    g_assert_cmpstr(seam_level_name(t.found.level), ==, seam_level_name(level));
    model_test_end(&t);
}

void model_test_unbounded(struct onnx_builder *b, const char *op)
{
    struct model_test t;
    model_test_run(&t, b);
    g_assert_false(t.found.bounded);
    g_assert_cmpint(t.found.level, ==, SEAM_LEVEL_NO);
    g_assert_cmpuint(t.found.n_unbounded, >=, 1);
    g_assert_cmpstr(t.found.unbounded[0].op, ==, op);
    g_assert_cmpuint(strlen(t.found.unbounded[0].name), >, 0);
    g_assert_cmpuint(strlen(t.found.unbounded[0].why), >, 0);
    model_test_end(&t);
}
