/* A small picture through a network that runs in passes over it. */
#ifndef SEAM_TESTS_PASSES_H
#define SEAM_TESTS_PASSES_H

#include "unit.h"

#include "onnx_builder.h"

#define WIDTH 150
#define HEIGHT 61

struct picture {
    float *samples;
    int64_t first; /* row that the source gives next */
};

/* Rows are given once: what is read again, the stream keeps. */
static int read_rows(void *opaque, int64_t y, int64_t rows, void *dst)
{
    struct picture *p = opaque;
    g_assert_cmpint(y, ==, p->first);
    memcpy(dst, p->samples + y * WIDTH, (size_t)(rows * WIDTH) * sizeof(float));
    p->first = y + rows;
    return 0;
}

static struct seam_model *open_net(struct onnx_builder *b, int threads)
{
    const struct seam_model_params params = { .engine = SEAM_ENGINE_NATIVE, .threads = threads };
    struct seam_model *model;
    struct seam_log log;
    size_t size;
    void *file = onnx_finish(b, &size);
    seam_log_init(&log);
    assert_ok(seam_model_open_memory(&model, file, size, "net", &params, &log), &log);
    free(file);
    return model;
}

/* Rows `first` on of what becomes of the picture; *plan by `params`. */
static float *restore(struct seam_model *model, const float *samples,
                      const struct seam_params *params, int64_t first, struct seam_plan *plan)
{
    const struct seam_picture picture = { WIDTH, HEIGHT, 1, false, false, SEAM_SAMPLE_F32,
                                          SEAM_TRANSFER_NONE };
    struct picture p = { g_memdup2(samples, WIDTH * HEIGHT * sizeof(float)), 0 };
    const struct seam_source source = { .opaque = &p, .read = read_rows };
    const struct seam_stream_params stream_params = { .first_row = first };
    struct seam_machine machine = { 1 << 30, 1 << 30, 0, 1 };
    struct seam_facts facts;
    struct seam_stream *stream;
    struct seam_log log;
    seam_log_init(&log);
    seam_model_describe(model, &facts);
    assert_ok(seam_plan_make(plan, &picture, &facts, params, &machine, &log), &log);
    const int64_t rows = plan->y.out_size - first;
    float *out = g_new0(float, (size_t)(rows * plan->x.out_size * facts.channels_out));
    assert_ok(seam_stream_open(&stream, model, plan, &source, &stream_params, &log), &log);
    assert_ok(seam_stream_read(stream, rows, out, 0), &log);
    seam_stream_close(&stream);
    g_free(p.samples);
    return out;
}

static float *noise(void)
{
    float *samples = g_new(float, WIDTH * HEIGHT);
    for (int i = 0; i < WIDTH * HEIGHT; i++)
        samples[i] = (float)g_test_rand_double();
    return samples;
}

/* A side of the attention, each channel over its length. */
static void unit_length(struct onnx_builder *b, const char *of, const char *to)
{
    char length[16], low[16], shape[16], wide[16], two[40];
    g_snprintf(length, sizeof(length), "%sl", of);
    g_snprintf(low, sizeof(low), "%sc", of);
    g_snprintf(shape, sizeof(shape), "%ss", of);
    g_snprintf(wide, sizeof(wide), "%sw", of);
    onnx_node(b, "ReduceL2", of, length, "axes=[-1] keepdims=1");
    g_snprintf(two, sizeof(two), "%s tiny", length);
    onnx_node(b, "Max", two, low, "");
    onnx_node(b, "Shape", of, shape, "");
    g_snprintf(two, sizeof(two), "%s %s", low, shape);
    onnx_node(b, "Expand", two, wide, "");
    g_snprintf(two, sizeof(two), "%s %s", of, wide);
    onnx_node(b, "Div", two, to, "");
}

#endif /* SEAM_TESTS_PASSES_H */
