/* What may stand behind options that take one of a few words: parsing and completions ask here. */
#include <glib.h>
#include <string.h>

#include "base/names.h"
#include "cli/values.h"

const char *const cli_transfer_names[] = { "none", "srgb", "auto", NULL };
const char *const cli_depth_names[] = { "8", "16", "float", "same", NULL };
const char *const cli_colour_names[] = { "auto", "convert", "keep", NULL };
const char *const cli_precision_names[] = { "auto", "float", "half", NULL };

/* These have other values too, which nobody lists. */
static const char *const autos[] = { "auto", NULL };
static const char *const devices[] = { "auto", "cpu", "gpu", NULL };
static const char *const formats[] = { "png", "jpg", "tif", "webp", "jxl", "ppm", NULL };
static const char *const halos[] = { "auto", "fast", NULL };
static const char *const nodata[] = { "auto", "nan", "none", NULL };
static const char *const passes[] = { "auto", "1", "2", NULL };
static const char *const ranges[] = { "0..1", "0..255", "-1..1", NULL };
static const char *const scales[] = { "50%", "150%", "200%", "400%", NULL };

static const struct {
    const char *option;
    const char *const *names;
} values[] = {
    { "engine", seam_engine_names },
    { "device", devices },
    { "precision", cli_precision_names },
    { "depth", cli_depth_names },
    { "colour", cli_colour_names },
    { "transfer", cli_transfer_names },
    { "alpha", seam_alpha_names },
    { "order", seam_order_names },
    { "layout", seam_layout_names },
    { "luma", seam_luma_names },
    { "blend", seam_blend_names },
    { "edge", seam_edge_names },
    { "halo", halos },
    { "tile", autos },
    { "overlap", autos },
    { "batch", autos },
    { "memory", autos },
    { "device-memory", autos },
    { "range", ranges },
    { "scale", scales },
    { "passes", passes },
    { "nodata", nodata },
    { "format", formats },
};

const char *const *cli_option_values(const char *option)
{
    for (size_t i = 0; i < G_N_ELEMENTS(values); i++)
        if (strcmp(values[i].option, option) == 0)
            return values[i].names;
    return NULL;
}
