/* The size that somebody wants, as it is told on the command line. */
#ifndef SEAM_CLI_SIZES_H
#define SEAM_CLI_SIZES_H

#include "cli/option_groups.h"

/* Read --size, --scale, --max-side, --megapixels, --dpi, --print, --passes and --region. False, and
 * said, where one is not understood. */
bool cli_parse_sizes(struct cli_options *options, const struct cli_raw *raw);

#endif /* SEAM_CLI_SIZES_H */
