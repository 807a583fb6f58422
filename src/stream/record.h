/* Records of a file: bytes at a place of their own, each with a checksum in the table the file
 * begins with. */
#ifndef SEAM_STREAM_RECORD_H
#define SEAM_STREAM_RECORD_H

#include <stddef.h>
#include <stdint.h>

struct seam_record {
    uint64_t number; /* of its checksum */
    uint64_t at;     /* in the file, behind the table */
    size_t size;
};

/* What becomes of a record: 0, errno, or one of these. */
enum {
    SEAM_RECORD_ENDS = -1,   /* the file is shorter */
    SEAM_RECORD_CHANGED = -2 /* it is not what was written under this number */
};

/* Bytes of the table for `count` records. */
uint64_t seam_record_table(uint64_t count);

int seam_record_write(int fd, const struct seam_record *record, const void *data);
int seam_record_read(int fd, const struct seam_record *record, void *data);

#endif /* SEAM_STREAM_RECORD_H */
