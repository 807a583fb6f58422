/* The process edge: arguments, progress, signals, reports, exit codes. */
#ifndef SEAM_CLI_H
#define SEAM_CLI_H

#include <stdbool.h>
#include <stdio.h>

#include "base/cancel.h"
#include "job/reach.h"
#include "job/session.h"
#include "seamless/job.h"

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
    struct seam_params params;
    int transfer; /* an enum seam_transfer, or SEAM_AUTO */
    struct seam_model_params model_params;
    GArray *model_inputs; /* of struct seam_model_input */
    int page;
    struct seam_size size; /* of restore and plan */
    struct seam_region region; /* of restore and plan; width 0: the whole picture */
    int passes;
    enum seam_colour colour; /* of restore and plan */
    char *format;
    char *nodata;  /* of restore and plan; NULL: auto */
    char *mask;    /* of restore; NULL: none */
    char *svg;     /* of plan */
    char *heatmap; /* of check */
    int64_t crop;  /* of check: side of the square that is looked at */
    char **include, **exclude; /* of restore; NULL: none */
    bool resume, recursive, skip_existing, newer, preserve, dry_run, strip,
        preview; /* of restore */
    bool allow_damaged, json, quiet, verbose;
};

/* Parse the arguments after `seamless COMMAND`. Returns an exit code to leave with, or -1 to go on;
 * whatever had to be said is said. */
int cli_options_parse(struct cli_options *options, enum cli_command command, int argc,
                      char **argv);
void cli_options_clear(struct cli_options *options);

/* The same for a command that lists something, and takes --json, and `more` (NULL: no more). */
int cli_list_parse(const char *command, const char *summary, const GOptionEntry *more, int argc,
                   char **argv, bool *as_json);

/* Megapixels a second of a small network on a device, or on "cpu"; 0, and said in the log: it
 * cannot, or does it wrongly. */
double cli_device_rate(const char *device, enum seam_precision precision, struct seam_log *log);

/* The precision that is asked for; instead of auto what the results' depth, by their names or
 * --depth, leaves open. */
int64_t cli_choose_precision(const struct cli_options *options, int64_t asked);

/* Pixels of all pictures, taken to be like the first, where --device leaves open who runs the
 * network; 0: not known, or nobody asks. `first` may be NULL. */
double cli_expect_pixels(const struct cli_options *options, const char *first, size_t count);

/* "0..255"; NULL leaves the range to the model. False, and said, where it is none. */
bool cli_parse_range(const char *text, struct seam_params *params);

/* The exit code of a failure. */
int cli_exit_code(enum seam_result result);

/* A log whose messages of up to `level` go to standard error as "seamless: warning: ...". */
void cli_log_init(struct seam_log *log, enum seam_log_level level);

/* From here on nothing that GLib and libvips say by themselves reaches the user unasked. */
void cli_glib_init(void);

/* Let -v, or --allow-damaged, show it; the options must outlive the command. */
void cli_glib_show(const struct cli_options *options);

/* Whether libvips was refused memory while it began; that is said. */
bool cli_glib_refused(void);

/* How much the options let be said. */
enum seam_log_level cli_log_level(const struct cli_options *options);

/* Progress on standard error, unless somebody asked for quiet: one line of a terminal, which is
 * drawn again and again; elsewhere a line of a log now and then. */
struct cli_progress {
    bool shown;          /* on a terminal */
    bool logged;         /* elsewhere */
    gint64 log_interval; /* microseconds between two lines */
    size_t picture, pictures; /* which of how many */
    const char *name;         /* of the picture, without its folder; lives until the next */
    gint64 begin;             /* of the batch, microseconds */
    bool drawn; /* whether a line stands there that must be wiped */
    gint64 start, last; /* microseconds; `last`: of the last drawing */
    gint64 told;        /* likewise, of the last line of a log */
    int64_t begun;      /* tiles that were done before this run; SEAM_AUTO: not known yet */
};

/* Between begin and end `progress` is on the terminal; wipe clears its line for a message. An
 * update of which nothing is done begins the next picture. */
void cli_progress_begin(struct cli_progress *progress, const struct cli_options *options);
bool cli_progress_update(void *progress, const struct seam_progress *now);
void cli_progress_wipe(void);
void cli_progress_end(struct cli_progress *progress);

/* What something will take, in words: "about 12 s", "about 25 minutes", "under 0.01 s". */
void cli_print_duration(char *text, size_t size, double seconds);

/* Ctrl-C and its like ask to stop; a second one stops at once, and the first does where nothing has
 * begun that anybody would miss: while a network is read, tried and proved, which no callback
 * can break off. */
void cli_signals_init(void);
void cli_signals_at_once(bool on);
/* What goes to standard output when a signal ends the command at once; NULL: nothing. Not
 * copied. */
void cli_signals_say(const char *text);
bool cli_cancelled(void);
extern const struct seam_cancel cli_cancel;

/* What became of a picture that was restored, on standard error; how and within what memory, where
 * details are asked for. */
void cli_report_text(const struct seam_job_report *report, bool details);

/* What would be done of one, on standard output. */
void cli_report_planned(const struct seam_job_report *report);

/* Whether line `i` of the result, along `axis`, is the first of a core, and not of the picture. */
bool cli_begins_core(const struct seam_axis *axis, const struct seam_plan *plan, int64_t i);
/* A picture of where two results of a plan, as floats pixel by pixel, differ. Errors:
 * SEAM_ERROR_MEMORY, SEAM_ERROR_IO. */
enum seam_result cli_heatmap_write(const char *path, const struct seam_plan *plan,
                                   const float *tiled, const float *whole,
                                   struct seam_log *log) SEAM_NODISCARD;

/* Draw a plan, to scale: cores, one target with its halo, the ramps. */
enum seam_result cli_svg_write(const char *path, const struct seam_plan *plan,
                               struct seam_log *log) SEAM_NODISCARD;

/* What is freed goes back to the system: the C library would raise its threshold for mapped blocks
 * to the largest ever freed, and keep a heap for every thread. */
void cli_heap_keep_little(void);
/* For many pictures, one after the other, what is freed serves the next: to map it anew for each
 * took a quarter of the time of small ones. `budget` in bytes, 0: none is stated; in a small one
 * little is kept all the same. */
void cli_heap_keep_more(uint64_t budget);

/* Open the model that the options name, for `count` pictures of which one lies at `first`; NULL:
 * none is known. */
enum seam_result cli_session_open(struct seam_session *session, struct cli_options *options,
                                  const char *first, size_t count,
                                  struct seam_log *log) SEAM_NODISCARD;
void cli_session_close(struct seam_session *session);

/* Whether each picture is to be looked at, and the name of the built-in network that one asks for,
 * said and why. Static storage. */
bool cli_is_auto(const struct cli_options *options);
const char *cli_choose(const struct cli_options *options, const char *input, struct seam_log *log);

/* Models that pictures of a batch asked for, opened as they are met. */
#define CLI_MOST_CHOSEN 5
struct cli_chosen {
    const char *names[CLI_MOST_CHOSEN]; /* NULL: not opened */
    struct seam_model *models[CLI_MOST_CHOSEN];
};

/* The one of that name, if it is open. */
struct seam_model *cli_chosen_open(const struct cli_chosen *chosen, const char *name);
/* NULL, and said, where it does not open. */
struct seam_model *cli_chosen_model(struct cli_chosen *chosen, const struct cli_options *options,
                                    const char *name, struct seam_log *log);
void cli_chosen_close(struct cli_chosen *chosen);

/* What the first word may be; ends with a name of NULL. */
struct cli_entry {
    const char *name;
    int (*run)(int argc, char **argv); /* argv[0] is the name */
    const char *purpose;
    enum cli_command options; /* that it shares with others; 0: it takes files alone */
};

extern const struct cli_entry cli_commands[];

/* What 'seamless help TOPIC' explains. Print the names, each with what it is about; one of the
 * names, NULL at the end; print one, false where there is none of that name; the nearest name, or
 * NULL. Static storage. */
void cli_topics_list(FILE *to);
const char *cli_topic_name(size_t i);
bool cli_topic_print(const char *name);
const char *cli_topic_near(const char *name);

int cli_plan(int argc, char **argv);
int cli_check(int argc, char **argv);
int cli_completions(int argc, char **argv);
int cli_convert(int argc, char **argv);
int cli_devices(int argc, char **argv);
int cli_info(int argc, char **argv);
int cli_models(int argc, char **argv);
int cli_restore(int argc, char **argv);

#endif /* SEAM_CLI_H */
