/* The engine gpu on the first Vulkan device there is, which may be a CPU that stands for one:
 * against the native engine, tiles against the whole, memory against the plan, and with calls that
 * fail. */
#include <dlfcn.h>
#include <stdio.h>

#include "gpu_cases.h"
#include "graph/graph.h"
#include "graph/read.h"

/* Every value of VkResult that is used here. */
#define OUT_OF_MEMORY (-2)
#define LOST (-4)

/* ------------------------------------------------------------------------------------------------
 * Operators, against the native engine
 * --------------------------------------------------------------------------------------------- */

/* Both engines on noise whose origin lies where a tile's may. */
static void compare(struct lowered *native, struct lowered *gpu, int64_t alignment,
                    const char *name)
{
    struct seam_log log;
    struct seam_engine_trial t = { .width = seam_align_up(29, alignment),
                                   .height = seam_align_up(21, alignment) };
    seam_log_init(&log);
    while (native->ops->try_size(native->session, &t, &log) != SEAM_OK && t.width < 256) {
        t.width += 16 * alignment;
        t.height += 16 * alignment;
        seam_log_clear(&log);
    }
    const size_t in = (size_t)(t.width * t.height) * (size_t)native->facts.channels_in;
    const size_t out = (size_t)(t.out_width * t.out_height) * (size_t)t.channels_out;
    float *picture = g_new(float, in), *right = g_new(float, out);
    for (size_t i = 0; i < in; i++)
        picture[i] = (float)pick(0, 65535) / 65535;
    struct seam_engine_io io = { .input = picture, .batch = 1, .width = t.width,
                                 .height = t.height, .x = -2 * alignment, .y = 3 * alignment,
                                 .output = right, .out_width = t.out_width,
                                 .out_height = t.out_height };
    assert_ok(native->ops->run(native->session, &io, &log), &log);
    assert_ok(gpu->ops->run(gpu->session, &io, &log), &log);
    float most = 0, range = 0;
    for (size_t i = 0; i < out; i++) {
        /* What is no number fills a cell of the native engine's, and here what sees it alone. */
        if (!isfinite(right[i]))
            continue;
        if (!isfinite(io.result[i]))
            g_error("%s: %g is no number", name, (double)right[i]);
        most = fmaxf(most, fabsf(right[i] - io.result[i]));
        range = fmaxf(range, fabsf(right[i]));
    }
    if (most > 2e-5f * range)
        g_error("%s: %g from the native engine in a range of %g", name, (double)most,
                (double)range);
    g_free(picture);
    g_free(right);
}

/* Whether the engine gpu runs it; it must, and right, where the native engine does. */
static bool check_graph(const char *name, struct onnx_builder *b)
{
    struct seam_log log;
    struct seam_graph *graph;
    struct seam_analysis a;
    struct lowered native, gpu;
    size_t size;
    void *file = onnx_finish(b, &size);
    seam_log_init(&log);
    assert_ok(seam_graph_open_memory(&graph, file, size, "test", &log), &log);
    bool ok = seam_analysis_make(&a, graph, seam_analysis_picture(graph, NULL, NULL, 0), NULL,
                                 NULL) == SEAM_OK;
    const struct seam_network network = { .name = name, .graph = graph, .analysis = &a,
                                          .unread = "" };
    ok = ok && lowered_open(&native, &seam_engine_native, &network);
    if (ok) {
        ok = lowered_open(&gpu, &seam_engine_gpu, &network);
        if (ok) {
            compare(&native, &gpu, a.alignment > 0 ? a.alignment : 1, name);
            lowered_close(&gpu);
        } else if (!strstr(name, "Pow")) {
            g_test_message("%s: native alone", name);
        }
        lowered_close(&native);
    }
    seam_graph_close(&graph);
    free(file);
    return ok;
}

static void test_operators(void)
{
    int run = 0;
    for (size_t i = 0; i < n_model_cases; i++) {
        struct onnx_builder b;
        model_case_build(&model_cases[i], &b);
        run += check_graph(model_cases[i].name, &b);
    }
    for (size_t i = 0; i < n_model_unary; i++) {
        struct onnx_builder b;
        /* Near its pole the last bit of the convolution before it becomes any size. */
        if (strcmp(model_unary[i], "Reciprocal") == 0)
            continue;
        model_unary_build(model_unary[i], &b);
        run += check_graph(model_unary[i], &b);
    }
    g_test_message("%d of %zu networks run on the device", run, n_model_cases + n_model_unary);
    g_assert_cmpint(run, >=, 80);
}

/* ------------------------------------------------------------------------------------------------
 * Tiles
 * --------------------------------------------------------------------------------------------- */

/* ------------------------------------------------------------------------------------------------
 * Tiles
 * --------------------------------------------------------------------------------------------- */

static void tiles_of(const char *name, int64_t precision)
{
    struct seam_log log;
    struct seam_plan plan;
    struct seam_model *model = gpu_open_precise(name, precision, &log);
    unsigned char *whole = gpu_restore(model, 128, SEAM_AUTO, 1, &plan, &log);
    g_assert_nonnull(whole);
    g_assert_cmpint(plan.x.tiles * plan.y.tiles, ==, 1);
    const int64_t halo = plan.halo, alignment = plan.alignment;
    static const int64_t sizes[] = { 16, 26, 48 };
    for (int i = 0; i < 3; i++) {
        unsigned char *tiled = gpu_restore(model, sizes[i], SEAM_AUTO, i + 1, &plan, &log);
        g_assert_nonnull(tiled);
        g_assert_cmpint(plan.exact, ==, SEAM_EXACT_BITS);
        g_assert_cmpint(plan.in_flight, ==, i + 1);
        g_assert_cmpint(plan.x.tiles, >, 1);
        g_assert_true(memcmp(tiled, whole, gpu_result_bytes(&plan)) == 0);
        g_free(tiled);
    }
    /* The least that is too little shows. */
    unsigned char *wrong = gpu_restore(model, 26, halo - alignment, 1, &plan, &log);
    g_assert_nonnull(wrong);
    g_assert_cmpint(plan.exact, ==, SEAM_EXACT_NO);
    g_assert_true(memcmp(wrong, whole, gpu_result_bytes(&plan)) != 0);
    g_free(wrong);
    g_free(whole);
    seam_model_close(&model);
}

static void test_tiles(void)
{
    tiles_of("denoise-fast", SEAM_PRECISION_FLOAT);
    tiles_of("upscale2x-fast", SEAM_PRECISION_FLOAT);
    tiles_of("upscale2x-fast", SEAM_PRECISION_HALF);
}

/* ------------------------------------------------------------------------------------------------
 * Memory and faults
 * --------------------------------------------------------------------------------------------- */

static void test_memory(void)
{
    struct seam_log log;
    struct seam_plan plan;
    struct seam_facts facts;
    struct seam_model *model = gpu_open_model(NULL, &log);
    seam_model_describe(model, &facts);
    for (int n = 1; n <= 3; n++) {
        fault->peak = 0; /* what is left of earlier runs goes before the first is taken */
        unsigned char *result = gpu_restore(model, 32, SEAM_AUTO, n, &plan, &log);
        g_assert_nonnull(result);
        g_free(result);
        const uint64_t planes = plan.scratch_bytes -
                                (facts.device.shared ? plan.device_bytes - facts.device.bytes : 0);
        g_test_message("%d in flight: %lu bytes taken, %lu planned on the device, %lu beside", n,
                       (unsigned long)fault->peak, (unsigned long)plan.device_bytes,
                       (unsigned long)planes);
        g_assert_cmpuint(fault->peak, <=, plan.device_bytes + planes);
        g_assert_cmpuint(plan.device_bytes + planes, <=, fault->peak + fault->peak / 20 + 65536);
    }
    seam_model_close(&model);
    g_assert_cmpuint(fault->allocated, ==, 0);
}

/* One fault in a picture; what it ends in. */
static void with_fault(struct seam_model *model, enum vulkan_call call, int after, int result,
                       int times, const unsigned char *right, const char *words)
{
    struct seam_log log;
    struct seam_plan plan;
    seam_log_init(&log);
    fault->call = call;
    fault->after = after;
    fault->result = result;
    fault->times = times;
    unsigned char *got = gpu_restore(model, 32, SEAM_AUTO, 3, &plan, &log);
    g_assert_cmpint(fault->times, <, times);
    fault->after = -1;
    fault->lost = 0;
    if (words)
        assert_said(&log, SEAM_ERROR_ENGINE, words);
    else if (!got || memcmp(got, right, gpu_result_bytes(&plan)) != 0)
        g_error("fault %d of call %d: %s", after, (int)call, got ? "other bytes" : log.error);
    g_free(got);
}

static void test_faults(void)
{
    struct seam_log log;
    struct seam_plan plan;
    struct seam_model *model = gpu_open_model(NULL, &log);
    unsigned char *right = gpu_restore(model, 32, SEAM_AUTO, 3, &plan, &log);
    g_assert_nonnull(right);
    /* A tile that finds no memory is halved. */
    for (int n = 0; n < 4; n++)
        with_fault(model, VULKAN_ALLOCATE, n, OUT_OF_MEMORY, 1, right, NULL);
    with_fault(model, VULKAN_SUBMIT, 1, OUT_OF_MEMORY, 1, right, NULL);
    seam_model_close(&model);
    /* A device that is lost is opened once more; what was in flight is done again. */
    for (int n = 0; n < 4; n++) {
        model = gpu_open_model(NULL, &log);
        with_fault(model, n % 2 ? VULKAN_WAIT : VULKAN_SUBMIT, n, LOST, 1, right, NULL);
        seam_model_close(&model);
    }
    /* One that was reset in silence is noticed by what is missing, and does it again; and is opened
     * once more where that does not help. */
    for (int times = 1; times <= 2; times++) {
        model = gpu_open_model(NULL, &log);
        with_fault(model, VULKAN_SUBMIT, 2, VULKAN_NOTHING, times, right, NULL);
        seam_model_close(&model);
    }
    model = gpu_open_model(NULL, &log);
    with_fault(model, VULKAN_SUBMIT, 0, VULKAN_NOTHING, 1000, right, "lost,driver,--device cpu");
    seam_model_close(&model);
    /* Lost again it is given up, and that is said. */
    model = gpu_open_model(NULL, &log);
    with_fault(model, VULKAN_WAIT, 2, LOST, 2, right, "lost,driver,--device cpu,--resume");
    seam_model_close(&model);
    g_free(right);
    g_assert_cmpuint(fault->allocated, ==, 0);
}

/* A driver with a fault is found out when a network is opened, and the CPU takes its place. */
static void test_proof(void)
{
    struct seam_log log;
    struct seam_model_params params;
    struct seam_model *model = NULL;
    struct seam_device device;
    struct seam_facts facts;
    seam_log_init(&log);
    seam_model_params_init(&params);
    params.engine = SEAM_ENGINE_GPU;
    params.device = "0";
    g_assert_cmpint(seam_device_list(&device, 1, NULL), >=, 1);
    char *cache = gpu_new_cache(); /* in which nothing was proved */
    fault->spoil = 1;
    g_assert_cmpint(gpu_open_network(&model, NULL, &params, &log), ==,
                    SEAM_ERROR_ENGINE);
    assert_said(&log, SEAM_ERROR_ENGINE, "gives a wrong picture,--device cpu");
    g_assert_nonnull(strstr(log.error, device.name));
    g_assert_nonnull(strstr(log.error, device.driver));
    seam_log_clear(&log);
    params.engine = SEAM_ENGINE_AUTO;
    assert_ok(gpu_open_network(&model, NULL, &params, &log), &log);
    fault->spoil = 0;
    seam_model_describe(model, &facts);
    g_assert_true(g_str_has_prefix(facts.engine, "native"));
    seam_model_close(&model);
    gpu_drop_cache(cache);
}

/* ---------------------------------------------------------------------------------------------- */

static void test_choice(void)
{
    struct seam_log log;
    struct seam_model_params params;
    struct seam_model *model = NULL;
    struct seam_device device;
    seam_log_init(&log);
    seam_model_params_init(&params);
    params.device = "99";
    g_assert_cmpint(seam_model_open(&model, "denoise-fast", &params, &log), ==,
                    SEAM_ERROR_ENGINE);
    assert_said(&log, SEAM_ERROR_ENGINE, "there is no device '99',--device cpu");
    seam_log_clear(&log);
    params.engine = SEAM_ENGINE_NATIVE;
    g_assert_cmpint(seam_model_open(&model, "denoise-fast", &params, &log), ==,
                    SEAM_ERROR_ARGUMENT);
    /* A CPU that stands for a GPU is none that `gpu` means. */
    seam_log_clear(&log);
    g_assert_cmpint(seam_device_list(&device, 1, NULL), >=, 1);
    params.engine = SEAM_ENGINE_AUTO;
    params.device = "gpu";
    if (device.kind == SEAM_DEVICE_CPU && seam_device_list(&device, 1, NULL) == 1) {
        g_assert_cmpint(seam_model_open(&model, "denoise-fast", &params, &log), ==,
                        SEAM_ERROR_ENGINE);
        assert_said(&log, SEAM_ERROR_ENGINE, "(a CPU),--device");
    }
}

int main(int argc, char **argv)
{
    struct seam_log log;
    struct seam_device device;
    seam_log_init(&log);
    g_setenv("SEAMLESS_VULKAN", SEAM_VULKAN_FAULT, TRUE);
    char *cache = gpu_new_cache();
    if (seam_device_list(&device, 1, &log) < 1) {
        printf("1..0 # SKIP there is no Vulkan device: %s\n", log.error);
        gpu_drop_cache(cache);
        return 0;
    }
    void *library = dlopen(SEAM_VULKAN_FAULT, RTLD_NOW | RTLD_LOCAL);
    fault = library ? dlsym(library, "vulkan_fault") : NULL;
    if (!fault)
        g_error("%s: %s", SEAM_VULKAN_FAULT, dlerror());
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/gpu/choice", test_choice);
    g_test_add_func("/gpu/proof", test_proof);
    g_test_add_func("/gpu/tiles", test_tiles);
    g_test_add_func("/gpu/memory", test_memory);
    g_test_add_func("/gpu/faults", test_faults);
    g_test_add_func("/gpu/half", test_half);
    g_test_add_func("/gpu/cut", test_cut);
    g_test_add_func("/gpu/operators", test_operators);
    g_test_add_func("/gpu/auto", test_auto);
    g_test_add_func("/gpu/kept", test_kept);
    g_test_add_func("/gpu/several", test_several);
    const int code = g_test_run();
    gpu_drop_cache(cache);
    return code;
}
