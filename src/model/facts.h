/* What a network's file says of it, as facts. */
#ifndef SEAM_FACTS_H
#define SEAM_FACTS_H

#include "field/analysis.h"
#include "seamless/seamless.h"

/*
 * Read and analyse the model `name`, built in or a file, and fill those facts that a file tells:
 * field, exactness, alignment, costs, range. *graph (NULL where nothing could be read) and *analysis
 * belong to the caller; the latter's strings live as long as the graph.
 *
 * A file that the analysis cannot follow is no error: nothing is promised of it, and a notice says why.
 * The engine has the last word on whether it is a model. Errors: SEAM_ERROR_MEMORY.
 */
enum seam_result seam_facts_read(struct seam_facts *facts, const char *name,
                                 const struct seam_model_params *params, struct seam_graph **graph,
                                 struct seam_analysis *analysis, struct seam_log *log) SEAM_NODISCARD;

#endif /* SEAM_FACTS_H */
