/* Files that people take for networks, by their first bytes: each is refused by what it is. */
#include <string.h>

#include "base/common.h"
#include "base/log.h"
#include "graph/bytes.h"
#include "graph/parts.h"

#define EXPORT "; export it as ONNX"

static const struct kind {
    size_t at; /* of the bytes in the file */
    size_t n;
    const char *bytes;
    const char *words;
} kinds[] = {
    { 0, 23, "version https://git-lfs",
      "a Git LFS pointer, not the network itself; fetch it with 'git lfs pull', or "
      "download the file by its raw link" },
    { 4, 4, "TFL3", "a TensorFlow Lite file" EXPORT " with tf2onnx" },
    { 0, 8, "\x89HDF\r\n\x1a\n", "an HDF5 file, as Keras saves networks" EXPORT " with tf2onnx" },
    { 0, 4, "GGUF", "a GGUF file, which holds a language model" },
    { 0, 6, "\x93NUMPY", "a NumPy array, not a network" },
    { 0, 8, "\x89PNG\r\n\x1a\n", "a picture (PNG), not a network" },
    { 0, 3, "\xff\xd8\xff", "a picture (JPEG), not a network" },
    { 0, 4, "II*\0", "a picture (TIFF), not a network" },
    { 0, 4, "MM\0*", "a picture (TIFF), not a network" },
    { 8, 4, "WEBP", "a picture (WebP), not a network" },
    { 0, 4, "%PDF", "a PDF document, not a network" },
    { 0, 2, "\x1f\x8b", "a gzip archive; unpack it and name the network in it" },
    { 0, 6, "\3757zXZ\0", "an xz archive; unpack it and name the network in it" },
    { 0, 4, "\x28\xb5\x2f\xfd", "a zstd archive; unpack it and name the network in it" },
    { 0, 3, "BZh", "a bzip2 archive; unpack it and name the network in it" },
    { 0, 6, "7z\xbc\xaf\x27\x1c", "a 7z archive; unpack it and name the network in it" },
    { 0, 4, "Rar!", "a RAR archive; unpack it and name the network in it" },
    { 257, 5, "ustar",
      "a tar archive; unpack it and name the network in it (a checkpoint of PyTorch before "
      "0.1.10 is one: save it anew with torch.save)" },
    { 0, 4, "\177ELF", "a program or library, not a network" },
    { 0, 2, "MZ", "a program or library, not a network" },
    { 0, 4, "ftrt",
      "an engine of TensorRT, made for one GPU; use the network that it was made of" },
    { 0, 4, "ptrt",
      "an engine of TensorRT, made for one GPU; use the network that it was made of" },
    { 0, 4, "\xdd\x85\x76\0",
      "a network of ncnn in its binary form (.param.bin), which holds no names; use the .param "
      "file that it was made of" },
    { 0, 4, "\x47\x6b\x30\x01",
      "the weights of an ncnn network (.bin) without its layers; put its .param file beside it" },
    { 0, 4, "blob", "a Caffe file" EXPORT },
};

/* Words that a text begins with, in any case, behind spaces and a mark of UTF-8. */
static const struct {
    const char *begin, *words;
} texts[] = {
    { "<!doctype html", "a web page, not a network; download the file itself (its raw link)" },
    { "<html", "a web page, not a network; download the file itself (its raw link)" },
    { "<?xml", "an XML file (OpenVINO keeps networks so)" EXPORT },
    { "<net", "an OpenVINO file" EXPORT },
    { "{", "a JSON text, not a network" },
    { "name:", "a description of a Caffe network" EXPORT },
    { "layer {", "a description of a Caffe network" EXPORT },
};

static bool text_begins(const struct seam_network_file *file, const char *begin)
{
    size_t at = file->size >= 3 && !memcmp(file->data, "\xef\xbb\xbf", 3) ? 3 : 0;
    while (at < file->size && at < 1024 && strchr(" \t\r\n", file->data[at]) && file->data[at])
        at++;
    for (; *begin; begin++, at++) {
        const int c = at < file->size ? file->data[at] : 0;
        if ((c >= 'A' && c <= 'Z' ? c + 32 : c) != *begin)
            return false;
    }
    return true;
}

/* TensorFlow's graphs are protocol buffers as ONNX files are. A frozen graph begins with a node:
 * its name and its operator; a saved model with version 1 and a long graph. */
static const char *tensorflow(const struct seam_network_file *file)
{
    const uint8_t *const d = file->data;
    if (file->size > 16 && d[0] == 0x0a && d[1] > 4 && d[1] < 0x80 && d[2] == 0x0a && d[3] < d[1] &&
        (size_t)d[3] + 5 < file->size && d[4 + d[3]] == 0x12)
        return "a TensorFlow file (a frozen graph)" EXPORT " with tf2onnx";
    if (file->size > 64 && d[0] == 0x08 && d[1] == 1 && d[2] == 0x12 && d[3] >= 0x80 &&
        d[4] >= 0x80)
        return "a TensorFlow file (a saved model)" EXPORT " with tf2onnx";
    return NULL;
}

/* Letters, digits and spaces only, as far as anybody looks. */
static bool is_text(const struct seam_network_file *file)
{
    const size_t most = file->size < 512 ? file->size : 512;
    for (size_t i = 0; i < most; i++)
        if ((file->data[i] < 0x20 && !strchr("\t\r\n", file->data[i])) || !file->data[i] ||
            file->data[i] == 0x7f)
            return false;
    return true;
}

static bool all_zero(const struct seam_network_file *file)
{
    const size_t most = file->size < 4096 ? file->size : 4096;
    for (size_t i = 0; i < most; i++)
        if (file->data[i])
            return false;
    return true;
}

static const char *find_words(const struct seam_network_file *file)
{
    if (file->size == 0)
        return "an empty file; download it again";
    for (size_t i = 0; i < SEAM_ARRAY_LEN(kinds); i++)
        if (file->size >= kinds[i].at + kinds[i].n &&
            !memcmp(file->data + kinds[i].at, kinds[i].bytes, kinds[i].n))
            return kinds[i].words;
    for (size_t i = 0; i < SEAM_ARRAY_LEN(texts); i++)
        if (text_begins(file, texts[i].begin))
            return texts[i].words;
    if (all_zero(file))
        return "a file of zeros, as a download leaves that was cut off; download it again";
    const char *const words = tensorflow(file);
    if (words)
        return words;
    return is_text(file) ? "a text, not a network; if it was downloaded, fetch the file itself "
                           "(its raw link)" : NULL;
}

static bool kind_takes(const struct seam_network_file *file)
{
    return find_words(file) != NULL;
}

static enum seam_result kind_read(struct seam_graph *graph, const struct seam_network_file *file,
                                  struct seam_log *log)
{
    return seam_log_fail(log, SEAM_ERROR_MODEL, "%s: this is %s", graph->path, find_words(file));
}

const struct seam_reader seam_reader_kind = { "other", kind_takes, kind_read };
