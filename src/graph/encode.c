#include <string.h>

#include "graph/encode.h"
#include "graph/wire.h"

void seam_encode_bytes(struct seam_encode *e, const void *data, size_t size)
{
    if (e->failed || !size)
        return;
    e->size += size;
    if (e->put && !e->put(e->user, data, size))
        e->failed = true;
}

void seam_encode_varint(struct seam_encode *e, uint64_t value)
{
    uint8_t bytes[10];
    size_t n = 0;
    do {
        bytes[n] = (uint8_t)(value & 0x7f);
        value >>= 7;
        bytes[n++] |= value ? 0x80 : 0;
    } while (value);
    seam_encode_bytes(e, bytes, n);
}

static void encode_tag(struct seam_encode *e, uint32_t field, enum seam_wire_type type)
{
    seam_encode_varint(e, (uint64_t)field << 3 | (uint64_t)type);
}

void seam_encode_int(struct seam_encode *e, uint32_t field, int64_t value)
{
    encode_tag(e, field, SEAM_WIRE_VARINT);
    seam_encode_varint(e, (uint64_t)value);
}

void seam_encode_float(struct seam_encode *e, uint32_t field, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof(bits));
    const uint8_t bytes[] = { (uint8_t)bits, (uint8_t)(bits >> 8), (uint8_t)(bits >> 16),
                              (uint8_t)(bits >> 24) };
    encode_tag(e, field, SEAM_WIRE_32);
    seam_encode_bytes(e, bytes, sizeof(bytes));
}

void seam_encode_head(struct seam_encode *e, uint32_t field, uint64_t size)
{
    encode_tag(e, field, SEAM_WIRE_BYTES);
    seam_encode_varint(e, size);
}

void seam_encode_string(struct seam_encode *e, uint32_t field, const char *text)
{
    const size_t size = strlen(text);
    seam_encode_head(e, field, size);
    seam_encode_bytes(e, text, size);
}

void seam_encode_nested(struct seam_encode *e, uint32_t field, seam_encode_message *write,
                        const void *what, const void *with)
{
    struct seam_encode count = { 0 };
    write(&count, what, with);
    seam_encode_head(e, field, count.size);
    if (e->put)
        write(e, what, with);
    else
        e->size += count.size;
}
