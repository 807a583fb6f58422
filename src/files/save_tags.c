/* What a file says beside what libvips writes by itself: what was done, and in a TIFF that it has
 * finished EXIF, IPTC and a georeference. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "files/exif.h"
#include "files/geo.h"
#include "files/metadata.h"
#include "files/save_parts.h"
#include "files/tiff.h"

/* Bytes of a header that are looked through. */
#define MOST_XML (64 << 20)
/* What says who wrote a TIFF. */
#define TAG_SOFTWARE 305
/* How large it is. */
static const unsigned resolution[] = { 282, 283, 296 };
/* What its bands are. */
#define TAG_PHOTOMETRIC 262
#define TAG_EXTRA 338

static char *agent(void)
{
    return g_strconcat("Seamless ", seam_version(), NULL);
}

void seam_save_sign(const struct seam_save *save, VipsImage *image)
{
    static const char *const jpegs[] = { ".jpg", ".jpeg", ".jpe", NULL };
    static const char *const xmp[] = { ".jpg", ".jpeg", ".jpe", ".png", ".webp", ".tif", ".tiff",
                                       NULL };
    char *software = agent();
    if (seam_save_is_one_of(save, jpegs) || vips_image_get_typeof(image, VIPS_META_EXIF_NAME))
        vips_image_set_string(image, "exif-ifd0-Software", software);
    if (seam_save_is_one_of(save, xmp))
        seam_metadata_sign(image, software, save->history);
    g_free(software);
}

/* As seam_photoshop_for_tiff() left it, in whole words. libvips counts these, and libtiff takes the
 * count for one of bytes: it would end at a quarter. */
static void put_iptc(GPtrArray *tags, VipsImage *image)
{
    const void *data;
    size_t size;
    if (!vips_image_get_typeof(image, VIPS_META_IPTC_NAME) ||
        vips_image_get_blob(image, VIPS_META_IPTC_NAME, &data, &size) || size == 0)
        return;
    seam_tags_put(tags, SEAM_TAG_IPTC, SEAM_TAG_LONG, size / 4, data);
}

GPtrArray *seam_save_image_tags(const struct seam_save *save, VipsImage *image)
{
    GPtrArray *tags = seam_exif_for_tiff(image);
    if (!save->strip)
        put_iptc(tags, image);
    if (save->history && !save->strip) {
        char *software = agent();
        seam_tags_put_text(tags, TAG_SOFTWARE, software);
        g_free(software);
    }
    return tags;
}

/* Whether libvips would say of the result's bands what the picture's are not: three colours, and
 * alpha behind them. */
static bool has_plain_bands(const struct seam_save *save, const VipsImage *image)
{
    return save->colours > 0 && save->bands == image->Bands && !seam_save_tiff_loses(save);
}

static void put_bands(GPtrArray *tags, const struct seam_save *save)
{
    const int others = save->bands - save->colours;
    const unsigned char photometric[2] = { save->colours == 1 ? SEAM_TIFF_GREY : SEAM_TIFF_RGB };
    unsigned char *kinds = g_malloc0((size_t)others * 2); /* SEAM_TIFF_DATA */
    seam_tags_put(tags, TAG_PHOTOMETRIC, SEAM_TAG_SHORT, 1, photometric);
    seam_tags_put(tags, TAG_EXTRA, SEAM_TAG_SHORT, (uint64_t)others, kinds);
    g_free(kinds);
}

struct pages {
    const struct seam_save *save;
    VipsImage *image;
    struct seam_tags_place place; /* of the page of the source that was read last */
};

/* Without what its bands are. */
static GPtrArray *make_page_tags(int page, struct pages *p)
{
    if (page > 0 && p->save->strip)
        return seam_tags_new();
    if (!p->save->strip && p->save->pages.path)
        return seam_save_page_tags(p->save, p->image, page, &p->place);
    GPtrArray *tags = seam_save_image_tags(p->save, p->image);
    const guint geo = page == 0 && seam_save_keeps_geo(p->save) ? p->save->geo->len : 0;
    for (guint i = 0; i < geo; i++) {
        const struct seam_tag *tag = p->save->geo->pdata[i];
        seam_tags_put(tags, tag->id, tag->type, tag->count, tag->data);
    }
    return tags;
}

static GPtrArray *make_tags(int page, void *user)
{
    struct pages *p = user;
    const bool plain = has_plain_bands(p->save, p->image);
    const bool more = plain || p->save->unsized;
    if (page > 0 && ((p->save->strip && !more) || page >= vips_image_get_n_pages(p->image)))
        return NULL;
    GPtrArray *tags = make_page_tags(page, p);
    if (tags && plain)
        put_bands(tags, p->save);
    for (size_t i = 0; tags && p->save->unsized && i < G_N_ELEMENTS(resolution); i++)
        seam_tags_put_none(tags, resolution[i]);
    return tags;
}

/* libvips' own format ends with all fields of the header, in XML: with how many threads made it
 * too, which is nothing of the picture's. Where that stood are spaces then. */
static bool forget_threads(const char *path, const VipsImage *image)
{
    static const char begins[] = "<field type=\"gint\" name=\"" VIPS_META_CONCURRENCY "\">";
    const off_t at = 64 + (off_t)image->Ysize * (off_t)VIPS_IMAGE_SIZEOF_LINE(image);
    const int fd = open(path, O_RDWR | O_CLOEXEC);
    const off_t size = fd < 0 ? 0 : lseek(fd, 0, SEEK_END);
    if (size <= at || size - at > MOST_XML) {
        if (fd >= 0)
            close(fd);
        return fd >= 0;
    }
    char *xml = g_malloc0((gsize)(size - at) + 1);
    bool ok = pread(fd, xml, (size_t)(size - at), at) == (ssize_t)(size - at);
    char *field = ok ? strstr(xml, begins) : NULL;
    const char *end = field ? strstr(field, "</field>") : NULL;
    if (end) {
        const size_t length = (size_t)(end - field) + strlen("</field>");
        memset(field, ' ', length);
        ok = pwrite(fd, field, length, at + (field - xml)) == (ssize_t)length;
    }
    g_free(xml);
    return close(fd) == 0 && ok;
}

bool seam_save_tags(const struct seam_save *save, VipsImage *image)
{
    static const char *const own_format[] = { ".v", ".vips", NULL };
    struct pages pages = { .save = save, .image = image };
    if (seam_save_is_one_of(save, own_format) &&
        vips_image_get_typeof(image, VIPS_META_CONCURRENCY))
        return forget_threads(save->temporary, image);
    const bool ok = !seam_save_is_tiff(save) ||
                    seam_tags_append(save->temporary, make_tags, &pages);
    if (ok && pages.place.error)
        errno = pages.place.error; /* of the source, whose pages are read once more */
    return ok && !pages.place.error;
}

bool seam_save_keeps_geo(const struct seam_save *save)
{
    return save->geo && !save->strip && seam_save_is_tiff(save);
}
