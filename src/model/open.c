/* Opening: from a name to an engine with the network in it. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/common.h"
#include "base/log.h"
#include "base/process.h"
#include "graph/ensemble.h"
#include "graph/read.h"
#include "model/geometry_probe.h"
#include "model/identity.h"
#include "model/network.h"
#include "model/private.h"
#include "model/proof_cache.h"
#include "model/prove.h"
#include "model/stronger.h"

void seam_model_params_init(struct seam_model_params *params)
{
    *params = (struct seam_model_params){ .layout = SEAM_LAYOUT_AUTO };
}

static void model_name(struct seam_facts *facts, const char *name)
{
    size_t end = strlen(name);
    while (end > 1 && name[end - 1] == '/') /* a folder's */
        end--;
    size_t begin = end;
    while (begin > 0 && name[begin - 1] != '/')
        begin--;
    snprintf(facts->name, sizeof(facts->name), "%.*s", (int)(end - begin), name + begin);
}

/* Whether it is one that the settings ask for. */
static bool is_asked(const struct seam_engine_ops *ops, const struct seam_model_params *p)
{
    if (ops->on_device && !seam_model_asks_device(p))
        return false;
    return p->engine == SEAM_ENGINE_AUTO || p->engine == ops->choice;
}

/* The engine from the i-th on that may run the network; NULL where there is none. */
static const struct seam_engine_ops *next_engine(const struct seam_network *network,
                                                 const struct seam_model_params *params, int *i)
{
    while (seam_engines[*i]) {
        const struct seam_engine_ops *ops = seam_engines[(*i)++];
        const bool able = network->graph || (ops->opens_files && !network->in_memory);
        if (!ops->takes && able && is_asked(ops, params))
            return ops;
    }
    return NULL;
}

/* Whether this build has an engine for graphs that is meant. */
static bool has_engine(const struct seam_model_params *params)
{
    bool any = false, device = false;
    for (int i = 0; seam_engines[i]; i++)
        if (!seam_engines[i]->takes && is_asked(seam_engines[i], params)) {
            any = true;
            device = device || seam_engines[i]->on_device;
        }
    return any && (device || !seam_model_asks_device(params));
}

/* Open the first engine that runs the network. That one cannot where another may is no failure. */
static enum seam_result model_open_engine(struct seam_model *m, const struct seam_network *network,
                                          const struct seam_model_params *params,
                                          struct seam_log *log)
{
    int i = 0;
    const struct seam_engine_ops *ops = next_engine(network, params, &i);
    if (!ops)
        return seam_log_fail(log, SEAM_ERROR_MODEL, "%s", network->unread);
    for (;;) {
        struct seam_log quiet;
        seam_log_init(&quiet);
        const struct seam_engine_ops *next = next_engine(network, params, &i);
        m->ops = ops;
        const enum seam_result r =
            ops->open(&m->engine, network, params, &m->facts, next ? &quiet : log);
        if (r == SEAM_OK || !next)
            return r;
        /* A device that was asked for and is not there is a failure; that it has no way for this
         * network is none. */
        if (ops->on_device && r != SEAM_ERROR_MODEL)
            return seam_log_fail(log, r, "%s", quiet.error);
        if (ops->on_device)
            seam_warning(log, "%s; the CPU runs it", quiet.error);
        ops = next;
    }
}

/* The engine whose own network this is; NULL where it is none's. */
static const struct seam_engine_ops *owner(const char *name)
{
    for (int i = 0; seam_engines[i]; i++)
        if (seam_engines[i]->takes && seam_engines[i]->takes(name))
            return seam_engines[i];
    return NULL;
}

/* Trial runs tell what is cut off altogether, the graph how much of it on which side. */
static void model_crop(struct seam_facts *f, const struct seam_analysis *a)
{
    if (a && a->scale_num > 0 && a->crop[SEAM_LEFT] + a->crop[SEAM_RIGHT] == 2 * f->crop &&
        a->crop[SEAM_TOP] + a->crop[SEAM_BOTTOM] == 2 * f->crop) {
        f->crop_shift_x = a->crop[SEAM_LEFT] - f->crop;
        f->crop_shift_y = a->crop[SEAM_TOP] - f->crop;
    }
}

/* What was tried and what was derived must agree; where they do not, trust what was tried, and
 * promise nothing. */
static void model_reconcile(struct seam_model *m, struct seam_log *log)
{
    const struct seam_analysis *a = &m->analysis;
    struct seam_facts *f = &m->facts;
    if (!m->graph || !f->field_known)
        return;
    if (a->scale_num == f->scale_num && a->scale_den == f->scale_den &&
        a->crop[SEAM_LEFT] + a->crop[SEAM_RIGHT] == 2 * f->crop &&
        a->crop[SEAM_TOP] + a->crop[SEAM_BOTTOM] == 2 * f->crop && a->channels_in == f->channels_in)
        return;
    seam_warning(log, "%s: trial runs and the graph disagree on scale or crop: nothing is promised",
                 f->name);
    f->field_known = false;
    f->exact = SEAM_EXACT_NO;
}

/* Sessions first, then what they run on. */
static void model_drop_engine(struct seam_model *m)
{
    if (m->idle && m->ops->end)
        m->ops->end(m->idle->engine);
    free(m->idle);
    m->idle = NULL;
    if (m->engine)
        m->ops->close(m->engine);
    m->engine = NULL;
}

/* The engine refuses the network, and its file can be read: what the graph tells is all there
 * is. */
static enum seam_result model_by_graph(struct seam_model *m, const struct seam_log *refusal,
                                       struct seam_log *log)
{
    const struct seam_analysis *a = &m->analysis;
    struct seam_facts *f = &m->facts;
    if (!m->graph || a->scale_num <= 0 || a->channels_out > INT32_MAX)
        return seam_log_fail(log, refusal->result, "%s", refusal->error);
    model_drop_engine(m);
    f->loaded = false;
    f->channels_in = (int)a->channels_in;
    f->channels_out = (int)a->channels_out;
    f->scale_num = a->scale_num;
    f->scale_den = a->scale_den;
    f->crop = (a->crop[SEAM_LEFT] + a->crop[SEAM_RIGHT]) / 2;
    model_crop(f, a);
    f->fixed_width = a->fixed_width;
    f->fixed_height = a->fixed_height;
    f->alignment = seam_max(f->alignment, 1);
    seam_warning(log, "by its graph alone, as the engine refuses it: %s", refusal->error);
    return SEAM_OK;
}

static enum seam_result model_probe(struct seam_model *m, const struct seam_model_params *params,
                                    struct seam_log *log)
{
    struct seam_machine machine;
    struct seam_session *session;
    seam_machine_measure(&machine);
    const struct seam_trial_limits limits = {
        .bytes = seam_model_memory(&machine, params->memory),
        .threads = m->threads,
        .cancel = { params->cancelled, params->opaque },
    };
    enum seam_result r = seam_session_open(&session, m, 0, log);
    if (r == SEAM_OK)
        r = seam_geometry_probe(m->ops, session->engine, &m->facts, &limits, log);
    seam_session_close(&session);
    return r;
}

/* What the graph tells, where an engine runs it or that is enough. */
static enum seam_result model_facts(struct seam_model *m, const struct seam_network *network,
                                    const struct seam_model_params *params, bool opened,
                                    struct seam_log *log)
{
    if (network->analysis)
        seam_facts_fill(&m->facts, m->graph, &m->analysis, params->alignment);
    else if (opened)
        seam_notice(log, "nothing is promised of this model: %s", network->unread);
    /* Shown are the ends of graphs that could be followed. */
    const bool unchanged = !m->graph || seam_graph_check_unchanged(m->graph, log) == SEAM_OK;
    if (!network->analysis)
        seam_graph_close(&m->graph);
    if (m->ops && m->ops->fixed_rounding && m->facts.exact == SEAM_EXACT_NUMERIC)
        m->facts.exact = SEAM_EXACT_BITS;
    return unchanged ? SEAM_OK : SEAM_ERROR_MODEL;
}

/* That a network may have beside its picture. */
#define MOST_INPUTS 32

/* The settings, with the usual values of inputs that got none. */
static struct seam_model_params with_inputs(const struct seam_model *m,
                                            const struct seam_model_params *params,
                                            struct seam_model_input inputs[MOST_INPUTS])
{
    struct seam_model_params with = *params;
    const size_t count = m->graph ? seam_network_inputs(m->graph, params, inputs, MOST_INPUTS) : 0;
    if (count > 0 || (m->graph && m->graph->answered)) {
        with.inputs = inputs;
        with.input_count = count;
    }
    return with;
}

/* Hold what a device gives against what is right. */
static enum seam_result model_prove(struct seam_model *m, const char *name,
                                    const struct seam_model_params *params, struct seam_log *log)
{
    struct seam_session *session;
    struct seam_model_input inputs[MOST_INPUTS];
    if (seam_proof_is_kept(m)) {
        seam_debug(log, "%s: %s was proved before", m->facts.name, m->facts.engine_text);
        return SEAM_OK;
    }
    const struct seam_model_params with = with_inputs(m, params, inputs);
    const struct seam_network network = {
        .name = name, .graph = m->graph, .analysis = &m->analysis, .unread = "",
    };
    enum seam_result r = seam_session_open(&session, m, 0, log);
    if (r == SEAM_OK)
        r = seam_prove(m->ops, session->engine, &network, &with, &m->facts, log);
    seam_session_close(&session);
    m->unproved = r == SEAM_ERROR_ENGINE;
    if (r == SEAM_OK)
        seam_proof_keep(m);
    return r;
}

/* A graph and the engine that runs it. *opened: what came of the engine, whose words `heard`
 * has. */
static enum seam_result model_open_graph(struct seam_model *m,
                                         const struct seam_network_source *source,
                                         const struct seam_model_params *params,
                                         enum seam_result *opened, struct seam_log *heard,
                                         struct seam_log *log)
{
    struct seam_network network;
    char why[sizeof(log->error)];
    const bool device = seam_model_asks_device(params);
    if (!has_engine(params))
        return seam_log_fail(log, SEAM_ERROR_MODEL, "%s: this build is without the engine %s; use "
                             "--engine auto%s", source->name,
                             device ? "gpu" : seam_engine_name(params->engine),
                             device ? " --device cpu" : "");
    enum seam_result r = seam_network_read(&network, source, params, &m->graph,
                                           &m->analysis, why, sizeof(why), log);
    if (r != SEAM_OK || (r = seam_model_stopped(params, log)) != SEAM_OK)
        return r;
    m->summed = true;
    if (m->graph && params->ensemble)
        m->facts.ensemble = SEAM_ENSEMBLE;
    m->facts.stronger = params->stronger;
    m->facts.strengthens = m->graph && seam_network_strengthens(m->graph);
    if (m->graph)
        m->sum = m->graph->checksum;
    else
        m->summed = seam_network_checksum(source->name, true, &m->sum);
    struct seam_model_input inputs[MOST_INPUTS];
    const struct seam_model_params with = with_inputs(m, params, inputs);
    *opened = model_open_engine(m, &network, &with, heard);
    if (*opened == SEAM_OK || params->lenient)
        r = model_facts(m, &network, params, *opened == SEAM_OK, log);
    return r;
}

/* Engine, graph and trial runs. */
static enum seam_result model_load(struct seam_model *m, const struct seam_network_source *source,
                                   const struct seam_model_params *params, struct seam_log *log)
{
    struct seam_log refusal;
    struct seam_machine machine;
    enum seam_result r = SEAM_OK, opened = SEAM_OK;
    seam_log_init(&refusal);
    seam_machine_measure(&machine);
    m->threads = params->threads > 0 ? params->threads : machine.cpus;
    struct seam_log *heard = params->lenient ? &refusal : log;
    m->ops = source->data ? NULL : owner(source->name);
    if (m->ops) {
        const struct seam_network network = { .name = source->name, .unread = "" };
        m->summed = seam_network_checksum(source->name, false, &m->sum);
        opened = m->ops->open(&m->engine, &network, params, &m->facts, heard);
    } else {
        r = model_open_graph(m, source, params, &opened, heard, log);
    }
    if (r != SEAM_OK)
        return r;
    m->facts.loaded = opened == SEAM_OK;
    if (!m->facts.engine_text[0])
        snprintf(m->facts.engine_text, sizeof(m->facts.engine_text), "%s", m->facts.engine);
    r = opened == SEAM_OK ? seam_model_stopped(params, log) : opened;
    if (r == SEAM_OK)
        r = model_probe(m, params, heard);
    if (r == SEAM_OK && m->ops->on_device)
        r = model_prove(m, source->name, params, heard);
    model_crop(&m->facts, m->graph ? &m->analysis : NULL);
    if (r == SEAM_OK)
        model_reconcile(m, log);
    else if (params->lenient && r != SEAM_ERROR_ARGUMENT && r != SEAM_CANCELLED)
        r = model_by_graph(m, &refusal, log);
    else if (params->lenient)
        seam_log_fail(log, r, "%s", refusal.error);
    /* Packed, or in the runtime: what the files held is not wanted any more. */
    if (m->graph)
        seam_graph_drop_weights(m->graph);
    return r;
}

static enum seam_result model_open_one(struct seam_model **model,
                                       const struct seam_network_source *source,
                                       const struct seam_model_params *params, bool *unproved,
                                       struct seam_log *log)
{
    enum seam_result r = seam_model_check(params, log);
    if (r != SEAM_OK)
        return r;
    struct seam_model *m = calloc(1, sizeof(*m));
    if (!m || pthread_mutex_init(&m->lock, NULL) != 0) {
        free(m);
        return seam_log_fail(log, SEAM_ERROR_MEMORY, "no memory for the model %s", source->name);
    }
    model_name(&m->facts, source->name);
    m->settings = seam_settings_checksum(params);
    m->facts.alignment = params->alignment;
    m->facts.range_hi = 1;
    m->facts.passes = 1;
    m->facts.pass_work = m->facts.pass_share = 1;
    m->facts.ensemble = 1;
    m->facts.precision = SEAM_PRECISION_FLOAT;
    struct seam_memory_mark mark;
    seam_memory_mark(&mark);
    r = model_load(m, source, params, log);
    m->reached = seam_memory_since(&mark);
    *unproved = m->unproved;
    if (r != SEAM_OK) {
        seam_model_close(&m);
        return r;
    }
    *model = m;
    return SEAM_OK;
}

/* What is said on a device, but for errors: whether one is the end is not known yet. */
static void pass_on(void *opaque, enum seam_log_level level, const char *text)
{
    const struct seam_log *log = opaque;
    if (level != SEAM_LOG_ERROR)
        log->message(log->opaque, level, text);
}

/* A device that gives wrong pictures does not take the network; the CPU does. */
enum seam_result seam_model_open_source(struct seam_model **model,
                                        const struct seam_network_source *source,
                                        const struct seam_model_params *params,
                                        struct seam_log *log)
{
    struct seam_model_params p = *params;
    bool unproved = false;
    *model = NULL;
    if (!source->name)
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT, "a model needs a name");
    if (!seam_model_asks_device(&p) || p.engine == SEAM_ENGINE_GPU)
        return model_open_one(model, source, &p, &unproved, log);
    struct seam_log first;
    seam_log_init(&first);
    if (log && log->message) {
        first.message = pass_on;
        first.opaque = log;
        first.level = log->level;
    }
    enum seam_result r = model_open_one(model, source, &p, &unproved, &first);
    if (r != SEAM_OK && !unproved)
        return seam_log_fail(log, r, "%s", first.error);
    if (!unproved)
        return r;
    if (p.precision >= SEAM_PRECISION_HALF) {
        seam_warning(log, "%s; it runs in float", first.error);
        p.precision = SEAM_PRECISION_FLOAT;
        return seam_model_open_source(model, source, &p, log);
    }
    seam_warning(log, "%s; the CPU runs it", first.error);
    p.device = "cpu";
    return model_open_one(model, source, &p, &unproved, log);
}

static enum seam_result model_open(struct seam_model **model,
                                   const struct seam_network_source *source,
                                   const struct seam_model_params *params, struct seam_log *log)
{
    struct seam_model_params defaults;
    seam_model_params_init(&defaults);
    return seam_model_open_sooner(model, source, params ? params : &defaults, log);
}

enum seam_result seam_model_open(struct seam_model **model, const char *name,
                                 const struct seam_model_params *params, struct seam_log *log)
{
    const struct seam_network_source source = { .name = name };
    return model_open(model, &source, params, log);
}

enum seam_result seam_model_open_memory(struct seam_model **model, const void *data, size_t size,
                                        const char *name, const struct seam_model_params *params,
                                        struct seam_log *log)
{
    const struct seam_network_source source = { .name = name, .data = data, .size = size };
    *model = NULL;
    if (!data)
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT, "a model in memory has no bytes");
    return model_open(model, &source, params, log);
}

void seam_model_destroy(struct seam_model *m)
{
    model_drop_engine(m);
    pthread_mutex_destroy(&m->lock);
    seam_graph_close(&m->graph);
    free(m);
}

/* A host may let go of a picture's last rows later than of the model. */
void seam_model_close(struct seam_model **model)
{
    struct seam_model *m = *model;
    if (!m)
        return;
    *model = NULL;
    pthread_mutex_lock(&m->lock);
    m->closed = true;
    const bool last = m->sessions == 0;
    pthread_mutex_unlock(&m->lock);
    if (last)
        seam_model_destroy(m);
}

uint64_t seam_model_reached(const struct seam_model *model)
{
    return model->reached;
}

void seam_model_identity(const struct seam_model *m, char *text, size_t size)
{
    text[0] = '\0';
    if (m->summed)
        snprintf(text, size, "network file %016" PRIx64 ", settings %016" PRIx64, m->sum,
                 m->settings);
}
