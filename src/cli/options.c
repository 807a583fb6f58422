#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/names.h"
#include "cli/cli.h"
#include "cli/option_groups.h"
#include "cli/sizes.h"
#include "cli/values.h"

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

static bool parse_strength(struct cli_options *o, const char *text)
{
    if (!text)
        return true;
    char *end;
    const double strength = g_ascii_strtod(text, &end);
    o->params.strength = MIN(strength, 1);
    o->model_params.stronger = MAX(strength - 1, 0);
    const bool ok = end != text && *end == '\0' && strength >= 0 && strength <= 2;
    return ok || complain("strength", text, "a number from 0 (nothing) over 1 (all of it) to 2 "
                          "(more, by a network that was taught to)");
}

/* "512M", "1.5G", "2GiB", or bytes. A G is 10^9, a Gi 2^30. */
static bool parse_memory(const char *option, const char *text, uint64_t *bytes)
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
    return ok || complain(option, text, expected);
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

static bool parse_numbers(struct cli_options *o, const struct cli_raw *raw)
{
    if (raw->threads < 0 || raw->threads > SEAM_MOST_THREADS) {
        fprintf(stderr, "seamless: --threads %d: expected 1 to %d, or 0 for one per CPU\n",
                raw->threads, SEAM_MOST_THREADS);
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
    o->model_params.ensemble = raw->ensemble;
    o->page = raw->page;
    o->crop = raw->crop;
    if (o->crop < 16 || o->crop > 65536) {
        fprintf(stderr, "seamless: --crop %d: expected 16 to 65536 pixels\n", raw->crop);
        return false;
    }
    return true;
}

static bool parse_names(struct cli_options *o, const struct cli_raw *raw)
{
    struct seam_params *p = &o->params;
    int blend = (int)p->blend, edge = (int)p->edge, alpha = (int)p->alpha, luma = (int)p->luma;
    int order = (int)p->order, layout = (int)o->model_params.layout;
    int engine = (int)o->model_params.engine;
    int transfer = 2, depth = 3, colour = 0, precision = SEAM_PRECISION_AUTO;
    if (!parse_name("blend", raw->blend, seam_blend_names, &blend) ||
        !parse_name("edge", raw->edge, seam_edge_names, &edge) ||
        !parse_name("alpha", raw->alpha, seam_alpha_names, &alpha) ||
        !parse_name("luma", raw->luma, seam_luma_names, &luma) ||
        !parse_name("order", raw->order, seam_order_names, &order) ||
        !parse_name("layout", raw->layout, seam_layout_names, &layout) ||
        !parse_name("engine", raw->engine, seam_engine_names, &engine) ||
        !parse_name("transfer", raw->transfer, cli_transfer_names, &transfer) ||
        !parse_name("colour", raw->colour, cli_colour_names, &colour) ||
        !parse_name("precision", raw->precision, cli_precision_names, &precision) ||
        !parse_name("depth", raw->depth, cli_depth_names, &depth))
        return false;
    p->blend = (enum seam_blend)blend;
    p->edge = (enum seam_edge)edge;
    p->alpha = (enum seam_alpha)alpha;
    p->luma = (enum seam_luma)luma;
    p->order = (enum seam_order)order;
    o->model_params.layout = (enum seam_layout)layout;
    o->model_params.engine = (enum seam_engine)engine;
    o->model_params.precision = precision;
    o->transfer = transfer == 2 ? SEAM_AUTO : transfer;
    o->colour = (enum seam_colour)colour;
    o->params.out_sample = depth == 3 ? SEAM_AUTO : depth;
    return true;
}

/* The names that are left: a picture, or pictures and where they go. */
static bool parse_places(struct cli_options *o, enum cli_command command, struct cli_raw *raw)
{
    const guint n = raw->rest ? g_strv_length(raw->rest) : 0;
    const bool plan = command == CLI_PLAN;
    if (command != CLI_RESTORE && (n < 1 || n > (plan ? 2 : 1))) {
        fprintf(stderr, "seamless: %s needs one INPUT%s and got %u names\n",
                plan ? "plan" : "check", plan ? ", and may have an OUTPUT," : "", n);
        return false;
    }
    if (n == 2 && plan && strcmp(raw->rest[1], "-") == 0) {
        fprintf(stderr, "seamless: plan needs the name of an OUTPUT, which tells its format\n");
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
    if (command == CLI_RESTORE || n == 2) {
        o->output = raw->rest[n - 1];
        raw->rest[n - 1] = NULL;
    }
    o->inputs = raw->rest;
    raw->rest = NULL;
    if (raw->resume && o->output && strcmp(o->output, "-") == 0) {
        fprintf(stderr,
                "seamless: --resume keeps finished rows beside the output, and standard output "
                "has no place: name an output file\n");
        return false;
    }
    if (o->output && strcmp(o->output, "-") == 0 && isatty(STDOUT_FILENO)) {
        fprintf(stderr, "seamless: standard output is a terminal, which shows no picture: name an "
                        "output file, or send it on with > or |\n");
        return false;
    }
    for (guint i = 0; command == CLI_RESTORE && o->inputs[i]; i++)
        if (strcmp(o->inputs[i], "-") == 0 && isatty(STDIN_FILENO))
            fprintf(stderr,
                    "seamless: waiting for a picture on standard input, which is a terminal\n");
    if (raw->json && o->output && strcmp(o->output, "-") == 0) {
        fprintf(stderr, "seamless: --json and a picture cannot both go to standard output; name an "
                        "output file\n");
        return false;
    }
    return true;
}

static const char *last_model(const struct cli_raw *raw)
{
    return raw->models ? raw->models[g_strv_length(raw->models) - 1] : "auto";
}

/* Wishes of which one would be passed over in silence. */
static bool check_wishes(const struct cli_options *o, const struct cli_raw *raw)
{
    for (int i = 0; raw->models && raw->models[i] && !raw->quiet; i++)
        if (strcmp(raw->models[i], last_model(raw)) != 0)
            fprintf(stderr,
                    "seamless: -m %s is passed over for -m %s: a picture goes through one network; "
                    "restore what comes out of one by the other\n", raw->models[i],
                    last_model(raw));
    if (raw->format && o->output && strcmp(o->output, "-") != 0) {
        fprintf(stderr,
                "seamless: --format %s is of a result that goes to standard output: %s tells its "
                "format by its name\n", raw->format, o->output);
        return false;
    }
    return true;
}

static bool check(struct cli_options *o, enum cli_command command, struct cli_raw *raw)
{
    struct seam_params *p = &o->params;
    if (raw->halo && strcmp(raw->halo, "fast") == 0)
        p->halo = SEAM_HALO_FAST;
    else if (raw->halo && strcmp(raw->halo, "auto") != 0 &&
        !parse_integer(raw->halo, 0, INT32_MAX, &p->halo))
        return complain("halo", raw->halo, "auto, fast, or pixels such as 32");
    if (!parse_names(o, raw) || !parse_numbers(o, raw) || !parse_tile(raw->tile, p) ||
        !parse_overlap(raw->overlap, p) || !parse_batch(raw->batch, p) ||
        !cli_parse_range(raw->range, p) || !parse_memory("memory", raw->memory, &p->memory) ||
        !parse_memory("device-memory", raw->device_memory, &p->device_memory) ||
        !parse_strength(o, raw->strength) || !cli_parse_sizes(o, raw) ||
        !parse_model_inputs(o, raw->inputs) ||
        !parse_places(o, command, raw) || !check_wishes(o, raw))
        return false;
    o->model = g_strdup(last_model(raw));
    /* The result's, and that of a network whose file leaves it open. */
    if (o->size.scale == floor(o->size.scale) && o->size.scale <= 16)
        o->model_params.scale = (int64_t)o->size.scale;
    o->model_params.picture = g_strdup(raw->picture);
    o->model_params.output = g_strdup(raw->output);
    o->model_params.device = g_strdup(raw->device ? raw->device : g_getenv("SEAMLESS_DEVICE"));
    o->format = g_strdup(raw->format ? raw->format : "png");
    o->files_from = g_strdup(raw->files_from);
    o->model_params.precision = cli_choose_precision(o, o->model_params.precision);
    o->svg = g_strdup(raw->svg);
    o->heatmap = g_strdup(raw->heatmap);
    o->resume = raw->resume;
    o->recursive = raw->recursive;
    o->skip_existing = raw->skip_existing;
    o->newer = raw->newer;
    o->preserve = raw->preserve;
    o->dry_run = raw->dry_run;
    o->strip = raw->strip;
    o->nodata = g_strdup(raw->nodata);
    o->mask = g_strdup(raw->mask);
    o->preview = raw->preview;
    o->include = g_strdupv(raw->include);
    o->exclude = g_strdupv(raw->exclude);
    o->allow_damaged = raw->allow_damaged;
    o->json = raw->json;
    o->quiet = raw->quiet;
    o->verbose = raw->verbose;
    return true;
}

static void raw_clear(struct cli_raw *raw)
{
    char *strings[] = { raw->tile,    raw->halo,      raw->overlap, raw->batch,
                        raw->blend,  raw->edge,    raw->alpha,     raw->luma,    raw->order,
                        raw->range,  raw->depth,   raw->transfer,  raw->memory,  raw->layout,
                        raw->engine, raw->picture, raw->output,    raw->format,  raw->strength,
                        raw->svg,    raw->heatmap, raw->files_from, raw->size,   raw->scale,
                        raw->megapixels, raw->dpi, raw->print,   raw->passes,
                        raw->region, raw->nodata, raw->device,  raw->device_memory, raw->colour,
                        raw->mask,   raw->precision, raw->most_side };
    for (gsize i = 0; i < G_N_ELEMENTS(strings); i++)
        g_free(strings[i]);
    g_strfreev(raw->models);
    g_strfreev(raw->inputs);
    g_strfreev(raw->rest);
    g_strfreev(raw->include);
    g_strfreev(raw->exclude);
}

int cli_options_parse(struct cli_options *options, enum cli_command command, int argc,
                      char **argv)
{
    struct cli_raw raw = { .crop = 384 };
    GError *error = NULL;
    *options = (struct cli_options){ .transfer = SEAM_AUTO };
    seam_params_init(&options->params);
    seam_model_params_init(&options->model_params);
    options->model_inputs = g_array_new(FALSE, TRUE, sizeof(struct seam_model_input));

    GOptionContext *context = cli_option_groups(command, &raw);
    int code = -1;
    if (!g_option_context_parse(context, &argc, &argv, &error)) {
        cli_option_unknown(command, error);
        g_error_free(error);
        code = EXIT_USAGE;
    } else if (raw.help || raw.help_all) {
        cli_help_print(command, raw.help_all);
        code = EXIT_SUCCESS;
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
    g_free((char *)(uintptr_t)options->model_params.device);
    g_strfreev(options->inputs);
    g_strfreev(options->include);
    g_strfreev(options->exclude);
    g_free(options->output);
    g_free(options->model);
    g_free(options->format);
    g_free(options->nodata);
    g_free(options->mask);
    g_free(options->files_from);
    g_free(options->svg);
    g_free(options->heatmap);
}
