/* Restore a binary PPM of 8 bits, a row at a time: restore_rows MODEL < in.ppm > out.ppm
 *
 *     cc restore_rows.c $(pkg-config --cflags --libs seamless) -o restore_rows
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include <seamless/seamless.h>

/* A number of the header, and what ends it: blanks and comments may stand before. -1: none is
 * there. */
static long read_number(void)
{
    int c = getchar();
    while (c == '#' || isspace(c)) {
        if (c == '#')
            while (c != '\n' && c != EOF)
                c = getchar();
        c = getchar();
    }
    long number = isdigit(c) ? 0 : -1;
    for (; isdigit(c) && number < 100000000; c = getchar())
        number = 10 * number + c - '0';
    return number;
}

/* Rows are asked for in order, each once: what a pipe can give. */
static int read_rows(void *opaque, int64_t y, int64_t rows, void *dst)
{
    const struct seam_picture *picture = opaque;
    (void)y;
    return fread(dst, (size_t)picture->width * 3, (size_t)rows, stdin) == (size_t)rows ? 0 : -1;
}

static enum seam_result restore(const char *name, struct seam_picture *picture,
                                struct seam_log *log)
{
    struct seam_source source = { .opaque = picture, .read = read_rows };
    struct seam_model *model = NULL;
    struct seam_stream *stream = NULL;
    struct seam_params params;
    struct seam_machine machine;
    struct seam_facts facts;
    struct seam_plan plan;
    unsigned char *row = NULL;

    seam_params_init(&params);
    enum seam_result r = seam_model_open(&model, name, NULL, log);
    if (r == SEAM_OK) {
        seam_model_describe(model, &facts);
        seam_machine_measure(&machine);
        r = seam_plan_make(&plan, picture, &facts, &params, &machine, log);
    }
    if (r == SEAM_OK && plan.out_bands != 3) {
        fprintf(stderr, "restore_rows: %s makes no colours of colours\n", name);
        r = SEAM_ERROR_MODEL;
    }
    if (r == SEAM_OK)
        r = seam_stream_open(&stream, model, &plan, &source, NULL, log);
    if (r == SEAM_OK) {
        const size_t row_bytes = (size_t)plan.x.out_size * 3;
        row = malloc(row_bytes);
        printf("P6\n%ld %ld\n255\n", (long)plan.x.out_size, (long)plan.y.out_size);
        for (int64_t y = 0; row && r == SEAM_OK && y < plan.y.out_size; y++) {
            r = seam_stream_read(stream, 1, row, 0);
            if (r == SEAM_OK && fwrite(row, row_bytes, 1, stdout) != 1)
                r = SEAM_ERROR_IO;
        }
        if (!row || fflush(stdout) != 0)
            r = SEAM_ERROR_IO;
    }
    free(row);
    seam_stream_close(&stream);
    seam_model_close(&model);
    return r;
}

int main(int argc, char **argv)
{
    const bool ppm = argc == 2 && getchar() == 'P' && getchar() == '6';
    const long width = ppm ? read_number() : -1, height = ppm ? read_number() : -1;
    if (width < 1 || height < 1 || read_number() != 255) {
        fprintf(stderr, "usage: restore_rows MODEL < in.ppm > out.ppm\n");
        return 2;
    }
    struct seam_picture picture = { .width = width, .height = height, .bands = 3 };
    struct seam_log log;
    seam_log_init(&log);
    enum seam_result r = restore(argv[1], &picture, &log);
    if (r != SEAM_OK)
        fprintf(stderr, "restore_rows: %s: %s\n", seam_result_name(r), log.error);
    return r != SEAM_OK;
}
