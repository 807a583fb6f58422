#include <string.h>

#include "files/tags_parts.h"

static void free_tag(gpointer opaque)
{
    struct seam_tag *tag = opaque;
    if (tag->below)
        g_ptr_array_unref(tag->below);
    g_free(tag->data);
    g_free(tag);
}

GPtrArray *seam_tags_new(void)
{
    return g_ptr_array_new_with_free_func(free_tag);
}

struct seam_tag *seam_tags_find(const GPtrArray *tags, unsigned id)
{
    for (guint i = 0; tags && i < tags->len; i++) {
        struct seam_tag *tag = tags->pdata[i];
        if (tag->id == id)
            return tag;
    }
    return NULL;
}

void seam_tags_drop(GPtrArray *tags, unsigned id)
{
    struct seam_tag *tag = seam_tags_find(tags, id);
    if (tag)
        g_ptr_array_remove(tags, tag);
}

void seam_tags_put(GPtrArray *tags, unsigned id, unsigned type, uint64_t count, const void *data)
{
    struct seam_tag *tag = g_new0(struct seam_tag, 1);
    tag->id = id;
    tag->type = type;
    tag->count = count;
    tag->bytes = (size_t)count * (size_t)seam_tag_size(type);
    tag->data = g_memdup2(data, tag->bytes);
    seam_tags_drop(tags, id);
    g_ptr_array_add(tags, tag);
}

void seam_tags_put_text(GPtrArray *tags, unsigned id, const char *text)
{
    seam_tags_put(tags, id, SEAM_TAG_TEXT, strlen(text) + 1, text);
}

void seam_tags_put_none(GPtrArray *tags, unsigned id)
{
    seam_tags_put(tags, id, SEAM_TAG_UNDEFINED, 0, NULL);
}

void seam_tags_move(GPtrArray *to, GPtrArray *from, unsigned id)
{
    guint at;
    struct seam_tag *tag = seam_tags_find(from, id);
    if (!tag || !g_ptr_array_find(from, tag, &at))
        return;
    seam_tags_drop(to, id);
    g_ptr_array_add(to, g_ptr_array_steal_index(from, at));
}

void seam_tag_swap(unsigned char *data, size_t bytes, unsigned type)
{
    const size_t unit = (size_t)seam_tag_unit(type);
    for (size_t at = 0; unit > 1 && at + unit <= bytes; at += unit)
        for (size_t i = 0; i < unit / 2; i++) {
            const unsigned char byte = data[at + i];
            data[at + i] = data[at + unit - 1 - i];
            data[at + unit - 1 - i] = byte;
        }
}

bool seam_tag_double(const struct seam_tag *tag, uint64_t i, double *value)
{
    uint64_t bits = 0;
    if (!tag || tag->type != SEAM_TAG_DOUBLE || i >= tag->count)
        return false;
    for (int k = 7; k >= 0; k--)
        bits = bits << 8 | tag->data[8 * i + (uint64_t)k];
    memcpy(value, &bits, sizeof(*value));
    return true;
}

void seam_tag_set_double(struct seam_tag *tag, uint64_t i, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof(bits));
    for (int k = 0; k < 8; k++)
        tag->data[8 * i + (uint64_t)k] = (unsigned char)(bits >> 8 * k);
}
