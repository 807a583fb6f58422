/* Memory that runs out: allocation 1, 2, 3 ... fails, until a picture passes from model to last
 * row. Every failure is SEAM_ERROR_MEMORY in words, nothing is lost and nothing is used unmade (the
 * sanitizers look). The linker sends the library's allocations through here. */
#include <stdlib.h>

#include "engine/engine.h"
#include "engine/pool.h"
#include "rows.h"

static long countdown;  /* allocations until one fails; 0: none does */
static long balance;    /* blocks taken and not given back */

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *data, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
char *__real_strdup(const char *text);
void __real_free(void *data);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *data, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);
char *__wrap_strdup(const char *text);
void __wrap_free(void *data);

static bool fails(void)
{
    if (countdown > 0 && --countdown == 0)
        return true;
    balance++;
    return false;
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *data, size_t size)
{
    if (countdown > 0 && --countdown == 0)
        return NULL;
    balance += data == NULL;
    return __real_realloc(data, size);
}

void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
    return fails() ? NULL : __real_aligned_alloc(alignment, size);
}

char *__wrap_strdup(const char *text)
{
    return fails() ? NULL : __real_strdup(text);
}

void __wrap_free(void *data)
{
    balance -= data != NULL;
    __real_free(data);
}

/* The networks that do nothing, and the engine that takes its memory from the library alone. */
const struct seam_engine_ops *const seam_engines[] = { &seam_engine_null, &seam_engine_native,
                                                       NULL };

/* From opening the model to the last row. */
static enum seam_result whole_job(const char *name, struct request *q, struct rows *rows,
                                  unsigned char *result, struct seam_log *log)
{
    struct seam_model *model = NULL;
    struct seam_stream *stream = NULL;
    struct seam_plan plan;
    const struct seam_source source = { .opaque = rows, .read = rows_read };
    seam_log_init(log);
    enum seam_result r = seam_model_open(&model, name, NULL, log);
    if (r == SEAM_OK) {
        seam_model_describe(model, &q->facts);
        r = seam_plan_make(&plan, &q->picture, &q->facts, &q->params, &q->machine, log);
    }
    if (r == SEAM_OK)
        r = seam_stream_open(&stream, model, &plan, &source, NULL, log);
    if (r == SEAM_OK)
        r = seam_stream_read(stream, plan.y.out_size, result, 0);
    else
        g_assert_null(stream);
    seam_stream_close(&stream);
    seam_model_close(&model);
    return r;
}

static void test_job(void)
{
    static const struct {
        const char *model;
        int bands;
        bool alpha;
        enum seam_blend blend;
        int64_t tile;
        int spared; /* failures that a job may do without: helping threads, trial runs of one size
                       more, rows where tiles do as well */
    } jobs[] = { { "null", 3, false, SEAM_BLEND_NONE, 16, 1 },
                 { "null", 3, false, SEAM_BLEND_LINEAR, 16, 1 },
                 { "null2x", 4, true, SEAM_BLEND_GAUSSIAN, 16, 1 },
                 { "null", 5, true, SEAM_BLEND_NONE, 16, 1 },
                 { "smooth", 3, false, SEAM_BLEND_AUTO, 16, 100 },
                 { "smooth", 3, false, SEAM_BLEND_AUTO, SEAM_AUTO, 100 },
                 { "upscale2x-fast", 4, true, SEAM_BLEND_AUTO, SEAM_AUTO, 100 } };
    for (size_t i = 0; i < SEAM_ARRAY_LEN(jobs); i++) {
        struct request q = request_plain(30, 40);
        q.picture.bands = jobs[i].bands;
        q.picture.alpha = jobs[i].alpha;
        q.params.tile_width = q.params.tile_height = jobs[i].tile;
        q.params.blend = jobs[i].blend;
        void *data = random_picture(&q.picture);
        const size_t bytes = picture_samples(&q.picture) * 4;
        unsigned char *result = g_malloc0(bytes), *whole = g_malloc0(bytes);
        struct rows unhurt = rows_of(&q.picture, data);
        struct seam_log quiet;
        assert_ok(whole_job(jobs[i].model, &q, &unhurt, whole, &quiet), &quiet);
        long failing = 0;
        int spared = 0;
        bool met;
        do {
            struct rows rows = rows_of(&q.picture, data);
            struct seam_log log;
            countdown = ++failing;
            balance = 0;
            const enum seam_result r = whole_job(jobs[i].model, &q, &rows, result, &log);
            met = countdown == 0;
            countdown = 0;
            g_assert_cmpint(balance, ==, 0);
            if (r != SEAM_OK)
                assert_said(&log, SEAM_ERROR_MEMORY, "memory");
            else
                g_assert_true(memcmp(result, whole, bytes) == 0);
            g_assert_true(met || r == SEAM_OK);
            spared += met && r == SEAM_OK;
            g_assert_cmpint(failing, <, 2000);
        } while (met);
        g_assert_cmpint(spared, <=, jobs[i].spared);
        /* The hook is in place: a model, a stream, an executor, a window, a tile, a band. */
        g_assert_cmpint(failing, >, 8);
        g_test_message("%s: %ld allocations, %d of them spared", jobs[i].model, failing - 1,
                       spared);
        g_free(result);
        g_free(whole);
        g_free(data);
    }
}

static void test_pool(void)
{
    countdown = 1;
    g_assert_null(seam_pool_open());
    struct seam_pool *pool = seam_pool_open();
    g_assert_nonnull(pool);
    countdown = 1;
    g_assert_null(seam_pool_alloc(pool, 1000));
    countdown = 0;
    g_assert_cmpuint(seam_pool_peak(pool), ==, 0);
    void *data = seam_pool_alloc(pool, 1000);
    g_assert_nonnull(data);
    seam_pool_free(data);
    seam_pool_close(&pool);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/alloc/job", test_job);
    g_test_add_func("/alloc/pool", test_pool);
    return g_test_run();
}
