/* realpath is XSI, which _POSIX_C_SOURCE alone leaves out. */
#define _XOPEN_SOURCE 700

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "graph/decode.h"
#include "base/log.h"

/* A model with more weight files than this is not meant to be read. */
#define MAX_EXTERNAL_FILES 4096
/* A pipe is not waited for. */
#define TO_READ (O_RDONLY | O_CLOEXEC | O_NONBLOCK)

struct seam_onnx_mapping {
    struct seam_onnx_mapping *next;
    const char *location; /* as external data names it; NULL for the model itself */
    void *data;           /* NULL where the file is empty */
    size_t size;
};

/* One place in a graph that holds a value's id, to be filled in. */
struct name_slot {
    const char *name;
    int32_t *id;
};

static enum seam_result map_file(struct seam_graph *graph, int fd, const char *location,
                                 struct seam_onnx_mapping **out)
{
    struct stat st;
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
        errno = EINVAL;
        return SEAM_ERROR_IO;
    }
    struct seam_onnx_mapping *mapping = seam_arena_alloc(&graph->arena, 1, sizeof(*mapping));
    if (!mapping)
        return SEAM_ERROR_MEMORY;
    mapping->location = location;
    mapping->size = (size_t)st.st_size;
    if (mapping->size) {
        void *data = mmap(NULL, mapping->size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (data == MAP_FAILED)
            return SEAM_ERROR_IO;
        mapping->data = data;
    }
    mapping->next = graph->mappings;
    graph->mappings = mapping;
    *out = mapping;
    return SEAM_OK;
}

/* Below the folder by its words alone: relative, and never upwards. */
static bool location_is_inside(const char *location)
{
    if (!*location || *location == '/' || strchr(location, '\\') || strchr(location, ':'))
        return false;
    for (const char *p = location; p; p = strchr(p, '/')) {
        p += *p == '/';
        if (p[0] == '.' && p[1] == '.' && (p[2] == '/' || p[2] == '\0'))
            return false;
    }
    return true;
}

/* The real path of `location` below the model's folder; NULL, and errno, where it is not there.
 * *escapes where a link leads out of the folder. The caller frees it. */
static char *resolve_location(const char *model, const char *location, bool *escapes)
{
    const char *slash = strrchr(model, '/');
    int length = slash ? (int)(slash - model) + 1 : 0;
    char path[PATH_MAX];
    *escapes = false;
    if (snprintf(path, sizeof(path), "%.*s.", length, model) >= (int)sizeof(path)) {
        errno = ENAMETOOLONG;
        return NULL;
    }
    char *folder = realpath(path, NULL);
    if (!folder)
        return NULL;
    char *real = NULL;
    if (snprintf(path, sizeof(path), "%.*s%s", length, model, location) < (int)sizeof(path))
        real = realpath(path, NULL);
    else
        errno = ENAMETOOLONG;
    size_t n = strlen(folder);
    if (real && n > 1 && (strncmp(real, folder, n) || real[n] != '/'))
        *escapes = true;
    int saved = errno;
    free(folder);
    errno = saved;
    return real;
}

static enum seam_result open_external(struct seam_graph *graph, const char *location,
                                      const char *tensor, const uint8_t **data, uint64_t *size,
                                      struct seam_log *log)
{
    size_t count = 0;
    struct seam_onnx_mapping *mapping = graph->mappings;
    for (; mapping; mapping = mapping->next, count++)
        if (mapping->location && !strcmp(mapping->location, location))
            goto found;
    graph->external_failed = true;
    if (count > MAX_EXTERNAL_FILES)
        return seam_log_fail(log, SEAM_ERROR_MODEL,
                             "%s: its weights lie in more than %d files; save it with all of them in one",
                             graph->path, MAX_EXTERNAL_FILES);
    bool escapes = !location_is_inside(location);
    char *real = escapes ? NULL : resolve_location(graph->path, location, &escapes);
    if (escapes) {
        free(real);
        return seam_log_fail(log, SEAM_ERROR_MODEL,
                             "%s: its weights file '%s' lies outside the model's folder; put it "
                             "beside the model",
                             graph->path, location);
    }
    enum seam_result result = SEAM_ERROR_IO;
    int fd = real ? open(real, TO_READ) : -1;
    if (fd >= 0)
        result = map_file(graph, fd, location, &mapping);
    int saved = errno;
    if (fd >= 0)
        close(fd);
    free(real);
    if (result != SEAM_OK)
        return seam_log_fail(log, SEAM_ERROR_MODEL,
                             "%s: its weights file '%s' (for %s) cannot be read: %s; download it "
                             "too and put it beside the model",
                             graph->path, location, tensor, strerror(saved));
    graph->external_failed = false;
found:
    *data = mapping->data;
    *size = mapping->size;
    return SEAM_OK;
}

static int compare_slots(const void *a, const void *b)
{
    return strcmp(((const struct name_slot *)a)->name, ((const struct name_slot *)b)->name);
}

static struct name_slot *fill_slots(struct seam_graph *graph, struct name_slot *slot,
                                    int32_t *initializer_ids)
{
    for (size_t i = 0; i < graph->n_nodes; i++) {
        const struct seam_onnx_node *node = &graph->nodes[i];
        for (size_t k = 0; k < node->n_inputs; k++)
            *slot++ =
                (struct name_slot){ node->input_names[k], (int32_t *)(uintptr_t)&node->inputs[k] };
        for (size_t k = 0; k < node->n_outputs; k++)
            *slot++ = (struct name_slot){ node->output_names[k],
                                          (int32_t *)(uintptr_t)&node->outputs[k] };
    }
    for (size_t i = 0; i < graph->n_inputs; i++)
        *slot++ =
            (struct name_slot){ graph->inputs[i].name, (int32_t *)(uintptr_t)&graph->inputs[i].id };
    for (size_t i = 0; i < graph->n_outputs; i++)
        *slot++ = (struct name_slot){ graph->outputs[i].name,
                                      (int32_t *)(uintptr_t)&graph->outputs[i].id };
    for (size_t i = 0; i < graph->n_initializers; i++)
        *slot++ = (struct name_slot){ graph->initializers[i].name, &initializer_ids[i] };
    return slot;
}

/* Old files list their weights among the inputs, too. */
static bool drop_weights_from_inputs(struct seam_graph *graph)
{
    bool *weight = calloc(graph->n_values + 1, sizeof(*weight));
    if (!weight)
        return false;
    struct seam_onnx_value *inputs = (struct seam_onnx_value *)(uintptr_t)graph->inputs;
    size_t kept = 0;
    for (size_t i = 0; i < graph->n_initializers; i++)
        if (graph->initializer_ids[i] >= 0)
            weight[graph->initializer_ids[i]] = true;
    for (size_t i = 0; i < graph->n_inputs; i++)
        if (inputs[i].id >= 0 && !weight[inputs[i].id])
            inputs[kept++] = inputs[i];
    graph->n_inputs = kept;
    free(weight);
    return true;
}

/* Give each name a number. Sorting, because a hash table can be made slow by a hostile file. */
static bool number_names(struct seam_graph *graph)
{
    size_t count = graph->n_inputs + graph->n_outputs + graph->n_initializers;
    for (size_t i = 0; i < graph->n_nodes; i++)
        count += graph->nodes[i].n_inputs + graph->nodes[i].n_outputs;
    int32_t *initializer_ids =
        seam_arena_alloc(&graph->arena, graph->n_initializers, sizeof(*initializer_ids));
    const char **names = seam_arena_alloc(&graph->arena, count, sizeof(*names));
    struct name_slot *slots = calloc(count + 1, sizeof(*slots));
    if (!initializer_ids || !names || !slots || count > INT32_MAX) {
        free(slots);
        return false;
    }
    fill_slots(graph, slots, initializer_ids);
    qsort(slots, count, sizeof(*slots), compare_slots);

    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        if (!*slots[i].name) {
            *slots[i].id = -1;
            continue;
        }
        if (!n || strcmp(names[n - 1], slots[i].name))
            names[n++] = slots[i].name;
        *slots[i].id = (int32_t)(n - 1);
    }
    free(slots);
    graph->names = names;
    graph->n_values = n;
    graph->initializer_ids = initializer_ids;
    return drop_weights_from_inputs(graph);
}

static struct seam_graph *graph_new(const char *path)
{
    struct seam_graph *graph = calloc(1, sizeof(*graph));
    if (!graph)
        return NULL;
    seam_arena_init(&graph->arena);
    graph->path = seam_arena_string(&graph->arena, path, strlen(path));
    if (!graph->path)
        seam_onnx_close(&graph);
    return graph;
}

static enum seam_result graph_decode(const struct seam_decoder *decoder, const void *data,
                                     size_t size)
{
    struct seam_graph *graph = decoder->graph;
    enum seam_result result = seam_decode_model(decoder, data, size);
    if (result != SEAM_OK)
        return result;
    if (graph->opset < 7)
        return seam_log_fail(decoder->log, SEAM_ERROR_MODEL,
                             "%s: operator set %lld is older than 7; convert it with "
                             "onnx.version_converter",
                             graph->path, (long long)graph->opset);
    return number_names(graph) ? SEAM_OK : seam_decode_memory(decoder);
}

enum seam_result seam_onnx_open_memory(struct seam_graph **out, const void *data, size_t size,
                                       const char *name, struct seam_log *log)
{
    struct seam_graph *graph = *out = graph_new(name);
    if (!graph)
        return seam_log_fail(log, SEAM_ERROR_MEMORY, "%s: no memory to read the network", name);
    struct seam_decoder decoder = { .graph = graph, .log = log };
    enum seam_result result = graph_decode(&decoder, data, size);
    if (result != SEAM_OK)
        seam_onnx_close(out);
    return result;
}

enum seam_result seam_onnx_open(struct seam_graph **out, const char *path, struct seam_log *log)
{
    struct seam_graph *graph = *out = graph_new(path);
    if (!graph)
        return seam_log_fail(log, SEAM_ERROR_MEMORY, "%s: no memory to read the network", path);
    struct seam_decoder decoder = { .graph = graph, .log = log, .external = open_external };
    struct seam_onnx_mapping *mapping = NULL;
    int fd = open(path, TO_READ);
    enum seam_result result = fd < 0 ? SEAM_ERROR_IO : map_file(graph, fd, NULL, &mapping);
    int saved = errno;
    if (fd >= 0)
        close(fd);
    if (result != SEAM_OK)
        seam_log_fail(log, result, "%s: cannot read the model: %s", path, strerror(saved));
    else
        result = graph_decode(&decoder, mapping->data, mapping->size);
    if (result != SEAM_OK)
        seam_onnx_close(out);
    return result;
}

enum seam_result seam_onnx_check_external(const char *path, struct seam_log *log)
{
    struct seam_log quiet;
    struct seam_graph *graph = graph_new(path);
    struct seam_onnx_mapping *mapping = NULL;
    seam_log_init(&quiet);
    if (!graph)
        return seam_log_fail(log, SEAM_ERROR_MEMORY, "%s: no memory to read the network", path);
    struct seam_decoder decoder = { .graph = graph, .log = &quiet, .external = open_external };
    int fd = open(path, TO_READ);
    enum seam_result result = SEAM_OK;
    if (fd >= 0 && map_file(graph, fd, NULL, &mapping) == SEAM_OK)
        result = seam_decode_model(&decoder, mapping->data, mapping->size);
    if (fd >= 0)
        close(fd);
    if (graph->external_failed)
        seam_log_fail(log, result, "%s", quiet.error);
    else
        result = SEAM_OK;
    seam_onnx_close(&graph);
    return result;
}

void seam_onnx_close(struct seam_graph **graph)
{
    if (!graph || !*graph)
        return;
    for (struct seam_onnx_mapping *m = (*graph)->mappings; m; m = m->next)
        if (m->data)
            munmap(m->data, m->size);
    seam_arena_free(&(*graph)->arena);
    free(*graph);
    *graph = NULL;
}

const struct seam_onnx_attr *seam_onnx_attr(const struct seam_onnx_node *node, const char *name)
{
    for (size_t i = 0; i < node->n_attrs; i++)
        if (!strcmp(node->attrs[i].name, name))
            return &node->attrs[i];
    return NULL;
}

int64_t seam_onnx_int(const struct seam_onnx_node *node, const char *name, int64_t otherwise)
{
    const struct seam_onnx_attr *attr = seam_onnx_attr(node, name);
    return attr && attr->type == SEAM_ATTR_INT ? attr->i : otherwise;
}

const char *seam_onnx_string(const struct seam_onnx_node *node, const char *name,
                             const char *otherwise)
{
    const struct seam_onnx_attr *attr = seam_onnx_attr(node, name);
    return attr && attr->type == SEAM_ATTR_STRING ? attr->s : otherwise;
}
