/* Weights by name and shape. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/common.h"
#include "base/log.h"
#include "graph/arch/parts.h"

bool seam_arch_has(const struct seam_arch_work *a, const char *format, ...)
{
    SEAM_KEY_FORMAT(key, format);
    return seam_weights_find(a->weights, key) != NULL;
}

int64_t seam_arch_size(const struct seam_arch_work *a, int axis, const char *format, ...)
{
    SEAM_KEY_FORMAT(key, format);
    const struct seam_weight *w = seam_weights_find(a->weights, key);
    return w && axis < w->rank ? w->dims[axis] : 0;
}

void seam_arch_refuse(struct seam_arch_work *a, const char *format, ...)
{
    char why[512];
    va_list args;
    if (seam_arch_failed(a))
        return;
    va_start(args, format);
    vsnprintf(why, sizeof(why), format, args);
    va_end(args);
    a->build.result =
        seam_log_fail(a->build.log, SEAM_ERROR_MODEL,
                      "%s: its weights look like %s, but it %s; export the network as ONNX",
                      a->weights->graph->path, a->name, why);
}

/* "64 x 3 x 3 x 3"; "any" where a size is free. */
static const char *shape_text(char *text, size_t size, const int64_t *dims, int rank)
{
    size_t used = 0;
    snprintf(text, size, "one number");
    for (int i = 0; i < rank && used < size; i++) {
        const char *const by = i ? " x " : "";
        const int n = dims[i] < 0
                          ? snprintf(text + used, size - used, "%sany", by)
                          : snprintf(text + used, size - used, "%s%lld", by, (long long)dims[i]);
        used += n > 0 ? (size_t)n : 0;
    }
    return text;
}

static bool is_float(const struct seam_weight *w)
{
    return w->type == SEAM_ONNX_FLOAT || w->type == SEAM_ONNX_FLOAT16 ||
           w->type == SEAM_ONNX_BFLOAT16 || w->type == SEAM_ONNX_DOUBLE;
}

static bool weight_fits(const struct seam_weight *w, int rank, const int64_t *dims)
{
    bool fits = w->rank == rank && is_float(w);
    for (int i = 0; fits && i < rank; i++)
        fits = dims[i] < 0 ? w->dims[i] > 0 : w->dims[i] == dims[i];
    return fits;
}

struct seam_weight *seam_arch_take(struct seam_arch_work *a, int rank, const int64_t *dims,
                                   const char *format, ...)
{
    SEAM_KEY_FORMAT(key, format);
    char wanted[128], found[128];
    struct seam_weight *w = seam_weights_find(a->weights, key);
    if (seam_arch_failed(a))
        return NULL;
    if (w && weight_fits(w, rank, dims)) {
        w->used = true;
        return w;
    }
    if (!w)
        seam_arch_refuse(a, "has no %s", key);
    else if (!is_float(w))
        seam_arch_refuse(a, "has %s in whole numbers where floats are expected", key);
    else
        seam_arch_refuse(a, "has %s of %s where %s is expected", key,
                         shape_text(found, sizeof(found), w->dims, w->rank),
                         shape_text(wanted, sizeof(wanted), dims, rank));
    return NULL;
}

void seam_arch_surplus(struct seam_arch_work *a, const char *format, ...)
{
    SEAM_KEY_FORMAT(key, format);
    (void)seam_weights_take(a->weights, key);
}

const char *seam_arch_reshaped(struct seam_arch_work *a, struct seam_weight *weight,
                               const int64_t *dims, int32_t rank)
{
    if (!weight || seam_arch_failed(a))
        return NULL;
    int64_t *copy = seam_arena_alloc(&a->weights->graph->arena, (size_t)rank + 1, sizeof(*copy));
    if (!copy)
        return seam_build_memory(&a->build);
    memcpy(copy, dims, (size_t)rank * sizeof(*copy));
    const char *value =
        seam_build_tensor(&a->build, &(struct seam_onnx_tensor){ .name = weight->name,
                                                                 .type = weight->type,
                                                                 .rank = rank,
                                                                 .dims = copy,
                                                                 .count = weight->count,
                                                                 .data = weight->data,
                                                                 .size = weight->size });
    if (weight->type == SEAM_ONNX_FLOAT)
        return value;
    seam_build_int(&a->build, "to", SEAM_ONNX_FLOAT);
    return seam_build_node(&a->build, "Cast", value);
}

const char *seam_arch_per_channel(struct seam_arch_work *a, int64_t channels, const char *format,
                                  ...)
{
    SEAM_KEY_FORMAT(key, format);
    return seam_arch_reshaped(a, seam_arch_take(a, 1, &channels, "%s", key),
                              (const int64_t[]){ channels, 1, 1 }, 3);
}

static int64_t square_root(int64_t n)
{
    int64_t r = 1;
    while (r * r < n)
        r++;
    return r * r == n ? r : 0;
}

int64_t seam_arch_factor(struct seam_arch_work *a, int64_t channels, int64_t colours_in,
                         int64_t *colours)
{
    const int64_t tried[] = { colours_in, 3, 4, 1 };
    for (size_t i = 0; i < SEAM_ARRAY_LEN(tried); i++)
        if (tried[i] > 0 && channels % tried[i] == 0 && channels < 100000 &&
            square_root(channels / tried[i])) {
            *colours = tried[i];
            return square_root(channels / tried[i]);
        }
    seam_arch_refuse(a, "ends in %lld channels, which are no pixels of a picture",
                     (long long)channels);
    *colours = 0;
    return 0;
}

/* Whether the file's name says that the network enlarges three times. */
static bool name_says_3(const char *path)
{
    const char *const slash = strrchr(path, '/'), *const name = slash ? slash + 1 : path;
    const char *const behind = strstr(name, "x3");
    return !strncmp(name, "3x", 2) || strstr(name, "_3x") ||
           (behind && (behind[2] < '0' || behind[2] > '9'));
}

int64_t seam_arch_unsure_factor(struct seam_arch_work *a)
{
    const int64_t told = a->weights->graph->told.scale;
    const bool said = told == 2 || told == 3, named = name_says_3(a->weights->graph->path);
    const int64_t factor = said ? told : named ? 3 : 2;
    seam_build_say(&a->build, "seamless.note",
                   "its weights do not tell whether it enlarges 2 or 3 times: %lld, %s",
                   (long long)factor,
                   said    ? "as --scale says"
                   : named ? "by its name"
                           : "unless its name or --scale says 3");
    return factor;
}

void seam_arch_say_noise(struct seam_arch_work *a, int of_255)
{
    seam_build_say(&a->build, "seamless.input.sigma", "%.7f", of_255 / 255.0);
    seam_build_say(&a->build, "seamless.note",
                   "sigma is the level of the noise, a part of white: %d of 255 unless --input "
                   "sigma=LEVEL says another",
                   of_255);
}
