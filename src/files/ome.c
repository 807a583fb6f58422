#include <string.h>

#include "files/ome.h"

/* The value of attribute `name` of the element that begins at `at`: its place in `xml` and its
 * length; false where the element has none. */
static bool find_value(const GString *xml, size_t at, const char *name, size_t *begin,
                       size_t *length)
{
    const char *element = xml->str + at, *end = strchr(element, '>');
    char *start = g_strconcat(" ", name, "=\"", NULL);
    const char *found = end ? g_strstr_len(element, end - element, start) : NULL;
    const char *value = found ? found + strlen(start) : NULL;
    const char *quote = value ? memchr(value, '"', (size_t)(end - value)) : NULL;
    g_free(start);
    if (!quote)
        return false;
    *begin = (size_t)(value - xml->str);
    *length = (size_t)(quote - value);
    return true;
}

static void put_value(GString *xml, size_t begin, size_t length, const char *text)
{
    g_string_erase(xml, (gssize)begin, (gssize)length);
    g_string_insert(xml, (gssize)begin, text);
}

static void set_size(GString *xml, size_t at, const char *name, int value)
{
    char text[32];
    size_t begin, length;
    g_snprintf(text, sizeof(text), "%d", value);
    if (find_value(xml, at, name, &begin, &length))
        put_value(xml, begin, length, text);
}

/* A number over `scale`, as text; false where it is none. */
static bool divided(const char *number, double scale, char text[G_ASCII_DTOSTR_BUF_SIZE])
{
    char *end;
    const double value = g_ascii_strtod(number, &end);
    if (end == number)
        return false;
    g_ascii_formatd(text, G_ASCII_DTOSTR_BUF_SIZE, "%.9g", value / scale);
    return true;
}

static void divide_size(GString *xml, size_t at, const char *name, double scale)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];
    size_t begin, length;
    if (scale != 1 && find_value(xml, at, name, &begin, &length) &&
        divided(xml->str + begin, scale, text))
        put_value(xml, begin, length, text);
}

static void scale_xml(VipsImage *image, double scale)
{
    const char *text;
    if (!vips_image_get_typeof(image, VIPS_META_IMAGEDESCRIPTION) ||
        vips_image_get_string(image, VIPS_META_IMAGEDESCRIPTION, &text) || !strstr(text, "<OME"))
        return;
    GString *xml = g_string_new(text);
    const char *pixels = strstr(xml->str, "<Pixels ");
    while (pixels) {
        const size_t at = (size_t)(pixels - xml->str);
        set_size(xml, at, "SizeX", image->Xsize);
        set_size(xml, at, "SizeY", vips_image_get_page_height(image));
        divide_size(xml, at, "PhysicalSizeX", scale);
        divide_size(xml, at, "PhysicalSizeY", scale);
        pixels = strstr(xml->str + at + 1, "<Pixels ");
    }
    vips_image_set_string(image, VIPS_META_IMAGEDESCRIPTION, xml->str);
    g_string_free(xml, TRUE);
}

void seam_ome_scale(VipsImage *image, double scale)
{
    static const char *const fields[] = { "openslide.mpp-x", "openslide.mpp-y" };
    scale_xml(image, scale);
    for (size_t i = 0; scale != 1 && i < G_N_ELEMENTS(fields); i++) {
        char text[G_ASCII_DTOSTR_BUF_SIZE];
        const char *was;
        if (vips_image_get_typeof(image, fields[i]) &&
            !vips_image_get_string(image, fields[i], &was) && divided(was, scale, text))
            vips_image_set_string(image, fields[i], text);
    }
}
