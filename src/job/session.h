/* A model at work on pictures, and what is found out about it on the way. */
#ifndef SEAM_SESSION_H
#define SEAM_SESSION_H

#include "base/cancel.h"
#include "seamless/seamless.h"

struct seam_ledger;

struct seam_session {
    struct seam_model *model; /* not owned */
    struct seam_facts facts;
    struct seam_reach reach;  /* of the first picture that needed it; width 0: not measured */
    int threads;
    bool picked;              /* the model was, for the picture: see struct seam_job_params */
    struct seam_ledger *ledger; /* of pictures that are restored at the same time; NULL: there is
                                   one at a time, and it is tried what tiles cost */
};

/* `threads`: 0 is one per CPU. */
void seam_session_begin(struct seam_session *session, struct seam_model *model, int threads);

/* Let trial runs tell what tiles cost, in a few per cent of the time that a picture of so many
 * pixels takes; 0: as they like. `memory` is the budget, and `cancel` (may be NULL) ends them.
 * session->facts has what they found. */
void seam_session_measure(struct seam_session *session, uint64_t memory, double pixels,
                          const struct seam_cancel *cancel, struct seam_log *log);

#endif /* SEAM_SESSION_H */
