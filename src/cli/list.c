/* Commands that list something, and take no more than --json. */
#include <stdio.h>

#include "cli/cli.h"

int cli_list_parse(const char *command, const char *summary, const GOptionEntry *more, int argc,
                   char **argv, bool *as_json)
{
    gboolean json = FALSE;
    const GOptionEntry entries[] = {
        { "json", 0, 0, G_OPTION_ARG_NONE, &json, "Print JSON", NULL },
        { 0 },
    };
    GError *error = NULL;
    GOptionContext *context = g_option_context_new(NULL);
    g_option_context_set_summary(context, summary);
    g_option_context_add_main_entries(context, entries, NULL);
    if (more)
        g_option_context_add_main_entries(context, more, NULL);
    const bool ok = g_option_context_parse(context, &argc, &argv, &error);
    g_option_context_free(context);
    if (!ok) {
        fprintf(stderr, "seamless: %s; see '%s --help'\n", error->message, g_get_prgname());
        g_error_free(error);
        return EXIT_USAGE;
    }
    if (argc > 1) {
        fprintf(stderr, "seamless: %s takes no arguments; see 'seamless %s --help'\n", command,
                command);
        return EXIT_USAGE;
    }
    *as_json = json;
    return -1;
}
