#include <string.h>

#include "base/process.h"
#include "base/common.h"
#include "base/log.h"
#include "job/ledger.h"

/* What a lane may come to hold before its picture is planned: headers, libvips' threads. */
#define LANE_BYTES (64u << 20)
#define MOST_LANES 16

/* Whether its bits are those of any number of threads and bytes. */
static bool is_free(const struct seam_session *session, const struct seam_plan *plan)
{
    const bool left_alone = session->picked && strcmp(session->facts.engine, "null") == 0;
    return plan->passes <= 1 && (plan->rows || left_alone);
}

bool seam_ledger_may_share(const struct seam_session *session, const struct seam_job_report *r)
{
    return is_free(session, r->plan) && r->width * r->height * r->pages <= SEAM_LEDGER_PIXELS;
}

int seam_ledger_lanes(uint64_t memory, int threads)
{
    struct seam_machine machine;
    seam_machine_memory(&machine);
    const uint64_t budget = memory ? memory : machine.resident + machine.available / 4;
    const uint64_t room = budget > machine.resident ? budget - machine.resident : 0;
    return (int)seam_min(seam_min(threads, MOST_LANES), (int64_t)(room / LANE_BYTES));
}

enum seam_result seam_ledger_take(const struct seam_session *session, const struct seam_plan *plan,
                                  uint64_t *bytes, uint64_t *others, struct seam_log *log)
{
    struct seam_ledger *ledger = session->ledger;
    const uint64_t own = plan->peak_bytes - plan->base_bytes;
    pthread_mutex_lock(&ledger->lock);
    /* What others hold by now is counted as held, and once more as what they may take. */
    const bool fits =
        is_free(session, plan) && plan->peak_bytes + ledger->taken <= plan->budget_bytes;
    *others = ledger->taken;
    *bytes = fits ? own : 0;
    ledger->taken += *bytes;
    pthread_mutex_unlock(&ledger->lock);
    return fits ? SEAM_OK
                : seam_log_fail(log, SEAM_ERROR_MEMORY, "no room for it beside other pictures");
}

void seam_ledger_give(struct seam_ledger *ledger, uint64_t bytes)
{
    pthread_mutex_lock(&ledger->lock);
    ledger->taken -= bytes;
    pthread_mutex_unlock(&ledger->lock);
}
