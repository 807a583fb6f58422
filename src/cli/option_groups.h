/* The options that the commands share, as GOption fills them. */
#ifndef SEAM_OPTION_GROUPS_H
#define SEAM_OPTION_GROUPS_H

#include <glib.h>

#include "cli/cli.h"

/* What GOption fills before it is checked. */
struct cli_raw {
    char *tile, *halo, *overlap, *batch, *blend, *edge, *alpha, *luma, *order, *range,
        *depth, *transfer, *precision, *memory, *device_memory, *layout, *engine,
        *device, *picture, *output, *format, *strength, *svg, *heatmap, *files_from;
    char *size, *scale, *megapixels, *dpi, *print, *passes, *region, *nodata, *colour, *mask,
        *most_side;
    char **models, **inputs, **rest, **include, **exclude;
    int threads, align, page, crop;
    gboolean resume, allow_damaged, json, quiet, verbose, help, help_all;
    gboolean recursive, skip_existing, newer, preserve, dry_run, strip, ensemble, preview;
};

/* Called for each group of options, with its heading; NULL: the main one. `entries` lives during
 * the call. */
typedef void (*cli_option_visit)(void *opaque, const char *heading, const GOptionEntry *entries);

/* Go through the options of `command`, which fill `raw`. */
void cli_option_tables(enum cli_command command, struct cli_raw *raw, cli_option_visit visit,
                       void *opaque);

/* What `command` understands; it fills `raw`, which must outlive it. */
GOptionContext *cli_option_groups(enum cli_command command, struct cli_raw *raw);

/* Tell what `command` does and understands: what most people want, on two screens of 24 lines and
 * 80 columns, or `all`. */
void cli_help_print(enum cli_command command, bool all);

/* Say what GOption did not understand, and what would do. */
void cli_option_unknown(enum cli_command command, const GError *error);

#endif /* SEAM_OPTION_GROUPS_H */
