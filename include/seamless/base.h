/* What all of libseamless speaks: results, messages, settings by name. Included by seamless.h. */
#ifndef SEAMLESS_BASE_H
#define SEAMLESS_BASE_H

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

/*
 * Structs grow from version to version, and programs that were built against an older header go on
 * running: each function that takes or fills a struct that can grow has a second name, which ends
 * in _sized and takes before all else the sizes that such structs have in the program. Macros call
 * it by the first name, so nobody has to; a binding from another language calls it by the second.
 * What the program's struct lacks has its default, and is not written; what the library does not
 * know is ignored, and filled with zeros.
 *
 * A struct grows at its end, by members that are aligned to 8 bytes. Those that lie inside of
 * others or in arrays do not grow: seam_picture, seam_axis, seam_sides, seam_trial, seam_rows_cost,
 * seam_device_cost, seam_device, seam_model_input, seam_unbounded_node, seam_size, seam_region.
 * What the library hands out by a pointer, seam_progress and seam_job_report, is its own and can.
 */

/* ------------------------------------------------------------------------------------------------
 * Results and messages
 * --------------------------------------------------------------------------------------------- */

enum seam_result {
    SEAM_OK = 0,
    SEAM_ERROR_ARGUMENT,  /* a setting is out of its range or contradicts another */
    SEAM_ERROR_MODEL,     /* the file is no network that is known, or none of image to image */
    SEAM_ERROR_ENGINE,    /* the inference engine failed */
    SEAM_ERROR_MEMORY,    /* out of memory, or the budget is too small */
    SEAM_ERROR_IO,        /* a picture could not be read or written */
    SEAM_ERROR_NOT_FINITE, /* NaN or infinity in the picture, or out of the network */
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
     * Default NULL. May be called from a thread of the library, never from two at once; it must not
     * call the library. */
    void (*message)(void *opaque, enum seam_log_level level, const char *text);
    void *opaque;              /* handed to `message`. Default NULL. */
    enum seam_log_level level; /* most detailed level passed on. Default SEAM_LOG_NOTICE. */
    enum seam_result result;   /* of the first error; SEAM_OK while there is none */
    char error[1024];          /* the first error, in words; "" while there is none */
    size_t size;               /* of this struct in the program; set by seam_log_init() */
};

SEAM_API void seam_log_init(struct seam_log *log);

/* Forget the error, so that the log can serve the next job. Settings stay. */
SEAM_API void seam_log_clear(struct seam_log *log);

/* ------------------------------------------------------------------------------------------------
 * Settings by name: one table each parses, prints and fills the error text of the command line
 * --------------------------------------------------------------------------------------------- */

enum seam_sample {
    SEAM_SAMPLE_U8,  /* uint8_t, 0..255 */
    SEAM_SAMPLE_U16, /* uint16_t, 0..65535 */
    SEAM_SAMPLE_F32, /* float, nominally 0..1, not clipped */
};

/* What lies outside the picture. */
enum seam_edge {
    SEAM_EDGE_REFLECT,   /* mirrored; the border pixel is not repeated */
    SEAM_EDGE_REPLICATE, /* the border pixel, repeated */
    SEAM_EDGE_ZERO,      /* sample value 0 */
    SEAM_EDGE_MODEL,     /* nothing: the network's own padding acts, as in an untiled run */
};

enum seam_blend {
    SEAM_BLEND_AUTO,     /* none where the tiles agree, else linear */
    SEAM_BLEND_NONE,     /* no overlap */
    SEAM_BLEND_LINEAR,   /* weight t at the fraction t of the overlap */
    SEAM_BLEND_GAUSSIAN, /* the integral of a Gaussian: flat at both ends */
};

/* How an alpha band is carried along. */
enum seam_alpha {
    SEAM_ALPHA_SCALE, /* resampled with Lanczos3; copied at scale 1 */
    SEAM_ALPHA_MODEL, /* through the network, as a grey picture */
};

/* How a colour picture goes through a network of one channel. */
enum seam_luma {
    SEAM_LUMA_FULL,   /* BT.601 luma, 0..1; chroma is scaled along */
    SEAM_LUMA_STUDIO, /* BT.601 luma in 16/255..235/255; chroma is scaled along */
    SEAM_LUMA_EACH,   /* each band by itself */
};

/* Order of the colour channels the network was trained with. */
enum seam_order {
    SEAM_ORDER_RGB,
    SEAM_ORDER_BGR,
};

/* What the values of a float picture mean; integer pictures are always SEAM_TRANSFER_NONE. */
enum seam_transfer {
    SEAM_TRANSFER_NONE, /* already encoded for display: handed to the network as they are */
    SEAM_TRANSFER_SRGB, /* linear light: encoded by the sRGB curve before the network, and back */
};

/* How close the tiled result is to one run over the whole picture on the same engine and CPU. */
enum seam_exact {
    SEAM_EXACT_NO,      /* some pixel can see farther than the halo */
    SEAM_EXACT_NUMERIC, /* equal but for rounding that depends on shape or position, about 1e-6 */
    SEAM_EXACT_BITS,    /* bit for bit */
};

/* Where a plan's halo comes from. */
enum seam_halo_reason {
    SEAM_HALO_EXACT,   /* the receptive field */
    SEAM_HALO_REACH,   /* the reach measured at a tolerance */
    SEAM_HALO_ASKED,   /* the user */
    SEAM_HALO_SHAPE,   /* what a network of fixed shape leaves room for */
    SEAM_HALO_DEFAULT, /* nothing is known: 32 */
};

/* The name of a value ("reflect"), NULL where there is none: values count up from 0, so that the
 * value of a name is found by asking for each. Static storage. */
SEAM_API const char *seam_sample_name(enum seam_sample value);
SEAM_API const char *seam_edge_name(enum seam_edge value);
SEAM_API const char *seam_blend_name(enum seam_blend value);
SEAM_API const char *seam_alpha_name(enum seam_alpha value);
SEAM_API const char *seam_luma_name(enum seam_luma value);
SEAM_API const char *seam_order_name(enum seam_order value);
SEAM_API const char *seam_transfer_name(enum seam_transfer value);
SEAM_API const char *seam_exact_name(enum seam_exact value);
SEAM_API const char *seam_halo_reason_name(enum seam_halo_reason value);

/* ------------------------------------------------------------------------------------------------
 * For programs that were built against another header than the library: see seamless/base.h
 * --------------------------------------------------------------------------------------------- */

SEAM_API void seam_log_init_sized(size_t log_size, struct seam_log *log);

#ifndef SEAM_BUILDING
#define seam_log_init(...) \
    seam_log_init_sized(sizeof(struct seam_log), __VA_ARGS__)
#endif

#ifdef __cplusplus
}
#endif

#endif /* SEAMLESS_BASE_H */
