/* Fuzz target: the directories of a TIFF, as they are looked at before libvips sees the file. See
 * standalone.h. */
#include <stdlib.h>
#include <string.h>

#include "files/tiff.h"
#include "scratch.h"
#include "standalone.h"

#define PAGES 3

static void look(const char *path, int page)
{
    struct seam_tiff t;
    if (!seam_tiff_read(&t, path, page, NULL))
        return;
    const double held = seam_tiff_held(&t, t.width, 4);
    /* What callers divide by and index with. */
    if (t.width < 0 || t.height < 0 || t.samples < 1 || t.colours < 1 || t.colours > t.samples ||
        (t.tile_height == 0 && t.tile_width != 0) || t.strip_rows < 0 || !(held >= 0))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *path = seam_fuzz_put(SEAM_FUZZ_IN, data, size);
    size_t now;
    for (int page = 0; page < PAGES; page++)
        look(path, page);
    const int pictures = seam_tiff_pictures(path, PAGES, NULL);
    if (pictures < 0 || pictures > PAGES)
        abort();
    /* Its mark changes bytes that are there, and adds none. */
    (void)!seam_tiff_mark_data(path, PAGES);
    free(seam_fuzz_get(SEAM_FUZZ_IN, &now));
    if (now != size)
        abort();
    return 0;
}

#ifdef SEAM_FUZZ_STANDALONE

struct writer {
    uint8_t *data;
    size_t size;
    bool motorola, big;
};

static void put(struct writer *w, uint64_t value, int bytes)
{
    for (int i = 0; i < bytes; i++)
        w->data[w->size++] = (uint8_t)(value >> 8 * (w->motorola ? bytes - 1 - i : i));
}

static void put_field(struct writer *w, unsigned tag, unsigned type, uint64_t count, uint64_t value)
{
    static const int sizes[] = { 0, 1, 1, 2, 4 };
    const int wide = w->big ? 8 : 4, size = count == 1 ? sizes[type] : wide;
    put(w, tag, 2);
    put(w, type, 2);
    put(w, count, wide);
    put(w, value, size);
    put(w, 0, wide - size);
}

/* A page in two tiles, or in strips, of which the list of sizes lies at 8 or 16 of the file. */
static void put_page(struct writer *w, bool tiles, bool last)
{
    const size_t fields = tiles ? 10 : 8, wide = w->big ? 8 : 4;
    const size_t bytes = (w->big ? 8 : 2) + fields * (w->big ? 20 : 12) + wide;
    const size_t end = w->size + bytes;
    put(w, fields, w->big ? 8 : 2);
    put_field(w, 254, 4, 1, last);
    put_field(w, 256, 3, 1, 300);
    put_field(w, 257, 4, 1, 200);
    put_field(w, 262, 3, 1, 2);
    put_field(w, 277, 3, 1, 4);
    put_field(w, 338, 3, 1, 0);
    if (tiles) {
        put_field(w, 322, 3, 1, 256);
        put_field(w, 323, 3, 1, 256);
        put_field(w, 325, 4, 2, w->big ? 16 : 8);
        put_field(w, 42112, 1, 1, 0);
    } else {
        put_field(w, 278, 4, 1, 100);
        put_field(w, 279, 4, 2, w->big ? 16 : 8);
    }
    put(w, last ? 0 : end, (int)wide);
}

static void *seed(size_t number, size_t *size)
{
    struct writer w = { .motorola = number & 1, .big = number & 2 };
    if (number >= 8)
        return NULL;
    w.data = calloc(1, 1024);
    if (!w.data)
        abort();
    memset(w.data, w.motorola ? 'M' : 'I', 2);
    w.size = 2;
    put(&w, w.big ? 43 : 42, 2);
    put(&w, w.big ? 8 : 16, w.big ? 2 : 4);
    if (w.big) {
        put(&w, 0, 2);
        put(&w, 24, 8);
    }
    put(&w, 7777, 4);
    put(&w, 8888, 4);
    put_page(&w, number & 4, false);
    put_page(&w, false, true);
    *size = w.size;
    return w.data;
}

int main(int argc, char **argv)
{
    return seam_fuzz_main(argc, argv, seed);
}

#endif /* SEAM_FUZZ_STANDALONE */
