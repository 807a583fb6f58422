#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "engine/ort/private.h"
#include "engine/sums.h"

/* ------------------------------------------------------------------------------------------------
 * Opening
 * --------------------------------------------------------------------------------------------- */

void seam_ort_passes_close(struct ort_passes *passes, const OrtApi *api)
{
    for (int i = 0; passes->networks && i < passes->count; i++)
        if (passes->networks[i])
            api->ReleaseSession(passes->networks[i]);
    free(passes->networks);
    *passes = (struct ort_passes){ 0 };
}

/* Let the output be the one that the passes make; false where it is another that is asked for. */
static bool choose_output(struct ort_io *io, const struct seam_analysis *a)
{
    if (strcmp(io->inputs[io->image].name, a->input) != 0)
        return false;
    for (size_t i = 0; i < io->output_count; i++)
        if (strcmp(io->outputs[i], a->output) == 0 &&
            (!io->output || io->output == io->outputs[i])) {
            io->output = io->outputs[i];
            return true;
        }
    return false;
}

static bool passes_pay(const struct seam_analysis *a, const char *name, struct seam_log *log)
{
    size_t known = 0;
    for (size_t i = 0; i < a->n_cuts; i++)
        known += (size_t)seam_cut_known(&a->cuts[i]);
    if (known <= ORT_MOST_KNOWN && a->pass_work <= SEAM_MOST_PASS_WORK)
        return true;
    seam_notice(log, "%s: %d passes over the picture would be exact, at %.1f times the work: its "
                     "tiles are blended instead", name, a->passes, a->pass_work);
    return false;
}

/* One pass; what goes wrong is said to `log`. */
static enum seam_result load_pass(OrtSession **session, const struct ort_runtime *runtime,
                                  const struct seam_network *network, int pass,
                                  const struct ort_load *load, struct seam_log *log)
{
    struct seam_graph graph;
    struct seam_arena arena;
    struct seam_network cut = *network;
    enum seam_result r = SEAM_ERROR_MEMORY;
    cut.graph = &graph;
    seam_arena_init(&arena);
    if (seam_cut_graph(&graph, network->graph, network->analysis, pass, &arena))
        r = seam_ort_load(session, runtime, &cut, load, log);
    seam_arena_free(&arena);
    return r;
}

enum seam_result seam_ort_passes_open(struct ort_passes *passes, struct ort_io *io,
                                      const struct ort_runtime *runtime,
                                      const struct seam_network *network,
                                      const struct ort_load *load, struct seam_facts *facts,
                                      struct seam_log *log)
{
    const struct seam_analysis *a = network->analysis;
    if (!network->graph || !a || a->passes <= 1 || facts->fixed_width || facts->fixed_height ||
        !passes_pay(a, load->name, log) || !choose_output(io, a))
        return SEAM_OK;
    passes->networks = calloc((size_t)a->passes, sizeof(OrtSession *));
    if (!passes->networks)
        return seam_log_fail(log, SEAM_ERROR_MEMORY, "%s: no memory for its passes", load->name);
    passes->cuts = a->cuts;
    passes->n_cuts = a->n_cuts;
    passes->count = a->passes;
    for (int i = 0; i < passes->count; i++) {
        struct seam_log quiet;
        seam_log_init(&quiet);
        if (load_pass(&passes->networks[i], runtime, network, i, load, &quiet) == SEAM_OK)
            continue;
        seam_notice(log, "%s: its tiles are blended, as pass %d of %d over the picture cannot be "
                         "loaded: %s", load->name, i + 1, passes->count, quiet.error);
        seam_ort_passes_close(passes, runtime->api);
        return SEAM_OK;
    }
    facts->passes = passes->count;
    facts->pass_work = a->pass_work;
    facts->passes_in_tiles = true;
    facts->taken_bytes_per_pixel = a->cut_bytes;
    facts->batches = false; /* a picture's numbers are those of all tiles of it */
    return SEAM_OK;
}

/* ------------------------------------------------------------------------------------------------
 * Running
 * --------------------------------------------------------------------------------------------- */

/* Tensors of a run, and their names. */
struct tensors {
    char names[ORT_MOST_KNOWN][SEAM_CUT_NAME];
    const char *name[ORT_MOST_KNOWN];
    OrtValue *value[ORT_MOST_KNOWN];
    size_t cut[ORT_MOST_KNOWN];
    size_t n;
};

static void release(const OrtApi *api, struct tensors *t)
{
    for (size_t i = 0; i < t->n; i++)
        if (t->value[i])
            api->ReleaseValue(t->value[i]);
}

/* What earlier passes have found. */
static OrtStatus *give_known(const struct ort_engine *e, const struct seam_engine_pass *pass,
                             struct tensors *t)
{
    OrtStatus *s = NULL;
    for (size_t i = 0; !s && i < e->passes.n_cuts; i++) {
        const struct seam_cut *cut = &e->passes.cuts[i];
        for (int part = 0; !s && cut->pass < pass->number && part < seam_cut_known(cut); part++) {
            /* The runtime only reads its input; its C API knows no const. */
            float *data = (float *)(uintptr_t)seam_sums_known(pass->sums, i, part);
            seam_cut_known_name(t->names[t->n], i, part);
            t->name[t->n] = t->names[t->n];
            s = e->api->CreateTensorWithDataAsOrtValue(
                e->runtime->info, data, (size_t)cut->count * sizeof(float), cut->dims,
                (size_t)cut->rank, ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT, &t->value[t->n]);
            t->n += !s;
        }
    }
    return s;
}

/* What this one takes. */
static void name_taken(const struct ort_engine *e, int pass, struct tensors *t)
{
    for (size_t i = 0; i < e->passes.n_cuts; i++) {
        if (e->passes.cuts[i].pass != pass)
            continue;
        seam_cut_taken_name(t->names[t->n], i);
        t->name[t->n] = t->names[t->n];
        t->cut[t->n] = i;
        t->n++;
    }
}

static OrtStatus *look(const OrtApi *api, OrtValue *value, size_t *count, float **data)
{
    OrtTensorTypeAndShapeInfo *info = NULL;
    OrtStatus *s = api->GetTensorTypeAndShape(value, &info);
    if (!s)
        s = api->GetTensorShapeElementCount(info, count);
    if (!s)
        s = api->GetTensorMutableData(value, (void **)data);
    if (info)
        api->ReleaseTensorTypeAndShapeInfo(info);
    return s;
}

/* Sum up what lies in the part of the picture that is this tile's own. */
static enum seam_result take(const struct ort_engine *e, const struct seam_engine_io *io,
                             size_t index, OrtValue *value, struct seam_log *log)
{
    const struct seam_cut *cut = &e->passes.cuts[index];
    const int64_t tile[2] = { io->height, io->width }, at[2] = { io->y, io->x };
    struct seam_span own[2];
    int64_t size[2], expected = 1;
    size_t count = 0;
    float *data = NULL;
    for (int dir = 0; dir < 2; dir++) {
        const struct seam_span *span = &io->pass->own[dir];
        size[dir] = tile[dir] * cut->num[dir] / cut->den[dir];
        own[dir].begin = (span->begin - at[dir]) * cut->num[dir] / cut->den[dir];
        own[dir].end = (span->end - at[dir]) * cut->num[dir] / cut->den[dir];
    }
    for (int i = 0; i < cut->n_parts; i++)
        expected *= cut->parts[i].line < 0 ? cut->parts[i].size : size[cut->parts[i].line];
    OrtStatus *s = look(e->api, value, &count, &data);
    if (s)
        return seam_ort_fail(e, log, SEAM_ERROR_ENGINE, s);
    if (count != (size_t)expected || own[0].begin < 0 || own[0].end > size[0] || own[1].begin < 0 ||
        own[1].end > size[1])
        return seam_log_fail(log, SEAM_ERROR_ENGINE,
                             "%s: what %s sums up of a tile has not the size that its graph tells",
                             e->name, cut->name);
    seam_sums_take(io->pass->sums, index, data, size, own, io->pass->crew);
    return SEAM_OK;
}

enum seam_result seam_ort_pass_run(struct ort_session *session, struct ort_call *call,
                                   struct seam_engine_io *io, struct seam_log *log)
{
    const struct ort_engine *e = session->engine;
    const bool last = io->pass->number == e->passes.count - 1;
    struct tensors known = { .n = 0 }, taken = { .n = 0 };
    OrtStatus *s = give_known(e, io->pass, &known);
    enum seam_result r = s ? seam_ort_fail(e, log, SEAM_ERROR_ENGINE, s) : SEAM_OK;
    call->network = e->passes.networks[io->pass->number];
    call->known_names = known.name;
    call->known = known.value;
    call->n_known = known.n;
    if (!last) {
        name_taken(e, io->pass->number, &taken);
        call->outputs = taken.name;
        call->results = taken.value;
        call->n_outputs = taken.n;
    }
    if (r == SEAM_OK)
        r = seam_ort_invoke(session, call, &io->lacked, log);
    for (size_t i = 0; r == SEAM_OK && i < taken.n; i++)
        r = take(e, io, taken.cut[i], taken.value[i], log);
    release(e->api, &known);
    release(e->api, &taken);
    return r;
}
