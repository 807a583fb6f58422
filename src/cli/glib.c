/* What GLib and the libraries on it say by themselves: kept from the user, unless it is asked
 * for. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/refused.h"
#include "cli/cli.h"
#include "files/temporary.h"

static const struct cli_options *shown; /* NULL: before there are options, nothing is */
static char refused[300];               /* the first message that tells of memory refused */

/* What is said of odd files (an unknown tag, a tile that is cut) is the library's own business:
 * with -v all of it is shown; of a damaged file the first line is. */
static void show(const char *domain, GLogLevelFlags level, const char *text)
{
    static gint said;
    /* Those who look for faults of ours ask by GLib's own variable. */
    if ((level & G_LOG_LEVEL_CRITICAL) && strcmp(domain, "GModule") != 0 &&
        g_getenv("G_MESSAGES_DEBUG"))
        fprintf(stderr, "seamless: CRITICAL: %s: %s\n", domain, text);
    if (!shown || shown->quiet || !(shown->verbose || shown->allow_damaged))
        return;
    if (g_atomic_int_add(&said, 1) > 0 && !shown->verbose)
        return;
    /* So libvips counts what the library that decodes JPEGs had to say. */
    if (g_str_has_prefix(text, "read gave ") && !shown->verbose)
        fprintf(stderr, "seamless: warning: the picture's data is damaged: what could not be read "
                        "is grey, or what its decoder made of the rest\n");
    else
        fprintf(stderr, "seamless: warning: %s: %s\n",
                strcmp(domain, "VIPS") == 0 ? "libvips" : domain, text);
}

/* GLib ends the process where it gets no memory: not without the reason, nor with files left. */
static void end(const char *text)
{
    struct seam_log log;
    cli_log_init(&log, SEAM_LOG_ERROR);
    if (seam_says_refused(text))
        seam_refused(&log, "seamless", text);
    else
        fprintf(stderr, "seamless: error: %s\n", text);
    seam_temporary_remove_all();
    _exit(EXIT_FAILURE);
}

static void on_message(const gchar *domain, GLogLevelFlags level, const gchar *text,
                       gpointer opaque)
{
    (void)opaque;
    if (level & G_LOG_FLAG_FATAL)
        end(text);
    if (!refused[0] && seam_says_refused(text))
        g_strlcpy(refused, text, sizeof(refused));
    if (level & (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_WARNING))
        show(domain ? domain : "GLib", level, text);
}

void cli_glib_init(void)
{
    g_log_set_default_handler(on_message, NULL);
}

void cli_glib_show(const struct cli_options *options)
{
    shown = options;
}

bool cli_glib_refused(void)
{
    struct seam_log log;
    if (!refused[0])
        return false;
    cli_log_init(&log, SEAM_LOG_ERROR);
    seam_refused(&log, "libvips does not start", refused);
    return true;
}
