/* Containers of weights: what is read, what is refused and in which words, and that no file can
 * harm. The linker sends seam_arch_build to the test, which looks at the weights in place of an
 * architecture. */
#include <math.h>

#include <glib/gstdio.h>

#include "unit.h"

#include "field/analysis.h"
#include "graph/arch/arch.h"
#include "graph/finite.h"
#include "graph/parts.h"
#include "graph/weights.h"
#include "weight_files.h"

enum seam_result __wrap_seam_arch_build(struct seam_weights *weights, struct seam_log *log);
enum seam_result __real_seam_arch_build(struct seam_weights *weights, struct seam_log *log);

/* What the weights that were read must be. */
static struct {
    bool looked; /* at the weights, by the function below */
    const struct bytes *file;
    bool half, swapped;
    const char *wrapper;
    size_t in_place; /* weights whose bytes lie in the file */
} expected;

static float value_at(const struct seam_weights *w, const struct seam_weight *t, int tensor, int at)
{
    (void)w;
    const int across = expected.swapped && t->rank == 4 ? 3 : 1;
    /* Swapping the two last axes of a kernel of 3 x 3. */
    const int place = across == 1 ? at : at / 9 * 9 + at % 3 * 3 + at / 3 % 3;
    return weight_value(tensor, place);
}

enum seam_result __wrap_seam_arch_build(struct seam_weights *weights, struct seam_log *log)
{
    if (!expected.file)
        return __real_seam_arch_build(weights, log);
    expected.looked = true;
    g_assert_cmpuint(weights->count, ==, WEIGHT_TENSORS);
    g_assert_cmpstr(weights->wrapper, ==, expected.wrapper ? expected.wrapper : "");
    for (int k = 0; k < WEIGHT_TENSORS; k++) {
        const struct seam_weight *const t = &weights->items[k];
        g_assert_cmpstr(t->name, ==, weight_tensors[k].name);
        g_assert_cmpint(t->rank, ==, weight_tensors[k].rank);
        g_assert_cmpint(t->type, ==, expected.half ? SEAM_ONNX_FLOAT16 : SEAM_ONNX_FLOAT);
        g_assert_cmpuint(t->count, ==, (uint64_t)weight_count(&weight_tensors[k]));
        for (int i = 0; i < t->rank; i++)
            g_assert_cmpint(t->dims[i], ==, weight_tensors[k].dims[i]);
        const float *const floats = seam_weight_floats(weights, t);
        for (int i = 0; i < (int)t->count; i++)
            g_assert_cmpfloat(floats[i], ==, value_at(weights, t, k, i));
        const uint8_t *const begin = expected.file->data;
        expected.in_place += t->data >= begin && t->data + t->size <= begin + expected.file->size;
    }
    return SEAM_OK;
}

static void check_file(struct bytes file, const struct torch_style *style, size_t in_place)
{
    struct seam_log log;
    struct seam_graph *graph;
    seam_log_init(&log);
    memset(&expected, 0, sizeof(expected));
    expected.file = &file;
    expected.half = style->half;
    expected.swapped = style->strided;
    expected.wrapper = style->wrapper;
    assert_ok(seam_graph_open_memory(&graph, file.data, file.size, "net.pth", &log), &log);
    g_assert_true(expected.looked);
    g_assert_cmpuint(expected.in_place, ==, in_place);
    seam_graph_close(&graph);
    bytes_free(&file);
    expected.file = NULL;
}

static void test_zip(void)
{
    static const struct torch_style styles[] = {
        { 0 },
        { .half = true },
        { .zip64 = true },
        { .protocol4 = true },
        { .crc = true, .byteorder = "little" },
        { .wrapper = "params_ema" },
        { .wrapper = "state_dict", .prefix = "module." },
        { .prefix = "module._orig_mod." },
        { .wrapper = "model", .prefix = "netG." },
        { .prefix = "model." },
        { .wrapper = "G_ema" },
        { .wrapper = "state_dict_ema" },
        { .prefix = "ema_model.module." },
        { .wrapper = "state_dict", .prefix = "generator_ema." },
        { .wrapper = "whatever" }, /* the only dictionary that there is */
    };
    for (size_t i = 0; i < SEAM_ARRAY_LEN(styles); i++)
        check_file(torch_zip(&styles[i]), &styles[i], WEIGHT_TENSORS);
    /* What is deflated, or lies in another order, is copied. */
    const struct torch_style deflated = { .deflated = true, .crc = true },
                             strided = { .strided = true };
    check_file(torch_zip(&deflated), &deflated, 0);
    check_file(torch_zip(&strided), &strided, WEIGHT_TENSORS - 2);
}

static void test_rows(void)
{
    static const struct torch_style styles[] = { { 0 }, { .half = true }, { .wrapper = "params" } };
    for (size_t i = 0; i < SEAM_ARRAY_LEN(styles); i++)
        check_file(torch_rows(&styles[i]), &styles[i], WEIGHT_TENSORS);
    /* The number that begins them by protocol 3, and in a frame by protocol 4. */
    const struct torch_style plain = { 0 };
    struct bytes file = torch_rows(&plain), framed = { 0 };
    bytes_put(&framed, "\x80\4\x95\15\0\0\0\0\0\0\0", 11);
    bytes_put(&framed, file.data + 2, file.size - 2);
    file.data[1] = 3;
    check_file(file, &plain, WEIGHT_TENSORS);
    check_file(framed, &plain, WEIGHT_TENSORS);
}

static void test_safetensors(void)
{
    for (int half = 0; half < 2; half++) {
        const struct torch_style style = { .half = half };
        check_file(safetensors_file(half), &style, WEIGHT_TENSORS);
    }
}

/* Open what must be refused; the message is kept. */
static void refuse(const struct bytes *file, const char *words)
{
    struct seam_log log;
    struct seam_graph *graph;
    seam_log_init(&log);
    expected.file = NULL;
    const enum seam_result result =
        seam_graph_open_memory(&graph, file->data, file->size, "bad.pth", &log);
    g_assert_null(graph);
    g_assert_cmpint(result, ==, SEAM_ERROR_MODEL);
    if (words)
        assert_said(&log, SEAM_ERROR_MODEL, words);
    g_assert_nonnull(strstr(log.error, "bad.pth"));
}

static void refuse_pickle(const void *pickle, size_t size, const char *words)
{
    struct bytes p = { 0 };
    const struct torch_style style = { 0 };
    bytes_put(&p, pickle, size);
    struct bytes file = torch_zip_of(&p, &style);
    refuse(&file, words);
    bytes_free(&p);
    bytes_free(&file);
}

#define REFUSE(pickle, words) refuse_pickle(pickle, sizeof(pickle) - 1, words)

/* Programs that ask for more than data. */
static void test_pickles(void)
{
    REFUSE("\x80\2cos\nsystem\nX\7\0\0\0true # \x85R.",
           "whole Python object,os.system,state_dict()");
    REFUSE("\x80\2}X\5\0\0\0paramcposix\nsystem\n)Rs.", "no dictionary of weights,param");
    REFUSE("\x80\2}X\5\0\0\0modelcmine\nNet\n)Rs.", "whole Python object,mine.Net");
    /* An optimiser's state is a dictionary within a dictionary, and no network. */
    REFUSE("\x80\2}X\11\0\0\0optimizer}(X\5\0\0\0state}K\0}X\1\0\0\0aK\1ssX\14\0\0\0"
           "param_groups]us.", "checkpoint of an optimiser");
    REFUSE("\x80\2}(X\5\0\0\0stateK\1X\14\0\0\0param_groupsK\2u.", "checkpoint of an optimiser");
    REFUSE("\x80\2]q\0h\0a.", "no dictionary of weights"); /* a list within itself */
    REFUSE("\x80\2}q\0X\6\0\0\0paramsh\0s.",
           "no dictionary of weights"); /* a wrapper around itself */
    REFUSE("\x80\2u.", "takes what is not there");
    REFUSE("\x80\2h\7.", "memo is empty");
    REFUSE("\x80\2Nr\xff\xff\xff\0.", "memo is out of range");
    REFUSE("\x80\2}X\xff\xff\xff\xff" "a.", "cut off");
    REFUSE("\x80\2I1\n.", "operation that checkpoints do not");
    REFUSE("\x80\1N.", "protocol");
    REFUSE("\x80\2}", "cut off");
    REFUSE("\x80\2K\1.", "no dictionary of weights");
}

/* One tensor whose shape, strides and storage are told. */
static void refuse_tensor(const char *arguments, const char *words)
{
    struct bytes p = { 0 }, file;
    const struct torch_style style = { 0 };
    bytes_text(&p, "\x80\2}X");
    bytes_number(&p, 1, 4);
    bytes_text(&p, "wctorch._utils\n_rebuild_tensor_v2\n((X");
    bytes_number(&p, 7, 4);
    bytes_text(&p, "storagectorch\nFloatStorage\nX");
    bytes_number(&p, 1, 4);
    bytes_text(&p, "0X");
    bytes_number(&p, 3, 4);
    bytes_text(&p, "cpuK\4tQ");
    for (; *arguments; arguments++) {
        if (*arguments == '-')
            bytes_put(&p, "J\xff\xff\xff\xff", 5);
        else if (*arguments == '!')
            bytes_put(&p, "J\xff\xff\xff\x7f", 5);
        else if (*arguments >= '0' && *arguments <= '9')
            bytes_put(&p, (const uint8_t[]){ 'K', (uint8_t)(*arguments - '0') }, 2);
        else
            bytes_put(&p, arguments, 1);
    }
    bytes_text(&p, "tRs.");
    file = torch_zip_of(&p, &style);
    refuse(&file, words);
    bytes_free(&p);
    bytes_free(&file);
}

/* A tensor, and one beside it that is made otherwise. */
static void test_tensors_of_other_kinds(void)
{
    static const char program[] =
        "\x80\2}(X\1\0\0\0wctorch._utils\n_rebuild_tensor_v2\n((X\7\0\0\0storagectorch\n"
        "FloatStorage\nX\1\0\0\0" "0X\3\0\0\0cpuK\4tQK\0(K\4t(K\1ttR"
        "X\1\0\0\0qctorch._utils\n_rebuild_qtensor\n)Ru.";
    refuse_pickle(program, sizeof(program) - 1, "its weight q,_rebuild_qtensor,plain tensor");
}

static void test_tensors(void)
{
    refuse_tensor("0(4t(1t", "architecture"); /* a good one */
    refuse_tensor("0(5t(1t", "beyond its storage");
    refuse_tensor("1(4t(1t", "beyond its storage");
    refuse_tensor("-(4t(1t", "a tensor is broken");
    refuse_tensor("0(-t(1t", "a tensor is broken");
    refuse_tensor("0(4t(-t", "a tensor is broken");
    refuse_tensor("0(4t(11t", "a tensor is broken");
    refuse_tensor("0(!!!!!!!!t(00000000t", "impossible size");
    refuse_tensor("0(!9t(00t", "larger than the file");
    refuse_tensor("0(!!t(!!t", "beyond its storage");
    refuse_tensor("0(111111111t(111111111t", "a tensor is broken");
}

static void test_kinds_of_torch(void)
{
    struct bytes file = torch_zip(&(struct torch_style){ .script = true });
    refuse(&file, "TorchScript,export it as ONNX");
    bytes_free(&file);
    file = torch_zip(&(struct torch_style){ .byteorder = "big" });
    refuse(&file, "big-endian");
    bytes_free(&file);
    file = torch_rows(&(struct torch_style){ .byteorder = "big" });
    refuse(&file, "big-endian");
    bytes_free(&file);
    /* One storage in the list, and no tensor that has it. */
    static const char no_tensors[] = "\x80\2\x8a\12\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."
                                     "\x80\2M\xe9\3.\x80\2}X\15\0\0\0little_endian\x88s."
                                     "\x80\2}.\x80\2](X\1\0\0\0" "0e.\0\0\0\0\0\0\0\0";
    bytes_put(&file, no_tensors, sizeof(no_tensors) - 1);
    refuse(&file, "");
    bytes_free(&file);
    file = (struct bytes){ 0 };
    bytes_put(&file, "\x80\4}.", 4);
    refuse(&file, "Python pickle,state_dict()");
    bytes_free(&file);
    const struct zip_entry export = { "net/serialized_exported_program.json", "{}", 2 };
    file = zip_file(&export, 1, &(struct torch_style){ 0 });
    refuse(&file, "torch.export");
    bytes_free(&file);
    const struct zip_entry none = { "readme.txt", "hello", 5 };
    file = zip_file(&none, 1, &(struct torch_style){ 0 });
    refuse(&file, "zip archive without a network");
    bytes_free(&file);
    const struct zip_entry two[] = { { "a/model_x2.onnx", "", 0 }, { "a/model_x4.onnx", "", 0 } };
    file = zip_file(two, 2, &(struct torch_style){ 0 });
    refuse(&file, "more than one network,model_x2.onnx,model_x4.onnx");
    bytes_free(&file);
}

/* Much from little, and the same bytes twice. */
static void test_archives(void)
{
    uint8_t *const zeros = g_malloc0(64 << 20);
    const struct zip_entry bomb = { "net/data.pkl", zeros, 64 << 20 };
    struct bytes file = zip_file(&bomb, 1, &(struct torch_style){ .deflated = true });
    refuse(&file, "swell");
    bytes_free(&file);
    g_free(zeros);

    file = torch_zip(&(struct torch_style){ 0 });
    /* The last two entries of the list begin at the same place. */
    uint8_t *last = NULL, *before = NULL;
    for (size_t i = 0; i + 4 < file.size; i++)
        if (!memcmp(file.data + i, "PK\1\2", 4)) {
            before = last;
            last = file.data + i;
        }
    memcpy(last + 42, before + 42, 4);
    refuse(&file, "overlap");
    bytes_free(&file);

    file = torch_zip(&(struct torch_style){ .deflated = true, .crc = true });
    file.data[60] ^= 0x10; /* in the pickle */
    refuse(&file, "broken");
    bytes_free(&file);
}

/* No part of a file is a file, and none does harm. */
static void cut_everywhere(struct bytes file)
{
    for (size_t n = 0; n < file.size; n++) {
        struct bytes part = { g_memdup2(file.data, n ? n : 1), n, n };
        refuse(&part, NULL);
        g_free(part.data);
    }
    bytes_free(&file);
}

static void test_cut(void)
{
    cut_everywhere(torch_zip(&(struct torch_style){ .half = true }));
    cut_everywhere(
        torch_zip(&(struct torch_style){ .half = true, .deflated = true, .zip64 = true }));
    cut_everywhere(torch_rows(&(struct torch_style){ .half = true }));
    cut_everywhere(safetensors_file(true));
}

static void refuse_header(const char *header, size_t values, const char *words)
{
    struct bytes file = { 0 };
    bytes_number(&file, strlen(header), 8);
    bytes_text(&file, header);
    for (size_t i = 0; i < values; i++)
        bytes_number(&file, 0, 1);
    refuse(&file, words);
    bytes_free(&file);
}

static void test_headers(void)
{
    refuse_header("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4,
                  "architecture");
    refuse_header("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 5,
                  "bytes behind");
    refuse_header("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 3,
                  "outside the file");
    refuse_header("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}", 4,
                  "another size");
    refuse_header("{\"a\":{\"dtype\":\"F8_E4M3\",\"shape\":[4],\"data_offsets\":[0,4]}}", 4,
                  "type F8_E4M3");
    refuse_header("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
                  "\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "overlap");
    refuse_header("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
                  "\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[8,12]}}", 12, "gap");
    refuse_header("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
                  "\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}",
                  8, "two weights called a");
    refuse_header(
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[18446744073709551615],\"data_offsets\":[0,4]}}", 4,
        "impossible size");
    refuse_header(
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1,1,1,1,1,1,1,1,1],\"data_offsets\":[0,4]}}", 4,
        "too many dimensions");
    refuse_header("{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}", 4, "not described in full");
    refuse_header("{\"a\":1}", 0, "not described");
    refuse_header("{\"a", 0, "header is broken");
    refuse_header("{} x", 0, "header is broken");
    refuse_header("{}", 0, "without weights");
}

/* Each kind of file by its first bytes. */
static void test_kinds(void)
{
    static const struct {
        const char *bytes;
        size_t size;
        const char *words;
    } kinds[] = {
        { "version https://git-lfs.github.com/spec/v1\noid sha256:0\n", 56,
          "Git LFS pointer,git lfs pull" },
        { "<!DOCTYPE html><html>", 21, "web page,raw link" },
        { "\n <HTML><head>", 14, "web page" },
        { "\x1c\0\0\0TFL3\0\0\0\0", 12, "TensorFlow Lite" },
        { "\x0a\x0c\x0a\5input\x12\3abc\0\0\0\0\0", 20, "TensorFlow file,frozen graph" },
        { "\x89HDF\r\n\x1a\n\0\0", 10, "HDF5,Keras" },
        { "\x89PNG\r\n\x1a\n", 8, "picture" },
        { "GGUF\3\0\0\0", 8, "GGUF" },
        { "\x93NUMPY\1\0", 8, "NumPy" },
        { "\x1f\x8b\x08\0", 4, "gzip,unpack" },
        { "{\"a\": 1}", 8, "JSON" },
        { "<?xml version=\"1.0\"?>", 21, "XML,OpenVINO" },
        { "hello there\n", 12, "a text" },
        { "", 0, "empty file,download it again" },
        { "\0\0\0\0\0\0\0\0\0\0\0\0", 12, "zeros,cut off" },
        { "\xdd\x85\x76\0\1\0\0\0", 8, "binary form,.param" },
        { "\x47\x6b\x30\1\0\0\0\0", 8, "weights of an ncnn network,.param" },
        { "7767517\n1 1\nInput a 0 1 a\n", 26, "must hold its own" },
    };
    for (size_t i = 0; i < SEAM_ARRAY_LEN(kinds); i++) {
        struct bytes file = { 0 };
        bytes_put(&file, kinds[i].bytes, kinds[i].size);
        if (!file.data)
            file.data = g_malloc(1);
        refuse(&file, kinds[i].words);
        bytes_free(&file);
    }
}

/* Where the bytes of a tensor lie in the file: all lie one behind the other, and those of a small
 * one may be a part of another's. */
static uint8_t *find_weight(struct bytes *file, int tensor)
{
    uint8_t *at = file->data;
    if (tensor > 0)
        at = find_weight(file, tensor - 1) + 4 * (size_t)weight_count(&weight_tensors[tensor - 1]);
    const int n = weight_count(&weight_tensors[tensor]);
    float values[512];
    g_assert_cmpint(n, <=, (int)SEAM_ARRAY_LEN(values));
    for (int i = 0; i < n; i++)
        values[i] = weight_value(tensor, i);
    while (memcmp(at, values, 4 * (size_t)n) != 0)
        g_assert_true(++at + 4 * (size_t)n <= file->data + file->size);
    return at;
}

/* A weight that is no number, or one that no sum survives, by its name. */
static void test_not_finite(void)
{
    static const float bad[] = { NAN, INFINITY, -INFINITY };
    const struct torch_style plain = { 0 };
    for (int kind = 0; kind < 3; kind++)
        for (int k = 0; k < WEIGHT_TENSORS; k++) {
            struct bytes file = kind == 0   ? torch_zip(&plain)
                                : kind == 1 ? torch_rows(&plain)
                                            : safetensors_file(false);
            const struct weight_tensor *t = &weight_tensors[k];
            const int last = weight_count(t) - 1;
            struct seam_graph *graph;
            struct seam_log log;
            char words[100];
            memcpy(find_weight(&file, k) + 4 * last, &bad[k % 3], 4);
            seam_log_init(&log);
            assert_ok(seam_graph_open_memory(&graph, file.data, file.size, "net.pth", &log), &log);
            g_assert_cmpint(seam_graph_check_finite(graph, &log), ==, SEAM_ERROR_MODEL);
            g_snprintf(words, sizeof(words), "element %d of the weights '%s' is %s", last, t->name,
                       k % 3 ? "infinite" : "not a number");
            if (!strstr(log.error, words))
                g_error("%s: %s", words, log.error);
            seam_graph_close(&graph);
            bytes_free(&file);
        }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/weight-files/zip", test_zip);
    g_test_add_func("/weight-files/rows", test_rows);
    g_test_add_func("/weight-files/safetensors", test_safetensors);
    g_test_add_func("/weight-files/pickles", test_pickles);
    g_test_add_func("/weight-files/tensors", test_tensors);
    g_test_add_func("/weight-files/other_tensors", test_tensors_of_other_kinds);
    g_test_add_func("/weight-files/kinds-of-torch", test_kinds_of_torch);
    g_test_add_func("/weight-files/archives", test_archives);
    g_test_add_func("/weight-files/cut", test_cut);
    g_test_add_func("/weight-files/headers", test_headers);
    g_test_add_func("/weight-files/kinds", test_kinds);
    g_test_add_func("/weight-files/not-finite", test_not_finite);
    return g_test_run();
}
