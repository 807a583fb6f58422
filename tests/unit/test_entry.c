/* What a program hands in is looked at on entry: a setting that is none, a struct that was made up,
 * are refused in words, by every public function that takes them. */
#include <math.h>
#include <vips/vips.h>

#include "seamless/job.h"
#include "seamless/vips.h"
#include "unit.h"

static struct seam_model *model;

static void expect(enum seam_result r, const struct seam_log *log, const char *word)
{
    g_assert_cmpint(r, ==, SEAM_ERROR_ARGUMENT);
    if (!strstr(log->error, word))
        g_error("\"%s\" does not say \"%s\"", log->error, word);
}

/* Models */

static void open_model(const char *name, const struct seam_model_params *p, const char *word)
{
    struct seam_model *m = NULL;
    struct seam_log log;
    seam_log_init(&log);
    expect(seam_model_open(&m, name, p, &log), &log, word);
    g_assert_null(m);
}

static void test_model(void)
{
    static const struct seam_model_input nameless = { NULL, 1 }, no_number = { "sigma", NAN };
    struct seam_model_params p;
    struct seam_model *m = NULL;
    struct seam_log log;
    const struct {
        enum seam_engine engine;
        enum seam_layout layout;
        int threads;
        int64_t alignment, scale;
        const struct seam_model_input *inputs;
        size_t count;
        const char *word;
    } cases[] = {
        { .engine = (enum seam_engine)9, .word = "engine is 9" },
        { .layout = (enum seam_layout)9, .word = "layout is 9" },
        { .threads = -1, .word = "threads is -1" },
        { .threads = INT32_MAX, .word = "threads is 2147483647" },
        { .alignment = -1, .word = "alignment of -1" },
        { .alignment = INT64_MAX, .word = "alignment of 9223372036854775807" },
        { .scale = -1, .word = "scale of -1" },
        { .scale = 17, .word = "scale of 17" },
        { .scale = INT64_MIN, .word = "scale of -9223372036854775808" },
        { .count = 3, .word = "3 extra inputs" },
        { .inputs = &nameless, .count = 1, .word = "without a name" },
        { .inputs = &no_number, .count = 1, .word = "sigma is nan" },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        seam_model_params_init(&p);
        p.engine = cases[i].engine;
        p.layout = cases[i].layout;
        p.threads = cases[i].threads;
        p.alignment = cases[i].alignment;
        p.scale = cases[i].scale;
        p.inputs = cases[i].inputs;
        p.input_count = cases[i].count;
        open_model("null", &p, cases[i].word);
    }
    open_model(NULL, NULL, "needs a name");
    seam_log_init(&log);
    expect(seam_model_open_memory(&m, NULL, 0, "net", NULL, &log), &log, "no bytes");
}

static bool from_then_on(void *opaque)
{
    int *left = opaque;
    return (*left)-- <= 0;
}

/* Whoever is asked, and however late, the model is not opened. */
static void test_model_cancelled(void)
{
    static const char *const names[] = { "null2x", "smooth" };
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        for (int lenient = 0; lenient < 2; lenient++) {
            enum seam_result r = SEAM_CANCELLED;
            int times = -1;
            while (r == SEAM_CANCELLED && times++ < 1000) {
                struct seam_model_params p;
                struct seam_model *m = NULL;
                struct seam_log log;
                int left = times;
                seam_log_init(&log);
                seam_model_params_init(&p);
                p.lenient = lenient;
                p.cancelled = from_then_on;
                p.opaque = &left;
                r = seam_model_open(&m, names[i], &p, &log);
                g_assert_cmpint(r == SEAM_OK, ==, m != NULL);
                g_assert_cmpstr(log.error, ==, m ? "" : "cancelled");
                seam_model_close(&m);
            }
            g_assert_cmpint(r, ==, SEAM_OK);
            g_assert_cmpint(times, >, 2);
        }
}

/* Plans */

static void plan_with(const struct request *q, const char *word)
{
    struct seam_plan plan;
    struct seam_picture result;
    struct seam_log log;
    expect(request_make(q, &plan, &log), &log, word);
    seam_log_init(&log);
    expect(seam_restored(&result, &q->picture, &q->facts, &q->params, &log), &log, word);
}

static void test_facts(void)
{
#define BAD(member, value, word)                                                                   \
    do {                                                                                           \
        struct request q = request_plain(40, 30);                                                  \
        q.facts.member = value;                                                                    \
        plan_with(&q, word);                                                                       \
    } while (0)
    BAD(alignment, 0, "alignment");
    BAD(alignment, INT64_MAX, "alignment");
    BAD(scale_num, 0, "scale");
    BAD(scale_den, 0, "scale");
    BAD(scale_den, -3, "scale");
    BAD(crop, -1, "crop");
    BAD(crop_shift_x, INT64_MIN, "crop");
    BAD(halo, INT64_MAX, "halo");
    BAD(bits_halo, -7, "halo");
    BAD(fixed_width, -1, "halo");
    BAD(channels_in, 0, "channels");
    BAD(channels_out, -2, "channels");
    BAD(range_lo, NAN, "range");
    BAD(range_hi, 0, "range");
    BAD(scratch_per_pixel, NAN, "cost");
    BAD(scratch_per_pixel, -1, "cost");
    BAD(trial_count, 99, "cost");
    BAD(rows.column_bytes, INFINITY, "cost");
    BAD(rows.ahead, INT64_MAX, "cost");
    BAD(device.in_flight, -1, "cost");
    BAD(exact, (enum seam_exact)7, "exact");
#undef BAD
    struct request q = request_plain(40, 30);
    memset(q.facts.name, 'x', sizeof(q.facts.name));
    plan_with(&q, "without an end");
}

static void test_ranges(void)
{
    static const double ranges[][2] = {
        { 1, 1 }, { 0, 1e-320 }, { -1e308, 1e308 }, { 0, INFINITY }, { 1, NAN }, { NAN, 0 },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(ranges); i++) {
        struct request q = request_plain(40, 30); /* a network of 0..1 */
        q.params.range_lo = ranges[i][0];
        q.params.range_hi = ranges[i][1];
        plan_with(&q, "a range of");
    }
}

/* A plan that fits facts which fit nothing. */
static void test_plan_check(void)
{
    struct request q = request_plain(40, 30);
    struct seam_plan plan;
    struct seam_log log;
    g_assert_cmpint(request_try(&q, &plan), ==, SEAM_OK);
    q.facts.alignment = 0;
    seam_log_init(&log);
    expect(seam_plan_check(&plan, &q.facts, &log), &log, "alignment");
    /* Found by fuzzing: a difference that overflows, which the sanitizer sees. */
    static const int64_t ends[][2] = { { INT64_MIN, 0 }, { 0, INT64_MAX },
                                       { INT64_MIN, INT64_MAX } };
    for (size_t i = 0; i < G_N_ELEMENTS(ends); i++) {
        q = request_plain(40, 30);
        g_assert_cmpint(request_try(&q, &plan), ==, SEAM_OK);
        plan.x.domain_begin = ends[i][0];
        plan.x.domain_end = ends[i][1];
        seam_log_init(&log);
        expect(seam_plan_check(&plan, &q.facts, &log), &log, "contradicts itself");
    }
}

static int no_rows(void *opaque, int64_t y, int64_t rows, void *dst)
{
    (void)opaque;
    (void)y;
    (void)rows;
    (void)dst;
    return -1;
}

static void test_stream(void)
{
    static const int threads[] = { -1, INT32_MIN, INT32_MAX };
    struct request q = request_plain(40, 30);
    struct seam_plan plan;
    struct seam_stream *stream = NULL;
    struct seam_stream_params p;
    const struct seam_source source = { .read = no_rows };
    struct seam_log log;
    seam_model_describe(model, &q.facts);
    g_assert_cmpint(request_try(&q, &plan), ==, SEAM_OK);
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++) {
        seam_log_init(&log);
        seam_stream_params_init(&p);
        p.threads = threads[i];
        expect(seam_stream_open(&stream, model, &plan, &source, &p, &log), &log, "threads is");
    }
    static const int64_t origins[][2] = { { -1, 0 }, { 0, INT64_MIN }, { INT64_MAX, 0 } };
    for (size_t i = 0; i < G_N_ELEMENTS(origins); i++) {
        seam_log_init(&log);
        seam_stream_params_init(&p);
        p.left = origins[i][0];
        p.top = origins[i][1];
        expect(seam_stream_open(&stream, model, &plan, &source, &p, &log), &log, "begins at");
    }
}

/* Files and pictures */

static void open_job(const struct seam_job_params *p, const char *word)
{
    struct seam_job *job = NULL;
    struct seam_log log;
    seam_log_init(&log);
    expect(seam_job_open(&job, model, "in.png", "out.png", p, &log), &log, word);
    g_assert_null(job);
}

static void test_job(void)
{
    struct seam_job_params p;
#define BAD(member, value, word)                                                                   \
    do {                                                                                           \
        seam_job_params_init(&p);                                                                  \
        p.member = value;                                                                          \
        open_job(&p, word);                                                                        \
    } while (0)
    BAD(transfer, 77, "transfer is 77");
    BAD(transfer, -5, "transfer is -5");
    BAD(page, -1, "page -1");
    BAD(passes, 0, "0 passes");
    BAD(passes, 9, "9 passes");
    BAD(threads, -3, "threads is -3");
#undef BAD
    struct seam_params plan;
    seam_params_init(&plan);
    plan.out_sample = 9;
    seam_job_params_init(&p);
    p.params = &plan;
    open_job(&p, "output samples is 9");
    struct seam_log log;
    struct seam_job *job = NULL;
    seam_log_init(&log);
    expect(seam_job_open(&job, model, NULL, "out.png", NULL, &log), &log, "an input");
    struct seam_batch *batch = NULL;
    seam_log_init(&log);
    expect(seam_batch_open(&batch, NULL, &log), &log, "an output");
}

static void test_size_and_region(void)
{
    static const struct seam_size sizes[] = {
        { .width = -3 },          { .height = INT64_MIN },     { .scale = NAN },
        { .scale = -1 },          { .scale = INFINITY },       { .megapixels = NAN },
        { .megapixels = -1 },     { .dpi = NAN },              { .dpi = -1 },
        { .print_width = -1 },    { .print_height = INFINITY }, { .most_side = -1 },
        { .width = 20, .fit = (enum seam_fit)9 }, { .width = INT64_MAX },
        { .height = (int64_t)1 << 31 },            { .scale = 2, .most_side = INT64_MAX },
    };
    static const struct seam_region regions[] = {
        { 0, 0, 0, 0 }, { -1, 0, 4, 4 }, { 0, 0, -4, 4 }, { INT64_MAX, 0, 4, 4 },
        { 0, INT64_MIN, 4, INT64_MAX },
    };
    struct seam_job_params p;
    seam_job_params_init(&p);
    for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
        p.size = &sizes[i];
        open_job(&p, " is ");
    }
    p.size = &(struct seam_size){ .dpi = 1e300 };
    open_job(&p, "pixels per inch");
    p.size = NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(regions); i++) {
        p.region = &regions[i];
        open_job(&p, "the region");
    }
}

static void test_image(void)
{
    VipsImage *in, *out = NULL;
    struct seam_vips_params p;
    struct seam_plan plan;
    struct seam_log log;
    g_assert_cmpint(vips_black(&in, 40, 30, "bands", 3, NULL), ==, 0);
#define BAD(member, value, word)                                                                   \
    do {                                                                                           \
        seam_vips_params_init(&p);                                                                 \
        p.member = value;                                                                          \
        seam_log_init(&log);                                                                       \
        expect(seam_vips_restore(model, in, &out, NULL, &p, &log), &log, word);                    \
        seam_log_init(&log);                                                                       \
        expect(seam_vips_plan(model, in, &plan, &p, &log), &log, word);                            \
    } while (0)
    BAD(transfer, 9, "transfer is 9");
    BAD(rows_behind, -1, "-1 rows");
    BAD(rows_behind, INT64_MAX, "rows that one comes back to");
    BAD(callbacks.first_row, 5, "first_row");
    BAD(callbacks.row_count, 3, "row_count");
    BAD(callbacks.threads, -2, "threads is -2");
    BAD(source, "a\nb: c", "one line");
    BAD(wanted_count, 2, "rows that are wanted");
    BAD(params.out_sample, -2, "output samples is -2");
#undef BAD
    seam_vips_params_init(&p);
    p.held_bytes = UINT64_MAX;
    seam_log_init(&log);
    g_assert_cmpint(seam_vips_plan(model, in, &plan, &p, &log), ==, SEAM_ERROR_MEMORY);
    g_object_unref(in);
}

/* A picture that becomes another while it is restored is not the one that was finished. */

struct swap {
    const char *from, *to;
};

static bool swap_input(void *opaque, const struct seam_progress *now)
{
    const struct swap *s = opaque;
    if (!now->plan)
        rename(s->from, s->to);
    return true;
}

static void black_picture(const char *path, int height)
{
    VipsImage *image;
    g_assert_cmpint(vips_black(&image, 40, height, NULL), ==, 0);
    g_assert_cmpint(vips_image_write_to_file(image, path, NULL), ==, 0);
    g_object_unref(image);
}

static void test_finished(void)
{
    char *folder = g_dir_make_tmp("seam-entry-XXXXXX", NULL);
    char *in = g_build_filename(folder, "a.v", NULL), *no = g_build_filename(folder, "b.v", NULL);
    char *to = g_build_filename(folder, "to/", NULL);
    char *list = g_build_filename(folder, "to", "seamless.finished", NULL);
    char *out = g_build_filename(folder, "to", "a.v", NULL);
    const char *const inputs[] = { in, no, NULL };
    struct seam_job_params p;
    struct seam_batch_params b;
    struct swap swap = { no, in };
    struct seam_log log;
    for (int i = 0; i < 2; i++) { /* as it is, and swapped */
        struct seam_batch *batch;
        black_picture(in, 30);
        black_picture(no, 31);
        seam_batch_params_init(&b);
        b.inputs = inputs;
        b.output = to;
        seam_log_init(&log);
        assert_ok(seam_batch_open(&batch, &b, &log), &log);
        seam_job_params_init(&p);
        p.resume = true;
        p.progress = i ? swap_input : NULL;
        p.opaque = &swap;
        if (!i)
            g_assert_cmpint(g_file_set_contents(no, "no picture", -1, NULL), ==, true);
        g_assert_cmpint(seam_batch_run(batch, model, &p, &log), ==, SEAM_ERROR_IO);
        g_assert_true(g_file_test(out, G_FILE_TEST_EXISTS));
        g_assert_cmpint(g_file_test(list, G_FILE_TEST_EXISTS), ==, i == 0);
        remove(list);
        seam_batch_close(&batch);
    }
    const char *const left[] = { in, no, out, to, folder };
    for (size_t i = 0; i < G_N_ELEMENTS(left); i++)
        remove(left[i]);
    g_free(in);
    g_free(no);
    g_free(to);
    g_free(list);
    g_free(out);
    g_free(folder);
}

int main(int argc, char **argv)
{
    struct seam_log log;
    g_test_init(&argc, &argv, NULL);
    if (VIPS_INIT(argv[0]))
        return 1;
    seam_log_init(&log);
    assert_ok(seam_model_open(&model, "null", NULL, &log), &log);
    g_test_add_func("/entry/model", test_model);
    g_test_add_func("/entry/model-cancelled", test_model_cancelled);
    g_test_add_func("/entry/facts", test_facts);
    g_test_add_func("/entry/ranges", test_ranges);
    g_test_add_func("/entry/plan-check", test_plan_check);
    g_test_add_func("/entry/stream", test_stream);
    g_test_add_func("/entry/job", test_job);
    g_test_add_func("/entry/size-and-region", test_size_and_region);
    g_test_add_func("/entry/image", test_image);
    g_test_add_func("/entry/finished", test_finished);
    const int code = g_test_run();
    seam_model_close(&model);
    vips_shutdown();
    return code;
}
