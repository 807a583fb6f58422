#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/checksum.h"
#include "base/log.h"
#include "graph/parts.h"

/* A pipe is not waited for. */
#define TO_READ (O_RDONLY | O_CLOEXEC | O_NONBLOCK)
#define CHUNK ((size_t)1 << 18)

struct seam_graph *seam_graph_new(const char *path)
{
    struct seam_graph *graph = calloc(1, sizeof(*graph));
    if (!graph)
        return NULL;
    seam_arena_init(&graph->arena);
    graph->path = seam_arena_string(&graph->arena, path, strlen(path));
    if (!graph->path)
        seam_graph_close(&graph);
    return graph;
}

/* Continue the graph's checksum by the name that a file beside it has and by all its bytes. They
 * are read, not looked at in the mapping: that would make all weights resident, and a bad sector a
 * signal. */
static enum seam_result sum_file(struct seam_graph *graph, int fd, const char *location)
{
    char *chunk = malloc(CHUNK);
    ssize_t n = 1;
    if (!chunk)
        return SEAM_ERROR_MEMORY;
    if (location)
        graph->checksum = seam_checksum(graph->checksum, location, strlen(location) + 1);
    for (off_t at = 0; n > 0 || (n < 0 && errno == EINTR); at += n > 0 ? n : 0) {
        n = pread(fd, chunk, CHUNK, at);
        graph->checksum = seam_checksum(graph->checksum, chunk, n > 0 ? (size_t)n : 0);
    }
    const int saved = errno;
    free(chunk);
    errno = saved;
    return n < 0 ? SEAM_ERROR_IO : SEAM_OK;
}

/* Whether a file is the one that was found, and nobody has written to it. */
static bool is_unchanged(const struct stat *found, const struct stat *now)
{
    return now->st_dev == found->st_dev && now->st_ino == found->st_ino &&
           now->st_size == found->st_size && now->st_mtim.tv_sec == found->st_mtim.tv_sec &&
           now->st_mtim.tv_nsec == found->st_mtim.tv_nsec &&
           now->st_ctim.tv_sec == found->st_ctim.tv_sec &&
           now->st_ctim.tv_nsec == found->st_ctim.tv_nsec;
}

static enum seam_result map_open(struct seam_graph *graph, int fd, const char *path,
                                 const char *location, struct seam_onnx_mapping **out)
{
    struct stat st, now;
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
        errno = EINVAL;
        return SEAM_ERROR_IO;
    }
    struct seam_onnx_mapping *mapping = seam_arena_alloc(&graph->arena, 1, sizeof(*mapping));
    if (!mapping)
        return SEAM_ERROR_MEMORY;
    mapping->location = location;
    mapping->path = seam_arena_string(&graph->arena, path, strlen(path));
    mapping->found = st;
    mapping->size = (size_t)st.st_size;
    if (!mapping->path)
        return SEAM_ERROR_MEMORY;
    const enum seam_result result = sum_file(graph, fd, location);
    if (result != SEAM_OK)
        return result;
    /* What is mapped beyond the end of a file that was cut meanwhile would be a signal. */
    if (fstat(fd, &now) < 0 || !is_unchanged(&st, &now)) {
        errno = EBUSY;
        return SEAM_ERROR_IO;
    }
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

enum seam_result seam_graph_map(struct seam_graph *graph, const char *path, const char *location,
                                struct seam_onnx_mapping **out)
{
    const int fd = open(path, TO_READ);
    if (fd < 0)
        return SEAM_ERROR_IO;
    const enum seam_result result = map_open(graph, fd, path, location, out);
    const int saved = errno;
    close(fd);
    errno = saved;
    return result;
}

const char *seam_graph_why(int error)
{
    return error == EBUSY ? "it was changed while it was read; wait until it is whole"
                          : strerror(error);
}

enum seam_result seam_graph_check_unchanged(const struct seam_graph *graph, struct seam_log *log)
{
    struct stat now;
    for (const struct seam_onnx_mapping *m = graph->mappings; m; m = m->next)
        if (stat(m->path, &now) != 0 || !is_unchanged(&m->found, &now))
            return seam_log_fail(
                log, SEAM_ERROR_MODEL,
                "%s was changed while the network was read; wait until it is whole, "
                "and run the same again",
                m->path);
    return SEAM_OK;
}

bool seam_graph_file(const struct seam_graph *graph, size_t i, struct seam_graph_file *file)
{
    for (const struct seam_onnx_mapping *m = graph->mappings; m; m = m->next)
        if (m->location && i-- == 0) {
            *file = (struct seam_graph_file){ m->location, m->data, m->size };
            return true;
        }
    return false;
}

void seam_graph_drop_weights(struct seam_graph *graph)
{
    for (struct seam_onnx_mapping *m = graph->mappings; m; m = m->next) {
        if (m->data)
            munmap(m->data, m->size);
        m->data = NULL;
        m->size = 0;
    }
    graph->onnx = NULL;
    graph->onnx_size = 0;
}

void seam_graph_close(struct seam_graph **graph)
{
    if (!graph || !*graph)
        return;
    seam_graph_drop_weights(*graph);
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
