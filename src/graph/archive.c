/* Zip files that hold a network: PyTorch's checkpoints, and packages such as darktable's
 * .dtmodel. */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "graph/build.h"
#include "graph/json.h"
#include "graph/torch.h"

static bool archive_takes(const struct seam_network_file *file)
{
    return file->size >= 4 && !memcmp(file->data, "PK\3\4", 4);
}

static bool ends(const struct seam_zip_member *m, const char *end)
{
    const size_t n = strlen(end);
    return m->length >= n && !memcmp(m->name + m->length - n, end, n);
}

/* The only network in it; its other ones are named where there are more. */
static struct seam_zip_member *find_onnx(const struct seam_zip *zip, char *others, size_t room)
{
    struct seam_zip_member *found = NULL;
    size_t count = 0, length = 0;
    for (size_t i = 0; i < zip->count; i++) {
        struct seam_zip_member *const m = &zip->members[i];
        if (!ends(m, ".onnx"))
            continue;
        found = m;
        if (count++ < 8 && length < room)
            length += (size_t)snprintf(others + length, room - length, "%s%.*s", length ? ", " : "",
                                       (int)(m->length < 60 ? m->length : 60), m->name);
    }
    if (count <= 1)
        *others = '\0';
    return found;
}

/* config.json tells what the package is. */
static enum seam_result describe(struct seam_graph *graph, struct seam_zip *zip,
                                 struct seam_log *log)
{
    static const char *const keys[][2] = { { "license", "seamless.licence" },
                                           { "name", "seamless.name" },
                                           { "task", "seamless.purpose" },
                                           { "description", "seamless.description" } };
    struct seam_build b;
    size_t n;
    const char *why;
    struct seam_zip_member *const config = seam_zip_ending(zip, "config.json", &n);
    const uint8_t *const text = config ? seam_zip_bytes(zip, config, &why) : NULL;
    seam_build_init(&b, graph, log);
    seam_build_say(&b, "seamless.format", "ONNX in an archive");
    for (size_t i = 0; text && i < sizeof(keys) / sizeof(keys[0]); i++) {
        const char *const value =
            seam_json_member(text, (size_t)config->size, keys[i][0], &graph->arena);
        if (value)
            seam_build_say(&b, keys[i][1], "%s", value);
    }
    return b.result;
}

static enum seam_result read_onnx(struct seam_graph *graph, const struct seam_network_file *file,
                                  struct seam_zip *zip, struct seam_zip_member *member,
                                  struct seam_log *log)
{
    const char *why;
    const uint8_t *const data = seam_zip_bytes(zip, member, &why);
    if (!data)
        return seam_log_fail(log, SEAM_ERROR_MODEL, "%s: no valid archive (%s); download it again",
                             file->path, why);
    const struct seam_network_file inside = {
        .path = file->path, .data = data, .size = (size_t)member->size, .in_memory = true
    };
    const enum seam_result result = seam_reader_onnx.read(graph, &inside, log);
    return result == SEAM_OK ? describe(graph, zip, log) : result;
}

/* What an archive without a network is. */
static const char *other_kind(const struct seam_zip *zip)
{
    static const struct {
        const char *member, *words;
    } kinds[] = {
        { "serialized_exported_program.json",
          "a program of torch.export (.pt2), which only PyTorch can run; use the "
          "checkpoint that it was made of, or export it as ONNX" },
        { "archive_format", "a program of torch.export (.pt2), which only PyTorch can run; use the "
                            "checkpoint that it "
                            "was made of, or export it as ONNX" },
        { "model.weights.h5", "a Keras file; export it as ONNX with tf2onnx" },
        { "weights.npz", "an archive of NumPy arrays, not a network that Seamless knows" },
        { ".npy", "an archive of NumPy arrays, not a network that Seamless knows" },
        { ".pth", "an archive with a network in it; unpack it and name the .pth file" },
        { ".safetensors",
          "an archive with a network in it; unpack it and name the .safetensors file" },
        { ".param", "an archive with a network in it; unpack it and name the .param file" },
        { "[Content_Types].xml", "an office document" },
        { "AndroidManifest.xml", "an Android program" },
    };
    size_t n;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (seam_zip_ending(zip, kinds[i].member, &n))
            return kinds[i].words;
    return "a zip archive without a network in it";
}

/* data.pkl in the archive's only folder, or in none. */
static struct seam_zip_member *find_pickle(const struct seam_zip *zip, size_t *folder)
{
    static const char name[] = "data.pkl";
    for (size_t i = 0; i < zip->count; i++) {
        struct seam_zip_member *const m = &zip->members[i];
        if (!ends(m, name))
            continue;
        *folder = m->length - (sizeof(name) - 1);
        if (*folder == 0 || (m->name[*folder - 1] == '/' && !memchr(m->name, '/', *folder - 1)))
            return m;
    }
    return NULL;
}

static enum seam_result archive_read(struct seam_graph *graph, const struct seam_network_file *file,
                                     struct seam_log *log)
{
    struct seam_zip zip;
    char others[400] = "";
    size_t folder;
    const char *const why = seam_zip_open(&zip, &graph->arena, file->data, file->size);
    if (why)
        return seam_log_fail(log, SEAM_ERROR_MODEL, "%s: no valid archive (%s); download it again",
                             file->path, why);
    struct seam_zip_member *const pickle = find_pickle(&zip, &folder);
    if (pickle)
        return seam_torch_zip(graph, file, &zip, pickle, folder, log);
    struct seam_zip_member *const onnx = find_onnx(&zip, others, sizeof(others));
    if (*others)
        return seam_log_fail(log, SEAM_ERROR_MODEL,
                             "%s: it holds more than one network (%s); unpack it and name one",
                             file->path, others);
    if (onnx)
        return read_onnx(graph, file, &zip, onnx, log);
    return seam_log_fail(log, SEAM_ERROR_MODEL, "%s: this is %s", file->path, other_kind(&zip));
}

const struct seam_reader seam_reader_archive = { "PyTorch", archive_takes, archive_read };
