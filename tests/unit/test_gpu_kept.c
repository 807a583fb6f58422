/* What is kept for the next process, the choice of a device that rests on it, and the choice of
 * several. */
#include "gpu_cases.h"
#include "model/private.h"
#include "model/trial_cache.h"

#define DISCRETE 2 /* a VkPhysicalDeviceType */

/* Trial runs of an earlier process, by which the first GPU takes so long for a megapixel. */
static void keep_trials(double seconds)
{
    struct seam_log log;
    struct seam_model_params params;
    struct seam_model *model;
    struct seam_trial_cache cache;
    char network[64];
    seam_log_init(&log);
    seam_model_params_init(&params);
    params.device = "gpu";
    assert_ok(gpu_open_network(&model, NULL, &params, &log), &log);
    struct seam_facts facts = model->facts;
    facts.trial_count = 1;
    facts.trials[0] = (struct seam_trial){ .pixels = 1 << 20, .seconds = seconds, .bytes = 1 };
    seam_model_identity(model, network, sizeof(network));
    seam_trial_cache_init(&cache, NULL, &(struct seam_trial_key){ network, model->threads },
                          &facts);
    g_assert_true(seam_trial_cache_write(&cache, &facts));
    seam_model_close(&model);
}

/* Who runs the small network where that is left open. */
static void assert_chosen(const char *engine, double pixels)
{
    struct seam_log log;
    struct seam_model_params params;
    struct seam_model *model;
    seam_log_init(&log);
    seam_model_params_init(&params);
    params.pixels = pixels;
    assert_ok(gpu_open_network(&model, NULL, &params, &log), &log);
    g_assert_true(g_str_has_prefix(model->facts.engine, engine));
    seam_model_close(&model);
}

/* A GPU runs a large job that it is sooner done with; a small one, one that the CPU does as soon,
 * and what only stands for a GPU or gives a wrong picture stay with the CPU. */
void test_auto(void)
{
    const double many = 1e10;
    g_assert_true(seam_device_pays(13.1, 10));
    g_assert_false(seam_device_pays(12.9, 10));
    char *folder = gpu_new_cache();
    fault->kind = DISCRETE;
    keep_trials(1e-6);
    assert_chosen("gpu", many);
    assert_chosen("native", 1e4);
    assert_chosen("native", 0);
    fault->kind = 0;
    assert_chosen("native", many);
    fault->kind = DISCRETE;
    keep_trials(1e6);
    assert_chosen("native", many);
    gpu_drop_cache(folder);

    folder = gpu_new_cache();
    fault->spoil = 1;
    assert_chosen("native", many);
    fault->spoil = fault->kind = 0;
    gpu_drop_cache(folder);
}

static void hear(void *opaque, enum seam_log_level level, const char *text)
{
    (void)level;
    if (strstr(text, "was proved before"))
        *(bool *)opaque = true;
}

/* Whether the small network is opened on the first device without a proof. */
static bool is_believed(void)
{
    struct seam_log log;
    struct seam_model_params params;
    struct seam_model *model;
    bool heard = false;
    seam_log_init(&log);
    log.message = hear;
    log.opaque = &heard;
    log.level = SEAM_LOG_DEBUG;
    seam_model_params_init(&params);
    params.engine = SEAM_ENGINE_GPU;
    params.device = "0";
    assert_ok(gpu_open_network(&model, NULL, &params, &log), &log);
    seam_model_close(&model);
    return heard;
}

static void damage(const char *folder, const char *kind)
{
    char *path = g_build_filename(folder, "seamless", kind, NULL);
    GDir *dir = g_dir_open(path, 0, NULL);
    g_assert_nonnull(dir);
    const char *name = g_dir_read_name(dir);
    g_assert_nonnull(name);
    char *file = g_build_filename(path, name, NULL);
    g_assert_true(g_file_set_contents(file, "not this", -1, NULL));
    g_dir_close(dir);
    g_free(file);
    g_free(path);
}

/* What was proved is not proved again; without the file, or with a damaged one, it is. That of
 * pipelines is the driver's. */
void test_kept(void)
{
    char *folder = gpu_new_cache();
    g_assert_false(is_believed());
    g_assert_true(is_believed());
    damage(folder, "proofs");
    g_assert_false(is_believed());
    damage(folder, "pipelines");
    g_assert_true(is_believed());
    gpu_drop_cache(folder);
}

/* ---------------------------------------------------------------------------------------------- */

static enum seam_result open_on(struct seam_model **model, const char *devices,
                                struct seam_log *log)
{
    struct seam_model_params params;
    seam_log_init(log);
    seam_model_params_init(&params);
    params.engine = SEAM_ENGINE_GPU;
    params.device = devices;
    return gpu_open_network(model, NULL, &params, log);
}

/* Two that are alike share the tiles of a picture, which is that of one to the bit, within what is
 * planned for each; so it is where both are lost in the middle of it. */
void test_several(void)
{
    static const char *const wrong[] = { "0,", ",0", "0,,0", "0,0,0,0,0", "0,99" };
    struct seam_log log;
    struct seam_model *model;
    struct seam_plan plan;
    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++)
        g_assert_cmpint(open_on(&model, wrong[i], &log), ==,
                        i < 4 ? SEAM_ERROR_ARGUMENT : SEAM_ERROR_ENGINE);
    assert_ok(open_on(&model, "0", &log), &log);
    unsigned char *one = gpu_restore(model, 24, SEAM_AUTO, 2, &plan, &log);
    const uint64_t both = plan.device_bytes;
    seam_model_close(&model);
    for (int in_flight = 1; in_flight <= 4; in_flight++) {
        assert_ok(open_on(&model, "0,0", &log), &log);
        g_assert_cmpint(model->facts.devices, ==, 2);
        fault->peak = 0; /* what is left of earlier runs goes before the first is taken */
        if (in_flight == 4) {
            fault->call = VULKAN_WAIT;
            fault->result = -4; /* VK_ERROR_DEVICE_LOST */
            fault->times = 1;
            fault->after = 5;
        }
        unsigned char *two = gpu_restore(model, 24, SEAM_AUTO, in_flight, &plan, &log);
        fault->after = -1;
        g_assert_nonnull(two);
        g_assert_true(memcmp(one, two, gpu_result_bytes(&plan)) == 0);
        if (in_flight < 4 && model->facts.device.shared) /* then the plan counts the runs of all */
            g_assert_cmpuint(fault->peak, <=,
                             2 * model->facts.device.bytes + plan.scratch_bytes);
        if (in_flight == 2) /* one for each, where one device held both */
            g_assert_cmpuint(plan.device_bytes, <, both);
        g_free(two);
        seam_model_close(&model);
    }
    g_free(one);
}
