/* What the targets of networks share: what a reader left, and the analysis of what it read. */
#ifndef SEAM_FUZZ_GRAPH_H
#define SEAM_FUZZ_GRAPH_H

#include "graph/read.h"

/* A failure is said, and nothing else is; what was read is analysed, and closed. */
void seam_fuzz_graph(struct seam_graph **graph, enum seam_result result,
                     const struct seam_log *said);

#endif /* SEAM_FUZZ_GRAPH_H */
