#include <string.h>

#include "files/ome.h"

/* The value of attribute `name` of an element: its place and its length; false where the element
 * has none. */
static bool find_value(const GString *element, const char *name, gsize *begin, gsize *length)
{
    char *start = g_strconcat(" ", name, "=\"", NULL);
    const char *found = strstr(element->str, start);
    const char *value = found ? found + strlen(start) : NULL;
    const char *quote = value ? strchr(value, '"') : NULL;
    g_free(start);
    if (!quote)
        return false;
    *begin = (gsize)(value - element->str);
    *length = (gsize)(quote - value);
    return true;
}

static void put_value(GString *element, gsize begin, gsize length, const char *text)
{
    g_string_erase(element, (gssize)begin, (gssize)length);
    g_string_insert(element, (gssize)begin, text);
}

static void set_size(GString *element, const char *name, int value)
{
    char text[32];
    gsize begin, length;
    g_snprintf(text, sizeof(text), "%d", value);
    if (find_value(element, name, &begin, &length))
        put_value(element, begin, length, text);
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

static void divide_size(GString *element, const char *name, double scale)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];
    gsize begin, length;
    if (scale != 1 && find_value(element, name, &begin, &length) &&
        divided(element->str + begin, scale, text))
        put_value(element, begin, length, text);
}

static void scale_xml(VipsImage *image, double scale)
{
    const char *text, *pixels, *end;
    if (!vips_image_get_typeof(image, VIPS_META_IMAGEDESCRIPTION) ||
        vips_image_get_string(image, VIPS_META_IMAGEDESCRIPTION, &text) || !strstr(text, "<OME"))
        return;
    GString *xml = g_string_new(NULL), *element = g_string_new(NULL);
    while ((pixels = strstr(text, "<Pixels ")) != NULL && (end = strchr(pixels, '>')) != NULL) {
        g_string_append_len(xml, text, pixels - text);
        g_string_truncate(element, 0);
        g_string_append_len(element, pixels, end - pixels);
        set_size(element, "SizeX", image->Xsize);
        set_size(element, "SizeY", vips_image_get_page_height(image));
        divide_size(element, "PhysicalSizeX", scale);
        divide_size(element, "PhysicalSizeY", scale);
        g_string_append_len(xml, element->str, (gssize)element->len);
        text = end;
    }
    g_string_append(xml, text);
    vips_image_set_string(image, VIPS_META_IMAGEDESCRIPTION, xml->str);
    g_string_free(element, TRUE);
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
