/* As test_sweep.c, of what describes: facts and plans that were made up, the machine, and what a
 * stream and a picture of libvips are told. What is taken runs to its last row. */
#include <math.h>
#include <vips/vips.h>

#include "seamless/vips.h"
#include "sweep.h"

#define WIDTH 40
#define HEIGHT 30

static struct seam_model *models[2]; /* by tiles, and by rows */

/* A plan in words: none has a name that is none. */
static void print(const struct seam_plan *plan, const struct member *m, size_t value)
{
    char text[8192], small[8];
    const size_t length = seam_plan_print(plan, text, sizeof(text));
    if (length >= sizeof(text) || strstr(text, "(null)"))
        g_error("%s, value %zu: %s", m->name, value, text);
    g_assert_cmpuint(seam_plan_print(plan, small, sizeof(small)), ==, length);
    g_assert_cmpuint(seam_plan_identity(plan, text, sizeof(text)), <, sizeof(text));
    if (strstr(text, "(null)"))
        g_error("%s, value %zu: %s", m->name, value, text);
}

static const struct member of_facts[] = {
    WHOLE(seam_facts, channels_in), WHOLE(seam_facts, channels_out), WHOLE(seam_facts, scale_num),
    WHOLE(seam_facts, scale_den), WHOLE(seam_facts, alignment), WHOLE(seam_facts, crop),
    WHOLE(seam_facts, crop_shift_x), WHOLE(seam_facts, crop_shift_y),
    WHOLE(seam_facts, fixed_width), WHOLE(seam_facts, fixed_height), REAL(seam_facts, range_lo),
    REAL(seam_facts, range_hi), REAL(seam_facts, scratch_per_pixel),
    WHOLE(seam_facts, scratch_bytes), REAL(seam_facts, rows.column_bytes),
    WHOLE(seam_facts, rows.bytes), WHOLE(seam_facts, rows.ahead), WHOLE(seam_facts, rows.in_rows),
    WHOLE(seam_facts, rows.out_rows), WHOLE(seam_facts, device.in_flight),
    WHOLE(seam_facts, device.memory), WHOLE(seam_facts, device.bytes),
    WHOLE(seam_facts, device.run_bytes), REAL(seam_facts, device.bytes_per_pixel),
    REAL(seam_facts, seconds_per_pixel), WHOLE(seam_facts, trials[0].pixels),
    REAL(seam_facts, trials[0].seconds), WHOLE(seam_facts, trials[0].bytes),
    REAL(seam_facts, trials[0].batch_seconds), WHOLE(seam_facts, trial_count),
    WHOLE(seam_facts, field), WHOLE(seam_facts, halo), WHOLE(seam_facts, field_sides.left),
    WHOLE(seam_facts, field_sides.right), WHOLE(seam_facts, field_sides.top),
    WHOLE(seam_facts, field_sides.bottom), WHOLE(seam_facts, exact), WHOLE(seam_facts, bits_halo),
    WHOLE(seam_facts, unbounded_nodes), WHOLE(seam_facts, passes), REAL(seam_facts, pass_work),
    REAL(seam_facts, pass_share),
    REAL(seam_facts, taken_bytes_per_pixel), REAL(seam_facts, stronger),
    WHOLE(seam_facts, opset), WHOLE(seam_facts, layers), WHOLE(seam_facts, parameters),
    REAL(seam_facts, macs_per_pixel), REAL(seam_facts, activation_bytes_per_pixel),
    REAL(seam_facts, kept_bytes_per_pixel), REAL(seam_facts, moved_bytes_per_pixel),
    REAL(seam_facts, grey_least), REAL(seam_facts, grey_most), WHOLE(seam_facts, ensemble),
    WHOLE(seam_facts, precision), WHOLE(seam_facts, devices), WHOLE(seam_facts, device_whole),
};

/* Facts of each kind: bare, by rows, of a device, of passes, and measured. */
static struct request made_up(int kind)
{
    struct request q = request_plain(WIDTH, HEIGHT);
    struct seam_facts *f = &q.facts;
    f->rows = (struct seam_rows_cost){ kind == 1 || kind == 3, 4096, 1 << 16, 8, 4, 4 };
    f->trial_count = kind == 4 ? 2 : 0;
    f->trials[0] = (struct seam_trial){ 4096, 0.01, 1 << 20, 0.03 };
    f->trials[1] = (struct seam_trial){ 65536, 0.1, 1 << 24, 0.3 };
    f->batches = kind == 4;
    if (kind == 2) {
        f->device = (struct seam_device_cost){ .name = "one", .in_flight = 3, .memory = 1 << 30,
                                               .bytes = 1 << 20, .bytes_per_pixel = 64 };
        f->devices = 2;
    }
    if (kind == 3) {
        f->passes = 3;
        f->pass_work = 2;
        f->kept_bytes_per_pixel = f->moved_bytes_per_pixel = 12;
    }
    f->field = f->halo = f->bits_halo = 5;
    return q;
}

static void test_facts(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(of_facts); i++)
        for (size_t v = 0; v < values(&of_facts[i]); v++)
            for (int kind = 0; kind < 5; kind++) {
                const struct member *m = &of_facts[i];
                struct request q = made_up(kind);
                struct seam_plan sound, plan;
                struct seam_picture result;
                struct seam_log log;
                g_assert_cmpint(request_try(&q, &sound), ==, SEAM_OK);
                set(&q.facts, m, v);
                const enum seam_result r = request_make(&q, &plan, &log);
                judge(r, &log, m, v);
                seam_log_init(&log);
                if (r == SEAM_OK)
                    assert_ok(seam_plan_check(&plan, &q.facts, &log), &log);
                if (r == SEAM_OK)
                    print(&plan, m, v);
                judge(seam_plan_check(&sound, &q.facts, &log), &log, m, v);
                seam_log_init(&log);
                judge(seam_restored(&result, &q.picture, &q.facts, &q.params, &log), &log, m, v);
            }
}

static void test_machine(void)
{
    static const struct member members[] = {
        WHOLE(seam_machine, pool), WHOLE(seam_machine, available), WHOLE(seam_machine, resident),
        WHOLE(seam_machine, cpus),
    };
    for (size_t i = 0; i < G_N_ELEMENTS(members); i++)
        for (size_t v = 0; v < values(&members[i]); v++)
            for (int kind = 0; kind < 5; kind++) {
                struct request q = made_up(kind);
                struct seam_plan plan;
                struct seam_log log;
                set(&q.machine, &members[i], v);
                judge(request_make(&q, &plan, &log), &log, &members[i], v);
            }
}

static int grey_rows(void *opaque, int64_t y, int64_t rows, void *dst)
{
    (void)opaque;
    g_assert_cmpint(y, >=, 0);
    g_assert_cmpint(y + rows, <=, HEIGHT);
    memset(dst, 128, (size_t)rows * WIDTH * 3);
    return 0;
}

static int again(void *opaque)
{
    (void)opaque;
    return 0;
}

/* Open a stream and read whatever it has. */
static enum seam_result run(struct seam_model *model, const struct seam_plan *plan,
                            const struct seam_stream_params *params, struct seam_log *log)
{
    const struct seam_source source = { .read = grey_rows, .rewind = again };
    struct seam_stream *stream = NULL;
    const size_t row = (size_t)plan->x.out_size * (size_t)plan->out_bands * sizeof(float);
    const enum seam_result r = seam_stream_open(&stream, model, plan, &source, params, log);
    if (r != SEAM_OK) {
        g_assert_null(stream);
        return r;
    }
    const int64_t left = plan->y.out_size - (params ? params->first_row : 0);
    const int64_t rows = params && params->row_count ? params->row_count : left;
    void *const pixels = g_malloc(row * (size_t)rows);
    enum seam_result read = seam_stream_read(stream, rows, pixels, 0);
    g_free(pixels);
    seam_stream_close(&stream);
    return read;
}

#define OF_AXIS(a)                                                                                 \
    WHOLE(seam_plan, a.size), WHOLE(seam_plan, a.aligned), WHOLE(seam_plan, a.domain_begin),       \
        WHOLE(seam_plan, a.domain_end), WHOLE(seam_plan, a.origin), WHOLE(seam_plan, a.tiles),     \
        WHOLE(seam_plan, a.core), WHOLE(seam_plan, a.overlap), WHOLE(seam_plan, a.tile),           \
        WHOLE(seam_plan, a.padded), WHOLE(seam_plan, a.crop_shift), WHOLE(seam_plan, a.out_size)

static const struct member of_plan[] = {
    OF_AXIS(x), OF_AXIS(y), WHOLE(seam_plan, picture.width), WHOLE(seam_plan, picture.height),
    WHOLE(seam_plan, picture.bands), WHOLE(seam_plan, picture.sample),
    WHOLE(seam_plan, picture.transfer), WHOLE(seam_plan, scale_num), WHOLE(seam_plan, scale_den),
    WHOLE(seam_plan, alignment), WHOLE(seam_plan, halo), WHOLE(seam_plan, exact_halo),
    WHOLE(seam_plan, halo_reason), WHOLE(seam_plan, margin), WHOLE(seam_plan, crop),
    WHOLE(seam_plan, edge), WHOLE(seam_plan, blend), WHOLE(seam_plan, exact),
    WHOLE(seam_plan, feed), WHOLE(seam_plan, luma), WHOLE(seam_plan, order),
    REAL(seam_plan, range_lo), REAL(seam_plan, range_hi), REAL(seam_plan, strength),
    WHOLE(seam_plan, channels_in), WHOLE(seam_plan, channels_out), WHOLE(seam_plan, runs),
    WHOLE(seam_plan, batch), WHOLE(seam_plan, in_flight), WHOLE(seam_plan, out_bands),
    WHOLE(seam_plan, out_sample), WHOLE(seam_plan, window_rows), WHOLE(seam_plan, band_rows),
    REAL(seam_plan, waste), WHOLE(seam_plan, window_bytes), WHOLE(seam_plan, band_bytes),
    WHOLE(seam_plan, tensor_bytes), WHOLE(seam_plan, scratch_bytes), WHOLE(seam_plan, base_bytes),
    WHOLE(seam_plan, peak_bytes), WHOLE(seam_plan, budget_bytes), WHOLE(seam_plan, device_bytes),
    WHOLE(seam_plan, device_budget_bytes), REAL(seam_plan, seconds), WHOLE(seam_plan, passes),
    WHOLE(seam_plan, kept_bytes), WHOLE(seam_plan, kept_in_memory_bytes),
    WHOLE(seam_plan, moved_bytes),
};

static struct seam_plan plan_of(struct seam_model *model, struct seam_facts *facts)
{
    struct request q = request_plain(WIDTH, HEIGHT);
    struct seam_plan plan;
    struct seam_log log;
    seam_model_describe(model, &q.facts);
    q.params.tile_width = q.params.tile_height = q.facts.rows.possible ? SEAM_AUTO : 16;
    assert_ok(request_make(&q, &plan, &log), &log);
    *facts = q.facts;
    return plan;
}

static void test_plans(void)
{
    for (size_t k = 0; k < G_N_ELEMENTS(models); k++)
        for (size_t i = 0; i < G_N_ELEMENTS(of_plan); i++)
            for (size_t v = 0; v < values(&of_plan[i]); v++) {
                const struct member *m = &of_plan[i];
                struct seam_facts facts;
                struct seam_plan plan = plan_of(models[k], &facts);
                struct seam_log log;
                g_assert_cmpint(plan.rows, ==, k == 1);
                set(&plan, m, v);
                seam_log_init(&log);
                const enum seam_result r = seam_plan_check(&plan, &facts, &log);
                judge(r, &log, m, v);
                seam_log_init(&log);
                const enum seam_result ran = run(models[k], &plan, NULL, &log);
                judge(ran, &log, m, v);
                if (r != SEAM_OK)
                    g_assert_cmpint(ran, ==, r);
                else
                    print(&plan, m, v);
            }
}

static void test_streams(void)
{
    static const struct member members[] = {
        WHOLE(seam_stream_params, threads), WHOLE(seam_stream_params, first_row),
        WHOLE(seam_stream_params, row_count), WHOLE(seam_stream_params, left),
        WHOLE(seam_stream_params, top),
    };
    for (size_t k = 0; k < G_N_ELEMENTS(models); k++)
        for (size_t i = 0; i < G_N_ELEMENTS(members); i++)
            for (size_t v = 0; v < values(&members[i]); v++) {
                struct seam_facts facts;
                const struct seam_plan plan = plan_of(models[k], &facts);
                struct seam_stream_params p;
                struct seam_log log;
                seam_stream_params_init(&p);
                set(&p, &members[i], v);
                seam_log_init(&log);
                judge(run(models[k], &plan, &p, &log), &log, &members[i], v);
            }
}

/* More rows than there are, or fewer than none, at any moment. */
static void test_reads(void)
{
    const struct seam_source source = { .read = grey_rows };
    struct seam_facts facts;
    const struct seam_plan plan = plan_of(models[0], &facts);
    static const struct member m = { "rows", 0, sizeof(int64_t), false };
    static unsigned char pixels[WIDTH * HEIGHT * 3];
    for (size_t v = 0; v < values(&m); v++) {
        struct seam_stream *stream;
        struct seam_log log;
        int64_t rows, read = 3;
        set(&rows, &m, v);
        seam_log_init(&log);
        assert_ok(seam_stream_open(&stream, models[0], &plan, &source, NULL, &log), &log);
        assert_ok(seam_stream_read(stream, read, pixels, 0), &log);
        const enum seam_result r = seam_stream_read(stream, rows, pixels, 0);
        judge(r, &log, &m, v);
        if (r == SEAM_OK)
            read += rows;
        else
            g_assert_cmpint(r, ==, SEAM_ERROR_ARGUMENT);
        /* What was asked too much of goes on. */
        assert_ok(seam_stream_read(stream, HEIGHT - read, pixels, 0), &log);
        seam_stream_close(&stream);
    }
}

static const struct member of_image[] = {
    WHOLE(seam_vips_params, callbacks.threads), WHOLE(seam_vips_params, callbacks.first_row),
    WHOLE(seam_vips_params, callbacks.row_count), WHOLE(seam_vips_params, callbacks.left),
    WHOLE(seam_vips_params, callbacks.top), WHOLE(seam_vips_params, transfer),
    WHOLE(seam_vips_params, held_bytes), WHOLE(seam_vips_params, rows_behind),
    WHOLE(seam_vips_params, wanted_count),
};

static void restore(VipsImage *in, const struct seam_vips_params *p, const struct member *m,
                    size_t value)
{
    VipsImage *out = NULL;
    struct seam_plan plan;
    struct seam_log log;
    double mean = 0;
    seam_log_init(&log);
    judge(seam_vips_plan(models[0], in, &plan, p, &log), &log, m, value);
    seam_log_init(&log);
    const enum seam_result r = seam_vips_restore(models[0], in, &out, NULL, p, &log);
    judge(r, &log, m, value);
    g_assert_cmpint(r == SEAM_OK, ==, out != NULL);
    if (out && vips_avg(out, &mean, NULL) != 0 && log.error[0] == '\0')
        g_error("%s, value %zu: not read, and nothing said but \"%s\"", m->name, value,
                vips_error_buffer());
    if (out)
        g_object_unref(out);
}

static void test_images(void)
{
    VipsImage *in = NULL;
    g_assert_cmpint(vips_black(&in, WIDTH, HEIGHT, "bands", 3, NULL), ==, 0);
    for (size_t i = 0; i < G_N_ELEMENTS(of_image); i++)
        for (size_t v = 0; v < values(&of_image[i]); v++) {
            struct seam_vips_params p;
            seam_vips_params_init(&p);
            set(&p, &of_image[i], v);
            restore(in, &p, &of_image[i], v);
        }
    static const struct member wanted = { "wanted", 0, sizeof(int64_t), false };
    for (size_t v = 0; v < values(&wanted); v++)
        for (size_t at = 0; at < 4; at++) {
            struct seam_vips_params p;
            int64_t rows[] = { 3, 5, 20, 25 };
            set(&rows[at], &wanted, v);
            seam_vips_params_init(&p);
            p.wanted = rows;
            p.wanted_count = 4;
            restore(in, &p, &wanted, v);
        }
    g_object_unref(in);
}

/* Measuring returns nothing: it ends, and what it found is sound. */
static void test_measure(void)
{
    static const struct member members[] = { WHOLE(seam_measure_params, memory),
                                             REAL(seam_measure_params, pixels) };
    for (size_t i = 0; i < G_N_ELEMENTS(members); i++)
        for (size_t v = 0; v < values(&members[i]); v++) {
            struct seam_measure_params p;
            struct request q = request_plain(WIDTH, HEIGHT);
            struct seam_plan plan;
            struct seam_log log;
            seam_measure_params_init(&p);
            p.cache = "";
            p.pixels = WIDTH * HEIGHT;
            set(&p, &members[i], v);
            seam_log_init(&log);
            seam_model_measure(models[0], &p, &log);
            seam_model_describe(models[0], &q.facts);
            assert_ok(request_make(&q, &plan, &log), &log);
        }
}

/* Names and entries that are none. */
static void test_lists(void)
{
    struct seam_device device;
    struct seam_port port;
    struct seam_log log;
    for (size_t v = 0; v < G_N_ELEMENTS(wholes); v++) {
        const int n = (int)(uint32_t)(uint64_t)wholes[v];
        const size_t i = (size_t)wholes[v];
        const char *const names[] = {
            seam_engine_name((enum seam_engine)n), seam_device_kind_name((enum seam_device_kind)n),
            seam_precision_name((enum seam_precision)n), seam_sample_name((enum seam_sample)n),
            seam_edge_name((enum seam_edge)n), seam_blend_name((enum seam_blend)n),
            seam_alpha_name((enum seam_alpha)n), seam_luma_name((enum seam_luma)n),
            seam_order_name((enum seam_order)n), seam_transfer_name((enum seam_transfer)n),
            seam_exact_name((enum seam_exact)n),
            seam_halo_reason_name((enum seam_halo_reason)n),
        };
        for (size_t k = 0; (n < 0 || n > 7) && k < G_N_ELEMENTS(names); k++)
            g_assert_null(names[k]);
        g_assert_nonnull(seam_result_name((enum seam_result)n));
        if (i > 1000) {
            g_assert_null(seam_builtin_name(i, NULL));
            g_assert_cmpuint(seam_builtin_bytes(i), ==, 0);
            g_assert_false(seam_model_port(models[1], v % 2, i, &port));
        }
        seam_log_init(&log);
        if (n < 2)
            g_assert_cmpint(seam_device_list(n == 1 ? &device : NULL, n, &log), >=, -1);
    }
}

int main(int argc, char **argv)
{
    struct seam_log log;
    g_test_init(&argc, &argv, NULL);
    if (VIPS_INIT(argv[0]))
        return 1;
    seam_log_init(&log);
    if (seam_model_open(&models[0], "null", NULL, &log) != SEAM_OK ||
        seam_model_open(&models[1], "smooth", NULL, &log) != SEAM_OK)
        return 1;
    g_test_add_func("/sweep/facts", test_facts);
    g_test_add_func("/sweep/machine", test_machine);
    g_test_add_func("/sweep/plans", test_plans);
    g_test_add_func("/sweep/streams", test_streams);
    g_test_add_func("/sweep/reads", test_reads);
    g_test_add_func("/sweep/images", test_images);
    g_test_add_func("/sweep/measure", test_measure);
    g_test_add_func("/sweep/lists", test_lists);
    const int code = g_test_run();
    seam_model_close(&models[0]);
    seam_model_close(&models[1]);
    vips_shutdown();
    return code;
}
