/* After OGC 19-008r4 (GeoTIFF 1.1) and the RPC fields of NGA's STDI-0002, as GDAL has them. */
#include <string.h>

#include "files/geo.h"

enum {
    TAG_PIXEL_SCALE = 33550,
    TAG_TIE_POINTS = 33922,
    TAG_TRANSFORMATION = 34264,
    TAG_KEYS = 34735,
    TAG_KEY_DOUBLES = 34736,
    TAG_KEY_TEXTS = 34737,
    TAG_GDAL_METADATA = 42112,
    TAG_GDAL_NODATA = 42113,
    TAG_RPC = 50844
};
/* GTRasterTypeGeoKey, and its value for samples that are points in the middle of pixels. */
enum { KEY_RASTER_TYPE = 1025, RASTER_IS_POINT = 2 };
/* Where the RPC field has them. */
enum { RPC_LINE = 2, RPC_SAMPLE = 3, RPC_LINE_SCALE = 7, RPC_SAMPLE_SCALE = 8 };

static bool is_geo(unsigned id)
{
    static const unsigned ids[] = { TAG_PIXEL_SCALE, TAG_TIE_POINTS,    TAG_TRANSFORMATION,
                                    TAG_KEYS,        TAG_KEY_DOUBLES,   TAG_KEY_TEXTS,
                                    TAG_RPC,         TAG_GDAL_METADATA, TAG_GDAL_NODATA };
    for (size_t i = 0; i < G_N_ELEMENTS(ids); i++)
        if (ids[i] == id)
            return true;
    return false;
}

GPtrArray *seam_geo_read(const char *path, int page, struct seam_tags_place *place)
{
    GPtrArray *geo = seam_tags_read_tiff(path, page, place, is_geo);
    if (geo && geo->len > 0)
        return geo;
    if (geo)
        g_ptr_array_unref(geo);
    return NULL;
}

static unsigned get_short(const struct seam_tag *tag, uint64_t i)
{
    return tag->data[2 * i] | (unsigned)tag->data[2 * i + 1] << 8;
}

static bool is_point(const GPtrArray *geo)
{
    const struct seam_tag *keys = seam_tags_find(geo, TAG_KEYS);
    if (!keys || keys->type != SEAM_TAG_SHORT)
        return false;
    for (uint64_t i = 4; i + 4 <= keys->count; i += 4)
        if (get_short(keys, i) == KEY_RASTER_TYPE)
            return get_short(keys, i + 1) == 0 && get_short(keys, i + 3) == RASTER_IS_POINT;
    return false;
}

/* A coordinate of the picture in the result; `half`: coordinates count from the first pixel's
 * middle and not from its corner. */
static double forth(double at, double begin, double scale, double half)
{
    return (at - begin + half) * scale - half;
}

/* What lies at the result's coordinate 0. */
static double back(double begin, double scale, double half)
{
    return half / scale - half + begin;
}

static void map_tie_points(const GPtrArray *geo, const struct seam_geo_map *m, double half)
{
    struct seam_tag *points = seam_tags_find(geo, TAG_TIE_POINTS);
    struct seam_tag *pixel = seam_tags_find(geo, TAG_PIXEL_SCALE);
    double i, j, x, y, dx, dy;
    const bool sized = seam_tag_double(pixel, 0, &dx) && seam_tag_double(pixel, 1, &dy);
    for (uint64_t k = 0; points && seam_tag_double(points, k, &i) &&
                         seam_tag_double(points, k + 1, &j) &&
                         seam_tag_double(points, k + 3, &x) && seam_tag_double(points, k + 4, &y);
         k += 6) {
        if (sized && points->count == 6) {
            /* Many readers take the only point for that of the first pixel. */
            seam_tag_set_double(points, 0, 0);
            seam_tag_set_double(points, 1, 0);
            seam_tag_set_double(points, 3, x + (back(m->left, m->scale_x, half) - i) * dx);
            seam_tag_set_double(points, 4, y - (back(m->top, m->scale_y, half) - j) * dy);
            break;
        }
        seam_tag_set_double(points, k, forth(i, m->left, m->scale_x, half));
        seam_tag_set_double(points, k + 1, forth(j, m->top, m->scale_y, half));
    }
    if (!sized)
        return;
    seam_tag_set_double(pixel, 0, dx / m->scale_x);
    seam_tag_set_double(pixel, 1, dy / m->scale_y);
}

/* Four rows of four: a coordinate of the world is a row times (column, line, 0, 1). */
static void map_transformation(const GPtrArray *geo, const struct seam_geo_map *m, double half)
{
    struct seam_tag *matrix = seam_tags_find(geo, TAG_TRANSFORMATION);
    double a, b, d;
    for (uint64_t row = 0; row < 12; row += 4) {
        if (!matrix || matrix->count < 16 || !seam_tag_double(matrix, row, &a) ||
            !seam_tag_double(matrix, row + 1, &b) || !seam_tag_double(matrix, row + 3, &d))
            return;
        seam_tag_set_double(matrix, row + 3, d + a * back(m->left, m->scale_x, half) +
                                                 b * back(m->top, m->scale_y, half));
        seam_tag_set_double(matrix, row, a / m->scale_x);
        seam_tag_set_double(matrix, row + 1, b / m->scale_y);
    }
}

/* Rational polynomials, whose lines and samples count from the first pixel's middle. */
static void map_rpc(const GPtrArray *geo, const struct seam_geo_map *m)
{
    struct seam_tag *rpc = seam_tags_find(geo, TAG_RPC);
    double v;
    if (seam_tag_double(rpc, RPC_LINE, &v))
        seam_tag_set_double(rpc, RPC_LINE, forth(v, m->top, m->scale_y, 0.5));
    if (seam_tag_double(rpc, RPC_SAMPLE, &v))
        seam_tag_set_double(rpc, RPC_SAMPLE, forth(v, m->left, m->scale_x, 0.5));
    if (seam_tag_double(rpc, RPC_LINE_SCALE, &v))
        seam_tag_set_double(rpc, RPC_LINE_SCALE, v * m->scale_y);
    if (seam_tag_double(rpc, RPC_SAMPLE_SCALE, &v))
        seam_tag_set_double(rpc, RPC_SAMPLE_SCALE, v * m->scale_x);
}

/* Items of GDAL's own XML that tell of samples that are others now. */
static void drop_statistics(GPtrArray *geo)
{
    const struct seam_tag *xml = seam_tags_find(geo, TAG_GDAL_METADATA);
    static const char begin[] = "<Item name=\"STATISTICS_", end[] = "</Item>";
    if (!xml || xml->type != SEAM_TAG_TEXT)
        return;
    GString *text = g_string_new(NULL);
    char *all = g_strndup((const char *)xml->data, xml->bytes);
    const char *at = all, *from, *to;
    while ((from = strstr(at, begin)) != NULL && (to = strstr(from, end)) != NULL) {
        g_string_append_len(text, at, from - at);
        at = to + strlen(end);
        at += strspn(at, " \t\r\n");
    }
    g_string_append(text, at);
    if (strstr(text->str, "<Item"))
        seam_tags_put_text(geo, TAG_GDAL_METADATA, text->str);
    else
        seam_tags_drop(geo, TAG_GDAL_METADATA);
    g_string_free(text, TRUE);
    g_free(all);
}

void seam_geo_map(GPtrArray *geo, const struct seam_geo_map *map)
{
    const double half = is_point(geo) ? 0.5 : 0;
    map_tie_points(geo, map, half);
    map_transformation(geo, map, half);
    map_rpc(geo, map);
    drop_statistics(geo);
}

char *seam_geo_nodata(const GPtrArray *geo)
{
    const struct seam_tag *tag = seam_tags_find(geo, TAG_GDAL_NODATA);
    char *text = tag && tag->type == SEAM_TAG_TEXT
                     ? g_strstrip(g_strndup((const char *)tag->data, tag->bytes)) : NULL;
    if (text && text[0])
        return text;
    g_free(text);
    return NULL;
}

void seam_geo_set_nodata(GPtrArray *geo, double value)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];
    seam_tags_put_text(geo, TAG_GDAL_NODATA, g_ascii_dtostr(text, sizeof(text), value));
}
