#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "files/tags_parts.h"

enum { TAG_SUBFILE_TYPE = 254 };

/* What is written, in one piece, and where its first byte will lie. */
struct out {
    GByteArray *bytes;
    uint64_t base;
    bool big, motorola;
};

/* An entry of a directory, as it will lie there. */
struct entry {
    unsigned id;
    unsigned char data[20];
};

static void put_number(const struct out *o, unsigned char *at, uint64_t value, int size)
{
    for (int i = 0; i < size; i++)
        at[o->motorola ? size - 1 - i : i] = (unsigned char)(value >> 8 * i);
}

/* Where the next byte will lie, which is an even number. */
static uint64_t here(struct out *o)
{
    if ((o->base + o->bytes->len) % 2)
        g_byte_array_append(o->bytes, (const guint8 *)"", 1);
    return o->base + o->bytes->len;
}

static int by_id(gconstpointer a, gconstpointer b)
{
    const struct entry *one = a, *other = b;
    return (one->id > other->id) - (one->id < other->id);
}

static uint64_t write_below(struct out *o, const GPtrArray *tags);

/* The entry of a field, whose values are written where they do not go into it. */
static struct entry make_entry(struct out *o, const struct seam_tag *tag)
{
    const int wide = o->big ? 8 : 4;
    struct entry e = { .id = tag->id };
    put_number(o, e.data, tag->id, 2);
    if (tag->below) {
        put_number(o, e.data + 2, o->big ? 18 : SEAM_TAG_LONG, 2);
        put_number(o, e.data + 4, 1, wide);
        put_number(o, e.data + 4 + wide, write_below(o, tag->below), wide);
        return e;
    }
    unsigned char *data = g_memdup2(tag->data, tag->bytes);
    if (o->motorola && tag->id != SEAM_TAG_IPTC)
        seam_tag_swap(data, tag->bytes, tag->type);
    put_number(o, e.data + 2, tag->type, 2);
    put_number(o, e.data + 4, tag->count, wide);
    if (tag->bytes <= (size_t)wide) {
        memcpy(e.data + 4 + wide, data, tag->bytes);
    } else {
        put_number(o, e.data + 4 + wide, here(o), wide);
        g_byte_array_append(o->bytes, data, (guint)tag->bytes);
    }
    g_free(data);
    return e;
}

/* Where the number that leads to the next directory lies in one of `count` entries. */
static uint64_t behind(bool big, uint64_t at, uint64_t count)
{
    return at + (big ? 8 + 20 * count : 2 + 12 * count);
}

/* A directory of these entries; where it begins. */
static uint64_t write_directory(struct out *o, GArray *entries, uint64_t next)
{
    unsigned char number[8];
    const uint64_t at = here(o);
    g_array_sort(entries, by_id);
    put_number(o, number, entries->len, o->big ? 8 : 2);
    g_byte_array_append(o->bytes, number, o->big ? 8 : 2);
    for (guint i = 0; i < entries->len; i++)
        g_byte_array_append(o->bytes, g_array_index(entries, struct entry, i).data,
                            o->big ? 20 : 12);
    put_number(o, number, next, o->big ? 8 : 4);
    g_byte_array_append(o->bytes, number, o->big ? 8 : 4);
    return at;
}

static void add_entries(struct out *o, GArray *entries, const GPtrArray *tags)
{
    for (guint i = 0; i < tags->len; i++) {
        const struct seam_tag *tag = tags->pdata[i];
        if (!tag->below && tag->count == 0)
            continue;
        const struct entry e = make_entry(o, tag);
        g_array_append_val(entries, e);
    }
}

static uint64_t write_below(struct out *o, const GPtrArray *tags)
{
    GArray *entries = g_array_new(FALSE, FALSE, sizeof(struct entry));
    add_entries(o, entries, tags);
    const uint64_t at = write_directory(o, entries, 0);
    g_array_free(entries, TRUE);
    return at;
}

unsigned char *seam_tags_make_exif(const GPtrArray *tags, size_t *size)
{
    static const unsigned char head[] = { 'E', 'x', 'i', 'f', 0, 0, 'I', 'I', 42, 0, 0, 0, 0, 0 };
    GByteArray *all = g_byte_array_new();
    struct out o = { .bytes = g_byte_array_new(), .base = 8 };
    const uint64_t at = write_below(&o, tags);
    g_byte_array_append(all, head, sizeof(head));
    put_number(&o, all->data + 10, at, 4);
    g_byte_array_append(all, o.bytes->data, o.bytes->len);
    g_byte_array_free(o.bytes, TRUE);
    *size = all->len;
    return g_byte_array_free(all, FALSE);
}

static bool write_all(int fd, const void *data, size_t size, uint64_t at)
{
    for (size_t done = 0; done < size;) {
        const ssize_t n =
            pwrite(fd, (const char *)data + done, size - done, (off_t)(at + done));
        if (n < 0 && errno != EINTR)
            return false;
        done += n > 0 ? (size_t)n : 0;
    }
    return true;
}

/* The entries of the old directory but for those that new fields take the place of. */
static void keep_entries(const struct seam_tag_file *f, GArray *entries,
                         const unsigned char *old, uint64_t count, const GPtrArray *tags)
{
    const size_t size = f->big ? 20 : 12;
    for (uint64_t i = 0; i < count; i++) {
        struct entry e = { .id = (unsigned)seam_tag_number(f, old + i * size, 2) };
        memcpy(e.data, old + i * size, size);
        if (!seam_tags_find(tags, e.id))
            g_array_append_val(entries, e);
    }
}

/* A directory of the chain, and where the number lies that leads to it. */
struct place {
    uint64_t link, at, count, next;
    unsigned char *entries;
};

/* Write a directory in the place of the one that is there. */
static bool append_one(const struct seam_tag_file *f, struct place *p, const GPtrArray *tags)
{
    unsigned char number[8];
    const int wide = f->big ? 8 : 4;
    const off_t end = lseek(f->fd, 0, SEEK_END);
    struct out o = { g_byte_array_new(), end > 0 ? (uint64_t)end : 0, f->big, f->motorola };
    GArray *entries = g_array_new(FALSE, FALSE, sizeof(struct entry));
    keep_entries(f, entries, p->entries, p->count, tags);
    add_entries(&o, entries, tags);
    p->at = write_directory(&o, entries, p->next);
    p->count = entries->len;
    const bool fits = f->big || o.base + o.bytes->len <= UINT32_MAX;
    put_number(&o, number, p->at, wide);
    if (!fits)
        errno = EFBIG;
    const bool ok = end > 0 && fits && write_all(f->fd, o.bytes->data, o.bytes->len, o.base) &&
                    write_all(f->fd, number, (size_t)wide, p->link);
    g_array_free(entries, TRUE);
    g_byte_array_free(o.bytes, TRUE);
    return ok;
}

/* Whether it is a smaller copy of the page before. */
static bool is_layer(const struct seam_tag_file *f, const struct place *p)
{
    for (uint64_t i = 0; i < p->count; i++) {
        const unsigned char *entry = p->entries + i * (f->big ? 20 : 12);
        if (seam_tag_number(f, entry, 2) == TAG_SUBFILE_TYPE)
            return seam_tag_number(f, entry + (f->big ? 12 : 8), 4) & 1;
    }
    return false;
}

/* The directory that *p leads to, of which `page` tells how many pages came before. */
static bool append_page(const struct seam_tag_file *f, struct place *p, int *page,
                        seam_tags_make *make, void *user)
{
    errno = EIO; /* where nothing says more */
    p->entries = seam_tag_file_entries(f, p->at, &p->count, &p->next);
    if (!p->entries)
        return false;
    GPtrArray *tags = *page > 0 && is_layer(f, p) ? seam_tags_new() : make((*page)++, user);
    const bool last = !tags;
    const bool ok = last || tags->len == 0 || append_one(f, p, tags);
    if (tags)
        g_ptr_array_unref(tags);
    g_free(p->entries);
    p->link = behind(f->big, p->at, p->count);
    p->at = last ? 0 : p->next;
    return ok;
}

bool seam_tags_append(const char *path, seam_tags_make *make, void *user)
{
    struct seam_tag_file f = { .fd = open(path, O_RDWR | O_CLOEXEC) };
    int page = 0;
    if (f.fd < 0)
        return false;
    struct place p = { .at = seam_tag_file_begin(&f) };
    p.link = f.big ? 8 : 4;
    bool ok = p.at != 0;
    while (ok && p.at != 0)
        ok = append_page(&f, &p, &page, make, user);
    const int error = errno;
    if (close(f.fd) != 0 && ok)
        return false;
    errno = error;
    return ok;
}
