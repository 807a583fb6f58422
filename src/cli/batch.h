/* Which pictures go where: names, folders and lists become pairs, checked before the first is read. */
#ifndef SEAM_CLI_BATCH_H
#define SEAM_CLI_BATCH_H

#include "cli/cli.h"

struct cli_job {
    char *input, *output;
};

/* All jobs of one run. */
struct cli_batch {
    GArray *jobs; /* of struct cli_job */
    bool several; /* asked for as such, even where it is one picture */
    char *folder; /* where their outputs lie; NULL where one is to go to standard output */
};

/*
 * Take the inputs, folders and lists of `options` apart and give each picture its output. Errors:
 * SEAM_ERROR_ARGUMENT where two would go to one file, or one over an input; SEAM_ERROR_IO where a
 * folder or a list cannot be read, or holds nothing.
 */
enum seam_result cli_batch_open(struct cli_batch *batch, const struct cli_options *options,
                                struct seam_log *log) SEAM_NODISCARD;
void cli_batch_close(struct cli_batch *batch);

#endif /* SEAM_CLI_BATCH_H */
