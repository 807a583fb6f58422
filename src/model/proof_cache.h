/* Proofs that a device runs a network right, kept between processes. */
#ifndef SEAM_MODEL_PROOF_CACHE_H
#define SEAM_MODEL_PROOF_CACHE_H

#include "model/private.h"

/* Whether an earlier process has proved this network, by this code, on this device and driver, in
 * this precision. */
bool seam_proof_is_kept(const struct seam_model *model);

/* Keep it; that it cannot be kept harms nobody. */
void seam_proof_keep(const struct seam_model *model);

#endif /* SEAM_MODEL_PROOF_CACHE_H */
