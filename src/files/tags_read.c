#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "files/tags_parts.h"

/* Fields that are taken of one picture, together. */
#define MOST_BYTES (4u << 20)
/* Directories below directories. */
#define MOST_DEPTH 2
/* Of a directory that are looked at: no camera writes as many. */
#define MOST_ENTRIES 2048

bool seam_tag_file_read(const struct seam_tag_file *f, uint64_t at, void *data, size_t size)
{
    if (f->fd < 0) {
        if (at > f->size || size > f->size - at)
            return false;
        memcpy(data, f->memory + at, size);
        return true;
    }
    for (size_t done = 0; done < size && at <= INT64_MAX - size;) {
        const ssize_t n = pread(f->fd, (char *)data + done, size - done, (off_t)(at + done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && f->error)
            *f->error = errno;
        if (n == 0)
            errno = EIO;
        if (n <= 0)
            return false;
        done += (size_t)n;
    }
    return at <= INT64_MAX - size;
}

uint64_t seam_tag_number(const struct seam_tag_file *f, const unsigned char *data, int size)
{
    uint64_t value = 0;
    for (int i = 0; i < size; i++)
        value = value << 8 | data[f->motorola ? i : size - 1 - i];
    return value;
}

uint64_t seam_tag_file_begin(struct seam_tag_file *f)
{
    unsigned char head[16] = { 0 };
    if (!seam_tag_file_read(f, 0, head, 8) || head[0] != head[1] ||
        (head[0] != 'I' && head[0] != 'M'))
        return 0;
    f->motorola = head[0] == 'M';
    f->big = seam_tag_number(f, head + 2, 2) == 43;
    if (!f->big)
        return seam_tag_number(f, head + 2, 2) == 42 ? seam_tag_number(f, head + 4, 4) : 0;
    return seam_tag_file_read(f, 0, head, 16) ? seam_tag_number(f, head + 8, 8) : 0;
}

unsigned char *seam_tag_file_entries(const struct seam_tag_file *f, uint64_t at, uint64_t *count,
                                     uint64_t *next)
{
    const int wide = f->big ? 8 : 2, offset = f->big ? 8 : 4;
    const size_t entry = f->big ? 20 : 12;
    unsigned char number[8];
    if (!seam_tag_file_read(f, at, number, (size_t)wide))
        return NULL;
    *count = seam_tag_number(f, number, wide);
    if (*count == 0 || *count > UINT16_MAX)
        return NULL;
    unsigned char *data = g_malloc(*count * entry);
    const uint64_t end = at + (uint64_t)wide + *count * entry;
    if (!seam_tag_file_read(f, at + (uint64_t)wide, data, *count * entry)) {
        g_free(data);
        return NULL;
    }
    /* EXIF that was cut to measure ends here now and then. */
    *next = seam_tag_file_read(f, end, number, (size_t)offset) ? seam_tag_number(f, number, offset)
                                                               : 0;
    return data;
}

static GPtrArray *read_directory(struct seam_tag_file *f, uint64_t at, int depth,
                                 bool (*wanted)(unsigned id), uint64_t *next);

/* The field of an entry, with its values. */
static void take_entry(struct seam_tag_file *f, GPtrArray *tags, const unsigned char *entry,
                       int depth)
{
    const int wide = f->big ? 8 : 4;
    const unsigned id = (unsigned)seam_tag_number(f, entry, 2);
    const unsigned type = (unsigned)seam_tag_number(f, entry + 2, 2);
    const uint64_t count = seam_tag_number(f, entry + 4, wide);
    const unsigned char *place = entry + 4 + wide;
    const uint64_t at = seam_tag_number(f, place, wide);
    const size_t size = (size_t)seam_tag_size(type);
    uint64_t next;
    if (size == 0 || count == 0 || count > f->left / size || seam_tags_find(tags, id))
        return;
    if (seam_tag_leads(id)) {
        const uint64_t begin = size < (size_t)wide ? seam_tag_number(f, place, (int)size) : at;
        GPtrArray *below =
            depth < MOST_DEPTH ? read_directory(f, begin, depth + 1, NULL, &next) : NULL;
        if (!below)
            return;
        struct seam_tag *tag = g_new0(struct seam_tag, 1);
        tag->id = id;
        tag->below = below;
        g_ptr_array_add(tags, tag);
        return;
    }
    const size_t bytes = (size_t)count * size;
    unsigned char *data = g_malloc(bytes);
    if (bytes <= (size_t)wide)
        memcpy(data, place, bytes);
    if (bytes <= (size_t)wide || seam_tag_file_read(f, at, data, bytes)) {
        if (f->motorola)
            seam_tag_swap(data, bytes, type);
        seam_tags_put(tags, id, type, count, data);
        f->left -= bytes;
    }
    g_free(data);
}

static GPtrArray *read_directory(struct seam_tag_file *f, uint64_t at, int depth,
                                 bool (*wanted)(unsigned id), uint64_t *next)
{
    uint64_t count;
    unsigned char *entries = seam_tag_file_entries(f, at, &count, next);
    if (!entries)
        return NULL;
    GPtrArray *tags = seam_tags_new();
    for (uint64_t i = 0; i < count && i < MOST_ENTRIES; i++) {
        const unsigned char *entry = entries + i * (f->big ? 20 : 12);
        if (!wanted || wanted((unsigned)seam_tag_number(f, entry, 2)))
            take_entry(f, tags, entry, depth);
    }
    g_free(entries);
    return tags;
}

/* Where the directory after the one at `at` lies; 0: nowhere. */
static uint64_t next_directory(const struct seam_tag_file *f, uint64_t at)
{
    const int wide = f->big ? 8 : 2, offset = f->big ? 8 : 4;
    unsigned char number[8];
    if (!seam_tag_file_read(f, at, number, (size_t)wide))
        return 0;
    const uint64_t count = seam_tag_number(f, number, wide);
    if (count == 0 || count > UINT16_MAX)
        return 0;
    at += (uint64_t)wide + count * (f->big ? 20 : 12);
    return seam_tag_file_read(f, at, number, (size_t)offset) ? seam_tag_number(f, number, offset)
                                                             : 0;
}

GPtrArray *seam_tags_read_tiff(const char *path, int page, struct seam_tags_place *place,
                               bool (*wanted)(unsigned id))
{
    struct seam_tag_file f = { .fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK),
                               .left = MOST_BYTES, .error = place ? &place->error : NULL };
    GPtrArray *tags = NULL;
    if (f.fd < 0)
        return NULL;
    uint64_t at = seam_tag_file_begin(&f);
    int i = 0;
    if (at != 0 && place && place->at != 0 && place->page <= page) {
        at = place->at;
        i = place->page;
    }
    for (; at != 0 && i < page; i++)
        at = next_directory(&f, at);
    if (place) {
        place->page = i;
        place->at = at;
    }
    if (at != 0)
        tags = read_directory(&f, at, 0, wanted, &at);
    close(f.fd);
    return tags;
}

GPtrArray *seam_tags_read_exif(const void *data, size_t size)
{
    struct seam_tag_file f = { .fd = -1, .memory = data, .size = size, .left = MOST_BYTES };
    if (size > 6 && memcmp(data, "Exif\0\0", 6) == 0) {
        f.memory += 6;
        f.size -= 6;
    }
    const uint64_t at = seam_tag_file_begin(&f);
    uint64_t next;
    return at ? read_directory(&f, at, 0, NULL, &next) : NULL;
}
