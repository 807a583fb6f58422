#include <fcntl.h>
#include <unistd.h>

#include "base/common.h"
#include "files/tiff.h"

/* What is looked at of a list of sizes at a time. */
#define CHUNK 4096
/* Strips of more rows are read row by row, but for the file's own bytes of them. */
#define WHOLE_STRIP 128

enum { TAG_COMPRESSION = 259, TAG_STRIP_ROWS = 278, TAG_STRIP_BYTES = 279, TAG_TILE_WIDTH = 322,
       TAG_TILE_HEIGHT = 323, TAG_TILE_BYTES = 325 };
enum { TYPE_SHORT = 3, TYPE_LONG = 4, TYPE_LONG8 = 16 };

struct file {
    int fd;
    bool big;   /* BigTIFF: counts and offsets of 64 bits */
    bool motorola;
};

/* A field of a directory: `count` numbers of `size` bytes at `at` of the file. */
struct field {
    unsigned tag;
    int size; /* 0: not a type that is looked at */
    uint64_t count, at;
};

static bool read_at(const struct file *f, uint64_t at, void *data, size_t size)
{
    return at <= INT64_MAX && pread(f->fd, data, size, (off_t)at) == (ssize_t)size;
}

static uint64_t number(const struct file *f, const unsigned char *data, int size)
{
    uint64_t value = 0;
    for (int i = 0; i < size; i++)
        value = value << 8 | data[f->motorola ? i : size - 1 - i];
    return value;
}

static bool read_number(const struct file *f, uint64_t at, int size, uint64_t *value)
{
    unsigned char data[8];
    if (!read_at(f, at, data, (size_t)size))
        return false;
    *value = number(f, data, size);
    return true;
}

static bool read_field(const struct file *f, uint64_t at, struct field *field)
{
    unsigned char data[20];
    const int wide = f->big ? 8 : 4;
    if (!read_at(f, at, data, f->big ? 20 : 12))
        return false;
    const unsigned type = (unsigned)number(f, data + 2, 2);
    field->tag = (unsigned)number(f, data, 2);
    field->size = type == TYPE_SHORT ? 2 : type == TYPE_LONG ? 4 : type == TYPE_LONG8 ? 8 : 0;
    field->count = number(f, data + 4, wide);
    const bool inside = field->size && field->count <= (uint64_t)(wide / field->size);
    field->at = inside ? at + 4 + (uint64_t)wide : number(f, data + 4 + wide, wide);
    return true;
}

/* The largest of a field's numbers. */
static bool read_largest(const struct file *f, const struct field *field, uint64_t *largest)
{
    unsigned char data[CHUNK * 8];
    *largest = 0;
    for (uint64_t i = 0; i < field->count;) {
        const uint64_t n = field->count - i < CHUNK ? field->count - i : CHUNK;
        if (!field->size || !read_at(f, field->at + i * (uint64_t)field->size, data,
                                     (size_t)n * (size_t)field->size))
            return false;
        for (uint64_t k = 0; k < n; k++) {
            const uint64_t v = number(f, data + k * (uint64_t)field->size, field->size);
            *largest = v > *largest ? v : *largest;
        }
        i += n;
    }
    return true;
}

static void take_field(struct seam_tiff *tiff, unsigned tag, uint64_t value)
{
    const int64_t side = value < INT32_MAX ? (int64_t)value : INT32_MAX;
    switch (tag) {
    case TAG_COMPRESSION: tiff->compressed = value != 1; break;
    case TAG_STRIP_ROWS: tiff->strip_rows = side; break;
    case TAG_TILE_WIDTH: tiff->tile_width = side; break;
    case TAG_TILE_HEIGHT: tiff->tile_height = side; break;
    case TAG_STRIP_BYTES:
    case TAG_TILE_BYTES: tiff->largest = value; break;
    default: break;
    }
}

/* The directory at `at`; *next is where the one after it lies, 0 if there is none. */
static bool read_directory(const struct file *f, uint64_t at, struct seam_tiff *tiff, uint64_t *next)
{
    const int wide = f->big ? 8 : 2, entry = f->big ? 20 : 12;
    uint64_t count;
    *tiff = (struct seam_tiff){ .strip_rows = INT32_MAX };
    if (!read_number(f, at, wide, &count) || count > UINT16_MAX)
        return false;
    at += (uint64_t)wide;
    for (uint64_t i = 0; i < count; i++, at += (uint64_t)entry) {
        struct field field;
        uint64_t value;
        if (!read_field(f, at, &field))
            return false;
        const bool wanted = field.tag == TAG_COMPRESSION || field.tag == TAG_STRIP_ROWS ||
                            field.tag == TAG_STRIP_BYTES || field.tag == TAG_TILE_WIDTH ||
                            field.tag == TAG_TILE_HEIGHT || field.tag == TAG_TILE_BYTES;
        if (wanted && read_largest(f, &field, &value))
            take_field(tiff, field.tag, value);
    }
    return read_number(f, at, f->big ? 8 : 4, next);
}

static bool read_pages(struct file *f, struct seam_tiff *tiff, int page)
{
    unsigned char head[4];
    uint64_t at;
    if (!read_at(f, 0, head, 4) || head[0] != head[1] || (head[0] != 'I' && head[0] != 'M'))
        return false;
    f->motorola = head[0] == 'M';
    const uint64_t version = number(f, head + 2, 2);
    f->big = version == 43;
    if ((version != 42 && version != 43) ||
        !read_number(f, f->big ? 8 : 4, f->big ? 8 : 4, &at))
        return false;
    for (int i = 0; i <= page; i++)
        if (at == 0 || !read_directory(f, at, tiff, &at))
            return false;
    return true;
}

bool seam_tiff_read(struct seam_tiff *tiff, const char *path, int page)
{
    struct file f = { .fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) };
    if (f.fd < 0)
        return false;
    const bool ok = read_pages(&f, tiff, page);
    close(f.fd);
    return ok;
}

double seam_tiff_held(const struct seam_tiff *tiff, int64_t width, int pixel_bytes)
{
    if (tiff->tile_width > 0 && tiff->tile_height > 0) {
        /* Two rows of tiles in a cache, and one tile on its way through libtiff. */
        const double tile = (double)tiff->tile_width * (double)tiff->tile_height * pixel_bytes;
        return tile * (2 * (1 + (double)(width / tiff->tile_width)) + 2) + (double)tiff->largest;
    }
    if (tiff->strip_rows > WHOLE_STRIP)
        return tiff->compressed ? (double)tiff->largest : 0;
    return 2 * (double)tiff->strip_rows * (double)width * pixel_bytes;
}
