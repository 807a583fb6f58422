/* A network on its way from a name to an engine: read once, analysed once. */
#ifndef SEAM_MODEL_NETWORK_H
#define SEAM_MODEL_NETWORK_H

#include "engine/engine.h"
#include "field/analysis.h"
#include "graph/graph.h"

/* A network to be read: a built-in one or a file by its name, or a file in memory. */
struct seam_network_source {
    const char *name;
    const void *data; /* NULL: by its name */
    size_t size;
};

/*
 * Read and analyse it, with the picture's input and output as `params` names them. *graph, which
 * the caller closes, is NULL where no reader takes the file, and *analysis counts where
 * network->analysis is set; its strings live as long as the graph. That a file cannot be read or
 * followed is no error as long as an engine may know it: network->unread, of `size` bytes at `why`,
 * says in words what is wrong.
 *
 * Errors: SEAM_ERROR_MODEL where there is no such file, SEAM_ERROR_MEMORY.
 */
enum seam_result seam_network_read(struct seam_network *network,
                                   const struct seam_network_source *source,
                                   const struct seam_model_params *params,
                                   struct seam_graph **graph, struct seam_analysis *analysis,
                                   char *why, size_t size, struct seam_log *log) SEAM_NODISCARD;

/*
 * The extra inputs that were given, and behind them those for which the file names a usual value
 * ("seamless.input.NAME"): into `all`, whose strings live as long as the graph, or 0 where they are
 * more than `room`.
 */
size_t seam_network_inputs(const struct seam_graph *graph, const struct seam_model_params *params,
                           struct seam_model_input *all, size_t room);

/* Fill those facts that a file tells: field, exactness, alignment, costs, range. `alignment` is the
 * one that was asked for, or 0. */
void seam_facts_fill(struct seam_facts *facts, const struct seam_graph *graph,
                     const struct seam_analysis *analysis, int64_t alignment);

#endif /* SEAM_MODEL_NETWORK_H */
