/* -m auto: the network that each picture asks for. */
#include <string.h>

#include "base/log.h"
#include "cli/cli.h"
#include "files/cut.h"
#include "job/look.h"
#include "job/shape.h"

/* Less is made by resampling alone, and what twice the size lacks too. */
#define LEAST_TIMES 1.1
#define MOST_OF_TWO 2.2

bool cli_is_auto(const struct cli_options *options)
{
    return strcmp(options->model, "auto") == 0;
}

/* The network that enlarges a picture to the size asked for; NULL where it need not. */
static const char *choose_by_size(const struct cli_options *options, const char *input,
                                  struct seam_log *log)
{
    const struct seam_facts same = { .scale_num = 1, .scale_den = 1, .name = "" };
    struct seam_job_params wish;
    struct seam_shape shape;
    struct seam_log quiet;
    int64_t width, height;
    if (!seam_size_is_asked(&options->size) || strcmp(input, "-") == 0)
        return NULL;
    seam_log_init(&quiet);
    seam_job_params_init(&wish);
    wish.size = &options->size;
    wish.page = options->page;
    wish.allow_damaged = options->allow_damaged;
    wish.params = &options->params;
    if (seam_look_at_size(input, &wish, &width, &height, &quiet) != SEAM_OK ||
        seam_shape_make(&shape, &wish, &same, width, height, &quiet) != SEAM_OK)
        return NULL;
    const double times =
        MAX((double)shape.width / (double)width, (double)shape.height / (double)height);
    if (times < LEAST_TIMES)
        return NULL;
    const char *name = times < MOST_OF_TWO ? "upscale2x" : "upscale4x";
    seam_notice(log, "%s goes through %s: %lld x %lld is %.3g times its size", input, name,
                (long long)shape.width, (long long)shape.height, times);
    return name;
}

/* Whether its restoration will end in an error that is seen already: then nothing is said of what
 * it goes through. */
static bool is_cut(const struct cli_options *options, const char *input)
{
    return !options->allow_damaged && strcmp(input, "-") != 0 &&
           seam_file_is_cut(input, options->page);
}

const char *cli_choose(const struct cli_options *options, const char *input, struct seam_log *log)
{
    struct seam_choice choice;
    struct seam_log quiet;
    if (is_cut(options, input))
        return SEAM_DEFAULT_MODEL;
    const char *larger = choose_by_size(options, input, log);
    if (larger)
        return larger;
    seam_log_init(&quiet);
    if (seam_look_at_file(&choice, input, options->transfer, options->allow_damaged, &cli_cancel,
                          &quiet) != SEAM_OK) {
        if (strcmp(input, "-") == 0)
            seam_notice(log, "standard input is read once: not looked at, " SEAM_DEFAULT_MODEL
                             " restores it");
        /* Of what is wrong with a file, its restoration will tell. */
        return SEAM_DEFAULT_MODEL;
    }
    if (strcmp(choice.network, "null") == 0)
        seam_notice(log, "%s is left as it is: %s", input, choice.reason);
    else
        seam_notice(log, "%s goes through %s: %s", input, choice.network, choice.reason);
    return choice.network;
}

static size_t place_of(const struct cli_chosen *chosen, const char *name)
{
    size_t i = 0;
    while (i < CLI_MOST_CHOSEN - 1 && chosen->names[i] && strcmp(chosen->names[i], name) != 0)
        i++;
    return i;
}

struct seam_model *cli_chosen_open(const struct cli_chosen *chosen, const char *name)
{
    const size_t i = place_of(chosen, name);
    return chosen->names[i] ? chosen->models[i] : NULL;
}

struct seam_model *cli_chosen_model(struct cli_chosen *chosen, const struct cli_options *options,
                                    const char *name, struct seam_log *log)
{
    struct seam_model_params params = options->model_params;
    const size_t i = place_of(chosen, name);
    if (strcmp(name, "null") == 0) {    /* what leaves a picture alone is no network that one could
                                           tell how */
        params.engine = SEAM_ENGINE_AUTO;
        params.input_count = 0;
    }
    /* Of those that are built in one was taught to remove more. */
    if (strcmp(name, SEAM_DEFAULT_MODEL) != 0 && params.stronger > 0) {
        params.stronger = 0;
        if (!chosen->names[i] && strcmp(name, "null") != 0)
            seam_notice(log, "a strength above 1 is for " SEAM_DEFAULT_MODEL ": for %s it is 1",
                        name);
    }
    if (!chosen->names[i] && seam_model_open(&chosen->models[i], name, &params, log) == SEAM_OK)
        chosen->names[i] = name;
    return chosen->models[i];
}

void cli_chosen_close(struct cli_chosen *chosen)
{
    for (size_t i = 0; i < CLI_MOST_CHOSEN; i++)
        seam_model_close(&chosen->models[i]);
}
