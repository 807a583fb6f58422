#include "graph/wire.h"

struct seam_wire seam_wire_over(const void *data, size_t size)
{
    const uint8_t *bytes = data;
    return (struct seam_wire){ .at = bytes, .end = size ? bytes + size : bytes };
}

static bool wire_fail(struct seam_wire *wire)
{
    wire->bad = true;
    wire->at = wire->end;
    return false;
}

bool seam_wire_varint(struct seam_wire *wire, uint64_t *value)
{
    uint64_t sum = 0;
    if (wire->at == wire->end)
        return false;
    for (unsigned shift = 0; shift < 70; shift += 7) {
        if (wire->at == wire->end)
            return wire_fail(wire);
        uint8_t byte = *wire->at++;
        if (shift < 64)
            sum |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80)) {
            *value = sum;
            return true;
        }
    }
    return wire_fail(wire);
}

static bool wire_fixed(struct seam_wire *wire, size_t size, uint64_t *value)
{
    if ((size_t)(wire->end - wire->at) < size)
        return wire_fail(wire);
    *value = 0;
    for (size_t i = 0; i < size; i++)
        *value |= (uint64_t)wire->at[i] << (8 * i);
    wire->at += size;
    return true;
}

bool seam_wire_next(struct seam_wire *wire, struct seam_wire_field *field)
{
    uint64_t key;
    if (!seam_wire_varint(wire, &key))
        return false;
    if (key >> 3 == 0 || key >> 3 > 0x1fffffff)
        return wire_fail(wire);
    *field = (struct seam_wire_field){ .number = (uint32_t)(key >> 3) };

    switch (key & 7) {
    case SEAM_WIRE_VARINT:
        field->type = SEAM_WIRE_VARINT;
        return seam_wire_varint(wire, &field->value) || wire_fail(wire);
    case SEAM_WIRE_64: field->type = SEAM_WIRE_64; return wire_fixed(wire, 8, &field->value);
    case SEAM_WIRE_32: field->type = SEAM_WIRE_32; return wire_fixed(wire, 4, &field->value);
    case SEAM_WIRE_BYTES: {
        uint64_t size;
        field->type = SEAM_WIRE_BYTES;
        if (!seam_wire_varint(wire, &size) || size > (uint64_t)(wire->end - wire->at))
            return wire_fail(wire);
        field->data = wire->at;
        field->size = (size_t)size;
        wire->at += size;
        return true;
    }
    }
    return wire_fail(wire);
}
