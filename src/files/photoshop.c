/* After Adobe's file format specification, "Image Resource Blocks". */
#include <math.h>
#include <string.h>

#include "files/photoshop.h"
#include "files/sniff.h"

enum { RESOURCE_RESOLUTION = 0x03ED, RESOURCE_IPTC = 0x0404, RESOURCE_DIGEST = 0x0425 };
#define IPTC_BEGINS 0x1C

/* What the segment of a JPEG begins with, its NUL included. */
static const char signature[] = "Photoshop 3.0";

struct blob {
    const unsigned char *data;
    size_t size;
};

static struct blob get_blob(VipsImage *image, const char *field)
{
    const void *data;
    size_t size;
    if (!vips_image_get_typeof(image, field) || vips_image_get_blob(image, field, &data, &size))
        return (struct blob){ 0 };
    return (struct blob){ data, size };
}

static bool is_segment(struct blob b)
{
    return b.size > sizeof(signature) && memcmp(b.data, signature, sizeof(signature)) == 0;
}

static struct blob blocks_of(struct blob b)
{
    return is_segment(b) ? (struct blob){ b.data + sizeof(signature), b.size - sizeof(signature) }
                         : b;
}

/* The contents of the resource at *at, which then is where the next one begins; data NULL where
 * there is none. */
static struct blob next_resource(struct blob blocks, size_t *at, uint32_t *id)
{
    if (blocks.size - *at < 12 || memcmp(blocks.data + *at, "8BIM", 4) != 0)
        return (struct blob){ 0 };
    const size_t name = ((size_t)blocks.data[*at + 6] + 2) & ~(size_t)1;
    const size_t head = *at + 6 + name + 4;
    if (head > blocks.size)
        return (struct blob){ 0 };
    const size_t size = seam_be32(blocks.data + head - 4);
    if (size > blocks.size - head)
        return (struct blob){ 0 };
    *id = seam_be16(blocks.data + *at + 4);
    *at = MIN(head + ((size + 1) & ~(size_t)1), blocks.size);
    return (struct blob){ blocks.data + head, size };
}

/* The contents of a resource; data NULL where there is none. */
static struct blob find_resource(struct blob blocks, uint32_t id)
{
    struct blob found;
    size_t at = 0;
    uint32_t which = 0;
    do
        found = next_resource(blocks, &at, &which);
    while (found.data && which != id);
    return found;
}

/* The blocks but for those of a number. Free it with g_byte_array_free(). */
static GByteArray *without_resource(struct blob blocks, uint32_t id)
{
    GByteArray *left = g_byte_array_new();
    size_t at = 0, begin = 0;
    uint32_t which = 0;
    while (next_resource(blocks, &at, &which).data) {
        if (which != id)
            g_byte_array_append(left, blocks.data + begin, (guint)(at - begin));
        begin = at;
    }
    if (blocks.size > begin)
        g_byte_array_append(left, blocks.data + begin, (guint)(blocks.size - begin));
    return left;
}

static void scale_fixed(unsigned char *at, double scale)
{
    const double v = fmin(seam_be32(at) * scale + 0.5, 4294967295.0);
    const uint32_t fixed = (uint32_t)v;
    for (int i = 0; i < 4; i++)
        at[i] = (unsigned char)(fixed >> (24 - 8 * i));
}

static void scale_field(VipsImage *image, const char *field, double scale)
{
    const struct blob b = get_blob(image, field);
    const struct blob resolution = find_resource(blocks_of(b), RESOURCE_RESOLUTION);
    if (!resolution.data || resolution.size < 16)
        return;
    unsigned char *copy = g_memdup2(b.data, b.size);
    unsigned char *at = copy + (resolution.data - b.data);
    scale_fixed(at, scale);
    scale_fixed(at + 8, scale);
    vips_image_set_blob_copy(image, field, copy, b.size);
    g_free(copy);
}

void seam_photoshop_scale(VipsImage *image, double scale)
{
    if (scale == 1)
        return;
    scale_field(image, VIPS_META_IPTC_NAME, scale);
    scale_field(image, VIPS_META_PHOTOSHOP_NAME, scale);
}

void seam_photoshop_turn(VipsImage *image)
{
    const struct blob b = get_blob(image, VIPS_META_IPTC_NAME);
    if (b.size < 4 || b.data[0] == IPTC_BEGINS || b.data[3] != IPTC_BEGINS)
        return;
    const size_t whole = (b.size + 3) & ~(size_t)3;
    unsigned char *copy = g_malloc0(whole);
    for (size_t i = 0; i < b.size; i++)
        copy[i ^ 3] = b.data[i];
    vips_image_set_blob_copy(image, VIPS_META_IPTC_NAME, copy, whole);
    g_free(copy);
}

static void digest_of(unsigned char sum[16], struct blob b)
{
    gsize size = 16;
    GChecksum *md5 = g_checksum_new(G_CHECKSUM_MD5);
    g_checksum_update(md5, b.data, (gssize)b.size);
    g_checksum_get_digest(md5, sum, &size);
    g_checksum_free(md5);
}

/* Blocks tell the sum of the IPTC that XMP agrees with: where that was `before`, it is `after`. */
static void correct_digest(GByteArray *blocks, struct blob before, struct blob after)
{
    const struct blob all = { blocks->data, blocks->len };
    const struct blob digest = find_resource(all, RESOURCE_DIGEST);
    unsigned char sum[16];
    digest_of(sum, before);
    if (digest.size == sizeof(sum) && memcmp(digest.data, sum, sizeof(sum)) == 0)
        digest_of(blocks->data + (digest.data - all.data), after);
}

/* IPTC has a field of its own in TIFF; in the blocks too it would be there twice. */
static void put_blocks(VipsImage *image, struct blob blocks, struct blob before, struct blob after)
{
    GByteArray *left = without_resource(blocks, RESOURCE_IPTC);
    correct_digest(left, before, after);
    vips_image_remove(image, VIPS_META_PHOTOSHOP_NAME);
    if (left->len > 0)
        vips_image_set_blob_copy(image, VIPS_META_PHOTOSHOP_NAME, left->data, left->len);
    g_byte_array_free(left, TRUE);
}

void seam_photoshop_for_tiff(VipsImage *image)
{
    const struct blob b = get_blob(image, VIPS_META_IPTC_NAME);
    const struct blob own = get_blob(image, VIPS_META_PHOTOSHOP_NAME);
    const struct blob blocks = !is_segment(b) || own.size ? own : blocks_of(b);
    const struct blob iptc = b.size && !is_segment(b)
                                 ? b
                                 : find_resource(is_segment(b) ? blocks_of(b) : own, RESOURCE_IPTC);
    /* TIFF counts it in words of four bytes: NULs are no part of it. */
    const size_t whole = (iptc.size + 3) & ~(size_t)3;
    unsigned char *copy = g_malloc0(whole + 1);
    if (iptc.size)
        memcpy(copy, iptc.data, iptc.size);
    if (blocks.size)
        put_blocks(image, blocks, iptc, (struct blob){ copy, whole });
    vips_image_remove(image, VIPS_META_IPTC_NAME);
    if (whole)
        vips_image_set_blob_copy(image, VIPS_META_IPTC_NAME, copy, whole);
    g_free(copy);
}

void seam_photoshop_for_jpeg(VipsImage *image)
{
    const struct blob iptc = get_blob(image, VIPS_META_IPTC_NAME);
    const struct blob blocks = get_blob(image, VIPS_META_PHOTOSHOP_NAME);
    if (is_segment(iptc) || (!iptc.size && !blocks.size))
        return;
    GByteArray *segment = g_byte_array_new();
    g_byte_array_append(segment, (const guint8 *)signature, sizeof(signature));
    if (blocks.size)
        g_byte_array_append(segment, blocks.data, (guint)blocks.size);
    if (iptc.size && !find_resource(blocks, RESOURCE_IPTC).data) {
        unsigned char head[12] = "8BIM\x04\x04";
        for (int i = 0; i < 4; i++)
            head[8 + i] = (unsigned char)(iptc.size >> (24 - 8 * i));
        g_byte_array_append(segment, head, sizeof(head));
        g_byte_array_append(segment, iptc.data, (guint)iptc.size);
        if (iptc.size % 2)
            g_byte_array_append(segment, (const guint8 *)"", 1);
    }
    vips_image_set_blob_copy(image, VIPS_META_IPTC_NAME, segment->data, segment->len);
    g_byte_array_free(segment, TRUE);
}
