/* What streams and models refuse: plans and settings that make no sense, wrong uses. */
#include "rows.h"

/* A plan is plain data and may come from anywhere: what would write over memory is refused. */
static void test_plan_handed_in(void)
{
    unsigned char data[40 * 50 * 3];
    struct request q = small_request(data);
    struct seam_model *model = open_model("null");
    struct rows rows = rows_of(&q.picture, data);
    const struct seam_source source = { .opaque = &rows, .read = rows_read };
    struct seam_machine machine;
    struct seam_plan good;
    struct seam_log log;
    seam_log_init(&log);
    seam_model_describe(model, &q.facts);
    seam_machine_measure(&machine);
    assert_ok(seam_plan_make(&good, &q.picture, &q.facts, &q.params, &machine, &log), &log);
    struct seam_plan bad[] = { good, good, good, good, good, good, good, good };
    bad[0].batch = 200;
    bad[1].batch = 0;
    bad[2].x.padded += 1000;
    bad[3].y.core += 1000;
    bad[4].out_bands = 9;
    bad[5].runs = 7;
    bad[6].window_rows = 1;
    bad[7].edge = (enum seam_edge)77;
    for (size_t i = 0; i < SEAM_ARRAY_LEN(bad); i++) {
        struct seam_stream *stream;
        seam_log_init(&log);
        const enum seam_result r = seam_stream_open(&stream, model, &bad[i], &source, NULL, &log);
        if (r != SEAM_ERROR_ARGUMENT)
            g_error("plan %zu: %s", i, seam_result_name(r));
        g_assert_null(stream);
    }
    seam_model_close(&model);
}

/* Wrong uses are refused, and what is half built is closed. */
static void test_refused(void)
{
    unsigned char data[40 * 50 * 3], row[40 * 3];
    struct request q = small_request(data);
    struct seam_model *model = open_model("null"), *other = open_model("null2x");
    struct seam_plan plan;
    struct seam_log log;
    struct rows rows = rows_of(&q.picture, data);
    struct seam_source source = { .opaque = &rows, .read = rows_read };
    struct seam_stream *stream = (struct seam_stream *)(void *)data;
    seam_model_describe(model, &q.facts);
    assert_ok(request_make(&q, &plan, &log), &log);

    g_assert_cmpint(seam_stream_open(&stream, other, &plan, &source, NULL, &log), ==,
                    SEAM_ERROR_ARGUMENT);
    assert_said(&log, SEAM_ERROR_ARGUMENT, "plan,null2x");
    g_assert_null(stream);
    source.read = NULL;
    g_assert_cmpint(seam_stream_open(&stream, model, &plan, &source, NULL, NULL), ==,
                    SEAM_ERROR_ARGUMENT);
    g_assert_null(stream);

    /* More rows than are left: refused without harm to those that are. */
    source.read = rows_read;
    seam_log_clear(&log);
    assert_ok(seam_stream_open(&stream, model, &plan, &source, NULL, &log), &log);
    g_assert_cmpint(seam_stream_read(stream, 51, row, 0), ==, SEAM_ERROR_ARGUMENT);
    g_assert_cmpint(seam_stream_read(stream, -1, row, 0), ==, SEAM_ERROR_ARGUMENT);
    assert_said(&log, SEAM_ERROR_ARGUMENT, "51,50");
    for (int y = 0; y < 50; y++) {
        g_assert_cmpint(seam_stream_read(stream, 1, row, 0), ==, SEAM_OK);
        g_assert_true(memcmp(row, data + y * 40 * 3, sizeof(row)) == 0);
    }
    g_assert_cmpint(seam_stream_read(stream, 1, row, 0), ==, SEAM_ERROR_ARGUMENT);
    seam_stream_close(&stream);

    /* Closed before, and in the middle. */
    for (int y = 0; y < 50; y += 7) {
        rows = rows_of(&q.picture, data);
        g_assert_cmpint(seam_stream_open(&stream, model, &plan, &source, NULL, NULL), ==, SEAM_OK);
        for (int i = 0; i < y; i++)
            g_assert_cmpint(seam_stream_read(stream, 1, row, 0), ==, SEAM_OK);
        seam_stream_close(&stream);
        g_assert_null(stream);
    }
    seam_model_close(&model);
    seam_model_close(&other);
    seam_model_close(&other);
}

static void test_model(void)
{
    static const struct {
        const char *asked, *name;
        int64_t scale;
    } known[] = { { "null", "null", 1 }, { "null2x", "null2x", 2 }, { "null4x", "null4x", 4 },
                  { "null:slow=1", "null", 1 } };
    for (size_t i = 0; i < SEAM_ARRAY_LEN(known); i++) {
        struct seam_model *model = open_model(known[i].asked);
        struct seam_facts facts;
        seam_model_describe(model, &facts);
        g_assert_cmpstr(facts.name, ==, known[i].name);
        g_assert_cmpstr(facts.engine, ==, "null");
        g_assert_cmpint(facts.scale_num, ==, known[i].scale);
        g_assert_cmpint(facts.scale_den, ==, 1);
        g_assert_cmpint(facts.alignment, ==, 1);
        g_assert_cmpint(facts.crop, ==, 0);
        g_assert_cmpint(facts.exact, ==, SEAM_EXACT_BITS);
        seam_model_close(&model);
    }
    /* No model, and settings that make no sense. */
    static const char *const unknown[] = { "/no/such/model.onnx", "null3x", "null:", "null:fail=0",
                                           "null:odd=1", "" };
    struct seam_model *model = NULL;
    struct seam_log log;
    for (size_t i = 0; i < SEAM_ARRAY_LEN(unknown); i++) {
        seam_log_init(&log);
        const enum seam_result r = seam_model_open(&model, unknown[i], NULL, &log);
        g_assert_true(r == SEAM_ERROR_MODEL || r == SEAM_ERROR_ENGINE);
        g_assert_cmpint(log.result, ==, r);
        g_assert_null(model);
    }
    static const int64_t alignments[] = { -1, -3, INT64_MIN, INT64_MAX, 100000 };
    for (size_t i = 0; i < SEAM_ARRAY_LEN(alignments); i++) {
        struct seam_model_params params;
        seam_model_params_init(&params);
        params.alignment = alignments[i];
        seam_log_init(&log);
        g_assert_cmpint(seam_model_open(&model, "null", &params, &log), ==, SEAM_ERROR_ARGUMENT);
        char *value = g_strdup_printf("alignment,%" PRId64, alignments[i]);
        assert_said(&log, SEAM_ERROR_ARGUMENT, value);
        g_free(value);
    }
    struct seam_model_params params;
    seam_model_params_init(&params);
    params.threads = -1;
    seam_log_init(&log);
    g_assert_cmpint(seam_model_open(&model, "null", &params, &log), ==, SEAM_ERROR_ARGUMENT);
    assert_said(&log, SEAM_ERROR_ARGUMENT, "threads,-1");
    const struct seam_model_input sigma = { "sigma", 25 };
    seam_model_params_init(&params);
    params.inputs = &sigma;
    params.input_count = 1;
    seam_log_init(&log);
    g_assert_cmpint(seam_model_open(&model, "null", &params, &log), ==, SEAM_ERROR_ARGUMENT);
    assert_said(&log, SEAM_ERROR_ARGUMENT, "sigma");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/stream/plan-handed-in", test_plan_handed_in);
    g_test_add_func("/stream/refused", test_refused);
    g_test_add_func("/stream/model", test_model);
    return g_test_run();
}
