/* Weights that are no numbers: what a training gone wrong, or a damaged file, leaves. */
#ifndef SEAM_GRAPH_FINITE_H
#define SEAM_GRAPH_FINITE_H

#include "graph/graph.h"

/*
 * SEAM_ERROR_MODEL, and the tensor's name in the log, where a constant that an operator takes is
 * not a number, or one that it multiplies by is infinite: nothing could come out but the same.
 * Infinite constants elsewhere are how graphs say "no bound". The weights are looked at once, from
 * one end to the other, and those in files leave memory again.
 */
enum seam_result SEAM_NODISCARD seam_graph_check_finite(const struct seam_graph *graph,
                                                        struct seam_log *log);

#endif /* SEAM_GRAPH_FINITE_H */
