/* One opened model and many streams at once: each gives the bits it gives alone, and none takes
 * another's memory away. */
#include <pthread.h>

#include "rows.h"

#define WIDTH 96
#define HEIGHT 80
#define SAMPLES ((size_t)(WIDTH * HEIGHT * 3))

/* A stream over a picture of its own. */
struct job {
    struct seam_model *model;
    bool tiles; /* rather than rows, where the engine has both */
    unsigned char data[SAMPLES], result[SAMPLES];
    struct rows rows;
    struct seam_plan plan;
    struct seam_log log;
    struct seam_stream *stream;
    int64_t next;
};

static struct job *job_new(struct seam_model *model, bool tiles, unsigned seed)
{
    struct job *j = g_new0(struct job, 1);
    const struct seam_picture picture = { .width = WIDTH, .height = HEIGHT, .bands = 3 };
    struct seam_params params;
    struct seam_machine machine;
    struct seam_facts facts;
    const struct seam_source source = { .opaque = &j->rows, .read = rows_read };
    j->model = model;
    for (size_t i = 0; i < SAMPLES; i++) {
        seed = seed * 1664525u + 1013904223u;
        j->data[i] = (unsigned char)(seed >> 24);
    }
    j->rows = rows_of(&picture, j->data);
    seam_log_init(&j->log);
    seam_params_init(&params);
    params.tile_width = params.tile_height = tiles ? 40 : SEAM_AUTO;
    seam_machine_measure(&machine);
    seam_model_describe(model, &facts);
    assert_ok(seam_plan_make(&j->plan, &picture, &facts, &params, &machine, &j->log), &j->log);
    assert_ok(seam_stream_open(&j->stream, model, &j->plan, &source, NULL, &j->log), &j->log);
    return j;
}

static void job_read(struct job *j, int64_t rows)
{
    rows = MIN(rows, HEIGHT - j->next);
    assert_ok(seam_stream_read(j->stream, rows, j->result + j->next * WIDTH * 3, 0), &j->log);
    j->next += rows;
}

static void job_end(struct job *j)
{
    seam_stream_close(&j->stream);
    g_free(j);
}

/* What a stream gives that has the model for itself. */
static struct job *alone(struct seam_model *model, bool tiles, unsigned seed)
{
    struct job *j = job_new(model, tiles, seed);
    job_read(j, HEIGHT);
    seam_stream_close(&j->stream);
    return j;
}

/* NULL where this build has no such engine. */
static struct seam_model *open_engine(enum seam_engine engine, const char *name, uint64_t memory)
{
    struct seam_model_params params;
    struct seam_model *model = NULL;
    struct seam_log log;
    seam_log_init(&log);
    seam_model_params_init(&params);
    params.engine = engine;
    params.threads = 2;
    params.memory = memory;
    const enum seam_result r = seam_model_open(&model, name, &params, &log);
    g_assert_true(r == SEAM_OK || strstr(log.error, "without the engine") || memory);
    return model;
}

static void interleave(struct seam_model *model, bool tiles)
{
    struct job *first = alone(model, tiles, 1), *second = alone(model, tiles, 2);
    struct job *a = job_new(model, tiles, 1), *b = job_new(model, tiles, 2);
    while (a->next < HEIGHT || b->next < HEIGHT) {
        job_read(a, pick(1, 7));
        job_read(b, pick(1, 7));
    }
    g_assert_true(memcmp(a->result, first->result, SAMPLES) == 0);
    g_assert_true(memcmp(b->result, second->result, SAMPLES) == 0);
    job_end(a);
    job_end(b);
    job_end(first);
    job_end(second);
}

static void *work(void *opaque)
{
    struct job *given = opaque;
    struct job *j = job_new(given->model, given->tiles, (unsigned)given->next);
    job_read(j, HEIGHT);
    return j;
}

static void many_threads(struct seam_model *model, bool tiles)
{
    struct job start[4] = { 0 };
    pthread_t threads[4];
    for (unsigned i = 0; i < 4; i++) {
        start[i].model = model;
        start[i].tiles = tiles;
        start[i].next = 10 + i;
        g_assert_cmpint(pthread_create(&threads[i], NULL, work, &start[i]), ==, 0);
    }
    for (unsigned i = 0; i < 4; i++) {
        void *result;
        pthread_join(threads[i], &result);
        struct job *expected = alone(model, tiles, 10 + i), *got = result;
        g_assert_true(memcmp(got->result, expected->result, SAMPLES) == 0);
        job_end(got);
        job_end(expected);
    }
}

static void test_native(void)
{
    struct seam_model *model = open_engine(SEAM_ENGINE_NATIVE, "smooth", 0);
    for (int tiles = 0; tiles < 2; tiles++) {
        interleave(model, tiles);
        many_threads(model, tiles);
    }
    /* Who opened the model may let go of it first. */
    struct job *expected = alone(model, false, 4), *j = job_new(model, false, 4);
    seam_model_close(&model);
    job_read(j, HEIGHT);
    g_assert_true(memcmp(j->result, expected->result, SAMPLES) == 0);
    job_end(j);
    job_end(expected);
}

static void test_ort(void)
{
    struct seam_model *model = open_engine(SEAM_ENGINE_ORT, "smooth", 0);
    if (!model) {
        g_test_skip("this build is without ONNX Runtime");
        return;
    }
    interleave(model, true);
    many_threads(model, true);
    seam_model_close(&model);
}

static void test_null(void)
{
    struct seam_model *model = open_engine(SEAM_ENGINE_AUTO, "null", 0);
    interleave(model, true);
    many_threads(model, true);
    seam_model_close(&model);
}

/* Another model with next to no memory is its own affair. */
static void test_limits(void)
{
    struct seam_model *model = open_engine(SEAM_ENGINE_ORT, "smooth", 0), *other;
    if (!model) {
        g_test_skip("this build is without ONNX Runtime");
        return;
    }
    struct job *expected = alone(model, true, 3), *j = job_new(model, true, 3);
    struct seam_plan now;
    job_read(j, 10);
    other = open_engine(SEAM_ENGINE_ORT, "denoise-fast", 1000000);
    job_read(j, HEIGHT);
    seam_stream_plan(j->stream, &now);
    g_assert_cmpint(now.x.tile, ==, j->plan.x.tile);
    g_assert_cmpint(now.y.tile, ==, j->plan.y.tile);
    g_assert_true(memcmp(j->result, expected->result, SAMPLES) == 0);
    job_end(j);
    job_end(expected);
    seam_model_close(&other);
    seam_model_close(&model);
}

static void test_memory(void)
{
    static const enum seam_engine engines[] = { SEAM_ENGINE_NATIVE, SEAM_ENGINE_ORT };
    for (size_t i = 0; i < SEAM_ARRAY_LEN(engines); i++) {
        struct seam_model *model = open_engine(engines[i], "smooth", 0), *same = NULL;
        struct seam_model_params params;
        struct seam_log log;
        char *file;
        gsize size;
        if (!model)
            continue;
        seam_log_init(&log);
        seam_model_params_init(&params);
        params.engine = engines[i];
        params.threads = 2;
        g_assert_true(g_file_get_contents(SEAM_SOURCE_ROOT "/models/smooth.onnx", &file, &size,
                                          NULL));
        assert_ok(seam_model_open_memory(&same, file, size, "mine", &params, &log), &log);
        memset(file, 0xff, size); /* it is read no more */
        g_free(file);
        struct job *by_name = alone(model, true, 5), *from_memory = alone(same, true, 5);
        g_assert_true(memcmp(by_name->result, from_memory->result, SAMPLES) == 0);
        job_end(by_name);
        job_end(from_memory);
        g_assert_cmpint(seam_model_open_memory(&same, "no network", 10, "mine", &params, &log), !=,
                        SEAM_OK);
        seam_model_close(&model);
        seam_model_close(&same);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sessions/native", test_native);
    g_test_add_func("/sessions/ort", test_ort);
    g_test_add_func("/sessions/null", test_null);
    g_test_add_func("/sessions/limits", test_limits);
    g_test_add_func("/sessions/memory", test_memory);
    return g_test_run();
}
