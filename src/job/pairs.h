/* Which pictures go where: names, folders and lists become pairs, checked before the first is
 * read. */
#ifndef SEAM_PAIRS_H
#define SEAM_PAIRS_H

#include <glib.h>

#include "seamless/job.h"

struct seam_pair {
    char *input, *output;
    char *below; /* its folder, from the one that was named; "" there */
    uint64_t seen; /* which file the input was when its job began, as seam_finished_see() has it */
};

/* All pictures of one run. */
struct seam_pairs {
    GArray *list; /* of struct seam_pair */
    GPtrArray *passed; /* names of files in folders that are named as pictures and cannot be read */
    bool several; /* asked for as such, even where it is one picture */
    bool pattern; /* their outputs are named after them, in folders that are made */
    char *folder; /* where their outputs lie; NULL where one is to go to standard output */
};

/*
 * Take the inputs, folders and the list of `params` apart and give each picture its output. Errors:
 * SEAM_ERROR_ARGUMENT where two would go to one file, or one over an input; SEAM_ERROR_IO where a
 * folder or a list cannot be read, or holds nothing.
 */
enum seam_result seam_pairs_open(struct seam_pairs *pairs, const struct seam_batch_params *params,
                                struct seam_log *log) SEAM_NODISCARD;
void seam_pairs_close(struct seam_pairs *pairs);

#endif /* SEAM_PAIRS_H */
