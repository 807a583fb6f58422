/* seamless info: what is known of one network. seamless models: of all that are built in. */
#include <stdio.h>
#include <stdlib.h>

#include "cli/cli.h"
#include "cli/json.h"
#include "text.h"

/* Unbounded nodes that are shown to people; JSON has all. */
#define MOST_NODES 8

static void put_sides(struct json *o, const struct seam_facts *f)
{
    if (!f->field_known) {
        json_null(o, "receptive_field");
        return;
    }
    struct json sides = { false };
    json_open(o, "receptive_field", '{');
    json_integer(&sides, "left", f->field_sides.left);
    json_integer(&sides, "right", f->field_sides.right);
    json_integer(&sides, "top", f->field_sides.top);
    json_integer(&sides, "bottom", f->field_sides.bottom);
    json_close('}');
}

static void put_nodes(struct json *o, const struct seam_model *model, const struct seam_facts *f)
{
    struct json list = { false };
    json_open(o, "unbounded_nodes", '[');
    for (size_t i = 0; i < f->unbounded_nodes; i++) {
        const struct seam_unbounded_node node = seam_model_unbounded(model, i);
        struct json n = { false };
        json_open(&list, NULL, '{');
        json_string(&n, "name", node.name);
        json_string(&n, "op", node.op);
        json_string(&n, "why", node.why);
        json_close('}');
    }
    json_close(']');
}

static void print_json(const struct seam_model *model, const struct seam_facts *f)
{
    struct json top = { false }, o = { false };
    json_open(&top, NULL, '{');
    json_string(&o, "model", f->name);
    json_string(&o, "engine", f->engine);
    json_real(&o, "scale", (double)f->scale_num / (double)f->scale_den);
    json_integer(&o, "alignment", f->alignment);
    json_integer(&o, "channels_in", f->channels_in);
    json_integer(&o, "channels_out", f->channels_out);
    json_integer(&o, "crop", f->crop);
    json_integer(&o, "fixed_width", f->fixed_width);
    json_integer(&o, "fixed_height", f->fixed_height);
    json_bool(&o, "bounded", f->field_known);
    put_sides(&o, f);
    json_string(&o, "exact", seam_exact_name(f->exact));
    put_nodes(&o, model, f);
    json_integer(&o, "opset", f->opset);
    json_integer(&o, "layers", f->layers);
    json_integer(&o, "parameters", f->parameters);
    json_real(&o, "macs_per_input_pixel", f->macs_per_pixel);
    json_real(&o, "macs_per_output_pixel",
              f->macs_per_pixel * (double)(f->scale_den * f->scale_den) /
                  (double)(f->scale_num * f->scale_num));
    json_real(&o, "activation_bytes_per_input_pixel", f->activation_bytes_per_pixel);
    json_real(&o, "engine_bytes_per_input_pixel", f->scratch_per_pixel);
    json_real(&o, "range_lo", f->range_lo);
    json_real(&o, "range_hi", f->range_hi);
    json_close('}');
    putchar('\n');
}

static void print_field(const struct seam_model *model, const struct seam_facts *f)
{
    if (f->field_known) {
        printf("receptive field  %lld left, %lld right, %lld above, %lld below (input pixels)\n",
               (long long)f->field_sides.left, (long long)f->field_sides.right,
               (long long)f->field_sides.top, (long long)f->field_sides.bottom);
    } else {
        printf("receptive field  unbounded or not known%s\n",
               f->unbounded_nodes ? ", because of" : "");
    }
    for (size_t i = 0; i < f->unbounded_nodes && i < MOST_NODES; i++) {
        const struct seam_unbounded_node node = seam_model_unbounded(model, i);
        printf("                 %s (%s): %s\n", node.name, node.op, node.why);
    }
    if (f->unbounded_nodes > MOST_NODES)
        printf("                 and %zu more\n", f->unbounded_nodes - MOST_NODES);
    static const char *const levels[] = {
        "no: tiles are blended",
        "numeric: tiles agree but for rounding, about 1e-6",
        "bits: tiles give what one run over the whole picture gives, bit for bit",
    };
    printf("exact            %s\n", levels[f->exact]);
}

static void print_text(const struct seam_model *model, const struct seam_facts *f)
{
    printf("model            %s (%s%s)\n", f->name, f->engine, f->opset ? "" : ", not analysed");
    printf("channels         %d in, %d out, range %g..%g\n", f->channels_in, f->channels_out,
           f->range_lo, f->range_hi);
    printf("scale            %s\n", seam_text_ratio(f->scale_num, f->scale_den).s);
    if (f->fixed_width)
        printf("size             %lld x %lld and no other\n", (long long)f->fixed_width,
               (long long)f->fixed_height);
    printf("alignment        %lld\n", (long long)f->alignment);
    if (f->crop)
        printf("crop             %lld pixels a side are cut off by the network itself\n",
               (long long)f->crop);
    print_field(model, f);
    if (f->opset)
        printf("cost             %lld layers, %lld parameters, %.0f multiply-adds per input pixel\n",
               (long long)f->layers, (long long)f->parameters, f->macs_per_pixel);
    if (f->scratch_per_pixel > 0)
        printf("memory           %.0f bytes per input pixel in the engine\n", f->scratch_per_pixel);
}

/* The few options of info and models. */
struct simple {
    gboolean json;
    char **rest, *output;
};

static bool parse_simple(struct simple *s, const char *arguments, const char *summary, int argc,
                         char **argv)
{
    const GOptionEntry entries[] = {
        { "json", 0, 0, G_OPTION_ARG_NONE, &s->json, "Print JSON", NULL },
        { "output", 0, 0, G_OPTION_ARG_STRING, &s->output,
          "Output of the network to look at (default: the largest picture)", "NAME" },
        { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &s->rest, NULL, NULL },
        { 0 },
    };
    GError *error = NULL;
    GOptionContext *context = g_option_context_new(arguments);
    g_option_context_set_summary(context, summary);
    g_option_context_add_main_entries(context, entries, NULL);
    const bool ok = g_option_context_parse(context, &argc, &argv, &error);
    if (!ok) {
        fprintf(stderr, "seamless: %s; see '%s --help'\n", error->message, g_get_prgname());
        g_error_free(error);
    }
    g_option_context_free(context);
    return ok;
}

static void clear_simple(struct simple *s)
{
    g_strfreev(s->rest);
    g_free(s->output);
}

static int show(const char *name, const struct simple *s)
{
    struct seam_log log;
    struct seam_model_params params;
    struct seam_model *model = NULL;
    struct seam_facts facts;
    cli_log_init(&log, SEAM_LOG_NOTICE);
    seam_model_params_init(&params);
    params.output = s->output;
    params.lenient = true;
    const enum seam_result r = seam_model_open(&model, name, &params, &log);
    if (r != SEAM_OK)
        return cli_exit_code(r);
    seam_model_describe(model, &facts);
    if (s->json)
        print_json(model, &facts);
    else
        print_text(model, &facts);
    seam_model_close(&model);
    return EXIT_SUCCESS;
}

int cli_info(int argc, char **argv)
{
    struct simple s = { 0 };
    int code = EXIT_USAGE;
    if (parse_simple(&s, "MODEL",
                     "Say what is known of a network: scale, alignment, receptive field, whether "
                     "tiles can be\nexact and which node forbids it, what it costs. MODEL is an "
                     "ONNX file or a built-in name.", argc, argv)) {
        if (s.rest && !s.rest[1])
            code = show(s.rest[0], &s);
        else
            fprintf(stderr, "seamless: info needs one MODEL; see 'seamless info --help'\n");
    }
    clear_simple(&s);
    return code;
}

/* One line or one object a network. */
static void list_one(struct json *list, const char *name, const char *purpose,
                     const struct seam_facts *f, uint64_t bytes, bool as_json)
{
    const double scale = (double)f->scale_num / (double)f->scale_den;
    if (!as_json) {
        printf("%-16s %gx  %7lld parameters, %6.0f multiply-adds a pixel, halo %lld\n"
               "                 %s\n", name, scale, (long long)f->parameters, f->macs_per_pixel,
               (long long)f->field, purpose);
        return;
    }
    struct json o = { false };
    json_open(list, NULL, '{');
    json_string(&o, "name", name);
    json_string(&o, "purpose", purpose);
    json_real(&o, "scale", scale);
    json_integer(&o, "parameters", f->parameters);
    json_real(&o, "macs_per_input_pixel", f->macs_per_pixel);
    json_integer(&o, "receptive_field", f->field);
    json_integer(&o, "bytes", (int64_t)bytes);
    json_close('}');
}

static int list_models(bool as_json)
{
    struct json top = { false }, list = { false };
    struct seam_log log;
    cli_log_init(&log, SEAM_LOG_NOTICE);
    if (as_json)
        json_open(&top, NULL, '[');
    const char *purpose, *name;
    int code = EXIT_SUCCESS;
    for (size_t i = 0; (name = seam_builtin_name(i, &purpose)) != NULL; i++) {
        struct seam_model *model = NULL;
        struct seam_facts facts;
        const enum seam_result r = seam_model_open(&model, name, NULL, &log);
        if (r != SEAM_OK) {
            code = cli_exit_code(r);
            continue;
        }
        seam_model_describe(model, &facts);
        list_one(&list, name, purpose, &facts, seam_builtin_bytes(i), as_json);
        seam_model_close(&model);
    }
    if (as_json) {
        json_close(']');
        putchar('\n');
    }
    return code;
}

int cli_models(int argc, char **argv)
{
    struct simple s = { 0 };
    int code = EXIT_USAGE;
    if (parse_simple(&s, "", "List the networks that are built in: choose one with -m NAME.", argc,
                     argv)) {
        if (!s.rest)
            code = list_models(s.json);
        else
            fprintf(stderr, "seamless: models takes no arguments; see 'seamless models --help'\n");
    }
    clear_simple(&s);
    return code;
}
