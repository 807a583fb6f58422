#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "weight_files.h"

/* 3 -> 4, PReLU, 4 -> 12, in the order of their names. */
const struct weight_tensor weight_tensors[WEIGHT_TENSORS] = {
    { "body.0.bias", 1, { 4 } },
    { "body.0.weight", 4, { 4, 3, 3, 3 } },
    { "body.1.weight", 1, { 4 } },
    { "body.2.bias", 1, { 12 } },
    { "body.2.weight", 4, { 12, 4, 3, 3 } },
};

int weight_count(const struct weight_tensor *t)
{
    int count = 1;
    for (int i = 0; i < t->rank; i++)
        count *= t->dims[i];
    return count;
}

float weight_value(int tensor, int at)
{
    return (float)((7 * at + 3 * tensor) % 17 - 8) / 64;
}

void bytes_put(struct bytes *b, const void *data, size_t size)
{
    if (b->size + size > b->room) {
        b->room = 2 * (b->size + size) + 64;
        b->data = realloc(b->data, b->room);
        if (!b->data)
            abort();
    }
    if (size)
        memcpy(b->data + b->size, data, size);
    b->size += size;
}

void bytes_text(struct bytes *b, const char *text)
{
    bytes_put(b, text, strlen(text));
}

void bytes_number(struct bytes *b, uint64_t value, int n)
{
    for (int i = 0; i < n; i++)
        bytes_put(b, &(uint8_t){ (uint8_t)(i < 8 ? value >> (8 * i) : 0) }, 1);
}

void bytes_free(struct bytes *b)
{
    free(b->data);
    *b = (struct bytes){ 0 };
}

/* Half floats of the values above: n/64 with n of -8 to 8. */
static uint16_t half_of(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof(bits));
    if (!(bits & 0x7fffffff))
        return 0;
    return (uint16_t)((bits >> 16 & 0x8000) | (((bits >> 23 & 255) - 112) << 10) |
                      (bits >> 13 & 1023));
}

static void put_values(struct bytes *b, int tensor, int count, bool half)
{
    for (int i = 0; i < count; i++) {
        const float value = weight_value(tensor, i);
        uint32_t bits;
        memcpy(&bits, &value, sizeof(bits));
        bytes_number(b, half ? half_of(value) : bits, half ? 2 : 4);
    }
}

/* ------------------------------------------------------------------------------------------------
 * Pickles
 * --------------------------------------------------------------------------------------------- */

static void op_text(struct bytes *b, const char *text, bool protocol4)
{
    bytes_put(b, protocol4 ? "\x8c" : "X", 1);
    bytes_number(b, strlen(text), protocol4 ? 1 : 4);
    bytes_text(b, text);
}

static void op_global(struct bytes *b, const char *module, const char *name, bool protocol4)
{
    if (protocol4) {
        op_text(b, module, true);
        op_text(b, name, true);
        bytes_put(b, "\x93\x94", 2);
        return;
    }
    bytes_text(b, "c");
    bytes_text(b, module);
    bytes_text(b, "\n");
    bytes_text(b, name);
    bytes_text(b, "\n");
}

static void op_int(struct bytes *b, int value)
{
    bytes_text(b, "M");
    bytes_number(b, (uint64_t)value, 2);
}

/* Strides of a row-major tensor; of a strided one, of its two last axes swapped. */
static void op_shape(struct bytes *b, const struct weight_tensor *t, bool swapped)
{
    int strides[4], stride = 1, order[4] = { 0, 1, 2, 3 };
    if (swapped && t->rank == 4) {
        order[2] = 3;
        order[3] = 2;
    }
    for (int i = t->rank; i-- > 0; stride *= t->dims[order[i]])
        strides[order[i]] = stride;
    bytes_text(b, "(");
    for (int i = 0; i < t->rank; i++)
        op_int(b, t->dims[i]);
    bytes_text(b, "t(");
    for (int i = 0; i < t->rank; i++)
        op_int(b, strides[i]);
    bytes_text(b, "t");
}

static void op_tensor(struct bytes *b, int k, const struct torch_style *style)
{
    const struct weight_tensor *t = &weight_tensors[k];
    const bool p4 = style->protocol4;
    char key[8];
    snprintf(key, sizeof(key), "%d", k);
    op_global(b, "torch._utils", "_rebuild_tensor_v2", p4);
    bytes_text(b, "((");
    op_text(b, "storage", p4);
    op_global(b, "torch", style->half ? "HalfStorage" : "FloatStorage", p4);
    op_text(b, key, p4);
    op_text(b, "cpu", p4);
    op_int(b, weight_count(t));
    bytes_text(b, "tQ");
    op_int(b, 0);
    op_shape(b, t, style->strided);
    bytes_put(b, "\x89", 1);
    op_global(b, "collections", "OrderedDict", p4);
    bytes_text(b, ")RtR");
}

struct bytes torch_pickle(const struct torch_style *style)
{
    struct bytes b = { 0 };
    char name[128];
    bytes_put(&b, style->protocol4 ? "\x80\x04" : "\x80\x02", 2);
    if (style->protocol4) {
        bytes_put(&b, "\x95", 1);
        bytes_number(&b, 1, 8);
    }
    if (style->wrapper) {
        bytes_text(&b, "}");
        op_text(&b, style->wrapper, style->protocol4);
    }
    bytes_put(&b, style->protocol4 ? "}\x94(" : "}q\0(", style->protocol4 ? 3 : 4);
    for (int k = 0; k < WEIGHT_TENSORS; k++) {
        snprintf(name, sizeof(name), "%s%s", style->prefix ? style->prefix : "",
                 weight_tensors[k].name);
        op_text(&b, name, style->protocol4);
        op_tensor(&b, k, style);
    }
    bytes_text(&b, style->wrapper ? "us." : "u.");
    return b;
}

/* ------------------------------------------------------------------------------------------------
 * Archives
 * --------------------------------------------------------------------------------------------- */

static struct bytes deflated(const void *data, size_t size)
{
    struct bytes b = { 0 };
    z_stream s = { .next_in = (Bytef *)(uintptr_t)data, .avail_in = (uInt)size };
    if (deflateInit2(&s, 9, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        abort();
    b.room = deflateBound(&s, (uLong)size);
    b.data = malloc(b.room);
    s.next_out = b.data;
    s.avail_out = (uInt)b.room;
    if (!b.data || deflate(&s, Z_FINISH) != Z_STREAM_END)
        abort();
    b.size = s.total_out;
    deflateEnd(&s);
    return b;
}

/* What the two headers of a member have in common, from the version on. */
static void put_common(struct bytes *b, const struct zip_entry *e, size_t packed,
                       const struct torch_style *style, size_t extra)
{
    bytes_number(b, 45, 2);
    bytes_number(b, 0, 2);
    bytes_number(b, style->deflated ? 8 : 0, 2);
    bytes_number(b, 0, 4);
    bytes_number(b, style->crc ? crc32_z(0, e->data, e->size) : 0, 4);
    bytes_number(b, extra ? UINT32_MAX : packed, 4);
    bytes_number(b, extra ? UINT32_MAX : e->size, 4);
    bytes_number(b, strlen(e->name), 2);
    bytes_number(b, extra, 2);
}

static void put_end(struct bytes *b, size_t n, size_t at, const struct torch_style *style)
{
    const size_t size = b->size - at, end = b->size;
    if (style->zip64) {
        bytes_number(b, 0x06064b50, 4);
        bytes_number(b, 44, 8);
        bytes_number(b, 0, 12);
        bytes_number(b, n, 8);
        bytes_number(b, n, 8);
        bytes_number(b, size, 8);
        bytes_number(b, at, 8);
        b->size = end + 32;
        bytes_number(b, n, 8);
        bytes_number(b, size, 8);
        bytes_number(b, at, 8);
        bytes_number(b, 0x07064b50, 4);
        bytes_number(b, 0, 4);
        bytes_number(b, end, 8);
        bytes_number(b, 1, 4);
    }
    bytes_number(b, 0x06054b50, 4);
    bytes_number(b, 0, 4);
    bytes_number(b, style->zip64 ? 0xffff : n, 2);
    bytes_number(b, style->zip64 ? 0xffff : n, 2);
    bytes_number(b, style->zip64 ? UINT32_MAX : size, 4);
    bytes_number(b, style->zip64 ? UINT32_MAX : at, 4);
    bytes_number(b, 0, 2);
}

struct bytes zip_file(const struct zip_entry *entries, size_t n, const struct torch_style *style)
{
    struct bytes b = { 0 }, list = { 0 };
    for (size_t i = 0; i < n; i++) {
        const struct zip_entry *e = &entries[i];
        struct bytes packed = { 0 };
        if (style->deflated)
            packed = deflated(e->data, e->size);
        else
            bytes_put(&packed, e->data, e->size);
        const size_t at = b.size, extra = style->zip64 ? 28 : 0;
        bytes_number(&b, 0x04034b50, 4);
        put_common(&b, e, packed.size, style, 0);
        bytes_text(&b, e->name);
        bytes_put(&b, packed.data, packed.size);
        bytes_number(&list, 0x02014b50, 4);
        bytes_number(&list, 45, 2);
        put_common(&list, e, packed.size, style, extra);
        bytes_number(&list, 0, 10);
        bytes_number(&list, extra ? UINT32_MAX : at, 4);
        bytes_text(&list, e->name);
        if (extra) {
            bytes_number(&list, 1, 2);
            bytes_number(&list, 24, 2);
            bytes_number(&list, e->size, 8);
            bytes_number(&list, packed.size, 8);
            bytes_number(&list, at, 8);
        }
        bytes_free(&packed);
    }
    const size_t at = b.size;
    bytes_put(&b, list.data, list.size);
    bytes_free(&list);
    put_end(&b, n, at, style);
    return b;
}

struct bytes torch_zip_of(const struct bytes *pickle, const struct torch_style *style)
{
    struct zip_entry entries[WEIGHT_TENSORS + 3] = { { "net/data.pkl", pickle->data,
                                                       pickle->size } };
    struct bytes values[WEIGHT_TENSORS] = { { 0 } };
    char names[WEIGHT_TENSORS][32];
    size_t n = 1;
    for (int k = 0; k < WEIGHT_TENSORS; k++) {
        put_values(&values[k], k, weight_count(&weight_tensors[k]), style->half);
        snprintf(names[k], sizeof(names[k]), "net/data/%d", k);
        entries[n++] = (struct zip_entry){ names[k], values[k].data, values[k].size };
    }
    if (style->byteorder)
        entries[n++] =
            (struct zip_entry){ "net/byteorder", style->byteorder, strlen(style->byteorder) };
    if (style->script)
        entries[n++] = (struct zip_entry){ "net/constants.pkl", "\x80\x02).", 4 };
    struct bytes b = zip_file(entries, n, style);
    for (int k = 0; k < WEIGHT_TENSORS; k++)
        bytes_free(&values[k]);
    return b;
}

struct bytes torch_zip(const struct torch_style *style)
{
    struct bytes pickle = torch_pickle(style);
    struct bytes b = torch_zip_of(&pickle, style);
    bytes_free(&pickle);
    return b;
}

struct bytes torch_rows(const struct torch_style *style)
{
    static const uint8_t begin[] = { 0x80, 2,    0x8a, 10,   0x6c, 0xfc, 0x9c,
                                     0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19,
                                     '.',  0x80, 2,    'M',  0xe9, 3,    '.' };
    struct bytes b = { 0 }, pickle = torch_pickle(style);
    bytes_put(&b, begin, sizeof(begin));
    bytes_put(&b, "\x80\2}X\15\0\0\0little_endian", 21);
    bytes_put(&b, style->byteorder && !strcmp(style->byteorder, "big") ? "\x89s." : "\x88s.", 3);
    bytes_put(&b, pickle.data, pickle.size);
    bytes_put(&b, "\x80\2](", 4);
    for (int k = 0; k < WEIGHT_TENSORS; k++) {
        char key[8];
        snprintf(key, sizeof(key), "%d", k);
        op_text(&b, key, false);
    }
    bytes_text(&b, "e.");
    for (int k = 0; k < WEIGHT_TENSORS; k++) {
        const int count = weight_count(&weight_tensors[k]);
        bytes_number(&b, (uint64_t)count, 8);
        put_values(&b, k, count, style->half);
    }
    bytes_free(&pickle);
    return b;
}

struct bytes safetensors_file(bool half)
{
    struct bytes b = { 0 }, values = { 0 };
    char text[256];
    bytes_number(&b, 0, 8);
    bytes_text(&b, "{\"__metadata__\":{\"format\":\"pt\",\"license\":\"CC0-1.0\"}");
    for (int k = 0; k < WEIGHT_TENSORS; k++) {
        const struct weight_tensor *t = &weight_tensors[k];
        const size_t at = values.size;
        put_values(&values, k, weight_count(t), half);
        snprintf(text, sizeof(text), ",\"%s\":{\"dtype\":\"%s\",\"shape\":[", t->name,
                 half ? "F16" : "F32");
        bytes_text(&b, text);
        for (int i = 0; i < t->rank; i++) {
            snprintf(text, sizeof(text), "%s%d", i ? "," : "", t->dims[i]);
            bytes_text(&b, text);
        }
        snprintf(text, sizeof(text), "],\"data_offsets\":[%zu,%zu]}", at, values.size);
        bytes_text(&b, text);
    }
    bytes_text(&b, "}  ");
    const size_t end = b.size;
    b.size = 0;
    bytes_number(&b, end - 8, 8);
    b.size = end;
    bytes_put(&b, values.data, values.size);
    bytes_free(&values);
    return b;
}

/* ------------------------------------------------------------------------------------------------
 * ncnn
 * --------------------------------------------------------------------------------------------- */

static struct bytes param(const char *scales)
{
    struct bytes b = { 0 };
    char text[1024];
    snprintf(text, sizeof(text),
             "7767517\n"
             "8 9\n"
             "Input            data   0 1 data 0=32 1=32 2=3\n"
             "Split            split  1 2 data a b\n"
             "Convolution      conv1  1 1 a c 0=4 1=3 4=1 5=1 6=108%s -23310=0\n"
             "PReLU            act    1 1 c d 0=4\n"
             "Convolution      conv2  1 1 d e 0=12 1=3 4=1 5=1 6=432%s\n"
             "PixelShuffle     up     1 1 e f 0=2\n"
             "Interp           big    1 1 b g 0=1 1=2.0 2=2.000000e+00\n"
             "BinaryOp         sum    2 1 f g output 0=0 \n",
             scales, scales);
    bytes_text(&b, text);
    return b;
}

struct bytes ncnn_param(void)
{
    return param("");
}

struct bytes ncnn_param_int8(void)
{
    return param(" 8=1");
}

/* The weights of a kernel, as 64ths where they are numbers of 8 bits. */
static void put_kernel(struct bytes *b, int k, enum ncnn_kind kind)
{
    static const uint32_t tags[] = { 0, 0x01306B47, 1, 0x000D4B38 };
    const int count = weight_count(&weight_tensors[k]);
    bytes_number(b, tags[kind], 4);
    if (kind == NCNN_LEVELS)
        for (int i = 0; i < 256; i++) {
            const float level = (float)(i - 128) / 64;
            bytes_put(b, &level, 4);
        }
    if (kind == NCNN_FLOAT || kind == NCNN_HALF)
        put_values(b, k, count, kind == NCNN_HALF);
    else
        for (int i = 0; i < count; i++)
            bytes_number(
                b, (uint64_t)(int64_t)(64 * weight_value(k, i)) + (kind == NCNN_LEVELS ? 128 : 0),
                1);
    while (b->size % 4)
        bytes_number(b, 0, 1);
}

static void put_scales(struct bytes *b, int channels)
{
    const float scale = 64, other = 127;
    for (int i = 0; i < channels; i++)
        bytes_put(b, &scale, 4);
    bytes_put(b, &other, 4);
}

struct bytes ncnn_bin(enum ncnn_kind kind)
{
    struct bytes b = { 0 };
    put_kernel(&b, 1, kind);
    put_values(&b, 0, 4, false);
    if (kind == NCNN_INT8)
        put_scales(&b, 4);
    put_values(&b, 2, 4, false);
    put_kernel(&b, 4, kind);
    put_values(&b, 3, 12, false);
    if (kind == NCNN_INT8)
        put_scales(&b, 12);
    return b;
}
