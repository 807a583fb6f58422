#include "model/any_size.h"

#include <string.h>

#include "base/log.h"
#include "field/analysis.h"
#include "field/free.h"
#include "graph/build.h"
#include "net/net.h"

/* Whether rows can stream through it. */
static enum seam_result takes_rows(const struct seam_graph *graph, const char *picture,
                                   const struct seam_model_params *params, bool *takes,
                                   struct seam_net_obstacle *obstacle)
{
    const struct seam_net_params p = {
        .picture = picture, .output = params->output, .lenient = true, .passes = true
    };
    struct seam_net *net;
    const enum seam_result r = seam_net_open(&net, graph, &p, obstacle);
    *takes = r == SEAM_OK;
    if (*takes)
        seam_net_close(&net);
    return r == SEAM_ERROR_MEMORY ? r : SEAM_OK;
}

static enum seam_result say(struct seam_graph *graph, const struct seam_freed *freed,
                            const char *name, const char *op, const char *why,
                            struct seam_log *log)
{
    struct seam_build b;
    seam_build_init(&b, graph, log);
    if (freed->done)
        seam_build_say(&b, "seamless.note",
                       "exported for %lld x %lld pixels; what that fixed in it follows the size of "
                       "the picture here",
                       (long long)freed->at[1], (long long)freed->at[0]);
    else
        seam_build_say(&b, "seamless.note", "takes %lld x %lld pixels alone: %s%s%s%s%s",
                       (long long)freed->at[1], (long long)freed->at[0], name, *op ? " (" : "", op,
                       *op ? ") " : "", why);
    return b.result;
}

/* Rewritten for any size, where rows can stream through it then. */
static enum seam_result free_from(struct seam_graph *graph, const char *picture,
                                  const struct seam_model_params *params, int64_t side,
                                  struct seam_freed *freed, struct seam_net_obstacle *obstacle,
                                  struct seam_log *log)
{
    bool takes = false;
    enum seam_result r = seam_graph_free(graph, picture, params->output, side, freed, log);
    if (r != SEAM_OK || !freed->done)
        return r;
    r = takes_rows(graph, picture, params, &takes, obstacle);
    if (r == SEAM_OK && !takes) {
        freed->done = false;
        r = seam_graph_unfree(graph, freed) ? SEAM_OK : SEAM_ERROR_MEMORY;
    }
    return r == SEAM_OK
               ? r : seam_log_fail(log, r, "%s: no memory to read the network", graph->path);
}

const int64_t seam_traced[SEAM_TRACED] = { 64, 128, 256, 48, 96, 32, 192, 224, 512 };

/* Whether the file says any size, and a shape within it does not follow that. */
static enum seam_result is_baked(struct seam_graph *graph, const char *picture,
                                 const struct seam_model_params *params, bool *baked)
{
    struct seam_analysis a;
    const enum seam_result r = seam_analysis_make(&a, graph, picture, params->output, NULL);
    *baked = r == SEAM_OK && a.fixed_width == 0 && a.fixed_height == 0 && a.n_unbounded > 0 &&
             !strcmp(a.unbounded[0].op, "Reshape");
    return r == SEAM_ERROR_MEMORY ? r : SEAM_OK;
}

/* The size that it was traced with is tried for. */
static enum seam_result free_traced(struct seam_graph *graph, const char *picture,
                                    const struct seam_model_params *params, struct seam_log *log)
{
    struct seam_freed freed = { .done = false };
    struct seam_net_obstacle obstacle = { "", "", "" };
    bool baked;
    enum seam_result r = is_baked(graph, picture, params, &baked);
    if (r != SEAM_OK)
        return seam_log_fail(log, r, "%s: no memory to read the network", graph->path);
    for (int i = 0; baked && i < SEAM_TRACED && r == SEAM_OK && !freed.done; i++)
        r = free_from(graph, picture, params, seam_traced[i], &freed, &obstacle, log);
    return r == SEAM_OK && freed.done ? say(graph, &freed, "", "", "", log) : r;
}

enum seam_result seam_network_any_size(struct seam_graph *graph,
                                       const struct seam_model_params *params,
                                       struct seam_log *log)
{
    struct seam_freed freed;
    struct seam_net_obstacle obstacle = { "", "", "" };
    const char *const picture =
        seam_analysis_picture(graph, params->picture, params->inputs, params->input_count);
    /* What the file holds is what ONNX Runtime is asked to run. */
    if (params->engine == SEAM_ENGINE_ORT || !picture)
        return SEAM_OK;
    const enum seam_result r = free_from(graph, picture, params, 0, &freed, &obstacle, log);
    if (r != SEAM_OK || freed.at[0] <= 0 || freed.at[1] <= 0)
        return r != SEAM_OK ? r : free_traced(graph, picture, params, log);
    if (!freed.done && freed.why)
        return say(graph, &freed, freed.node ? freed.node->name : "",
                   freed.node ? freed.node->op : "", freed.why, log);
    return say(graph, &freed, obstacle.name, obstacle.op, obstacle.why, log);
}
