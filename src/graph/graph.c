/* For anonymous mappings, which POSIX does not know yet. */
#define _DEFAULT_SOURCE

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
/* Bytes that tell what a file is. */
#define FIRST 4096

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

/* Up to `size` bytes of a file, which may end before, from `at` on. */
static ssize_t read_some(int fd, void *data, size_t size, size_t at)
{
    ssize_t n;
    do
        n = pread(fd, data, size, (off_t)at);
    while (n < 0 && errno == EINTR);
    return n;
}

/* Read the file, and continue the graph's checksum by the name that it has beside another, and by
 * all its bytes. */
static enum seam_result read_file(struct seam_graph *graph, int fd, struct seam_onnx_file *m)
{
    uint8_t *const data = m->data;
    if (m->location)
        graph->checksum = seam_checksum(graph->checksum, m->location, strlen(m->location) + 1);
    for (size_t at = 0; at < m->size;) {
        if (seam_cancel_asked(&graph->told.cancel))
            return SEAM_CANCELLED;
        const size_t most = m->size - at < CHUNK ? m->size - at : CHUNK;
        const ssize_t n = read_some(fd, data + at, most, at);
        if (n <= 0) {
            errno = n ? errno : EBUSY; /* it ends before it ended */
            return SEAM_ERROR_IO;
        }
        graph->checksum = seam_checksum(graph->checksum, data + at, (size_t)n);
        at += (size_t)n;
    }
    return SEAM_OK;
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

/* How much of a file is worth reading: of what is no network the first bytes, which tell that. */
static size_t size_to_read(int fd, const char *path, size_t size)
{
    uint8_t first[FIRST];
    if (size <= FIRST || read_some(fd, first, FIRST, 0) != FIRST)
        return size;
    return seam_graph_is_other(path, first, FIRST) ? FIRST : size;
}

static enum seam_result take_memory(const struct seam_graph *graph, struct seam_onnx_file *file)
{
    const uint64_t most = graph->told.memory;
    const size_t size = file->size;
    void *data = most && size > most
                     ? MAP_FAILED
                     : mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (data == MAP_FAILED) {
        errno = ENOMEM;
        return SEAM_ERROR_MEMORY;
    }
    file->data = data;
    file->taken = size;
    return SEAM_OK;
}

static enum seam_result load_open(struct seam_graph *graph, int fd, const char *path,
                                  const char *location, struct seam_onnx_file **out)
{
    struct stat st, now;
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
        errno = EINVAL;
        return SEAM_ERROR_IO;
    }
    struct seam_onnx_file *file = seam_arena_alloc(&graph->arena, 1, sizeof(*file));
    if (!file)
        return SEAM_ERROR_MEMORY;
    *file = (struct seam_onnx_file){
        .location = location,
        .path = seam_arena_string(&graph->arena, path, strlen(path)),
        .found = st,
        .size = (size_t)st.st_size,
    };
    if (!file->path)
        return SEAM_ERROR_MEMORY;
    if (!location)
        file->size = size_to_read(fd, path, file->size);
    enum seam_result result = file->size ? take_memory(graph, file) : SEAM_OK;
    if (result != SEAM_OK)
        return result;
    /* From here on the graph gives it back. */
    file->next = graph->files;
    graph->files = file;
    result = read_file(graph, fd, file);
    /* Half of what it was and half of what it is now would be no file at all. */
    if (result == SEAM_OK && (fstat(fd, &now) < 0 || !is_unchanged(&st, &now))) {
        errno = EBUSY;
        result = SEAM_ERROR_IO;
    }
    *out = file;
    return result;
}

enum seam_result seam_graph_load(struct seam_graph *graph, const char *path, const char *location,
                                struct seam_onnx_file **out)
{
    const int fd = open(path, TO_READ);
    if (fd < 0)
        return SEAM_ERROR_IO;
    const enum seam_result result = load_open(graph, fd, path, location, out);
    const int saved = errno;
    close(fd);
    errno = saved;
    return result;
}

const char *seam_graph_why(int error)
{
    return error == EBUSY    ? "it was changed while it was read; wait until it is whole"
           : error == ENOMEM ? "it is larger than the memory that there is"
                             : strerror(error);
}

enum seam_result seam_graph_check_unchanged(const struct seam_graph *graph, struct seam_log *log)
{
    struct stat now;
    for (const struct seam_onnx_file *m = graph->files; m; m = m->next)
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
    for (const struct seam_onnx_file *m = graph->files; m; m = m->next)
        if (m->location && i-- == 0) {
            *file = (struct seam_graph_file){ m->location, m->data, m->size };
            return true;
        }
    return false;
}

void seam_graph_drop_weights(struct seam_graph *graph)
{
    for (struct seam_onnx_file *m = graph->files; m; m = m->next) {
        if (m->data)
            munmap(m->data, m->taken);
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
