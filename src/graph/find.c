/* Which file a name means: either file of a pair, or the only network of a folder. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/common.h"
#include "base/log.h"
#include "graph/parts.h"

static const char *const endings[] = { ".onnx",        ".pth",   ".pt",     ".ckpt",
                                       ".safetensors", ".param", ".dtmodel" };

static bool ends(const char *text, const char *end)
{
    const size_t n = strlen(text), m = strlen(end);
    return n > m && !strcmp(text + n - m, end);
}

static bool is_network(const char *name)
{
    for (size_t i = 0; i < SEAM_ARRAY_LEN(endings); i++)
        if (*name != '.' && ends(name, endings[i]))
            return true;
    return false;
}

/* Two names in one, in the arena. */
static char *join(struct seam_arena *arena, const char *a, size_t n, const char *b)
{
    char *const joined = seam_arena_alloc(arena, n + strlen(b) + 1, 1);
    if (joined) {
        memcpy(joined, a, n);
        strcpy(joined + n, b);
    }
    return joined;
}

/* The networks in a folder: how many, the first by name, and some of their names. */
struct found {
    size_t count;
    bool tensorflow;
    char first[NAME_MAX + 1], names[400];
};

static bool look(const char *folder, struct found *f)
{
    DIR *const dir = opendir(folder);
    const struct dirent *entry;
    size_t length = 0;
    *f = (struct found){ 0 };
    while (dir && (entry = readdir(dir))) {
        f->tensorflow |= !strcmp(entry->d_name, "saved_model.pb");
        if (!is_network(entry->d_name))
            continue;
        f->count++;
        snprintf(f->first, sizeof(f->first), "%s", entry->d_name);
        if (length < sizeof(f->names))
            length += (size_t)snprintf(f->names + length, sizeof(f->names) - length, "%s%s",
                                       length ? ", " : "", entry->d_name);
    }
    if (dir)
        closedir(dir);
    return dir != NULL;
}

static enum seam_result find_in_folder(struct seam_graph *graph, struct seam_log *log)
{
    const char *const folder = graph->path;
    struct found f;
    if (!look(folder, &f))
        return seam_log_fail(log, SEAM_ERROR_IO, "%s: cannot read the folder: %s", folder,
                             strerror(errno));
    if (f.tensorflow)
        return seam_log_fail(log, SEAM_ERROR_MODEL,
                             "%s: this is a TensorFlow file (a saved model); export it as ONNX "
                             "with tf2onnx",
                             folder);
    if (f.count == 0)
        return seam_log_fail(log, SEAM_ERROR_MODEL, "%s: there is no network in this folder",
                             folder);
    if (f.count > 1)
        return seam_log_fail(log, SEAM_ERROR_MODEL,
                             "%s: there is more than one network in this folder (%s); name one",
                             folder, f.names);
    const size_t n = strlen(folder);
    char *const with_slash = join(&graph->arena, folder, n, folder[n - 1] == '/' ? "" : "/");
    graph->path = with_slash ? join(&graph->arena, with_slash, strlen(with_slash), f.first) : NULL;
    return graph->path
               ? SEAM_OK
               : seam_log_fail(log, SEAM_ERROR_MEMORY, "%s: no memory to read the network", folder);
}

enum seam_result seam_graph_find(struct seam_graph *graph, struct seam_log *log)
{
    struct stat st;
    if (stat(graph->path, &st) == 0 && S_ISDIR(st.st_mode))
        return find_in_folder(graph, log);
    if (ends(graph->path, ".bin")) {
        char *const pair = join(&graph->arena, graph->path, strlen(graph->path) - 4, ".param");
        if (pair && access(pair, R_OK) == 0)
            graph->path = pair;
    }
    return SEAM_OK;
}
