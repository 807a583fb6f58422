/* How far a network sees, where a plan has to know: measured on the middle of the user's
 * picture. */
#ifndef SEAM_JOB_REACH_H
#define SEAM_JOB_REACH_H

#include "files/load.h"
#include "job/session.h"
#include "libvips/crop.h"
#include "seamless/vips.h"

/* Side of the crop on which the reach is measured, in pixels: what the runs take fits the budget,
 * in bytes (0: what the machine can spare). */
int64_t seam_reach_side(const struct seam_facts *facts, uint64_t budget);

/* Measure how far the network sees, if the plan for the picture in `load`, which was opened as
 * `input`, needs it and it was not measured for another: params->params.reach becomes what is
 * found. A second look is taken at the file, which `cancel` (may be NULL) ends; `load` is not
 * read. */
enum seam_result seam_session_reach(struct seam_session *session, const struct seam_load *load,
                                    const char *input, struct seam_vips_params *params,
                                    const struct seam_cancel *cancel,
                                    struct seam_log *log) SEAM_NODISCARD;

/* Likewise for a picture that is in memory. */
enum seam_result seam_session_reach_crop(struct seam_session *session, const struct seam_crop *crop,
                                         struct seam_params *params,
                                         struct seam_log *log) SEAM_NODISCARD;

/* Say so where the plan's halo does not make the result exact, and why. */
void seam_halo_notice(const struct seam_session *session, const struct seam_plan *plan,
                      struct seam_log *log);

#endif /* SEAM_JOB_REACH_H */
