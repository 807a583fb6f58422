/* What tells one network from another. */
#ifndef SEAM_MODEL_IDENTITY_H
#define SEAM_MODEL_IDENTITY_H

#include "seamless/seamless.h"

/* A checksum of the settings that decide what a network puts out: of its output, of the values of
 * its other inputs, of its layout and alignment. Threads decide nothing. */
uint64_t seam_settings_checksum(const struct seam_model_params *params);

/* A checksum of the file `name`, false where it cannot be read; or of the name of an engine's own
 * network. */
bool seam_network_checksum(const char *name, bool is_file, uint64_t *sum);

#endif /* SEAM_MODEL_IDENTITY_H */
