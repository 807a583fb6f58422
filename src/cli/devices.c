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
    bool as_json;
    const int code = cli_list_parse(
        "devices", "List the GPUs that can run networks, by Vulkan: choose one with --device.",
        argc, argv, &as_json);
    return code >= 0 ? code : list_devices(as_json);
}
