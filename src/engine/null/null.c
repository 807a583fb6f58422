/* Networks that need no engine, for tests and for measuring everything else: identity at scale 1, 2
 * or 4. A colon and a word make one misbehave: `null:slow=5` (milliseconds per run), `null:fail=3`
 * (the third run fails), `null2x:nan=2` (the second run gives NaN), `null:wrong=2` (the second run
 * gives the negative), `null:most=9000` (a run on more pixels than that does not fit in memory). */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/engine.h"
#include "base/log.h"

enum fault { FAULT_NONE, FAULT_SLOW, FAULT_FAIL, FAULT_NAN, FAULT_WRONG, FAULT_MOST };

struct null_engine {
    int64_t scale;
    enum fault fault;
    long value; /* milliseconds, which run, or pixels */
};

struct null_session {
    const struct null_engine *engine;
    long runs;
};

static const char *const null_names[] = { "null", "null2x", "null4x" };

static bool null_parse(struct null_engine *e, const char *name)
{
    size_t length = strcspn(name, ":");
    *e = (struct null_engine){ 0 };
    for (int i = 0; i < 3; i++)
        if (strlen(null_names[i]) == length && strncmp(name, null_names[i], length) == 0)
            e->scale = 1 << i;
    if (e->scale == 0 || name[length] == '\0')
        return e->scale != 0;
    static const char *const faults[] = { "slow=", "fail=", "nan=", "wrong=", "most=" };
    for (int i = 0; i < 5; i++)
        if (strncmp(name + length + 1, faults[i], strlen(faults[i])) == 0) {
            e->fault = (enum fault)(i + 1);
            e->value = strtol(name + length + 1 + strlen(faults[i]), NULL, 10);
        }
    return e->value > 0;
}

static bool null_takes(const char *name)
{
    struct null_engine e;
    return null_parse(&e, name);
}

static enum seam_result null_open(void **engine, const struct seam_network *network,
                                  const struct seam_model_params *params, struct seam_facts *facts,
                                  struct seam_log *log)
{
    const char *name = network->name;
    if (params->input_count > 0)
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT, "%s has no input called '%s'", name,
                             params->inputs[0].name);
    if (params->output)
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT, "%s has no output called '%s'", name,
                             params->output);
    struct null_engine *e = malloc(sizeof(*e));
    if (!e)
        return seam_log_fail(log, SEAM_ERROR_MEMORY, "no memory for the engine null");
    null_parse(e, name);
    strcpy(facts->engine, "null");
    facts->channels_in = facts->channels_out = 3;
    facts->batches = true;
    facts->field_known = true;
    facts->exact = SEAM_EXACT_BITS;
    *engine = e;
    return SEAM_OK;
}

static enum seam_result null_begin(void **session, void *engine, struct seam_log *log)
{
    struct null_session *s = calloc(1, sizeof(*s));
    if (!s)
        return seam_log_fail(log, SEAM_ERROR_MEMORY, "no memory for a session of the engine null");
    s->engine = engine;
    *session = s;
    return SEAM_OK;
}

static void null_end(void *session)
{
    free(session);
}

static enum seam_result null_try_size(void *session, struct seam_engine_trial *trial,
                                      struct seam_log *log)
{
    (void)log;
    const struct null_engine *e = ((const struct null_session *)session)->engine;
    trial->out_width = trial->width * e->scale;
    trial->out_height = trial->height * e->scale;
    trial->channels_out = 3;
    return SEAM_OK;
}

static void null_sleep(long milliseconds)
{
    struct timespec t = { milliseconds / 1000, milliseconds % 1000 * 1000000 };
    while (nanosleep(&t, &t) != 0)
        continue;
}

/* Planes of all pictures of a run. */
static int64_t null_planes(const struct seam_engine_io *io)
{
    return 3 * (io->batch > 1 ? io->batch : 1);
}

/* Every pixel becomes scale x scale pixels. */
static void null_enlarge(const struct seam_engine_io *io, int64_t scale)
{
    float *dst = io->output;
    for (int64_t c = 0; c < null_planes(io); c++)
        for (int64_t y = 0; y < io->out_height; y++) {
            const float *src = io->input + (c * io->height + y / scale) * io->width;
            for (int64_t x = 0; x < io->width; x++)
                for (int64_t k = 0; k < scale; k++)
                    *dst++ = src[x];
        }
}

static enum seam_result null_run(void *session, struct seam_engine_io *io, struct seam_log *log)
{
    struct null_session *s = session;
    const struct null_engine *e = s->engine;
    s->runs++;
    if (e->fault == FAULT_SLOW)
        null_sleep(e->value);
    if (e->fault == FAULT_FAIL && s->runs == e->value)
        return seam_log_fail(log, SEAM_ERROR_ENGINE, "null: run %ld fails, as asked for", s->runs);
    if (e->fault == FAULT_MOST && null_planes(io) / 3 * io->width * io->height > e->value)
        return seam_log_fail(log, SEAM_ERROR_MEMORY, "null: no memory for %lld x %lld pixels",
                             (long long)io->width, (long long)io->height);
    io->result = e->scale == 1 ? io->input : io->output;
    if (e->scale != 1)
        null_enlarge(io, e->scale);
    if ((e->fault == FAULT_NAN || e->fault == FAULT_WRONG) && s->runs == e->value) {
        for (int64_t i = 0; i < null_planes(io) * io->out_width * io->out_height; i++)
            io->output[i] = e->fault == FAULT_NAN ? NAN : 1 - io->result[i];
        io->result = io->output;
    }
    return SEAM_OK;
}

static void null_close(void *engine)
{
    free(engine);
}

const struct seam_engine_ops seam_engine_null = {
    .name = "null",
    .takes = null_takes,
    .open = null_open,
    .close = null_close,
    .begin = null_begin,
    .end = null_end,
    .try_size = null_try_size,
    .run = null_run,
};
