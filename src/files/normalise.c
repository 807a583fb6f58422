#include <stdbool.h>
#include <string.h>

#include "files/adapt.h"
#include "files/normalise.h"
#include "files/profile.h"
#include "base/log.h"
#include "base/refused.h"

bool seam_io_step(VipsImage **image, int failed, VipsImage *const *next)
{
    if (failed)
        return false;
    g_object_unref(*image);
    *image = *next;
    return true;
}

/* What libvips said, in one line; what it said more than once is there once. */
static void take_words(char *text, size_t size)
{
    char *all = g_strchomp(g_strdup(vips_error_buffer()));
    char **lines = g_strsplit(all, "\n", -1);
    g_free(all);
    text[0] = '\0';
    for (int i = 0; lines[i]; i++) {
        bool said = false;
        for (int k = 0; k < i && !said; k++)
            said = strcmp(lines[k], lines[i]) == 0;
        if (said)
            continue;
        if (i > 0)
            g_strlcat(text, ";", size);
        g_strlcat(text, lines[i], size);
    }
    g_strfreev(lines);
}

enum seam_result seam_io_vips_failed(struct seam_log *log, enum seam_result result,
                                     const char *what)
{
    char text[600];
    take_words(text, sizeof(text));
    vips_error_clear();
    if (seam_says_refused(text)) {
        /* Without the remedy for another failure. */
        char *plain = g_strndup(what, strcspn(what, "("));
        seam_refused(log, g_strchomp(plain), text);
        g_free(plain);
        return SEAM_ERROR_MEMORY;
    }
    return seam_log_fail(log, result, "%s: %s", what, text[0] ? text : "libvips gives no reason");
}

bool seam_io_is_plain(VipsInterpretation type)
{
    switch (type) {
    case VIPS_INTERPRETATION_CMYK:
    case VIPS_INTERPRETATION_XYZ:
    case VIPS_INTERPRETATION_LAB:
    case VIPS_INTERPRETATION_CMC:
    case VIPS_INTERPRETATION_LCH:
    case VIPS_INTERPRETATION_LABS:
    case VIPS_INTERPRETATION_LABQ:
    case VIPS_INTERPRETATION_YXY:
    case VIPS_INTERPRETATION_HSV: return false;
    default: return true;
    }
}

/* Colours by measure, of floats: they go beyond white, and stay floats. */
static bool is_float_colour(const VipsImage *image)
{
    switch (vips_image_guess_interpretation(image)) {
    case VIPS_INTERPRETATION_XYZ:
    case VIPS_INTERPRETATION_LAB:
    case VIPS_INTERPRETATION_CMC:
    case VIPS_INTERPRETATION_LCH:
    case VIPS_INTERPRETATION_YXY:
        return image->Coding == VIPS_CODING_NONE && (image->BandFmt == VIPS_FORMAT_FLOAT ||
                                                     image->BandFmt == VIPS_FORMAT_DOUBLE);
    default: return false;
    }
}

enum seam_sample seam_io_sample(const VipsImage *image)
{
    const VipsInterpretation type = vips_image_guess_interpretation(image);
    const bool short_format =
        image->BandFmt == VIPS_FORMAT_USHORT || image->BandFmt == VIPS_FORMAT_SHORT;
    if (image->Coding == VIPS_CODING_LABQ || short_format)
        return SEAM_SAMPLE_U16;
    if (image->Coding == VIPS_CODING_RAD || is_float_colour(image))
        return SEAM_SAMPLE_F32;
    if (image->BandFmt == VIPS_FORMAT_UCHAR || !seam_io_is_plain(type))
        return SEAM_SAMPLE_U8;
    return SEAM_SAMPLE_F32;
}

/* CMYK through its profile, or libvips' own; everything else by arithmetic. */
static bool to_rgb(VipsImage **image, struct seam_log *log)
{
    VipsImage *next = NULL;
    const VipsInterpretation type = vips_image_guess_interpretation(*image);
    if (seam_io_is_plain(type))
        return true;
    const bool linear = is_float_colour(*image);
    if (type == VIPS_INTERPRETATION_CMYK && vips_band_format_isfloat((*image)->BandFmt)) {
        seam_log_fail(log, SEAM_ERROR_IO,
                      "CMYK of floats says nowhere what full ink is: convert it to 8 or 16 "
                      "bits first");
        return false;
    }
    seam_notice(log, "the picture is %s: converted to %s",
                vips_enum_nick(VIPS_TYPE_INTERPRETATION, type), linear ? "linear RGB" : "sRGB");
    if (type == VIPS_INTERPRETATION_CMYK)
        return seam_io_step(image,
                            vips_icc_transform(*image, &next, "srgb", "embedded", TRUE,
                                               "input_profile", "cmyk", "depth",
                                               (*image)->BandFmt == VIPS_FORMAT_USHORT ? 16 : 8,
                                               NULL),
                            &next);
    const bool deep = seam_io_sample(*image) == SEAM_SAMPLE_U16;
    if (!seam_io_step(image, vips_colourspace(*image, &next,
                                      linear ? VIPS_INTERPRETATION_scRGB
                                      : deep ? VIPS_INTERPRETATION_RGB16
                                             : VIPS_INTERPRETATION_sRGB,
                                      NULL), &next))
        return false;
    /* The profile described the space that is left. */
    if (!seam_io_step(image, vips_copy(*image, &next, NULL), &next))
        return false;
    vips_image_remove(*image, VIPS_META_ICC_NAME);
    return true;
}

static bool unpack_coding(VipsImage **image)
{
    VipsImage *next = NULL;
    if ((*image)->Coding == VIPS_CODING_RAD)
        return seam_io_step(image, vips_rad2float(*image, &next, NULL), &next);
    if ((*image)->Coding == VIPS_CODING_LABQ)
        return seam_io_step(image, vips_LabQ2LabS(*image, &next, NULL), &next);
    return true;
}

static bool to_sample(VipsImage **image, enum seam_sample *sample, struct seam_log *log)
{
    VipsImage *next = NULL;
    switch ((*image)->BandFmt) {
    case VIPS_FORMAT_UCHAR: *sample = SEAM_SAMPLE_U8; return true;
    case VIPS_FORMAT_USHORT: *sample = SEAM_SAMPLE_U16; return true;
    case VIPS_FORMAT_FLOAT: *sample = SEAM_SAMPLE_F32; return true;
    case VIPS_FORMAT_DOUBLE:
        seam_notice(log, "samples of 64 bit floats are rounded to 32 bit");
        *sample = SEAM_SAMPLE_F32;
        return seam_io_step(image, vips_cast_float(*image, &next, NULL), &next);
    case VIPS_FORMAT_UINT:
        seam_notice(log, "samples of 32 bit integers become floats of 0..1");
        *sample = SEAM_SAMPLE_F32;
        return seam_io_step(image, vips_linear1(*image, &next, 1 / 4294967295.0, 0, NULL), &next);
    default:
        seam_log_fail(
            log, SEAM_ERROR_IO,
            "samples of type '%s' have no black and no white: convert the picture to 8 or "
            "16 bit or to float first, for example with 'vips cast'",
            vips_enum_nick(VIPS_TYPE_BAND_FORMAT, (*image)->BandFmt));
        return false;
    }
}

static bool has_linear_profile(const VipsImage *image)
{
    const void *data;
    size_t size;
    return vips_image_get_typeof(image, VIPS_META_ICC_NAME) &&
           vips_image_get_blob(image, VIPS_META_ICC_NAME, &data, &size) == 0 &&
           seam_profile_is_linear(data, size);
}

bool seam_io_is_linear(const VipsImage *image, int transfer)
{
    const enum seam_sample sample = seam_io_sample(image);
    if (is_float_colour(image))
        return true;
    if (sample == SEAM_SAMPLE_U8 || !seam_io_is_plain(vips_image_guess_interpretation(image)))
        return false;
    if (transfer != SEAM_AUTO)
        return transfer == SEAM_TRANSFER_SRGB;
    const bool profile = vips_image_get_typeof(image, VIPS_META_ICC_NAME) != 0;
    return image->Coding == VIPS_CODING_RAD || has_linear_profile(image) ||
           (image->Type == VIPS_INTERPRETATION_scRGB && !profile);
}

bool seam_io_stays_linear(const VipsImage *image, int transfer)
{
    return seam_io_is_linear(image, transfer) &&
           (seam_io_sample(image) == SEAM_SAMPLE_U16 || has_linear_profile(image));
}

/* The network's light is reckoned in floats. */
static bool to_float(VipsImage **image, enum seam_sample *sample)
{
    VipsImage *next = NULL;
    if (*sample != SEAM_SAMPLE_U16)
        return true;
    *sample = SEAM_SAMPLE_F32;
    return seam_io_step(image, vips_linear1(*image, &next, 1 / 65535.0, 0, NULL), &next) &&
           seam_io_step(image, vips_cast_float(*image, &next, NULL), &next);
}

enum seam_result seam_io_normalise(VipsImage *in, VipsImage **out, struct seam_picture *picture,
                                   int transfer, struct seam_log *log)
{
    VipsImage *image = in;
    g_object_ref(image);
    *picture = (struct seam_picture){ 0 };
    if (!unpack_coding(&image) || !to_rgb(&image, log) ||
        !to_sample(&image, &picture->sample, log) ||
        (seam_io_is_linear(in, transfer) && !to_float(&image, &picture->sample))) {
        g_object_unref(image);
        if (log && log->result != SEAM_OK)
            return log->result;
        return seam_io_vips_failed(log, SEAM_ERROR_IO, "the picture cannot be converted");
    }
    picture->width = image->Xsize;
    picture->height = vips_image_get_page_height(image);
    picture->bands = image->Bands;
    picture->alpha = seam_adapt_has_alpha(image);
    picture->data = picture->alpha && seam_adapt_is_data(image);
    picture->transfer = seam_io_is_linear(in, transfer) && picture->sample == SEAM_SAMPLE_F32
                            ? SEAM_TRANSFER_SRGB
                            : SEAM_TRANSFER_NONE;
    *out = image;
    return SEAM_OK;
}
