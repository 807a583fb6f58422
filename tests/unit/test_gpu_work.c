/* What half precision makes, and how work is dealt to submissions. */
#include "engine/gpu/gpu.h"
#include "graph/graph.h"
#include "graph/read.h"
#include "gpu_cases.h"

/* Half precision is another picture, and not far from it; where 8 bits are asked for it is taken by
 * itself. */
void test_half(void)
{
    static const char *const names[] = { "denoise-fast", "upscale2x-fast" };
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        struct seam_log log;
        struct seam_plan plan;
        struct seam_facts facts;
        struct seam_model *model = gpu_open_precise(names[i], SEAM_PRECISION_FLOAT, &log);
        unsigned char *right = gpu_restore(model, 128, SEAM_AUTO, 1, &plan, &log);
        const uint64_t bytes = plan.device_bytes;
        seam_model_close(&model);
        model = gpu_open_precise(names[i], SEAM_PRECISION_EIGHT, &log);
        seam_model_describe(model, &facts);
        g_assert_cmpint(facts.precision, ==, SEAM_PRECISION_HALF);
        g_assert_true(g_str_has_suffix(facts.engine_text, ", half"));
        unsigned char *half = gpu_restore(model, 128, SEAM_AUTO, 1, &plan, &log);
        g_assert_nonnull(right);
        g_assert_nonnull(half);
        g_assert_cmpuint(plan.device_bytes, <, bytes - bytes / 4);
        const float *a = (const float *)(const void *)right;
        const float *b = (const float *)(const void *)half;
        float most = 0;
        for (size_t k = 0; k < gpu_result_bytes(&plan) / sizeof(float); k++)
            most = fmaxf(most, fabsf(a[k] - b[k]));
        g_assert_cmpfloat(most, >, 0);
        g_assert_cmpfloat(most, <=, 2.0f / 1024);
        g_free(right);
        g_free(half);
        seam_model_close(&model);
    }
}

/* What is dealt to many submissions, in the middle of layers too, is the same to the bit. */
void test_cut(void)
{
    struct seam_log log;
    struct onnx_builder b;
    struct seam_graph *graph;
    struct seam_analysis a;
    struct lowered gpu;
    size_t size;
    enum { SIDE = 61, SAMPLES = 3 * SIDE * SIDE };
    float *picture = g_new(float, SAMPLES), *whole = NULL;
    seam_log_init(&log);
    gpu_build_small(&b);
    void *file = onnx_finish(&b, &size);
    assert_ok(seam_graph_open_memory(&graph, file, size, "test", &log), &log);
    assert_ok(seam_analysis_make(&a, graph, seam_analysis_picture(graph, NULL, NULL, 0), NULL,
                                 NULL), &log);
    const struct seam_network network = { .name = "small", .graph = graph, .analysis = &a,
                                          .unread = "" };
    g_assert_true(lowered_open(&gpu, &seam_engine_gpu, &network));
    for (int i = 0; i < SAMPLES; i++)
        picture[i] = (float)pick(0, 65535) / 65535;
    /* Multiply-adds a second: all at once, some rows of a layer, and hardly anything. */
    static const double rates[] = { 1e15, 3e6, 1e3 };
    int last = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(rates); i++) {
        struct seam_engine_io io = { .input = picture, .batch = 1, .width = SIDE, .height = SIDE,
                                     .out_width = SIDE, .out_height = SIDE };
        struct gpu_engine *engine = gpu.engine;
        const int before = fault->counts[VULKAN_SUBMIT];
        gpu.ops->limit(gpu.session, 0, 0);
        engine->shares[0].core->rate = rates[i];
        assert_ok(gpu.ops->run(gpu.session, &io, &log), &log);
        const int submissions = fault->counts[VULKAN_SUBMIT] - before;
        g_test_message("%d submissions", submissions);
        g_assert_cmpint(submissions, >, last);
        if (i == 0)
            g_assert_cmpint(submissions, ==, 1);
        last = submissions;
        if (!whole)
            whole = g_memdup2(io.result, SAMPLES * sizeof(float));
        g_assert_true(memcmp(io.result, whole, SAMPLES * sizeof(float)) == 0);
    }
    /* Each row of groups by itself: eight of a picture of 61, in both layers. */
    g_assert_cmpint(last, ==, 16);
    lowered_close(&gpu);
    seam_graph_close(&graph);
    free(file);
    g_free(picture);
    g_free(whole);
}
