#include <stdio.h>
#include <string.h>

#include "base/near.h"
#include "cli/option_groups.h"

/* A heading and its options; the first has no heading. */
static void add_group(void *opaque, const char *heading, const GOptionEntry *entries)
{
    GOptionContext *context = opaque;
    GOptionGroup *group =
        g_option_group_new(heading ? heading : "main", heading, heading, NULL, NULL);
    g_option_group_add_entries(group, entries);
    if (heading)
        g_option_context_add_group(context, group);
    else
        g_option_context_set_main_group(context, group);
}

GOptionContext *cli_option_groups(enum cli_command command, struct cli_raw *raw)
{
    GOptionContext *context = g_option_context_new(NULL);
    g_option_context_set_help_enabled(context, FALSE);
    cli_option_tables(command, raw, add_group, context);
    return context;
}

/* What other tools call what is wanted, and what does it here. */
static const struct {
    const char *option, *remedy;
} habits[] = {
    { "width", "--size 3840x is a width, and --size x2160 a height" },
    { "height", "--size 3840x is a width, and --size x2160 a height" },
    { "resize", "--size, --scale, --megapixels and --max-side tell the size" },
    { "gpu", "--device gpu runs the network on a GPU" },
    { "quality", "options of the format stand in brackets: 'out.jpg[Q=95]'" },
    { "denoise", "the network is chosen by --model: -m denoise" },
    { "i", "the input is a plain name: seamless restore INPUT OUTPUT" },
    { "o", "the output is a plain name: seamless restore INPUT OUTPUT" },
    { "n", "the network is chosen by -m" },
    { "s", "the scale is told by --scale, and the network by -m" },
    { "no-clobber", "--skip-existing leaves out what is there" },
    { "compare", "--preview puts the picture beside its result, and 'seamless check' compares "
                 "tiles with one piece" },
    { "crop", "--region X,Y,WxH restores a part of the picture, --preview shows its middle" },
};

static void add_names(void *opaque, const char *heading, const GOptionEntry *entries)
{
    GPtrArray *names = opaque;
    (void)heading;
    for (const GOptionEntry *e = entries; e->long_name; e++)
        if (e->long_name[0])
            g_ptr_array_add(names, (void *)(uintptr_t)e->long_name);
}

static const char *nearest_option(enum cli_command command, const char *name)
{
    struct cli_raw none = { 0 };
    GPtrArray *names = g_ptr_array_new();
    cli_option_tables(command, &none, add_names, names);
    g_ptr_array_add(names, NULL);
    const char *near = seam_near(name, (const char *const *)names->pdata);
    g_ptr_array_free(names, TRUE);
    return near;
}

/* GLib's message, "Unknown option --scale", and what would do. */
void cli_option_unknown(enum cli_command command, const GError *error)
{
    const char *dash = strrchr(error->message, ' ');
    const char *name = dash ? dash + 1 + strspn(dash + 1, "-") : "";
    fprintf(stderr, "seamless: %s; ", error->message);
    if (g_error_matches(error, G_OPTION_ERROR, G_OPTION_ERROR_UNKNOWN_OPTION)) {
        for (gsize i = 0; i < G_N_ELEMENTS(habits); i++)
            if (strcmp(habits[i].option, name) == 0) {
                fprintf(stderr, "%s\n", habits[i].remedy);
                return;
            }
        const char *near = nearest_option(command, name);
        if (near)
            fprintf(stderr, "did you mean --%s? ", near);
    }
    fprintf(stderr, "see '%s --help'\n", g_get_prgname());
}
