/* The wire format of protocol buffers, read in place: nothing is copied or allocated. */
#ifndef SEAM_MODEL_WIRE_H
#define SEAM_MODEL_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is left to read of one message, or of one packed field. */
struct seam_wire {
    const uint8_t *at, *end;
    bool bad; /* the bytes are no valid message; reading has stopped */
};

enum seam_wire_type {
    SEAM_WIRE_VARINT = 0,
    SEAM_WIRE_64 = 1,
    SEAM_WIRE_BYTES = 2,
    SEAM_WIRE_32 = 5,
};

struct seam_wire_field {
    uint32_t number;
    enum seam_wire_type type;
    uint64_t value;      /* of a varint, or the bits of a fixed field */
    const uint8_t *data; /* of SEAM_WIRE_BYTES, in place */
    size_t size;         /* bytes at `data` */
};

struct seam_wire seam_wire_over(const void *data, size_t size);

/* The next field; false at the end and, with `bad` set, where the bytes make no sense. */
bool seam_wire_next(struct seam_wire *wire, struct seam_wire_field *field);

/* The next number of a packed field of varints; false as above. */
bool seam_wire_varint(struct seam_wire *wire, uint64_t *value);

#endif /* SEAM_MODEL_WIRE_H */
