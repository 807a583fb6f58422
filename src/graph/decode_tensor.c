/* Tensors: where their elements lie, and reading one of them. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/common.h"
#include "graph/decode.h"
#include "base/log.h"

/* The fields of one TensorProto that matter for its data. */
struct tensor_fields {
    const uint8_t *raw; /* raw_data */
    size_t raw_size;    /* bytes at `raw` */
    bool has_raw;       /* raw_data is there, maybe empty */
    uint64_t location;  /* data_location: 1 is another file */
    const char *file;   /* external: path below the model's folder; NULL where not given */
    uint64_t offset;    /* external: first byte */
    uint64_t length;    /* external: bytes; UINT64_MAX where not given */
};

size_t seam_onnx_type_size(int32_t type)
{
    switch (type) {
    case SEAM_ONNX_UINT8:
    case SEAM_ONNX_INT8:
    case SEAM_ONNX_BOOL: return 1;
    case SEAM_ONNX_UINT16:
    case SEAM_ONNX_INT16:
    case SEAM_ONNX_FLOAT16:
    case SEAM_ONNX_BFLOAT16: return 2;
    case SEAM_ONNX_FLOAT:
    case SEAM_ONNX_INT32:
    case SEAM_ONNX_UINT32: return 4;
    case SEAM_ONNX_DOUBLE:
    case SEAM_ONNX_INT64:
    case SEAM_ONNX_UINT64: return 8;
    default: return 0;
    }
}

static enum seam_result tensor_broken(const struct seam_decoder *decoder,
                                      const struct seam_onnx_tensor *tensor, const char *what)
{
    return seam_log_fail(decoder->log, SEAM_ERROR_MODEL,
                         "%s: no valid ONNX file (tensor %s %s); download or export it again",
                         decoder->graph->path, tensor->name, what);
}

/* A whole number in decimal, nothing else. */
static bool parse_number(const char *text, uint64_t *value)
{
    *value = 0;
    if (!*text || strlen(text) > 19)
        return false;
    for (; *text; text++) {
        if (*text < '0' || *text > '9')
            return false;
        *value = *value * 10 + (uint64_t)(*text - '0');
    }
    return true;
}

/* One key and value of external_data. */
static enum seam_result external_field(const struct seam_decoder *decoder, struct seam_wire wire,
                                       struct tensor_fields *fields)
{
    struct seam_wire_field field;
    const char *key = "", *value = "";
    while (seam_wire_next(&wire, &field)) {
        enum seam_result result = SEAM_OK;
        if (field.number == 1)
            result = seam_decode_string(decoder, &field, &key);
        else if (field.number == 2)
            result = seam_decode_string(decoder, &field, &value);
        if (result != SEAM_OK)
            return result;
    }
    bool good = !wire.bad;
    if (!strcmp(key, "location"))
        fields->file = value;
    else if (!strcmp(key, "offset"))
        good = good && parse_number(value, &fields->offset);
    else if (!strcmp(key, "length"))
        good = good && parse_number(value, &fields->length);
    return good ? SEAM_OK : seam_decode_broken(decoder, "broken external data");
}

static size_t count_dims(struct seam_wire wire)
{
    struct seam_wire_field field;
    size_t count = 0;
    uint64_t value;
    while (seam_wire_next(&wire, &field)) {
        if (field.number != 1)
            continue;
        struct seam_wire packed = seam_wire_over(field.data, field.size);
        if (field.type == SEAM_WIRE_VARINT)
            count++;
        while (field.type == SEAM_WIRE_BYTES && seam_wire_varint(&packed, &value))
            count++;
    }
    return count;
}

/* dims and count; `wire` has been read once and is well formed. */
static enum seam_result tensor_dims(const struct seam_decoder *decoder, struct seam_wire wire,
                                    struct seam_onnx_tensor *tensor)
{
    size_t rank = count_dims(wire);
    if (rank > 64)
        return tensor_broken(decoder, tensor, "has too many dimensions");
    int64_t *dims = seam_arena_alloc(&decoder->graph->arena, rank, sizeof(*dims));
    if (!dims)
        return seam_decode_memory(decoder);
    tensor->dims = dims;
    tensor->rank = (int32_t)rank;
    tensor->count = 1;

    struct seam_wire_field field;
    while (seam_wire_next(&wire, &field)) {
        if (field.number != 1)
            continue;
        struct seam_wire packed = seam_wire_over(field.data, field.size);
        if (field.type == SEAM_WIRE_VARINT)
            *dims++ = (int64_t)field.value;
        uint64_t value;
        while (field.type == SEAM_WIRE_BYTES && seam_wire_varint(&packed, &value))
            *dims++ = (int64_t)value;
    }
    for (int32_t i = 0; i < tensor->rank; i++)
        if (tensor->dims[i] < 0 ||
            !seam_mul_size(tensor->count, (uint64_t)tensor->dims[i], &tensor->count) ||
            tensor->count > (uint64_t)INT64_MAX / 16)
            return tensor_broken(decoder, tensor, "has an impossible size");
    return SEAM_OK;
}

/* Which field of the message holds the elements of this type when they are not raw. */
static uint32_t typed_field(int32_t type)
{
    switch (type) {
    case SEAM_ONNX_FLOAT: return 4;
    case SEAM_ONNX_INT64: return 7;
    case SEAM_ONNX_DOUBLE: return 10;
    case SEAM_ONNX_UINT32:
    case SEAM_ONNX_UINT64: return 11;
    default: return 5;
    }
}

static void store_element(uint8_t *at, size_t size, uint64_t value)
{
    for (size_t i = 0; i < size; i++)
        at[i] = (uint8_t)(value >> (8 * i));
}

/* Floats that lie together as in raw form, though in the typed field: no need to copy them. */
static bool tensor_in_place(struct seam_wire wire, uint32_t number,
                            struct seam_onnx_tensor *tensor)
{
    struct seam_wire_field field;
    uint64_t bytes = tensor->count * seam_onnx_type_size(tensor->type);
    size_t found = 0;
    while (seam_wire_next(&wire, &field)) {
        if (field.number != number)
            continue;
        if (++found > 1 || field.type != SEAM_WIRE_BYTES || field.size != bytes)
            return false;
        tensor->data = field.data;
    }
    tensor->size = bytes;
    return found == 1;
}

/* Elements written one by one as numbers: copied into raw form. */
static enum seam_result tensor_typed(const struct seam_decoder *decoder, struct seam_wire wire,
                                     struct seam_onnx_tensor *tensor)
{
    size_t size = seam_onnx_type_size(tensor->type);
    uint32_t number = typed_field(tensor->type);
    bool fixed = number == 4 || number == 10;
    if (fixed && tensor_in_place(wire, number, tensor))
        return SEAM_OK;
    tensor->data = NULL;
    /* Each element takes at least one byte in the message. */
    if (tensor->count > (uint64_t)(wire.end - wire.at))
        return tensor_broken(decoder, tensor, "is cut off");
    uint8_t *data = seam_arena_alloc(&decoder->graph->arena, (size_t)tensor->count, size);
    if (!data)
        return seam_decode_memory(decoder);
    tensor->data = data;
    tensor->size = tensor->count * size;

    struct seam_wire_field field;
    uint64_t at = 0, value;
    while (seam_wire_next(&wire, &field)) {
        if (field.number != number)
            continue;
        if (field.type != SEAM_WIRE_BYTES) {
            if (at < tensor->count)
                store_element(data + size * at, size, field.value);
            at++;
        } else if (fixed) {
            uint64_t n = field.size / size;
            uint64_t fits = at < tensor->count ? tensor->count - at : 0;
            if (n && n <= fits)
                memcpy(data + size * at, field.data, (size_t)(n * size));
            at += n;
        } else {
            struct seam_wire packed = seam_wire_over(field.data, field.size);
            for (; seam_wire_varint(&packed, &value); at++)
                if (at < tensor->count)
                    store_element(data + size * at, size, value);
        }
    }
    return at == tensor->count ? SEAM_OK : tensor_broken(decoder, tensor, "is cut off");
}

static enum seam_result tensor_external(const struct seam_decoder *decoder,
                                        const struct tensor_fields *fields,
                                        struct seam_onnx_tensor *tensor)
{
    uint64_t file_size = 0, need = tensor->count * seam_onnx_type_size(tensor->type);
    const uint8_t *data = NULL;
    if (!fields->file)
        return tensor_broken(decoder, tensor, "names no file");
    if (!decoder->external)
        return seam_log_fail(decoder->log, SEAM_ERROR_MODEL,
                             "%s: tensor %s lies in another file; a model in memory must hold its "
                             "weights itself",
                             decoder->graph->path, tensor->name);
    enum seam_result result = decoder->external(decoder->graph, fields->file, tensor->name, &data,
                                                &file_size, decoder->log);
    if (result != SEAM_OK)
        return result;
    if (fields->length != UINT64_MAX && fields->length != need)
        return tensor_broken(decoder, tensor, "has another length outside than inside");
    if (fields->offset > file_size || need > file_size - fields->offset)
        return seam_log_fail(decoder->log, SEAM_ERROR_MODEL,
                             "%s: the weights file %s is too short for tensor %s; download both "
                             "files again",
                             decoder->graph->path, fields->file, tensor->name);
    tensor->external = true;
    tensor->data = data + fields->offset;
    tensor->size = need;
    return SEAM_OK;
}

static enum seam_result tensor_fields(const struct seam_decoder *decoder, struct seam_wire wire,
                                      struct seam_onnx_tensor *tensor, struct tensor_fields *fields)
{
    struct seam_wire_field field;
    enum seam_result result = SEAM_OK;
    while (result == SEAM_OK && seam_wire_next(&wire, &field)) {
        if (field.number == 2 && field.type == SEAM_WIRE_VARINT) {
            tensor->type = field.value < 1000 ? (int32_t)field.value : 0;
        } else if (field.number == 8) {
            result = seam_decode_string(decoder, &field, &tensor->name);
        } else if (field.number == 9 && field.type == SEAM_WIRE_BYTES) {
            fields->raw = field.data;
            fields->raw_size = field.size;
            fields->has_raw = true;
        } else if (field.number == 13 && field.type == SEAM_WIRE_BYTES) {
            result = external_field(decoder, seam_wire_over(field.data, field.size), fields);
        } else if (field.number == 14 && field.type == SEAM_WIRE_VARINT) {
            fields->location = field.value;
        }
    }
    return wire.bad ? seam_decode_broken(decoder, "a broken tensor") : result;
}

enum seam_result seam_decode_tensor(const struct seam_decoder *decoder, const uint8_t *data,
                                    size_t size, struct seam_onnx_tensor *tensor)
{
    struct seam_wire wire = seam_wire_over(data, size);
    struct tensor_fields fields = { .length = UINT64_MAX };
    *tensor = (struct seam_onnx_tensor){ .name = "" };
    enum seam_result result = tensor_fields(decoder, wire, tensor, &fields);
    if (result == SEAM_OK)
        result = tensor_dims(decoder, wire, tensor);
    if (result != SEAM_OK)
        return result;

    size_t element = seam_onnx_type_size(tensor->type);
    if (fields.location == 1)
        return tensor_external(decoder, &fields, tensor);
    if (!element)
        return SEAM_OK;
    if (!fields.has_raw)
        return tensor_typed(decoder, wire, tensor);
    if (fields.raw_size != tensor->count * element)
        return tensor_broken(decoder, tensor, "is cut off");
    tensor->data = fields.raw;
    tensor->size = fields.raw_size;
    return SEAM_OK;
}

static double half_value(uint16_t bits)
{
    int exponent = bits >> 10 & 31;
    double mantissa = bits & 1023;
    double value = exponent == 0    ? ldexp(mantissa, -24)
                   : exponent == 31 ? (mantissa != 0 ? NAN : INFINITY)
                                    : ldexp(mantissa + 1024, exponent - 25);
    return bits & 0x8000 ? -value : value;
}

bool seam_onnx_element(const struct seam_onnx_tensor *tensor, uint64_t at, double *value,
                       int64_t *whole)
{
    size_t size = seam_onnx_type_size(tensor->type);
    if (!size || !tensor->data || at >= tensor->count)
        return false;
    uint64_t bits = 0;
    for (size_t i = 0; i < size; i++)
        bits |= (uint64_t)tensor->data[at * size + i] << (8 * i);

    uint32_t word = (uint32_t)bits;
    float f;
    switch (tensor->type) {
    case SEAM_ONNX_BFLOAT16: word <<= 16; /* fall through */
    case SEAM_ONNX_FLOAT:
        memcpy(&f, &word, sizeof(f));
        *value = (double)f;
        break;
    case SEAM_ONNX_DOUBLE: memcpy(value, &bits, sizeof(*value)); break;
    case SEAM_ONNX_FLOAT16: *value = half_value((uint16_t)bits); break;
    case SEAM_ONNX_INT8: *value = (double)(*whole = (int8_t)bits); return true;
    case SEAM_ONNX_INT16: *value = (double)(*whole = (int16_t)bits); return true;
    case SEAM_ONNX_INT32: *value = (double)(*whole = (int32_t)bits); return true;
    default: *value = (double)(*whole = (int64_t)bits); return true;
    }
    /* Also false for NaN. */
    *whole = fabs(*value) < 9e18 ? (int64_t)*value : 0;
    return true;
}
