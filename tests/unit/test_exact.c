/* The promise itself, on networks that see their neighbours: what tiles give is, bit for bit, what
 * one run over the whole picture gives. The networks are made here: plain loops with a reach, zero
 * padding of their own, a stride whose phase shows, any scale, a border that they cut off. */
#include "exact_net.h"

static void random_net(void)
{
    static const int64_t scales[][2] = { { 1, 1 }, { 1, 1 }, { 2, 1 }, { 3, 1 }, { 4, 1 },
                                         { 1, 2 }, { 3, 2 } };
    static const int64_t strides[] = { 1, 1, 2, 3, 4, 6, 8 };
    const int64_t *scale = PICK(scales);
    memset(&net, 0, sizeof(net));
    net.channels = toss() ? 3 : 1;
    net.num = scale[0];
    net.den = scale[1];
    net.stride = PICK(strides);
    net.reach = pick(0, MOST_REACH);
    net.crop = pick(0, 3) ? 0 : pick(1, MOST_REACH);
    if (2 * net.crop * net.num % net.den)
        net.crop++;
}

/* The position mirrored into 0 .. size - 1, one step at a time. */
static int64_t mirror(int64_t v, int64_t size)
{
    while (size > 1 && (v < 0 || v >= size))
        v = v < 0 ? -v : 2 * (size - 1) - v;
    return size > 1 ? v : 0;
}

/* Where a sample of the extended picture comes from; -1: a zero. */
static int64_t extended(int64_t v, int64_t size, int64_t aligned, enum seam_edge edge)
{
    if (edge == SEAM_EDGE_ZERO && (v < 0 || v >= aligned))
        return -1;
    if (edge == SEAM_EDGE_REPLICATE)
        v = v < 0 ? 0 : v >= aligned ? aligned - 1 : v;
    return mirror(mirror(v, aligned), size);
}

/* The definition: align by reflection, extend by the edge rule, run once, crop. At scale 1 what
 * the network leaves as it was is the picture's own sample: the way through a range would round. */
static float *whole_run(const struct request *q, const struct seam_plan *plan, const void *data)
{
    const int64_t width = q->picture.width, height = q->picture.height;
    const int64_t a = plan->alignment;
    const int64_t aligned_x = seam_align_up(width, a), aligned_y = seam_align_up(height, a);
    const int64_t margin = /* of the domain */
        plan->edge == SEAM_EDGE_MODEL ? seam_align_up(net.crop, a) : plan->margin;
    const int64_t in_width = aligned_x + 2 * margin, in_height = aligned_y + 2 * margin;
    const int64_t out_width = net_size(in_width), out_height = net_size(in_height);
    float *in = g_new(float, net.channels * in_width * in_height);
    float *out = g_new(float, net.channels * out_width * out_height);
    const float lo = (float)plan->range_lo, span = (float)(plan->range_hi - plan->range_lo);
    for (int c = 0; c < net.channels; c++)
        for (int64_t y = 0; y < in_height; y++)
            for (int64_t x = 0; x < in_width; x++) {
                const int64_t u = extended(x - margin, width, aligned_x, plan->edge);
                const int64_t v = extended(y - margin, height, aligned_y, plan->edge);
                float value = 0;
                if (u >= 0 && v >= 0)
                    value = sample_get(q->picture.sample, data,
                                       (size_t)((v * width + u) * net.channels + c));
                in[(c * in_height + y) * in_width + x] =
                    lo == 0 && span == 1 ? value : lo + span * value;
            }
    net_apply(in, in_width, in_height, out);
    float *result = g_new(float, plan->x.out_size * plan->y.out_size * net.channels);
    const int64_t skip = (margin - net.crop) * net.num / net.den;
    for (int64_t y = 0; y < plan->y.out_size; y++)
        for (int64_t x = 0; x < plan->x.out_size; x++)
            for (int c = 0; c < net.channels; c++) {
                const float v = out[(c * out_height + y + skip) * out_width + x + skip];
                float *to = &result[(y * plan->x.out_size + x) * net.channels + c];
                *to = lo == 0 && span == 1 ? v : (v - lo) / span;
                /* What the network leaves as it was, were it by chance, is the picture's own. */
                if (net.num == net.den &&
                    v == in[(c * in_height + y + margin) * in_width + x + margin])
                    *to = sample_get(q->picture.sample, data,
                                     (size_t)((y * width + x) * net.channels + c));
            }
    g_free(in);
    g_free(out);
    return result;
}

/* Settings for the network at hand, with a halo that covers what it sees. */
static struct request random_settings(int most)
{
    struct request q = request_plain(random_side(most), random_side(most));
    struct seam_params *p = &q.params;
    q.picture.bands = net.channels;
    q.picture.sample = (enum seam_sample)pick(0, 2);
    p->out_sample = SEAM_SAMPLE_F32;
    p->tile_width = pick(0, 5) ? pick(1, 80) : SEAM_AUTO;
    p->tile_height = pick(0, 5) ? pick(1, 80) : SEAM_AUTO;
    p->halo = toss() ? SEAM_AUTO : pick((int)net_field(), 40);
    p->batch = toss() ? SEAM_AUTO : pick(1, 5);
    p->overlap = toss() ? SEAM_AUTO : pick(0, 12);
    p->blend = (enum seam_blend)pick(0, 3);
    p->edge = (enum seam_edge)pick(0, 3);
    return q;
}

static void expect_bits(const struct request *q, const void *got, const void *want, size_t bytes)
{
    if (memcmp(got, want, bytes) == 0)
        return;
    size_t at = 0;
    while (((const char *)got)[at] == ((const char *)want)[at])
        at++;
    char *text = request_describe(q);
    g_error("byte %zu of %zu differs: %s, reach %" PRId64 ", stride %" PRId64, at, bytes, text,
            net.reach, net.stride);
}

/* Tiles against the definition. */
static void test_whole_run(void)
{
    const int cases = many(150);
    int made = 0, tiled = 0, batched = 0;
    for (int i = 0; more(i, cases, made > cases / 2 && tiled > cases / 6 && batched > cases / 20);
         i++) {
        random_net();
        struct seam_model *model = open_model("net");
        struct request q = random_settings(i % 10 ? 60 : 140);
        if (toss()) {
            q.params.range_lo = -1;
            q.params.range_hi = pick(0, 3);
        }
        void *data = random_picture(&q.picture);
        struct rows rows = rows_of(&q.picture, data);
        struct seam_plan plan;
        struct seam_log log;
        unsigned char *result;
        if (restore_rows(model, &q, &rows, NULL, &plan, &result, &log) == SEAM_OK) {
            g_assert_cmpint(q.facts.alignment % net.stride, ==, 0);
            g_assert_cmpint(plan.exact, ==, SEAM_EXACT_BITS);
            float *want = whole_run(&q, &plan, data);
            expect_bits(&q, result, want,
                        (size_t)(plan.x.out_size * plan.y.out_size * net.channels) *
                            sizeof(float));
            g_free(want);
            made++;
            tiled += plan.x.tiles * plan.y.tiles > 1;
            batched += net.most_batch > 1;
            g_assert_cmpint(net.most_batch, ==, plan.batch);
        } else {
            assert_said(&log, SEAM_ERROR_ARGUMENT, "tile");
        }
        g_free(result);
        g_free(data);
        seam_model_close(&model);
    }
    g_test_message("%d plans, %d of several tiles, of %d", made, tiled, cases);
}

/* Tiles against one tile, for everything that travels beside the network: luma and chroma, alpha,
 * single bands, linear light, swapped channels. */
static void test_any_tiles(void)
{
    const int cases = many(150);
    int compared = 0;
    for (int i = 0; more(i, cases, compared > cases / 2); i++) {
        random_net();
        struct seam_model *model = open_model("net");
        struct request q = random_settings(70);
        q.picture.bands = pick(1, 5);
        q.picture.alpha = q.picture.bands > 1 && toss();
        q.picture.transfer = q.picture.sample == SEAM_SAMPLE_F32 && toss() ? SEAM_TRANSFER_SRGB
                                                                           : SEAM_TRANSFER_NONE;
        q.params.alpha = (enum seam_alpha)pick(0, 1);
        q.params.luma = (enum seam_luma)pick(0, 2);
        q.params.order = (enum seam_order)pick(0, 1);
        q.params.range_lo = 0;
        q.params.range_hi = pick(0, 1) ? 1 : 255;
        q.params.strength = net.num == net.den && toss() ? 0.3 : 1;
        q.params.out_sample = pick(-1, 2);
        void *data = random_picture(&q.picture);
        struct seam_plan plan;
        struct seam_log log;
        unsigned char *some = NULL, *whole = NULL;
        struct rows rows = rows_of(&q.picture, data);
        const enum seam_result r = restore_rows(model, &q, &rows, NULL, &plan, &some, &log);
        if (r == SEAM_OK && plan.exact == SEAM_EXACT_BITS) {
            q.params.tile_width = q.params.tile_height = 4000;
            rows = rows_of(&q.picture, data);
            assert_ok(restore_rows(model, &q, &rows, NULL, &plan, &whole, &log), &log);
            g_assert_cmpint(plan.x.tiles * plan.y.tiles, ==, 1);
            expect_bits(&q, some, whole,
                        (size_t)(plan.x.out_size * plan.y.out_size * plan.out_bands) *
                            sample_bytes(plan.out_sample));
            compared++;
        }
        g_free(some);
        g_free(whole);
        g_free(data);
        seam_model_close(&model);
    }
    g_test_message("%d compared", compared);
}

/* Tiles that do not fit any more somewhere on the way: smaller ones go on and give the same bits,
 * with every input row asked for once. */
static void test_halved(void)
{
    const int cases = many(250);
    int halved = 0, below = 0, refused = 0;
    for (int i = 0; more(i, cases, halved > cases / 10 && below > cases / 40 && refused > 0); i++) {
        random_net();
        struct seam_model *model = open_model("net");
        struct request q = random_settings(i % 4 ? 120 : 260);
        q.params.tile_width = pick(40, 130);
        q.params.tile_height = pick(40, 130);
        q.params.range_lo = 0;
        q.params.range_hi = 1;
        net.refusals = pick(1, 3);
        void *data = random_picture(&q.picture);
        struct rows rows = rows_of(&q.picture, data);
        struct seam_plan plan;
        struct seam_log log;
        unsigned char *result;
        const enum seam_result r = restore_rows(model, &q, &rows, NULL, &plan, &result, &log);
        if (r == SEAM_OK) {
            const struct seam_plan now = rows.plan;
            float *want = whole_run(&q, &plan, data);
            expect_bits(&q, result, want,
                        (size_t)(plan.x.out_size * plan.y.out_size * net.channels) *
                            sizeof(float));
            g_free(want);
            halved += now.x.core < plan.x.core || now.y.core < plan.y.core;
            below += now.y.origin > 0;
            g_assert_cmpint(now.alignment, ==, plan.alignment);
            g_assert_cmpint(now.halo, ==, plan.halo);
            g_assert_cmpuint(now.peak_bytes, <=, plan.peak_bytes);
        } else if (r == SEAM_ERROR_MEMORY) {
            assert_said(&log, SEAM_ERROR_MEMORY, "no room,cannot be smaller,--memory");
            refused++;
        } else {
            assert_said(&log, SEAM_ERROR_ARGUMENT, "tile");
        }
        g_free(result);
        g_free(data);
        seam_model_close(&model);
    }
    g_test_message("%d halved, %d of them on the way, %d refused, of %d", halved, below, refused,
                   cases);
}

/* A network of one shape gives what the same network of any shape gives. */
static void test_fixed_shape(void)
{
    const int cases = many(70);
    int compared = 0;
    for (int i = 0; more(i, cases, compared > cases / 3); i++) {
        random_net();
        net.crop = 0;
        net.den = 1;
        struct request q = random_settings(150);
        q.params.edge = (enum seam_edge)pick(0, 2);
        q.params.halo = seam_align_up(net.reach + pick(0, 6), net.stride);
        void *data = random_picture(&q.picture);
        struct seam_plan plan;
        struct seam_log log;
        unsigned char *any = NULL, *one = NULL;
        struct rows rows = rows_of(&q.picture, data);
        struct seam_model *model = open_model("net");
        const enum seam_result r = restore_rows(model, &q, &rows, NULL, &plan, &any, &log);
        seam_model_close(&model);
        net.fixed_width = seam_align_up(pick(64, 130), net.stride);
        net.fixed_height = seam_align_up(pick(64, 130), net.stride);
        model = open_model("net");
        rows = rows_of(&q.picture, data);
        if (r == SEAM_OK &&
            restore_rows(model, &q, &rows, NULL, &plan, &one, &log) == SEAM_OK) {
            g_assert_cmpint(plan.x.padded, ==, net.fixed_width);
            g_assert_cmpint(plan.y.padded, ==, net.fixed_height);
            expect_bits(&q, any, one,
                        (size_t)(plan.x.out_size * plan.y.out_size * plan.out_bands) *
                            sizeof(float));
            compared++;
        }
        g_free(any);
        g_free(one);
        g_free(data);
        seam_model_close(&model);
    }
    g_test_message("%d compared", compared);
}

/* Rows `first` .. of a stream that begins there. */
static unsigned char *rows_from(struct seam_model *model, const struct seam_plan *plan,
                                int64_t first, struct rows *rows, size_t row_bytes)
{
    const struct seam_source source = { .opaque = rows, .read = rows_read };
    struct seam_stream_params params;
    struct seam_stream *stream = NULL;
    struct seam_log log;
    seam_log_init(&log);
    seam_stream_params_init(&params);
    g_assert_cmpint(params.first_row, ==, 0);
    params.first_row = first;
    rows->next = -1;
    assert_ok(seam_stream_open(&stream, model, plan, &source, &params, &log), &log);
    g_assert_cmpint(seam_stream_ready(stream), ==, 0);
    const int64_t count = plan->y.out_size - first;
    unsigned char *result = g_malloc((size_t)count * row_bytes);
    assert_ok(seam_stream_read(stream, 1, result, 0), &log);
    const int64_t ready = seam_stream_ready(stream);
    const int64_t asked = rows->next;
    g_assert_cmpint(ready, <, count);
    if (ready > 0)
        assert_ok(seam_stream_read(stream, ready, result + row_bytes, 0), &log);
    g_assert_cmpint(rows->next, ==, asked); /* what was ready needed no more of the picture */
    if (ready + 1 < count)
        assert_ok(seam_stream_read(stream, count - ready - 1,
                                   result + (size_t)(ready + 1) * row_bytes, 0), &log);
    g_assert_cmpint(seam_stream_ready(stream), ==, 0);
    g_assert_cmpint(seam_stream_read(stream, 1, result, 0), ==, SEAM_ERROR_ARGUMENT);
    seam_stream_close(&stream);
    return result;
}

/* A stream that begins at a later row gives what one from the top gives there, blended rows too:
 * halos here are often too short, so that tiles differ where they meet. */
static void test_first_row(void)
{
    const int cases = many(200);
    int compared = 0, blended = 0;
    for (int i = 0; more(i, cases, compared > cases / 5 && blended > cases / 40); i++) {
        random_net();
        struct request q = random_settings(i % 4 ? 90 : 250);
        q.params.halo = pick(0, 12);
        q.params.tile_height = pick(8, 40);
        q.params.out_sample = pick(-1, 2);
        void *data = random_picture(&q.picture);
        struct rows rows = rows_of(&q.picture, data);
        struct seam_model *model = open_model("net");
        struct seam_plan plan;
        struct seam_log log;
        unsigned char *whole;
        if (restore_rows(model, &q, &rows, NULL, &plan, &whole, &log) == SEAM_OK) {
            const size_t bytes = (size_t)plan.x.out_size * (size_t)plan.out_bands *
                                 sample_bytes(plan.out_sample);
            for (int k = 0; k < 4; k++) {
                const int64_t first = pick(0, (int)plan.y.out_size - 1);
                unsigned char *part = rows_from(model, &plan, first, &rows, bytes);
                expect_bits(&q, part, whole + (size_t)first * bytes,
                            (size_t)(plan.y.out_size - first) * bytes);
                g_free(part);
            }
            compared += plan.y.tiles > 1;
            blended += plan.y.overlap > 0 && plan.exact == SEAM_EXACT_NO;
        }
        g_free(whole);
        g_free(data);
        seam_model_close(&model);
    }
    g_test_message("%d compared, %d blended", compared, blended);
}

/* What lies above is not read. */
static void test_first_row_skips(void)
{
    memset(&net, 0, sizeof(net));
    net.channels = 1;
    net.num = net.den = net.stride = 1;
    net.reach = 4;
    struct request q = request_plain(20, 1000);
    q.picture.bands = 1;
    q.params.tile_width = q.params.tile_height = 20;
    void *data = random_picture(&q.picture);
    struct rows rows = rows_of(&q.picture, data);
    struct seam_model *model = open_model("net");
    struct seam_log log;
    struct seam_plan plan;
    seam_model_describe(model, &q.facts);
    assert_ok(request_make(&q, &plan, &log), &log);
    rows.fail_at = 500 - 4 - 1; /* row 500 is a core's first, and sees 4 rows above */
    g_free(rows_from(model, &plan, 500, &rows, 20));

    const struct seam_source source = { .opaque = &rows, .read = rows_read };
    struct seam_stream_params params;
    struct seam_stream *stream = NULL;
    seam_stream_params_init(&params);
    static const int64_t wrong[] = { -1, 1000, INT64_MAX, INT64_MIN };
    for (size_t i = 0; i < SEAM_ARRAY_LEN(wrong); i++) {
        params.first_row = wrong[i];
        seam_log_init(&log);
        g_assert_cmpint(seam_stream_open(&stream, model, &plan, &source, &params, &log), ==,
                        SEAM_ERROR_ARGUMENT);
        assert_said(&log, SEAM_ERROR_ARGUMENT, "begin at row,1000");
    }
    g_free(data);
    seam_model_close(&model);
}

/* These tests can fail: with a halo one short of the field, or an origin off the stride, they
 * do. */
static void test_can_fail(void)
{
    memset(&net, 0, sizeof(net));
    net.channels = 1;
    net.num = net.den = net.stride = 1;
    net.reach = 4;
    struct request q = request_plain(60, 60);
    q.picture.bands = 1;
    q.params.out_sample = SEAM_SAMPLE_F32;
    q.params.tile_width = q.params.tile_height = 20;
    q.params.blend = SEAM_BLEND_NONE;
    void *data = random_picture(&q.picture);
    for (int64_t halo = 3; halo <= 4; halo++) {
        struct seam_model *model = open_model("net");
        struct rows rows = rows_of(&q.picture, data);
        struct seam_plan plan;
        struct seam_log log;
        unsigned char *result;
        q.params.halo = halo;
        assert_ok(restore_rows(model, &q, &rows, NULL, &plan, &result, &log), &log);
        float *want = whole_run(&q, &plan, data);
        g_assert_cmpint(memcmp(result, want, 60 * 60 * sizeof(float)) == 0, ==, halo == 4);
        g_assert_cmpint(plan.exact, ==, halo == 4 ? SEAM_EXACT_BITS : SEAM_EXACT_NO);
        g_free(want);
        g_free(result);
        seam_model_close(&model);
    }
    g_free(data);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/exact/whole-run", test_whole_run);
    g_test_add_func("/exact/any-tiles", test_any_tiles);
    g_test_add_func("/exact/halved", test_halved);
    g_test_add_func("/exact/fixed-shape", test_fixed_shape);
    g_test_add_func("/exact/first-row", test_first_row);
    g_test_add_func("/exact/first-row-skips", test_first_row_skips);
    g_test_add_func("/exact/can-fail", test_can_fail);
    return g_test_run();
}
