/*
 * libseamless: restore pictures of any size with neural networks, tile by tile, without a seam.
 *
 * A complete use, from rows in memory to rows in memory:
 *
 *     struct seam_log log;
 *     seam_log_init(&log);
 *
 *     struct seam_model_params mp;
 *     seam_model_params_init(&mp);
 *     struct seam_model *model = NULL;
 *     if (seam_model_open(&model, "denoise.onnx", &mp, &log) != SEAM_OK)
 *         die(log.error);
 *
 *     struct seam_params params;
 *     seam_params_init(&params);
 *     struct seam_picture picture = { .width = 4000, .height = 3000, .bands = 3,
 *                                     .sample = SEAM_SAMPLE_U8 };
 *     struct seam_plan plan;
 *     struct seam_facts facts;
 *     struct seam_machine machine;
 *     seam_model_describe(model, &facts);
 *     seam_machine_measure(&machine);
 *     if (seam_plan_make(&plan, &picture, &facts, &params, &machine, &log) != SEAM_OK)
 *         die(log.error);
 *
 *     struct seam_source source = { .opaque = file, .read = read_rows };
 *     struct seam_stream *stream = NULL;
 *     if (seam_stream_open(&stream, model, &plan, &source, NULL, &log) != SEAM_OK)
 *         die(log.error);
 *     for (int64_t y = 0; y < plan.out_height; y++)
 *         if (seam_stream_read(stream, 1, row, 0) != SEAM_OK)
 *             die(log.error);
 *     seam_stream_close(&stream);
 *     seam_model_close(&model);
 *
 * Rules that hold for every object here, said once:
 * - `_open` makes a resource and `_close` ends it; `_close` takes the address of the pointer, sets it
 *   to NULL, and accepts NULL. When `_open` fails it leaves the pointer NULL and owns nothing.
 * - `_init` fills a struct of settings with every default; `_make` computes and allocates nothing.
 * - A NULL log is valid: nothing is printed and no message is kept.
 * - Pictures are rows of interleaved samples in the machine's byte order, top row first.
 * - Coordinates are int64_t in pixels, sizes in bytes are uint64_t or size_t.
 */
#ifndef SEAMLESS_SEAMLESS_H
#define SEAMLESS_SEAMLESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(_WIN32)
#define SEAM_API
#elif defined(__GNUC__)
#define SEAM_API __attribute__((visibility("default")))
#else
#define SEAM_API
#endif

#if defined(__GNUC__)
#define SEAM_NODISCARD __attribute__((warn_unused_result))
#define SEAM_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define SEAM_NODISCARD
#define SEAM_PRINTF(fmt, args)
#endif

/* The version of this header; seam_version() tells that of the library. */
#define SEAM_VERSION_MAJOR 0
#define SEAM_VERSION_MINOR 1
#define SEAM_VERSION_PATCH 0

/* "0.1.0". Static storage. */
SEAM_API const char *seam_version(void);

/* ------------------------------------------------------------------------------------------------
 * Results and messages
 * --------------------------------------------------------------------------------------------- */

enum seam_result {
    SEAM_OK = 0,
    SEAM_ERROR_ARGUMENT,  /* a setting is out of its range or contradicts another */
    SEAM_ERROR_MODEL,     /* the file is no ONNX model, or no image-to-image network */
    SEAM_ERROR_ENGINE,    /* the inference engine failed */
    SEAM_ERROR_MEMORY,    /* out of memory, or the budget is too small */
    SEAM_ERROR_IO,        /* a picture could not be read or written */
    SEAM_ERROR_NOT_FINITE, /* the network put out NaN or infinity */
    SEAM_CANCELLED,       /* the progress callback asked to stop */
};

/* "out of memory" and the like. Static storage, never NULL. */
SEAM_API const char *seam_result_name(enum seam_result result);

enum seam_log_level {
    SEAM_LOG_ERROR,
    SEAM_LOG_WARNING,
    SEAM_LOG_NOTICE,
    SEAM_LOG_DEBUG,
};

/*
 * Where messages go, and the place that keeps the first error in words.
 *
 * The first error stays: later ones, which are mostly its consequences, do not overwrite it.
 *
 * Thread-safety: give each model, stream or thread that may fail at the same time its own log.
 */
struct seam_log {
    /* Called with each message up to `level`, without a trailing newline. NULL: nothing is said.
     * Default NULL. May be called from a thread of the library, never from two at once. */
    void (*message)(void *opaque, enum seam_log_level level, const char *text);
    void *opaque;              /* handed to `message`. Default NULL. */
    enum seam_log_level level; /* most detailed level passed on. Default SEAM_LOG_NOTICE. */
    enum seam_result result;   /* of the first error; SEAM_OK while there is none */
    char error[1024];          /* the first error, in words; "" while there is none */
};

SEAM_API void seam_log_init(struct seam_log *log);

/* Forget the error, so that the log can serve the next job. Settings stay. */
SEAM_API void seam_log_clear(struct seam_log *log);

#ifdef __cplusplus
}
#endif

#endif /* SEAMLESS_SEAMLESS_H */
