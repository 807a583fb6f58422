/* Networks that were taught to remove more than they do. */
#ifndef SEAM_MODEL_STRONGER_H
#define SEAM_MODEL_STRONGER_H

#include "graph/graph.h"
#include "seamless/model.h"

/*
 * Beside a weight `W` a file may hold a tensor `W.stronger` of its size, which no node reads: what
 * is added to W for a strength of 2, and a share of it for less.
 */
bool seam_network_strengthens(const struct seam_graph *graph);

/* Add `stronger` times, 0 to 1, what the file holds for it. Errors: SEAM_ERROR_ARGUMENT where it
 * holds nothing, SEAM_ERROR_MEMORY. */
enum seam_result seam_network_strengthen(struct seam_graph *graph, double stronger,
                                         struct seam_log *log) SEAM_NODISCARD;

#endif /* SEAM_MODEL_STRONGER_H */
