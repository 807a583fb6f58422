/* The memory that is promised to pictures which are restored at the same time. */
#ifndef SEAM_LEDGER_H
#define SEAM_LEDGER_H

#include <pthread.h>

#include "job/session.h"
#include "seamless/job.h"

/* A picture of more pixels is worth the threads and the memory of the whole process. */
#define SEAM_LEDGER_PIXELS 2000000

struct seam_ledger {
    pthread_mutex_t lock;
    uint64_t taken; /* bytes that pictures in the making may come to hold */
};

/* Take *bytes of the session's ledger: what `plan` is to hold beyond what the process held when it
 * was made, of a picture that streams through the network by rows in one pass, or that is left as
 * it is, and so has the same bits however few threads and however much memory it has. *others is
 * what was taken before. SEAM_ERROR_MEMORY where it is another picture, or the budget does not hold
 * it beside the others: it must be restored alone. */
enum seam_result seam_ledger_take(const struct seam_session *session, const struct seam_plan *plan,
                                  uint64_t *bytes, uint64_t *others,
                                  struct seam_log *log) SEAM_NODISCARD;
/* Whether the picture of this report was such a one. */
bool seam_ledger_may_share(const struct seam_session *session,
                           const struct seam_job_report *report);

/* How many pictures a budget (0: of the machine) holds beside what the process holds now, at most
 * one a thread: only where there is plenty, as a budget is a wall. */
int seam_ledger_lanes(uint64_t memory, int threads);

void seam_ledger_give(struct seam_ledger *ledger, uint64_t bytes);

#endif /* SEAM_LEDGER_H */
