/* What --help and --help-all tell, made of the table of options. */
#include <stdio.h>
#include <string.h>

#include "cli/option_groups.h"

#define COLUMNS 80
#define TEXT 25 /* the column at which an option's text begins */

/* What differs between the commands that share these options. */
struct text {
    enum cli_command command;
    const char *usage, *summary;
    const char *examples, *more; /* lines; those of `more` only where all is told */
};

static const struct text texts[] = {
    { CLI_RESTORE, "restore [options] INPUT... OUTPUT",
      "Restore pictures of any size with a neural network, without a seam.\n"
      "INPUT is a picture or a folder, and - standard input. OUTPUT is a picture, with\n"
      "options in brackets; for several a folder, or a name with {name} in it.\n",
      "  seamless restore photo.jpg restored.png\n"
      "  seamless restore -m upscale2x --size 3840x2160 photo.jpg '4k.jpg[Q=90]'\n"
      "  seamless restore -r --newer photos/ restored/\n",
      "  seamless restore -m upscaler.onnx scan.tif 'out.tif[compression=zstd,tile]'\n"
      "  seamless restore -m denoiser.onnx --input sigma=0.1 *.jpg restored/\n"
      "  seamless restore --resume scans/ 'restored/{name}.tif[compression=zstd]'\n"
      "  seamless restore -r --exclude '*_old*' photos/ restored/\n"
      "  find . -name '*.jpg' -print0 | seamless restore --files-from - restored/\n"
      "  seamless restore -m net.onnx --tile 256 --halo 48 --memory 2G huge.tif out.tif\n"
      "  curl -s URL | seamless restore - - > restored.png\n"
      "\n"
      "A name may hold {name}, {ext}, {model}, {scale}, {width} and {height}.\n"
      "\n"
      "Exit status: 0 restored, 1 failed, 2 wrong usage, 130 cancelled.\n" },
    { CLI_PLAN, "plan [options] INPUT [OUTPUT]",
      "Say what 'seamless restore' would decide, without restoring: tiles, halo,\n"
      "whether the result is exact, memory by its parts, time. Of the picture only the\n"
      "header is read. With an OUTPUT, whether its format and the disk hold the result.\n",
      "  seamless plan -m net.onnx scan.tif\n"
      "  seamless plan -m upscale4x scan.tif big.tif\n",
      "  seamless plan -m net.onnx --memory 4G scan.tif --svg plan.svg\n"
      "  seamless plan scan.tif --json | python3 -m json.tool\n"
      "\n"
      "Exit status: 0 there is a plan, 1 failed, 2 wrong usage.\n" },
    { CLI_CHECK, "check [options] INPUT",
      "Prove it on your own picture: restore the middle of it in tiles and in one\n"
      "piece, and compare before rounding. Tiles are a third of the crop unless --tile\n"
      "says otherwise.\n",
      "  seamless check -m net.onnx photo.jpg\n"
      "  seamless check -m net.onnx --halo 8 photo.jpg --heatmap where.png\n",
      "\n"
      "Exit status: 0 exactness holds where it was promised, 1 it does not, or failed,\n"
      "2 wrong usage.\n" },
};

/* Where on a line it goes on. */
struct place {
    size_t column, indent;
};

/* Words, each line of them from `indent` on. */
static void put_words(struct place *at, const char *text)
{
    while (*text) {
        const size_t length = strcspn(text, " ");
        if (at->column > at->indent && at->column + 1 + length > COLUMNS) {
            printf("\n%*s", (int)at->indent, "");
            at->column = at->indent;
        } else if (at->column > at->indent) {
            putchar(' ');
            at->column++;
        }
        printf("%.*s", (int)length, text);
        at->column += length;
        text += length + strspn(text + length, " ");
    }
}

static void put_option(const GOptionEntry *e, bool all)
{
    struct place at = { TEXT, TEXT };
    char name[64], letter[8] = "";
    if (e->short_name)
        g_snprintf(letter, sizeof(letter), "-%c, ", e->short_name);
    g_snprintf(name, sizeof(name), "  %s--%s%s%s", letter, e->long_name,
               e->arg_description ? "=" : "", e->arg_description ? e->arg_description : "");
    printf("%-*s", TEXT - 1, name);
    if (strlen(name) >= TEXT - 1)
        printf("\n%*s", TEXT - 1, "");
    char **lines = g_strsplit(e->description, "\n", all ? -1 : 2);
    putchar(' ');
    for (int i = 0; lines[i] && (all || i == 0); i++) {
        char *line = g_strconcat(lines[i], all && lines[i + 1] ? "." : "", NULL);
        put_words(&at, line);
        g_free(line);
    }
    g_strfreev(lines);
    putchar('\n');
}

static void put_group(void *opaque, const char *heading, const GOptionEntry *entries)
{
    const bool all = *(bool *)opaque;
    bool headed = false;
    for (const GOptionEntry *e = entries; e->long_name; e++) {
        if (!e->long_name[0] || (!all && e->flags & G_OPTION_FLAG_HIDDEN))
            continue;
        if (!headed)
            printf("%s%s\n", all ? "\n" : "", heading ? heading : "Options:");
        headed = true;
        put_option(e, all);
    }
}

static void put_rare(void *opaque, const char *heading, const GOptionEntry *entries)
{
    (void)heading;
    for (const GOptionEntry *e = entries; e->long_name; e++)
        if (e->flags & G_OPTION_FLAG_HIDDEN && !g_str_has_prefix(e->long_name, "help")) {
            char *name = g_strconcat("--", e->long_name, NULL);
            put_words(opaque, name);
            g_free(name);
        }
}

void cli_help_print(enum cli_command command, bool all)
{
    struct cli_raw none = { 0 };
    struct place at = { 2, 2 };
    const struct text *text = texts;
    while (text->command != command)
        text++;
    printf("Usage:\n  seamless %s\n\n%s", text->usage, text->summary);
    fputs(all ? "" : "\n", stdout);
    cli_option_tables(command, &none, put_group, &all);
    if (!all) {
        fputs("More, of which --help-all tells:\n  ", stdout);
        cli_option_tables(command, &none, put_rare, &at);
        putchar('\n');
    }
    printf("%sExamples:\n%s%s", all ? "\n" : "", text->examples, all ? text->more : "");
}
