#include <string.h>

#include "graph/bytes.h"
#include "graph/pickle.h"

/* No checkpoint of a network comes near. */
#define MOST_STEPS 8000000u
#define LONGEST_TEXT (1u << 24)

bool seam_pickle_fail(struct seam_pickle_machine *m, const char *why)
{
    if (!m->why)
        m->why = why;
    return false;
}

bool seam_pickle_memory(struct seam_pickle_machine *m)
{
    return seam_pickle_fail(m, "it asks for more memory than a file of its size can need");
}

struct seam_pickle *seam_pickle_new(struct seam_pickle_machine *m, enum seam_pickle_kind kind)
{
    struct seam_pickle *value = seam_arena_alloc(m->arena, 1, sizeof(*value));
    if (!value) {
        seam_pickle_memory(m);
        return NULL;
    }
    value->kind = kind;
    return value;
}

/* Room for one more of `n` pointers. */
static bool grow(struct seam_pickle_machine *m, struct seam_pickle ***items, size_t n, size_t *room,
                 size_t first)
{
    struct seam_pickle **list =
        seam_arena_grow(m->arena, *items, n, room, first, sizeof(struct seam_pickle *));
    if (!list)
        return seam_pickle_memory(m);
    *items = list;
    return true;
}

static bool push(struct seam_pickle_machine *m, struct seam_pickle *value)
{
    if (!value || !grow(m, &m->stack, m->depth, &m->stack_room, 64))
        return false;
    m->stack[m->depth++] = value;
    return true;
}

static struct seam_pickle *pop(struct seam_pickle_machine *m)
{
    if (m->depth && m->stack[m->depth - 1]->kind != SEAM_PICKLE_MARK)
        return m->stack[--m->depth];
    seam_pickle_fail(m, "it takes what is not there");
    return NULL;
}

/* What lies on top and stays there; NULL for a mark. */
static struct seam_pickle *top(struct seam_pickle_machine *m)
{
    struct seam_pickle *value = pop(m);
    if (value)
        m->depth++;
    return value;
}

bool seam_pickle_add(struct seam_pickle_machine *m, struct seam_pickle *list,
                     struct seam_pickle *value)
{
    struct seam_pickle_list *l = &list->u.list;
    size_t room = l->room;
    if (!value || l->n >= UINT32_MAX / 2 || !grow(m, &l->items, l->n, &room, 4))
        return false;
    l->room = (uint32_t)room;
    l->items[l->n++] = value;
    return true;
}

/* Where the topmost mark lies. */
static bool find_mark(struct seam_pickle_machine *m, size_t *at)
{
    for (*at = m->depth; *at > 0; --*at)
        if (m->stack[*at - 1]->kind == SEAM_PICKLE_MARK) {
            --*at;
            return true;
        }
    return seam_pickle_fail(m, "it takes what is not there");
}

/* All above the topmost mark, into a list where one is given; the mark goes, too. */
static bool gather(struct seam_pickle_machine *m, struct seam_pickle *into, size_t step)
{
    size_t mark;
    if (!find_mark(m, &mark))
        return false;
    if ((m->depth - mark - 1) % step)
        return seam_pickle_fail(m, "a key has no value");
    for (size_t i = mark + 1; into && i < m->depth; i++)
        if (!seam_pickle_add(m, into, m->stack[i]))
            return false;
    m->depth = mark;
    return true;
}

/* Into the container below the topmost mark. What is opaque takes anything and keeps nothing. */
static bool gather_below(struct seam_pickle_machine *m, enum seam_pickle_kind kind, size_t step)
{
    size_t mark;
    if (!find_mark(m, &mark))
        return false;
    if (!mark)
        return seam_pickle_fail(m, "it takes what is not there");
    struct seam_pickle *into = m->stack[mark - 1];
    return gather(m, into->kind == kind ? into : NULL, step);
}

/* Pickles number their memos upwards from 0, so that a higher number than there are steps is a
 * trick. */
static bool memo_put(struct seam_pickle_machine *m, uint64_t at)
{
    struct seam_pickle *value = top(m);
    if (!value || at > m->steps)
        return seam_pickle_fail(m, "a memo is out of range");
    while (at >= m->memo_room)
        if (!grow(m, &m->memo, m->memo_room, &m->memo_room, 64))
            return false;
    m->memo_count += !m->memo[at];
    m->memo[at] = value;
    return true;
}

static bool memo_get(struct seam_pickle_machine *m, uint64_t at)
{
    if (at >= m->memo_room || !m->memo[at])
        return seam_pickle_fail(m, "a memo is empty");
    return push(m, m->memo[at]);
}

/* The next `n` bytes as a number. */
static bool number(struct seam_pickle_machine *m, int n, uint64_t *value)
{
    if (m->end - m->at < n)
        return seam_pickle_fail(m, "it is cut off");
    *value = seam_little(m->at, n);
    m->at += n;
    return true;
}

/* A text whose length is a number of `n` bytes. */
static bool text(struct seam_pickle_machine *m, int n)
{
    uint64_t length;
    if (!number(m, n, &length))
        return false;
    if (length > (uint64_t)(m->end - m->at))
        return seam_pickle_fail(m, "it is cut off");
    if (length > LONGEST_TEXT)
        return seam_pickle_fail(m, "a text is too long");
    struct seam_pickle *value = seam_pickle_new(m, SEAM_PICKLE_TEXT);
    char *copy = seam_arena_string(m->arena, m->at, (size_t)length);
    if (!value || !copy)
        return seam_pickle_memory(m);
    value->u.text = copy;
    value->length = (uint32_t)length;
    m->at += length;
    return push(m, value);
}

static bool whole(struct seam_pickle_machine *m, enum seam_pickle_kind kind, int64_t i)
{
    struct seam_pickle *value = seam_pickle_new(m, kind);
    if (value)
        value->u.i = i;
    return push(m, value);
}

/* A whole number of at most eight bytes; longer ones are random states and the like. */
static bool long_number(struct seam_pickle_machine *m, int width)
{
    uint64_t n;
    if (!number(m, width, &n))
        return false;
    if (n > (uint64_t)(m->end - m->at))
        return seam_pickle_fail(m, "it is cut off");
    uint64_t bits = n <= 8 ? seam_little(m->at, (int)n) : 0;
    if (n && n < 8 && m->at[n - 1] & 0x80)
        bits |= ~UINT64_C(0) << (8 * n);
    m->at += n;
    return n <= 8 ? whole(m, SEAM_PICKLE_INT, (int64_t)bits)
                  : push(m, seam_pickle_new(m, SEAM_PICKLE_NONE));
}

/* Unlike all other numbers, the first byte is the highest. */
static bool real(struct seam_pickle_machine *m)
{
    uint64_t bits = 0;
    struct seam_pickle *value = seam_pickle_new(m, SEAM_PICKLE_FLOAT);
    if (m->end - m->at < 8)
        return seam_pickle_fail(m, "it is cut off");
    for (int i = 0; i < 8; i++)
        bits = bits << 8 | *m->at++;
    if (value)
        memcpy(&value->u.f, &bits, sizeof(bits));
    return push(m, value);
}

/* "module.name" of two texts. */
static bool global(struct seam_pickle_machine *m, const void *module, size_t a, const void *name,
                   size_t b)
{
    struct seam_pickle *value = seam_pickle_new(m, SEAM_PICKLE_GLOBAL);
    char *joined = seam_arena_alloc(m->arena, a + b + 2, 1);
    if (!value || !joined)
        return seam_pickle_memory(m);
    memcpy(joined, module, a);
    joined[a] = '.';
    memcpy(joined + a + 1, name, b);
    value->u.text = joined;
    return push(m, value);
}

static bool global_lines(struct seam_pickle_machine *m)
{
    const uint8_t *line[2];
    size_t length[2];
    for (int i = 0; i < 2; i++) {
        const uint8_t *end = memchr(m->at, '\n', (size_t)(m->end - m->at));
        if (!end)
            return seam_pickle_fail(m, "it is cut off");
        line[i] = m->at;
        length[i] = (size_t)(end - m->at);
        m->at = end + 1;
    }
    return global(m, line[0], length[0], line[1], length[1]);
}

static bool global_stack(struct seam_pickle_machine *m)
{
    struct seam_pickle *name = pop(m), *module = pop(m);
    if (!name || !module || name->kind != SEAM_PICKLE_TEXT || module->kind != SEAM_PICKLE_TEXT)
        return seam_pickle_fail(m, "a name is no text");
    return global(m, module->u.text, module->length, name->u.text, name->length);
}

static bool tuple(struct seam_pickle_machine *m, size_t n)
{
    struct seam_pickle *value = seam_pickle_new(m, SEAM_PICKLE_TUPLE);
    if (!value || m->depth < n)
        return seam_pickle_fail(m, "it takes what is not there");
    for (size_t i = m->depth - n; i < m->depth; i++)
        if (m->stack[i]->kind == SEAM_PICKLE_MARK || !seam_pickle_add(m, value, m->stack[i]))
            return seam_pickle_fail(m, "it takes what is not there");
    m->depth -= n;
    return push(m, value);
}

static bool gather_new(struct seam_pickle_machine *m, enum seam_pickle_kind kind, size_t step)
{
    struct seam_pickle *value = seam_pickle_new(m, kind);
    return value && gather(m, value, step) && push(m, value);
}

static bool set_item(struct seam_pickle_machine *m)
{
    struct seam_pickle *value = pop(m), *key = pop(m), *into = top(m);
    if (!value || !key || !into)
        return false;
    return into->kind != SEAM_PICKLE_DICT ||
           (seam_pickle_add(m, into, key) && seam_pickle_add(m, into, value));
}

static bool append(struct seam_pickle_machine *m)
{
    struct seam_pickle *value = pop(m), *into = top(m);
    return value && into && (into->kind != SEAM_PICKLE_LIST || seam_pickle_add(m, into, value));
}

/* REDUCE, NEWOBJ and NEWOBJ_EX: a name and its arguments. */
static bool call(struct seam_pickle_machine *m, bool keywords)
{
    struct seam_pickle *ignored = keywords ? pop(m) : NULL;
    struct seam_pickle *arguments = pop(m), *callee = pop(m);
    if (!arguments || !callee || (keywords && !ignored))
        return false;
    return push(m, seam_pickle_call(m, callee, arguments));
}

/* BUILD: a state for what lies below. Dictionaries keep none, and what is opaque stays so. */
static bool build(struct seam_pickle_machine *m)
{
    struct seam_pickle *state = pop(m);
    return state && top(m);
}

static bool persistent(struct seam_pickle_machine *m)
{
    struct seam_pickle *id = pop(m);
    return id && push(m, seam_pickle_persistent(m, id));
}

static bool protocol(struct seam_pickle_machine *m)
{
    uint64_t version;
    if (!number(m, 1, &version))
        return false;
    return (version >= 2 && version <= 5) || seam_pickle_fail(m, "its protocol is none of 2 to 5");
}

static bool drop(struct seam_pickle_machine *m, bool to_mark)
{
    if (to_mark)
        return gather(m, NULL, 1);
    if (!m->depth)
        return seam_pickle_fail(m, "it takes what is not there");
    m->depth--;
    return true;
}

static bool memo_numbered(struct seam_pickle_machine *m, int width, bool put)
{
    uint64_t at;
    if (!number(m, width, &at))
        return false;
    return put ? memo_put(m, at) : memo_get(m, at);
}

static bool int_of(struct seam_pickle_machine *m, int width)
{
    uint64_t bits;
    if (!number(m, width, &bits))
        return false;
    return whole(m, SEAM_PICKLE_INT, width == 4 ? (int32_t)(uint32_t)bits : (int64_t)bits);
}

/* Texts and numbers. */
static bool step_plain(struct seam_pickle_machine *m, uint8_t op)
{
    switch (op) {
    case 'N': return push(m, seam_pickle_new(m, SEAM_PICKLE_NONE));
    case 0x88: return whole(m, SEAM_PICKLE_BOOL, 1);
    case 0x89: return whole(m, SEAM_PICKLE_BOOL, 0);
    case 'K': return int_of(m, 1);
    case 'M': return int_of(m, 2);
    case 'J': return int_of(m, 4);
    case 0x8a: return long_number(m, 1);
    case 0x8b: return long_number(m, 4);
    case 'G': return real(m);
    case 'U': /* SHORT_BINSTRING */
    case 'C': /* SHORT_BINBYTES */
    case 0x8c: return text(m, 1); /* SHORT_BINUNICODE */
    case 'T': /* BINSTRING */
    case 'B': /* BINBYTES */
    case 'X': return text(m, 4); /* BINUNICODE */
    case 0x8d: /* BINUNICODE8 */
    case 0x8e: /* BINBYTES8 */
    case 0x96: return text(m, 8); /* BYTEARRAY8 */
    default: return seam_pickle_fail(m, "it uses an operation that checkpoints do not");
    }
}

/* Containers. */
static bool step_container(struct seam_pickle_machine *m, uint8_t op)
{
    switch (op) {
    case '(': return push(m, seam_pickle_new(m, SEAM_PICKLE_MARK));
    case ')': return push(m, seam_pickle_new(m, SEAM_PICKLE_TUPLE));
    case 0x85: return tuple(m, 1);
    case 0x86: return tuple(m, 2);
    case 0x87: return tuple(m, 3);
    case 't': return gather_new(m, SEAM_PICKLE_TUPLE, 1);
    case ']': /* EMPTY_LIST */
    case 0x8f: return push(m, seam_pickle_new(m, SEAM_PICKLE_LIST)); /* EMPTY_SET */
    case 'l': /* LIST */
    case 0x91: return gather_new(m, SEAM_PICKLE_LIST, 1); /* FROZENSET */
    case '}': return push(m, seam_pickle_new(m, SEAM_PICKLE_DICT));
    case 'd': return gather_new(m, SEAM_PICKLE_DICT, 2);
    case 'a': return append(m);
    case 'e': /* APPENDS */
    case 0x90: return gather_below(m, SEAM_PICKLE_LIST, 1); /* ADDITEMS */
    case 's': return set_item(m);
    case 'u': return gather_below(m, SEAM_PICKLE_DICT, 2);
    default: return step_plain(m, op);
    }
}

/* Names, calls and memos. */
static bool step(struct seam_pickle_machine *m, uint8_t op)
{
    uint64_t ignored;
    switch (op) {
    case 0x80: return protocol(m);
    case 0x95: return number(m, 8, &ignored); /* FRAME */
    case '0': return drop(m, false);
    case '1': return drop(m, true);
    case '2': return push(m, top(m));
    case 'q': return memo_numbered(m, 1, true);
    case 'r': return memo_numbered(m, 4, true);
    case 'h': return memo_numbered(m, 1, false);
    case 'j': return memo_numbered(m, 4, false);
    case 0x94: return memo_put(m, m->memo_count); /* MEMOIZE */
    case 'c': return global_lines(m);
    case 0x93: return global_stack(m);
    case 'Q': return persistent(m);
    case 'R': /* REDUCE */
    case 0x81: return call(m, false); /* NEWOBJ */
    case 0x92: return call(m, true); /* NEWOBJ_EX */
    case 'b': return build(m);
    default: return step_container(m, op);
    }
}

void seam_pickle_init(struct seam_pickle_machine *m, struct seam_arena *arena, const void *data,
                      size_t size)
{
    *m = (struct seam_pickle_machine){ .arena = arena, .at = data };
    m->end = m->at + size;
}

struct seam_pickle *seam_pickle_read(struct seam_pickle_machine *m)
{
    m->depth = m->memo_count = 0;
    if (m->memo_room)
        memset(m->memo, 0, m->memo_room * sizeof(struct seam_pickle *));
    while (m->at < m->end) {
        const uint8_t op = *m->at++;
        if (op == '.')
            return pop(m);
        if (++m->steps > MOST_STEPS)
            seam_pickle_fail(m, "it is endless");
        if (m->why || !step(m, op) || m->why) {
            seam_pickle_fail(m, "it is broken");
            return NULL;
        }
    }
    seam_pickle_fail(m, "it is cut off");
    return NULL;
}

struct seam_pickle *seam_pickle_get(const struct seam_pickle *dict, const char *key)
{
    if (dict->kind != SEAM_PICKLE_DICT)
        return NULL;
    for (uint32_t i = 0; i + 1 < dict->u.list.n; i += 2)
        if (dict->u.list.items[i]->kind == SEAM_PICKLE_TEXT &&
            !strcmp(dict->u.list.items[i]->u.text, key))
            return dict->u.list.items[i + 1];
    return NULL;
}
