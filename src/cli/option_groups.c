#include <stdio.h>
#include <string.h>

#include "base/near.h"
#include "cli/option_groups.h"

/* What differs between the commands that share these options. */
struct text {
    enum cli_command command;
    const char *arguments, *summary, *examples;
};

static const struct text texts[] = {
    { CLI_RESTORE, "INPUT... OUTPUT",
      "Restore a picture of any size with a neural network, tile by tile, without a seam.\n"
      "\n"
      "INPUT is anything libvips reads, or a folder of such; - is standard input. OUTPUT is "
      "anything\n"
      "libvips writes, with its options in brackets; - is standard output. With several inputs it "
      "is a\n"
      "folder, or a name with {name} in it, which becomes each input's without folder and suffix.\n"
      "Depth, alpha, profile, metadata and pages are kept unless an option says otherwise.",
      "Examples:\n"
      "  seamless restore photo.jpg restored.png\n"
      "  seamless restore -m upscaler.onnx scan.tif 'out.tif[compression=zstd,tile]'\n"
      "  seamless restore -m denoiser.onnx --input sigma=0.1 *.jpg restored/\n"
      "  seamless restore --resume scans/ 'restored/{name}.tif[compression=zstd]'\n"
      "  find . -name '*.jpg' -print0 | seamless restore --files-from - restored/\n"
      "  seamless restore -m net.onnx --tile 256 --halo 48 --memory 2G huge.tif out.tif\n"
      "  curl -s URL | seamless restore - - > restored.png\n"
      "\n"
      "Exit status: 0 restored, 1 failed, 2 wrong usage, 130 cancelled." },
    { CLI_PLAN, "INPUT",
      "Say everything that 'seamless restore' would decide, without restoring: tiles, halo, "
      "overlap,\n"
      "whether the result is exact, memory by its parts, time. The model is loaded and tried on "
      "small\n"
      "sizes; of the picture only the header is read.",
      "Examples:\n"
      "  seamless plan -m net.onnx scan.tif\n"
      "  seamless plan -m net.onnx --memory 4G scan.tif --svg plan.svg\n"
      "  seamless plan scan.tif --json | python3 -m json.tool\n"
      "\n"
      "Exit status: 0 there is a plan, 1 failed, 2 wrong usage." },
    { CLI_CHECK, "INPUT",
      "Prove it on your own picture: restore the middle of it in tiles and in one piece, and "
      "compare\n"
      "before rounding. Tiles are a third of the crop unless --tile says otherwise.",
      "Examples:\n"
      "  seamless check -m net.onnx photo.jpg\n"
      "  seamless check -m net.onnx --halo 8 photo.jpg --heatmap where.png\n"
      "\n"
      "Exit status: 0 exactness holds where it was promised, 1 it does not, or failed, 2 wrong "
      "usage." },
};

static void add_model(GOptionContext *context, struct cli_raw *r)
{
    const GOptionEntry entries[] = {
        { "model", 'm', 0, G_OPTION_ARG_FILENAME, &r->model,
          "File of a network, auto, or built-in one (default auto)", "MODEL" },
        { "strength", 0, 0, G_OPTION_ARG_STRING, &r->strength,
          "How much of the restoration is laid over the picture, 0 to 1 (default 1)", "S" },
        { "input", 0, 0, G_OPTION_ARG_STRING_ARRAY, &r->inputs,
          "Value of an extra input of the network, such as sigma=0.1; may be repeated",
          "NAME=VALUE" },
        { "picture-input", 0, 0, G_OPTION_ARG_STRING, &r->picture,
          "Input of the network that takes the picture (default: the first that can)", "NAME" },
        { "output", 0, 0, G_OPTION_ARG_STRING, &r->output,
          "Output of the network to take (default: the largest picture)", "NAME" },
        { "range", 0, 0, G_OPTION_ARG_STRING, &r->range,
          "The network's values of black and white (default 0..1)", "LO..HI" },
        { "order", 0, 0, G_OPTION_ARG_STRING, &r->order,
          "Order of its colour channels: rgb (default) or bgr", "ORDER" },
        { "engine", 0, 0, G_OPTION_ARG_STRING, &r->engine,
          "What runs the network: auto (default), native (rows, without halo) or ort", "ENGINE" },
        { "layout", 0, 0, G_OPTION_ARG_STRING, &r->layout,
          "Layout of its tensors: auto (default), nchw or nhwc", "LAYOUT" },
        { "align", 0, 0, G_OPTION_ARG_INT, &r->align,
          "Tile sizes and origins are multiples of N (default: found by trying)", "N" },
        { "luma", 0, 0, G_OPTION_ARG_STRING, &r->luma,
          "Colour through a one-channel network: full (default) or studio luma, or each band",
          "KIND" },
        { 0 },
    };
    g_option_context_add_main_entries(context, entries, NULL);
}

static void add_tiles(GOptionContext *context, struct cli_raw *r)
{
    const GOptionEntry entries[] = {
        { "tile", 0, 0, G_OPTION_ARG_STRING, &r->tile,
          "Tile size in pixels, without halo (default auto: by cost)", "N|WxH" },
        { "halo", 0, 0, G_OPTION_ARG_STRING, &r->halo,
          "Pixels of context around a tile (default auto: what is exact), or fast: what shows",
          "N|fast" },
        { "overlap", 0, 0, G_OPTION_ARG_STRING, &r->overlap,
          "Width of the zone two tiles share and blend (default auto: 10% where they may differ)",
          "N|N%" },
        { "batch", 0, 0, G_OPTION_ARG_STRING, &r->batch,
          "Tiles in one run of the network (default auto: several where that is faster)", "N" },
        { "blend", 0, 0, G_OPTION_ARG_STRING, &r->blend,
          "Ramp across an overlap: auto (default), none, linear or gaussian", "RAMP" },
        { "edge", 0, 0, G_OPTION_ARG_STRING, &r->edge,
          "Beyond the border: reflect (default), replicate, zero, or model (nothing is added)",
          "RULE" },
        { "memory", 0, 0, G_OPTION_ARG_STRING, &r->memory,
          "Budget of the whole process, such as 800M or 4G (default auto: what is free)", "SIZE" },
        { "threads", 0, 0, G_OPTION_ARG_INT, &r->threads, "Threads (default: one per CPU)", "N" },
        { 0 },
    };
    g_option_context_add_main_entries(context, entries, NULL);
}

static void add_picture(GOptionContext *context, struct cli_raw *r)
{
    const GOptionEntry entries[] = {
        { "depth", 0, 0, G_OPTION_ARG_STRING, &r->depth,
          "Depth of the result: same (default), 8, 16 or float", "DEPTH" },
        { "alpha", 0, 0, G_OPTION_ARG_STRING, &r->alpha,
          "Alpha: scale it along (default), or put it through the model", "HOW" },
        { "transfer", 0, 0, G_OPTION_ARG_STRING, &r->transfer,
          "Float pictures: srgb encodes linear light for the network, none does not (default auto)",
          "CURVE" },
        { "page", 0, 0, G_OPTION_ARG_INT, &r->page,
          "Only page N, 1 is the first (default: every page)", "N" },
        { "allow-damaged", 0, 0, G_OPTION_ARG_NONE, &r->allow_damaged,
          "Restore what can be read of a truncated file", NULL },
        { "json", 0, 0, G_OPTION_ARG_NONE, &r->json,
          "Print one JSON object per picture on standard output", NULL },
        { "quiet", 'q', 0, G_OPTION_ARG_NONE, &r->quiet, "Say nothing but errors", NULL },
        { "verbose", 'v', 0, G_OPTION_ARG_NONE, &r->verbose, "Print the plan and details", NULL },
        { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &r->rest, NULL, NULL },
        { 0 },
    };
    g_option_context_add_main_entries(context, entries, NULL);
}

static void add_restore(GOptionContext *context, struct cli_raw *r)
{
    const GOptionEntry entries[] = {
        { "files-from", 0, 0, G_OPTION_ARG_FILENAME, &r->files_from,
          "More inputs, one a line or NUL-separated; - is standard input", "FILE" },
        { "resume", 0, 0, G_OPTION_ARG_NONE, &r->resume,
          "Keep finished rows in OUTPUT.journal; after a crash the same command goes on from there",
          NULL },
        { "format", 0, 0, G_OPTION_ARG_STRING, &r->format,
          "Format of standard output, with libvips' options (default png)", "SUFFIX" },
        { 0 },
    };
    g_option_context_add_main_entries(context, entries, NULL);
}

static void add_plan(GOptionContext *context, struct cli_raw *r)
{
    const GOptionEntry entries[] = {
        { "svg", 0, 0, G_OPTION_ARG_FILENAME, &r->svg, "Draw the plan", "FILE" },
        { 0 },
    };
    g_option_context_add_main_entries(context, entries, NULL);
}

static void add_check(GOptionContext *context, struct cli_raw *r)
{
    const GOptionEntry entries[] = {
        { "crop", 0, 0, G_OPTION_ARG_INT, &r->crop,
          "Side of the square in the middle that is looked at (default 384)", "N" },
        { "heatmap", 0, 0, G_OPTION_ARG_FILENAME, &r->heatmap,
          "Write where the two differ, brightest at the largest difference", "FILE" },
        { 0 },
    };
    g_option_context_add_main_entries(context, entries, NULL);
}

GOptionContext *cli_option_groups(enum cli_command command, struct cli_raw *raw)
{
    const struct text *text = texts;
    while (text->command != command)
        text++;
    GOptionContext *context = g_option_context_new(text->arguments);
    g_option_context_set_summary(context, text->summary);
    g_option_context_set_description(context, text->examples);
    add_model(context, raw);
    add_tiles(context, raw);
    add_picture(context, raw);
    if (command == CLI_RESTORE)
        add_restore(context, raw);
    else if (command == CLI_PLAN)
        add_plan(context, raw);
    else
        add_check(context, raw);
    return context;
}

/* What other tools call what is wanted, and what does it here. */
static const struct {
    const char *option, *remedy;
} habits[] = {
    { "scale", "the scale is the network's: -m upscale2x or -m upscale4x" },
    { "width", "the size follows the network's scale: -m upscale2x or -m upscale4x" },
    { "height", "the size follows the network's scale: -m upscale2x or -m upscale4x" },
    { "size", "the size follows the network's scale: -m upscale2x or -m upscale4x" },
    { "recursive",
      "name each folder, or list the files: find ... | seamless restore --files-from - OUT/" },
    { "gpu", "--engine says what runs the network" },
    { "quality", "options of the format stand in brackets: 'out.jpg[Q=95]'" },
    { "denoise", "the network is chosen by --model: -m denoise" },
    { "i", "the input is a plain name: seamless restore INPUT OUTPUT" },
    { "o", "the output is a plain name: seamless restore INPUT OUTPUT" },
    { "n", "the network is chosen by -m" },
    { "s", "the scale is the network's: -m upscale2x or -m upscale4x" },
    { "r", "name each folder, or list the files: find ... | seamless restore --files-from - OUT/" },
};

static const char *const long_options[] = {
    "model", "strength", "input", "picture-input", "output", "range", "order", "engine", "layout",
    "align", "luma", "tile", "halo", "overlap", "batch", "blend", "edge", "memory", "threads",
    "depth", "alpha", "transfer", "page", "allow-damaged", "json", "quiet", "verbose", "files-from",
    "resume", "format", "svg", "crop", "heatmap", "help", NULL,
};

/* GLib's message, "Unknown option --scale", and what would do. */
void cli_option_unknown(const GError *error)
{
    const char *dash = strrchr(error->message, ' ');
    const char *name = dash ? dash + 1 + strspn(dash + 1, "-") : "";
    fprintf(stderr, "seamless: %s; ", error->message);
    if (g_error_matches(error, G_OPTION_ERROR, G_OPTION_ERROR_UNKNOWN_OPTION)) {
        for (gsize i = 0; i < G_N_ELEMENTS(habits); i++)
            if (strcmp(habits[i].option, name) == 0) {
                fprintf(stderr, "%s\n", habits[i].remedy);
                return;
            }
        const char *near = seam_near(name, long_options);
        if (near)
            fprintf(stderr, "did you mean --%s? ", near);
    }
    fprintf(stderr, "see '%s --help'\n", g_get_prgname());
}
