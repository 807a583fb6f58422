/* seamless models: the networks that are built in. */
#include <stdio.h>
#include <stdlib.h>

#include "cli/cli.h"
#include "job/json.h"

/* One line or one object a network. */
static void list_one(struct seam_json *list, const char *name, const char *purpose,
                     const struct seam_facts *f, uint64_t bytes, bool as_json)
{
    const double scale = (double)f->scale_num / (double)f->scale_den;
    if (!as_json) {
        printf("%-16s %gx  %7lld parameters, %6.0f multiply-adds a pixel, receptive field %lld\n"
               "                 %s\n", name, scale, (long long)f->parameters, f->macs_per_pixel,
               (long long)f->field, purpose);
        return;
    }
    struct seam_json o = seam_json_open(list, NULL, '{');
    seam_json_string(&o, "name", name);
    seam_json_string(&o, "purpose", purpose);
    seam_json_real(&o, "scale", scale);
    seam_json_integer(&o, "parameters", f->parameters);
    seam_json_real(&o, "macs_per_input_pixel", f->macs_per_pixel);
    seam_json_integer(&o, "receptive_field", f->field);
    seam_json_integer(&o, "bytes", (int64_t)bytes);
    seam_json_close(&o, '}');
}

static int list_models(bool as_json)
{
    struct seam_json top = { .to = stdout }, list = { .to = stdout };
    struct seam_log log;
    cli_log_init(&log, SEAM_LOG_NOTICE);
    if (as_json)
        list = seam_json_open(&top, NULL, '[');
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
        seam_json_close(&list, ']');
        putchar('\n');
    }
    return code;
}

int cli_models(int argc, char **argv)
{
    bool as_json;
    const int code = cli_list_parse(
        "models", "List the networks that are built in: choose one with -m NAME.",
        NULL, argc, argv, &as_json);
    return code >= 0 ? code : list_models(as_json);
}
