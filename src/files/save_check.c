/* What can be said against an output before the first row: the format's limits, memory. */
#include <string.h>

#include "files/formats.h"
#include "files/integers.h"
#include "files/normalise.h"
#include "files/save.h"
#include "files/save_parts.h"
#include "base/process.h"
#include "base/log.h"
#include "plan/plan.h"
#include "base/text.h"

/* The most pixels a side that a format holds, where that is less than libvips'. */
static const struct {
    const char *suffix;
    int side;
    bool pages; /* whether the format holds several */
} limits[] = {
    { ".jpg", 65500, false },  { ".jpeg", 65500, false }, { ".jpe", 65500, false },
    { ".webp", 16383, true },  { ".gif", 65535, true },   { ".tif", 0, true },
    { ".tiff", 0, true },      { ".heic", 16384, false }, { ".heif", 16384, false },
    { ".avif", 65536, false }, { ".v", 0, true },         { ".vips", 0, true },
};

enum seam_result seam_save_room(const struct seam_save *save, const struct seam_load *load,
                                const struct seam_facts *facts, struct seam_vips_params *params,
                                struct seam_log *log)
{
    struct seam_machine machine;
    const double scale = (double)facts->scale_num / (double)facts->scale_den;
    const double width = load->image->Xsize * scale, height = load->image->Ysize * scale;
    const int sample = params->params.out_sample;
    const int pixel = load->image->Bands *
                      (int)seam_sample_bytes(sample == SEAM_AUTO ? SEAM_SAMPLE_F32
                                                                 : (enum seam_sample)sample);
    const uint64_t coder = seam_format_coder_bytes(save->suffix, save->options, MAX(width, height));
    const uint64_t held = coder +
        (uint64_t)(seam_format_save_bytes(save->suffix, save->options, pixel) * width * height);
    const double gathered =
        MIN(seam_format_save_rows(save->suffix, save->options), height) * width * pixel;
    params->held_bytes = held + (uint64_t)gathered + (uint64_t)load->held_bytes;
    if (held == 0)
        return SEAM_OK;
    seam_machine_memory(&machine);
    const uint64_t budget = params->params.memory ? params->params.memory
                                                  : machine.resident + machine.available / 10 * 9;
    const uint64_t needed = machine.resident + params->held_bytes;
    if (needed <= budget)
        return SEAM_OK;
    if (coder == held)
        return seam_log_fail(
            log, SEAM_ERROR_MEMORY,
            "%s: the encoder of %s%s takes %s, the budget is %s; choose a lower level, or use "
            "--memory %lluM or more",
            save->name, save->suffix + 1, save->options, seam_text_bytes(held).s,
            seam_text_bytes(budget).s, (unsigned long long)(needed / 900000 + 10));
    return seam_log_fail(log, SEAM_ERROR_MEMORY,
                         "%s: the encoder of %s%s holds the whole picture: %.0f x %.0f pixels take "
                         "about %s, the budget is %s; write a format that goes row by row, such as "
                         ".tif, or use --memory %lluM or more", save->name, save->suffix + 1,
                         save->options, width, height, seam_text_bytes(held).s,
                         seam_text_bytes(budget).s, (unsigned long long)(needed / 900000 + 10));
}

enum seam_result seam_save_choose_sample(const struct seam_save *save,
                                         const struct seam_load *load, int transfer, int *sample,
                                         struct seam_log *log)
{
    const enum seam_sample wanted =
        *sample == SEAM_AUTO ? seam_io_sample(load->image) : (enum seam_sample)*sample;
    const enum seam_sample held =
        seam_save_sample(save, wanted, seam_io_is_linear(load->image, transfer));
    const enum seam_result r = seam_integers_check(save, load->integers, log);
    if (r == SEAM_OK && held != wanted)
        seam_notice(log, "%s holds no samples of depth %s: written as %s", save->suffix + 1,
                    seam_sample_name(wanted), seam_sample_name(held));
    *sample = (int)held;
    return r;
}

/* Whether the format, as its options have it, takes so many bands. */
static enum seam_result check_bands(const struct seam_save *save, const struct seam_plan *plan,
                                    struct seam_log *log)
{
    static const char *const grey[] = { ".pgm", ".pbm", ".csv", ".mat", NULL };
    static const char *const numbers[] = { ".csv", ".mat", NULL };
    const bool alpha = plan->picture.alpha;
    const int colours = plan->out_bands - (alpha ? 1 : 0);
    if (colours != 1 && colours != 3 && save->saveable != VIPS_SAVEABLE_ANY)
        return seam_log_fail(
            log, SEAM_ERROR_ARGUMENT,
            "%s: the result has %d bands of colour and %s holds 1 or 3; write .tif, or choose "
            "bands first, for example with 'vips extract_band'",
            save->name, colours, save->suffix + 1);
    if (colours != 1 && seam_save_is_one_of(save, grey))
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT,
                             "%s: the result has %d bands of colour and %s holds 1; write .tif or "
                             ".ppm, or make the picture grey first, for example with 'vips "
                             "colourspace IN OUT b-w'",
                             save->name, colours, save->suffix + 1);
    const int bits = seam_save_option(save, "bitdepth");
    const bool packed = g_ascii_strcasecmp(save->suffix, ".png") == 0 && bits > 0 && bits < 8 &&
                        colours == 1 && !strstr(save->options, "palette");
    if (alpha && (packed || seam_save_is_one_of(save, numbers)))
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT,
                             "%s: %s%s holds no alpha beside grey; write .tif, or flatten the "
                             "picture first, for example with 'vips flatten'",
                             save->name, save->suffix + 1, save->options);
    return SEAM_OK;
}

enum seam_result seam_save_check(const struct seam_save *save, const struct seam_plan *plan,
                                 int64_t pages, struct seam_log *log)
{
    const int64_t width = plan->x.out_size, height = plan->y.out_size;
    bool holds_pages = false;
    for (size_t i = 0; i < G_N_ELEMENTS(limits); i++) {
        if (g_ascii_strcasecmp(limits[i].suffix, save->suffix) != 0)
            continue;
        holds_pages = limits[i].pages;
        if (limits[i].side && (width > limits[i].side || height > limits[i].side))
            return seam_log_fail(log, SEAM_ERROR_ARGUMENT,
                                 "%s: a result of %lld x %lld is more than the %d pixels a side "
                                 "that %s holds; write .tif or .png", save->name, (long long)width,
                                 (long long)height, limits[i].side, save->suffix + 1);
    }
    if (pages > 1 && !holds_pages)
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT,
                             "%s: %s holds one picture and the input has %lld pages; choose one "
                             "with --page N, or write .tif, .webp or .gif", save->name,
                             save->suffix + 1, (long long)pages);
    const enum seam_result r = check_bands(save, plan, log);
    if (r != SEAM_OK)
        return r;
    const bool alpha =
        !strstr(save->options, "compression=jpeg") &&
        (save->saveable == VIPS_SAVEABLE_ANY || save->saveable == VIPS_SAVEABLE_RGBA ||
         save->saveable == VIPS_SAVEABLE_RGBA_ONLY);
    if (plan->picture.alpha && !alpha)
        seam_notice(log, "%s: %s%s holds no alpha: the result is laid over black", save->name,
                    save->suffix + 1, save->options);
    else if (g_ascii_strcasecmp(save->suffix, ".pbm") == 0)
        seam_notice(log, "%s: pbm holds black and white alone: greys become one of them; write "
                         ".pgm to keep them", save->name);
    else if (plan->picture.data && !seam_save_is_tiff(save))
        seam_notice(log, "%s: %s cannot say that the fourth band is no alpha; .tif can", save->name,
                    save->suffix + 1);
    return SEAM_OK;
}
