/* What a device is told where options leave it open: the precision, and how much lies ahead. */
#include <string.h>

#include "cli/cli.h"
#include "job/look.h"
#include "model/model.h"

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

double cli_expect_pixels(const struct cli_options *options, const char *first, size_t count)
{
    const char *device = options->model_params.device;
    struct seam_job_params wish;
    struct seam_log quiet;
    int64_t width, height;
    /* What can be read only once is not looked at. */
    if ((device && strcmp(device, "auto") != 0) || !first || !seam_model_may_have_gpu() ||
        !g_file_test(first, G_FILE_TEST_IS_REGULAR))
        return 0;
    if (options->region.width > 0)
        return (double)options->region.width * (double)options->region.height * (double)count;
    seam_log_init(&quiet);
    seam_job_params_init(&wish);
    wish.page = options->page;
    wish.allow_damaged = options->allow_damaged;
    wish.params = &options->params;
    /* Of what is wrong with a file, its restoration will tell. */
    if (seam_look_at_size(first, &wish, &width, &height, &quiet) != SEAM_OK)
        return 0;
    return (double)width * (double)height * (double)count;
}
