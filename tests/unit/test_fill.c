/* How often hidden colours are filled: each row of the picture once, by rows, and each that a tile
 * sees once, in tiles; threads share them. What they become is the business of test_tile.c.
 * The linker sends the filling to the test, which counts. */
#include <stdatomic.h>

#include "unit.h"

#include "onnx_builder.h"
#include "tile/tile.h"

#define WIDTH 96
#define HEIGHT 300
#define TALLER 700
#define BANDS 4

static atomic_llong rows_looked_at, rows_filled, slices;

void __real_seam_tile_fill_look(const struct seam_tile_work *work, int64_t begin, int64_t end);
void __wrap_seam_tile_fill_look(const struct seam_tile_work *work, int64_t begin, int64_t end);
void __real_seam_tile_fill_rows(const struct seam_tile_work *work, int64_t begin, int64_t end);
void __wrap_seam_tile_fill_rows(const struct seam_tile_work *work, int64_t begin, int64_t end);

void __wrap_seam_tile_fill_look(const struct seam_tile_work *work, int64_t begin, int64_t end)
{
    atomic_fetch_add(&rows_looked_at, end - begin);
    __real_seam_tile_fill_look(work, begin, end);
}

void __wrap_seam_tile_fill_rows(const struct seam_tile_work *work, int64_t begin, int64_t end)
{
    atomic_fetch_add(&rows_filled, end - begin);
    atomic_fetch_add(&slices, end > begin);
    __real_seam_tile_fill_rows(work, begin, end);
}

/* One visible pixel in 144. */
static int read_rows(void *opaque, int64_t y, int64_t rows, void *dst)
{
    unsigned char *p = dst;
    (void)opaque;
    for (int64_t v = y; v < y + rows; v++)
        for (int64_t x = 0; x < WIDTH; x++, p += BANDS) {
            memset(p, (int)(x + v) & 255, BANDS);
            p[3] = v % 12 == 6 && x % 12 == 6 ? 255 : 0;
        }
    return 0;
}

static struct seam_model *open_net(int threads)
{
    struct onnx_builder b;
    struct seam_model *model;
    struct seam_log log;
    size_t size;
    const struct seam_model_params params = { .engine = SEAM_ENGINE_NATIVE, .threads = threads };
    onnx_begin(&b, 13);
    onnx_input(&b, "x", "1,3,h,w");
    onnx_conv(&b, "x", "a", 3, 8, 3, "pads=[1,1,1,1]");
    onnx_node(&b, "Relu", "a", "r", "");
    onnx_conv(&b, "r", "y", 8, 3, 3, "pads=[1,1,1,1]");
    onnx_output(&b, "y", "1,3,h,w");
    void *file = onnx_finish(&b, &size);
    seam_log_init(&log);
    assert_ok(seam_model_open_memory(&model, file, size, "net", &params, &log), &log);
    free(file);
    return model;
}

static void restore(struct seam_model *model, int64_t height, const struct seam_params *params,
                    struct seam_plan *plan)
{
    const struct seam_picture picture = { WIDTH, height, BANDS, true, false, SEAM_SAMPLE_U8,
                                          SEAM_TRANSFER_NONE };
    const struct seam_source source = { .read = read_rows };
    struct seam_machine machine = { 1 << 30, 1 << 30, 0, 2 };
    struct seam_facts facts;
    struct seam_stream *stream;
    struct seam_log log;
    seam_log_init(&log);
    seam_model_describe(model, &facts);
    assert_ok(seam_plan_make(plan, &picture, &facts, params, &machine, &log), &log);
    unsigned char *out = g_malloc((size_t)(WIDTH * height * BANDS));
    assert_ok(seam_stream_open(&stream, model, plan, &source, NULL, &log), &log);
    rows_looked_at = rows_filled = slices = 0;
    assert_ok(seam_stream_read(stream, height, out, 0), &log);
    seam_stream_close(&stream);
    g_free(out);
}

static void test_by_rows(void)
{
    struct seam_model *model = open_net(2);
    struct seam_params params;
    struct seam_plan plan;
    seam_params_init(&params);
    restore(model, HEIGHT, &params, &plan);
    g_assert_true(plan.rows);
    const int64_t filled = rows_filled;
    g_assert_cmpint(filled, <, HEIGHT + HEIGHT / 8); /* the border's neighbours too */
    restore(model, TALLER, &params, &plan);
    g_assert_cmpint(rows_filled - filled, ==, TALLER - HEIGHT);
    seam_model_close(&model);
}

static void test_in_tiles(void)
{
    struct seam_model *model = open_net(2);
    struct seam_params params;
    struct seam_plan plan;
    seam_params_init(&params);
    params.tile_width = params.tile_height = 48;
    restore(model, HEIGHT, &params, &plan);
    g_assert_false(plan.rows);
    const int64_t tiles = plan.x.tiles * plan.y.tiles;
    g_assert_cmpint(tiles, >, 4);
    g_assert_cmpint(rows_looked_at, ==, tiles * plan.y.padded);
    g_assert_cmpint(rows_filled, ==, tiles * plan.y.padded);
    g_assert_cmpint(slices, >, tiles); /* more than one thread had a part */
    seam_model_close(&model);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/fill/by-rows", test_by_rows);
    g_test_add_func("/fill/in-tiles", test_in_tiles);
    return g_test_run();
}
