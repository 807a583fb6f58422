#include "job/session.h"

void seam_session_begin(struct seam_session *session, struct seam_model *model, int threads)
{
    struct seam_machine machine;
    *session = (struct seam_session){ .model = model, .threads = threads };
    seam_model_describe(model, &session->facts);
    if (threads > 0)
        return;
    seam_machine_measure(&machine);
    session->threads = machine.cpus;
}

void seam_session_measure(struct seam_session *session, uint64_t memory, double pixels,
                          const struct seam_cancel *cancel, struct seam_log *log)
{
    struct seam_measure_params params;
    if (session->ledger)
        return;
    seam_measure_params_init(&params);
    if (cancel) {
        params.cancelled = cancel->asked;
        params.opaque = cancel->opaque;
    }
    params.memory = memory;
    params.pixels = pixels;
    seam_model_measure(session->model, &params, log);
    seam_model_describe(session->model, &session->facts);
}
