/* Weights as a safetensors file, by the names they came under. */
#ifndef SEAM_GRAPH_SAFETENSORS_WRITE_H
#define SEAM_GRAPH_SAFETENSORS_WRITE_H

#include "graph/onnx_write.h"
#include "graph/weights.h"

/* With the settings and the errors of seam_onnx_write(); `outside` means nothing here, and what is
 * halved is every weight of two dimensions or more. */
enum seam_result SEAM_NODISCARD seam_safetensors_write(const struct seam_weights *weights,
                                                       const struct seam_onnx_write_params *params,
                                                       seam_onnx_put *put, void *user,
                                                       struct seam_log *log);

#endif /* SEAM_GRAPH_SAFETENSORS_WRITE_H */
