/* Networks that were exported at one size. */
#ifndef SEAM_MODEL_ANY_SIZE_H
#define SEAM_MODEL_ANY_SIZE_H

#include "graph/graph.h"
#include "seamless/model.h"

/* Sides of squares that exporters trace with. */
#define SEAM_TRACED 9
extern const int64_t seam_traced[SEAM_TRACED];

/*
 * Let a network whose file has one size take any, where rows can stream through it then; it stays
 * as it is else. So does one whose file says any size while its graph has one. Either is said in
 * its notes, and why it stays by the name of a node.
 *
 * Errors: SEAM_ERROR_MEMORY.
 */
enum seam_result seam_network_any_size(struct seam_graph *graph,
                                       const struct seam_model_params *params,
                                       struct seam_log *log) SEAM_NODISCARD;

#endif /* SEAM_MODEL_ANY_SIZE_H */
