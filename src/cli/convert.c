/* seamless convert: a network of any format as a file that other programs read. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "job/convert.h"

struct told {
    char *range, *noise;
    int scale;
    gboolean half, quiet;
    double level;
};

/* "sigma=0.1" */
static bool parse_noise(struct told *told)
{
    char *end = NULL;
    if (!told->noise)
        return true;
    if (g_str_has_prefix(told->noise, "sigma="))
        told->level = g_ascii_strtod(told->noise + strlen("sigma="), &end);
    if (end && end > told->noise + strlen("sigma=") && *end == '\0')
        return true;
    fprintf(stderr, "seamless: --input %s: expected sigma=NUMBER, such as sigma=0.1\n",
            told->noise);
    return false;
}

/* An exit code to leave with, or -1. */
static int parse(struct told *told, int *argc, char ***argv)
{
    const GOptionEntry entries[] = {
        { "half", 0, 0, G_OPTION_ARG_NONE, &told->half,
          "Weights as float16: half the file, other last bits", NULL },
        { "range", 0, 0, G_OPTION_ARG_STRING, &told->range,
          "Values of black and white, where its file is wrong", "LO..HI" },
        { "scale", 0, 0, G_OPTION_ARG_INT, &told->scale,
          "How much it enlarges, where its file leaves that open", "N" },
        { "input", 0, 0, G_OPTION_ARG_STRING, &told->noise,
          "Of networks for several levels of noise, this one", "sigma=LEVEL" },
        { "quiet", 'q', 0, G_OPTION_ARG_NONE, &told->quiet, "Say nothing but errors", NULL },
        { 0 },
    };
    struct seam_params params;
    GError *error = NULL;
    GOptionContext *context = g_option_context_new("NETWORK OUTPUT.onnx|OUTPUT.safetensors");
    g_option_context_set_summary(context, "Write a network of any format as ONNX, for pictures of "
                                          "any size, or its\nweights as safetensors. "
                                          "What is written gives the same bits as the network\n"
                                          "it was made of, and says where it came from.");
    g_option_context_set_description(
        context, "Examples:\n"
                 "  seamless convert 4x-UltraSharp.pth ultrasharp.onnx\n"
                 "  seamless convert realesr-animevideov3-x4.param anime.onnx --half\n"
                 "  seamless convert old.pth weights.safetensors\n");
    g_option_context_add_main_entries(context, entries, NULL);
    const bool ok = g_option_context_parse(context, argc, argv, &error);
    g_option_context_free(context);
    if (!ok) {
        fprintf(stderr, "seamless: %s; see '%s --help'\n", error->message, g_get_prgname());
        g_error_free(error);
        return EXIT_USAGE;
    }
    if (*argc != 3) {
        fprintf(stderr,
                "seamless: convert takes a network and an output; see 'seamless convert --help'\n");
        return EXIT_USAGE;
    }
    if (told->scale < 0 || told->scale > 16) {
        fprintf(stderr, "seamless: --scale %d: expected 1 to 16\n", told->scale);
        return EXIT_USAGE;
    }
    return cli_parse_range(told->range, &params) && parse_noise(told) ? -1 : EXIT_USAGE;
}

int cli_convert(int argc, char **argv)
{
    struct told told = { 0 };
    int code = parse(&told, &argc, &argv);
    if (code < 0) {
        struct seam_log log;
        const struct seam_convert_params params = { .half = told.half, .range = told.range,
                                                    .scale = told.scale,
                                                    .noise = told.noise ? &told.level : NULL };
        cli_log_init(&log, told.quiet ? SEAM_LOG_ERROR : SEAM_LOG_NOTICE);
        cli_signals_at_once(true); /* the old output is whole until the new one takes its place */
        code = cli_exit_code(seam_convert(argv[1], argv[2], &params, &log));
    }
    g_free(told.range);
    g_free(told.noise);
    return code;
}
