#include <stdlib.h>
#include <string.h>

#include "files/exif.h"
#include "files/profile.h"
#include "files/raw_profile.h"

#define NAME "Raw profile type "
/* Longer ones are left as texts. */
#define MOST_BYTES (64u << 20)

static const char exif_head[] = "Exif\0"; /* six letters: the NUL that ends it is one */
static const char photoshop_head[] = "Photoshop 3.0";
static const char xmp_head[] = "http://ns.adobe.com/xap/1.0/";

static int digit(char c)
{
    return g_ascii_xdigit_value(c);
}

/* The bytes of "\nexif\n    1234\n45786966...": a name, how many there are, and digits in lines.
 * NULL where it is none. */
static unsigned char *decode(const char *text, size_t *size)
{
    char *end;
    text += strspn(text, " \n\r\t");
    text += strcspn(text, "\n");
    const guint64 count = g_ascii_strtoull(text, &end, 10);
    if (end == text || count == 0 || count > MOST_BYTES || count > strlen(end) / 2)
        return NULL;
    unsigned char *data = g_malloc((size_t)count);
    size_t i = 0;
    while (i < count) {
        end += strspn(end, " \n\r\t");
        if (digit(end[0]) < 0 || digit(end[1]) < 0)
            break;
        data[i++] = (unsigned char)(16 * digit(end[0]) + digit(end[1]));
        end += 2;
    }
    *size = i;
    if (i == count)
        return data;
    g_free(data);
    return NULL;
}

static bool begins(const unsigned char *data, size_t size, const char *head, size_t length)
{
    return size > length && memcmp(data, head, length) == 0;
}

static bool put(VipsImage *image, const char *field, const unsigned char *data, size_t size)
{
    if (!vips_image_get_typeof(image, field))
        vips_image_set_blob_copy(image, field, data, size);
    return true;
}

static bool put_exif(VipsImage *image, const unsigned char *data, size_t size)
{
    GByteArray *all = g_byte_array_new();
    if (!begins(data, size, exif_head, sizeof(exif_head)))
        g_byte_array_append(all, (const guint8 *)exif_head, sizeof(exif_head));
    g_byte_array_append(all, data, (guint)size);
    if (!vips_image_get_typeof(image, VIPS_META_EXIF_NAME))
        seam_exif_put(image, all->data, all->len);
    g_byte_array_free(all, TRUE);
    return true;
}

static bool put_profile(VipsImage *image, const unsigned char *data, size_t size)
{
    const int colours = image->Bands - (vips_image_hasalpha(image) ? 1 : 0);
    return size > 40 && memcmp(data + 36, "acsp", 4) == 0 &&
           seam_profile_colours(data, size) == colours &&
           put(image, VIPS_META_ICC_NAME, data, size);
}

/* What was once a segment of a JPEG, or stands for itself: known by what it begins with, as names
 * are used freely ("app1" is either EXIF or XMP). */
static bool take(VipsImage *image, const unsigned char *data, size_t size)
{
    if (begins(data, size, exif_head, sizeof(exif_head)) || begins(data, size, "II*\0", 4) ||
        begins(data, size, "MM\0*", 4))
        return put_exif(image, data, size);
    if (begins(data, size, xmp_head, sizeof(xmp_head)))
        return put(image, VIPS_META_XMP_NAME, data + sizeof(xmp_head), size - sizeof(xmp_head));
    if (begins(data, size, "<", 1))
        return put(image, VIPS_META_XMP_NAME, data, size);
    if (begins(data, size, photoshop_head, sizeof(photoshop_head)))
        return put(image, VIPS_META_IPTC_NAME, data, size);
    if (begins(data, size, "8BIM", 4))
        return put(image, VIPS_META_PHOTOSHOP_NAME, data, size);
    if (begins(data, size, "\x1c", 1))
        return put(image, VIPS_META_IPTC_NAME, data, size);
    return put_profile(image, data, size);
}

static bool is_one(const char *field)
{
    return g_str_has_prefix(field, "png-comment-") && strstr(field, "-" NAME);
}

bool seam_raw_profiles_take(VipsImage **image)
{
    VipsImage *own = NULL;
    char **fields = vips_image_get_fields(*image);
    bool ok = true;
    for (int i = 0; ok && fields && fields[i]; i++) {
        const char *text;
        size_t size = 0;
        unsigned char *data = NULL;
        if (is_one(fields[i]) && vips_image_get_string(*image, fields[i], &text) == 0)
            data = decode(text, &size);
        if (data && !own) {
            ok = vips_copy(*image, &own, NULL) == 0;
            if (ok) {
                g_object_unref(*image);
                *image = own;
            }
        }
        if (data && ok && take(own, data, size))
            vips_image_remove(own, fields[i]);
        g_free(data);
    }
    g_strfreev(fields);
    return ok;
}

bool seam_display_p3_take(VipsImage **image)
{
    const void *data;
    VipsBlob *blob = NULL;
    VipsImage *own = NULL;
    size_t size;
    if ((*image)->Bands < 3 || vips_image_get_typeof(*image, VIPS_META_ICC_NAME))
        return true;
    if (vips_profile_load("p3", &blob, NULL))
        return false;
    const bool ok = vips_copy(*image, &own, NULL) == 0;
    if (ok) {
        data = vips_blob_get(blob, &size);
        vips_image_set_blob_copy(own, VIPS_META_ICC_NAME, data, size);
        g_object_unref(*image);
        *image = own;
    }
    vips_area_unref(VIPS_AREA(blob));
    return ok;
}
