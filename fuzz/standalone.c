#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "standalone.h"

static uint64_t state = 1;

static uint32_t next(size_t below)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((state >> 33) % below);
}

/* One to eight changes: bytes set, flipped, removed, or copied from elsewhere. */
static size_t mutate(uint8_t *data, size_t size)
{
    static const uint8_t edges[] = { 0x00, 0x01, 0x7f, 0x80, 0xfe, 0xff };
    static const char letters[] = "0123456789-=.,:[]{}\"()tRbuseq}X\n ";
    for (uint32_t n = 1 + next(8); n && size > 8; n--) {
        const size_t at = next(size), from = next(size);
        const size_t most = size - (at > from ? at : from);
        size_t run = 1 + next(16);
        run = run < most ? run : most;
        switch (next(6)) {
        case 0: data[at] = (uint8_t)next(256); break;
        case 1: data[at] ^= (uint8_t)(1u << next(8)); break;
        case 2: data[at] = edges[next(sizeof(edges))]; break;
        case 3: memmove(data + at, data + from, run); break;
        case 4: data[at] = (uint8_t)letters[next(sizeof(letters) - 1)]; break;
        default:
            memmove(data + at, data + at + run, size - at - run);
            size -= run;
            break;
        }
    }
    return size;
}

static void run_one(seam_fuzz_seed *seed, size_t seeds)
{
    size_t size;
    uint8_t *file = seed(next(seeds), &size);
    size = mutate(file, size);
    /* A copy of just this size, so that a read behind it is seen. */
    uint8_t *copy = malloc(size ? size : 1);
    if (!copy)
        abort();
    memcpy(copy, file, size);
    free(file);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

static int run_mutations(seam_fuzz_seed *seed, size_t seeds, unsigned long count, double seconds)
{
    const time_t begin = time(NULL);
    unsigned long i = 0;
    for (; count ? i < count : difftime(time(NULL), begin) < seconds; i++)
        run_one(seed, seeds);
    printf("%lu mutations\n", i);
    return 0;
}

static int write_seeds(seam_fuzz_seed *seed, size_t seeds, const char *folder)
{
    for (size_t i = 0; i < seeds; i++) {
        char path[1024];
        size_t size;
        void *file = seed(i, &size);
        snprintf(path, sizeof(path), "%s/seed%03zu", folder, i);
        FILE *f = fopen(path, "wb");
        bool good = f && fwrite(file, 1, size, f) == size;
        if (f)
            good = fclose(f) == 0 && good;
        free(file);
        if (!good) {
            fprintf(stderr, "%s: cannot be written\n", path);
            return 1;
        }
    }
    return 0;
}

static int run_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    long size = -1;
    if (f && fseek(f, 0, SEEK_END) == 0)
        size = ftell(f);
    uint8_t *data = malloc(size > 0 ? (size_t)size : 1);
    const bool good = f && data && size >= 0 && fseek(f, 0, SEEK_SET) == 0 &&
                      fread(data, 1, (size_t)size, f) == (size_t)size;
    if (f)
        fclose(f);
    if (good)
        LLVMFuzzerTestOneInput(data, (size_t)size);
    else
        fprintf(stderr, "%s: cannot be read\n", path);
    free(data);
    return good ? 0 : 1;
}

int seam_fuzz_main(int argc, char **argv, seam_fuzz_seed *seed)
{
    size_t seeds = 0, size;
    int failed = 0;
    for (void *file; (file = seed(seeds, &size)); seeds++)
        free(file);
    if (argc > 3)
        state = strtoull(argv[3], NULL, 10);
    if (argc == 3 && !strcmp(argv[1], "--seeds"))
        return write_seeds(seed, seeds, argv[2]);
    if (argc >= 3 && !strcmp(argv[1], "--mutate"))
        return run_mutations(seed, seeds, strtoul(argv[2], NULL, 10), 0);
    if (argc >= 3 && !strcmp(argv[1], "--seconds"))
        return run_mutations(seed, seeds, 0, strtod(argv[2], NULL));
    for (int i = 1; i < argc; i++)
        failed |= run_file(argv[i]);
    return failed;
}
