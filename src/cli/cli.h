/* The process edge: arguments, progress, signals, reports, exit codes. */
#ifndef SEAM_CLI_H
#define SEAM_CLI_H

#include <stdbool.h>

#include "seamless/vips.h"

#define EXIT_USAGE 2
#define EXIT_CANCELLED 130

/* Everything `seamless restore` is told, checked. */
struct cli_options {
    char **inputs; /* NULL at the end */
    char *output;
    char *model;
    struct seam_vips_params vips;
    struct seam_model_params model_params;
    GArray *model_inputs; /* of struct seam_model_input */
    int depth;            /* an enum seam_sample, or SEAM_AUTO: as the input */
    int page;
    char *format;
    bool allow_damaged, json, quiet, verbose;
};

/* Parse the arguments after `seamless restore`. Returns an exit code to leave with, or -1 to go on;
 * whatever had to be said is said. */
int cli_options_parse(struct cli_options *options, int argc, char **argv);
void cli_options_clear(struct cli_options *options);

/* The exit code of a failure. */
int cli_exit_code(enum seam_result result);

/* A log whose messages go to standard error as "seamless: warning: ...". */
void cli_log_init(struct seam_log *log, const struct cli_options *options);

/* Progress on standard error, if that is a terminal and nobody asked for quiet. */
struct cli_progress {
    bool shown;
    bool drawn; /* whether a line stands there that must be wiped */
    gint64 start, last; /* microseconds */
};

/* Between begin and end `progress` is on the terminal; wipe clears its line for a message. */
void cli_progress_begin(struct cli_progress *progress, const struct cli_options *options);
bool cli_progress_update(void *progress, const struct seam_progress *now);
void cli_progress_wipe(void);
void cli_progress_end(struct cli_progress *progress);

/* Ctrl-C and its like ask to stop; a second one stops at once. */
void cli_signals_init(void);
bool cli_cancelled(void);

/* What is said of one restored picture. */
struct cli_result {
    const char *input, *output;
    const struct seam_facts *facts;
    const struct seam_plan *plan;
    int64_t pages;
    int threads;
    double seconds;
};

void cli_report_text(const struct cli_result *result);
void cli_report_json(const struct cli_result *result);

int cli_restore(int argc, char **argv);

#endif /* SEAM_CLI_H */
