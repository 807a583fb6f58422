/* Every public function, linked and called once, from a program that knows the headers alone.
 * Valid C99 and C++. */
#include <seamless/vips.h>

#include <seamless/job.h>
#include <seamless/seamless.h>

#include <stdio.h>
#include <string.h>

#define SIDE 24

static unsigned char picture[SIDE * SIDE * 3];
static int said;

static int read_rows(void *opaque, int64_t y, int64_t rows, void *dst)
{
    (void)opaque;
    memcpy(dst, picture + y * SIDE * 3, (size_t)(rows * SIDE * 3));
    return 0;
}

static void say(void *opaque, enum seam_log_level level, const char *text)
{
    (void)opaque;
    (void)level;
    said += text[0] != '\0';
}

static int fail(const char *what)
{
    fprintf(stderr, "use_all: %s\n", what);
    return 1;
}

static int use_names(void)
{
    const char *names[] = {
        seam_sample_name(SEAM_SAMPLE_F32),  seam_edge_name(SEAM_EDGE_MODEL),
        seam_blend_name(SEAM_BLEND_LINEAR), seam_alpha_name(SEAM_ALPHA_MODEL),
        seam_luma_name(SEAM_LUMA_STUDIO),   seam_order_name(SEAM_ORDER_BGR),
        seam_transfer_name(SEAM_TRANSFER_SRGB), seam_exact_name(SEAM_EXACT_BITS),
        seam_result_name(SEAM_CANCELLED),   seam_halo_reason_name(SEAM_HALO_REACH),
        seam_engine_name(SEAM_ENGINE_NATIVE), seam_device_kind_name(SEAM_DEVICE_CPU),
        seam_precision_name(SEAM_PRECISION_HALF),
    };
    const char *wanted[] = { "float", "model", "linear", "model", "studio", "bgr", "srgb", "bits",
                             "cancelled", "reach", "native", "cpu", "half" };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (!names[i] || strcmp(names[i], wanted[i]) != 0)
            return fail(wanted[i]);
    /* Linked, and not run: it would load a driver. */
    struct seam_device device;
    if (seam_version()[0] == '\0' && seam_device_list(&device, 1, NULL) < 0)
        return fail("devices");
    char version[32];
    sprintf(version, "%d.%d.%d", SEAM_VERSION_MAJOR, SEAM_VERSION_MINOR, SEAM_VERSION_PATCH);
    if (strcmp(version, seam_version()) != 0)
        return fail("the header and the library are of different versions");
    const char *purpose = NULL;
    for (size_t i = 0; seam_builtin_name(i, &purpose); i++)
        if (!purpose || seam_builtin_bytes(i) == 0)
            return fail("a built-in network without purpose or size");
    return 0;
}

/* The restored picture must be the picture: the network does nothing. */
static int use_stream(struct seam_model *model, struct seam_log *log)
{
    struct seam_params params;
    struct seam_machine machine;
    struct seam_facts facts;
    struct seam_plan plan;
    struct seam_picture in;
    memset(&in, 0, sizeof(in));
    in.width = in.height = SIDE;
    in.bands = 3;
    seam_params_init(&params);
    seam_machine_measure(&machine);
    seam_model_describe(model, &facts);
    struct seam_measure_params measure;
    seam_measure_params_init(&measure);
    measure.cache = "";
    seam_model_measure(model, &measure, log);
    if (facts.unbounded_nodes > 0)
        puts(seam_model_unbounded(model, 0).why);
    struct seam_port port;
    if (seam_model_port(model, false, 0, &port))
        return fail("a network that has no file declares an input");
    struct seam_reach reach;
    if (seam_model_reach(model, &in, picture, &params, 0, &reach, log) != SEAM_OK)
        return fail(log->error);
    if (reach.largest != 0 || !reach.complete)
        return fail("a network that does nothing sees farther than its pixel");
    if (seam_plan_make(&plan, &in, &facts, &params, &machine, log) != SEAM_OK)
        return fail(log->error);
    char text[4000];
    if (seam_plan_check(&plan, &facts, log) != SEAM_OK ||
        seam_plan_identity(&plan, text, sizeof(text)) != strlen(text))
        return fail("the plan is not sound, or has no identity");
    if (seam_plan_print(&plan, text, sizeof(text)) != strlen(text))
        return fail("the plan is not printed whole");

    struct seam_source source = { NULL, read_rows, NULL };
    struct seam_stream_params callbacks;
    struct seam_stream *stream = NULL;
    unsigned char out[SIDE * SIDE * 3];
    seam_stream_params_init(&callbacks);
    if (seam_stream_open(&stream, model, &plan, &source, &callbacks, log) != SEAM_OK)
        return fail(log->error);
    if (seam_stream_read(stream, SIDE, out, 0) != SEAM_OK)
        return fail(log->error);
    seam_stream_plan(stream, &plan);
    if (seam_stream_ready(stream) != 0)
        return fail("rows are ready beyond the last");
    seam_stream_close(&stream);
    struct seam_picture result;
    if (memcmp(out, picture, sizeof(out)) != 0 ||
        seam_restored(&result, &in, &facts, NULL, log) != SEAM_OK || result.width != SIDE)
        return fail("rows are changed, or would be");
    memset(out, 0, sizeof(out));
    if (seam_restore(model, &in, picture, out, NULL, log) != SEAM_OK)
        return fail(log->error);
    return memcmp(out, picture, sizeof(out)) == 0 ? 0 : fail("rows are changed");
}

static int use_journal(struct seam_log *log)
{
    static const char path[] = "use_all.journal";
    struct seam_journal *journal = NULL;
    if (seam_journal_open(&journal, path, log) != SEAM_OK)
        return fail(log->error);
    if (seam_journal_rows(journal) != 0)
        return fail("a new journal has rows");
    seam_journal_close(&journal);
    if (seam_journal_open(&journal, path, log) != SEAM_OK)
        return fail(log->error);
    seam_journal_remove(&journal);
    return remove(path) == 0 ? fail("the journal was not removed") : 0;
}

static int use_vips(struct seam_model *model, struct seam_log *log)
{
    struct seam_vips_params params;
    seam_vips_params_init(&params);
    VipsImage *in = vips_image_new_from_memory(picture, sizeof(picture), SIDE, SIDE, 3,
                                               VIPS_FORMAT_UCHAR);
    VipsImage *out = NULL;
    struct seam_plan plan;
    if (!in || seam_vips_plan(model, in, &plan, &params, log) != SEAM_OK ||
        seam_vips_restore(model, in, &out, NULL, &params, log) != SEAM_OK)
        return fail(log->error);
    size_t size = 0;
    void *data = vips_image_write_to_memory(out, &size);
    const int same = data && size == sizeof(picture) && memcmp(data, picture, size) == 0;
    g_free(data);
    g_object_unref(out);
    g_object_unref(in);
    return same ? 0 : fail("the image is changed");
}

static const char *const inputs[] = { "use_all.v", NULL };

/* A file, by a job and by a batch; then one that was cancelled before it began. */
static int use_jobs(struct seam_model *model, struct seam_log *log)
{
    struct seam_job_params params;
    struct seam_batch_params pairs;
    struct seam_batch *batch = NULL;
    struct seam_job *job = NULL;
    VipsImage *in = vips_image_new_from_memory(picture, sizeof(picture), SIDE, SIDE, 3,
                                               VIPS_FORMAT_UCHAR);
    if (!in || vips_image_write_to_file(in, "use_all.v", NULL))
        return fail("no picture is written");
    g_object_unref(in);
    seam_job_params_init(&params);
    seam_batch_params_init(&pairs);
    pairs.inputs = inputs;
    pairs.output = "use_all.png";
    if (seam_batch_open(&batch, &pairs, log) != SEAM_OK || seam_batch_count(batch) != 1 ||
        seam_batch_is_several(batch) || seam_batch_run(batch, model, &params, log) != SEAM_OK)
        return fail(log->error);
    seam_batch_close(&batch);
    if (seam_job_open(&job, model, "use_all.v", "use_all.png", &params, log) != SEAM_OK ||
        seam_job_run(job) != SEAM_OK)
        return fail(log->error);
    const struct seam_job_report *report = seam_job_get_report(job);
    if (strcmp(seam_job_status_name(report->status), "restored") != 0 || report->tiles != 1)
        return fail("a job whose report is wrong");
    FILE *to = tmpfile();
    if (to)
        seam_job_print_json(report, to);
    if (!to || ftell(to) < 100 || fclose(to) != 0)
        return fail("the report is not printed");
    seam_job_close(&job);
    if (seam_job_open(&job, model, "use_all.v", "use_all.png", NULL, log) != SEAM_OK)
        return fail(log->error);
    seam_job_cancel(job);
    if (seam_job_run(job) != SEAM_CANCELLED ||
        seam_job_get_report(job)->status != SEAM_JOB_CANCELLED)
        return fail("a job that was cancelled went on");
    seam_job_close(&job);
    return remove("use_all.v") || remove("use_all.png") ? fail("files are missing") : 0;
}

int main(int argc, char **argv)
{
    (void)argc;
    for (int i = 0; i < SIDE * SIDE * 3; i++)
        picture[i] = (unsigned char)(i * 11);
    struct seam_log log;
    seam_log_init(&log);
    log.message = say;
    struct seam_model_params params;
    struct seam_model *model = NULL;
    seam_model_params_init(&params);
    if (seam_model_open(&model, "/no/such/model.onnx", &params, &log) == SEAM_OK || !log.error[0] ||
        said == 0)
        return fail("a model that is not there");
    seam_log_clear(&log);
    if (seam_model_open_memory(&model, picture, sizeof(picture), "no network", &params, &log) ==
        SEAM_OK)
        return fail("a network that is none");
    seam_log_clear(&log);
    if (seam_model_open(&model, "null", &params, &log) != SEAM_OK)
        return fail(log.error);
    int failed = VIPS_INIT(argv[0]) || use_names() || use_stream(model, &log) ||
                 use_vips(model, &log) || use_journal(&log) || use_jobs(model, &log);
    seam_model_close(&model);
    vips_shutdown();
    return failed;
}
