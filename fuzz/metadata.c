/* Fuzz target: what rewrites metadata, whichever of its kinds the bytes are taken for: EXIF, XMP,
 * Photoshop's blocks, OME-XML, a profile, fields of a TIFF. See standalone.h. */
#include <stdlib.h>
#include <string.h>

#include "files/geo.h"
#include "files/icc.h"
#include "files/ome.h"
#include "files/photoshop.h"
#include "files/profile.h"
#include "files/tags.h"
#include "files/xmp.h"
#include "scratch.h"
#include "standalone.h"

/* What was written of EXIF is read as what was written. */
static void exif(const uint8_t *data, size_t size)
{
    GPtrArray *tags = seam_tags_read_exif(data, size), *again;
    size_t first, second;
    if (!tags)
        return;
    unsigned char *one = seam_tags_make_exif(tags, &first);
    again = tags->len ? seam_tags_read_exif(one, first) : NULL;
    if (again) {
        unsigned char *two = seam_tags_make_exif(again, &second);
        if (again->len > tags->len)
            abort();
        g_ptr_array_unref(again);
        g_free(two);
    } else if (tags->len) {
        abort();
    }
    g_free(one);
    g_ptr_array_unref(tags);
}

static void xmp(const uint8_t *data, size_t size)
{
    GString *text = g_string_new_len((const char *)data, (gssize)size);
    if (strlen(text->str) == size) {
        seam_xmp_set(text, "tiff:Orientation", "1");
        seam_xmp_cut(text, "GCamera:");
        if (seam_xmp_add_event(text, "the agent", "what <it> did") &&
            !strstr(text->str, "the agent"))
            abort();
        if (strlen(text->str) != text->len)
            abort();
    }
    g_string_free(text, TRUE);
}

/* In the header of a picture, as loaders leave them there. */
static void header(const uint8_t *data, size_t size)
{
    VipsImage *image = vips_image_new_memory();
    char *text = g_strndup((const char *)data, size);
    vips_image_init_fields(image, 4, 4, 1, VIPS_FORMAT_UCHAR, VIPS_CODING_NONE,
                           VIPS_INTERPRETATION_B_W, 1, 1);
    vips_image_set_blob_copy(image, VIPS_META_IPTC_NAME, data, size);
    vips_image_set_string(image, VIPS_META_IMAGEDESCRIPTION, text);
    seam_photoshop_turn(image);
    seam_photoshop_scale(image, 2);
    seam_photoshop_for_tiff(image);
    seam_photoshop_scale(image, 2);
    seam_photoshop_for_jpeg(image);
    seam_ome_scale(image, 2);
    g_free(text);
    g_object_unref(image);
}

static void profile(const uint8_t *data, size_t size)
{
    struct seam_icc icc;
    seam_profile_is_linear(data, size);
    if (!seam_icc_read(&icc, data, size))
        return;
    if (icc.colours != 1 && icc.colours != 3)
        abort();
    for (int i = 0; i < icc.colours; i++)
        for (float v = -0.5F; v < 2; v += 0.25F)
            seam_icc_stored(&icc.curves[i], seam_icc_light(&icc.curves[i], v));
}

static void georeference(const char *path)
{
    const struct seam_geo_map map = { 3, 4, 2, 0.5 };
    GPtrArray *geo = seam_geo_read(path, 1, NULL);
    geo = geo ? geo : seam_geo_read(path, 0, NULL);
    if (!geo)
        return;
    seam_geo_map(geo, &map);
    g_free(seam_geo_nodata(geo));
    g_ptr_array_unref(geo);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool begun;
    if (!begun && VIPS_INIT("fuzz"))
        abort();
    begun = true;
    exif(data, size);
    xmp(data, size);
    profile(data, size);
    if (size > 0)
        header(data, size);
    georeference(seam_fuzz_put(SEAM_FUZZ_IN, data, size));
    return 0;
}

#ifdef SEAM_FUZZ_STANDALONE

static void *copy_of(const void *data, size_t length, size_t *size)
{
    void *copy = malloc(length);
    if (!copy)
        abort();
    memcpy(copy, data, length);
    *size = length;
    return copy;
}

/* EXIF with a directory below its first. */
static void *exif_seed(size_t *size)
{
    GPtrArray *tags = seam_tags_new();
    const unsigned char bytes[16] = { 1, 0, 0, 0, 250 };
    size_t length;
    seam_tags_put_text(tags, 271, "A maker of cameras");
    seam_tags_put(tags, 274, SEAM_TAG_SHORT, 1, bytes);
    struct seam_tag *below = g_new0(struct seam_tag, 1);
    below->id = 34665;
    below->below = seam_tags_new();
    seam_tags_put(below->below, 33434, 5, 1, bytes);
    seam_tags_put(below->below, 37500, SEAM_TAG_UNDEFINED, 16, bytes);
    g_ptr_array_add(tags, below);
    unsigned char *exif = seam_tags_make_exif(tags, &length);
    void *seed = copy_of(exif, length, size);
    g_free(exif);
    g_ptr_array_unref(tags);
    return seed;
}

/* A TIFF of two directories of nothing but a georeference. */
static void *tiff_seed(size_t *size)
{
    uint8_t data[160] = "II*\0\10\0\0\0";
    for (size_t page = 0; page < 2; page++) {
        uint8_t *at = data + 8 + 42 * page;
        const uint8_t entries[] = { 3, 0,
            0x0E, 0x83, 12, 0, 2, 0, 0, 0, 100, 0, 0, 0, /* pixel scale */
            0x82, 0x84, 12, 0, 6, 0, 0, 0, 100, 0, 0, 0, /* tie points */
            0x81, 0xA4, 2, 0, 2, 0, 0, 0, '7', 0, 0, 0, page ? 0 : 50 };
        memcpy(at, entries, sizeof(entries));
    }
    return copy_of(data, sizeof(data), size);
}

static void *seed(size_t number, size_t *size)
{
    static const char packet[] =
        "<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF "
        "xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><rdf:Description rdf:about='' "
        "tiff:Orientation=\"6\" GCamera:MotionPhoto='1'><xmpMM:History><rdf:Seq><rdf:li "
        "stEvt:action='saved'/></rdf:Seq></xmpMM:History><GCamera:A>b</GCamera:A>"
        "</rdf:Description></rdf:RDF></x:xmpmeta>";
    static const char ome[] =
        "<OME><Image ID='Image:0'><Pixels SizeX=\"64\" SizeY=\"48\" PhysicalSizeX=\"0.5\" "
        "PhysicalSizeXUnit=\"um\" PhysicalSizeY=\"0.25\"/></Image></OME>";
    static const char blocks[] = "Photoshop 3.0\0"
                                 "8BIM\3\355\0\0\0\0\0\20\0\110\0\0\0\1\0\1\0\110\0\0\0\1\0\1"
                                 "8BIM\4\4\0\0\0\0\0\10\34\2\120\0\3Ann\0";
    static const unsigned char icc[196] = {
        [16] = 'R', 'G', 'B', ' ', [36] = 'a', 'c', 's', 'p', [131] = 3,
        'k', 'T', 'R', 'C', 0, 0, 0, 168, 0, 0, 0, 14, 'r', 'T', 'R', 'C', 0, 0, 0, 168, 0, 0, 0,
        14, 'r', 'X', 'Y', 'Z', 0, 0, 0, 168, 0, 0, 0, 20, 'c', 'u', 'r', 'v', 0, 0, 0, 0, 0, 0, 0,
        1, 2, 51,
    };
    switch (number) {
    case 0: return exif_seed(size);
    case 1: return tiff_seed(size);
    case 2: return copy_of(packet, strlen(packet), size);
    case 3: return copy_of(ome, strlen(ome), size);
    case 4: return copy_of(blocks, sizeof(blocks) - 1, size);
    case 5: return copy_of(icc, sizeof(icc), size);
    default: return NULL;
    }
}

int main(int argc, char **argv)
{
    return seam_fuzz_main(argc, argv, seed);
}

#endif /* SEAM_FUZZ_STANDALONE */
