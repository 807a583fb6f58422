/* Every number and every enum of every struct that a program hands in, filled with what it cannot
 * mean, and with what it just may: taken, or refused in words, and what is taken makes a sound
 * plan. */
#include <math.h>
#include <vips/vips.h>

#include "seamless/job.h"
#include "seamless/vips.h"
#include "sweep.h"

static struct seam_model *model;

static const struct member of_params[] = {
    WHOLE(seam_params, tile_width), WHOLE(seam_params, tile_height), WHOLE(seam_params, halo),
    WHOLE(seam_params, reach), WHOLE(seam_params, overlap), REAL(seam_params, overlap_percent),
    WHOLE(seam_params, batch), WHOLE(seam_params, in_flight), WHOLE(seam_params, blend),
    WHOLE(seam_params, edge), WHOLE(seam_params, alpha), WHOLE(seam_params, luma),
    WHOLE(seam_params, order), REAL(seam_params, range_lo), REAL(seam_params, range_hi),
    REAL(seam_params, strength), WHOLE(seam_params, out_sample), WHOLE(seam_params, memory),
    WHOLE(seam_params, device_memory),
};

/* By the plan, and by whoever looks at the settings before one is made. */
static void test_params(void)
{
    VipsImage *in = NULL;
    g_assert_cmpint(vips_black(&in, 40, 30, "bands", 3, NULL), ==, 0);
    for (size_t i = 0; i < G_N_ELEMENTS(of_params); i++)
        for (size_t v = 0; v < values(&of_params[i]); v++) {
            const struct member *m = &of_params[i];
            struct request q = request_plain(40, 30);
            struct seam_vips_params image;
            struct seam_job_params task;
            struct seam_job *job = NULL;
            struct seam_plan plan;
            struct seam_log log, checked;
            set(&q.params, m, v);
            seam_log_init(&log);
            seam_log_init(&checked);
            const enum seam_result r = request_make(&q, &plan, &log);
            judge(r, &log, m, v);
            if (r == SEAM_OK && seam_plan_check(&plan, &q.facts, &checked) != SEAM_OK)
                g_error("%s, value %zu: %s", m->name, v, checked.error);
            seam_vips_params_init(&image);
            set(&image.params, m, v);
            seam_log_init(&log);
            judge(seam_vips_plan(model, in, &plan, &image, &log), &log, m, v);
            seam_job_params_init(&task);
            task.params = &q.params;
            seam_log_init(&log);
            judge(seam_job_open(&job, model, "in.png", "out.png", &task, &log), &log, m, v);
            seam_job_close(&job);
        }
    g_object_unref(in);
}

static void test_picture(void)
{
    static const struct member members[] = {
        WHOLE(seam_picture, width), WHOLE(seam_picture, height), WHOLE(seam_picture, bands),
        WHOLE(seam_picture, sample), WHOLE(seam_picture, transfer),
    };
    for (size_t i = 0; i < G_N_ELEMENTS(members); i++)
        for (size_t v = 0; v < values(&members[i]); v++) {
            struct request q = request_plain(40, 30);
            struct seam_plan plan;
            struct seam_picture result;
            struct seam_log log;
            set(&q.picture, &members[i], v);
            seam_log_init(&log);
            judge(request_make(&q, &plan, &log), &log, &members[i], v);
            seam_log_init(&log);
            judge(seam_restored(&result, &q.picture, &q.facts, &q.params, &log), &log, &members[i],
                  v);
        }
}

static void test_job(void)
{
    static const struct member of_job[] = {
        WHOLE(seam_job_params, passes), WHOLE(seam_job_params, transfer),
        WHOLE(seam_job_params, page), WHOLE(seam_job_params, threads),
        WHOLE(seam_job_params, colour), WHOLE(seam_job_params, preview),
    };
    static const struct member of_size[] = {
        WHOLE(seam_size, width), WHOLE(seam_size, height), WHOLE(seam_size, fit),
        REAL(seam_size, scale), REAL(seam_size, megapixels), REAL(seam_size, print_width),
        REAL(seam_size, print_height), REAL(seam_size, dpi), WHOLE(seam_size, most_side),
    };
    static const struct member of_region[] = {
        WHOLE(seam_region, left), WHOLE(seam_region, top), WHOLE(seam_region, width),
        WHOLE(seam_region, height),
    };
    static const struct {
        const struct member *member;
        size_t count;
    } kinds[] = { { of_job, G_N_ELEMENTS(of_job) }, { of_size, G_N_ELEMENTS(of_size) },
                  { of_region, G_N_ELEMENTS(of_region) } };
    for (size_t k = 0; k < G_N_ELEMENTS(kinds); k++)
        for (size_t i = 0; i < kinds[k].count; i++)
            for (size_t v = 0; v < values(&kinds[k].member[i]); v++) {
                struct seam_size size = { .width = 20, .fit = SEAM_FIT_INSIDE };
                struct seam_region region = { 0, 0, 8, 8 };
                struct seam_job_params p;
                struct seam_job *job = NULL;
                struct seam_log log;
                void *const objects[] = { &p, &size, &region };
                seam_job_params_init(&p);
                p.size = k == 1 ? &size : NULL;
                p.region = k == 2 ? &region : NULL;
                set(objects[k], &kinds[k].member[i], v);
                seam_log_init(&log);
                const enum seam_result r =
                    seam_job_open(&job, model, "in.png", "out.png", &p, &log);
                judge(r, &log, &kinds[k].member[i], v);
                g_assert_cmpint(r == SEAM_OK, ==, job != NULL);
                seam_job_close(&job);
            }
}

static void test_models(void)
{
    static const struct member members[] = {
        WHOLE(seam_model_params, engine), WHOLE(seam_model_params, threads),
        WHOLE(seam_model_params, input_count), WHOLE(seam_model_params, alignment),
        WHOLE(seam_model_params, layout), WHOLE(seam_model_params, scale),
        WHOLE(seam_model_params, ensemble), WHOLE(seam_model_params, precision),
        REAL(seam_model_params, pixels), REAL(seam_model_params, stronger),
    };
    for (size_t i = 0; i < G_N_ELEMENTS(members); i++)
        for (size_t v = 0; v < values(&members[i]); v++) {
            struct seam_model_params p;
            struct seam_model *m = NULL;
            struct seam_log log;
            seam_model_params_init(&p);
            set(&p, &members[i], v);
            seam_log_init(&log);
            const enum seam_result r = seam_model_open(&m, "null", &p, &log);
            /* An engine may be missing, or have no device. */
            if (r != SEAM_ERROR_ENGINE && r != SEAM_ERROR_MODEL)
                judge(r, &log, &members[i], v);
            g_assert_cmpint(r == SEAM_OK, ==, m != NULL);
            seam_model_close(&m);
        }
}

int main(int argc, char **argv)
{
    struct seam_log log;
    g_test_init(&argc, &argv, NULL);
    if (VIPS_INIT(argv[0]))
        return 1;
    seam_log_init(&log);
    if (seam_model_open(&model, "null", NULL, &log) != SEAM_OK)
        return 1;
    g_test_add_func("/sweep/params", test_params);
    g_test_add_func("/sweep/picture", test_picture);
    g_test_add_func("/sweep/job", test_job);
    g_test_add_func("/sweep/models", test_models);
    const int code = g_test_run();
    seam_model_close(&model);
    vips_shutdown();
    return code;
}
