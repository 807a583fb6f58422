/* Fuzz target: a JPEG of several scans written anew as one of a single scan. See standalone.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

#include "files/rewrite.h"
#include "scratch.h"
#include "standalone.h"

/* What has more is as slow as it should be. */
#define MOST_PIXELS (1 << 18)

/* The product of the sides that its first frame header tells; 0 where there is none. */
static uint64_t pixels(const uint8_t *data, size_t size)
{
    uint64_t most = 0;
    for (size_t i = 0; i + 9 <= size; i++)
        if (data[i] == 0xFF && data[i + 1] >= 0xC0 && data[i + 1] <= 0xCF) {
            const uint64_t height = data[i + 5] * 256u + data[i + 6];
            const uint64_t width = data[i + 7] * 256u + (i + 9 < size ? data[i + 8] : 0);
            most = width * height > most ? width * height : most;
        }
    return most;
}

static bool rewrite(const uint8_t *data, size_t size, bool allow_damaged)
{
    struct seam_rewrite job = {
        .from = seam_fuzz_put(SEAM_FUZZ_IN, data, size),
        .to = seam_fuzz_put(SEAM_FUZZ_OUT, NULL, 0),
        .allow_damaged = allow_damaged,
    };
    seam_fuzz_put(SEAM_FUZZ_SCRATCH, NULL, 0);
    job.scratch = seam_fuzz_descriptor(SEAM_FUZZ_SCRATCH);
    const bool ok = seam_rewrite_jpeg(&job);
    if (ok != (job.why[0] == '\0'))
        abort();
    return ok;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (pixels(data, size) > MOST_PIXELS)
        return 0;
    rewrite(data, size, false);
    if (!rewrite(data, size, true))
        return 0;
    /* What was written is whole. */
    size_t now;
    uint8_t *out = seam_fuzz_get(SEAM_FUZZ_OUT, &now);
    if (!rewrite(out, now, false))
        abort();
    free(out);
    return 0;
}

#ifdef SEAM_FUZZ_STANDALONE

#define WIDTH 37
#define HEIGHT 29

static void *seed(size_t number, size_t *size)
{
    static const struct {
        int components, across;
        bool progressive, arithmetic;
    } kinds[] = { { 3, 2, true, false }, { 1, 1, true, false }, { 3, 1, false, false },
                  { 4, 1, true, false }, { 3, 1, true, true } };
    struct jpeg_compress_struct c;
    struct jpeg_error_mgr errors;
    uint8_t row[4 * WIDTH], *data = NULL;
    unsigned long length = 0;
    if (number >= sizeof(kinds) / sizeof(kinds[0]))
        return NULL;
    c.err = jpeg_std_error(&errors);
    jpeg_create_compress(&c);
    jpeg_mem_dest(&c, &data, &length);
    c.image_width = WIDTH;
    c.image_height = HEIGHT;
    c.input_components = kinds[number].components;
    c.in_color_space = c.input_components == 1   ? JCS_GRAYSCALE
                       : c.input_components == 3 ? JCS_RGB
                                                 : JCS_CMYK;
    jpeg_set_defaults(&c);
    c.comp_info[0].h_samp_factor = kinds[number].across;
    c.restart_interval = number == 1 ? 2 : 0;
    c.arith_code = kinds[number].arithmetic;
    if (kinds[number].progressive)
        jpeg_simple_progression(&c);
    jpeg_start_compress(&c, TRUE);
    jpeg_write_marker(&c, JPEG_COM, (const JOCTET *)"a comment", 9);
    for (int y = 0; y < HEIGHT; y++) {
        JSAMPROW rows[1] = { row };
        for (int i = 0; i < WIDTH * c.input_components; i++)
            row[i] = (uint8_t)(y * i * 13 + i * i);
        jpeg_write_scanlines(&c, rows, 1);
    }
    jpeg_finish_compress(&c);
    jpeg_destroy_compress(&c);
    *size = length;
    return data;
}

int main(int argc, char **argv)
{
    return seam_fuzz_main(argc, argv, seed);
}

#endif /* SEAM_FUZZ_STANDALONE */
