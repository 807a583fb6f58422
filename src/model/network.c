#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/process.h"
#include "field/free.h"
#include "graph/ensemble.h"
#include "graph/finite.h"
#include "graph/plain.h"
#include "graph/read.h"
#include "graph/sound.h"
#include "model/any_size.h"
#include "model/builtin.h"
#include "model/network.h"
#include "model/stronger.h"

static struct seam_graph_told what_is_told(const struct seam_model_params *params)
{
    struct seam_machine machine;
    seam_machine_memory(&machine);
    struct seam_graph_told told = {
        .scale = params->scale,
        .memory = machine.available,
        .cancel = { params->cancelled, params->opaque },
    };
    for (size_t i = 0; i < params->input_count; i++)
        if (strcmp(params->inputs[i].name, "sigma") == 0) {
            told.noise = params->inputs[i].value;
            told.noisy = true;
        }
    return told;
}

/* *final: nobody else will read what was refused. */
static enum seam_result read_graph(struct seam_graph **graph, const struct seam_network_source *s,
                                   const struct seam_model_params *params, bool *final,
                                   struct seam_log *log)
{
    const struct seam_graph_told told = what_is_told(params);
    const struct seam_builtin *b = s->data ? NULL : seam_builtin_find(s->name);
    const struct seam_reader *reader;
    *final = false;
    if (b)
        return seam_graph_open_memory(graph, b->begin, (size_t)(b->end - b->begin), s->name, log);
    if (s->data)
        return seam_graph_open_memory_told(graph, s->data, s->size, s->name, &told, log);
    const enum seam_result r = seam_graph_open_told(graph, s->name, &told, &reader, log);
    /* What ours gives up of ONNX, ONNX Runtime may know. */
    *final = reader != &seam_reader_onnx || !seam_onnx_called(s->name);
    return r;
}

static enum seam_result make_ensemble(struct seam_graph *graph,
                                      const struct seam_model_params *params,
                                      struct seam_log *log)
{
    const char *picture =
        seam_analysis_picture(graph, params->picture, params->inputs, params->input_count);
    return picture ? seam_graph_ensemble(graph, picture, log) : SEAM_OK;
}

/* A size of the output that its nodes do not make is of nobody's use: ONNX Runtime passes over it
 * in a warning, but for who has made room for the result. */
static enum seam_result pass_over_size(struct seam_graph *graph,
                                       const struct seam_analysis *analysis, struct seam_log *log)
{
    if (!analysis->misdeclared || !seam_plain_writable(graph))
        return SEAM_OK;
    if (!seam_graph_undeclare(graph, analysis))
        return seam_log_fail(log, SEAM_ERROR_MEMORY, "%s: no memory to read the network",
                             graph->path);
    graph->onnx = NULL;
    graph->onnx_size = 0;
    seam_notice(log, "%s: the file gives its output '%s' a size that its nodes do not make; it is "
                     "passed over", graph->path, analysis->output);
    return SEAM_OK;
}

enum seam_result seam_network_read(struct seam_network *network,
                                   const struct seam_network_source *source,
                                   const struct seam_model_params *params,
                                   struct seam_graph **graph, struct seam_analysis *analysis,
                                   char *why, size_t size, struct seam_log *log)
{
    struct seam_log quiet;
    enum seam_result r = SEAM_OK;
    bool final;
    seam_log_init(&quiet);
    *graph = NULL;
    *network = (struct seam_network){ .name = source->name, .unread = why,
                                       .in_memory = source->data != NULL };
    why[0] = '\0';
    if (!source->data && !seam_builtin_find(source->name))
        r = seam_builtin_check_file(source->name, log);
    if (r != SEAM_OK)
        return r;
    r = read_graph(graph, source, params, &final, &quiet);
    if (r != SEAM_OK && (final || params->ensemble || params->stronger > 0))
        return seam_log_fail(log, r, "%s", quiet.error);
    if (r == SEAM_OK && (r = seam_graph_check_sound(*graph, log)) != SEAM_OK)
        return r;
    if (r == SEAM_OK && (r = seam_graph_check_finite(*graph, log)) != SEAM_OK)
        return r;
    if (r == SEAM_OK && params->stronger > 0 &&
        (r = seam_network_strengthen(*graph, params->stronger, log)) != SEAM_OK)
        return r;
    if (r == SEAM_OK && (r = seam_network_any_size(*graph, params, log)) != SEAM_OK)
        return r;
    if (params->ensemble && (r = make_ensemble(*graph, params, log)) != SEAM_OK)
        return r;
    if (r == SEAM_OK) {
        network->graph = *graph;
        r = seam_analysis_make(analysis, *graph,
                               seam_analysis_picture(*graph, params->picture, params->inputs,
                                                     params->input_count),
                               params->output, &quiet);
    }
    /* Where the disk is at fault no other engine reads it either, and what is not in it no other
     * engine finds. */
    if (r == SEAM_ERROR_MEMORY || r == SEAM_ERROR_ARGUMENT || r == SEAM_ERROR_IO ||
        r == SEAM_CANCELLED)
        return seam_log_fail(log, r, "%s", quiet.error);
    if (r == SEAM_OK && (r = pass_over_size(*graph, analysis, log)) != SEAM_OK)
        return r;
    if (r == SEAM_OK)
        network->analysis = analysis;
    else
        snprintf(why, size, "%s", quiet.error);
    return SEAM_OK;
}
