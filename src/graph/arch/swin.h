/* What SwinIR and its descendants share beside their blocks. */
#ifndef SEAM_GRAPH_ARCH_SWIN_H
#define SEAM_GRAPH_ARCH_SWIN_H

#include "graph/arch/parts.h"

/* Take away what is taken away before the first layer, or with a `sign` of 1 add it again. */
struct seam_map seam_swin_shift(struct seam_arch_work *a, struct seam_map x, float sign);
/* One convolution, or three with a waist. */
struct seam_map seam_swin_conv(struct seam_arch_work *a, struct seam_map x, const char *key);
/* Behind the body, to as many times the size. */
struct seam_map seam_swin_tail(struct seam_arch_work *a, struct seam_map x, struct seam_map input);

#endif /* SEAM_GRAPH_ARCH_SWIN_H */
