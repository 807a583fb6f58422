/* From the tensors of a file to a graph: names as the architecture gave them. */
#include <stdlib.h>
#include <string.h>

#include "base/common.h"
#include "base/log.h"
#include "graph/arch/arch.h"
#include "graph/build.h"
#include "graph/weights.h"

/* What training wraps around a network. */
static const struct wrapping {
    const char *prefix;
    bool part;    /* other networks may lie beside it: a discriminator, a loss */
    bool letters; /* no number follows: networks count their own layers behind the same word */
} wrappings[] = {
    { "module.", false, false },  { "_orig_mod.", false, false }, { "netG.", true, false },
    { "net_g_ema.", true, false }, { "net_g.", true, false },     { "generator_ema.", true, false },
    { "generator.", true, false }, { "g_ema.", true, false },     { "ema_model.", true, false },
    { "model_ema.", true, false }, { "model_g.", true, false },   { "params_ema.", true, false },
    { "params.", false, false },
    { "network.", false, true },  { "net.", false, true },        { "model.", false, true },
};

/* One around the other, no more. */
#define MOST_WRAPPINGS 4

/* Counters that no network computes with. */
static const char *const surplus[] = { "num_batches_tracked", "total_ops", "total_params",
                                       "n_averaged" };

static bool begins(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

static bool is_surplus(const char *name)
{
    const char *const dot = strrchr(name, '.'), *const last = dot ? dot + 1 : name;
    for (size_t i = 0; i < SEAM_ARRAY_LEN(surplus); i++)
        if (!strcmp(last, surplus[i]))
            return true;
    return false;
}

static bool applies(const struct seam_weights *w, const struct wrapping *wrapping)
{
    const size_t length = strlen(wrapping->prefix);
    size_t n = 0;
    for (size_t i = 0; i < w->count; i++) {
        const char *const name = w->items[i].name;
        if (!begins(name, wrapping->prefix) || !name[length])
            continue;
        if (wrapping->letters && name[length] >= '0' && name[length] <= '9')
            return false;
        n++;
    }
    return n && (wrapping->part || n == w->count);
}

static void unwrap(struct seam_weights *w, const char *prefix)
{
    const size_t length = strlen(prefix);
    size_t kept = 0;
    for (size_t i = 0; i < w->count; i++) {
        if (!begins(w->items[i].name, prefix) || !w->items[i].name[length])
            continue;
        w->items[kept] = w->items[i];
        w->items[kept++].name += length;
    }
    w->count = kept;
}

static void unwrap_all(struct seam_weights *w)
{
    for (int rounds = 0; rounds < MOST_WRAPPINGS; rounds++) {
        size_t i = 0;
        while (i < SEAM_ARRAY_LEN(wrappings) && !applies(w, &wrappings[i]))
            i++;
        if (i == SEAM_ARRAY_LEN(wrappings))
            return;
        unwrap(w, wrappings[i].prefix);
    }
}

static int compare_weights(const void *a, const void *b)
{
    return strcmp(((const struct seam_weight *)a)->name, ((const struct seam_weight *)b)->name);
}

static enum seam_result tidy(struct seam_weights *w, struct seam_log *log)
{
    size_t kept = 0;
    for (size_t i = 0; i < w->count; i++)
        if (!is_surplus(w->items[i].name))
            w->items[kept++] = w->items[i];
    w->count = kept;
    if (w->count)
        unwrap_all(w);
    if (!w->count)
        return seam_log_fail(log, SEAM_ERROR_MODEL, "%s: a %s file without weights", w->graph->path,
                             w->format);
    seam_sort(w->items, w->count, sizeof(*w->items), compare_weights);
    for (size_t i = 1; i < w->count; i++)
        if (!strcmp(w->items[i - 1].name, w->items[i].name))
            return seam_log_fail(log, SEAM_ERROR_MODEL,
                                 "%s: it has two weights called %s; download it again",
                                 w->graph->path, w->items[i].name);
    return SEAM_OK;
}

static const char *type_of(const struct seam_weights *w)
{
    for (size_t i = 0; i < w->count; i++)
        switch (w->items[i].type) {
        case SEAM_ONNX_FLOAT16: return ", float16";
        case SEAM_ONNX_BFLOAT16: return ", bfloat16";
        case SEAM_ONNX_DOUBLE: return ", float64";
        default: break;
        }
    return "";
}

/* What the file tells of itself: for `info`, and for what is made of it. */
static enum seam_result describe(const struct seam_weights *w, struct seam_log *log)
{
    static const char *const licences[] = { "license", "licence", "modelspec.license" };
    struct seam_build b;
    seam_build_init(&b, w->graph, log);
    seam_build_say(&b, "seamless.format", "%s%s%s%s", w->format, *w->wrapper ? ", " : "",
                   w->wrapper, type_of(w));
    if (w->note)
        seam_build_say(&b, "seamless.note", "%s", w->note);
    for (size_t i = 0; i < SEAM_ARRAY_LEN(licences); i++) {
        const char *const licence = seam_weights_metadata(w, licences[i]);
        if (licence) {
            seam_build_say(&b, "seamless.licence", "%s", licence);
            break;
        }
    }
    return b.result;
}

enum seam_result seam_weights_build(struct seam_weights *weights, struct seam_log *log)
{
    enum seam_result result = tidy(weights, log);
    if (result == SEAM_OK)
        result = seam_arch_build(weights, log);
    if (result == SEAM_OK)
        result = describe(weights, log);
    if (result != SEAM_OK)
        return result;
    struct seam_weights *kept = seam_arena_alloc(&weights->graph->arena, 1, sizeof(*kept));
    if (!kept)
        return seam_log_fail(log, SEAM_ERROR_MEMORY, "%s: no memory to read the network",
                             weights->graph->path);
    *kept = *weights;
    weights->graph->weights = kept;
    return SEAM_OK;
}
