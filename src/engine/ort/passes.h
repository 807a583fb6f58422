/* Networks that take a few numbers of all of the picture, cut where they do: one session of the
 * runtime for each pass over the picture. */
#ifndef SEAM_ORT_PASSES_H
#define SEAM_ORT_PASSES_H

#include "engine/ort/io.h"
#include "engine/ort/load.h"
#include "field/cut.h"

struct ort_session;
struct ort_call;

/* Tensors that are known of a network. */
#define ORT_MOST_KNOWN 128

struct ort_passes {
    const struct seam_cut *cuts;
    size_t n_cuts;
    OrtSession **networks; /* one for each; NULL: it runs in one */
    int count;
};

/*
 * Load the passes of a network whose file was taken already, and say of them in `facts`; `io` is
 * given the output they make. A network that has none, or none that pay or can be loaded, is left
 * as it is.
 */
enum seam_result seam_ort_passes_open(struct ort_passes *passes, struct ort_io *io,
                                      const struct ort_runtime *runtime,
                                      const struct seam_network *network,
                                      const struct ort_load *load, struct seam_facts *facts,
                                      struct seam_log *log) SEAM_NODISCARD;
void seam_ort_passes_close(struct ort_passes *passes, const OrtApi *api);

/* Run `call`, of which the image is set, and of the last pass the output, as the pass that io->pass
 * says, and sum up what it takes. */
enum seam_result seam_ort_pass_run(struct ort_session *session, struct ort_call *call,
                                   struct seam_engine_io *io, struct seam_log *log);

#endif /* SEAM_ORT_PASSES_H */
