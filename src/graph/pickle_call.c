/* What the calls of a checkpoint make: dictionaries, tensors, storages; everything else stays a
 * name. */
#include <string.h>

#include "base/common.h"
#include "graph/pickle.h"

static bool whole_list(const struct seam_pickle *value)
{
    if (value->kind != SEAM_PICKLE_TUPLE && value->kind != SEAM_PICKLE_LIST)
        return false;
    for (uint32_t i = 0; i < value->u.list.n; i++)
        if (value->u.list.items[i]->kind != SEAM_PICKLE_INT || value->u.list.items[i]->u.i < 0)
            return false;
    return value->u.list.n <= SEAM_PICKLE_MOST_RANK;
}

/* Every element lies in the storage. */
static bool inside(const struct seam_pickle_tensor *t, int64_t count)
{
    uint64_t last = (uint64_t)t->offset;
    for (int32_t i = 0; i < t->rank; i++) {
        uint64_t reach;
        if (t->dims[i] == 0)
            return true;
        if (!seam_mul_size((uint64_t)t->dims[i] - 1, (uint64_t)t->strides[i], &reach) ||
            reach > INT64_MAX || last > INT64_MAX)
            return false;
        last += reach;
    }
    return last < (uint64_t)count;
}

/* (storage, offset, size, stride, ...); of a typed tensor the storage counts bytes. */
static struct seam_pickle *rebuild_tensor(struct seam_pickle_machine *m,
                                          const struct seam_pickle_list *args, const char *type)
{
    static const char broken[] = "a tensor is broken";
    if (args->n < 4 || args->items[0]->kind != SEAM_PICKLE_STORAGE ||
        args->items[1]->kind != SEAM_PICKLE_INT || args->items[1]->u.i < 0 ||
        !whole_list(args->items[2]) || !whole_list(args->items[3]) ||
        args->items[2]->u.list.n != args->items[3]->u.list.n)
        return seam_pickle_fail(m, broken), NULL;
    struct seam_pickle *value = seam_pickle_new(m, SEAM_PICKLE_TENSOR);
    struct seam_pickle_tensor *t = seam_arena_alloc(m->arena, 1, sizeof(*t));
    if (!value || !t)
        return seam_pickle_memory(m), NULL;
    t->storage = args->items[0]->u.storage;
    t->type = type ? type : t->storage->type;
    t->offset = args->items[1]->u.i;
    t->rank = (int32_t)args->items[2]->u.list.n;
    for (int32_t i = 0; i < t->rank; i++) {
        t->dims[i] = args->items[2]->u.list.items[i]->u.i;
        t->strides[i] = args->items[3]->u.list.items[i]->u.i;
    }
    if (!inside(t, t->storage->count))
        return seam_pickle_fail(m, "a tensor reaches beyond its storage"), NULL;
    value->u.tensor = t;
    return value;
}

/* OrderedDict(), or of a list of pairs. */
static struct seam_pickle *ordered_dict(struct seam_pickle_machine *m,
                                        const struct seam_pickle_list *args)
{
    struct seam_pickle *dict = seam_pickle_new(m, SEAM_PICKLE_DICT);
    if (!dict || !args->n || args->items[0]->kind != SEAM_PICKLE_LIST)
        return dict;
    const struct seam_pickle_list *pairs = &args->items[0]->u.list;
    for (uint32_t i = 0; i < pairs->n; i++) {
        const struct seam_pickle *p = pairs->items[i];
        if ((p->kind != SEAM_PICKLE_TUPLE && p->kind != SEAM_PICKLE_LIST) || p->u.list.n != 2 ||
            !seam_pickle_add(m, dict, p->u.list.items[0]) ||
            !seam_pickle_add(m, dict, p->u.list.items[1]))
            return seam_pickle_fail(m, "a dictionary is broken"), NULL;
    }
    return dict;
}

/* (function, class, arguments, state): a tensor of a class that adds something to it. */
static void unwrap_class(struct seam_pickle **callee, struct seam_pickle **arguments)
{
    const struct seam_pickle_list *args = &(*arguments)->u.list;
    if ((*callee)->kind != SEAM_PICKLE_GLOBAL || (*arguments)->kind != SEAM_PICKLE_TUPLE ||
        args->n < 3 || strcmp((*callee)->u.text, "torch._tensor._rebuild_from_type_v2") != 0 ||
        args->items[2]->kind != SEAM_PICKLE_TUPLE)
        return;
    *callee = args->items[0];
    *arguments = args->items[2];
}

struct seam_pickle *seam_pickle_call(struct seam_pickle_machine *m, struct seam_pickle *callee,
                                     struct seam_pickle *arguments)
{
    unwrap_class(&callee, &arguments);
    const struct seam_pickle_list *args = &arguments->u.list;
    const char *const name = callee->kind == SEAM_PICKLE_GLOBAL ? callee->u.text : "?";
    const bool listed = arguments->kind == SEAM_PICKLE_TUPLE;
    if (listed && (!strcmp(name, "torch._utils._rebuild_tensor_v2") ||
                   !strcmp(name, "torch._utils._rebuild_tensor")))
        return rebuild_tensor(m, args, NULL);
    if (listed && args->n > 6 && args->items[6]->kind == SEAM_PICKLE_GLOBAL &&
        !strcmp(name, "torch._utils._rebuild_tensor_v3"))
        return rebuild_tensor(m, args, args->items[6]->u.text);
    if (listed && args->n && (!strcmp(name, "torch._utils._rebuild_parameter") ||
                              !strcmp(name, "torch._utils._rebuild_parameter_with_state")))
        return args->items[0];
    if (listed && !strcmp(name, "collections.OrderedDict"))
        return ordered_dict(m, args);
    if (listed && args->n && !strcmp(name, "torch.Size"))
        return args->items[0];
    struct seam_pickle *value = seam_pickle_new(m, SEAM_PICKLE_OPAQUE);
    if (value)
        value->u.text = name;
    return value;
}

static bool remember_storage(struct seam_pickle_machine *m, struct seam_pickle_storage *storage)
{
    struct seam_pickle_storage **list =
        seam_arena_grow(m->arena, m->storages, m->n_storages, &m->storages_room, 64,
                        sizeof(struct seam_pickle_storage *));
    if (!list)
        return seam_pickle_memory(m);
    m->storages = list;
    m->storages[m->n_storages++] = storage;
    return true;
}

static bool is_text(const struct seam_pickle *value, const char *text)
{
    return value->kind == SEAM_PICKLE_TEXT && !strcmp(value->u.text, text);
}

/* ("storage", class, key, device, elements, view); old files name sources of classes so, too. */
struct seam_pickle *seam_pickle_persistent(struct seam_pickle_machine *m, struct seam_pickle *id)
{
    const struct seam_pickle_list *l = &id->u.list;
    if (id->kind == SEAM_PICKLE_TUPLE && l->n >= 2 && is_text(l->items[0], "module"))
        return l->items[1];
    if (id->kind != SEAM_PICKLE_TUPLE || l->n < 5 || !is_text(l->items[0], "storage") ||
        l->items[1]->kind != SEAM_PICKLE_GLOBAL || l->items[2]->kind != SEAM_PICKLE_TEXT ||
        l->items[4]->kind != SEAM_PICKLE_INT || l->items[4]->u.i < 0)
        return seam_pickle_fail(m, "it names an object outside that is no storage"), NULL;
    if (l->n > 5 && l->items[5]->kind != SEAM_PICKLE_NONE)
        return seam_pickle_fail(m, "a storage is a part of another one"), NULL;
    struct seam_pickle *value = seam_pickle_new(m, SEAM_PICKLE_STORAGE);
    struct seam_pickle_storage *storage = seam_arena_alloc(m->arena, 1, sizeof(*storage));
    if (!value || !storage)
        return seam_pickle_memory(m), NULL;
    const char *const dot = strrchr(l->items[1]->u.text, '.');
    *storage =
        (struct seam_pickle_storage){ l->items[2]->u.text, dot ? dot + 1 : l->items[1]->u.text,
                                      l->items[4]->u.i };
    value->u.storage = storage;
    return remember_storage(m, storage) ? value : NULL;
}
