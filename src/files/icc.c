#include <math.h>
#include <string.h>

#include "base/common.h"
#include "files/icc.h"
#include "files/sniff.h"
#include "tile/transfer.h"

#define HEAD 128
#define MOST_TAGS 256
/* How far a matrix may be off the identity, and a curve off sRGB's, of 1: less shows nowhere. */
#define NEAR_MATRIX 0.002f
#define NEAR_CURVE (1 / 255.0f)

/* sRGB's primaries under the white of profiles, D50, by Bradford's adaptation. */
static const double srgb_primaries[9] = {
    0.4360747, 0.3850649, 0.1430804, /* X */
    0.2225045, 0.7168786, 0.0606169, /* Y */
    0.0139322, 0.0971045, 0.7141733, /* Z */
};

static double fixed(const unsigned char *at)
{
    const uint32_t v = seam_be32(at);
    return (v < 0x80000000u ? (double)v : (double)v - 4294967296.0) / 65536;
}

/* The bytes of a tag; NULL where the profile has none such. */
static const unsigned char *find(const unsigned char *at, size_t size, const char *name,
                                 size_t *length)
{
    const uint32_t tags = seam_be32(at + HEAD);
    for (uint32_t i = 0; i < tags && i < MOST_TAGS && HEAD + 16 + 12 * (size_t)i <= size; i++) {
        const unsigned char *tag = at + HEAD + 4 + 12 * (size_t)i;
        const size_t from = seam_be32(tag + 4);
        *length = seam_be32(tag + 8);
        if (memcmp(tag, name, 4) == 0 && from <= size && *length <= size - from && *length >= 12)
            return at + from;
    }
    return NULL;
}

static bool read_formula(struct seam_icc_curve *curve, const unsigned char *at, size_t length)
{
    static const size_t counts[] = { 1, 3, 4, 5, 7 };
    const unsigned type = seam_be16(at + 8);
    if (type >= SEAM_ARRAY_LEN(counts) || length < 12 + 4 * counts[type])
        return false;
    float p[7] = { 1, 1, 0, 0, 0, 0, 0 };
    for (size_t i = 0; i < counts[type]; i++)
        p[i] = (float)fixed(at + 12 + 4 * i);
    *curve = (struct seam_icc_curve){ .power = p[0], .a = p[1], .b = p[2] };
    if (type == 1 || type == 2) {
        curve->d = p[1] != 0 ? -p[2] / p[1] : 0;
        curve->e = curve->f = type == 2 ? p[3] : 0;
    } else if (type >= 3) {
        curve->c = p[3];
        curve->d = p[4];
        curve->e = p[5];
        curve->f = p[6];
    }
    return curve->power > 0 && curve->a > 0 && curve->c >= 0;
}

static float point(const struct seam_icc_curve *curve, uint32_t i)
{
    return (float)seam_be16(curve->points + 2 * (size_t)i) / 65535;
}

/* Points that never fall can be undone. */
static bool read_points(struct seam_icc_curve *curve, const unsigned char *at, size_t length)
{
    const uint32_t count = seam_be32(at + 8);
    *curve = (struct seam_icc_curve){ .power = 1, .a = 1 };
    if (count > (length - 12) / 2)
        return false;
    if (count == 1)
        curve->power = (float)seam_be16(at + 12) / 256;
    if (count <= 1)
        return curve->power > 0;
    curve->points = at + 12;
    curve->count = count;
    for (uint32_t i = 1; i < count; i++)
        if (point(curve, i) < point(curve, i - 1))
            return false;
    return point(curve, count - 1) > point(curve, 0);
}

static bool read_curve(struct seam_icc_curve *curve, const unsigned char *data, size_t size,
                       const char *name)
{
    size_t length;
    const unsigned char *at = find(data, size, name, &length);
    if (at && memcmp(at, "para", 4) == 0)
        return read_formula(curve, at, length);
    return at && memcmp(at, "curv", 4) == 0 && read_points(curve, at, length);
}

/* Of three rows of three; false where there is none. */
static bool invert(const double *m, double *out)
{
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) {
            const int r = 3 * ((j + 1) % 3), s = 3 * ((j + 2) % 3);
            const int c = (i + 1) % 3, d = (i + 2) % 3;
            out[3 * i + j] = m[r + c] * m[s + d] - m[r + d] * m[s + c];
        }
    const double det = m[0] * out[0] + m[1] * out[3] + m[2] * out[6];
    if (!(fabs(det) > 1e-6))
        return false;
    for (int i = 0; i < 9; i++)
        out[i] /= det;
    return true;
}

static bool read_primaries(struct seam_icc *icc, const unsigned char *data, size_t size)
{
    static const char *const names[] = { "rXYZ", "gXYZ", "bXYZ" };
    double own[9], from_xyz[9], to[9] = { 0 }, from[9];
    for (int j = 0; j < 3; j++) {
        size_t length;
        const unsigned char *at = find(data, size, names[j], &length);
        if (!at || length < 20 || memcmp(at, "XYZ ", 4) != 0)
            return false;
        for (size_t i = 0; i < 3; i++)
            own[3 * i + (size_t)j] = fixed(at + 8 + 4 * i);
    }
    if (!invert(srgb_primaries, from_xyz))
        return false;
    for (int i = 0; i < 27; i++)
        to[i / 3] += from_xyz[i / 9 * 3 + i % 3] * own[i % 3 * 3 + i / 3 % 3];
    if (!invert(to, from))
        return false;
    for (int i = 0; i < 9; i++) {
        icc->to_srgb[i / 3][i % 3] = (float)to[i];
        icc->from_srgb[i / 3][i % 3] = (float)from[i];
    }
    return true;
}

bool seam_icc_read(struct seam_icc *icc, const void *data, size_t size)
{
    static const char *const names[] = { "rTRC", "gTRC", "bTRC" };
    const unsigned char *at = data;
    *icc = (struct seam_icc){ 0 };
    if (size < HEAD + 4 || memcmp(at + 20, "XYZ ", 4) != 0)
        return false;
    if (memcmp(at + 16, "GRAY", 4) == 0) {
        icc->colours = 1;
        return read_curve(&icc->curves[0], at, size, "kTRC");
    }
    if (memcmp(at + 16, "RGB ", 4) != 0)
        return false;
    icc->colours = 3;
    bool ok = read_primaries(icc, at, size);
    for (int i = 0; i < 3; i++)
        ok = ok && read_curve(&icc->curves[i], at, size, names[i]);
    return ok;
}

void seam_icc_srgb(struct seam_icc *icc, int colours)
{
    *icc = (struct seam_icc){ .colours = colours };
    for (int i = 0; i < 3; i++) {
        icc->curves[i] = (struct seam_icc_curve){ .power = 2.4f, .a = 1 / 1.055f,
                                                  .b = 0.055f / 1.055f, .c = 1 / 12.92f,
                                                  .d = 0.04045f };
        icc->to_srgb[i][i] = icc->from_srgb[i][i] = 1;
    }
}

static float by_formula(const struct seam_icc_curve *curve, float v)
{
    if (v < curve->d)
        return curve->c * v + curve->f;
    return powf(fmaxf(curve->a * v + curve->b, 0), curve->power) + curve->e;
}

/* Between two points; beyond the last as between the last two. */
static float by_points(const struct seam_icc_curve *curve, float v)
{
    const float at = v * (float)(curve->count - 1);
    const uint32_t i = at < (float)(curve->count - 2) ? (uint32_t)at : curve->count - 2;
    return point(curve, i) + (at - (float)i) * (point(curve, i + 1) - point(curve, i));
}

float seam_icc_light(const struct seam_icc_curve *curve, float stored)
{
    const float v = fabsf(stored);
    if (!(v < INFINITY))
        return stored;
    return copysignf(curve->points ? by_points(curve, v) : by_formula(curve, v), stored);
}

static float formula_back(const struct seam_icc_curve *curve, float light)
{
    if (curve->c > 0 && light < by_formula(curve, curve->d))
        return fmaxf((light - curve->f) / curve->c, 0);
    return fmaxf((powf(fmaxf(light - curve->e, 0), 1 / curve->power) - curve->b) / curve->a, 0);
}

static float points_back(const struct seam_icc_curve *curve, float light)
{
    uint32_t low = 0, high = curve->count - 1;
    if (light <= point(curve, 0))
        return 0;
    /* Ends at two points beside each other, the light between them or beyond the last. */
    while (high - low > 1) {
        const uint32_t middle = low + (high - low) / 2;
        if (point(curve, middle) < light)
            low = middle;
        else
            high = middle;
    }
    const float step = point(curve, high) - point(curve, low);
    const float part = step > 0 ? (light - point(curve, low)) / step : 1;
    return ((float)low + part) / (float)(curve->count - 1);
}

float seam_icc_stored(const struct seam_icc_curve *curve, float light)
{
    const float v = fabsf(light);
    if (!(v < INFINITY))
        return light;
    return copysignf(curve->points ? points_back(curve, v) : formula_back(curve, v), light);
}

bool seam_icc_has_srgb_primaries(const struct seam_icc *icc)
{
    for (int i = 0; i < 9 && icc->colours == 3; i++)
        if (fabsf(icc->to_srgb[i / 3][i % 3] - (i % 4 == 0 ? 1.0f : 0.0f)) > NEAR_MATRIX)
            return false;
    return true;
}

bool seam_icc_is_srgb(const struct seam_icc *icc)
{
    for (int colour = 0; colour < icc->colours; colour++)
        for (int i = 0; i <= 64; i++) {
            const float v = (float)i / 64, light = seam_icc_light(&icc->curves[colour], v);
            if (fabsf(seam_srgb_encode(light) - v) > NEAR_CURVE)
                return false;
        }
    return seam_icc_has_srgb_primaries(icc);
}
