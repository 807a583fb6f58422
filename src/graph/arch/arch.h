/* The architectures that are recognised by the names and shapes of their weights. */
#ifndef SEAM_GRAPH_ARCH_H
#define SEAM_GRAPH_ARCH_H

#include "graph/weights.h"

/*
 * Find the architecture that accounts for every one of the weights, and write its graph into
 * weights->graph. SEAM_ERROR_MODEL, in words in the log, where there is none: the nearest
 * architecture and the first weight that does not fit it; SEAM_ERROR_MEMORY.
 */
enum seam_result SEAM_NODISCARD seam_arch_build(struct seam_weights *weights, struct seam_log *log);

/* What SRMD is told beside the picture where nobody says: numbers that describe the blur, and the
 * noise, of 255. */
#define SEAM_SRMD_BLUR 15
#define SEAM_SRMD_NOISE 3
extern const float seam_srmd_blur[SEAM_SRMD_BLUR];

#endif /* SEAM_GRAPH_ARCH_H */
