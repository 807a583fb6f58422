/*
 * The members of a zip file in memory. What is stored is read in place; what is deflated is
 * inflated into an arena, within limits that no real network meets.
 *
 * Thread-safety: one thread at a time.
 */
#ifndef SEAM_GRAPH_ZIP_H
#define SEAM_GRAPH_ZIP_H

#include "base/arena.h"

#include <stdint.h>

struct seam_zip_member {
    const char *name; /* not ended by a zero byte */
    size_t length;    /* of the name */
    const uint8_t *data;
    uint64_t packed, size; /* bytes in the file, and of the member */
    uint32_t checksum;     /* CRC-32; 0 where the writer left it out */
    bool deflated;
    const uint8_t *inflated; /* once it was asked for */
};

struct seam_zip {
    struct seam_arena *arena;        /* of the list and of what is inflated */
    struct seam_zip_member *members; /* sorted by name */
    size_t count;
    uint64_t room; /* bytes that may still be inflated */
};

/* List the members of the `size` bytes at `data`, which outlive the list. NULL, or what is wrong
 * with them, for a message. Zip64 is read; encrypted, overlapping and otherwise packed members are
 * not. */
const char *seam_zip_open(struct seam_zip *zip, struct seam_arena *arena, const uint8_t *data,
                          uint64_t size);

/* The member called FOLDER NAME, where the folder has `n` letters and ends in a slash; NULL where
 * there is none. */
struct seam_zip_member *seam_zip_find(const struct seam_zip *zip, const char *folder, size_t n,
                                      const char *name);

/* The first whose name ends in `end`; *n is where it begins. NULL where there is none. */
struct seam_zip_member *seam_zip_ending(const struct seam_zip *zip, const char *end, size_t *n);

/* The `member->size` bytes of a member; NULL, and why, where they cannot be had. */
const uint8_t *seam_zip_bytes(struct seam_zip *zip, struct seam_zip_member *member,
                              const char **why);

#endif /* SEAM_GRAPH_ZIP_H */
