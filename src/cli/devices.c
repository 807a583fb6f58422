/* seamless devices: what can run networks beside the CPU. */
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "cli/cli.h"
#include "job/json.h"

#define MOST_DEVICES 32

/* What a device does in a second, in megapixels; 0: it cannot. */
struct rates {
    double plain, half;
    char why[512]; /* where `plain` is 0 */
};

/* `name`: of --device. */
static struct rates measure(const char *name, bool half)
{
    struct rates rates = { 0 };
    struct seam_log log;
    seam_log_init(&log);
    rates.plain = cli_device_rate(name, SEAM_PRECISION_FLOAT, &log);
    g_strlcpy(rates.why, log.error, sizeof(rates.why));
    seam_log_init(&log);
    if (half && rates.plain > 0)
        rates.half = cli_device_rate(name, SEAM_PRECISION_HALF, &log);
    return rates;
}

static struct rates measure_device(const struct seam_device *device, int i)
{
    char name[16];
    snprintf(name, sizeof(name), "%d", i);
    return measure(name, device->half);
}

static void rates_json(struct seam_json *o, const struct rates *rates)
{
    seam_json_real(o, "megapixels_per_second", rates->plain);
    seam_json_real(o, "half_megapixels_per_second", rates->half);
    if (rates->plain > 0)
        seam_json_null(o, "error");
    else
        seam_json_string(o, "error", rates->why);
}

static void list_json(const struct seam_device *devices, int n, bool bench)
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
        if (bench) {
            const struct rates rates = measure_device(d, i);
            rates_json(&o, &rates);
        }
        seam_json_close(&o, '}');
    }
    seam_json_close(&list, ']');
    putchar('\n');
}

static void print_rates(struct rates rates)
{
    if (rates.plain <= 0)
        printf("     %s\n", rates.why);
    else if (rates.half > 0)
        printf("     %.3g MP/s by denoise-fast, %.3g with --precision half\n", rates.plain,
               rates.half);
    else
        printf("     %.3g MP/s by denoise-fast\n", rates.plain);
    fflush(stdout);
}

static void list_text(const struct seam_device *devices, int n, bool bench)
{
    struct seam_machine machine;
    seam_machine_measure(&machine);
    printf("cpu  %d threads; runs networks unless a device is asked for\n", machine.cpus);
    if (bench)
        print_rates(measure("cpu", false));
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
        if (bench)
            print_rates(measure_device(d, i));
    }
    if (n == 0)
        printf("There is no GPU that Vulkan finds.\n");
}

static int list_devices(bool as_json, bool bench)
{
    struct seam_device devices[MOST_DEVICES];
    struct seam_log log;
    cli_log_init(&log, SEAM_LOG_NOTICE);
    const int all = seam_device_list(devices, MOST_DEVICES, &log);
    const int n = all < MOST_DEVICES ? all : MOST_DEVICES;
    if (n < 0)
        return cli_exit_code(log.result);
    if (as_json)
        list_json(devices, n, bench);
    else
        list_text(devices, n, bench);
    return EXIT_SUCCESS;
}

int cli_devices(int argc, char **argv)
{
    bool as_json;
    gboolean bench = FALSE;
    const GOptionEntry more[] = {
        { "bench", 0, 0, G_OPTION_ARG_NONE, &bench,
          "Time a small network on each, against the CPU's result", NULL },
        { 0 },
    };
    const int code = cli_list_parse(
        "devices", "List the GPUs that can run networks, by Vulkan: choose one with --device.",
        more, argc, argv, &as_json);
    return code >= 0 ? code : list_devices(as_json, bench);
}
