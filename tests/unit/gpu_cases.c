#include <glib/gstdio.h>

#include "gpu_cases.h"

struct vulkan_fault *fault;

bool lowered_open(struct lowered *l, const struct seam_engine_ops *ops,
                  const struct seam_network *network)
{
    struct seam_log log;
    struct seam_model_params params;
    seam_log_init(&log);
    seam_model_params_init(&params);
    params.lenient = true;
    params.device = ops->on_device ? "0" : NULL;
    params.threads = 1;
    *l = (struct lowered){ .ops = ops, .facts = { .name = "test", .range_hi = 1 } };
    const enum seam_result r = ops->open(&l->engine, network, &params, &l->facts, &log);
    if (r != SEAM_OK) {
        g_assert_cmpint(r, ==, SEAM_ERROR_MODEL);
        return false;
    }
    assert_ok(ops->begin(&l->session, l->engine, 1, &log), &log);
    return true;
}

void lowered_close(struct lowered *l)
{
    l->ops->end(l->session);
    l->ops->close(l->engine);
}

void gpu_build_small(struct onnx_builder *b)
{
    onnx_begin(b, 13);
    onnx_input(b, "x", "1,3,h,w");
    onnx_conv(b, "x", "a", 3, 8, 3, "pads=[1,1,1,1]");
    onnx_node(b, "Relu", "a", "b", "");
    onnx_conv(b, "b", "c", 8, 3, 3, "pads=[1,1,1,1]");
    onnx_node(b, "Add", "c x", "y", "");
    onnx_output(b, "y", "1,3,h,w");
}

enum seam_result gpu_open_network(struct seam_model **model, const char *name,
                                     const struct seam_model_params *params, struct seam_log *log)
{
    struct onnx_builder b;
    size_t size;
    if (name)
        return seam_model_open(model, name, params, log);
    gpu_build_small(&b);
    void *file = onnx_finish(&b, &size);
    const enum seam_result r = seam_model_open_memory(model, file, size, "small", params, log);
    free(file);
    return r;
}

struct seam_model *gpu_open_precise(const char *name, int64_t precision, struct seam_log *log)
{
    struct seam_model_params params;
    struct seam_model *model = NULL;
    seam_log_init(log);
    seam_model_params_init(&params);
    params.engine = SEAM_ENGINE_GPU;
    params.device = "0";
    params.precision = precision;
    assert_ok(gpu_open_network(&model, name, &params, log), log);
    return model;
}

struct seam_model *gpu_open_model(const char *name, struct seam_log *log)
{
    return gpu_open_precise(name, SEAM_PRECISION_AUTO, log);
}

unsigned char *gpu_restore(struct seam_model *model, int64_t tile, int64_t halo, int in_flight,
                              struct seam_plan *plan, struct seam_log *log)
{
    struct request q = request_plain(71, 53);
    q.picture.sample = SEAM_SAMPLE_F32;
    seam_model_describe(model, &q.facts);
    q.params.tile_width = q.params.tile_height = tile;
    q.params.halo = halo;
    q.params.in_flight = in_flight;
    q.params.blend = SEAM_BLEND_NONE;
    GRand *rand = g_rand_new_with_seed(3);
    float *data = g_new(float, picture_samples(&q.picture));
    for (size_t i = 0; i < picture_samples(&q.picture); i++)
        data[i] = (float)g_rand_double(rand);
    g_rand_free(rand);
    struct rows rows = rows_of(&q.picture, data);
    unsigned char *result = NULL;
    if (restore_rows(model, &q, &rows, NULL, plan, &result, log) != SEAM_OK) {
        g_free(result);
        result = NULL;
    }
    g_free(data);
    return result;
}

size_t gpu_result_bytes(const struct seam_plan *plan)
{
    return (size_t)plan->x.out_size * (size_t)plan->y.out_size * (size_t)plan->out_bands *
           sizeof(float);
}

/* The first, which all tests use that have none of their own. */
static char *common_cache;

char *gpu_new_cache(void)
{
    char *folder = g_dir_make_tmp("seam-gpu-XXXXXX", NULL);
    g_assert_nonnull(folder);
    g_setenv("XDG_CACHE_HOME", folder, TRUE);
    if (!common_cache)
        common_cache = folder;
    return folder;
}

static void remove_all(const char *path)
{
    GDir *dir = g_dir_open(path, 0, NULL);
    for (const char *name; dir && (name = g_dir_read_name(dir));) {
        char *inner = g_build_filename(path, name, NULL);
        remove_all(inner);
        g_free(inner);
    }
    if (dir)
        g_dir_close(dir);
    g_remove(path);
}

void gpu_drop_cache(char *folder)
{
    g_setenv("XDG_CACHE_HOME", common_cache, TRUE);
    remove_all(folder);
    g_free(folder);
}
