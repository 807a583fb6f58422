#include "base/log.h"
#include "files/adapt.h"
#include "files/normalise.h"

/* A colour picture's fourth band travels beside the colours; of other pictures all bands are
 * alike. */
static bool mark_data(VipsImage **image)
{
    VipsImage *next = NULL;
    if ((*image)->Bands != 4)
        return seam_io_step(image,
                            vips_copy(*image, &next, "interpretation",
                                      VIPS_INTERPRETATION_MULTIBAND, NULL),
                            &next);
    if (!seam_io_step(image, vips_copy(*image, &next, NULL), &next))
        return false;
    vips_image_set_int(*image, SEAM_META_DATA_BAND, 1);
    return true;
}

/* Colours of a PFM are linear light; libvips 8.14 calls them sRGB, later ones do not. */
static bool name_light(VipsImage **image)
{
    VipsImage *next = NULL;
    const char *loader = NULL;
    if ((*image)->BandFmt != VIPS_FORMAT_FLOAT || (*image)->Bands != 3 ||
        !vips_image_get_typeof(*image, VIPS_META_LOADER) ||
        vips_image_get_string(*image, VIPS_META_LOADER, &loader) ||
        !g_str_has_prefix(loader, "ppmload"))
        return true;
    return seam_io_step(
        image, vips_copy(*image, &next, "interpretation", VIPS_INTERPRETATION_scRGB, NULL), &next);
}

enum seam_result seam_adapt(VipsImage **image, const char *name, enum seam_extra extra,
                            struct seam_log *log)
{
    bool ok = name_light(image);
    if (!ok)
        return seam_io_vips_failed(log, SEAM_ERROR_IO, name);
    if (!vips_image_hasalpha(*image) || (*image)->Coding != VIPS_CODING_NONE)
        return SEAM_OK;
    if (extra == SEAM_EXTRA_DATA)
        ok = mark_data(image);
    return ok ? SEAM_OK : seam_io_vips_failed(log, SEAM_ERROR_IO, name);
}

bool seam_adapt_has_alpha(VipsImage *image)
{
    return vips_image_hasalpha(image) || vips_image_get_typeof(image, SEAM_META_HIDING_BAND) != 0;
}

bool seam_adapt_is_data(VipsImage *image)
{
    return vips_image_get_typeof(image, SEAM_META_DATA_BAND) != 0;
}
