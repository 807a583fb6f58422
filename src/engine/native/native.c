/* The native engine behind the table of engines: a tile is a picture of its own whose origin lies
 * where the tile does, so that every grid falls as in the whole picture. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/common.h"
#include "engine/ends.h"
#include "engine/engine.h"
#include "engine/native/flow.h"
#include "engine/native/native.h"
#include "base/log.h"
#include "field/analysis.h"

/* Enough for a flow to come to its stride. */
#define MOST_ROWS_MEASURED 512

static void native_close(void *engine)
{
    struct native_engine *e = engine;
    if (!e)
        return;
    seam_packed_close(&e->packed);
    free(e);
}

/* What the net tells of itself. */
static void native_facts(const struct native_engine *e, const struct seam_analysis *a,
                         struct seam_facts *facts)
{
    const struct seam_sides *s = &e->packed->reach;
    snprintf(facts->engine, sizeof(facts->engine), "native %s", seam_cpu_name(e->packed->cpu));
    facts->channels_in = (int)a->channels_in;
    facts->fixed_width = a->fixed_width;
    facts->fixed_height = a->fixed_height;
    facts->bits_halo = seam_max(seam_max(s->left, s->right), seam_max(s->top, s->bottom));
}

/* Whether a node that forbids exactness does so no more, as the net sums up the picture there. */
static bool is_summed(const struct seam_net *net, const char *name)
{
    for (int i = 0; i < net->n_ops; i++)
        if (net->ops[i].kind == SEAM_OP_REDUCE && !strcmp(net->ops[i].name, name))
            return true;
    return false;
}

/* What passes over the picture cost, and whether they leave nothing that is not exact. */
static void native_passes(const struct native_engine *e, const struct seam_analysis *a,
                          struct seam_facts *facts)
{
    const struct seam_net *net = e->packed->net;
    for (size_t i = 0; i < a->n_unbounded; i++)
        if (!is_summed(net, a->unbounded[i].name))
            return;
    facts->passes = net->passes;
    facts->pass_work = net->pass_work;
    facts->pass_share = net->pass_share;
    facts->kept_bytes_per_pixel = net->kept_bytes;
    facts->moved_bytes_per_pixel = net->moved_bytes;
}

static enum seam_result native_compile(struct native_engine *e, const struct seam_network *network,
                                       const struct seam_model_params *params,
                                       struct seam_facts *facts, struct seam_log *log)
{
    struct seam_net_obstacle why;
    struct seam_net_params p = {
        .output = params->output,
        .inputs = params->inputs,
        .input_count = params->input_count,
        .lenient = params->lenient,
        .passes = true,
    };
    if (!network->graph || !network->analysis)
        return seam_log_fail(log, SEAM_ERROR_MODEL, "%s", network->unread);
    p.picture = seam_analysis_picture(network->graph, params->picture, params->inputs,
                                      params->input_count);
    enum seam_result r = seam_ends_check(network, params, "native", facts, log);
    if (r != SEAM_OK)
        return r;
    r = seam_packed_compile(&e->packed, network->graph, &p, NULL, &why);
    if (r != SEAM_OK)
        return seam_ends_refuse(&why, r, "native", facts, log);
    native_facts(e, network->analysis, facts);
    native_passes(e, network->analysis, facts);
    if (params->engine == SEAM_ENGINE_AUTO && e->packed->net->passes > 1 &&
        (facts->passes == 1 || facts->pass_work > SEAM_MOST_PASS_WORK)) {
        snprintf(facts->obstacle, sizeof(facts->obstacle),
                 "what %d passes over the picture take: --engine native does them",
                 e->packed->net->passes);
        facts->passes = 1;
        facts->pass_work = facts->pass_share = 1;
        return seam_log_fail(log, SEAM_ERROR_MODEL, "%s: not native because of %s", facts->name,
                             facts->obstacle);
    }
    return SEAM_OK;
}

/* Bytes for each column of the longest row that is kept between passes, on its way. */
static double kept_column(const struct seam_net *net)
{
    double most = 0;
    for (int k = 0; k < net->n_kept; k++) {
        const struct seam_net_tensor *t = &net->tensors[net->kept[k].tensor];
        most = fmax(most, (double)t->channels * (double)t->num[SEAM_COLUMNS] /
                              (double)t->den[SEAM_COLUMNS] * sizeof(float));
    }
    return most;
}

/* Rows cost by the column: a line through two widths. */
static void native_rows(const struct native_session *s, struct seam_facts *facts)
{
    const int64_t a = s->engine->packed->net->alignment;
    const int64_t narrow = seam_align_up(4096, a), wide = 2 * narrow;
    const int64_t height = seam_align_up(4 * MOST_ROWS_MEASURED, a);
    struct seam_rows_size size[2];
    for (int i = 0; i < 2; i++) {
        struct native_tile t = seam_native_tile_of(s, 0, 0, i ? wide : narrow, height);
        t.rows.keeps = true;
        if (seam_native_measure(s, t.rows, &size[i]) != SEAM_OK)
            return;
    }
    const double slope = ((double)size[1].bytes - (double)size[0].bytes) / (double)(wide - narrow);
    /* A network that crops takes nothing below a width: the line may begin below zero. */
    const double rest = fmax((double)size[0].bytes - slope * (double)narrow, 0);
    facts->rows = (struct seam_rows_cost){
        .possible = true,
        /* Rows are rounded up: at some widths more than on the line. */
        .column_bytes = (slope + kept_column(s->engine->packed->net)) * (1 + 1.0 / 64),
        .bytes = (uint64_t)rest + (256 << 10),
        .ahead = size[0].ahead + 4 * a,
        .in_rows = size[0].in_rows,
        .out_rows = size[0].out_rows,
    };
}

static enum seam_result native_begin(void **session, void *engine, int threads,
                                     struct seam_log *log)
{
    struct native_session *s = calloc(1, sizeof(*s));
    const struct native_engine *e = engine;
    if (!s)
        return seam_log_fail(log, SEAM_ERROR_MEMORY, "%s: no memory for a session", e->name);
    s->engine = e;
    s->room = UINT64_MAX;
    s->crew = seam_crew_open(threads, true);
    *session = s;
    return SEAM_OK;
}

static void native_end(void *session)
{
    struct native_session *s = session;
    seam_crew_close(&s->crew);
    free(s);
}

static enum seam_result native_open(void **engine, const struct seam_network *network,
                                    const struct seam_model_params *params,
                                    struct seam_facts *facts, struct seam_log *log)
{
    struct native_engine *e = calloc(1, sizeof(*e));
    struct seam_machine machine = { .cpus = params->threads };
    if (!e)
        return seam_log_fail(log, SEAM_ERROR_MEMORY, "no memory for the engine of %s",
                             network->name);
    snprintf(e->name, sizeof(e->name), "%s", facts->name);
    enum seam_result r = native_compile(e, network, params, facts, log);
    if (r != SEAM_OK) {
        native_close(e);
        return r;
    }
    if (machine.cpus <= 0)
        seam_machine_measure(&machine);
    e->threads = machine.cpus;
    /* What rows take is asked of a session: its threads' scratch counts. */
    void *session = NULL;
    r = native_begin(&session, e, e->threads, log);
    if (r != SEAM_OK) {
        native_close(e);
        return r;
    }
    native_rows(session, facts);
    native_end(session);
    *engine = e;
    return SEAM_OK;
}

static bool is_aligned(const struct native_engine *e, int64_t v)
{
    return v % e->packed->net->alignment == 0;
}

static enum seam_result native_try_size(void *session, struct seam_engine_trial *trial,
                                        struct seam_log *log)
{
    const struct native_session *s = session;
    const struct native_engine *e = s->engine;
    if (!is_aligned(e, trial->width) || !is_aligned(e, trial->height))
        return seam_log_fail(log, SEAM_ERROR_ENGINE,
                             "%s: %" PRId64 " x %" PRId64
                             " pixels: sides must be multiples of %" PRId64,
                             e->name, trial->width, trial->height, e->packed->net->alignment);
    struct native_tile t = seam_native_tile_of(s, 0, 0, trial->width, trial->height);
    const struct seam_span *want = t.rows.want;
    enum seam_result r = SEAM_ERROR_ARGUMENT;
    if (want[0].end > want[0].begin && want[1].end > want[1].begin)
        r = seam_native_run_grey(s, &t, log);
    if (r == SEAM_ERROR_MEMORY)
        return seam_log_fail(log, r, "%s: no memory for a trial run", e->name);
    if (r == SEAM_ERROR_NOT_FINITE)
        return SEAM_ERROR_ENGINE;
    if (r != SEAM_OK)
        return seam_log_fail(log, SEAM_ERROR_ENGINE, "%s: %" PRId64 " x %" PRId64
                             " pixels are too few", e->name, trial->width, trial->height);
    trial->out_width = want[1].end - want[1].begin;
    trial->out_height = want[0].end - want[0].begin;
    trial->channels_out = e->packed->net->result.channels;
    trial->seen = e->packed->net->passes == 1; /* the last of many knows nothing of the others */
    trial->least = t.least;
    trial->most = t.most;
    return SEAM_OK;
}

static void native_limit(void *session, uint64_t budget, uint64_t others)
{
    struct native_session *s = session;
    s->room = budget == 0 ? UINT64_MAX : budget > others ? budget - others : 0;
}

/* Whether the rows of the run fit the limit: what they take is known before any is taken. */
static enum seam_result check_room(const struct native_session *s, const struct native_tile *t,
                                   struct seam_log *log)
{
    struct seam_rows_size size;
    const enum seam_result r = seam_native_measure_tile(s, t, &size);
    if (r == SEAM_OK && size.bytes <= s->room)
        return SEAM_OK;
    t->io->lacked = r == SEAM_OK ? size.bytes - s->room : 0;
    return seam_log_fail(log, r == SEAM_OK ? SEAM_ERROR_MEMORY : r,
                         "%s: the rows of a tile of %" PRId64 " x %" PRId64
                         " take more memory than the budget leaves",
                         s->engine->name, t->io->width, t->io->height);
}

static enum seam_result native_run(void *session, struct seam_engine_io *io, struct seam_log *log)
{
    const struct native_session *s = session;
    struct native_tile t = seam_native_tile_of(s, io->x, io->y, io->width, io->height);
    t.io = io;
    seam_native_set_core(&t, io->core);
    enum seam_result r = check_room(s, &t, log);
    if (r != SEAM_OK)
        return r;
    r = seam_native_run_tile(s, &t, log);
    if (r != SEAM_OK && r != SEAM_ERROR_NOT_FINITE)
        return seam_log_fail(log, r, "%s: no memory for the rows of a tile of %" PRId64 " x %"
                             PRId64, s->engine->name, io->width, io->height);
    io->result = io->output;
    return r;
}

static int native_rows_passes(void *session, size_t *known)
{
    const struct native_session *s = session;
    *known = s->engine->packed->net->n_known;
    return s->engine->packed->net->passes;
}

static enum seam_result native_rows_measure(void *session, const struct seam_rows_params *params,
                                            struct seam_rows_size *size)
{
    return seam_native_measure(session, *params, size);
}

static enum seam_result native_rows_open(void **rows, void *session,
                                         const struct seam_rows_params *params)
{
    const struct seam_flow_params p = seam_native_flow_params(session, params);
    struct seam_flow *flow;
    const enum seam_result r = seam_flow_open(&flow, &p);
    *rows = flow;
    return r;
}

static void native_rows_close(void **rows)
{
    struct seam_flow *flow = *rows;
    seam_flow_close(&flow);
    *rows = NULL;
}

static int native_rows_count_kept(void *session)
{
    return ((struct native_session *)session)->engine->packed->net->n_kept;
}

static enum seam_result native_rows_list_kept(void *session, const struct seam_rows_params *params,
                                              struct seam_rows_kept *list)
{
    const struct seam_flow_params p = seam_native_flow_params(session, params);
    return seam_flow_list_kept(&p, list);
}

static struct seam_span native_rows_kept_taken(const void *rows, int k, struct seam_span *columns)
{
    return seam_flow_kept_taken(rows, k, columns);
}

static struct seam_span native_rows_kept_made(const void *rows, int k, struct seam_span *columns)
{
    return seam_flow_kept_made(rows, k, columns);
}

static void native_rows_kept_put(void *rows, int k, int64_t y, const float *pixels)
{
    seam_flow_kept_put(rows, k, y, pixels);
}

static void native_rows_kept_get(const void *rows, int k, int64_t y, float *pixels)
{
    seam_flow_kept_get(rows, k, y, pixels);
}

static bool native_rows_next(void *rows, struct seam_rows_step *step)
{
    return seam_flow_next(rows, step);
}

static void native_rows_put(void *rows, int64_t y, const float *planes, int64_t stride,
                            int64_t first)
{
    seam_flow_put(rows, y, planes, stride, first);
}

static void native_rows_run(void *rows)
{
    seam_flow_run(rows);
}

static void native_rows_get(const void *rows, int64_t y, struct seam_span columns, float *planes,
                            int64_t stride)
{
    seam_flow_get(rows, y, columns, planes, stride);
}

static enum seam_result native_rows_finish(void *rows, struct seam_log *log)
{
    const char *bad = seam_flow_finish(rows);
    return bad ? seam_log_fail(log, SEAM_ERROR_NOT_FINITE, SEAM_SUM_NOT_FINITE, "the network",
                               bad)
               : SEAM_OK;
}

static struct seam_crew *native_rows_crew(void *session)
{
    return ((struct native_session *)session)->crew;
}

static const struct seam_rows_ops native_rows_ops = {
    .passes = native_rows_passes,
    .measure = native_rows_measure,
    .open = native_rows_open,
    .close = native_rows_close,
    .count_kept = native_rows_count_kept,
    .list_kept = native_rows_list_kept,
    .kept_taken = native_rows_kept_taken,
    .kept_made = native_rows_kept_made,
    .kept_put = native_rows_kept_put,
    .kept_get = native_rows_kept_get,
    .next = native_rows_next,
    .put = native_rows_put,
    .run = native_rows_run,
    .get = native_rows_get,
    .finish = native_rows_finish,
    .crew = native_rows_crew,
};

const struct seam_engine_ops seam_engine_native = {
    .name = "native",
    .choice = SEAM_ENGINE_NATIVE,
    .fixed_rounding = true,
    .open = native_open,
    .close = native_close,
    .begin = native_begin,
    .end = native_end,
    .try_size = native_try_size,
    .run = native_run,
    .limit = native_limit,
    .rows = &native_rows_ops,
};
