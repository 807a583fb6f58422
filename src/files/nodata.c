#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/log.h"
#include "files/adapt.h"
#include "files/geo.h"
#include "files/nodata.h"
#include "files/normalise.h"

/* What rows are told apart by. Lives as long as the image that is made by it. */
struct rows {
    VipsImage *in;
    int colours; /* bands without alpha */
    size_t size; /* bytes of a sample */
    bool real;   /* samples are floats */
    bool has_value, any;
    unsigned char value[sizeof(float)], beside[sizeof(float)], full[sizeof(float)];
};

bool seam_nodata_parse(struct seam_nodata *nodata, const char *text)
{
    char *end;
    *nodata = (struct seam_nodata){ .value = NAN };
    if (!text || strcmp(text, "auto") == 0 || strcmp(text, "none") == 0)
        return true;
    nodata->active = true;
    errno = 0;
    nodata->value = g_ascii_strtod(text, &end);
    nodata->has_value = !isnan(nodata->value);
    /* Infinity may be meant; what is written as a number, and is none that a sample has, is not. */
    return end != text && *end == '\0' && !(errno == ERANGE && isinf(nodata->value));
}

/* A number as a sample of 8 or 16 bits, or a float; false where it is none. */
static bool encode(double value, VipsBandFormat format, unsigned char *sample)
{
    const float real = (float)value;
    if (format == VIPS_FORMAT_FLOAT) {
        memcpy(sample, &real, sizeof(real));
        return true;
    }
    const bool fits = value >= 0 && value <= (format == VIPS_FORMAT_UCHAR ? 255 : 65535) &&
                      value == floor(value);
    const uint16_t whole = fits ? (uint16_t)value : 0;
    const unsigned char byte = (unsigned char)whole;
    if (format == VIPS_FORMAT_UCHAR)
        memcpy(sample, &byte, sizeof(byte));
    else
        memcpy(sample, &whole, sizeof(whole));
    return fits;
}

static bool is_known(VipsBandFormat format)
{
    return format == VIPS_FORMAT_UCHAR || format == VIPS_FORMAT_USHORT ||
           format == VIPS_FORMAT_FLOAT;
}

static double white(VipsBandFormat format)
{
    return format == VIPS_FORMAT_FLOAT ? 1 : format == VIPS_FORMAT_USHORT ? 65535 : 255;
}

static float as_float(const unsigned char *sample)
{
    float value;
    memcpy(&value, sample, sizeof(value));
    return value;
}

static bool is_missing(const struct rows *r, const unsigned char *pixel)
{
    int missing = 0;
    for (int b = 0; b < r->colours; b++) {
        const unsigned char *at = pixel + (size_t)b * r->size;
        missing += (r->has_value && memcmp(at, r->value, r->size) == 0) ||
                   (r->real && isnan(as_float(at)));
    }
    return r->any ? missing > 0 : missing == r->colours;
}

static void hide_row(const struct rows *r, const unsigned char *from, unsigned char *to, int width)
{
    const size_t colours = (size_t)r->colours * r->size, pixel = colours + r->size;
    for (int x = 0; x < width; x++, from += colours, to += pixel) {
        if (is_missing(r, from)) {
            memset(to, 0, pixel);
            continue;
        }
        memcpy(to, from, colours);
        memcpy(to + colours, r->full, r->size);
    }
}

/* Whether alpha is half of white or more. */
static bool is_visible(const struct rows *r, const unsigned char *alpha)
{
    uint16_t deep;
    if (r->real)
        return as_float(alpha) >= 0.5F;
    if (r->size == 1)
        return *alpha >= 128;
    memcpy(&deep, alpha, sizeof(deep));
    return deep >= 32768;
}

static void show_row(const struct rows *r, const unsigned char *from, unsigned char *to, int width)
{
    const size_t colours = (size_t)r->colours * r->size, pixel = colours + r->size;
    for (int x = 0; x < width; x++, from += pixel, to += colours) {
        if (is_visible(r, from + colours)) {
            memcpy(to, from, colours);
            /* The network may come upon the value too, which would make a hole of it. */
            if (r->has_value && is_missing(r, to))
                memcpy(to, r->beside, r->size);
            continue;
        }
        for (int b = 0; b < r->colours; b++)
            memcpy(to + (size_t)b * r->size, r->value, r->size);
    }
}

static int rows_generate(VipsRegion *out, void *seq, void *a, void *b, gboolean *stop)
{
    VipsRegion *in = seq;
    const struct rows *r = b;
    const VipsRect *rect = &out->valid;
    (void)a;
    (void)stop;
    if (vips_region_prepare(in, rect))
        return -1;
    for (int y = rect->top; y < rect->top + rect->height; y++) {
        const unsigned char *from = VIPS_REGION_ADDR(in, rect->left, y);
        unsigned char *to = VIPS_REGION_ADDR(out, rect->left, y);
        if (out->im->Bands > in->im->Bands)
            hide_row(r, from, to, rect->width);
        else
            show_row(r, from, to, rect->width);
    }
    return 0;
}

/* Take the place of *image, with another number of bands. */
static bool rows_make(VipsImage **image, const struct rows *like, int bands,
                      VipsInterpretation type)
{
    VipsImage *out = vips_image_new();
    struct rows *r = g_memdup2(like, sizeof(*like));
    g_signal_connect_swapped(out, "postclose", G_CALLBACK(g_free), r);
    bool ok = vips_image_pipelinev(out, VIPS_DEMAND_STYLE_FATSTRIP, *image, NULL) == 0;
    out->Bands = bands;
    out->Type = type;
    ok = ok &&
         vips_image_generate(out, vips_start_one, rows_generate, vips_stop_one, *image, r) == 0;
    if (!ok) {
        g_object_unref(out);
        return false;
    }
    vips_object_local(out, *image);
    *image = out;
    return true;
}

static struct rows rows_of(const struct seam_nodata *n, const VipsImage *image, int colours)
{
    struct rows r = {
        .colours = colours,
        .size = VIPS_IMAGE_SIZEOF_ELEMENT(image),
        .real = image->BandFmt == VIPS_FORMAT_FLOAT,
        .any = n->any,
    };
    r.has_value = encode(n->value, image->BandFmt, r.value) && n->has_value;
    encode(white(image->BandFmt), image->BandFmt, r.full);
    if (r.real) {
        const float next = nextafterf((float)n->value, n->value > 0 ? 0 : 1);
        memcpy(r.beside, &next, sizeof(next));
    } else {
        encode(n->value >= white(image->BandFmt) ? n->value - 1 : n->value + 1, image->BandFmt,
               r.beside);
    }
    return r;
}

/* Whether the image is of so many bands that no type of libvips' tells alpha behind them. */
static bool is_many(VipsImage *image)
{
    return seam_adapt_is_data(image) ||
           ((image->Bands > 3 || image->Bands == 2) && !seam_adapt_has_alpha(image) &&
            seam_io_is_plain(vips_image_guess_interpretation(image)));
}

/* Of an image whose header leaves no doubt, what its bands are with alpha behind them. */
static bool type_with_alpha(VipsImage *image, VipsInterpretation *type)
{
    const bool deep = image->BandFmt == VIPS_FORMAT_USHORT, many = is_many(image);
    *type = image->Type;
    if (image->Bands == 1)
        *type = deep ? VIPS_INTERPRETATION_GREY16 : VIPS_INTERPRETATION_B_W;
    else if (image->Bands == 3 && *type != VIPS_INTERPRETATION_scRGB)
        *type = deep ? VIPS_INTERPRETATION_RGB16 : VIPS_INTERPRETATION_sRGB;
    return (image->Bands == 1 || image->Bands == 3 || many) && is_known(image->BandFmt) &&
           image->Coding == VIPS_CODING_NONE;
}

/* Give the image a last band that hides what is missing. */
static enum seam_result hide(struct seam_nodata *nodata, struct seam_load *load,
                             const struct rows *r, VipsInterpretation with_alpha,
                             struct seam_log *log)
{
    nodata->bands = is_many(load->image) ? r->colours : 0;
    nodata->data = seam_adapt_is_data(load->image);
    nodata->type = load->image->Type;
    if (!rows_make(&load->image, r, r->colours + 1,
                   nodata->data ? VIPS_INTERPRETATION_MULTIBAND : with_alpha))
        return seam_io_vips_failed(log, SEAM_ERROR_IO, load->name);
    vips_image_remove(load->image, SEAM_META_DATA_BAND);
    if (nodata->bands > 0)
        vips_image_set_int(load->image, SEAM_META_HIDING_BAND, 1);
    return SEAM_OK;
}

enum seam_result seam_nodata_hide(struct seam_nodata *nodata, struct seam_load *load,
                                  const char *text, struct seam_log *log)
{
    VipsInterpretation type;
    const bool automatic = !text || strcmp(text, "auto") == 0;
    const bool real = load->image->BandFmt == VIPS_FORMAT_FLOAT;
    char *said = automatic && load->geo ? seam_geo_nodata(load->geo) : NULL;
    const bool ok = seam_nodata_parse(nodata, said ? said : text);
    g_free(said);
    /* Where places are measured, what was not is NaN, if nothing else is said. */
    nodata->active = ok && (nodata->active || (automatic && load->geo && real));
    nodata->any = real;
    if (!nodata->active)
        return SEAM_OK;
    if (!type_with_alpha(load->image, &type)) {
        nodata->active = false;
        seam_notice(log,
                    "%s: pixels without data are passed over where samples are numbers and no band "
                    "is alpha or carried along: here they are restored like others", load->name);
        return SEAM_OK;
    }
    const struct rows r = rows_of(nodata, load->image, load->image->Bands);
    if (!r.has_value && !real) {
        nodata->active = false; /* no sample is such */
        return SEAM_OK;
    }
    return hide(nodata, load, &r, type, log);
}

/* A band that hides goes behind the one that is data, which is one of many then. */
void seam_nodata_tell(const struct seam_nodata *nodata, const struct seam_load *load,
                      struct seam_log *log)
{
    if (nodata->data)
        seam_notice(log, "%s: its fourth band is no alpha but data, by its header: restored as "
                         "colours are, as pixels without data are passed over", load->name);
    else if (seam_adapt_is_data(load->image))
        seam_notice(log, "%s: its fourth band is no alpha but data, by its header: carried along "
                         "as it is", load->name);
}

enum seam_result seam_nodata_check(const struct seam_nodata *nodata, const struct seam_plan *plan,
                                   struct seam_log *log)
{
    if (!nodata->active || plan->picture.alpha)
        return SEAM_OK;
    return seam_log_fail(log, SEAM_ERROR_ARGUMENT,
                         "a network of %d channels cannot restore a picture of %d bands",
                         plan->channels_in, plan->picture.bands - 1);
}

enum seam_result seam_nodata_show(struct seam_nodata *nodata, VipsImage **image,
                                  struct seam_log *log)
{
    if (!nodata->active)
        return SEAM_OK;
    struct rows r = rows_of(nodata, *image, (*image)->Bands - 1);
    if (!r.real && !r.has_value) {
        seam_notice(log, "the result's samples hold no %g, which stands for pixels without data: "
                         "they are 0; --depth chooses others", nodata->value);
        nodata->value = 0;
        nodata->has_value = nodata->replaced = true;
        r = rows_of(nodata, *image, (*image)->Bands - 1);
    }
    /* As many bands as there were are what they were. */
    const VipsInterpretation type = r.colours == nodata->bands ? nodata->type : (*image)->Type;
    if (!is_known((*image)->BandFmt) || !rows_make(image, &r, r.colours, type))
        return seam_io_vips_failed(log, SEAM_ERROR_IO, "pixels without data");
    vips_image_remove(*image, SEAM_META_HIDING_BAND);
    if (nodata->data && r.colours == nodata->bands)
        vips_image_set_int(*image, SEAM_META_DATA_BAND, 1);
    return SEAM_OK;
}
