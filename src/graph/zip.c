#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/common.h"
#include "graph/bytes.h"
#include "graph/zip.h"

/* Signatures and sizes of PKWARE's APPNOTE 6.3.9. */
#define END_MARK 0x06054b50u
#define END_SIZE 22u
#define LOCATOR_MARK 0x07064b50u
#define LOCATOR_SIZE 20u
#define END64_MARK 0x06064b50u
#define END64_SIZE 56u
#define ENTRY_MARK 0x02014b50u
#define ENTRY_SIZE 46u
#define LOCAL_MARK 0x04034b50u
#define LOCAL_SIZE 30u
#define LONGEST_COMMENT 65535u

/* Weights hardly shrink; what swells like this was made to. */
#define MOST_SWELLING 8
#define ALWAYS_INFLATED ((uint64_t)4 << 20)

struct directory {
    const uint8_t *data;
    uint64_t size;
    uint64_t at, bytes, count;
};

static const char broken[] = "its list of members is broken";

/* Where the archive ends, searched from the back, as a comment may follow. */
static bool find_end(struct directory *d, uint64_t *end)
{
    if (d->size < END_SIZE)
        return false;
    const uint64_t last = d->size - END_SIZE,
                   first = last > LONGEST_COMMENT ? last - LONGEST_COMMENT : 0;
    for (*end = last;; --*end) {
        if (seam_little(d->data + *end, 4) == END_MARK)
            return true;
        if (*end == first)
            return false;
    }
}

static bool find_directory(struct directory *d)
{
    uint64_t end;
    if (!find_end(d, &end))
        return false;
    const uint8_t *e = d->data + end;
    d->count = seam_little(e + 10, 2);
    d->bytes = seam_little(e + 12, 4);
    d->at = seam_little(e + 16, 4);
    if (end >= LOCATOR_SIZE && seam_little(e - LOCATOR_SIZE, 4) == LOCATOR_MARK) {
        const uint64_t at = seam_little(e - LOCATOR_SIZE + 8, 8);
        if (d->size < END64_SIZE || at > d->size - END64_SIZE ||
            seam_little(d->data + at, 4) != END64_MARK)
            return false;
        d->count = seam_little(d->data + at + 32, 8);
        d->bytes = seam_little(d->data + at + 40, 8);
        d->at = seam_little(d->data + at + 48, 8);
    }
    return d->at <= d->size && d->bytes <= d->size - d->at && d->count <= d->bytes / ENTRY_SIZE;
}

/* Sizes that need more than 32 bits stand in an extra field, those that need it alone. */
static bool read_extra(const uint8_t *at, const uint8_t *end, uint64_t *const wide[3])
{
    while (end - at >= 4) {
        const uint64_t id = seam_little(at, 2), length = seam_little(at + 2, 2);
        if ((uint64_t)(end - at) < 4 + length)
            return false;
        const uint8_t *value = at + 4, *value_end = value + length;
        for (int i = 0; id == 1 && i < 3; i++) {
            if (*wide[i] != UINT32_MAX)
                continue;
            if (value_end - value < 8)
                return false;
            *wide[i] = seam_little(value, 8);
            value += 8;
        }
        at += 4 + length;
    }
    return true;
}

/* The data of a member lie behind a header of their own. */
static bool find_data(const struct directory *d, uint64_t local, struct seam_zip_member *m)
{
    if (d->size < LOCAL_SIZE || local > d->size - LOCAL_SIZE ||
        seam_little(d->data + local, 4) != LOCAL_MARK)
        return false;
    const uint64_t at = local + LOCAL_SIZE + seam_little(d->data + local + 26, 2) +
                        seam_little(d->data + local + 28, 2);
    if (at > d->size || m->packed > d->size - at)
        return false;
    m->data = d->data + at;
    return true;
}

/* One entry of the directory; *at goes to the next. NULL, or what is wrong. */
static const char *read_entry(const struct directory *d, const uint8_t **at,
                              struct seam_zip_member *m)
{
    const uint8_t *const p = *at, *const end = d->data + d->at + d->bytes;
    if (end - p < (ptrdiff_t)ENTRY_SIZE || seam_little(p, 4) != ENTRY_MARK)
        return broken;
    const uint64_t flags = seam_little(p + 8, 2), method = seam_little(p + 10, 2);
    const uint64_t name = seam_little(p + 28, 2), extra = seam_little(p + 30, 2),
                   comment = seam_little(p + 32, 2);
    if ((uint64_t)(end - p) < ENTRY_SIZE + name + extra + comment)
        return broken;
    uint64_t local = seam_little(p + 42, 4);
    *m = (struct seam_zip_member){ .name = (const char *)p + ENTRY_SIZE,
                                   .length = (size_t)name,
                                   .packed = seam_little(p + 20, 4),
                                   .size = seam_little(p + 24, 4),
                                   .checksum = (uint32_t)seam_little(p + 16, 4),
                                   .deflated = method == Z_DEFLATED };
    const uint8_t *x = p + ENTRY_SIZE + name;
    if (!read_extra(x, x + extra, (uint64_t *const[]){ &m->size, &m->packed, &local }) ||
        !find_data(d, local, m))
        return broken;
    if (flags & 1)
        return "its members are encrypted";
    if (method != 0 && method != Z_DEFLATED)
        return "its members are packed by another method than deflate";
    if (method == 0 && m->packed != m->size)
        return broken;
    *at = x + extra + comment;
    return NULL;
}

static int compare_places(const void *a, const void *b)
{
    const struct seam_zip_member *x = a, *y = b;
    return (x->data > y->data) - (x->data < y->data);
}

static int compare_letters(const char *a, size_t n, const char *b, size_t m)
{
    const size_t both = n < m ? n : m;
    const int order = both ? memcmp(a, b, both) : 0;
    return order ? order : (n > m) - (n < m);
}

static int compare_names(const void *a, const void *b)
{
    const struct seam_zip_member *x = a, *y = b;
    return compare_letters(x->name, x->length, y->name, y->length);
}

const char *seam_zip_open(struct seam_zip *zip, struct seam_arena *arena, const uint8_t *data,
                          uint64_t size)
{
    struct directory d = { .data = data, .size = size };
    if (!find_directory(&d) || d.count > SIZE_MAX)
        return "it is cut off, or no valid archive";
    *zip = (struct seam_zip){ .arena = arena, .count = (size_t)d.count };
    zip->room = size > UINT64_MAX / (2 * MOST_SWELLING) ? UINT64_MAX
                                                        : ALWAYS_INFLATED + MOST_SWELLING * size;
    zip->members = seam_arena_alloc(arena, zip->count, sizeof(*zip->members));
    if (!zip->members)
        return "there is no memory for its list of members";
    const uint8_t *at = data + d.at;
    for (size_t i = 0; i < zip->count; i++) {
        const char *const why = read_entry(&d, &at, &zip->members[i]);
        if (why)
            return why;
    }
    seam_sort(zip->members, zip->count, sizeof(*zip->members), compare_places);
    for (size_t i = 1; i < zip->count; i++)
        if (zip->members[i - 1].data + zip->members[i - 1].packed > zip->members[i].data)
            return "its members overlap";
    seam_sort(zip->members, zip->count, sizeof(*zip->members), compare_names);
    return NULL;
}

struct seam_zip_member *seam_zip_find(const struct seam_zip *zip, const char *folder, size_t n,
                                      const char *name)
{
    const size_t length = strlen(name);
    size_t low = 0, high = zip->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        struct seam_zip_member *const m = &zip->members[middle];
        int order = compare_letters(m->name, m->length < n ? m->length : n, folder, n);
        if (order == 0)
            order = compare_letters(m->name + n, m->length - n, name, length);
        if (order == 0)
            return m;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

struct seam_zip_member *seam_zip_ending(const struct seam_zip *zip, const char *end, size_t *n)
{
    const size_t length = strlen(end);
    for (size_t i = 0; i < zip->count; i++) {
        struct seam_zip_member *const m = &zip->members[i];
        if (m->length < length || memcmp(m->name + m->length - length, end, length) != 0)
            continue;
        *n = m->length - length;
        return m;
    }
    return NULL;
}

/* zlib takes 4 GB at a time at most. */
#define PIECE ((uint64_t)1 << 30)

static bool inflate_member(const struct seam_zip_member *m, uint8_t *out)
{
    z_stream s = { .next_in = (Bytef *)(uintptr_t)m->data, .next_out = out };
    uint64_t in = m->packed, room = m->size;
    if (inflateInit2(&s, -MAX_WBITS) != Z_OK)
        return false;
    int r = Z_OK;
    while (r == Z_OK || r == Z_BUF_ERROR) {
        const uInt give = (uInt)(in < PIECE ? in : PIECE),
                   take = (uInt)(room < PIECE ? room : PIECE);
        s.avail_in = give;
        s.avail_out = take;
        r = inflate(&s, Z_NO_FLUSH);
        if (s.avail_in == give && s.avail_out == take && r != Z_STREAM_END)
            break; /* nothing moved: the data are cut off, or more than was said */
        in -= give - s.avail_in;
        room -= take - s.avail_out;
    }
    inflateEnd(&s);
    return r == Z_STREAM_END && room == 0;
}

const uint8_t *seam_zip_bytes(struct seam_zip *zip, struct seam_zip_member *m, const char **why)
{
    if (!m->deflated)
        return m->data;
    if (m->inflated)
        return m->inflated;
    *why = "its members would swell to many times their size";
    if (m->size > zip->room || m->size > SIZE_MAX / 2)
        return NULL;
    *why = "there is no memory to inflate its members";
    uint8_t *const out = seam_arena_alloc(zip->arena, (size_t)m->size + 1, 1);
    if (!out)
        return NULL;
    zip->room -= m->size;
    *why = "a member of it is broken";
    if (!inflate_member(m, out))
        return NULL;
    if (m->checksum && crc32_z(0, out, (size_t)m->size) != m->checksum)
        return NULL;
    return m->inflated = out;
}
