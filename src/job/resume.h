/* What a job that can go on keeps of one picture: the journal beside its output. */
#ifndef SEAM_JOB_RESUME_H
#define SEAM_JOB_RESUME_H

#include "base/cancel.h"
#include "files/load.h"
#include "files/save.h"

/* All NULL: nobody asked for it. */
struct seam_resume {
    struct seam_journal *journal;
    char *source; /* what tells the picture from any other */
};

/* Lock the journal of the output; from now on `save` puts what a killed run left to use. */
enum seam_result seam_resume_open(struct seam_resume *resume, struct seam_save *save,
                                 struct seam_log *log) SEAM_NODISCARD;

/* Read all of the picture's file for its checksum; it was opened as `params` say. */
enum seam_result seam_resume_source(struct seam_resume *resume,
                                    const struct seam_load_params *params,
                                    const struct seam_load *load,
                                    struct seam_log *log) SEAM_NODISCARD;

/* Whether there is room for the result, `out`, and for what the journal will hold: rows of what the
 * network makes, `made`. */
enum seam_result seam_resume_room(const struct seam_resume *resume, const struct seam_save *save,
                                 const VipsImage *out, const VipsImage *made,
                                 const struct seam_plan *plan,
                                 struct seam_log *log) SEAM_NODISCARD;

/* `done`: the result is in place, and the journal goes. */
void seam_resume_close(struct seam_resume *resume, bool done);

#endif /* SEAM_JOB_RESUME_H */
