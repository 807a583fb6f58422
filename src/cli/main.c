#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/near.h"
#include "cli/cli.h"
#include "engine/engine.h"

const struct cli_entry cli_commands[] = {
    { "restore", cli_restore, "restore pictures with a neural network", CLI_RESTORE },
    { "plan", cli_plan, "say what restoring a picture would take, without doing it", CLI_PLAN },
    { "check", cli_check, "prove on a picture of yours that tiles leave no seam", CLI_CHECK },
    { "info", cli_info, "say what is known of a network: receptive field, scale, cost", 0 },
    { "convert", cli_convert, "write a network of any format as ONNX or safetensors", 0 },
    { "models", cli_models, "list the networks that are built in", 0 },
    { "devices", cli_devices, "list the GPUs that can run networks", 0 },
    { "completions", cli_completions, "print what a shell offers behind Tab: bash, zsh or fish",
      0 },
    { NULL, NULL, NULL, 0 },
};

static int usage(FILE *to)
{
    fputs("Usage: seamless COMMAND [options] ...\n"
          "\n"
          "Restore pictures of any size with neural networks, tile by tile, without a seam.\n"
          "\n"
          "Commands:\n", to);
    for (const struct cli_entry *c = cli_commands; c->name; c++)
        fprintf(to, "  %-11s %s\n", c->name, c->purpose);
    fputs("\nTopics:\n", to);
    cli_topics_list(to);
    fputs("\n"
          "  seamless help COMMAND tells all about a command, with examples.\n"
          "  seamless help TOPIC explains what no single option does.\n"
          "  seamless --version tells the versions of Seamless and what it stands on.\n"
          "\n"
          "To begin with:\n"
          "  seamless restore photo.jpg restored.png\n", to);
    return to == stdout ? EXIT_SUCCESS : EXIT_USAGE;
}

/* Formats that the libvips of this machine may read and write, by its operations. */
static void print_formats(void)
{
    static const char *const formats[] = { "tiff", "png", "jpeg", "webp", "jxl",   "jp2k",
                                           "heif", "gif", "ppm",  "fits", "magick", NULL };
    static const char *const ways[] = { "load", "save" };
    for (int w = 0; w < 2; w++) {
        printf("%s", w ? "writes   " : "reads    ");
        for (int i = 0; formats[i]; i++) {
            char *operation = g_strconcat(formats[i], ways[w], NULL);
            if (vips_type_find("VipsOperation", operation))
                printf(" %s", formats[i]);
            g_free(operation);
        }
        putchar('\n');
    }
}

static int version(void)
{
    printf("seamless %s (libvips %s)\nengines  ", seam_version(), vips_version_string());
    for (int i = 0; seam_engines[i]; i++) {
        const struct seam_engine_ops *e = seam_engines[i];
        if (e->takes)
            continue;
        printf(" %s", e->name);
        if (e->on_device)
            printf(" (Vulkan)");
        if (e->version)
            printf(" (ONNX Runtime %s)", e->version());
    }
    putchar('\n');
    print_formats();
    return EXIT_SUCCESS;
}

static const struct cli_entry *find(const char *name)
{
    for (const struct cli_entry *c = cli_commands; c->name; c++)
        if (strcmp(c->name, name) == 0)
            return c;
    return NULL;
}

static int unknown(const char *name)
{
    const char *words[sizeof(cli_commands) / sizeof(cli_commands[0])];
    size_t n = 0;
    for (; cli_commands[n].name; n++)
        words[n] = cli_commands[n].name;
    words[n] = NULL;
    const char *near = seam_near(name, words);
    if (g_file_test(name, G_FILE_TEST_EXISTS))
        fprintf(stderr,
                "seamless: there is no command '%s'; to restore that picture: seamless restore "
                "%s OUTPUT\n",
                name, name);
    else if (near)
        fprintf(stderr, "seamless: there is no command '%s'; did you mean '%s'?\n", name, near);
    else
        fprintf(stderr, "seamless: there is no command '%s'; see 'seamless --help'\n", name);
    return EXIT_USAGE;
}

static int run(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : NULL;
    if (!name)
        return usage(stderr);
    const bool help =
        strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0;
    if (help && argc == 2)
        return usage(stdout);
    if (strcmp(name, "--version") == 0)
        return version();
    if (help)
        name = argv[2];
    const struct cli_entry *c = find(name);
    if (!c && help && cli_topic_print(name))
        return EXIT_SUCCESS;
    if (!c && help && cli_topic_near(name)) {
        fprintf(stderr, "seamless: there is no topic '%s'; did you mean '%s'?\n", name,
                cli_topic_near(name));
        return EXIT_USAGE;
    }
    if (!c)
        return unknown(name);
    char program[64], *of_help[] = { argv[0], (char[]){ "--help" }, NULL };
    g_snprintf(program, sizeof(program), "seamless %s", name);
    g_set_prgname(program);
    return help ? c->run(2, of_help) : c->run(argc - 1, argv + 1);
}

int main(int argc, char **argv)
{
    cli_heap_keep_little();
    setlocale(LC_ALL, "");
    cli_signals_init();
    /* ONNX Runtime's engine would set it, when there are threads that may read the environment. */
    setenv("ORT_DISABLE_TELEMETRY", "1", 1);
    cli_glib_init();
    if (VIPS_INIT(argv[0])) {
        fprintf(stderr, "seamless: libvips does not start: %s", vips_error_buffer());
        return EXIT_FAILURE;
    }
    if (cli_glib_refused())
        return EXIT_FAILURE;
    /* Every picture is read once: what libvips would keep is memory lost. */
    vips_cache_set_max(0);
    const int code = run(argc, argv);
    vips_shutdown();
    if (fflush(stdout) != 0 || ferror(stdout)) {
        perror("seamless: standard output");
        return code ? code : EXIT_FAILURE;
    }
    return code;
}
