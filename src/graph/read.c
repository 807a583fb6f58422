#include <errno.h>
#include <string.h>

#include "base/checksum.h"
#include "base/log.h"
#include "graph/parts.h"

/* safetensors before PyTorch: a length may begin as a pickle does, but no pickle has a brace behind
 * eight bytes that are so small a number. */
const struct seam_reader *const seam_readers[] = { &seam_reader_archive,
                                                   &seam_reader_safetensors,
                                                   &seam_reader_torch,
                                                   &seam_reader_ncnn,
                                                   &seam_reader_kind,
                                                   &seam_reader_onnx,
                                                   NULL };

static const struct seam_reader *reader_of(const struct seam_network_file *file)
{
    const struct seam_reader *const *reader = seam_readers;
    while (!(*reader)->takes(file))
        reader++;
    return *reader;
}

bool seam_graph_is_other(const char *path, const uint8_t *data, size_t size)
{
    return reader_of(&(struct seam_network_file){ path, data, size, false }) == &seam_reader_kind;
}

static enum seam_result read_file(struct seam_graph *graph, const struct seam_network_file *file,
                                  const struct seam_reader **taken, struct seam_log *log)
{
    *taken = reader_of(file);
    const enum seam_result result = (*taken)->read(graph, file, log);
    if (result == SEAM_OK && !seam_graph_number(graph))
        return seam_log_fail(log, SEAM_ERROR_MEMORY, "%s: no memory to read the network",
                             file->path);
    return result;
}

enum seam_result seam_graph_open_memory(struct seam_graph **out, const void *data, size_t size,
                                        const char *name, struct seam_log *log)
{
    return seam_graph_open_memory_told(out, data, size, name, NULL, log);
}

enum seam_result seam_graph_open_memory_told(struct seam_graph **out, const void *data,
                                             size_t size, const char *name,
                                             const struct seam_graph_told *told,
                                             struct seam_log *log)
{
    *out = seam_graph_new(name);
    if (!*out)
        return seam_log_fail(log, SEAM_ERROR_MEMORY, "%s: no memory to read the network", name);
    if (told)
        (*out)->told = *told;
    (*out)->checksum = seam_checksum(0, data, size);
    const struct seam_network_file file = {
        .path = name, .data = data, .size = size, .in_memory = true
    };
    const struct seam_reader *reader;
    const enum seam_result result = read_file(*out, &file, &reader, log);
    if (result != SEAM_OK)
        seam_graph_close(out);
    return result;
}

enum seam_result seam_graph_open(struct seam_graph **out, const char *path, struct seam_log *log)
{
    return seam_graph_open_told(out, path, NULL, NULL, log);
}

static enum seam_result load(struct seam_graph *graph, struct seam_onnx_file **file,
                             struct seam_log *log)
{
    const enum seam_result result = seam_graph_load(graph, graph->path, NULL, file);
    if (result == SEAM_CANCELLED)
        return seam_log_fail(log, result, "cancelled");
    if (result != SEAM_OK)
        seam_log_fail(log, result, "%s: cannot read the model: %s", graph->path,
                      seam_graph_why(errno));
    return result;
}

enum seam_result seam_graph_open_told(struct seam_graph **out, const char *path,
                                      const struct seam_graph_told *told,
                                      const struct seam_reader **reader, struct seam_log *log)
{
    struct seam_onnx_file *file = NULL;
    const struct seam_reader *unasked, **taken = reader ? reader : &unasked;
    *taken = NULL;
    *out = seam_graph_new(path);
    if (!*out)
        return seam_log_fail(log, SEAM_ERROR_MEMORY, "%s: no memory to read the network", path);
    if (told)
        (*out)->told = *told;
    enum seam_result result = seam_graph_find(*out, log);
    if (result == SEAM_OK)
        result = load(*out, &file, log);
    if (result == SEAM_OK)
        result = read_file(
            *out, &(struct seam_network_file){ (*out)->path, file->data, file->size, false },
            taken, log);
    if (result != SEAM_OK)
        seam_graph_close(out);
    return result;
}
