#include "base/log.h"
#include "files/integers.h"
#include "files/normalise.h"
#include "files/save_parts.h"

/* With a sign there is none; of 32 bits nobody uses all, but for counts and codes. */
static bool has_no_white(const VipsImage *image)
{
    const VipsBandFormat format = image->BandFmt;
    return image->Coding == VIPS_CODING_NONE && image->Type != VIPS_INTERPRETATION_LABS &&
           (format == VIPS_FORMAT_CHAR || format == VIPS_FORMAT_SHORT ||
            format == VIPS_FORMAT_INT || format == VIPS_FORMAT_UINT);
}

bool seam_integers_to_float(VipsImage **image, VipsBandFormat *was)
{
    VipsImage *next = NULL;
    *was = VIPS_FORMAT_UCHAR;
    if (!has_no_white(*image))
        return true;
    *was = (*image)->BandFmt;
    return seam_io_step(image, vips_cast_float(*image, &next, NULL), &next);
}

/* Whether the file has these samples as they are. Of what else libvips says so, it makes 8 or 16
 * bits of them after all, by the picture's type: PNM, JPEG XL, JPEG 2000, Radiance. */
static bool holds(const struct seam_save *save, VipsBandFormat format)
{
    static const char *const any[] = { ".tif", ".tiff", ".v",   ".vips", ".fits",
                                       ".fit", ".fts",  ".raw", ".csv",  NULL };
    static const char *const floats[] = { ".pfm", NULL };
    return save->formats[format] == format &&
           (seam_save_is_one_of(save, any) ||
            (format == VIPS_FORMAT_FLOAT && seam_save_is_one_of(save, floats)));
}

enum seam_result seam_integers_check(const struct seam_save *save, VipsBandFormat was,
                                     struct seam_log *log)
{
    const char *name = vips_enum_nick(VIPS_TYPE_BAND_FORMAT, was);
    if (was == VIPS_FORMAT_UCHAR)
        return SEAM_OK;
    if (!holds(save, was) && !holds(save, VIPS_FORMAT_FLOAT))
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT,
                             "%s holds neither samples of type '%s' nor floats: write .tif or .v",
                             save->suffix + 1, name);
    if (!holds(save, was))
        seam_notice(log, "%s holds no samples of type '%s': written as floats of the same values",
                    save->suffix + 1, name);
    if (was == VIPS_FORMAT_INT || was == VIPS_FORMAT_UINT)
        seam_notice(log, "samples of 32 bits go through the network as floats, which are exact up "
                         "to 16777216");
    return SEAM_OK;
}

enum seam_result seam_integers_back(VipsImage **result, const struct seam_save *save,
                                    VipsBandFormat was, struct seam_log *log)
{
    VipsImage *next = NULL;
    if (was == VIPS_FORMAT_UCHAR || !holds(save, was) || (*result)->BandFmt != VIPS_FORMAT_FLOAT)
        return SEAM_OK;
    if (seam_io_step(result, vips_rint(*result, &next, NULL), &next) &&
        seam_io_step(result, vips_cast(*result, &next, was, NULL), &next))
        return SEAM_OK;
    return seam_io_vips_failed(log, SEAM_ERROR_IO, "the result cannot be made integers again");
}
