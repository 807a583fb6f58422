/* A program as somebody built it against the headers in 1/, which stay as they are: whatever the
 * library's structs have become since, it runs, and nothing behind its own is written. */
#include <seamless/seamless.h>
#include <seamless/job.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SIDE 40
#define GUARD 0x5a

/* A struct of the program and what lies behind it. */
#define GUARDED(type, name)                                                                        \
    static struct {                                                                                \
        type it;                                                                                   \
        unsigned char behind[512];                                                                 \
    } name

GUARDED(struct seam_log, logs);
GUARDED(struct seam_model_params, model_params);
GUARDED(struct seam_facts, facts);
GUARDED(struct seam_port, port);
GUARDED(struct seam_measure_params, measure_params);
GUARDED(struct seam_params, params);
GUARDED(struct seam_machine, machine);
GUARDED(struct seam_plan, plan);
GUARDED(struct seam_reach, reach);
GUARDED(struct seam_stream_params, stream_params);
GUARDED(struct seam_job_params, job_params);
GUARDED(struct seam_batch_params, batch_params);

#define EACH(f)                                                                                    \
    f(logs) f(model_params) f(facts) f(port) f(measure_params) f(params) f(machine) f(plan)        \
    f(reach) f(stream_params) f(job_params) f(batch_params)

static unsigned char picture[SIDE * SIDE * 3], result[SIDE * SIDE * 3];
static int64_t rows_read;
static bool rewound;

static void check(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "%s: %s\n", what, logs.it.error);
    exit(1);
}

static void guard(unsigned char *behind)
{
    memset(behind, GUARD, 512);
}

static void check_guard(const unsigned char *behind, const char *name)
{
    for (int i = 0; i < 512; i++)
        check(behind[i] == GUARD, name);
}

static int read_rows(void *opaque, int64_t y, int64_t rows, void *dst)
{
    (void)opaque;
    memcpy(dst, picture + y * SIDE * 3, (size_t)(rows * SIDE * 3));
    rows_read += rows;
    return 0;
}

static int rewind_rows(void *opaque)
{
    (void)opaque;
    rewound = true;
    return 0;
}

static bool progress(void *opaque, const struct seam_progress *p)
{
    *(int64_t *)opaque = p->tiles_done;
    return p->plan->picture.width == SIDE;
}

static void settings(void)
{
    seam_log_init(&logs.it);
    seam_model_params_init(&model_params.it);
    seam_measure_params_init(&measure_params.it);
    seam_params_init(&params.it);
    seam_stream_params_init(&stream_params.it);
    seam_job_params_init(&job_params.it);
    seam_batch_params_init(&batch_params.it);
    seam_machine_measure(&machine.it);
    check(params.it.strength == 1 && params.it.tile_width == SEAM_AUTO, "defaults of a plan");
    check(params.it.in_flight == SEAM_AUTO && params.it.device_memory == 0, "its last members");
    check(machine.it.pool > 0 && machine.it.cpus > 0, "the machine");
    check(job_params.it.transfer == SEAM_AUTO && !job_params.it.opaque, "defaults of a job");
    check(logs.it.level == SEAM_LOG_NOTICE && !logs.it.error[0], "a log");
}

static void stream(struct seam_model *model)
{
    const struct seam_picture p = { SIDE, SIDE, 3, false, false, SEAM_SAMPLE_U8,
                                    SEAM_TRANSFER_NONE };
    const struct seam_source source = { NULL, read_rows, rewind_rows };
    struct seam_stream *s = NULL;
    int64_t tiles = 0;
    char text[2048];
    params.it.tile_width = params.it.tile_height = 16;
    stream_params.it.progress = progress;
    stream_params.it.opaque = &tiles;
    check(seam_plan_make(&plan.it, &p, &facts.it, &params.it, &machine.it, &logs.it) == SEAM_OK &&
              seam_plan_check(&plan.it, &facts.it, &logs.it) == SEAM_OK,
          "a plan");
    check(plan.it.x.tiles == 3 && plan.it.passes == 1 && plan.it.out_bands == 3, "what is in it");
    check(seam_plan_print(&plan.it, text, sizeof(text)) > 0 && strstr(text, "40 x 40"), "its text");
    check(seam_plan_identity(&plan.it, text, sizeof(text)) > 0 && strstr(text, "40 x 40"),
          "its identity");
    check(seam_stream_open(&s, model, &plan.it, &source, &stream_params.it, &logs.it) == SEAM_OK &&
              seam_stream_read(s, SIDE, result, 0) == SEAM_OK,
          "a stream");
    seam_stream_plan(s, &plan.it);
    seam_stream_close(&s);
    check(rows_read == SIDE && tiles == 9 && memcmp(picture, result, sizeof(result)) == 0,
          "what came of it");
    memset(result, 0, sizeof(result));
    check(seam_restore(model, &p, picture, result, &params.it, &logs.it) == SEAM_OK &&
              memcmp(picture, result, sizeof(result)) == 0,
          "from memory to memory");
    check(seam_model_reach(model, &p, picture, &params.it, SEAM_REACH_TOLERANCE, &reach.it,
                           &logs.it) == SEAM_OK && reach.it.largest == 0,
          "a reach");
}

int main(void)
{
    struct seam_model *model = NULL;
    struct seam_job *job = NULL;
    for (size_t i = 0; i < sizeof(picture); i++)
        picture[i] = (unsigned char)(i * 7 % 251);
#define SET(name) guard(name.behind);
    EACH(SET)
    settings();
    measure_params.it.cache = "";
    model_params.it.threads = 1;
    check(seam_model_open(&model, "null", &model_params.it, &logs.it) == SEAM_OK, "a model");
    seam_model_measure(model, &measure_params.it, &logs.it);
    seam_model_describe(model, &facts.it);
    check(facts.it.channels_in == 3 && facts.it.scale_num == 1 && facts.it.field_known &&
              facts.it.exact == SEAM_EXACT_BITS && facts.it.range_hi == 1,
          "facts");
    check(!seam_model_port(model, false, 0, &port.it), "an input of a network without a graph");
    stream(model);
    job_params.it.params = &params.it;
    check(seam_job_open(&job, model, "no-such-file.png", "out.png", &job_params.it, &logs.it) ==
              SEAM_OK && job != NULL,
          "a job");
    seam_job_close(&job);
    seam_model_close(&model);
#define CHECK(name) check_guard(name.behind, "written behind " #name);
    EACH(CHECK)
    printf("a program of another day runs with libseamless %s\n", seam_version());
    return 0;
}
