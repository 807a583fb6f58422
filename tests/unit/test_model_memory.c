/* Every allocation fails once: the result is an error in words, and nothing is lost. */
#include <stdlib.h>
#include <string.h>

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

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < n_model_cases; i++) {
        char *name = g_strdup_printf("/model/memory/%s", model_cases[i].name);
        g_test_add_data_func(name, &model_cases[i], test_failing);
        g_free(name);
    }
    return g_test_run();
}
