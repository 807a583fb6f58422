/*
 * PyTorch's checkpoints: a dictionary of tensors as a pickle, and their numbers beside it. Either a
 * zip file of data.pkl and data/KEY (since 1.6), or pickles and numbers in a row.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/common.h"
#include "base/log.h"
#include "graph/bytes.h"
#include "graph/torch.h"

/* Memory for the values of pickles: what a file may ask for beyond what its size explains. */
#define ALWAYS_VALUES ((size_t)2 << 20)
#define VALUES_PER_BYTE 8

enum seam_result seam_torch_refuse(const struct seam_torch *t, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    return seam_log_fail(t->log, SEAM_ERROR_MODEL, "%s: %s", t->graph->path, text);
}

static enum seam_result torch_broken(const struct seam_torch *t, const char *why)
{
    return seam_torch_refuse(t, "no valid PyTorch file (%s); download it again", why);
}

static void torch_begin(struct seam_torch *t, struct seam_graph *graph,
                        const struct seam_network_file *file, struct seam_log *log)
{
    *t = (struct seam_torch){ .graph = graph, .log = log, .size = file->size };
    seam_arena_init(&t->arena);
    t->arena.limit = ALWAYS_VALUES + (file->size < SEAM_ARENA_LIMIT / VALUES_PER_BYTE
                                          ? VALUES_PER_BYTE * file->size
                                          : SEAM_ARENA_LIMIT);
    t->copies = ((uint64_t)1 << 20) + 2 * (uint64_t)file->size;
}

/* ------------------------------------------------------------------------------------------------
 * Zip files
 * --------------------------------------------------------------------------------------------- */

static const uint8_t *zip_storage(struct seam_torch *t, const char *key, uint64_t *size,
                                  const char **why)
{
    char name[256];
    *why = "the numbers of a tensor are missing";
    if (snprintf(name, sizeof(name), "data/%s", key) >= (int)sizeof(name))
        return NULL;
    struct seam_zip_member *member = seam_zip_find(t->zip, t->folder, t->folder_length, name);
    if (!member)
        return NULL;
    *size = member->size;
    return seam_zip_bytes(t->zip, member, why);
}

static bool has_member(const struct seam_torch *t, const char *name)
{
    return seam_zip_find(t->zip, t->folder, t->folder_length, name) != NULL;
}

static enum seam_result zip_byte_order(const struct seam_torch *t)
{
    struct seam_zip_member *const order =
        seam_zip_find(t->zip, t->folder, t->folder_length, "byteorder");
    const char *why = "";
    const uint8_t *const text = order ? seam_zip_bytes(t->zip, order, &why) : NULL;
    if (!order || (text && order->size == 6 && !memcmp(text, "little", 6)))
        return SEAM_OK;
    return seam_torch_refuse(t,
                             "its numbers are big-endian; load it in PyTorch and save it on a PC");
}

enum seam_result seam_torch_zip(struct seam_graph *graph, const struct seam_network_file *file,
                                struct seam_zip *zip, struct seam_zip_member *pickle, size_t folder,
                                struct seam_log *log)
{
    struct seam_torch t;
    struct seam_pickle_machine m;
    const char *why;
    torch_begin(&t, graph, file, log);
    t.zip = zip;
    t.folder = pickle->name;
    t.folder_length = folder;
    t.storage = zip_storage;
    if (has_member(&t, "constants.pkl"))
        return seam_torch_refuse(
            &t, "a TorchScript program, which only PyTorch can run; use the checkpoint that it "
                "was made of, or export it as ONNX");
    enum seam_result result = zip_byte_order(&t);
    if (result != SEAM_OK)
        return result;
    const uint8_t *const data = seam_zip_bytes(zip, pickle, &why);
    if (!data)
        return torch_broken(&t, why);
    seam_pickle_init(&m, &t.arena, data, (size_t)pickle->size);
    const struct seam_pickle *const root = seam_pickle_read(&m);
    result = root ? seam_torch_build(&t, root) : torch_broken(&t, m.why);
    seam_arena_free(&t.arena);
    return result;
}

/* ------------------------------------------------------------------------------------------------
 * Pickles in a row
 * --------------------------------------------------------------------------------------------- */

static int compare_keys(const void *a, const void *b)
{
    const struct seam_pickle_storage *const *x = a, *const *y = b;
    return strcmp((*x)->key, (*y)->key);
}

static int compare_blocks(const void *a, const void *b)
{
    return strcmp(((const struct seam_torch_block *)a)->key,
                  ((const struct seam_torch_block *)b)->key);
}

static const uint8_t *block_storage(struct seam_torch *t, const char *key, uint64_t *size,
                                    const char **why)
{
    const struct seam_torch_block wanted = { .key = key };
    const struct seam_torch_block *const block =
        t->n_blocks ? bsearch(&wanted, t->blocks, t->n_blocks, sizeof(*t->blocks), compare_blocks)
                    : NULL;
    *why = "the numbers of a tensor are missing";
    if (!block)
        return NULL;
    *size = block->size;
    return block->data;
}

/* Behind the list of keys: for each a count and so many elements. Their size is told by the
 * tensors. */
static const char *find_blocks(struct seam_torch *t, struct seam_pickle_machine *m,
                               const struct seam_pickle *keys)
{
    if (keys->kind != SEAM_PICKLE_LIST)
        return "it has no list of storages";
    t->blocks = seam_arena_alloc(&t->arena, keys->u.list.n, sizeof(*t->blocks));
    if (!t->blocks)
        return "it asks for more memory than a file of its size can need";
    seam_sort(m->storages, m->n_storages, sizeof(struct seam_pickle_storage *), compare_keys);
    for (uint32_t i = 0; i < keys->u.list.n; i++) {
        if (keys->u.list.items[i]->kind != SEAM_PICKLE_TEXT || m->end - m->at < 8)
            return "it is cut off";
        struct seam_torch_block *const block = &t->blocks[t->n_blocks++];
        block->key = keys->u.list.items[i]->u.text;
        const struct seam_pickle_storage wanted = { .key = block->key }, *const p = &wanted;
        struct seam_pickle_storage **const found =
            m->n_storages ? bsearch(&p, m->storages, m->n_storages, sizeof(p), compare_keys) : NULL;
        const size_t element = found ? seam_torch_element((*found)->type, NULL) : 0;
        const uint64_t count = seam_little(m->at, 8);
        m->at += 8;
        if (!element)
            return "a storage is of a type that no tensor names";
        if (count > (uint64_t)(m->end - m->at) / element)
            return "it is cut off";
        block->data = m->at;
        block->size = count * element;
        m->at += block->size;
    }
    seam_sort(t->blocks, t->n_blocks, sizeof(*t->blocks), compare_blocks);
    return NULL;
}

/* The number that begins them, as a pickle behind its protocol. */
static const uint8_t magic[] = { 0x8a, 10,   0x6c, 0xfc, 0x9c, 0x46, 0xf9,
                                 0x20, 0x6a, 0xa8, 0x50, 0x19, '.' };
#define PROTOCOL 2 /* bytes of it */
#define FRAME 9    /* of what protocol 4 puts before its pickles */

/* Where the pickles behind the number begin; 0: it is not there. */
static size_t behind_magic(const struct seam_network_file *file)
{
    const bool framed = file->size > PROTOCOL && file->data[PROTOCOL] == 0x95;
    const size_t at = PROTOCOL + (framed ? FRAME : 0);
    return file->size >= at + sizeof(magic) && !memcmp(file->data + at, magic, sizeof(magic))
               ? at + sizeof(magic)
               : 0;
}

static bool rows_take(const struct seam_network_file *file)
{
    /* A plain pickle is taken to be refused by its name. */
    return file->size > 2 && file->data[0] == 0x80 && file->data[1] >= 2 && file->data[1] <= 5;
}

static enum seam_result rows_read(struct seam_graph *graph, const struct seam_network_file *file,
                                  struct seam_log *log)
{
    struct seam_torch t;
    struct seam_pickle_machine m;
    torch_begin(&t, graph, file, log);
    t.storage = block_storage;
    const size_t begin = behind_magic(file);
    if (!begin)
        return seam_torch_refuse(
            &t, "a Python pickle, and no checkpoint of PyTorch; save the network's state_dict() "
                "with torch.save");
    seam_pickle_init(&m, &t.arena, file->data + begin, file->size - begin);
    const struct seam_pickle *const version = seam_pickle_read(&m);
    const struct seam_pickle *const system = version ? seam_pickle_read(&m) : NULL;
    const struct seam_pickle *const root = system ? seam_pickle_read(&m) : NULL;
    const struct seam_pickle *const keys = root ? seam_pickle_read(&m) : NULL;
    const struct seam_pickle *const little =
        system ? seam_pickle_get(system, "little_endian") : NULL;
    const char *why = keys ? find_blocks(&t, &m, keys) : m.why;
    enum seam_result result;
    if (little && little->kind == SEAM_PICKLE_BOOL && !little->u.i)
        result = seam_torch_refuse(
            &t, "its numbers are big-endian; load it in PyTorch and save it on a PC");
    else
        result = why ? torch_broken(&t, why) : seam_torch_build(&t, root);
    seam_arena_free(&t.arena);
    return result;
}

const struct seam_reader seam_reader_torch = { "PyTorch", rows_take, rows_read };
