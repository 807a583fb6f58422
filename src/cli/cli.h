/* The process edge: arguments, progress, signals, reports, exit codes. */
#ifndef SEAM_CLI_H
#define SEAM_CLI_H

#include <stdbool.h>

#include "libvips/crop.h"
#include "files/load.h"
#include "seamless/vips.h"

#define EXIT_USAGE 2
#define EXIT_CANCELLED 130

/* What the commands that take a picture and a model have in common; a set of them is a mask. */
enum cli_command {
    CLI_RESTORE = 1,
    CLI_PLAN = 2,
    CLI_CHECK = 4,
};

/* Everything such a command is told, checked. */
struct cli_options {
    char **inputs; /* NULL at the end */
    char *files_from; /* of restore: a list of more inputs; NULL: none */
    char *output;  /* of restore */
    char *model;
    struct seam_vips_params vips;
    struct seam_model_params model_params;
    GArray *model_inputs; /* of struct seam_model_input */
    int depth;            /* an enum seam_sample, or SEAM_AUTO: as the input */
    int page;
    char *format;
    char *svg;     /* of plan */
    char *heatmap; /* of check */
    int64_t crop;  /* of check: side of the square that is looked at */
    bool resume;   /* of restore */
    bool allow_damaged, json, quiet, verbose;
};

/* Parse the arguments after `seamless COMMAND`. Returns an exit code to leave with, or -1 to go on;
 * whatever had to be said is said. */
int cli_options_parse(struct cli_options *options, enum cli_command command, int argc,
                      char **argv);
void cli_options_clear(struct cli_options *options);

/* "0..255"; NULL leaves the range to the model. False, and said, where it is none. */
bool cli_parse_range(const char *text, struct seam_params *params);

/* The exit code of a failure. */
int cli_exit_code(enum seam_result result);

/* A log whose messages of up to `level` go to standard error as "seamless: warning: ...". */
void cli_log_init(struct seam_log *log, enum seam_log_level level);

/* How much the options let be said. */
enum seam_log_level cli_log_level(const struct cli_options *options);

/* Progress on standard error, if that is a terminal and nobody asked for quiet. */
struct cli_progress {
    bool shown;
    bool drawn; /* whether a line stands there that must be wiped */
    gint64 start, last; /* microseconds */
    int64_t begun;      /* tiles that were done before this run; SEAM_AUTO: not known yet */
};

/* Between begin and end `progress` is on the terminal; wipe clears its line for a message. */
void cli_progress_begin(struct cli_progress *progress, const struct cli_options *options);
bool cli_progress_update(void *progress, const struct seam_progress *now);
void cli_progress_wipe(void);
void cli_progress_end(struct cli_progress *progress);

/* Ctrl-C and its like ask to stop; a second one stops at once. */
void cli_signals_init(void);
bool cli_cancelled(void);

/* What is said of one picture, restored or only planned. */
struct cli_result {
    const char *input, *output;
    const struct seam_model *model;
    const struct seam_facts *facts;
    const struct seam_plan *plan;
    int64_t pages;
    int64_t resumed_rows; /* of the output, that an earlier run had finished */
    int threads;
    double seconds;   /* taken, or expected */
    uint64_t reached; /* bytes that the process had held when it began */
};

void cli_report_text(const struct cli_result *result);

/* One line, one object. `planned`: the seconds are an estimate, and nothing was measured. */
void cli_report_json(const struct cli_result *result, bool planned);

/* The nodes that no halo makes exact, as a list of objects. */
struct json;
void cli_json_unbounded(struct json *o, const struct seam_model *model, const struct seam_facts *facts);

/* Draw a plan, to scale: cores, one target with its halo, the ramps. */
enum seam_result cli_svg_write(const char *path, const struct seam_plan *plan,
                               struct seam_log *log) SEAM_NODISCARD;

/* A command's model and machine. */
struct cli_session {
    struct seam_model *model;
    struct seam_facts facts;
    struct seam_reach reach; /* of the first picture that needed it; width 0: not measured */
    int threads;
};

enum seam_result cli_session_open(struct cli_session *session, struct cli_options *options,
                                  struct seam_log *log) SEAM_NODISCARD;

/* Let trial runs tell what tiles cost, in a few per cent of the time that a picture of so many pixels
 * takes; 0: as they like. session->facts has what they found. */
void cli_session_measure(struct cli_session *session, const struct cli_options *options,
                         double pixels, struct seam_log *log);
void cli_session_close(struct cli_session *session);

/* Side of the crop on which the reach is measured, in pixels: what the runs take fits the budget, in
 * bytes (0: what the machine can spare). */
int64_t cli_reach_side(const struct seam_facts *facts, uint64_t budget);

/* Measure how far the network sees, if the plan for the picture in `load`, which was opened as
 * `input`, needs it and it was not measured for another: params->params.reach becomes what is found.
 * A second look is taken at the file; `load` is not read. */
enum seam_result cli_reach(struct cli_session *session, const struct seam_load *load,
                           const char *input, struct seam_vips_params *params,
                           struct seam_log *log) SEAM_NODISCARD;

/* Likewise for a picture that is in memory. */
enum seam_result cli_reach_crop(struct cli_session *session, const struct seam_crop *crop,
                                struct seam_params *params, struct seam_log *log) SEAM_NODISCARD;

/* Say so where the plan's halo does not make the result exact, and why. */
void cli_halo_notice(const struct cli_session *session, const struct seam_plan *plan,
                     struct seam_log *log);

int cli_plan(int argc, char **argv);
int cli_check(int argc, char **argv);
int cli_info(int argc, char **argv);
int cli_models(int argc, char **argv);
int cli_restore(int argc, char **argv);

#endif /* SEAM_CLI_H */
