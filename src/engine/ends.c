#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "engine/ends.h"
#include "field/analysis.h"

static bool layout_fits(enum seam_layout asked, enum seam_axes found)
{
    const bool last = found == SEAM_AXES_NHWC || found == SEAM_AXES_HWC;
    return asked == SEAM_LAYOUT_AUTO || (asked == SEAM_LAYOUT_NHWC) == last;
}

static bool is_input(const struct seam_graph *graph, const struct seam_analysis *a,
                     const char *name)
{
    for (size_t i = 0; i < graph->n_inputs; i++)
        if (!strcmp(graph->inputs[i].name, name))
            return strcmp(name, a->input) != 0;
    return false;
}

enum seam_result seam_ends_check(const struct seam_network *network,
                                 const struct seam_model_params *params, const char *engine,
                                 struct seam_facts *facts, struct seam_log *log)
{
    const struct seam_graph *graph = network->graph;
    const struct seam_analysis *a = network->analysis;
    const bool number = (a->input_type == SEAM_ONNX_FLOAT || a->input_type == SEAM_ONNX_FLOAT16) &&
                        (a->output_type == 0 || a->output_type == SEAM_ONNX_FLOAT ||
                         a->output_type == SEAM_ONNX_FLOAT16);
    const bool batch = a->layout == SEAM_AXES_NCHW || a->layout == SEAM_AXES_NHWC;
    const char *why = !layout_fits(params->layout, a->layout) ? "the layout that was asked for"
                      : !number ? "samples that are no floats"
                      : !batch || a->fixed_batch > 1 ? "a batch that is not 1"
                                                     : NULL;
    for (size_t i = 0; i < params->input_count; i++)
        if (!is_input(graph, a, params->inputs[i].name))
            return seam_log_fail(log, SEAM_ERROR_ARGUMENT, "%s has no input called '%s' to set",
                                 facts->name, params->inputs[i].name);
    if (!why)
        return SEAM_OK;
    snprintf(facts->obstacle, sizeof(facts->obstacle), "%s", why);
    return seam_log_fail(log, SEAM_ERROR_MODEL,
                         "%s: the %s engine does not run it because of %s", facts->name, engine,
                         why);
}

enum seam_result seam_ends_refuse(const struct seam_net_obstacle *why, enum seam_result r,
                                  const char *engine, struct seam_facts *facts,
                                  struct seam_log *log)
{
    if (r == SEAM_ERROR_MODEL || r == SEAM_ERROR_ARGUMENT)
        snprintf(facts->obstacle, sizeof(facts->obstacle), "%s (%s): %s", why->name, why->op,
                 why->why);
    if (r == SEAM_ERROR_MODEL)
        return seam_log_fail(log, r, "%s: the %s engine does not run it because of %s",
                             facts->name, engine, facts->obstacle);
    if (r == SEAM_ERROR_ARGUMENT)
        return seam_log_fail(log, r,
                             "%s has a second input %s: give its value with --input %s=VALUE",
                             facts->name, why->name, why->name);
    return seam_log_fail(log, r, "%s: no memory for the network: see that more is free; a limit of "
                         "the address space (ulimit -v) counts as --memory does", facts->name);
}
