/* seamless devices: what can run networks beside the CPU. */
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "cli/cli.h"
#include "job/json.h"

#define MOST_DEVICES 32

static void list_json(const struct seam_device *devices, int n)
{
    struct seam_json top = { .to = stdout };
    struct seam_json list = seam_json_open(&top, NULL, '[');
    for (int i = 0; i < n; i++) {
        const struct seam_device *d = &devices[i];
        struct seam_json o = seam_json_open(&list, NULL, '{');
        seam_json_integer(&o, "device", i);
        seam_json_string(&o, "name", d->name);
        seam_json_string(&o, "driver", d->driver);
        seam_json_string(&o, "kind", seam_device_kind_name(d->kind));
        seam_json_integer(&o, "memory_bytes", (int64_t)d->memory);
        seam_json_integer(&o, "available_bytes", (int64_t)d->available);
        seam_json_bool(&o, "shares_memory", d->shares_memory);
        seam_json_bool(&o, "half", d->half);
        seam_json_close(&o, '}');
    }
    seam_json_close(&list, ']');
    putchar('\n');
}

static void list_text(const struct seam_device *devices, int n)
{
    struct seam_machine machine;
    seam_machine_measure(&machine);
    printf("cpu  %d threads; runs networks unless a device is asked for\n", machine.cpus);
    for (int i = 0; i < n; i++) {
        const struct seam_device *d = &devices[i];
        printf("%-3d  %s\n     driver %s; ", i, d->name, d->driver);
        if (d->shares_memory)
            printf("shares the machine's memory");
        else
            printf("%s, %s of it free", seam_text_bytes(d->memory).s,
                   seam_text_bytes(d->available).s);
        printf("%s%s\n", d->half ? "; float16" : "",
               d->kind == SEAM_DEVICE_CPU ? "; a CPU that stands for a GPU: by its number alone"
                                          : "");
    }
    if (n == 0)
        printf("There is no GPU that Vulkan finds.\n");
}

static int list_devices(bool as_json)
{
    struct seam_device devices[MOST_DEVICES];
    struct seam_log log;
    cli_log_init(&log, SEAM_LOG_NOTICE);
    const int n = seam_device_list(devices, MOST_DEVICES, &log);
    if (n < 0)
        return cli_exit_code(log.result);
    if (as_json)
        list_json(devices, n < MOST_DEVICES ? n : MOST_DEVICES);
    else
        list_text(devices, n < MOST_DEVICES ? n : MOST_DEVICES);
    return EXIT_SUCCESS;
}

int cli_devices(int argc, char **argv)
{
    gboolean as_json = FALSE;
    const GOptionEntry entries[] = {
        { "json", 0, 0, G_OPTION_ARG_NONE, &as_json, "Print JSON", NULL },
        { 0 },
    };
    GError *error = NULL;
    GOptionContext *context = g_option_context_new(NULL);
    g_option_context_set_summary(
        context, "List the GPUs that can run networks, by Vulkan: choose one with --device.");
    g_option_context_add_main_entries(context, entries, NULL);
    const bool ok = g_option_context_parse(context, &argc, &argv, &error);
    g_option_context_free(context);
    if (!ok) {
        fprintf(stderr, "seamless: %s; see '%s --help'\n", error->message, g_get_prgname());
        g_error_free(error);
        return EXIT_USAGE;
    }
    if (argc > 1) {
        fprintf(stderr, "seamless: devices takes no arguments; see 'seamless devices --help'\n");
        return EXIT_USAGE;
    }
    return list_devices(as_json);
}
