#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "base/names.h"

/* What differs between the commands that share these options. */
struct text {
    enum cli_command command;
    const char *arguments, *summary, *examples;
};

static const struct text texts[] = {
    { CLI_RESTORE, "INPUT... OUTPUT",
      "Restore a picture of any size with a neural network, tile by tile, without a seam.\n"
      "\n"
      "INPUT is anything libvips reads, or a folder of such; - is standard input. OUTPUT is anything\n"
      "libvips writes, with its options in brackets; - is standard output. With several inputs it is a\n"
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
      "Say everything that 'seamless restore' would decide, without restoring: tiles, halo, overlap,\n"
      "whether the result is exact, memory by its parts, time. The model is loaded and tried on small\n"
      "sizes; of the picture only the header is read.",
      "Examples:\n"
      "  seamless plan -m net.onnx scan.tif\n"
      "  seamless plan -m net.onnx --memory 4G scan.tif --svg plan.svg\n"
      "  seamless plan scan.tif --json | python3 -m json.tool\n"
      "\n"
      "Exit status: 0 there is a plan, 1 failed, 2 wrong usage." },
    { CLI_CHECK, "INPUT",
      "Prove it on your own picture: restore the middle of it in tiles and in one piece, and compare\n"
      "before rounding. Tiles are a third of the crop unless --tile says otherwise.",
      "Examples:\n"
      "  seamless check -m net.onnx photo.jpg\n"
      "  seamless check -m net.onnx --halo 8 photo.jpg --heatmap where.png\n"
      "\n"
      "Exit status: 0 exactness holds where it was promised, 1 it does not, or failed, 2 wrong usage." },
};

/* What GOption fills before it is checked. */
struct raw {
    char *model, *tile, *halo, *overlap, *batch, *blend, *edge, *alpha, *luma, *order, *range, *depth,
        *transfer, *memory, *layout, *engine, *picture, *output, *format, *strength, *svg, *heatmap,
        *files_from;
    char **inputs, **rest;
    int threads, align, page, crop;
    gboolean resume, allow_damaged, json, quiet, verbose;
};

static bool complain(const char *option, const char *value, const char *expected)
{
    fprintf(stderr, "seamless: --%s %s: expected %s\n", option, value, expected);
    return false;
}

/* A whole number within bounds, and nothing behind it. */
static bool parse_integer(const char *text, int64_t least, int64_t most, int64_t *value)
{
    char *end;
    if (!g_ascii_isdigit(text[0]))
        return false;
    const guint64 v = g_ascii_strtoull(text, &end, 10);
    if (*end != '\0' || v > (guint64)most || (int64_t)v < least)
        return false;
    *value = (int64_t)v;
    return true;
}

/* A finite number, and nothing around it. */
static bool parse_real(const char *text, double *value)
{
    char *end;
    *value = g_ascii_strtod(text, &end);
    return end != text && *end == '\0' && !g_ascii_isspace(text[0]) && isfinite(*value);
}

static bool parse_name(const char *option, const char *text, const char *const *names, int *value)
{
    char list[128];
    if (!text)
        return true;
    *value = seam_names_find(names, text);
    return *value >= 0 || complain(option, text, seam_names_list(names, list, sizeof(list)));
}

static bool parse_tile(const char *text, struct seam_params *p)
{
    static const char expected[] = "auto, a size such as 512, or WIDTHxHEIGHT, in pixels";
    if (!text || strcmp(text, "auto") == 0)
        return true;
    char **parts = g_strsplit_set(text, "xX", 3);
    const guint n = g_strv_length(parts);
    bool ok = (n == 1 || n == 2) && parse_integer(parts[0], 1, INT32_MAX, &p->tile_width) &&
              parse_integer(parts[n - 1], 1, INT32_MAX, &p->tile_height);
    g_strfreev(parts);
    return ok || complain("tile", text, expected);
}

static bool parse_overlap(const char *text, struct seam_params *p)
{
    static const char expected[] = "auto, pixels such as 32, or a share of the tile such as 10%";
    if (!text || strcmp(text, "auto") == 0)
        return true;
    char *end;
    if (g_str_has_suffix(text, "%")) {
        p->overlap_percent = g_ascii_strtod(text, &end);
        /* A share that is asked for is wanted, whether or not tiles agree. */
        if (p->blend == SEAM_BLEND_AUTO)
            p->blend = SEAM_BLEND_LINEAR;
        return (end != text && strcmp(end, "%") == 0 && p->overlap_percent >= 0 &&
                p->overlap_percent <= 50) || complain("overlap", text, expected);
    }
    return parse_integer(text, 0, INT32_MAX, &p->overlap) || complain("overlap", text, expected);
}

static bool parse_batch(const char *text, struct seam_params *p)
{
    int64_t value = SEAM_AUTO;
    if (text && strcmp(text, "auto") != 0 && !parse_integer(text, 1, SEAM_MOST_BATCH, &value))
        return complain("batch", text, "auto, or a number of tiles from 1 to "
                                       G_STRINGIFY(SEAM_MOST_BATCH));
    p->batch = (int)value;
    return true;
}

bool cli_parse_range(const char *text, struct seam_params *p)
{
    static const char expected[] = "two different numbers LO..HI, such as 0..255 or -1..1";
    if (!text)
        return true;
    char **parts = g_strsplit(text, "..", 2); /* first: a number would swallow the "." of "0.." */
    const bool ok = g_strv_length(parts) == 2 && parse_real(parts[0], &p->range_lo) &&
                    parse_real(parts[1], &p->range_hi) && p->range_lo != p->range_hi;
    g_strfreev(parts);
    return ok || complain("range", text, expected);
}

static bool parse_strength(const char *text, struct seam_params *p)
{
    if (!text)
        return true;
    char *end;
    p->strength = g_ascii_strtod(text, &end);
    const bool ok = end != text && *end == '\0' && p->strength >= 0 && p->strength <= 1;
    return ok || complain("strength", text, "a number from 0 (nothing) to 1 (all of it)");
}

/* "512M", "1.5G", "2GiB", or bytes. A G is 10^9, a Gi 2^30. */
static bool parse_memory(const char *text, uint64_t *bytes)
{
    static const char expected[] = "auto, or a size such as 800M, 1.5G or 2GiB";
    if (!text || strcmp(text, "auto") == 0)
        return true;
    char *end;
    double v = g_ascii_strtod(text, &end);
    bool ok = end != text && g_ascii_isdigit(text[0]);
    const char *units = "KMGT", *unit = *end ? strchr(units, g_ascii_toupper(*end)) : NULL;
    if (unit) {
        end++;
        const double base = *end == 'i' ? 1024 : 1000;
        end += *end == 'i';
        v *= pow(base, (double)(unit - units + 1));
    }
    end += *end == 'B' || *end == 'b';
    ok = ok && *end == '\0' && v >= 1 && v < 9e18;
    *bytes = ok ? (uint64_t)v : 0;
    return ok || complain("memory", text, expected);
}

static bool parse_model_inputs(struct cli_options *o, char **inputs)
{
    for (int i = 0; inputs && inputs[i]; i++) {
        char *equals = strchr(inputs[i], '='), *end = NULL;
        struct seam_model_input input = { 0 };
        if (equals)
            input.value = g_ascii_strtod(equals + 1, &end);
        if (!equals || equals == inputs[i] || end == equals + 1 || *end != '\0')
            return complain("input", inputs[i], "NAME=NUMBER, such as sigma=0.1");
        input.name = g_strndup(inputs[i], (gsize)(equals - inputs[i]));
        g_array_append_val(o->model_inputs, input);
    }
    o->model_params.inputs = (const struct seam_model_input *)(void *)o->model_inputs->data;
    o->model_params.input_count = o->model_inputs->len;
    return true;
}

static bool parse_numbers(struct cli_options *o, const struct raw *raw)
{
    if (raw->threads < 0 || raw->threads > 1024) {
        fprintf(stderr, "seamless: --threads %d: expected 1 to 1024, or 0 for one per CPU\n",
                raw->threads);
        return false;
    }
    if (raw->align < 0 || raw->align > SEAM_MOST_ALIGNMENT) {
        fprintf(stderr, "seamless: --align %d: expected 1 to %d, or 0 to find it\n", raw->align,
                SEAM_MOST_ALIGNMENT);
        return false;
    }
    if (raw->page < 0) {
        fprintf(stderr, "seamless: --page %d: expected 1 for the first, or 0 for all\n", raw->page);
        return false;
    }
    o->model_params.threads = raw->threads;
    o->model_params.alignment = raw->align;
    o->page = raw->page;
    o->crop = raw->crop;
    if (o->crop < 16 || o->crop > 65536) {
        fprintf(stderr, "seamless: --crop %d: expected 16 to 65536 pixels\n", raw->crop);
        return false;
    }
    return true;
}

static bool parse_names(struct cli_options *o, const struct raw *raw)
{
    struct seam_params *p = &o->params;
    int blend = (int)p->blend, edge = (int)p->edge, alpha = (int)p->alpha, luma = (int)p->luma;
    int order = (int)p->order, layout = (int)o->model_params.layout;
    int engine = (int)o->model_params.engine;
    static const char *const transfers[] = { "none", "srgb", "auto", NULL };
    static const char *const depths[] = { "8", "16", "float", "same", NULL };
    int transfer = 2, depth = 3;
    if (!parse_name("blend", raw->blend, seam_blend_names, &blend) ||
        !parse_name("edge", raw->edge, seam_edge_names, &edge) ||
        !parse_name("alpha", raw->alpha, seam_alpha_names, &alpha) ||
        !parse_name("luma", raw->luma, seam_luma_names, &luma) ||
        !parse_name("order", raw->order, seam_order_names, &order) ||
        !parse_name("layout", raw->layout, seam_layout_names, &layout) ||
        !parse_name("engine", raw->engine, seam_engine_names, &engine) ||
        !parse_name("transfer", raw->transfer, transfers, &transfer) ||
        !parse_name("depth", raw->depth, depths, &depth))
        return false;
    p->blend = (enum seam_blend)blend;
    p->edge = (enum seam_edge)edge;
    p->alpha = (enum seam_alpha)alpha;
    p->luma = (enum seam_luma)luma;
    p->order = (enum seam_order)order;
    o->model_params.layout = (enum seam_layout)layout;
    o->model_params.engine = (enum seam_engine)engine;
    o->transfer = transfer == 2 ? SEAM_AUTO : transfer;
    o->params.out_sample = depth == 3 ? SEAM_AUTO : depth;
    return true;
}

/* The names that are left: a picture, or pictures and where they go. */
static bool parse_places(struct cli_options *o, enum cli_command command, struct raw *raw)
{
    const guint n = raw->rest ? g_strv_length(raw->rest) : 0;
    if (command != CLI_RESTORE && n != 1) {
        fprintf(stderr, "seamless: %s needs one INPUT and got %u names\n",
                command == CLI_PLAN ? "plan" : "check", n);
        return false;
    }
    if (command == CLI_RESTORE && n < (raw->files_from ? 1 : 2)) {
        fprintf(stderr, "seamless: restore needs an INPUT and an OUTPUT, %s; see 'seamless restore "
                        "--help'\n", n == 0 ? "and got neither" : "and got one name");
        return false;
    }
    for (guint i = 0; raw->files_from && strcmp(raw->files_from, "-") == 0 && i + 1 < n; i++)
        if (strcmp(raw->rest[i], "-") == 0) {
            fprintf(stderr, "seamless: standard input is the list of --files-from, and cannot be a "
                            "picture too\n");
            return false;
        }
    if (command == CLI_RESTORE) {
        o->output = raw->rest[n - 1];
        raw->rest[n - 1] = NULL;
    }
    o->inputs = raw->rest;
    raw->rest = NULL;
    if (raw->resume && o->output && strcmp(o->output, "-") == 0) {
        fprintf(stderr, "seamless: --resume keeps finished rows beside the output, and standard output "
                        "has no place: name an output file\n");
        return false;
    }
    if (raw->json && o->output && strcmp(o->output, "-") == 0) {
        fprintf(stderr, "seamless: --json and a picture cannot both go to standard output; name an "
                        "output file\n");
        return false;
    }
    return true;
}

static bool check(struct cli_options *o, enum cli_command command, struct raw *raw)
{
    struct seam_params *p = &o->params;
    if (raw->halo && strcmp(raw->halo, "fast") == 0)
        p->halo = SEAM_HALO_FAST;
    else if (raw->halo && strcmp(raw->halo, "auto") != 0 &&
        !parse_integer(raw->halo, 0, INT32_MAX, &p->halo))
        return complain("halo", raw->halo, "auto, fast, or pixels such as 32");
    if (!parse_names(o, raw) || !parse_numbers(o, raw) || !parse_tile(raw->tile, p) ||
        !parse_overlap(raw->overlap, p) || !parse_batch(raw->batch, p) || !cli_parse_range(raw->range, p) ||
        !parse_memory(raw->memory, &p->memory) ||
        !parse_strength(raw->strength, p) || !parse_model_inputs(o, raw->inputs) ||
        !parse_places(o, command, raw))
        return false;
    o->model = g_strdup(raw->model ? raw->model : SEAM_DEFAULT_MODEL);
    o->model_params.picture = g_strdup(raw->picture);
    o->model_params.output = g_strdup(raw->output);
    o->format = g_strdup(raw->format ? raw->format : "png");
    o->files_from = g_strdup(raw->files_from);
    o->svg = g_strdup(raw->svg);
    o->heatmap = g_strdup(raw->heatmap);
    o->resume = raw->resume;
    o->allow_damaged = raw->allow_damaged;
    o->json = raw->json;
    o->quiet = raw->quiet;
    o->verbose = raw->verbose;
    return true;
}

static void raw_clear(struct raw *raw)
{
    char *strings[] = { raw->model, raw->tile,  raw->halo,   raw->overlap, raw->batch, raw->blend, raw->edge,
                        raw->alpha, raw->luma,  raw->order,  raw->range,   raw->depth, raw->transfer,
                        raw->memory, raw->layout, raw->engine, raw->picture, raw->output, raw->format,
                        raw->strength, raw->svg, raw->heatmap, raw->files_from };
    for (gsize i = 0; i < G_N_ELEMENTS(strings); i++)
        g_free(strings[i]);
    g_strfreev(raw->inputs);
    g_strfreev(raw->rest);
}

static GOptionContext *make_context(const struct text *text, struct raw *r)
{
    const GOptionEntry model[] = {
        { "model", 'm', 0, G_OPTION_ARG_FILENAME, &r->model,
          "File of a network, or built-in one (default " SEAM_DEFAULT_MODEL ")", "MODEL" },
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
    const GOptionEntry tiles[] = {
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
    const GOptionEntry picture[] = {
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
    const GOptionEntry restore[] = {
        { "files-from", 0, 0, G_OPTION_ARG_FILENAME, &r->files_from,
          "More inputs, one a line or NUL-separated; - is standard input", "FILE" },
        { "resume", 0, 0, G_OPTION_ARG_NONE, &r->resume,
          "Keep finished rows in OUTPUT.journal; after a crash the same command goes on from there",
          NULL },
        { "format", 0, 0, G_OPTION_ARG_STRING, &r->format,
          "Format of standard output, with libvips' options (default png)", "SUFFIX" },
        { 0 },
    };
    const GOptionEntry plan[] = {
        { "svg", 0, 0, G_OPTION_ARG_FILENAME, &r->svg, "Draw the plan", "FILE" },
        { 0 },
    };
    const GOptionEntry check_only[] = {
        { "crop", 0, 0, G_OPTION_ARG_INT, &r->crop,
          "Side of the square in the middle that is looked at (default 384)", "N" },
        { "heatmap", 0, 0, G_OPTION_ARG_FILENAME, &r->heatmap,
          "Write where the two differ, brightest at the largest difference", "FILE" },
        { 0 },
    };
    GOptionContext *context = g_option_context_new(text->arguments);
    g_option_context_set_summary(context, text->summary);
    g_option_context_set_description(context, text->examples);
    g_option_context_add_main_entries(context, model, NULL);
    g_option_context_add_main_entries(context, tiles, NULL);
    g_option_context_add_main_entries(context, picture, NULL);
    g_option_context_add_main_entries(context, text->command == CLI_RESTORE ? restore
                                               : text->command == CLI_PLAN  ? plan
                                                                            : check_only, NULL);
    return context;
}

int cli_options_parse(struct cli_options *options, enum cli_command command, int argc,
                      char **argv)
{
    struct raw raw = { .crop = 384 };
    GError *error = NULL;
    *options = (struct cli_options){ .transfer = SEAM_AUTO };
    seam_params_init(&options->params);
    seam_model_params_init(&options->model_params);
    options->model_inputs = g_array_new(FALSE, TRUE, sizeof(struct seam_model_input));

    const struct text *text = texts;
    while (text->command != command)
        text++;
    GOptionContext *context = make_context(text, &raw);
    int code = -1;
    if (!g_option_context_parse(context, &argc, &argv, &error)) {
        fprintf(stderr, "seamless: %s; see '%s --help'\n", error->message, g_get_prgname());
        g_error_free(error);
        code = EXIT_USAGE;
    } else if (!check(options, command, &raw)) {
        code = EXIT_USAGE;
    }
    g_option_context_free(context);
    raw_clear(&raw);
    return code;
}

void cli_options_clear(struct cli_options *options)
{
    for (guint i = 0; i < options->model_inputs->len; i++)
        g_free((char *)(uintptr_t)g_array_index(options->model_inputs, struct seam_model_input, i)
                   .name);
    g_array_free(options->model_inputs, TRUE);
    g_free((char *)(uintptr_t)options->model_params.picture);
    g_free((char *)(uintptr_t)options->model_params.output);
    g_strfreev(options->inputs);
    g_free(options->output);
    g_free(options->model);
    g_free(options->format);
    g_free(options->files_from);
    g_free(options->svg);
    g_free(options->heatmap);
}
