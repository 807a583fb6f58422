/* The stream: checks everything once, opens the parts, runs the loop. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "base/assert.h"
#include "base/common.h"
#include "stream/executor.h"
#include "base/log.h"
#include "base/text.h"
#include "plan/plan.h"
#include "tile/samples.h"

/* Farther no picture begins in another: places can be counted in pixels of any result. */
#define MOST_ORIGIN (INT64_C(1) << 40)

struct seam_stream {
    struct seam_plan plan;
    struct seam_session *session;
    const struct seam_executor_ops *ops;
    void *executor;
    struct seam_source source;
    bool not_finite; /* the source gave such samples */
    struct seam_log *log;
    int64_t left, top;       /* where messages see the picture's first pixel */
    int64_t next, end;       /* rows still to be read */
    enum seam_result failed; /* the first failure, returned ever after */
};

const char *seam_version(void)
{
    return SEAMLESS_VERSION;
}

void seam_stream_params_init(struct seam_stream_params *params)
{
    *params = (struct seam_stream_params){ 0 };
}

enum seam_result seam_stream_check_threads(int threads, struct seam_log *log)
{
    if (threads >= 0 && threads <= SEAM_MOST_THREADS)
        return SEAM_OK;
    return seam_log_fail(log, SEAM_ERROR_ARGUMENT,
                         "threads is %d: it must be 1 to %d, or 0, one per CPU", threads,
                         SEAM_MOST_THREADS);
}

static enum seam_result stream_check(const struct seam_model *model, const struct seam_plan *plan,
                                     const struct seam_source *source,
                                     const struct seam_stream_params *params, struct seam_log *log)
{
    struct seam_facts facts;
    seam_model_describe(model, &facts);
    const enum seam_result r = seam_plan_check(plan, &facts, log);
    if (r != SEAM_OK)
        return r;
    if (params && (params->first_row < 0 || params->first_row >= plan->y.out_size))
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT,
                             "a stream cannot begin at row %" PRId64 " of %" PRId64,
                             params->first_row, plan->y.out_size);
    if (params && (params->row_count < 0 ||
                   params->row_count > plan->y.out_size - params->first_row))
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT,
                             "a stream cannot have %" PRId64 " rows from row %" PRId64
                             " of %" PRId64 " on",
                             params->row_count, params->first_row, plan->y.out_size);
    if (params && (params->left < 0 || params->top < 0 || params->left > MOST_ORIGIN ||
                   params->top > MOST_ORIGIN))
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT,
                             "no picture begins at %" PRId64 ",%" PRId64 " of another",
                             params->left, params->top);
    if (params && seam_stream_check_threads(params->threads, log) != SEAM_OK)
        return SEAM_ERROR_ARGUMENT;
    if (!source->read)
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT, "the source has no read function");
    return SEAM_OK;
}

static enum seam_result stream_executor(struct seam_stream *s, struct seam_executor_params *parts)
{
    if (s->plan.rows) {
        s->ops = &seam_executor_rows;
        const enum seam_result r = s->ops->open(&s->executor, parts);
        if (r != SEAM_ERROR_MEMORY)
            return r;
        if (!seam_plan_rows_in_tiles(&s->plan, &parts->facts))
            return seam_log_fail(s->log, r,
                                 "the rows of a picture %" PRId64 " pixels wide take more than "
                                 "the budget of %s, and so does a tile of %" PRId64 " x %" PRId64
                                 ": use --memory %s or more, and see that so much is free",
                                 s->plan.x.size, seam_text_bytes(s->plan.budget_bytes).s,
                                 s->plan.x.tile, s->plan.y.tile,
                                 seam_text_budget(s->plan.peak_bytes).s);
        seam_notice(s->log,
                    "no memory for the rows of a picture %" PRId64 " pixels wide: going on by "
                    "tiles of %" PRId64 " x %" PRId64,
                    s->plan.x.size, s->plan.x.tile, s->plan.y.tile);
    }
    s->ops = s->plan.passes > 1 ? &seam_executor_passes : &seam_executor_tiles;
    return s->ops->open(&s->executor, parts);
}

struct seam_origin seam_executor_origin(const struct seam_executor_params *params)
{
    const struct seam_plan *plan = params->plan;
    return (struct seam_origin){ params->callbacks.left * plan->scale_num / plan->scale_den,
                                 params->callbacks.top * plan->scale_num / plan->scale_den };
}

enum seam_result seam_executor_not_finite(struct seam_log *log, struct seam_origin origin,
                                          int64_t x, int64_t y)
{
    return seam_log_fail(log, SEAM_ERROR_NOT_FINITE,
                         "the network put out NaN or infinity at %" PRId64 ",%" PRId64
                         " of the result, "
                         "though the picture holds neither: give the range it was trained with "
                         "(--range LO..HI), or use a float32 model if this one is float16, or "
                         "--precision float on a device",
                         origin.x + x, origin.y + y);
}

/* One sample of the picture is no number: what would come of it depends on the network's layers,
 * and a black patch may. Where metadata mark samples as missing, this is the place to pass over
 * them. */
static int source_not_finite(struct seam_stream *s, int64_t y, int64_t at, float value)
{
    const struct seam_picture *p = &s->plan.picture;
    const int64_t pixel = at / p->bands;
    s->not_finite = true;
    (void)seam_log_fail(s->log, SEAM_ERROR_NOT_FINITE,
                        "the picture holds %s at %" PRId64 ",%" PRId64 " (band %d): no network can "
                        "restore that; put a number there first, or see --nodata",
                        isnan(value) ? "NaN" : "infinity", s->left + pixel % p->width,
                        s->top + y + pixel / p->width,
                        (int)(at % p->bands));
    return -1;
}

/* The caller's rows, looked at before anything is made of them. */
static int source_read(void *opaque, int64_t y, int64_t rows, void *dst)
{
    struct seam_stream *s = opaque;
    const struct seam_picture *p = &s->plan.picture;
    const int r = s->source.read(s->source.opaque, y, rows, dst);
    if (r != 0 || p->sample != SEAM_SAMPLE_F32)
        return r;
    const int64_t bad = seam_samples_not_finite(dst, rows * p->width * p->bands);
    return bad < 0 ? 0 : source_not_finite(s, y, bad, ((const float *)dst)[bad]);
}

enum seam_result seam_stream_open(struct seam_stream **stream, struct seam_model *model,
                                  const struct seam_plan *plan, const struct seam_source *source,
                                  const struct seam_stream_params *params, struct seam_log *log)
{
    *stream = NULL;
    enum seam_result r = stream_check(model, plan, source, params, log);
    if (r != SEAM_OK)
        return r;
    struct seam_stream *s = calloc(1, sizeof(*s));
    if (!s)
        return seam_log_fail(log, SEAM_ERROR_MEMORY, "no memory for a stream");
    s->plan = *plan;
    s->source = *source;
    s->log = log;
    struct seam_executor_params parts = {
        .plan = &s->plan,
        .source = { .opaque = s, .read = source_read },
        .log = log,
    };
    if (params)
        parts.callbacks = *params;
    s->left = parts.callbacks.left;
    s->top = parts.callbacks.top;
    s->next = parts.callbacks.first_row;
    if (parts.callbacks.row_count == 0)
        parts.callbacks.row_count = plan->y.out_size - s->next;
    s->end = s->next + parts.callbacks.row_count;
    seam_model_describe(model, &parts.facts);
    r = seam_session_open(&s->session, model, parts.callbacks.threads, log);
    parts.session = s->session;
    if (r == SEAM_OK)
        r = stream_executor(s, &parts);
    if (r != SEAM_OK) {
        seam_stream_close(&s);
        return r;
    }
    *stream = s;
    return SEAM_OK;
}

enum seam_result seam_stream_read(struct seam_stream *s, int64_t rows, void *dst, size_t stride)
{
    if (s->failed != SEAM_OK)
        return s->failed;
    if (rows < 0 || rows > s->end - s->next)
        return seam_log_fail(s->log, SEAM_ERROR_ARGUMENT,
                             "%" PRId64 " rows were asked for where %" PRId64 " are left", rows,
                             s->end - s->next);
    if (stride == 0)
        stride = (size_t)s->plan.x.out_size * (size_t)s->plan.out_bands *
                 seam_sample_bytes(s->plan.out_sample);
    unsigned char *at = dst;
    for (int64_t i = 0; i < rows; i++, at += stride) {
        while (s->next >= s->ops->ready(s->executor).end) {
            s->failed = s->ops->advance(s->executor);
            if (s->not_finite)
                s->failed = SEAM_ERROR_NOT_FINITE;
            if (s->failed != SEAM_OK)
                return s->failed;
        }
        seam_assert(s->next >= s->ops->ready(s->executor).begin, "rows are read in order");
        s->ops->copy(s->executor, s->next++, at);
    }
    return SEAM_OK;
}

void seam_stream_plan(const struct seam_stream *s, struct seam_plan *plan)
{
    *plan = s->plan;
}

int64_t seam_stream_ready(const struct seam_stream *s)
{
    const int64_t end = seam_min(s->ops->ready(s->executor).end, s->end);
    return s->failed == SEAM_OK ? seam_max(end - s->next, 0) : 0;
}

void seam_stream_close(struct seam_stream **stream)
{
    struct seam_stream *s = *stream;
    if (!s)
        return;
    if (s->executor)
        s->ops->close(s->executor);
    seam_session_close(&s->session);
    free(s);
    *stream = NULL;
}
