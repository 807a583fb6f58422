/*
 * The native engine's convolutions against ONNX Runtime's, layer by layer.
 *
 *     kernels [THREADS [WIDTH [NAME]]]
 *
 * Each line: a layer (several in a row where its channels are equal, so that neither side pays for
 * turning planes into channels), how the native engine computes it, nanoseconds a pixel and layer
 * for each instruction set and for ONNX Runtime, and how many times faster the best one is. Rows
 * stream through the native layers as in the engine: groups of rows through all of them, each
 * keeping the rows that the next group needs. Without THREADS: 2. NAME: only the layers whose name
 * has it.
 */
#include <float.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "engine.h"
#include "engine/native/kernels.h"
#include "onnx_builder.h"

#define LAYERS 6
#define ROUNDS 5

static const struct layer {
    const char *name;
    int in, out, groups, kernel, stride, count;
} layers[] = {
    { "3x3 64", 64, 64, 1, 3, 1, LAYERS },
    { "3x3 48", 48, 48, 1, 3, 1, LAYERS },
    { "3x3 32", 32, 32, 1, 3, 1, LAYERS },
    { "3x3 24", 24, 24, 1, 3, 1, LAYERS },
    { "3x3 16", 16, 16, 1, 3, 1, LAYERS },
    { "3x3 12", 12, 12, 1, 3, 1, LAYERS },
    { "3x3 8", 8, 8, 1, 3, 1, LAYERS },
    { "3x3 128", 128, 128, 1, 3, 1, 2 },
    { "3x3 192 to 64", 192, 64, 1, 3, 1, 1 },
    { "first 3 to 64", 3, 64, 1, 3, 1, 1 },
    { "first 1 to 64", 1, 64, 1, 3, 1, 1 },
    { "first 3 to 16", 3, 16, 1, 3, 1, 1 },
    { "last 64 to 3", 64, 3, 1, 3, 1, 1 },
    { "last 64 to 12", 64, 12, 1, 3, 1, 1 },
    { "last 64 to 48", 64, 48, 1, 3, 1, 1 },
    { "last 16 to 1", 16, 1, 1, 3, 1, 1 },
    { "1x1 64", 64, 64, 1, 1, 1, LAYERS },
    { "1x1 32", 32, 32, 1, 1, 1, LAYERS },
    { "1x1 256 to 64", 256, 64, 1, 1, 1, 1 },
    { "5x5 56 to 12", 56, 12, 1, 5, 1, 1 },
    { "9x9 3 to 64", 3, 64, 1, 9, 1, 1 },
    { "5x5 32", 32, 32, 1, 5, 1, 3 },
    { "depthwise 64", 64, 64, 64, 3, 1, LAYERS },
    { "depthwise 16", 16, 16, 16, 3, 1, LAYERS },
    { "depthwise 5x5 64", 64, 64, 64, 5, 1, LAYERS },
    { "depthwise 5x5 16", 16, 16, 16, 5, 1, LAYERS },
    { "stride 2, 32 to 64", 32, 64, 1, 3, 2, 1 },
    { "groups 4 of 64", 64, 64, 4, 3, 1, 2 },
};

/* Seconds, of one thread alone those it was given: others may be at work on the machine. */
static clockid_t watch = CLOCK_MONOTONIC;

static double now(void)
{
    struct timespec t;
    clock_gettime(watch, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static float *floats(size_t count)
{
    float *p = aligned_alloc(64, (count * sizeof(float) + 127) / 64 * 64);
    if (!p)
        ref_die("no memory");
    for (size_t i = 0; i < count; i++)
        p[i] = (float)((i * 2654435761u >> 8) % 255) / 255.0f - 0.5f;
    return p;
}

/* What one thread needs of one layer: a ring of input rows. */
struct stage {
    struct seam_conv *conv;
    float *memory;
    float **row;
    int rows; /* in the ring */
    int step; /* rows it makes at a time */
};

struct chain {
    const struct layer *layer;
    struct stage stage[LAYERS + 1]; /* the last: where the outputs go */
    void *scratch;
    int width, height;
};

static void stage_open(struct stage *s, int pitch, int width)
{
    const int margin = 16;
    size_t stride = ((size_t)(width + 2 * margin) * (size_t)pitch + 15) / 16 * 16;
    stride += stride / 16 % 2 ? 0 : 16;
    s->memory = floats(stride * (size_t)s->rows + 64);
    s->row = malloc((size_t)s->rows * sizeof(*s->row));
    for (int i = 0; i < s->rows; i++)
        s->row[i] = s->memory + (size_t)i * stride + margin * pitch;
}

static void chain_open(struct chain *c, const struct layer *l, enum seam_cpu cpu, int width,
                       int height)
{
    struct seam_conv_desc d;
    *c = (struct chain){ .layer = l, .width = width, .height = height };
    seam_conv_desc_init(&d, l->in, l->out, l->kernel, l->kernel);
    float *weights = floats((size_t)(l->out * l->in / l->groups * l->kernel * l->kernel));
    for (int i = 0; i < l->out * l->in / l->groups * l->kernel * l->kernel; i++)
        weights[i] *= 2.0f / (float)(l->in / l->groups * l->kernel);
    d.weights = weights;
    d.cpu = cpu;
    d.groups = l->groups;
    d.stride_x = d.stride_y = l->stride;
    d.act = SEAM_ACT_RELU;
    for (int i = 0; i <= l->count; i++) {
        struct stage *s = &c->stage[i];
        s->conv = i < l->count ? seam_conv_open(&d) : NULL;
        s->step = s->conv && s->conv->group > 1 ? s->conv->group : 4;
        s->rows = s->conv ? seam_conv_rows_in(s->conv, s->step) + s->step : 2 * c->stage[0].step;
        stage_open(s, seam_row_pitch(cpu, i < l->count ? l->in : l->out), width);
    }
    c->scratch = floats(c->stage[0].conv->scratch_bytes / 4 + 16);
    free(weights);
}

static void chain_close(struct chain *c)
{
    for (int i = 0; i <= c->layer->count; i++) {
        seam_conv_close(&c->stage[i].conv);
        free(c->stage[i].memory);
        free(c->stage[i].row);
    }
    free(c->scratch);
}

static void *chain_run(void *data)
{
    struct chain *c = data;
    const int step = c->stage[0].step; /* of all: their shapes are the same */
    for (int y = 0; y < c->height; y += step)
        for (int i = 0; i < c->layer->count; i++) {
            const struct stage *s = &c->stage[i], *next = &c->stage[i + 1];
            const int count = seam_conv_rows_in(s->conv, step);
            const float *in[64];
            float *out[8];
            for (int k = 0; k < count; k++)
                in[k] = s->row[(y * c->layer->stride + k) % s->rows];
            for (int k = 0; k < step; k++)
                out[k] = next->row[(y + k) % next->rows];
            const struct seam_conv_rows rows = {
                .in = in, .out = out, .rows = step, .x1 = c->width / c->layer->stride };
            seam_conv_run(s->conv, &rows, c->scratch);
        }
    return NULL;
}

/* Seconds for `height` output rows by so many threads, each with rows of its own. */
static double native_seconds(const struct layer *l, enum seam_cpu cpu, int threads, int width,
                             int height)
{
    struct chain *chain = malloc((size_t)threads * sizeof(*chain));
    pthread_t *thread = malloc((size_t)threads * sizeof(*thread));
    for (int i = 0; i < threads; i++)
        chain_open(&chain[i], l, cpu, width, height / threads);
    const double start = now();
    for (int i = 1; i < threads; i++)
        if (pthread_create(&thread[i], NULL, chain_run, &chain[i]))
            ref_die("no thread");
    chain_run(&chain[0]);
    for (int i = 1; i < threads; i++)
        pthread_join(thread[i], NULL);
    const double seconds = now() - start;
    for (int i = 0; i < threads; i++)
        chain_close(&chain[i]);
    free(chain);
    free(thread);
    return seconds;
}

/* The same layers as an ONNX file. */
static struct ref_engine *ort_open(const struct layer *l, int threads)
{
    struct onnx_builder b;
    char dims[32], names[2][16] = { "x", "" }, how[100];
    onnx_begin(&b, 13);
    snprintf(dims, sizeof(dims), "1,%d,h,w", l->in);
    onnx_input(&b, "x", dims);
    const int p = l->kernel / 2;
    snprintf(how, sizeof(how), "pads=[%d,%d,%d,%d] group=%d strides=[%d,%d]", p, p, p, p, l->groups,
             l->stride, l->stride);
    for (int i = 0; i < l->count; i++) {
        char conv[16];
        snprintf(conv, sizeof(conv), "c%d", i);
        onnx_conv(&b, names[i % 2], conv, l->in / l->groups, l->out, l->kernel, how);
        snprintf(names[(i + 1) % 2], sizeof(names[0]), "r%d", i);
        onnx_node(&b, "Relu", conv, names[(i + 1) % 2], "");
    }
    snprintf(dims, sizeof(dims), "1,%d,h2,w2", l->out);
    onnx_output(&b, names[l->count % 2], dims);

    size_t size;
    void *file = onnx_finish(&b, &size);
    char path[] = "/tmp/seam-kernels-XXXXXX";
    const int fd = mkstemp(path);
    if (fd < 0 || write(fd, file, size) != (ssize_t)size || close(fd))
        ref_die("%s: cannot write", path);
    free(file);
    struct ref_engine *engine = ref_engine_open(path, threads);
    unlink(path);
    return engine;
}

static double ort_seconds(struct ref_engine *engine, const struct layer *l, const float *in,
                          int width, int height)
{
    int64_t c, h, w;
    const double start = now();
    free(ref_engine_run(engine, in, l->in, height, width, &c, &h, &w));
    return now() - start;
}

static void measure(const struct layer *l, int threads, int width)
{
    static const enum seam_cpu cpus[] = { SEAM_CPU_AVX512, SEAM_CPU_AVX2, SEAM_CPU_NEON,
                                          SEAM_CPU_C };
    const int rows = 192 * threads; /* whole steps of 4 and of 6 */
    double best[SEAM_CPUS] = { 0 }, ort = DBL_MAX;
    struct ref_engine *engine = ort_open(l, threads);
    float *in = floats((size_t)l->in * (size_t)width * (size_t)rows);
    ort_seconds(engine, l, in, width, rows);
    for (int round = 0; round < ROUNDS; round++) {
        ort = fmin(ort, ort_seconds(engine, l, in, width, rows));
        for (size_t i = 0; i < sizeof(cpus) / sizeof(*cpus); i++) {
            if (!seam_cpu_has(cpus[i]) || (cpus[i] == SEAM_CPU_C && round))
                continue;
            const double s = native_seconds(l, cpus[i], threads, width, rows / l->stride);
            best[cpus[i]] = round ? fmin(best[cpus[i]], s) : s;
        }
    }
    ref_engine_close(engine);
    free(in);

    const enum seam_cpu cpu = seam_cpu_resolve(SEAM_CPU_BEST);
    const double pixels = (double)width * rows * l->count / 1e9;
    printf("%-20s", l->name);
    for (size_t i = 0; i < sizeof(cpus) / sizeof(*cpus); i++)
        if (seam_cpu_has(cpus[i]))
            printf(" %s %7.2f", seam_cpu_name(cpus[i]), best[cpus[i]] / pixels);
    printf("  ort %7.2f  ratio %.2f\n", ort / pixels, ort / best[cpu]);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    const int threads = argc > 1 ? atoi(argv[1]) : 2;
    const int width = argc > 2 ? atoi(argv[2]) : 1024;
    if (threads < 1 || width < 16)
        ref_die("usage: kernels [THREADS [WIDTH [NAME]]]");
    if (threads == 1)
        watch = CLOCK_PROCESS_CPUTIME_ID;
    for (size_t i = 0; i < sizeof(layers) / sizeof(*layers); i++)
        if (argc < 4 || strstr(layers[i].name, argv[3]))
            measure(&layers[i], threads, width);
    return 0;
}
