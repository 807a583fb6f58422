/* Bodies in the place of what calls them. */
#ifndef SEAM_GRAPH_INLINE_H
#define SEAM_GRAPH_INLINE_H

#include "graph/build.h"
#include "graph/decode.h"

/*
 * Write the functions that the model in `data` brings along, and the branches that its constant
 * conditions choose, into the graph that was decoded of it. *changed is set where there were any.
 * Errors: SEAM_ERROR_MODEL, a body that is broken or calls itself; SEAM_ERROR_MEMORY.
 */
enum seam_result SEAM_NODISCARD seam_inline(const struct seam_decoder *decoder, const void *data,
                                            size_t size, bool *changed);

#endif /* SEAM_GRAPH_INLINE_H */
