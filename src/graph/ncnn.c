#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/common.h"
#include "base/log.h"
#include "graph/arch/arch.h"
#include "graph/ncnn.h"
#include "graph/parts.h"

static const char first_line[] = "7767517";

/* What layers and blobs take of memory for a text of a size. */
#define ALWAYS_BYTES ((size_t)1 << 18)
#define BYTES_PER_LETTER 64

enum seam_result seam_ncnn_refuse(struct seam_ncnn *n, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    n->build.result = SEAM_ERROR_MODEL;
    return seam_log_fail(n->log, SEAM_ERROR_MODEL, "%s: %s", n->graph->path, text);
}

static bool ncnn_takes(const struct seam_network_file *file)
{
    return file->size > sizeof(first_line) &&
           !memcmp(file->data, first_line, sizeof(first_line) - 1);
}

/* The .bin of the same name beside it. */
static enum seam_result find_weights(struct seam_ncnn *n, const struct seam_network_file *file)
{
    struct seam_onnx_file *bin;
    const size_t length = strlen(file->path);
    const bool named = length > 6 && !strcmp(file->path + length - 6, ".param");
    if (file->in_memory)
        return seam_ncnn_refuse(
            n,
            "the weights of an ncnn network lie in another file (.bin); a network in memory must "
            "hold its own");
    if (!named)
        return seam_ncnn_refuse(
            n, "a network of ncnn; its two files must be called NAME.param and NAME.bin");
    char *const path = seam_arena_string(&n->graph->arena, file->path, length - 2);
    if (!path)
        return seam_build_memory(&n->build), SEAM_ERROR_MEMORY;
    memcpy(path + length - 6, ".bin", 5);
    const char *const slash = strrchr(path, '/');
    const enum seam_result result =
        seam_graph_load(n->graph, path, slash ? slash + 1 : path, &bin);
    if (result == SEAM_CANCELLED)
        return n->build.result = seam_log_fail(n->log, result, "cancelled");
    if (result != SEAM_OK)
        return seam_ncnn_refuse(
            n,
            "its weights file %s cannot be read: %s; download it too and put it beside the .param "
            "file",
            path, seam_graph_why(errno));
    n->at = bin->size ? bin->data : (const uint8_t *)""; /* an empty file lies nowhere */
    n->end = n->at + bin->size;
    return SEAM_OK;
}

/* What the first convolution takes, as the Input layer need not tell. */
static int64_t first_channels(struct seam_ncnn *n, const struct seam_ncnn_layer *input)
{
    n->layer = input;
    const int64_t told = seam_ncnn_int(n, 2, 0);
    for (uint32_t i = 0; told < 1 && i < n->n_layers; i++) {
        n->layer = &n->layers[i];
        if (strcmp(n->layer->type, "Convolution") != 0)
            continue;
        const int64_t across = seam_ncnn_int(n, 1, 0), out = seam_ncnn_int(n, 0, 0);
        const int64_t each = seam_clamp(out, 0, 65536) * seam_clamp(across, 0, 65536) *
                             seam_clamp(seam_ncnn_int(n, 11, across), 0, 65536);
        return each > 0 ? seam_ncnn_int(n, 6, 0) / each : 0;
    }
    return told;
}

/* Planes of one number each: a convolution that looks at nothing. */
static const char *constant_planes(struct seam_build *b, const char *picture, const float *values,
                                   int64_t count)
{
    static const float zeros[(SEAM_SRMD_BLUR + 1) * 3];
    const char *const weight =
        seam_build_floats(b, NULL, zeros, (const int64_t[]){ count, 3, 1, 1 }, 4);
    const char *const bias = seam_build_floats(b, NULL, values, &count, 1);
    return seam_build_conv(b, picture, weight, bias, &(struct seam_build_conv){ 0 });
}

static const char *srmd_input(struct seam_ncnn *n, int64_t channels)
{
    float values[SEAM_SRMD_BLUR + 1];
    const char *const picture = seam_build_input(&n->build, "input", 3);
    memcpy(values, seam_srmd_blur, sizeof(seam_srmd_blur));
    values[SEAM_SRMD_BLUR] = SEAM_SRMD_NOISE / 255.0f; /* what the tool takes where nobody says */
    seam_build_say(&n->build, "seamless.architecture", "SRMD");
    seam_build_say(&n->build, "seamless.note", "the blur is the one that srmd-ncnn-vulkan takes%s",
                   channels == 19 ? ", and so is the noise, 3 of 255" : "");
    const char *const more =
        picture ? constant_planes(&n->build, picture, values, channels - 3) : NULL;
    return more ? seam_build_concat(&n->build, (const char *const[]){ picture, more }, 2) : NULL;
}

static enum seam_result make_input(struct seam_ncnn *n)
{
    const struct seam_ncnn_layer *input = NULL;
    for (uint32_t i = 0; i < n->n_layers && !input; i++)
        if (!strcmp(n->layers[i].type, "Input") && n->layers[i].n_out == 1)
            input = &n->layers[i];
    if (!input)
        return seam_ncnn_refuse(n, "it has no input");
    const int64_t channels = first_channels(n, input);
    if (channels < 1 || channels > 4096)
        return seam_ncnn_refuse(n, "its number of channels cannot be told");
    input->out[0]->value = channels == 18 || channels == 19
                               ? srmd_input(n, channels)
                               : seam_build_input(&n->build, "input", channels);
    return n->build.result;
}

static const struct seam_ncnn_layer *maker(const struct seam_ncnn *n,
                                           const struct seam_ncnn_layer *l)
{
    return l->n_in && l->in[0]->maker >= 0 ? &n->layers[l->in[0]->maker] : NULL;
}

/* Real-CUGAN at 4x ends in 12 channels, a cut of one pixel and a shuffle by 2, which no other
 * network of ncnn's tools does: it makes the difference from the enlarged picture. */
static bool is_residual(struct seam_ncnn *n, const struct seam_ncnn_layer *last)
{
    const struct seam_ncnn_layer *const cut = maker(n, last);
    const struct seam_ncnn_layer *const conv = cut ? maker(n, cut) : NULL;
    const struct seam_ncnn_setting *starts;
    if (!conv || strcmp(last->type, "PixelShuffle") != 0 || strcmp(cut->type, "Crop") != 0 ||
        strcmp(conv->type, "Convolution") != 0)
        return false;
    n->layer = last;
    const bool twice = seam_ncnn_int(n, 0, 1) == 2;
    n->layer = conv;
    const bool twelve = seam_ncnn_int(n, 0, 0) == 12;
    n->layer = cut;
    starts = seam_ncnn_list(n, 9);
    return twice && twelve && starts && starts->count == 2 && starts->values[0] == 1 &&
           starts->values[1] == 1;
}

#define CUGAN_CROP 19

static const char *add_picture(struct seam_ncnn *n, const char *x)
{
    struct seam_build *const b = &n->build;
    const int64_t from[2] = { CUGAN_CROP, CUGAN_CROP }, to[2] = { -CUGAN_CROP, -CUGAN_CROP },
                  axes[2] = { 2, 3 };
    const char *const begin = seam_build_list(b, from, 2), *const end = seam_build_list(b, to, 2);
    const char *const inner =
        seam_build_node(b, "Slice", "input", begin, end, seam_build_list(b, axes, 2));
    seam_build_say(b, "seamless.architecture", "Real-CUGAN, 4x");
    seam_build_say(b, "seamless.note",
                   "the enlarged picture is added, as realcugan-ncnn-vulkan does");
    return seam_build_add(b, x, seam_build_resize(b, inner, "nearest", 4));
}

/* The last blob that no layer takes. */
static enum seam_result make_output(struct seam_ncnn *n)
{
    for (uint32_t i = n->n_layers; i-- > 0;) {
        const struct seam_ncnn_layer *const l = &n->layers[i];
        for (uint32_t j = 0; j < l->n_out; j++) {
            if (l->out[j]->eaten || !l->out[j]->value || l->out[j]->constant)
                continue;
            const char *const x = l->out[j]->value;
            seam_build_output(&n->build, is_residual(n, l) ? add_picture(n, x) : x, "output", 0);
            return n->build.result;
        }
    }
    return seam_ncnn_refuse(n, "it has no output");
}

static enum seam_result write_layers(struct seam_ncnn *n)
{
    enum seam_result result = make_input(n);
    for (uint32_t i = 0; i < n->n_layers && result == SEAM_OK; i++) {
        n->layer = &n->layers[i];
        for (uint32_t j = 0; j < n->layer->n_out && result == SEAM_OK; j++) {
            if (n->layer->out[j]->maker >= 0)
                result = seam_ncnn_refuse(
                    n, "no valid .param file of ncnn (two layers make %s); download it again",
                    n->layer->out[j]->name);
            n->layer->out[j]->maker = (int32_t)i;
        }
        if (result == SEAM_OK)
            result = seam_ncnn_layer(n);
    }
    if (result == SEAM_OK && n->at != n->end)
        result = seam_ncnn_refuse(
            n,
            "its .bin file holds %llu bytes more than its layers need; it belongs to another "
            ".param file",
            (unsigned long long)(n->end - n->at));
    return result == SEAM_OK ? make_output(n) : result;
}

/* `file` is the .param; its weights are at `weights`, or beside it. */
static enum seam_result read_pair(struct seam_graph *graph, const struct seam_network_file *file,
                                  const uint8_t *weights, size_t size, struct seam_log *log)
{
    struct seam_ncnn n = {
        .graph = graph, .log = log, .at = weights, .end = weights ? weights + size : NULL
    };
    seam_build_init(&n.build, graph, log);
    seam_arena_init(&n.arena);
    if (file->size < SEAM_ARENA_LIMIT / BYTES_PER_LETTER - ALWAYS_BYTES)
        n.arena.limit = ALWAYS_BYTES + BYTES_PER_LETTER * file->size;
    enum seam_result result = seam_ncnn_parse(&n, file->data, file->size);
    if (result == SEAM_OK && !weights)
        result = find_weights(&n, file);
    if (result == SEAM_OK)
        result = write_layers(&n);
    if (result == SEAM_OK) {
        seam_build_say(&n.build, "seamless.format", "ncnn");
        result = seam_build_finish(&n.build);
    }
    seam_arena_free(&n.arena);
    return result;
}

static enum seam_result ncnn_read(struct seam_graph *graph, const struct seam_network_file *file,
                                  struct seam_log *log)
{
    return read_pair(graph, file, NULL, 0, log);
}

enum seam_result seam_ncnn_open_memory(struct seam_graph **out, const void *param,
                                       size_t param_size, const void *bin, size_t bin_size,
                                       struct seam_log *log)
{
    const struct seam_network_file file = { .path = "memory.param",
                                            .data = param,
                                            .size = param_size };
    *out = seam_graph_new(file.path);
    if (!*out)
        return seam_log_fail(log, SEAM_ERROR_MEMORY, "%s: no memory to read the network",
                             file.path);
    enum seam_result result = read_pair(*out, &file, bin, bin_size, log);
    if (result == SEAM_OK && !seam_graph_number(*out))
        result =
            seam_log_fail(log, SEAM_ERROR_MEMORY, "%s: no memory to read the network", file.path);
    if (result != SEAM_OK)
        seam_graph_close(out);
    return result;
}

const struct seam_reader seam_reader_ncnn = { "ncnn", ncnn_takes, ncnn_read };
