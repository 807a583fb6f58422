#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/common.h"
#include "files/tiff.h"

/* What is looked at of a list of sizes, or of a directory, at a time. */
#define CHUNK 1024
/* No more of a list of sizes is looked at: of so many tiles, the largest are like the rest. */
#define MOST_SIZES (1 << 22)
/* Nor of all directories together, where pages are counted. */
#define MOST_FIELDS (1 << 20)
/* Strips of more rows are read row by row, but for the file's own bytes of them. */
#define WHOLE_STRIP 128

enum {
    TAG_SUBFILE = 254,
    TAG_OLD_SUBFILE = 255,
    TAG_WIDTH = 256,
    TAG_HEIGHT = 257,
    TAG_BITS = 258,
    TAG_COMPRESSION = 259,
    TAG_PHOTOMETRIC = 262,
    TAG_STRIP_AT = 273,
    TAG_SAMPLES = 277,
    TAG_STRIP_ROWS = 278,
    TAG_STRIP_BYTES = 279,
    TAG_RESOLUTION = 282,
    TAG_PLANAR = 284,
    TAG_TILE_WIDTH = 322,
    TAG_TILE_HEIGHT = 323,
    TAG_TILE_AT = 324,
    TAG_TILE_BYTES = 325,
    TAG_SUB_PICTURES = 330,
    TAG_EXTRA = 338,
    TAG_FORMAT = 339,
    TAG_HALVED = 530,
    TAG_EXIF = 34665,
    TAG_GPS = 34853,
    TAG_DNG = 50706
};
enum {
    TYPE_BYTE = 1,
    TYPE_SHORT = 3,
    TYPE_LONG = 4,
    TYPE_IFD = 13,
    TYPE_LONG8 = 16,
    TYPE_IFD8 = 18
};

struct file {
    int fd;
    bool big;   /* BigTIFF: counts and offsets of 64 bits */
    bool motorola;
    int64_t fields; /* looked at so far */
    int *error;     /* errno of a read that failed goes there */
    const struct seam_cancel *cancel;
};

/* A field of a directory: `count` numbers of `size` bytes at `at` of the file. */
struct field {
    unsigned tag;
    int size; /* 0: not a type that is looked at */
    uint64_t count, at;
};

/* Where the tiles or strips of a page lie, and how many bytes each has. */
struct lies {
    struct field at, bytes;
};

static bool read_at(const struct file *f, uint64_t at, void *data, size_t size)
{
    for (size_t done = 0; done < size && at <= INT64_MAX - size;) {
        const ssize_t n = pread(f->fd, (char *)data + done, size - done, (off_t)(at + done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            *f->error = errno;
        if (n <= 0)
            return false;
        done += (size_t)n;
    }
    return at <= INT64_MAX - size;
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
    if (size < 1 || size > 8 || !read_at(f, at, data, (size_t)size))
        return false;
    *value = number(f, data, size);
    return true;
}

static int type_size(unsigned type)
{
    switch (type) {
    case TYPE_BYTE: return 1;
    case TYPE_SHORT: return 2;
    case TYPE_LONG:
    case TYPE_IFD: return 4;
    case TYPE_LONG8:
    case TYPE_IFD8: return 8;
    default: return 0;
    }
}

/* The field whose entry, `data`, lies at `at`. */
static struct field take_entry(const struct file *f, const unsigned char *data, uint64_t at)
{
    const int wide = f->big ? 8 : 4;
    struct field field = {
        .tag = (unsigned)number(f, data, 2),
        .size = type_size((unsigned)number(f, data + 2, 2)),
        .count = number(f, data + 4, wide),
    };
    const bool inside = field.size && field.count <= (uint64_t)(wide / field.size);
    field.at = inside ? at + 4 + (uint64_t)wide : number(f, data + 4 + wide, wide);
    return field;
}

/* The largest of a field's first `count` numbers. */
static bool read_largest(const struct file *f, const struct field *field, uint64_t count,
                         uint64_t *largest)
{
    unsigned char data[CHUNK * 8];
    *largest = 0;
    for (uint64_t i = 0; i < count;) {
        const uint64_t n = count - i < CHUNK ? count - i : CHUNK;
        if (seam_cancel_asked(f->cancel) || field->at > INT64_MAX ||
            !read_at(f, field->at + i * (uint64_t)field->size, data,
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

/* The kinds of extra samples: that of the last is the one of the last band. */
static void take_extra(const struct file *f, struct seam_tiff *tiff, const struct field *field)
{
    uint64_t value, largest;
    if (field->size != 2 || field->count == 0 || field->count > UINT16_MAX ||
        !read_number(f, field->at + 2 * (field->count - 1), 2, &value))
        return;
    tiff->extra = (int)value;
    tiff->plain_extra = field->count <= CHUNK &&
                        read_largest(f, field, field->count, &largest) && largest == 0;
    tiff->extra_at = field->at + 2 * (field->count - 1);
    tiff->colours = -(int)field->count; /* until the samples are known */
}

static void take_number(struct seam_tiff *tiff, unsigned tag, uint64_t value)
{
    const int64_t side = value < INT32_MAX ? (int64_t)value : INT32_MAX;
    switch (tag) {
    case TAG_SUBFILE: tiff->reduced = (value & 5) != 0; break;
    case TAG_OLD_SUBFILE: tiff->reduced = value == 2; break;
    case TAG_WIDTH: tiff->width = side; break;
    case TAG_HEIGHT: tiff->height = side; break;
    case TAG_BITS: tiff->bits = (int)side; break;
    case TAG_FORMAT: tiff->format = (int)side; break;
    case TAG_COMPRESSION:
        tiff->compressed = value != 1;
        tiff->compression = (int)side;
        break;
    case TAG_PHOTOMETRIC: tiff->photometric = (int)side; break;
    case TAG_SAMPLES: tiff->samples = (int)side; break;
    case TAG_PLANAR: tiff->planar = (int)side; break;
    case TAG_STRIP_ROWS: tiff->strip_rows = side; break;
    case TAG_TILE_WIDTH: tiff->tile_width = side; break;
    case TAG_TILE_HEIGHT: tiff->tile_height = side; break;
    default: break;
    }
}

/* Whether a field's few numbers are all `value`; longer ones are not looked through. */
static bool all_are(const struct file *f, const struct field *field, uint64_t value)
{
    uint64_t next = value;
    for (uint64_t i = 0; i < field->count && i < 8 && next == value; i++)
        if (!read_number(f, field->at + i * (uint64_t)field->size, field->size, &next))
            return true;
    return next == value;
}

static void take_presence(struct seam_tiff *tiff, unsigned tag)
{
    static const unsigned geo[] = { 33550, 33922, 34264, 34735, 34736, 34737, 42112, 42113, 50844 };
    for (size_t i = 0; i < SEAM_ARRAY_LEN(geo); i++)
        tiff->geo = tiff->geo || tag == geo[i];
    tiff->exif = tiff->exif || tag == TAG_EXIF || tag == TAG_GPS;
    tiff->resolution = tiff->resolution || tag == TAG_RESOLUTION;
    tiff->raw = tiff->raw || tag == TAG_DNG;
    tiff->sub_pictures = tiff->sub_pictures || tag == TAG_SUB_PICTURES;
}

/* Tiles or strips of a page, as far as they are looked at. */
static uint64_t pieces(const struct seam_tiff *tiff)
{
    const double width = (double)tiff->width, height = (double)tiff->height;
    const double rows =
        (double)seam_max(tiff->tile_width ? tiff->tile_height : tiff->strip_rows, 1);
    const double columns = tiff->tile_width ? (double)tiff->tile_width : width + 1;
    const double planes = tiff->planar == SEAM_TIFF_PLANES ? (double)tiff->samples : 1;
    const double n = (width / columns + 1) * (height / rows + 1) * planes;
    return n < MOST_SIZES ? (uint64_t)n : MOST_SIZES;
}

/* What a page of these numbers comes to. */
static void conclude(const struct file *f, struct seam_tiff *tiff, const struct lies *lies)
{
    const struct field *sizes = &lies->bytes, *at = &lies->at;
    const int extras = tiff->colours < 0 ? -tiff->colours : 0;
    tiff->motorola = f->motorola;
    if (tiff->samples == 0)
        tiff->samples = 1;
    const int natural = tiff->photometric == 2 || tiff->photometric == SEAM_TIFF_YCBCR ? 3 : 1;
    tiff->colours = extras > 0 && extras < tiff->samples ? tiff->samples - extras
                                                         : (int)seam_min(natural, tiff->samples);
    if (tiff->tile_height == 0)
        tiff->tile_width = 0;
    const uint64_t most = pieces(tiff);
    uint64_t largest;
    if (sizes->size && read_largest(f, sizes, sizes->count < most ? sizes->count : most, &largest))
        tiff->largest = largest;
    if (at->size && read_largest(f, at, at->count < most ? at->count : most, &largest) &&
        largest < INT64_MAX)
        tiff->reaches = largest + (at->count == 1 ? tiff->largest : 0);
}

/* The first field of a tag counts, as it does for libtiff. */
static bool is_first(unsigned tag, unsigned char *seen)
{
    if (tag > 4095)
        return true;
    const bool first = !(seen[tag / 8] & 1 << tag % 8);
    seen[tag / 8] = (unsigned char)(seen[tag / 8] | 1 << tag % 8);
    return first;
}

static void take_field(const struct file *f, struct seam_tiff *tiff, const struct field *field,
                       struct lies *lies)
{
    uint64_t value;
    take_presence(tiff, field->tag);
    if (field->tag == TAG_STRIP_BYTES || field->tag == TAG_TILE_BYTES) {
        lies->bytes = *field;
    } else if (field->tag == TAG_STRIP_AT || field->tag == TAG_TILE_AT) {
        lies->at = *field;
    } else if (field->tag == TAG_EXTRA) {
        take_extra(f, tiff, field);
    } else if (field->tag == TAG_HALVED && field->size) {
        tiff->halved = !all_are(f, field, 1);
    } else if ((field->tag < TAG_SUB_PICTURES || field->tag == TAG_FORMAT) && field->size &&
               field->count > 0 && read_number(f, field->at, field->size, &value)) {
        take_number(tiff, field->tag, value);
        tiff->mixed_bits = tiff->mixed_bits ||
                           (field->tag == TAG_BITS && !all_are(f, field, value));
    }
}

/* The directory at `at`; *next is where the one after it lies, 0 if there is none. */
static bool read_directory(struct file *f, uint64_t at, struct seam_tiff *tiff, uint64_t *next)
{
    const int wide = f->big ? 8 : 2, entry = f->big ? 20 : 12;
    unsigned char data[CHUNK * 20], seen[512] = { 0 };
    struct lies lies = { 0 };
    uint64_t count;
    *tiff = (struct seam_tiff){ .strip_rows = INT32_MAX, .planar = 1, .bits = 1, .format = 1,
                               .compression = 1, .halved = true };
    if (!read_number(f, at, wide, &count) || count > UINT16_MAX || at > INT64_MAX / 2)
        return false;
    at += (uint64_t)wide;
    f->fields += (int64_t)count;
    for (uint64_t i = 0; i < count; i++, at += (uint64_t)entry) {
        const uint64_t n = count - i < CHUNK ? count - i : CHUNK;
        if (i % CHUNK == 0 && !read_at(f, at, data, (size_t)n * (size_t)entry))
            return false;
        const struct field field = take_entry(f, data + i % CHUNK * (size_t)entry, at);
        if (is_first(field.tag, seen))
            take_field(f, tiff, &field, &lies);
    }
    conclude(f, tiff, &lies);
    return !seam_cancel_asked(f->cancel) && read_number(f, at, f->big ? 8 : 4, next);
}

/* Where the first directory lies; 0 where there is none. */
static uint64_t open_file(struct file *f, const char *path, int mode, int *error,
                          const struct seam_cancel *cancel)
{
    unsigned char head[4];
    uint64_t at = 0;
    *error = 0;
    *f = (struct file){ .fd = open(path, mode | O_CLOEXEC | O_NONBLOCK), .error = error,
                        .cancel = cancel };
    if (f->fd < 0 || !read_at(f, 0, head, 4) || head[0] != head[1] ||
        (head[0] != 'I' && head[0] != 'M'))
        return 0;
    f->motorola = head[0] == 'M';
    const uint64_t version = number(f, head + 2, 2);
    f->big = version == 43;
    if ((version != 42 && version != 43) || !read_number(f, f->big ? 8 : 4, f->big ? 8 : 4, &at))
        return 0;
    return at;
}

static void close_file(const struct file *f)
{
    if (f->fd >= 0)
        close(f->fd);
}

bool seam_tiff_read(struct seam_tiff *tiff, const char *path, int page,
                    const struct seam_cancel *cancel)
{
    struct file f;
    int error;
    uint64_t at = open_file(&f, path, O_RDONLY, &error, cancel);
    bool ok = at != 0;
    for (int i = 0; ok && i <= page; i++)
        ok = at != 0 && f.fields < MOST_FIELDS && read_directory(&f, at, tiff, &at);
    close_file(&f);
    errno = error;
    return ok && !error;
}

bool seam_tiff_is_headless(const char *path)
{
    struct file f;
    struct stat st;
    int error;
    const uint64_t at = open_file(&f, path, O_RDONLY, &error, NULL);
    const bool headless = at != 0 && fstat(f.fd, &st) == 0 && S_ISREG(st.st_mode) &&
                          at >= (uint64_t)st.st_size;
    close_file(&f);
    return headless;
}

int seam_tiff_pictures(const char *path, int pages, const struct seam_cancel *cancel)
{
    struct file f;
    struct seam_tiff tiff;
    int pictures = 0, seen = 0, error;
    uint64_t at = open_file(&f, path, O_RDONLY, &error, cancel);
    while (at != 0 && seen < pages && f.fields < MOST_FIELDS &&
           read_directory(&f, at, &tiff, &at)) {
        pictures += seen == 0 || !tiff.reduced;
        seen++;
    }
    close_file(&f);
    errno = error;
    return error ? -1 : seen == pages ? pictures : pages;
}

bool seam_tiff_mark_data(const char *path, int pages)
{
    static const unsigned char data[2] = { 0 };
    struct file f;
    struct seam_tiff tiff;
    int error;
    uint64_t at = open_file(&f, path, O_RDWR, &error, NULL);
    bool ok = at != 0;
    for (int i = 0; ok && at != 0 && i < pages; i++) {
        ok = read_directory(&f, at, &tiff, &at);
        if (ok && tiff.extra_at)
            ok = pwrite(f.fd, data, 2, (off_t)tiff.extra_at) == 2;
    }
    close_file(&f);
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
