/* What a network costs per pixel of its input, counted from its graph. */
#ifndef SEAM_MODEL_COST_H
#define SEAM_MODEL_COST_H

#include "field/analysis.h"
#include "field/field.h"

/* Fill in layers, nodes, parameters, weight_bytes, macs_per_pixel and bytes_per_pixel. `needed`
 * marks the nodes that count. False: no memory. */
bool seam_cost_count(const struct seam_field *field, const bool *needed, struct seam_analysis *out);

#endif /* SEAM_MODEL_COST_H */
