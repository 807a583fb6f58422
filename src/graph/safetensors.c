/* safetensors: the length of a header, the header as JSON, the bytes of all tensors without
 * gaps. */
#include <stdlib.h>
#include <string.h>

#include "base/common.h"
#include "base/log.h"
#include "graph/bytes.h"
#include "graph/json.h"
#include "graph/parts.h"
#include "graph/weights.h"

#define LONGEST_HEADER 100000000u /* as the format has it */
#define LENGTH_SIZE 8u

/* Bytes of a tensor among those behind the header. */
struct range {
    uint64_t begin, end;
};

struct header {
    struct seam_graph *graph;
    struct seam_log *log;
    struct seam_json json;
    const uint8_t *data; /* behind the header */
    uint64_t size;
    struct seam_weights weights;
    struct range *ranges; /* of the weights, one by one */
    size_t room, room_metadata;
};

static enum seam_result refuse(const struct header *h, const char *what, const char *why)
{
    return seam_log_fail(h->log, SEAM_ERROR_MODEL,
                         "%s: no valid safetensors file (%s%s%s); download it again",
                         h->graph->path, what, *what ? " " : "", why);
}

static bool header_takes(const struct seam_network_file *file)
{
    if (file->size < LENGTH_SIZE + 2)
        return false;
    const uint64_t length = seam_little(file->data, 8);
    return length >= 2 && length <= LONGEST_HEADER && file->data[LENGTH_SIZE] == '{';
}

static bool grow(struct header *h, void **items, size_t n, size_t *room, size_t size)
{
    void *list = seam_arena_grow(&h->graph->arena, *items, n, room, 64, size);
    if (list)
        *items = list;
    return list != NULL;
}

/* The type of a tensor; 0 where nothing computes with it. Sizes of those, too, must be right. */
static int32_t type_of(const char *name, size_t *bits)
{
    static const struct {
        const char *name;
        int32_t type;
        size_t bits;
    } types[] = {
        { "F32", SEAM_ONNX_FLOAT, 32 },     { "F16", SEAM_ONNX_FLOAT16, 16 },
        { "BF16", SEAM_ONNX_BFLOAT16, 16 }, { "F64", SEAM_ONNX_DOUBLE, 64 },
        { "I64", SEAM_ONNX_INT64, 64 },     { "I32", SEAM_ONNX_INT32, 32 },
        { "I16", SEAM_ONNX_INT16, 16 },     { "I8", SEAM_ONNX_INT8, 8 },
        { "U64", SEAM_ONNX_UINT64, 64 },    { "U32", SEAM_ONNX_UINT32, 32 },
        { "U16", SEAM_ONNX_UINT16, 16 },    { "U8", SEAM_ONNX_UINT8, 8 },
        { "BOOL", SEAM_ONNX_BOOL, 8 },
    };
    for (size_t i = 0; i < SEAM_ARRAY_LEN(types); i++)
        if (!strcmp(types[i].name, name)) {
            *bits = types[i].bits;
            return types[i].type;
        }
    return 0;
}

/* [2, 3, ...] */
static enum seam_result read_shape(struct header *h, struct seam_weight *w)
{
    bool first = true;
    w->rank = 0;
    w->count = 1;
    if (!seam_json_need(&h->json, '['))
        return refuse(h, w->name, "has no shape");
    while (seam_json_more(&h->json, &first, ']')) {
        uint64_t n;
        if (w->rank == SEAM_WEIGHT_MOST_RANK)
            return refuse(h, w->name, "has too many dimensions");
        if (!seam_json_whole(&h->json, &n) || n > INT64_MAX ||
            !seam_mul_size(w->count, n, &w->count) || w->count > INT64_MAX / 16)
            return refuse(h, w->name, "has an impossible size");
        w->dims[w->rank++] = (int64_t)n;
    }
    return SEAM_OK;
}

static bool read_range(struct header *h, struct range *range)
{
    return seam_json_need(&h->json, '[') && seam_json_whole(&h->json, &range->begin) &&
           seam_json_need(&h->json, ',') && seam_json_whole(&h->json, &range->end) &&
           seam_json_need(&h->json, ']');
}

/* {"dtype": "F32", "shape": [...], "data_offsets": [begin, end]}, in any order. */
static enum seam_result read_fields(struct header *h, struct seam_weight *w, struct range *range)
{
    const char *type = NULL;
    bool first = true, shape = false, offsets = false;
    enum seam_result result = SEAM_OK;
    if (!seam_json_need(&h->json, '{'))
        return refuse(h, w->name, "is not described");
    while (result == SEAM_OK && seam_json_more(&h->json, &first, '}')) {
        const char *const key = seam_json_text(&h->json, &h->graph->arena);
        if (!key || !seam_json_need(&h->json, ':'))
            break;
        if (!strcmp(key, "dtype") && !type)
            type = seam_json_text(&h->json, &h->graph->arena);
        else if (!strcmp(key, "shape") && !shape && (shape = true))
            result = read_shape(h, w);
        else if (!strcmp(key, "data_offsets") && !offsets)
            offsets = read_range(h, range);
        else
            return refuse(h, w->name, "is described in a way that the format does not know");
    }
    if (result != SEAM_OK)
        return result;
    if (h->json.bad || !type || !shape || !offsets)
        return refuse(h, w->name, "is not described in full");
    size_t bits;
    w->type = type_of(type, &bits);
    if (!w->type)
        return seam_log_fail(h->log, SEAM_ERROR_MODEL,
                             "%s: its weight %s is of the type %s, which Seamless does not compute "
                             "with; convert it to "
                             "F16 or F32",
                             h->graph->path, w->name, type);
    w->size = w->count * (bits / 8);
    if (range->begin > range->end || range->end > h->size)
        return refuse(h, w->name, "lies outside the file");
    if (range->end - range->begin != w->size)
        return refuse(h, w->name, "has another size than its shape");
    w->data = h->data + range->begin;
    return SEAM_OK;
}

static enum seam_result read_metadata(struct header *h)
{
    bool first = true;
    if (!seam_json_need(&h->json, '{'))
        return refuse(h, "", "its metadata are broken");
    while (seam_json_more(&h->json, &first, '}')) {
        const char *const key = seam_json_text(&h->json, &h->graph->arena);
        const char *const value = key && seam_json_need(&h->json, ':')
                                      ? seam_json_text(&h->json, &h->graph->arena)
                                      : NULL;
        void *list = h->weights.metadata;
        if (!value || !grow(h, &list, h->weights.n_metadata, &h->room_metadata,
                            sizeof(struct seam_onnx_pair)))
            break;
        h->weights.metadata = list;
        h->weights.metadata[h->weights.n_metadata++] = (struct seam_onnx_pair){ key, value };
    }
    return h->json.bad ? refuse(h, "", "its metadata are broken") : SEAM_OK;
}

static enum seam_result read_member(struct header *h)
{
    const char *const name = seam_json_text(&h->json, &h->graph->arena);
    if (!name || !seam_json_need(&h->json, ':'))
        return refuse(h, "", "its header is broken");
    if (!strcmp(name, "__metadata__"))
        return read_metadata(h);
    void *items = h->weights.items, *ranges = h->ranges;
    size_t room = h->room;
    if (!grow(h, &items, h->weights.count, &room, sizeof(*h->weights.items)) ||
        !grow(h, &ranges, h->weights.count, &h->room, sizeof(*h->ranges)))
        return seam_log_fail(h->log, SEAM_ERROR_MEMORY, "%s: no memory to read the network",
                             h->graph->path);
    h->weights.items = items;
    h->ranges = ranges;
    struct seam_weight *const w = &h->weights.items[h->weights.count];
    *w = (struct seam_weight){ .name = name };
    return read_fields(h, w, &h->ranges[h->weights.count++]);
}

static int compare_ranges(const void *a, const void *b)
{
    const struct range *x = a, *y = b;
    return x->begin != y->begin ? (x->begin > y->begin) - (x->begin < y->begin)
                                : (x->end > y->end) - (x->end < y->end);
}

/* All bytes belong to one tensor each. */
static enum seam_result check_ranges(struct header *h)
{
    uint64_t at = 0;
    if (h->weights.count)
        seam_sort(h->ranges, h->weights.count, sizeof(*h->ranges), compare_ranges);
    for (size_t i = 0; i < h->weights.count; i++) {
        if (h->ranges[i].begin != at)
            return refuse(h, "",
                          h->ranges[i].begin < at ? "its tensors overlap"
                                                  : "there is a gap between its tensors");
        at = h->ranges[i].end;
    }
    return at == h->size ? SEAM_OK : refuse(h, "", "there are bytes behind its tensors");
}

static enum seam_result header_read(struct seam_graph *graph, const struct seam_network_file *file,
                                    struct seam_log *log)
{
    const uint64_t length = seam_little(file->data, 8);
    struct header h = { .graph = graph, .log = log };
    if (length > file->size - LENGTH_SIZE)
        return refuse(&h, "", "it is cut off");
    h.json = seam_json_over(file->data + LENGTH_SIZE, (size_t)length);
    h.data = file->data + LENGTH_SIZE + length;
    h.size = file->size - LENGTH_SIZE - length;
    h.weights = (struct seam_weights){ .graph = graph, .format = "safetensors", .wrapper = "" };
    bool first = true;
    enum seam_result result = SEAM_OK;
    seam_json_need(&h.json, '{');
    while (result == SEAM_OK && seam_json_more(&h.json, &first, '}'))
        result = read_member(&h);
    if (result != SEAM_OK)
        return result;
    seam_json_take(&h.json, ' '); /* past what fills the header up */
    if (h.json.bad || h.json.at != h.json.end)
        return refuse(&h, "", "its header is broken");
    result = check_ranges(&h);
    return result == SEAM_OK ? seam_weights_build(&h.weights, log) : result;
}

const struct seam_reader seam_reader_safetensors = { "safetensors", header_takes, header_read };
