/* In what precision a device computes, where --precision leaves it open. */
#include <string.h>

#include "cli/cli.h"

/* Whether pictures of this name have 8 bits whatever is in them. */
static bool has_eight_bits(const char *name)
{
    static const char *const endings[] = { ".jpg", ".jpeg", ".jpe", ".webp", ".gif" };
    const char *bracket = strrchr(name, '[');
    const size_t size = bracket ? (size_t)(bracket - name) : strlen(name);
    for (size_t i = 0; i < G_N_ELEMENTS(endings); i++) {
        const size_t n = strlen(endings[i]);
        if (size > n && g_ascii_strncasecmp(name + size - n, endings[i], n) == 0)
            return true;
    }
    return false;
}

int64_t cli_choose_precision(const struct cli_options *options, int64_t asked)
{
    if (asked != SEAM_PRECISION_AUTO)
        return asked;
    bool eight = options->params.out_sample == SEAM_SAMPLE_U8 ||
                 (options->output && has_eight_bits(options->output));
    if (!eight && options->params.out_sample == SEAM_AUTO && options->inputs &&
        !options->files_from) {
        eight = options->inputs[0] != NULL;
        for (int i = 0; options->inputs[i]; i++)
            eight = eight && has_eight_bits(options->inputs[i]);
    }
    return eight ? SEAM_PRECISION_EIGHT : SEAM_PRECISION_FLOAT;
}
