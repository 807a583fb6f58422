/* Fields of TIFF directories, and of EXIF, which is made of them: read, kept and written with the
 * directories below them. Pure but for GLib's arrays. */
#ifndef SEAM_FILES_TAGS_H
#define SEAM_FILES_TAGS_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Types of fields, as TIFF has them. */
enum {
    SEAM_TAG_BYTE = 1,
    SEAM_TAG_TEXT = 2,
    SEAM_TAG_SHORT = 3,
    SEAM_TAG_LONG = 4,
    SEAM_TAG_UNDEFINED = 7, /* bytes */
    SEAM_TAG_DOUBLE = 12,
};

/* A field of bytes that readers expect to be called SEAM_TAG_LONG, in whatever order these are. */
#define SEAM_TAG_IPTC 33723

struct seam_tag {
    unsigned id, type;
    uint64_t count;
    unsigned char *data; /* `count` values, the lowest byte first; NULL where there is `below` */
    size_t bytes;
    GPtrArray *below;    /* the directory that it leads to, or NULL */
};

/* No fields. Free it with g_ptr_array_unref(); so it is with all that gives such an array. */
GPtrArray *seam_tags_new(void);

/* NULL where there is none. */
struct seam_tag *seam_tags_find(const GPtrArray *tags, unsigned id);

/* Put a field in, in the place of one that is there. `data` is copied: as in struct seam_tag. */
void seam_tags_put(GPtrArray *tags, unsigned id, unsigned type, uint64_t count, const void *data);
void seam_tags_put_text(GPtrArray *tags, unsigned id, const char *text);

/* Let there be no such field in the file: seam_tags_append() takes out the one that is there. */
void seam_tags_put_none(GPtrArray *tags, unsigned id);

/* Take a field, or what is below it, from one array into another. */
void seam_tags_move(GPtrArray *to, GPtrArray *from, unsigned id);

void seam_tags_drop(GPtrArray *tags, unsigned id);

/* The i-th of a field of doubles; false where it is none, or has fewer. */
bool seam_tag_double(const struct seam_tag *tag, uint64_t i, double *value);
void seam_tag_set_double(struct seam_tag *tag, uint64_t i, double value);

/* Where a page of a TIFF file lies that was read last. All zero: none was. Whoever reads page by
 * page hands it on, so that no page is walked past for each that lies behind it. */
struct seam_tags_place {
    int page;
    uint64_t at;
    int error; /* errno of a read that failed, which is no end of the file: fields are missing */
};

/* The fields of directory `page`, 0 the first, of a TIFF file that `wanted` accepts, and all of the
 * directories of EXIF below them. NULL where it is no TIFF, or a broken one. Bounded: fields that
 * are larger than any such thing are passed over. `place` of the same file may be NULL. */
GPtrArray *seam_tags_read_tiff(const char *path, int page, struct seam_tags_place *place,
                               bool (*wanted)(unsigned id));

/* The same of an EXIF block, with or without its first six letters; all of its first directory. */
GPtrArray *seam_tags_read_exif(const void *data, size_t size);

/* An EXIF block of these fields. Free it with g_free(). */
unsigned char *seam_tags_make_exif(const GPtrArray *tags, size_t *size);

/* The fields that page `page`, 0 the first, of a file is to get; NULL: it has no such page. */
typedef GPtrArray *seam_tags_make(int page, void *user);

/*
 * Put fields into the directories of the pages of a finished TIFF file, in the place of those of
 * their numbers; layers of a pyramid are passed over. Each directory is written behind all that is
 * there, and what led to the older one leads to it in the end. False with errno set; EFBIG where
 * 32 bits do not reach there.
 */
bool seam_tags_append(const char *path, seam_tags_make *make, void *user);

#endif /* SEAM_FILES_TAGS_H */
