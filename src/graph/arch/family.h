/* The families of networks, a file each. */
#ifndef SEAM_GRAPH_ARCH_FAMILY_H
#define SEAM_GRAPH_ARCH_FAMILY_H

#include "graph/arch/parts.h"

extern const struct seam_arch seam_arch_esrgan;

#endif /* SEAM_GRAPH_ARCH_FAMILY_H */
