/* Networks that need no engine, for tests and for measuring everything else: identity at scale 1, 2
 * or 4. A colon and words with commas between make one misbehave: `null:slow=5` (milliseconds per
 * run), `null:fail=3` (the third run fails), `null2x:nan=2` (the second run gives NaN),
 * `null:wrong=2` (the second run gives the negative), `null:most=9000` (a run on more pixels than
 * that does not fit in memory). `null:async=20` runs beside its caller, three runs in flight, each
 * 20 milliseconds after the one before, and `device=100000` gives it so many bytes of its own to
 * keep their tensors in. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/engine.h"
#include "base/assert.h"
#include "base/common.h"
#include "base/log.h"
#include "engine/null/queue.h"

#define RUNS_IN_FLIGHT 3

/* What words ask for; 0 where they do not. */
struct null_engine {
    int64_t scale;
    long slow, fail, nan, wrong, most, device;
    long async; /* milliseconds; -1: it is not */
};

struct null_session {
    const struct null_engine *engine;
    long runs;
    struct seam_null_queue *queue; /* NULL before the first run in flight */
};

static const char *const null_names[] = { "null", "null2x", "null4x" };

/* "WORD=NUMBER", up to a comma or the end. */
static bool null_word(struct null_engine *e, const char *word)
{
    const struct {
        const char *name;
        long *value;
        long least;
    } words[] = {
        { "slow=", &e->slow, 1 },   { "fail=", &e->fail, 1 },     { "nan=", &e->nan, 1 },
        { "wrong=", &e->wrong, 1 }, { "most=", &e->most, 1 },     { "async=", &e->async, 0 },
        { "device=", &e->device, 1 },
    };
    for (size_t i = 0; i < SEAM_ARRAY_LEN(words); i++) {
        const size_t length = strlen(words[i].name);
        if (strncmp(word, words[i].name, length) == 0) {
            *words[i].value = strtol(word + length, NULL, 10);
            return *words[i].value >= words[i].least;
        }
    }
    return false;
}

static bool null_parse(struct null_engine *e, const char *name)
{
    size_t length = strcspn(name, ":");
    *e = (struct null_engine){ .async = -1 };
    for (int i = 0; i < 3; i++)
        if (strlen(null_names[i]) == length && strncmp(name, null_names[i], length) == 0)
            e->scale = 1 << i;
    bool ok = e->scale != 0;
    for (const char *word = name + length; ok && *word; word += strcspn(word, ","))
        ok = null_word(e, ++word);
    return ok;
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
    facts->name[strcspn(facts->name, ":")] = '\0'; /* what follows changes no pixel */
    facts->channels_in = facts->channels_out = 3;
    facts->batches = true;
    facts->field_known = true;
    facts->exact = SEAM_EXACT_BITS;
    if (e->async >= 0) {
        strcpy(facts->device.name, "null");
        facts->device.in_flight = RUNS_IN_FLIGHT;
        facts->device.memory = (uint64_t)e->device;
        facts->device.bytes_per_pixel =
            (double)(3 * sizeof(float)) * (double)(1 + e->scale * e->scale);
    }
    *engine = e;
    return SEAM_OK;
}

static enum seam_result null_begin(void **session, void *engine, int threads, struct seam_log *log)
{
    (void)threads;
    struct null_session *s = calloc(1, sizeof(*s));
    if (!s)
        return seam_log_fail(log, SEAM_ERROR_MEMORY, "no memory for a session of the engine null");
    s->engine = engine;
    *session = s;
    return SEAM_OK;
}

static void null_end(void *session)
{
    struct null_session *s = session;
    seam_null_queue_close(&s->queue);
    free(s);
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
    seam_assert(io->out_width == io->width * e->scale && io->out_height == io->height * e->scale,
                "there is room for the result");
    s->runs++;
    if (e->slow)
        seam_null_sleep(e->slow);
    if (s->runs == e->fail)
        return seam_log_fail(log, SEAM_ERROR_ENGINE, "null: run %ld fails, as asked for", s->runs);
    if (e->most && null_planes(io) / 3 * io->width * io->height > e->most)
        return seam_log_fail(log, SEAM_ERROR_MEMORY, "null: no memory for %lld x %lld pixels",
                             (long long)io->width, (long long)io->height);
    io->result = e->scale == 1 ? io->input : io->output;
    if (e->scale != 1)
        null_enlarge(io, e->scale);
    if (s->runs == e->nan || s->runs == e->wrong) {
        for (int64_t i = 0; i < null_planes(io) * io->out_width * io->out_height; i++)
            io->output[i] = s->runs == e->nan ? NAN : 1 - io->result[i];
        io->result = io->output;
    }
    return SEAM_OK;
}

static enum seam_result null_submit(void *session, struct seam_engine_io *io, struct seam_log *log)
{
    struct null_session *s = session;
    if (!s->queue)
        s->queue = seam_null_queue_open(null_run, s, s->engine->async);
    if (!s->queue)
        return seam_log_fail(log, SEAM_ERROR_MEMORY, "no memory for the queue of the engine null");
    seam_null_queue_submit(s->queue, io);
    return SEAM_OK;
}

static enum seam_result null_wait(void *session, struct seam_engine_io *io, struct seam_log *log)
{
    struct null_session *s = session;
    return seam_null_queue_wait(s->queue, io, log);
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
    .submit = null_submit,
    .wait = null_wait,
};
