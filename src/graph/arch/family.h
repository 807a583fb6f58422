/* The families of networks. */
#ifndef SEAM_GRAPH_ARCH_FAMILY_H
#define SEAM_GRAPH_ARCH_FAMILY_H

#include "graph/arch/parts.h"

extern const struct seam_arch seam_arch_esrgan, seam_arch_compact, seam_arch_span, seam_arch_plksr,
    seam_arch_dncnn, seam_arch_drunet, seam_arch_fbcnn, seam_arch_cunet,
    seam_arch_waifu2x, seam_arch_mosr, seam_arch_imdn, seam_arch_rlfn,
    seam_arch_rfdn, seam_arch_safmn, seam_arch_safmn_light, seam_arch_edsr,
    seam_arch_msrresnet, seam_arch_srresnet, seam_arch_swift, seam_arch_rcan,
    seam_arch_nafnet, seam_arch_edsr_first, seam_arch_swinir,
    seam_arch_drct, seam_arch_scunet, seam_arch_hat, seam_arch_restormer;

#endif /* SEAM_GRAPH_ARCH_FAMILY_H */
