/* Which pictures of a batch that can go on are done: a list in the folder of their outputs, so that
 * the same command skips them. */
#ifndef SEAM_FINISHED_H
#define SEAM_FINISHED_H

#include "job/pairs.h"
#include "job/session.h"

/* All zero: nobody asked for it. */
struct seam_finished {
    char *path;
    uint64_t settings; /* checksum of all but the pictures that decides a result */
    GHashTable *done;  /* of keys */
    bool torn;         /* its last line has no end */
};

/* Read the list in the folder of `pairs`, if `params` want one; there may be none. One that cannot
 * be read costs time too, and is warned of. */
void seam_finished_open(struct seam_finished *finished, const struct seam_pairs *pairs,
                        const struct seam_job_params *params, const struct seam_session *session,
                        struct seam_log *log);

/* Whether this picture was done by such a run, and neither file has changed since. */
bool seam_finished_has(const struct seam_finished *finished, const struct seam_pair *pair);

/* Remember which file the input is, before it is read. */
void seam_finished_see(const struct seam_finished *finished, struct seam_pair *pair);

/* The output is in place. An input that is another than was seen is not finished. A list that
 * cannot be written costs time, not a result. */
void seam_finished_add(struct seam_finished *finished, const struct seam_pair *pair,
                      struct seam_log *log);

/* `all`: every picture is done, and the list goes. */
void seam_finished_close(struct seam_finished *finished, bool all);

#endif /* SEAM_FINISHED_H */
