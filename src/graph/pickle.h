/*
 * A pickle read as data. A pickle is a program for a machine with a stack and a memo; here nothing
 * that it names is ever called: calls make dictionaries and tensors where they are PyTorch's own,
 * and an opaque value that remembers its name everywhere else.
 *
 * Values share and may contain one another in a circle: what walks them must know where it ends.
 *
 * Thread-safety: one thread at a time.
 */
#ifndef SEAM_GRAPH_PICKLE_H
#define SEAM_GRAPH_PICKLE_H

#include "base/arena.h"

#include <stdint.h>

#define SEAM_PICKLE_MOST_RANK 8

enum seam_pickle_kind {
    SEAM_PICKLE_NONE,
    SEAM_PICKLE_BOOL,
    SEAM_PICKLE_INT,
    SEAM_PICKLE_FLOAT,
    SEAM_PICKLE_TEXT,
    SEAM_PICKLE_TUPLE,
    SEAM_PICKLE_LIST,
    SEAM_PICKLE_DICT,
    SEAM_PICKLE_GLOBAL, /* a class or function: its name */
    SEAM_PICKLE_STORAGE,
    SEAM_PICKLE_TENSOR,
    SEAM_PICKLE_OPAQUE, /* what a call would have made: the name of what was called */
    SEAM_PICKLE_MARK,
};

struct seam_pickle_list {
    struct seam_pickle **items; /* of a dictionary: key and value in turn */
    uint32_t n, room;
};

struct seam_pickle_storage {
    const char *key;  /* names its bytes in the file */
    const char *type; /* "FloatStorage" */
    int64_t count;    /* elements */
};

struct seam_pickle_tensor {
    const struct seam_pickle_storage *storage;
    const char *type; /* the storage's, or the tensor's own: "float8_e4m3fn" */
    int64_t offset, dims[SEAM_PICKLE_MOST_RANK], strides[SEAM_PICKLE_MOST_RANK]; /* in elements */
    int32_t rank;
};

struct seam_pickle {
    enum seam_pickle_kind kind;
    uint32_t length; /* of a text */
    union {
        int64_t i;
        double f;
        const char *text; /* TEXT; GLOBAL and OPAQUE: "module.name" */
        struct seam_pickle_list list;
        struct seam_pickle_storage *storage;
        struct seam_pickle_tensor *tensor;
    } u;
};

struct seam_pickle_machine {
    struct seam_arena *arena; /* of all values; its limit is the machine's */
    const uint8_t *at, *end;  /* behind the pickle that was read last */
    const char *why;          /* what is wrong, for a message; NULL while nothing is */
    struct seam_pickle **stack, **memo;
    size_t depth, stack_room, memo_room, memo_count;
    uint64_t steps;
    struct seam_pickle_storage **storages; /* all that were named */
    size_t n_storages, storages_room;
};

void seam_pickle_init(struct seam_pickle_machine *m, struct seam_arena *arena, const void *data,
                      size_t size);

/* Run the next pickle; NULL, with `why`, where that is impossible. */
struct seam_pickle *seam_pickle_read(struct seam_pickle_machine *m);

/* The value of a text key of a dictionary; NULL where there is none, or `dict` is none. */
struct seam_pickle *seam_pickle_get(const struct seam_pickle *dict, const char *key);

/* For pickle.c and pickle_call.c. */
struct seam_pickle *seam_pickle_new(struct seam_pickle_machine *m, enum seam_pickle_kind kind);
bool seam_pickle_fail(struct seam_pickle_machine *m, const char *why);
bool seam_pickle_memory(struct seam_pickle_machine *m); /* more than a file of its size needs */
bool seam_pickle_add(struct seam_pickle_machine *m, struct seam_pickle *list,
                     struct seam_pickle *value);
struct seam_pickle *seam_pickle_call(struct seam_pickle_machine *m, struct seam_pickle *callee,
                                     struct seam_pickle *arguments);
struct seam_pickle *seam_pickle_persistent(struct seam_pickle_machine *m, struct seam_pickle *id);

#endif /* SEAM_GRAPH_PICKLE_H */
