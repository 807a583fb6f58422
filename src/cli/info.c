/* seamless info: what is known of one network. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "base/log.h"
#include "job/json.h"
#include "model/model.h"
#include "job/reach.h"
#include "job/report.h"
#include "base/text.h"

/* Unbounded nodes that are shown to people; JSON has all. */
#define MOST_NODES 8

static double macs_per_output_pixel(const struct seam_facts *f)
{
    return f->macs_per_pixel * (double)(f->scale_den * f->scale_den) /
           (double)(f->scale_num * f->scale_num);
}

/* What --probe found. */
struct probe {
    struct seam_reach reach;
    double tolerance;    /* of the range; 0: every bit counts */
    const char *picture; /* NULL: noise */
};

static void put_sides(struct seam_json *o, const char *key, const struct seam_sides *s)
{
    struct seam_json sides = seam_json_open(o, key, '{');
    seam_json_integer(&sides, "left", s->left);
    seam_json_integer(&sides, "right", s->right);
    seam_json_integer(&sides, "top", s->top);
    seam_json_integer(&sides, "bottom", s->bottom);
    seam_json_close(&sides, '}');
}

static void put_probe(struct seam_json *o, const struct probe *probe)
{
    struct seam_json p = seam_json_open(o, "probe", '{');
    seam_json_real(&p, "tolerance", probe->tolerance);
    if (probe->picture)
        seam_json_string(&p, "picture", probe->picture);
    else
        seam_json_null(&p, "picture");
    seam_json_integer(&p, "width", probe->reach.width);
    seam_json_integer(&p, "height", probe->reach.height);
    put_sides(&p, "reach", &probe->reach.sides);
    seam_json_bool(&p, "complete", probe->reach.complete);
    seam_json_integer(&p, "halo", probe->reach.halo);
    seam_json_close(&p, '}');
}

/* The inputs or outputs as the file declares them; a dimension that is free by its name, or
 * null. */
static void put_ports(struct seam_json *o, const char *key, const struct seam_model *model,
                      bool output)
{
    struct seam_port port;
    struct seam_json list = seam_json_open(o, key, '[');
    for (size_t i = 0; seam_model_port(model, output, i, &port); i++) {
        struct seam_json t = seam_json_open(&list, NULL, '{');
        seam_json_string(&t, "name", port.name);
        seam_json_string(&t, "type", port.type);
        struct seam_json dims = seam_json_open(&t, "shape", '[');
        for (int k = 0; k < port.rank; k++) {
            if (port.dims[k] >= 0)
                seam_json_integer(&dims, NULL, port.dims[k]);
            else if (port.symbols[k][0])
                seam_json_string(&dims, NULL, port.symbols[k]);
            else
                seam_json_null(&dims, NULL);
        }
        seam_json_close(&dims, ']');
        seam_json_close(&t, '}');
    }
    seam_json_close(&list, ']');
}

/* What a file of weights turned out to be, as both forms call it. */
static const struct {
    const char *label, *key;
} told[] = {
    { "architecture", "seamless.architecture" }, { "purpose", "seamless.purpose" },
    { "format", "seamless.format" },             { "licence", "seamless.licence" },
    { "note", "seamless.note" },
};

/* What the file says under told[i], the k-th; NULL: nothing. A family may enlarge or not: which of
 * it this network does is known by now. */
static const char *told_value(const struct seam_model *model, const struct seam_facts *f, size_t i,
                              size_t k)
{
    const char *const value = seam_model_tells(model, told[i].key, k);
    if (!value || strcmp(told[i].label, "purpose") != 0 || strncmp(value, "enlarges", 8) != 0)
        return value;
    const bool drawings = strstr(value, "drawings") != NULL;
    if (f->scale_num > f->scale_den)
        return drawings ? "enlarges drawings" : "enlarges";
    return drawings ? "cleans drawings" : "restores at the same size";
}

/* Null where the file does not say; notes are a list. */
static void put_told(struct seam_json *o, const struct seam_model *model,
                     const struct seam_facts *f)
{
    const char *value;
    for (size_t i = 0; i + 1 < G_N_ELEMENTS(told); i++) {
        if ((value = told_value(model, f, i, 0)) != NULL)
            seam_json_string(o, told[i].label, value);
        else
            seam_json_null(o, told[i].label);
    }
    struct seam_json notes = seam_json_open(o, "notes", '[');
    for (size_t k = 0; (value = seam_model_tells(model, "seamless.note", k)) != NULL; k++)
        seam_json_string(&notes, NULL, value);
    seam_json_close(&notes, ']');
}

static void print_json(const struct seam_model *model, const struct seam_facts *f,
                       const struct probe *probe)
{
    struct seam_json top = { .to = stdout }, o = seam_json_open(&top, NULL, '{');
    seam_json_string(&o, "model", f->name);
    put_told(&o, model, f);
    if (f->loaded)
        seam_json_string(&o, "engine", f->engine_text);
    else
        seam_json_null(&o, "engine");
    if (*f->obstacle)
        seam_json_string(&o, "not_native", f->obstacle);
    else
        seam_json_null(&o, "not_native");
    put_ports(&o, "inputs", model, false);
    put_ports(&o, "outputs", model, true);
    seam_json_real(&o, "scale", (double)f->scale_num / (double)f->scale_den);
    seam_json_integer(&o, "alignment", f->alignment);
    seam_json_integer(&o, "channels_in", f->channels_in);
    seam_json_integer(&o, "channels_out", f->channels_out);
    seam_json_integer(&o, "crop", f->crop);
    seam_json_integer(&o, "fixed_width", f->fixed_width);
    seam_json_integer(&o, "fixed_height", f->fixed_height);
    seam_json_bool(&o, "bounded", f->field_known);
    if (f->field_known)
        put_sides(&o, "receptive_field", &f->field_sides);
    else
        seam_json_null(&o, "receptive_field");
    if (f->field_known)
        seam_json_integer(&o, "exact_halo", f->halo);
    else
        seam_json_null(&o, "exact_halo");
    if (f->field_known)
        seam_json_integer(&o, "bits_halo", f->bits_halo > f->halo ? f->bits_halo : f->halo);
    else
        seam_json_null(&o, "bits_halo");
    seam_json_string(&o, "exact", seam_exact_name(f->exact));
    seam_json_integer(&o, "passes", f->passes);
    seam_json_real(&o, "kept_bytes_per_pixel", f->kept_bytes_per_pixel);
    seam_json_real(&o, "moved_bytes_per_pixel", f->moved_bytes_per_pixel);
    seam_report_unbounded(&o, model, f->unbounded_nodes);
    seam_json_integer(&o, "opset", f->opset);
    seam_json_integer(&o, "layers", f->layers);
    seam_json_integer(&o, "parameters", f->parameters);
    seam_json_real(&o, "macs_per_input_pixel", f->macs_per_pixel);
    seam_json_real(&o, "macs_per_output_pixel", macs_per_output_pixel(f));
    seam_json_real(&o, "activation_bytes_per_input_pixel", f->activation_bytes_per_pixel);
    seam_json_real(&o, "engine_bytes_per_input_pixel", f->scratch_per_pixel);
    seam_json_real(&o, "range_lo", f->range_lo);
    seam_json_real(&o, "range_hi", f->range_hi);
    seam_json_bool(&o, "range_known", f->range_known);
    seam_json_real(&o, "strongest", f->strengthens ? 2 : 1);
    if (probe)
        put_probe(&o, probe);
    seam_json_close(&o, '}');
    putchar('\n');
}

static void print_field(const struct seam_model *model, const struct seam_facts *f)
{
    if (f->field_known) {
        printf("receptive field  %lld left, %lld right, %lld above, %lld below (input pixels)\n",
               (long long)f->field_sides.left, (long long)f->field_sides.right,
               (long long)f->field_sides.top, (long long)f->field_sides.bottom);
        if (f->halo != f->field)
            printf("exact halo       %lld, as tiles begin and end at multiples of the alignment\n",
                   (long long)f->halo);
        if (f->bits_halo > f->halo)
            printf("                 %lld for the last bits of the native engine's tiles; rows "
                   "need none\n",
                   (long long)f->bits_halo);
    } else {
        printf("receptive field  unbounded or not known%s\n",
               f->unbounded_nodes ? ", because of" : "");
    }
    if (f->passes > 1)
        puts("                 once it is known what of all of the picture is taken by");
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
    char kept[64] = "which keep nothing of one another";
    if (f->kept_bytes_per_pixel >= 1)
        snprintf(kept, sizeof(kept), "which keep %.0f bytes a pixel", f->kept_bytes_per_pixel);
    if (f->passes_in_tiles)
        printf("exact            %s by tiles, in %d passes over the picture at %.1f times the work "
               "of one\n", seam_exact_name(f->exact), f->passes, f->pass_work);
    else if (f->passes > 1)
        printf("exact            bits by rows, in %d passes over the picture at %.1f times the "
               "work of one,\n                 %s; tiles are blended\n", f->passes, f->pass_work,
               kept);
    else
        printf("exact            %s\n", levels[f->exact]);
}

/* "x float [1, 3, h, w]" */
static void print_ports(const char *what, const struct seam_model *model, bool output)
{
    struct seam_port port;
    for (size_t i = 0; seam_model_port(model, output, i, &port); i++) {
        printf("%-17s%s %s [", i == 0 ? what : "", port.name, port.type);
        for (int k = 0; k < port.rank; k++) {
            printf("%s", k > 0 ? ", " : "");
            if (port.dims[k] >= 0)
                printf("%lld", (long long)port.dims[k]);
            else
                printf("%s", port.symbols[k][0] ? port.symbols[k] : "?");
        }
        printf("]\n");
    }
}

static void print_probe(const struct probe *probe)
{
    const struct seam_reach *r = &probe->reach;
    printf("probe            %lld left, %lld right, %lld above, %lld below, ",
           (long long)r->sides.left, (long long)r->sides.right, (long long)r->sides.top,
           (long long)r->sides.bottom);
    if (probe->tolerance > 0)
        printf("where the result moves by 1/%.0f of the range,\n", 1 / probe->tolerance);
    else
        printf("where any bit changes,\n");
    printf("                 on %lld x %lld pixels of %s%s\n", (long long)r->width,
           (long long)r->height, probe->picture ? probe->picture : "noise",
           r->complete ? "" : ": up to their border, it may see farther");
    printf("                 halo %lld\n", (long long)r->halo);
}

static void print_told(const struct seam_model *model, const struct seam_facts *f)
{
    const char *value;
    for (size_t i = 0; i < G_N_ELEMENTS(told); i++)
        for (size_t k = 0; (value = told_value(model, f, i, k)) != NULL; k++)
            printf("%-17s%s\n", told[i].label, value);
}

static void print_cost(const struct seam_model *model, const struct seam_facts *f)
{
    printf("cost             ");
    if (!seam_model_tells(model, "seamless.format", 0)) /* else nobody chose it */
        printf("opset %lld, ", (long long)f->opset);
    printf("%lld layers, %lld parameters,\n", (long long)f->layers, (long long)f->parameters);
    printf("                 %.0f multiply-adds per input pixel, %.0f per output pixel,\n",
           f->macs_per_pixel, macs_per_output_pixel(f));
    const double all = f->macs_per_pixel * 24e6;
    printf("                 %.3g %s for a picture of 24 megapixels\n",
           all < 1e12 ? all / 1e9 : all / 1e12, all < 1e12 ? "billion" : "trillion");
    printf("memory           %.0f bytes of activations per input pixel at the peak\n",
           f->activation_bytes_per_pixel);
}

static void print_text(const struct seam_model *model, const struct seam_facts *f)
{
    printf("model            %s (%s%s)\n", f->name, f->loaded ? f->engine_text : "not loaded",
           f->opset ? "" : ", not analysed");
    if (*f->obstacle)
        printf("not native       because of %s\n", f->obstacle);
    print_told(model, f);
    print_ports("inputs", model, false);
    print_ports("outputs", model, true);
    printf("channels         %d in, %d out, range %g..%g%s\n", f->channels_in, f->channels_out,
           f->range_lo, f->range_hi, f->range_known ? "" : " (assumed)");
    if (f->channels_in == 1)
        printf("colour           luma goes through, and chroma beside it; --luma studio: luma as "
               "video has it;\n"
               "                 --luma each: every band by itself\n");
    printf("scale            %s\n", seam_text_ratio(f->scale_num, f->scale_den).s);
    if (f->strengthens)
        printf("strength         0 to 2\n");
    if (f->fixed_width)
        printf("size             %lld x %lld and no other\n", (long long)f->fixed_width,
               (long long)f->fixed_height);
    printf("alignment        %lld\n", (long long)f->alignment);
    if (f->crop)
        printf("crop             %lld pixels a side are cut off by the network itself\n",
               (long long)f->crop);
    print_field(model, f);
    if (f->opset)
        print_cost(model, f);
    if (f->scratch_per_pixel > 0)
        printf("                 %.0f bytes per input pixel in the engine\n", f->scratch_per_pixel);
}

/* Inputs that are no picture: each has the same few numbers for any picture. */
#define MOST_NUMBERS 4096

static void print_extra_inputs(const struct seam_model *model)
{
    struct seam_port port;
    const char *before = "; needs";
    for (size_t i = 0; seam_model_port(model, false, i, &port); i++) {
        int64_t numbers = port.rank < 0 ? MOST_NUMBERS : 1;
        for (int k = 0; k < port.rank && numbers < MOST_NUMBERS; k++)
            numbers *= port.dims[k] < 0 ? MOST_NUMBERS : port.dims[k];
        if (numbers < MOST_NUMBERS) {
            printf("%s --input %s=VALUE", before, port.name);
            before = ",";
        }
    }
}

/* What becomes of what most people have. */
static void print_use(const struct seam_model *model, const struct seam_facts *f)
{
    const struct seam_picture photo = { .width = 6000, .height = 4000, .bands = 3 };
    struct seam_params params;
    struct seam_machine machine;
    struct seam_plan plan;
    struct seam_log quiet;
    if (!f->loaded)
        return;
    seam_log_init(&quiet);
    seam_params_init(&params);
    seam_machine_measure(&machine);
    const enum seam_result r = seam_plan_make(&plan, &photo, f, &params, &machine, &quiet);
    if (r != SEAM_OK) {
        printf("use              cannot restore a photo: %s\n", quiet.error);
        return;
    }
    printf("use              a photo of 6000 x 4000 becomes %lld x %lld, %d %s",
           (long long)plan.x.out_size, (long long)plan.y.out_size, plan.out_bands,
           plan.out_bands == 1 ? "band" : "bands");
    print_extra_inputs(model);
    printf("\n");
}

/* The options of info. */
struct info {
    gboolean json, probe;
    char **rest, *output, *range;
    int scale;
    struct seam_params params;
};

static bool parse_info(struct info *i, int argc, char **argv)
{
    const GOptionEntry entries[] = {
        { "json", 0, 0, G_OPTION_ARG_NONE, &i->json, "Print JSON", NULL },
        { "output", 0, 0, G_OPTION_ARG_STRING, &i->output,
          "Output of the network (default: the largest picture)", "NAME" },
        { "probe", 0, 0, G_OPTION_ARG_NONE, &i->probe,
          "Measure how far it sees, on PICTURE or on noise", NULL },
        { "scale", 0, 0, G_OPTION_ARG_INT, &i->scale,
          "How much it enlarges, where its file leaves that open", "N" },
        { "range", 0, 0, G_OPTION_ARG_STRING, &i->range,
          "For --probe: values of black and white (default 0..1)", "LO..HI" },
        { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &i->rest, NULL, NULL },
        { 0 },
    };
    GError *error = NULL;
    GOptionContext *context = g_option_context_new("MODEL [PICTURE]");
    g_option_context_set_summary(context,
                     "Say what is known of a network: scale, alignment, receptive field, "
                     "whether tiles\ncan be exact and which node forbids it, what it costs. MODEL "
                     "is a file of a\nnetwork, a folder that holds one, or a built-in name. With "
                     "--probe on PICTURE it\nsees what moves its result by 1/1024 of the range, "
                     "without one any bit.");
    g_option_context_add_main_entries(context, entries, NULL);
    bool ok = g_option_context_parse(context, &argc, &argv, &error);
    if (!ok) {
        fprintf(stderr, "seamless: %s; see '%s --help'\n", error->message, g_get_prgname());
        g_error_free(error);
    }
    g_option_context_free(context);
    const guint names = i->rest ? g_strv_length(i->rest) : 0;
    if (ok && (names < 1 || names > (i->probe ? 2 : 1))) {
        fprintf(stderr, "seamless: info needs one MODEL%s; see 'seamless info --help'\n",
                names == 2 ? ", and takes a PICTURE with --probe alone" : "");
        ok = false;
    }
    return ok && cli_parse_range(i->range, &i->params);
}

/* On the middle of the picture, by the tolerance a halo is chosen by. */
static enum seam_result probe_picture(struct seam_model *model, const struct seam_facts *facts,
                                      const struct info *info, struct probe *probe,
                                      struct seam_log *log)
{
    struct seam_load load;
    struct seam_crop crop;
    const int64_t side = seam_reach_side(facts, 0);
    const struct seam_load_params where = { .path = probe->picture, .page = 1,
                                            .cancel = &cli_cancel };
    enum seam_result r = seam_load_open(&load, &where, log);
    if (r != SEAM_OK)
        return r;
    r = seam_crop_take(&crop, load.image, load.name, side, NULL, SEAM_AUTO, &cli_cancel, log);
    seam_load_close(&load);
    if (r != SEAM_OK)
        return r;
    r = seam_model_reach(model, &crop.picture, crop.samples, &info->params, probe->tolerance,
                         &probe->reach, log);
    seam_crop_free(&crop);
    return r;
}

static enum seam_result run_probe(struct seam_model *model, const struct seam_facts *facts,
                                  const struct info *info, struct probe *probe,
                                  struct seam_log *log)
{
    probe->picture = info->rest[1];
    /* Bits say nothing where all of the picture is seen anyway. */
    probe->tolerance = probe->picture || !facts->field_known ? SEAM_REACH_TOLERANCE : 0;
    if (probe->picture)
        return probe_picture(model, facts, info, probe, log);
    return seam_model_reach(model, NULL, NULL, &info->params, probe->tolerance, &probe->reach, log);
}

static int show(const struct info *info)
{
    struct seam_log log;
    struct seam_model_params params;
    struct seam_model *model = NULL;
    struct seam_facts facts;
    struct probe probe;
    cli_log_init(&log, SEAM_LOG_NOTICE);
    seam_model_params_init(&params);
    params.output = info->output;
    params.lenient = true;
    params.scale = info->scale;
    cli_signals_at_once(true); /* until the end: it makes nothing */
    enum seam_result r = seam_model_open(&model, info->rest[0], &params, &log);
    if (r != SEAM_OK)
        return cli_exit_code(r);
    seam_model_describe(model, &facts);
    if (info->scale > 0 && facts.scale_num != info->scale * facts.scale_den)
        r = seam_log_fail(&log, SEAM_ERROR_ARGUMENT,
                          "%s enlarges %s times, and not %d times: its weights are made for that; "
                          "leave --scale away", facts.name,
                          seam_text_ratio(facts.scale_num, facts.scale_den).s, info->scale);
    if (r == SEAM_OK && info->probe)
        r = run_probe(model, &facts, info, &probe, &log);
    if (r == SEAM_OK && info->json) {
        print_json(model, &facts, info->probe ? &probe : NULL);
    } else if (r == SEAM_OK) {
        print_text(model, &facts);
        if (info->probe)
            print_probe(&probe);
        print_use(model, &facts);
    }
    seam_model_close(&model);
    return cli_exit_code(r);
}

int cli_info(int argc, char **argv)
{
    struct info info = { 0 };
    seam_params_init(&info.params);
    const int code = parse_info(&info, argc, argv) ? show(&info) : EXIT_USAGE;
    g_strfreev(info.rest);
    g_free(info.output);
    g_free(info.range);
    return code;
}
