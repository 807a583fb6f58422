#include "base/log.h"
#include "graph/arch/arch.h"

enum seam_result seam_arch_build(struct seam_weights *weights, struct seam_log *log)
{
    const struct seam_weight *left = seam_weights_unused(weights);
    return seam_log_fail(log, SEAM_ERROR_MODEL,
                         "%s: its weights (%s, ...) are those of no architecture that Seamless knows; export the "
                         "network as ONNX",
                         weights->graph->path, left ? left->name : "none");
}
