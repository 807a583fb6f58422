/* What --resume keeps of one picture: the journal beside its output. */
#ifndef SEAM_CLI_RESUME_H
#define SEAM_CLI_RESUME_H

#include "cli/cli.h"
#include "files/load.h"
#include "files/save.h"

/* All NULL: nobody asked for it. */
struct cli_resume {
    struct seam_journal *journal;
    char *source; /* what tells the picture from any other */
};

/* Lock the journal of the output; from now on `save` puts what a killed run left to use. */
enum seam_result cli_resume_open(struct cli_resume *resume, struct seam_save *save,
                                 struct seam_log *log) SEAM_NODISCARD;

/* Read all of the picture's file for its checksum. */
enum seam_result cli_resume_source(struct cli_resume *resume, const struct cli_options *options,
                                   const char *input, const struct seam_load *load,
                                   struct seam_log *log) SEAM_NODISCARD;

/* Whether there is room for the result and what the journal will hold. */
enum seam_result cli_resume_room(const struct cli_resume *resume, const struct seam_save *save,
                                 const VipsImage *out, const struct seam_plan *plan,
                                 struct seam_log *log) SEAM_NODISCARD;

/* `done`: the result is in place, and the journal goes. */
void cli_resume_close(struct cli_resume *resume, bool done);

#endif /* SEAM_CLI_RESUME_H */
