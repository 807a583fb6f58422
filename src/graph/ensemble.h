/*
 * The self-ensemble of a network: the mean of what it makes of a picture turned and mirrored in all
 * eight ways, each turned back. A network of convolutions on a turned picture is one with turned
 * kernels, so that the eight become one graph, which tiles and rows run as any other.
 */
#ifndef SEAM_GRAPH_ENSEMBLE_H
#define SEAM_GRAPH_ENSEMBLE_H

#include "graph/graph.h"

#define SEAM_ENSEMBLE 8

/* One of the eight ways: the kernel is transposed first. */
struct seam_turn {
    bool transpose, mirror_x, mirror_y;
};

/*
 * Make `graph` the ensemble of what it was, whose picture goes in at `picture`. The eight are added
 * in a fixed order, and each output keeps its name.
 *
 * Errors: SEAM_ERROR_MODEL where a node is not known to be the same of turned pictures, in words in
 * the log; SEAM_ERROR_MEMORY.
 */
enum seam_result SEAM_NODISCARD seam_graph_ensemble(struct seam_graph *graph, const char *picture,
                                                    struct seam_log *log);

#endif /* SEAM_GRAPH_ENSEMBLE_H */
