/* Which pictures of a batch with --resume are done: a list in the folder of their outputs, so that the
 * same command skips them. */
#ifndef SEAM_CLI_FINISHED_H
#define SEAM_CLI_FINISHED_H

#include "cli/batch.h"

/* All zero: nobody asked for it. */
struct cli_finished {
    char *path;
    uint64_t settings; /* checksum of all but the pictures that decides a result */
    GHashTable *done;  /* of keys */
};

/* Read the list in the folder of `batch`, if there is one. */
void cli_finished_open(struct cli_finished *finished, const struct cli_batch *batch,
                       const struct cli_options *options, const struct cli_session *session);

/* Whether this job was done by such a run, and neither file has changed since. */
bool cli_finished_has(const struct cli_finished *finished, const struct cli_job *job);

/* The output is in place. A list that cannot be written costs time, not a result. */
void cli_finished_add(struct cli_finished *finished, const struct cli_job *job,
                      struct seam_log *log);

/* `all`: every picture is done, and the list goes. */
void cli_finished_close(struct cli_finished *finished, bool all);

#endif /* SEAM_CLI_FINISHED_H */
