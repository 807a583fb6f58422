/* What the files of tags*.c know of each other. */
#ifndef SEAM_FILES_TAGS_PARTS_H
#define SEAM_FILES_TAGS_PARTS_H

#include "files/tags.h"

/* Fields that lead to directories: of EXIF, of places, of what works with other files. */
enum { TAG_EXIF = 34665, TAG_GPS = 34853, TAG_INTEROPERABILITY = 40965 };

static inline bool seam_tag_leads(unsigned id)
{
    return id == TAG_EXIF || id == TAG_GPS || id == TAG_INTEROPERABILITY;
}

/* Bytes of one value of a type, and of one number in it, of which a fraction has two; 0: none that
 * TIFF knows. */
static inline int seam_tag_size(unsigned type)
{
    static const unsigned char sizes[] = { 0, 1, 1, 2, 4, 8, 1, 1, 2, 4,
                                           8, 4, 8, 4, 0, 0, 8, 8, 8 };
    return type < sizeof(sizes) ? sizes[type] : 0;
}

static inline int seam_tag_unit(unsigned type)
{
    return type == 5 || type == 10 ? 4 : seam_tag_size(type);
}

/* Turn the bytes of each number around. */
void seam_tag_swap(unsigned char *data, size_t bytes, unsigned type);

/* A file with its beginning understood. Thread-safety: none. */
struct seam_tag_file {
    int fd;                      /* -1: it lies in memory */
    const unsigned char *memory;
    size_t size;                 /* of that */
    bool big, motorola;          /* numbers of 64 bits; the highest byte first */
    size_t left;                 /* bytes of fields that are still taken */
    int *error;                  /* errno of a read that failed goes there; NULL: nowhere */
};

bool seam_tag_file_read(const struct seam_tag_file *f, uint64_t at, void *data, size_t size);
uint64_t seam_tag_number(const struct seam_tag_file *f, const unsigned char *data, int size);

/* Where its first directory lies; 0 where there is none. */
uint64_t seam_tag_file_begin(struct seam_tag_file *f);

/* The entries of the directory at `at`, as they lie there, and how many; where the next directory
 * lies, in *next. NULL where it is broken. Free it with g_free(). */
unsigned char *seam_tag_file_entries(const struct seam_tag_file *f, uint64_t at, uint64_t *count,
                                     uint64_t *next);

#endif /* SEAM_FILES_TAGS_PARTS_H */
