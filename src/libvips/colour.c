#include "base/common.h"
#include "files/normalise.h"
#include "libvips/colour.h"
#include "libvips/finite.h"
#include "libvips/header.h"

/* Rows that libvips makes at a time, and may hold of them twice. */
#define ROWS_HELD 160

/* What a row goes through, on its way into light or back. */
struct way {
    struct seam_icc icc;
    enum seam_sample sample; /* that is stored */
    bool beside;             /* the last band is no colour */
    float *table[3];         /* light of each integer; NULL: floats are stored */
    struct seam_log *log;    /* told what fails while rows are made */
    void (*row)(const struct way *way, const void *from, void *to, int64_t width);
};

static int colours_of(const VipsImage *image, bool beside)
{
    return image->Bands - (beside ? 1 : 0);
}

static bool is_plain(VipsImage *image)
{
    switch (vips_image_guess_interpretation(image)) {
    case VIPS_INTERPRETATION_B_W:
    case VIPS_INTERPRETATION_GREY16:
    case VIPS_INTERPRETATION_RGB:
    case VIPS_INTERPRETATION_RGB16:
    case VIPS_INTERPRETATION_sRGB:
    case VIPS_INTERPRETATION_scRGB: break;
    default: return false;
    }
    return image->Coding == VIPS_CODING_NONE &&
           (image->BandFmt == VIPS_FORMAT_UCHAR || image->BandFmt == VIPS_FORMAT_USHORT ||
            image->BandFmt == VIPS_FORMAT_FLOAT);
}

enum seam_colour_kind seam_colour_kind(struct seam_icc *icc, VipsImage *image)
{
    const void *data;
    size_t size;
    *icc = (struct seam_icc){ 0 };
    if (!is_plain(image) || !vips_image_get_typeof(image, VIPS_META_ICC_NAME) ||
        vips_image_get_blob(image, VIPS_META_ICC_NAME, &data, &size))
        return SEAM_COLOUR_AS_IT_IS;
    if (!seam_icc_read(icc, data, size))
        return SEAM_COLOUR_UNKNOWN;
    if (icc->colours != colours_of(image, vips_image_hasalpha(image)) || seam_icc_is_srgb(icc) ||
        (seam_icc_has_srgb_primaries(icc) && seam_io_is_linear(image, SEAM_AUTO)))
        return SEAM_COLOUR_AS_IT_IS;
    return SEAM_COLOUR_OTHER;
}

static float largest(enum seam_sample sample)
{
    return sample == SEAM_SAMPLE_U8 ? 255 : sample == SEAM_SAMPLE_U16 ? 65535 : 1;
}

static float get(enum seam_sample sample, const void *from, int64_t at)
{
    switch (sample) {
    case SEAM_SAMPLE_U8: return ((const uint8_t *)from)[at];
    case SEAM_SAMPLE_U16: return ((const uint16_t *)from)[at];
    default: return ((const float *)from)[at];
    }
}

/* Rounded, and the nearest that there is. */
static void put(enum seam_sample sample, void *to, int64_t at, float v)
{
    const float most = largest(sample), within = v > 0 ? v < 1 ? v : 1 : 0;
    switch (sample) {
    case SEAM_SAMPLE_U8: ((uint8_t *)to)[at] = (uint8_t)(within * most + 0.5f); break;
    case SEAM_SAMPLE_U16: ((uint16_t *)to)[at] = (uint16_t)(within * most + 0.5f); break;
    default: ((float *)to)[at] = v; break;
    }
}

static void mix(const float by[3][3], int colours, const float *from, float *to)
{
    if (colours == 1) {
        to[0] = from[0];
        return;
    }
    for (int i = 0; i < 3; i++)
        to[i] = by[i][0] * from[0] + by[i][1] * from[1] + by[i][2] * from[2];
}

static void row_to_light(const struct way *way, const void *from, void *to, int64_t width)
{
    float *light = to;
    const int colours = way->icc.colours, bands = colours + (way->beside ? 1 : 0);
    for (int64_t at = 0; at < width * bands; at += bands) {
        float own[3];
        for (int b = 0; b < colours; b++) {
            const float v = get(way->sample, from, at + b);
            own[b] = way->table[b] ? way->table[b][(int)v]
                                   : seam_icc_light(&way->icc.curves[b], v);
        }
        mix(way->icc.to_srgb, colours, own, light + at);
        if (way->beside)
            light[at + colours] = get(way->sample, from, at + colours) / largest(way->sample);
    }
}

static void row_from_light(const struct way *way, const void *from, void *to, int64_t width)
{
    const float *light = from;
    const int colours = way->icc.colours, bands = colours + (way->beside ? 1 : 0);
    for (int64_t at = 0; at < width * bands; at += bands) {
        float own[3];
        mix(way->icc.from_srgb, colours, light + at, own);
        for (int b = 0; b < colours; b++)
            put(way->sample, to, at + b, seam_icc_stored(&way->icc.curves[b], own[b]));
        if (way->beside)
            put(way->sample, to, at + colours, light[at + colours]);
    }
}

static bool is_finite(const struct way *way, const float *row, const VipsRect *r, int y)
{
    return seam_vips_finite(row, r->width, way->icc.colours + (way->beside ? 1 : 0), r->left, y,
                            "bringing the result back to its profile", way->log);
}

static int rows_generate(VipsRegion *out, void *seq, void *a, void *b, gboolean *stop)
{
    VipsRegion *in = seq;
    const struct way *way = b;
    const VipsRect *r = &out->valid;
    (void)a;
    (void)stop;
    if (vips_region_prepare(in, r))
        return -1;
    for (int y = r->top; y < r->top + r->height; y++) {
        const void *from = VIPS_REGION_ADDR(in, r->left, y);
        void *to = VIPS_REGION_ADDR(out, r->left, y);
        const bool back = way->row == row_from_light;
        if (back && !is_finite(way, from, r, y))
            return -1;
        way->row(way, from, to, r->width);
        if (back && way->sample == SEAM_SAMPLE_F32 && !is_finite(way, to, r, y))
            return -1;
    }
    return 0;
}

/* The light of every integer, so that each is reckoned once. */
static bool make_tables(VipsImage *owner, struct way *way)
{
    const int most = (int)largest(way->sample);
    for (int b = 0; b < way->icc.colours && way->sample != SEAM_SAMPLE_F32; b++) {
        way->table[b] = VIPS_ARRAY(owner, most + 1, float);
        for (int i = 0; way->table[b] && i <= most; i++)
            way->table[b][i] = seam_icc_light(&way->icc.curves[b], (float)i / (float)most);
        if (!way->table[b])
            return false;
    }
    return true;
}

/* An image whose rows are made of those of `in`, while `profile` keeps what the curves' points lie
 * in. */
static VipsImage *pointwise(VipsImage *in, VipsImage *profile, const struct way *way)
{
    const bool lit = way->row == row_to_light;
    const enum seam_sample sample = lit ? SEAM_SAMPLE_F32 : way->sample;
    VipsImage *out = vips_image_new();
    struct way *own = VIPS_NEW(out, struct way);
    bool ok = own && vips_image_pipelinev(out, VIPS_DEMAND_STYLE_FATSTRIP, in, NULL) == 0;
    if (ok) {
        *own = *way;
        ok = !lit || make_tables(out, own);
        out->BandFmt = seam_result_format(sample);
        out->Type = lit && way->icc.colours == 3 ? VIPS_INTERPRETATION_scRGB
                                                 : seam_result_type(way->icc.colours, sample);
    }
    if (!ok || vips_image_generate(out, vips_start_one, rows_generate, vips_stop_one, in, own)) {
        g_object_unref(out);
        return NULL;
    }
    g_object_ref(in);
    vips_object_local(out, in);
    g_object_ref(profile);
    vips_object_local(out, profile);
    return out;
}

VipsImage *seam_colour_to_light(VipsImage *in, const struct seam_icc *icc)
{
    const struct way way = {
        .icc = *icc,
        .sample = seam_io_sample(in),
        .beside = vips_image_hasalpha(in),
        .row = row_to_light,
    };
    return pointwise(in, in, &way);
}

VipsImage *seam_colour_from_light(VipsImage *light, VipsImage *in, const struct seam_icc *icc,
                                  bool beside, enum seam_sample sample, struct seam_log *log)
{
    struct way way = {
        .icc = *icc,
        .sample = sample,
        .beside = beside,
        .log = log,
        .row = row_from_light,
    };
    if (colours_of(light, beside) != icc->colours)
        seam_icc_srgb(&way.icc, colours_of(light, beside));
    return pointwise(light, in, &way);
}

uint64_t seam_colour_bytes(const VipsImage *in, double scale)
{
    const double row = (double)in->Xsize * in->Bands * sizeof(float);
    const size_t tables = in->BandFmt == VIPS_FORMAT_USHORT ? 3 * 65536 * sizeof(float) : 4096;
    return (uint64_t)(ROWS_HELD * row * scale + 2 * 16 * row) + tables;
}
