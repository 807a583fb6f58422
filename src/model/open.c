#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/common.h"
#include "engine/engine.h"
#include "base/log.h"
#include "base/process.h"
#include "model/facts.h"
#include "model/geometry_probe.h"
#include "model/identity.h"
#include "model/model.h"
#include "model/trial.h"
#include "model/trial_cache.h"

/* No network strides farther, and trial runs are a few times as wide. */
#define LARGEST_ALIGNMENT 1024

struct seam_model {
    const struct seam_engine_ops *ops;
    void *engine;
    int threads; /* of the engine */
    struct seam_facts facts;
    struct seam_graph *graph; /* NULL: the analysis found nothing */
    struct seam_analysis analysis;
    char *path;        /* the name it was opened by */
    uint64_t reached;  /* most bytes that were resident while it was loaded and tried */
    uint64_t settings; /* checksum of what it was opened with */
};

void seam_model_params_init(struct seam_model_params *params)
{
    *params = (struct seam_model_params){ .layout = SEAM_LAYOUT_AUTO };
}

static void model_name(struct seam_facts *facts, const char *name)
{
    const char *slash = strrchr(name, '/');
    const char *base = slash ? slash + 1 : name;
    strncpy(facts->name, base, sizeof(facts->name) - 1);
}

/* Trial runs take no more where no budget is stated. */
#define MOST_TRIAL_BYTES 512000000

/* Memory that runs may take now, within a budget of the process or what the machine can spare. */
static uint64_t model_memory(const struct seam_machine *machine, uint64_t budget)
{
    if (budget == 0)
        return (uint64_t)seam_min((int64_t)(machine->available / 4), MOST_TRIAL_BYTES);
    return budget > machine->resident ? budget - machine->resident : 0;
}

/* The engine from the i-th on that takes the network and is meant; NULL where there is none. */
static const struct seam_engine_ops *model_engine(const char *name, enum seam_engine engine, int *i)
{
    for (; seam_engines[*i]; ++*i) {
        const struct seam_engine_ops *ops = seam_engines[*i];
        const bool asked = engine == SEAM_ENGINE_AUTO || !ops->reads_onnx ||
                           strcmp(ops->name, seam_engine_name(engine)) == 0;
        if (asked && ops->takes(name))
            return ops;
    }
    return NULL;
}

/* Open the first engine that runs the network. That one cannot where another may is no failure. */
static enum seam_result model_open_engine(struct seam_model *m, const char *name,
                                          const struct seam_model_params *params,
                                          struct seam_log *log)
{
    int i = 0;
    m->ops = model_engine(name, params->engine, &i);
    if (!m->ops)
        return seam_log_fail(log, SEAM_ERROR_MODEL, "%s: this build is without the engine %s; use "
                             "--engine auto", name, seam_engine_name(params->engine));
    for (;;) {
        struct seam_log quiet;
        seam_log_init(&quiet);
        i++;
        const struct seam_engine_ops *next =
            m->ops->reads_onnx ? model_engine(name, params->engine, &i) : NULL;
        const enum seam_result r =
            m->ops->open(&m->engine, name, params, &m->facts, next ? &quiet : log);
        if (r == SEAM_OK || !next)
            return r;
        m->ops = next;
    }
}

static enum seam_result model_check(const struct seam_model_params *p, struct seam_log *log)
{
    if (p->alignment < 0 || p->alignment > LARGEST_ALIGNMENT)
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT,
                             "an alignment of %" PRId64 ": it must be 1 to %d, or 0, found by "
                             "trying", p->alignment, LARGEST_ALIGNMENT);
    if (p->threads < 0)
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT,
                             "threads is %d: it must be at least 1, or 0, one per CPU",
                             p->threads);
    if (!seam_engine_name(p->engine))
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT, "the engine is %d: there is no such value",
                             (int)p->engine);
    if (p->layout < SEAM_LAYOUT_AUTO || p->layout > SEAM_LAYOUT_NHWC)
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT, "the layout is %d: there is no such value",
                             (int)p->layout);
    if (p->input_count > 0 && !p->inputs)
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT, "%zu extra inputs are said, and none are given",
                             p->input_count);
    return SEAM_OK;
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
        a->crop[SEAM_LEFT] == f->crop && a->channels_in == f->channels_in)
        return;
    seam_warning(log, "%s: trial runs and the graph disagree on scale or crop: nothing is promised",
                 f->name);
    f->field_known = false;
    f->exact = SEAM_EXACT_NO;
}

/* The engine refuses the network, and its file can be read: what the graph tells is all there is. */
static enum seam_result model_by_graph(struct seam_model *m, const struct seam_log *refusal,
                                       struct seam_log *log)
{
    const struct seam_analysis *a = &m->analysis;
    struct seam_facts *f = &m->facts;
    if (!m->graph || a->scale_num <= 0 || a->channels_out > INT32_MAX)
        return seam_log_fail(log, refusal->result, "%s", refusal->error);
    if (m->engine)
        m->ops->close(m->engine);
    m->engine = NULL;
    f->loaded = false;
    f->channels_in = (int)a->channels_in;
    f->channels_out = (int)a->channels_out;
    f->scale_num = a->scale_num;
    f->scale_den = a->scale_den;
    f->crop = a->crop[SEAM_LEFT];
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
    seam_machine_measure(&machine);
    const struct seam_trial_limits limits = {
        .bytes = model_memory(&machine, params->memory),
        .threads = m->threads,
    };
    return seam_geometry_probe(m->ops, m->engine, &m->facts, &limits, log);
}

/* Engine, graph and trial runs. */
static enum seam_result model_load(struct seam_model *m, const char *name,
                                   const struct seam_model_params *params, struct seam_log *log)
{
    struct seam_log refusal;
    struct seam_machine machine;
    seam_log_init(&refusal);
    seam_machine_measure(&machine);
    m->threads = params->threads > 0 ? params->threads : machine.cpus;
    struct seam_log *heard = params->lenient ? &refusal : log;
    enum seam_result r = model_open_engine(m, name, params, heard);
    m->facts.loaded = r == SEAM_OK;
    if (m->ops && m->ops->reads_onnx && (r == SEAM_OK || params->lenient)) {
        const enum seam_result read = seam_facts_read(&m->facts, name, params, &m->graph, &m->analysis,
                                                      r == SEAM_OK ? log : NULL);
        if (read != SEAM_OK)
            return read;
        if (m->graph && seam_graph_check_unchanged(m->graph, log) != SEAM_OK)
            return SEAM_ERROR_MODEL;
    }
    /* The analysis knows how ONNX Runtime rounds; all that the native engine does is fixed. */
    if (m->ops == &seam_engine_native && m->facts.exact == SEAM_EXACT_NUMERIC)
        m->facts.exact = SEAM_EXACT_BITS;
    if (r == SEAM_OK)
        r = model_probe(m, params, heard);
    if (r == SEAM_OK)
        model_reconcile(m, log);
    else if (params->lenient && r != SEAM_ERROR_ARGUMENT)
        r = model_by_graph(m, &refusal, log);
    else if (params->lenient)
        seam_log_fail(log, r, "%s", refusal.error);
    return r;
}

enum seam_result seam_model_open(struct seam_model **model, const char *name,
                                 const struct seam_model_params *params, struct seam_log *log)
{
    struct seam_model_params defaults;
    *model = NULL;
    seam_model_params_init(&defaults);
    if (!params)
        params = &defaults;
    enum seam_result r = model_check(params, log);
    if (r != SEAM_OK)
        return r;
    struct seam_model *m = calloc(1, sizeof(*m));
    if (m)
        m->path = strdup(name);
    if (!m || !m->path) {
        free(m);
        return seam_log_fail(log, SEAM_ERROR_MEMORY, "no memory for the model %s", name);
    }
    model_name(&m->facts, name);
    m->settings = seam_settings_checksum(params);
    m->facts.alignment = params->alignment;
    m->facts.range_hi = 1;
    struct seam_memory_mark mark;
    seam_memory_mark(&mark);
    r = model_load(m, name, params, log);
    m->reached = seam_memory_since(&mark);
    if (r != SEAM_OK) {
        seam_model_close(&m);
        return r;
    }
    *model = m;
    return SEAM_OK;
}

void seam_model_close(struct seam_model **model)
{
    struct seam_model *m = *model;
    if (!m)
        return;
    if (m->engine)
        m->ops->close(m->engine);
    seam_onnx_close(&m->graph);
    free(m->path);
    free(m);
    *model = NULL;
}

void seam_measure_params_init(struct seam_measure_params *params)
{
    *params = (struct seam_measure_params){ 0 };
}

/* The part of a picture's time that trial runs may take. */
#define TRIAL_PART 0.03
#define LONGEST_TRIALS 2.0
/* What is spent all the same: memory cannot be told from one small size. */
#define SHORTEST_TRIALS 0.1

void seam_model_measure(struct seam_model *m, const struct seam_measure_params *params,
                        struct seam_log *log)
{
    struct seam_measure_params defaults;
    struct seam_trial_cache cache;
    struct seam_machine machine;
    seam_measure_params_init(&defaults);
    if (!params)
        params = &defaults;
    if (!m->engine)
        return; /* by its graph alone */
    char network[64];
    seam_model_identity(m, network, sizeof(network));
    seam_trial_cache_init(&cache, params->cache,
                          &(struct seam_trial_key){ network, m->threads }, &m->facts);
    if (m->facts.trial_count == 0 && seam_trial_cache_read(&cache, &m->facts))
        seam_debug(log, "%s: trial runs of an earlier process serve: %s", m->facts.name, cache.file);
    seam_machine_measure(&machine);
    struct seam_trial_limits limits = {
        .seconds = LONGEST_TRIALS,
        .bytes = model_memory(&machine, params->memory) / (params->memory ? 2 : 1),
        .pixels = params->pixels,
        .threads = m->threads,
    };
    struct seam_memory_mark mark;
    seam_memory_mark(&mark);
    const double expected = TRIAL_PART * params->pixels * m->facts.seconds_per_pixel;
    if (params->pixels > 0 && expected < limits.seconds)
        limits.seconds = expected > SHORTEST_TRIALS ? expected : SHORTEST_TRIALS;
    if (seam_trials_run(m->ops, m->engine, &m->facts, &limits) &&
        !seam_trial_cache_write(&cache, &m->facts))
        seam_debug(log, "%s: what trial runs found cannot be kept for later", m->facts.name);
    m->reached = (uint64_t)seam_max((int64_t)m->reached, (int64_t)seam_memory_since(&mark));
    /* What they left would be counted as held, and then once more when it is taken again. */
    seam_memory_trim();
}

void seam_model_describe(const struct seam_model *model, struct seam_facts *facts)
{
    *facts = model->facts;
}

struct seam_unbounded_node seam_model_unbounded(const struct seam_model *model, size_t i)
{
    if (!model->graph || i >= model->analysis.n_unbounded)
        return (struct seam_unbounded_node){ "", "", "" };
    const struct seam_unbounded *u = &model->analysis.unbounded[i];
    return (struct seam_unbounded_node){ u->name, u->op, u->why };
}

/* The name of an element type, as ONNX has it. */
static const char *type_name(int32_t type)
{
    static const char *const names[] = { "undefined", "float",   "uint8",  "int8",   "uint16",
                                         "int16",     "int32",   "int64",  "string", "bool",
                                         "float16",   "double",  "uint32", "uint64", "complex64",
                                         "complex128", "bfloat16" };
    return type >= 0 && (size_t)type < SEAM_ARRAY_LEN(names) ? names[type] : "other";
}

bool seam_model_port(const struct seam_model *model, bool output, size_t i,
                       struct seam_port *port)
{
    const struct seam_graph *g = model->graph;
    if (!g || i >= (output ? g->n_outputs : g->n_inputs))
        return false;
    const struct seam_onnx_value *v = output ? &g->outputs[i] : &g->inputs[i];
    *port = (struct seam_port){
        .name = v->name,
        .type = type_name(v->type),
        .rank = v->rank <= SEAM_PORT_MOST_DIMS ? v->rank : -1,
    };
    for (int k = 0; k < port->rank; k++) {
        port->dims[k] = v->dims[k].size;
        port->symbols[k] = v->dims[k].symbol;
    }
    return true;
}

void seam_model_limit(struct seam_model *model, uint64_t budget, uint64_t others)
{
    if (model->engine && model->ops->limit)
        model->ops->limit(model->engine, budget, others);
}

uint64_t seam_model_reached(const struct seam_model *model)
{
    return model->reached;
}

void *seam_model_native(const struct seam_model *model)
{
    return model->ops == &seam_engine_native ? model->engine : NULL;
}

enum seam_result seam_model_run(struct seam_model *model, struct seam_engine_io *io,
                                struct seam_log *log)
{
    if (!model->engine)
        return seam_log_fail(log, SEAM_ERROR_ENGINE, "%s cannot be run: the engine refused it",
                             model->facts.name);
    return model->ops->run(model->engine, io, log);
}

void seam_model_identity(const struct seam_model *m, char *text, size_t size)
{
    uint64_t sum = m->graph ? m->graph->checksum : 0;
    text[0] = '\0';
    if (m->graph || seam_network_checksum(m->path, m->ops->reads_onnx, &sum))
        snprintf(text, size, "%016" PRIx64 ", settings %016" PRIx64, sum, m->settings);
}
