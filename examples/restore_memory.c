/* Restore a picture that is in memory, in one call: restore_memory MODEL < in.ppm > out.ppm
 *
 *     cc restore_memory.c $(pkg-config --cflags --libs seamless) -o restore_memory
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

static size_t size_of(const struct seam_picture *picture)
{
    return (size_t)picture->width * (size_t)picture->height * (size_t)picture->bands;
}

static enum seam_result restore(struct seam_model *model, const struct seam_picture *picture,
                                struct seam_log *log)
{
    struct seam_facts facts;
    struct seam_picture result;
    seam_model_describe(model, &facts);
    enum seam_result r = seam_restored(&result, picture, &facts, NULL, log);
    if (r != SEAM_OK || result.bands != 3)
        return r != SEAM_OK ? r : SEAM_ERROR_MODEL;
    unsigned char *in = malloc(size_of(picture)), *out = malloc(size_of(&result));
    if (!in || !out)
        r = SEAM_ERROR_MEMORY;
    else if (fread(in, 1, size_of(picture), stdin) != size_of(picture))
        r = SEAM_ERROR_IO;
    else
        r = seam_restore(model, picture, in, out, NULL, log);
    if (r == SEAM_OK) {
        printf("P6\n%ld %ld\n255\n", (long)result.width, (long)result.height);
        if (fwrite(out, 1, size_of(&result), stdout) != size_of(&result) || fflush(stdout) != 0)
            r = SEAM_ERROR_IO;
    }
    free(in);
    free(out);
    return r;
}

int main(int argc, char **argv)
{
    const bool ppm = argc == 2 && getchar() == 'P' && getchar() == '6';
    const long width = ppm ? read_number() : -1, height = ppm ? read_number() : -1;
    if (width < 1 || height < 1 || read_number() != 255) {
        fprintf(stderr, "usage: restore_memory MODEL < in.ppm > out.ppm\n");
        return 2;
    }
    struct seam_picture picture = { .width = width, .height = height, .bands = 3 };
    struct seam_model *model = NULL;
    struct seam_log log;
    seam_log_init(&log);
    enum seam_result r = seam_model_open(&model, argv[1], NULL, &log);
    if (r == SEAM_OK)
        r = restore(model, &picture, &log);
    if (r != SEAM_OK)
        fprintf(stderr, "restore_memory: %s: %s\n", seam_result_name(r), log.error);
    seam_model_close(&model);
    return r != SEAM_OK;
}
