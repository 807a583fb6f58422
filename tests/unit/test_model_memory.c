/* Every allocation fails once: the result is an error in words, and nothing is lost. */
#include <stdlib.h>
#include <string.h>

#include "field/free.h"
#include "graph/read.h"
#include "model_cases.h"
#include "model_test.h"

/* The linker sends calloc here. */
void *__wrap_calloc(size_t count, size_t size);
void *__real_calloc(size_t count, size_t size);

static long fail_at; /* 0: never */

void *__wrap_calloc(size_t count, size_t size)
{
    if (fail_at && --fail_at == 0)
        return NULL;
    return __real_calloc(count, size);
}

static void test_failing(gconstpointer data)
{
    const struct model_case *c = data;
    struct onnx_builder b;
    size_t size;
    model_case_build(c, &b);
    void *file = onnx_finish(&b, &size);
    bool done = false;
    for (long n = 1; !done; n++) {
        struct seam_log log;
        struct seam_graph *graph = NULL;
        struct seam_analysis a;
        seam_log_init(&log);
        fail_at = n;
        enum seam_result result = seam_graph_open_memory(&graph, file, size, "test", &log);
        if (result == SEAM_OK)
            result = seam_analysis_make(&a, graph, NULL, NULL, &log);
        done = fail_at > 0;
        fail_at = 0;
        g_assert_cmpint(result, ==, done ? SEAM_OK : SEAM_ERROR_MEMORY);
        g_assert_cmpint(log.result, ==, result);
        if (result == SEAM_OK)
            g_assert_cmpint(a.bounded, ==, c->op == NULL);
        seam_graph_close(&graph);
        g_assert_cmpint(n, <, 10000);
    }
    free(file);
}

/* A network of one size that is rewritten for any, and is what it was where that fails. */
static void test_failing_free(void)
{
    struct onnx_builder b;
    size_t size;
    onnx_begin(&b, 13);
    onnx_input(&b, "x", "1,3,16,24");
    onnx_ints(&b, "blocks", "1,3,8,2,12,2");
    onnx_ints(&b, "planes", "1,12,8,12");
    onnx_node(&b, "Reshape", "x blocks", "a", "");
    onnx_node(&b, "Transpose", "a", "b", "perm=[0,1,3,5,2,4]");
    onnx_node(&b, "Reshape", "b planes", "c", "");
    onnx_node(&b, "DepthToSpace", "c", "y", "blocksize=2 mode='CRD'");
    onnx_output(&b, "y", "1,3,16,24");
    void *file = onnx_finish(&b, &size);
    bool done = false;
    for (long n = 1; !done; n++) {
        struct seam_log log;
        struct seam_graph *graph = NULL;
        struct seam_analysis a;
        struct seam_freed freed;
        seam_log_init(&log);
        g_assert_cmpint(seam_graph_open_memory(&graph, file, size, "test", &log), ==, SEAM_OK);
        fail_at = n;
        const enum seam_result result = seam_graph_free(graph, "x", NULL, 0, &freed, &log);
        done = fail_at > 0;
        fail_at = 0;
        g_assert_cmpint(result, ==, done ? SEAM_OK : SEAM_ERROR_MEMORY);
        g_assert_cmpint(freed.done, ==, done);
        for (int twice = 0; twice < 2; twice++) {
            g_assert_cmpint(seam_analysis_make(&a, graph, NULL, NULL, &log), ==, SEAM_OK);
            g_assert_true(a.bounded);
            g_assert_cmpint(a.alignment, ==, 2);
            g_assert_cmpint(a.fixed_width, ==, done && !twice ? 0 : 24);
            g_assert_true(!done || twice || seam_graph_unfree(graph, &freed));
        }
        seam_graph_close(&graph);
        g_assert_cmpint(n, <, 10000);
    }
    free(file);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < n_model_cases; i++) {
        char *name = g_strdup_printf("/model/memory/%s", model_cases[i].name);
        g_test_add_data_func(name, &model_cases[i], test_failing);
        g_free(name);
    }
    g_test_add_func("/model/memory/free", test_failing_free);
    return g_test_run();
}
