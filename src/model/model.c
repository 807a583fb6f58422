#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "engine/engine.h"
#include "log.h"
#include "model/facts.h"
#include "model/geometry_probe.h"
#include "model/model.h"

/* No network strides farther, and trial runs are a few times as wide. */
#define LARGEST_ALIGNMENT 1024

struct seam_model {
    const struct seam_engine_ops *ops;
    void *engine;
    struct seam_facts facts;
    struct seam_graph *graph; /* NULL: the analysis found nothing */
    struct seam_analysis analysis;
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

static const struct seam_engine_ops *model_engine(const char *name)
{
    for (int i = 0; seam_engines[i]; i++)
        if (seam_engines[i]->takes(name))
            return seam_engines[i];
    return NULL;
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
    if (!m)
        return seam_log_fail(log, SEAM_ERROR_MEMORY, "no memory for the model %s", name);
    model_name(&m->facts, name);
    m->facts.alignment = params->alignment;
    m->facts.range_hi = 1;
    m->ops = model_engine(name);
    r = m->ops ? m->ops->open(&m->engine, name, params, &m->facts, log)
               : seam_log_fail(log, SEAM_ERROR_MODEL, "%s: no engine of this build takes it", name);
    if (r == SEAM_OK && m->ops->reads_onnx)
        seam_facts_read(&m->facts, name, params, &m->graph, &m->analysis, log);
    if (r == SEAM_OK)
        r = seam_geometry_probe(m->ops, m->engine, &m->facts, log);
    if (r == SEAM_OK)
        model_reconcile(m, log);
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
    free(m);
    *model = NULL;
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

enum seam_result seam_model_run(struct seam_model *model, struct seam_engine_io *io,
                                struct seam_log *log)
{
    return model->ops->run(model->engine, io, log);
}
