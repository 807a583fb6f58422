/* TIFFs whose pixels libvips reads wrongly, or not at all. */
#include <errno.h>
#include <string.h>

#include "files/sniff.h"
#include "files/tiff.h"

static void sniff_raw(struct seam_sniff *s, const struct seam_tiff *t, bool cr2, int page)
{
    const bool sensor = t->photometric == SEAM_TIFF_CFA || t->photometric == SEAM_TIFF_LINEAR_RAW;
    const bool preview = cr2 || (t->reduced && (t->sub_pictures || t->raw));
    if (sensor)
        seam_sniff_refuse(s, "holds what a camera's sensor saw, which is no picture yet: develop "
                             "it first, for example with darktable or RawTherapee");
    else if (preview && page == 0)
        snprintf(
            s->refusal, sizeof(s->refusal),
            "is a raw photograph, of which libvips reads a preview of %lld x %lld pixels alone: "
            "develop it first, for example with darktable or RawTherapee; --page 1 restores the "
            "preview",
            (long long)t->width, (long long)t->height);
}

/* Colours that libvips would take for red, green and blue as they stand. */
static void sniff_colours(struct seam_sniff *s, const struct seam_tiff *t)
{
    if (t->photometric == SEAM_TIFF_YCBCR && t->planar == SEAM_TIFF_PLANES && t->samples >= 3)
        seam_sniff_refuse(s, "is a TIFF of YCbCr in planes, whose planes libvips takes for red, "
                             "green and blue: convert it first, for example with 'tiff2rgba'");
    else if (t->photometric == SEAM_TIFF_YCBCR && t->compression != SEAM_TIFF_JPEG && !t->halved)
        seam_sniff_refuse(s, "is a TIFF of YCbCr without JPEG, whose samples libvips takes for "
                             "red, green and blue: convert it first, for example with 'tiff2rgba'");
    else if (t->photometric == SEAM_TIFF_ICC_LAB || t->photometric == SEAM_TIFF_ITU_LAB)
        seam_sniff_refuse(s, "is a TIFF of Lab as ICC or ITU write it, whose samples libvips takes "
                             "for red, green and blue: convert it first, for example with "
                             "'convert IN -colorspace sRGB OUT'");
    else if (t->photometric > SEAM_TIFF_ITU_LAB && t->photometric != SEAM_TIFF_LOG_L &&
             t->photometric != SEAM_TIFF_LOG_LUV && !s->refusal[0])
        snprintf(s->refusal, sizeof(s->refusal),
                 "is a TIFF whose field PhotometricInterpretation, %d, names no colours that are "
                 "known: write it anew as RGB or grey", t->photometric);
}

static void sniff_kind(struct seam_sniff *s, const struct seam_tiff *t)
{
    const bool floats = t->format == SEAM_TIFF_FLOAT;
    /* libvips 8.14 reads no floats of 64 bits; where a later one does, this is never said. */
    const bool usual_bits = floats ? t->bits == 32 : t->bits == 8 || t->bits == 16 || t->bits == 32;
    if (t->photometric == SEAM_TIFF_YCBCR && t->halved)
        snprintf(s->kind, sizeof(s->kind), "a TIFF of YCbCr whose colours have fewer pixels "
                                           "(subsampled): convert it first, for example with "
                                           "'tiff2rgba'");
    else if (t->mixed_bits)
        snprintf(s->kind, sizeof(s->kind), "a TIFF whose bands differ in their bits: write it "
                                           "anew with 8 or 16 bits for each");
    else if (!usual_bits)
        snprintf(s->kind, sizeof(s->kind), "a TIFF of %d bit %s: convert it first, for example "
                                           "with '%s'", t->bits, floats ? "floats" : "samples",
                 floats ? "gdal_translate -ot Float32 IN OUT" : "convert IN -depth 16 OUT");
}

void seam_sniff_tiff(struct seam_sniff *s, const char *path, bool cr2, int page,
                     const struct seam_cancel *cancel)
{
    struct seam_tiff t;
    if (seam_tiff_is_headless(path)) {
        seam_sniff_refuse(s, "is a TIFF that was cut short: its directory, which lies at its end "
                             "and tells where the pixels are, is missing, and without it nothing "
                             "can be restored; get the file again");
        return;
    }
    if (!seam_tiff_read(&t, path, page > 0 ? page - 1 : 0, cancel)) {
        s->error = errno;
        return;
    }
    sniff_raw(s, &t, cr2, page);
    sniff_colours(s, &t);
    sniff_kind(s, &t);
    s->geo = t.geo;
    s->exif = t.exif;
    s->compression = t.compression;
    s->unsized = !t.resolution;
    if (t.samples > 4 && t.plain_extra &&
        ((t.photometric == SEAM_TIFF_GREY && t.colours == 1) ||
         (t.photometric == SEAM_TIFF_RGB && t.colours == 3))) {
        s->bands = t.samples;
        s->colours = t.colours;
    }
    if (t.samples > t.colours)
        s->extra = t.extra == SEAM_TIFF_STRAIGHT || t.extra == SEAM_TIFF_PREMULTIPLIED
                       ? SEAM_EXTRA_ALPHA : SEAM_EXTRA_DATA;
}
