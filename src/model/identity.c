#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/checksum.h"
#include "model/identity.h"

#define CHUNK ((size_t)1 << 18)

/* With its end, so that two texts in a row are not a longer one. */
static uint64_t add_text(uint64_t sum, const char *text)
{
    return seam_checksum(sum, text, strlen(text) + 1);
}

uint64_t seam_settings_checksum(const struct seam_model_params *params)
{
    const int64_t numbers[3] = { params->alignment, (int64_t)params->layout,
                                 (int64_t)params->engine };
    uint64_t sum = add_text(0, params->output ? params->output : "");
    if (params->picture)
        sum = add_text(sum, params->picture);
    if (params->ensemble)
        sum = add_text(sum, "ensemble");
    if (params->stronger > 0)
        sum = seam_checksum(sum, &params->stronger, sizeof(params->stronger));
    if (params->scale)
        sum = seam_checksum(sum, &params->scale, sizeof(params->scale));
    for (size_t i = 0; i < params->input_count; i++) {
        sum = add_text(sum, params->inputs[i].name);
        sum = seam_checksum(sum, &params->inputs[i].value, sizeof(params->inputs[i].value));
    }
    return seam_checksum(sum, numbers, sizeof(numbers));
}

static bool file_checksum(const char *path, uint64_t *sum)
{
    FILE *f = fopen(path, "rb");
    char *chunk = f ? malloc(CHUNK) : NULL;
    bool ok = chunk != NULL;
    size_t n;
    *sum = 0;
    while (ok && (n = fread(chunk, 1, CHUNK, f)) > 0)
        *sum = seam_checksum(*sum, chunk, n);
    ok = ok && !ferror(f);
    free(chunk);
    if (f)
        fclose(f);
    return ok;
}

bool seam_network_checksum(const char *name, bool is_file, uint64_t *sum)
{
    if (is_file)
        return file_checksum(name, sum);
    /* What follows the colon makes it misbehave, and no other network. */
    *sum = seam_checksum(0, name, strcspn(name, ":"));
    return true;
}
