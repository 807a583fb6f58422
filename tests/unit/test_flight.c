/* Runs in flight: what overlaps with what, that bits stay the same, and that whatever goes wrong
 * ends every run that was begun. */
#include "engine/engine.h"
#include "base/log.h"
#include "rows.h"

/* ---- the engine null, looked at ---- */

static GString *events;  /* "s0 s1 w0 d0 ": submitted, waited for, done with */
static long begun, ended; /* runs */
static long number[SEAM_MOST_IN_FLIGHT];
static long refuse;      /* submitting this run fails; -1: none */

/* Each run is computed when it is waited for, so nothing overlaps by luck. */
static bool late;

static enum seam_result look_submit(void *session, struct seam_engine_io *io, struct seam_log *log)
{
    if (begun == refuse)
        return seam_log_fail(log, SEAM_ERROR_ENGINE, "run %ld is refused", begun);
    g_assert_cmpint(begun - ended, <, SEAM_MOST_IN_FLIGHT);
    const enum seam_result r = late ? SEAM_OK : seam_engine_null.submit(session, io, log);
    number[io->slot] = begun;
    g_string_append_printf(events, "s%ld ", begun++);
    return r;
}

static enum seam_result look_wait(void *session, struct seam_engine_io *io, struct seam_log *log)
{
    g_assert_cmpint(number[io->slot], ==, ended);
    g_string_append_printf(events, "w%ld ", ended++);
    return (late ? seam_engine_null.run : seam_engine_null.wait)(session, io, log);
}

static struct seam_engine_ops look;
const struct seam_engine_ops *const seam_engines[] = { &look, NULL };

/* ---- pictures through it ---- */

static void assert_same(const void *a, const void *b, size_t bytes)
{
    g_assert_true(memcmp(a, b, bytes) == 0);
}

struct watch {
    int64_t stop; /* after so many tiles; -1: never */
    int64_t tiles;
};

static bool watch_progress(void *opaque, const struct seam_progress *p)
{
    struct watch *w = opaque;
    g_string_append_printf(events, "d%" PRId64 " ", p->tiles_done - 1);
    w->tiles = p->tiles_done;
    return p->tiles_done != w->stop;
}

static enum seam_result restore(const char *name, struct request *q, const void *data,
                                struct watch *w, unsigned char **result, struct seam_plan *plan,
                                struct seam_log *log)
{
    struct seam_model *model = open_model(name);
    struct rows rows = rows_of(&q->picture, data);
    const struct seam_stream_params callbacks = { .progress = w ? watch_progress : NULL,
                                                  .opaque = w, .threads = pick(1, 3) };
    g_string_truncate(events, 0);
    begun = ended = 0;
    const enum seam_result r = restore_rows(model, q, &rows, &callbacks, plan, result, log);
    g_assert_cmpint(begun, ==, ended);
    seam_model_close(&model);
    return r;
}

static struct request request_tiles(int64_t across, int64_t down)
{
    struct request q = request_plain(across * 8, down * 8);
    q.params.tile_width = q.params.tile_height = 8;
    q.params.halo = 2;
    q.params.blend = SEAM_BLEND_NONE;
    return q;
}

/* Tile k + 1 is packed, and k - 1 is unpacked, while k is in flight; across strips too. */
static void test_order(void)
{
    static const struct {
        int in_flight;
        const char *events;
    } cases[] = {
        { 1, "s0 w0 d0 s1 w1 d1 s2 w2 d2 s3 w3 d3 s4 w4 d4 s5 w5 d5 " },
        { 2, "s0 s1 w0 d0 s2 w1 d1 s3 w2 d2 s4 w3 d3 s5 w4 d4 w5 d5 " },
        { 3, "s0 s1 s2 w0 d0 s3 w1 d1 s4 w2 d2 s5 w3 d3 w4 d4 w5 d5 " },
    };
    late = true;
    for (size_t i = 0; i < SEAM_ARRAY_LEN(cases); i++)
        for (int down = 2; down <= 3; down++) {
            struct request q = request_tiles(6 / down, down);
            struct watch w = { .stop = -1 };
            struct seam_plan plan;
            struct seam_log log;
            unsigned char *result;
            void *data = random_picture(&q.picture);
            q.params.in_flight = cases[i].in_flight;
            assert_ok(restore("null:async=0", &q, data, &w, &result, &plan, &log), &log);
            g_assert_cmpint(plan.in_flight, ==, cases[i].in_flight);
            assert_same(result, data, picture_samples(&q.picture));
            g_assert_cmpstr(events->str, ==, cases[i].events);
            g_free(result);
            g_free(data);
        }
    late = false;
}

/* Any picture, any network: as with one run at a time. */
static void test_bits(void)
{
    int flown = 0, several = 0;
    for (int i = 0; more(i, many(60), flown > 20 && several > 5); i++) {
        static const char *const names[][2] = { { "null", "null:async=0" },
                                                { "null2x", "null2x:async=0" } };
        const int net = pick(0, 1);
        struct request q = request_random(90);
        struct seam_plan plan, flight;
        struct seam_log log;
        unsigned char *one, *other;
        void *data = random_picture(&q.picture);
        q.params.tile_width = pick(8, 40);
        q.params.tile_height = pick(8, 40);
        q.params.batch = toss() ? 1 : pick(1, 4);
        q.params.in_flight = SEAM_AUTO;
        if (restore(names[net][0], &q, data, NULL, &one, &plan, &log) == SEAM_OK) {
            q.params.in_flight = toss() ? SEAM_AUTO : pick(1, 3);
            assert_ok(restore(names[net][1], &q, data, NULL, &other, &flight, &log), &log);
            const size_t bytes = (size_t)plan.x.out_size * (size_t)plan.y.out_size *
                                 (size_t)plan.out_bands * sample_bytes(plan.out_sample);
            assert_same(one, other, bytes);
            flown += flight.in_flight > 1;
            several += flight.in_flight > 1 && flight.runs > 1;
            g_free(other);
        }
        g_free(one);
        g_free(data);
    }
}

/* Whatever goes wrong, and whenever: every run that was begun is ended (restore() looks), the
 * failure is said, and the network can be used again. */
static void test_failures(void)
{
    static const struct {
        const char *name;
        enum seam_result result;
        const char *words;
    } cases[] = {
        { "null:async=0,fail=%d", SEAM_ERROR_ENGINE, "fails, as asked for" },
        { "null:async=0,nan=%d", SEAM_ERROR_NOT_FINITE, "NaN or infinity at" },
        { "null:async=0", SEAM_CANCELLED, "cancelled" },
        { "null:async=1", SEAM_ERROR_ENGINE, "is refused" },
        { "null:async=0", SEAM_ERROR_IO, "source" },
    };
    for (int i = 0; i < (int)SEAM_ARRAY_LEN(cases); i++)
        for (int at = 0; at < 8; at++) {
            struct request q = request_tiles(2, 4);
            struct watch w = { .stop = -1 };
            struct seam_plan plan;
            struct seam_log log;
            unsigned char *result;
            void *data = random_picture(&q.picture);
            /* Runs at open come first: as many as a session of this name has behind it. */
            char *name = g_strdup_printf(cases[i].name, at + 1);
            struct seam_model *model = open_model(name);
            struct rows rows = rows_of(&q.picture, data);
            const struct seam_stream_params callbacks = { .progress = watch_progress,
                                                          .opaque = &w };
            w.stop = cases[i].result == SEAM_CANCELLED ? at + 1 : -1;
            refuse = i == 3 ? at : -1;
            rows.fail_at = cases[i].result == SEAM_ERROR_IO ? 4 * at : -1;
            g_string_truncate(events, 0);
            begun = ended = 0;
            g_assert_cmpint(restore_rows(model, &q, &rows, &callbacks, &plan, &result, &log), ==,
                            cases[i].result);
            assert_said(&log, cases[i].result, cases[i].words);
            g_assert_cmpint(begun, ==, ended);
            g_assert_cmpint(plan.in_flight, ==, 3);
            /* Rows were finished up to the tile that failed. */
            if (cases[i].result != SEAM_ERROR_IO)
                g_assert_cmpint(w.tiles, <=, at + 1);
            refuse = -1;
            w.stop = -1;
            rows = rows_of(&q.picture, data);
            begun = ended = 0;
            assert_ok(restore_rows(model, &q, &rows, &callbacks, &plan, &result, &log), &log);
            assert_same(result, data, picture_samples(&q.picture));
            g_free(result);
            seam_model_close(&model);
            g_free(name);
            g_free(data);
        }
}

/* A stream that is closed with runs in flight waits for them. */
static void test_closed(void)
{
    struct request q = request_tiles(1, 5);
    struct seam_model *model = open_model("null:async=2");
    struct seam_plan plan;
    struct seam_log log;
    struct seam_stream *stream = NULL;
    unsigned char row[8 * 3];
    void *data = random_picture(&q.picture);
    struct rows rows = rows_of(&q.picture, data);
    const struct seam_source source = { .opaque = &rows, .read = rows_read };
    seam_model_describe(model, &q.facts);
    assert_ok(request_make(&q, &plan, &log), &log);
    begun = ended = 0;
    assert_ok(seam_stream_open(&stream, model, &plan, &source, NULL, &log), &log);
    assert_ok(seam_stream_read(stream, 1, row, 0), &log);
    g_assert_cmpint(begun, >, ended);
    seam_stream_close(&stream);
    g_assert_cmpint(begun, ==, ended);
    seam_model_close(&model);
    g_free(data);
}

/* A part takes no tile, and reads no row, that none of its rows needs. */
static void test_part(void)
{
    struct request q = request_tiles(2, 6);
    struct seam_model *model = open_model("null:async=0");
    struct seam_plan plan;
    struct seam_log log;
    struct seam_stream *stream = NULL;
    unsigned char some[8 * 16 * 3];
    unsigned char *data = random_picture(&q.picture);
    struct rows rows = rows_of(&q.picture, data);
    const struct seam_source source = { .opaque = &rows, .read = rows_read };
    const struct seam_stream_params params = { .first_row = 16, .row_count = 8 };
    rows.next = -1;
    seam_model_describe(model, &q.facts);
    assert_ok(request_make(&q, &plan, &log), &log);
    begun = ended = 0;
    assert_ok(seam_stream_open(&stream, model, &plan, &source, &params, &log), &log);
    assert_ok(seam_stream_read(stream, 8, some, 0), &log);
    g_assert_cmpint(begun, ==, 2);
    g_assert_cmpint(rows.next, ==, 26);
    assert_same(some, data + 16 * rows.row_bytes, sizeof(some));
    seam_stream_close(&stream);
    seam_model_close(&model);
    g_free(data);
}

/* A tile that does not fit, seen when others are in flight: fewer, then smaller ones go on. */
static void test_halved(void)
{
    for (int i = 0; i < many(10); i++) {
        struct request q = request_tiles(3, 5);
        struct seam_plan plan;
        struct seam_log log;
        unsigned char *result;
        void *data = random_picture(&q.picture);
        q.picture.width = q.picture.height = 150;
        g_free(data);
        data = random_picture(&q.picture);
        q.params.tile_width = q.params.tile_height = 70;
        q.params.blend = toss() ? SEAM_BLEND_LINEAR : SEAM_BLEND_NONE;
        assert_ok(restore("null:async=0,most=3000", &q, data, NULL, &result, &plan, &log), &log);
        g_assert_cmpint(plan.in_flight, ==, 3);
        assert_same(result, data, picture_samples(&q.picture));
        g_free(result);
        g_free(data);
    }
}

/* ---- the device's memory ---- */

static void test_device(void)
{
    struct request q = request_plain(960, 960);
    struct seam_model *model = open_model("null:async=0,device=5000000");
    struct seam_plan plan;
    struct seam_log log;
    seam_model_describe(model, &q.facts);
    g_assert_cmpuint(q.facts.device.memory, ==, 5000000);
    assert_ok(request_make(&q, &plan, &log), &log);
    const uint64_t run = (uint64_t)(24 * plan.x.padded * plan.y.padded);
    g_assert_cmpuint(plan.device_budget_bytes, ==, 5000000);
    g_assert_cmpuint(plan.device_bytes, ==, (uint64_t)plan.in_flight * run);
    g_assert_cmpuint(plan.device_bytes, <=, 5000000);

    /* What fits alone but not three at a time: fewer in flight, rather than smaller. */
    q.params.tile_width = q.params.tile_height = 320;
    q.params.halo = 0;
    assert_ok(request_make(&q, &plan, &log), &log);
    g_assert_cmpint(plan.in_flight, ==, 2);
    g_assert_cmpuint(plan.device_bytes, >, 5000000 / 2);

    q.params.in_flight = 3;
    g_assert_cmpint(request_make(&q, &plan, &log), ==, SEAM_ERROR_MEMORY);
    assert_said(&log, SEAM_ERROR_MEMORY, "memory of null,of which 5.0 MB may be taken");

    q.params.in_flight = 4;
    g_assert_cmpint(request_make(&q, &plan, &log), ==, SEAM_ERROR_ARGUMENT);
    assert_said(&log, SEAM_ERROR_ARGUMENT, "4 runs,at most 3");

    /* A budget of the user's, below what there is, and never above. */
    q.params.in_flight = SEAM_AUTO;
    q.params.tile_width = q.params.tile_height = SEAM_AUTO;
    q.params.device_memory = 1000000;
    assert_ok(request_make(&q, &plan, &log), &log);
    g_assert_cmpuint(plan.device_bytes, <=, 1000000);
    q.params.device_memory = 6000000;
    assert_ok(request_make(&q, &plan, &log), &log);
    g_assert_cmpuint(plan.device_budget_bytes, ==, 5000000);
    q.params.device_memory = 1000;
    g_assert_cmpint(request_make(&q, &plan, &log), ==, SEAM_ERROR_MEMORY);
    seam_model_close(&model);
}

/* The memory of the machine counts what lies in it: tensors of all runs in flight, and what a
 * device that has none of its own takes. */
static void test_host(void)
{
    struct request q = request_tiles(4, 4);
    struct seam_plan one, three;
    struct seam_log log;
    q.facts.device.in_flight = 3;
    q.params.in_flight = 1;
    assert_ok(request_make(&q, &one, &log), &log);
    q.params.in_flight = 3;
    assert_ok(request_make(&q, &three, &log), &log);
    g_assert_cmpuint(three.tensor_bytes, ==, 3 * one.tensor_bytes);
    g_assert_cmpint(three.window_rows, ==, one.window_rows + 8);
    q.facts.device.shared = true;
    q.facts.device.memory = 1000000;
    q.facts.device.bytes = 1000;
    q.facts.device.run_bytes = 100;
    q.facts.device.bytes_per_pixel = 10;
    assert_ok(request_make(&q, &one, &log), &log);
    g_assert_cmpuint(one.device_bytes, ==, 1000 + 3 * (100 + 10 * 12 * 12));
    g_assert_cmpuint(one.peak_bytes, ==, three.peak_bytes + one.device_bytes - 1000);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    events = g_string_new(NULL);
    refuse = -1;
    look = seam_engine_null;
    look.submit = look_submit;
    look.wait = look_wait;
    g_test_add_func("/flight/order", test_order);
    g_test_add_func("/flight/bits", test_bits);
    g_test_add_func("/flight/failures", test_failures);
    g_test_add_func("/flight/closed", test_closed);
    g_test_add_func("/flight/part", test_part);
    g_test_add_func("/flight/halved", test_halved);
    g_test_add_func("/flight/device", test_device);
    g_test_add_func("/flight/host", test_host);
    const int failed = g_test_run();
    g_string_free(events, TRUE);
    return failed;
}
