#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/checksum.h"
#include "base/common.h"
#include "base/log.h"
#include "base/near.h"
#include "model/builtin.h"
#include "models_stamp.h"

/* The files of models/ as they are, put into the object by the assembler. */
#ifdef __APPLE__
#define SECTION ".const_data"
#define HIDE(name) ".private_extern _" #name "\n"
#define SYMBOL(name) "_" #name
#else
#define SECTION ".section .rodata"
#define HIDE(name) ".hidden " #name "\n"
#define SYMBOL(name) #name
#endif

#define HIDDEN __attribute__((visibility("hidden")))

#define EMBED(name, file)                                                                          \
    extern const unsigned char seam_model_##name##_begin[] HIDDEN;                                 \
    extern const unsigned char seam_model_##name##_end[] HIDDEN;                                   \
    __asm__(SECTION "\n"                                                                           \
            ".balign 64\n"                                                                         \
            ".globl " SYMBOL(seam_model_##name##_begin) "\n"                                       \
            HIDE(seam_model_##name##_begin)                                                        \
            SYMBOL(seam_model_##name##_begin) ":\n"                                                \
            ".incbin \"" SEAM_MODELS_DIR "/" file "\"\n"                                           \
            ".globl " SYMBOL(seam_model_##name##_end) "\n"                                         \
            HIDE(seam_model_##name##_end)                                                          \
            SYMBOL(seam_model_##name##_end) ":\n"                                                  \
            ".byte 0\n"                                                                            \
            ".text\n")

#define ENTRY(name, symbol, purpose)                                                               \
    { name, purpose, seam_model_##symbol##_begin, seam_model_##symbol##_end }

EMBED(deblock, "deblock.onnx");
EMBED(denoise, "denoise.onnx");
EMBED(denoise_fast, "denoise-fast.onnx");
EMBED(smooth, "smooth.onnx");
EMBED(upscale2x, "upscale2x.onnx");
EMBED(upscale2x_fast, "upscale2x-fast.onnx");
EMBED(upscale4x, "upscale4x.onnx");
EMBED(upscale4x_sharp, "upscale4x-sharp.onnx");

static const struct seam_builtin builtins[] = {
    ENTRY("denoise", denoise, "removes noise of any strength from photographs, colour, blind"),
    ENTRY("denoise-fast", denoise_fast, "as denoise, for a fifth of the work: for 8K and video"),
    ENTRY("deblock", deblock, "removes the blocks and ringing of JPEG, quality 10 to 90, blind"),
    ENTRY("upscale2x", upscale2x, "makes photographs twice as large each way"),
    ENTRY("upscale2x-fast", upscale2x_fast,
          "as upscale2x, for a fifteenth of the work: for 8K and video"),
    ENTRY("upscale4x", upscale4x, "makes photographs four times as large each way"),
    ENTRY("upscale4x-sharp", upscale4x_sharp, "as upscale4x, and sharp: it invents fine texture"),
    ENTRY("smooth", smooth, "smooths noise and keeps edges; its weights are set by hand"),
    { NULL, NULL, NULL, NULL },
};

const struct seam_builtin *seam_builtin_find(const char *name)
{
    for (const struct seam_builtin *b = builtins; b->name; b++)
        if (strcmp(b->name, name) == 0)
            return b;
    return NULL;
}

#define BUILTINS (sizeof(builtins) / sizeof(builtins[0]) - 1)

const char *seam_builtin_name(size_t i, const char **purpose)
{
    if (purpose && i < BUILTINS)
        *purpose = builtins[i].purpose;
    return i < BUILTINS ? builtins[i].name : NULL;
}

uint64_t seam_builtin_bytes(size_t i)
{
    return i < BUILTINS ? (uint64_t)(builtins[i].end - builtins[i].begin) : 0;
}

uint64_t seam_builtin_sum(void)
{
    uint64_t sum = 0;
    for (const struct seam_builtin *b = builtins; b->name; b++)
        sum = seam_checksum(sum, b->begin, (size_t)(b->end - b->begin));
    return sum;
}

const char *seam_builtin_list(char *text, size_t size)
{
    size_t used = 0;
    for (const struct seam_builtin *b = builtins; b->name && used < size; b++) {
        int n = snprintf(text + used, size - used, "%s, ", b->name);
        used += n > 0 ? (size_t)n : 0;
    }
    if (used < size)
        snprintf(text + used, size - used, "null, null2x, null4x");
    return text;
}

/* The network that is built in and was meant; NULL where none looks like it. */
static const char *near_builtin(const char *name)
{
    const char *words[SEAM_ARRAY_LEN(builtins)];
    for (size_t i = 0; i < SEAM_ARRAY_LEN(builtins); i++)
        words[i] = builtins[i].name;
    return seam_near(name, words);
}

enum seam_result seam_builtin_check_file(const char *name, struct seam_log *log)
{
    char list[256];
    struct stat st;
    const char *near = access(name, F_OK) != 0 ? near_builtin(name) : NULL;
    if (strstr(name, "://"))
        return seam_log_fail(
            log, SEAM_ERROR_MODEL,
            "%s is an address, and networks are read from files: download it first", name);
    if (near)
        return seam_log_fail(log, SEAM_ERROR_MODEL,
                             "%s: %s; did you mean the built-in network %s?", name, strerror(errno),
                             near);
    if (access(name, R_OK) != 0)
        return seam_log_fail(log, SEAM_ERROR_MODEL,
                             "%s: %s; give the path of a network, or one of the built-in "
                             "networks %s", name, strerror(errno),
                             seam_builtin_list(list, sizeof(list)));
    if (stat(name, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
        return seam_log_fail(log, SEAM_ERROR_MODEL,
                             "%s: it is no file; give the path of a network", name);
    return SEAM_OK;
}
