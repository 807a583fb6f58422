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
 *     for (int64_t y = 0; y < plan.y.out_size; y++)
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

/* The name of a value ("reflect"), NULL where there is none. Static storage. */
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
 * Models
 * --------------------------------------------------------------------------------------------- */

/* A value for an input of the network besides the picture, such as a noise level. */
struct seam_model_input {
    const char *name;
    double value; /* every element of the input is set to it */
};

enum seam_layout {
    SEAM_LAYOUT_AUTO,
    SEAM_LAYOUT_NCHW, /* planar */
    SEAM_LAYOUT_NHWC, /* interleaved */
};

/* What runs a network. */
enum seam_engine {
    SEAM_ENGINE_AUTO,   /* native where it can, else ONNX Runtime */
    SEAM_ENGINE_NATIVE, /* rows stream through the network: no tiles, no halo */
    SEAM_ENGINE_ORT,    /* ONNX Runtime, by tiles */
};

/* "native"; NULL where there is none. Static storage. */
SEAM_API const char *seam_engine_name(enum seam_engine value);

struct seam_model_params {
    enum seam_engine engine;               /* Default SEAM_ENGINE_AUTO. */
    int threads;                           /* of the engine; 0: one per CPU. Default 0. */
    const char *output;                    /* output to take; NULL: the largest. Default NULL. */
    const struct seam_model_input *inputs; /* extra inputs. Default NULL. */
    size_t input_count;                    /* entries of `inputs`. Default 0. */
    int64_t alignment;                     /* 0: found by trying. Default 0. */
    enum seam_layout layout;               /* Default SEAM_LAYOUT_AUTO. */
    bool lenient;                          /* enough to describe a network: extra inputs that got no
                                              value become 0, and one that the engine refuses is
                                              opened by its graph alone. Default false. */
    uint64_t memory;                       /* budget, peak resident bytes of the process while the
                                              network is loaded and tried; trial runs keep within
                                              it but for the smallest. 0: none while loading, and
                                              for trial runs a little of what the machine can
                                              spare. Default 0. */
};

SEAM_API void seam_model_params_init(struct seam_model_params *params);

/*
 * A trained network, loaded into an inference engine.
 *
 * Thread-safety: one call at a time; a model may serve several streams one after the other.
 */
struct seam_model;

/*
 * Open the network `name`: the path of an ONNX file, or one of the built-in test networks `null`,
 * `null2x`, `null4x` (identity at scales 1, 2, 4). A few small runs find its scale and alignment.
 *
 * Errors: SEAM_ERROR_MODEL, SEAM_ERROR_ENGINE, SEAM_ERROR_MEMORY, SEAM_ERROR_ARGUMENT.
 * `params` is not kept; NULL stands for the defaults. `log` is used during this call alone.
 */
SEAM_API enum seam_result seam_model_open(struct seam_model **model, const char *name,
                                          const struct seam_model_params *params,
                                          struct seam_log *log) SEAM_NODISCARD;
SEAM_API void seam_model_close(struct seam_model **model);

/* How far something reaches on each side, in input pixels. */
struct seam_sides {
    int64_t left, right, top, bottom;
};

/* What it takes to stream rows through a network instead of cutting tiles. */
struct seam_rows_cost {
    bool possible;       /* by the engine the model was opened with */
    double column_bytes; /* memory of the rows between, per column of the padded input */
    uint64_t bytes;      /* and what does not depend on the width */
    int64_t ahead;       /* input rows that the input runs ahead of the result, at most */
    int64_t in_rows;     /* most input rows that go in at once */
    int64_t out_rows;    /* most output rows that come out at once */
};

/* What one run of the network took at one size. */
struct seam_trial {
    int64_t pixels; /* padded input pixels */
    double seconds; /* the fastest of several runs, memory taken before */
    uint64_t bytes; /* most that the engine held at once, beside the tile's own tensors */
    double batch_seconds; /* of SEAM_TRIAL_BATCH of them in one run; 0: not tried */
};

/* How many pictures such a run took. */
#define SEAM_TRIAL_BATCH 4

#define SEAM_MOST_TRIALS 8

/* What is known of a network. The second half comes out of its file, by static analysis. */
struct seam_facts {
    char name[256];        /* the name it was opened by, without folders */
    char engine[32];       /* "onnxruntime 1.30.0", "null" */
    int channels_in;       /* of the image input */
    int channels_out;      /* of the image output */
    int64_t scale_num;     /* output pixels per input pixel, as the ratio */
    int64_t scale_den;     /* scale_num / scale_den in lowest terms */
    int64_t alignment;     /* input origin and size must be multiples of it; at least 1 */
    int64_t crop;          /* input pixels a side that the network itself cuts off */
    int64_t fixed_width;   /* the only width the network takes, in pixels; 0: any */
    int64_t fixed_height;  /* likewise */
    bool batches;          /* several pictures of one size may go through at once: the file leaves
                              their number free, and trial runs, if any, gave each the bits it has
                              alone */
    double range_lo;       /* the network's value of black, by its metadata; else 0 */
    double range_hi;       /* and of white; else 1 */
    bool range_known;      /* the metadata tells them */
    bool loaded;           /* the engine has taken the network; false with `lenient` alone */
    double scratch_per_pixel; /* engine memory per padded input pixel in bytes; 0: not measured */
    uint64_t scratch_bytes;   /* engine memory that does not depend on the tile, in bytes */
    struct seam_rows_cost rows;
    char obstacle[400];    /* the node that keeps the native engine from running it, and why; "" where
                              it does, or was not asked */
    double seconds_per_pixel; /* of a trial run, per padded input pixel; 0: not measured */
    struct seam_trial trials[SEAM_MOST_TRIALS]; /* by seam_model_measure(), pixels ascending */
    int trial_count;          /* of them; 0: not measured */

    bool field_known;      /* the receptive field is bounded, and known */
    int64_t field;         /* its reach in input pixels, largest of the sides; of the bounded part of
                              the network where that is all that is known */
    int64_t halo;          /* the exact halo: the same reach from edges that are multiples of the
                              alignment, at most `field` */
    struct seam_sides field_sides;
    bool wraps_border;     /* a border is filled from far away, as by a cyclic roll: nothing is exact
                              with SEAM_EDGE_MODEL */
    enum seam_exact exact; /* the best level a plan can promise */
    int64_t bits_halo;     /* the halo of tiles whose last bits are exact too, where the engine computes
                              by a grid and rounds by all of a cell; else no more than `halo` */
    size_t unbounded_nodes; /* nodes that no halo can make exact; see seam_model_unbounded() */
    int64_t opset;         /* of the ONNX file; 0: not known, as all that follows */
    int64_t layers;        /* convolutions and matrix products with weights */
    int64_t parameters;    /* numbers in the weights */
    double macs_per_pixel; /* multiply-adds per input pixel */
    double activation_bytes_per_pixel; /* most that is alive at once, per input pixel */
};

/* A node of the network whose result at one pixel may depend on all others, or that is not known.
 * The strings live as long as the model. */
struct seam_unbounded_node {
    const char *name, *op, *why;
};

/* Node i, 0 .. facts.unbounded_nodes - 1, in the order of the graph. */
SEAM_API struct seam_unbounded_node seam_model_unbounded(const struct seam_model *model, size_t i);

/* An input or output of the network as its file declares it. The strings live as long as the model. */
#define SEAM_PORT_MOST_DIMS 8
struct seam_port {
    const char *name;
    const char *type; /* of its elements: "float", "float16" */
    int rank;         /* -1: not said */
    int64_t dims[SEAM_PORT_MOST_DIMS];        /* -1: any */
    const char *symbols[SEAM_PORT_MOST_DIMS]; /* names of those that are any, mostly; else "" */
};

/* Input or output i, in the order of the graph; false past the last, and where there is no graph. */
SEAM_API bool seam_model_port(const struct seam_model *model, bool output, size_t i,
                                struct seam_port *port);

/* Built-in network i: its name, or NULL past the last; *purpose, if not NULL, is what it is for.
 * Static storage. */
SEAM_API const char *seam_builtin_name(size_t i, const char **purpose);

/* The size of its ONNX file in bytes; 0 past the last. */
SEAM_API uint64_t seam_builtin_bytes(size_t i);

/* What limits the trial runs of seam_model_measure(). */
struct seam_measure_params {
    uint64_t memory;   /* budget of the process in bytes, of which the runs take no more than half of
                          what is left; 0: a little of what the machine can spare. Default 0. */
    double pixels;     /* of the picture ahead: no run is larger, and all together take a few per
                          cent of the time that it will; 0: not known. Default 0. */
    const char *cache; /* folder that keeps what was measured for the next process, made if need be;
                          "": none; NULL: "seamless/trials" in the user's cache folder. Default NULL. */
};

SEAM_API void seam_measure_params_init(struct seam_measure_params *params);

/*
 * Time the network at a few sizes, two seconds at most, and see what memory each takes: with this in
 * its facts, a plan is made by its cost. What was kept of earlier runs is not measured again, as long
 * as network, engine, CPU and threads are the same.
 *
 * Nothing depends on it: what cannot be measured, within the limits or at all, is left out, and plans
 * go by a table. Runs the network; no stream may be open on it. `params` may be NULL.
 */
SEAM_API void seam_model_measure(struct seam_model *model,
                                 const struct seam_measure_params *params, struct seam_log *log);

SEAM_API void seam_model_describe(const struct seam_model *model, struct seam_facts *facts);

/* ------------------------------------------------------------------------------------------------
 * The plan
 * --------------------------------------------------------------------------------------------- */

/* A picture as it enters: rows of `bands` interleaved samples. */
struct seam_picture {
    int64_t width, height;       /* in pixels, at least 1 */
    int bands;                   /* alpha included, at least 1 */
    bool alpha;                  /* the last band is straight (not premultiplied) alpha */
    enum seam_sample sample;
    enum seam_transfer transfer; /* SEAM_TRANSFER_SRGB with SEAM_SAMPLE_F32 alone */
};

#define SEAM_AUTO (-1)
#define SEAM_HALO_FAST (-2)
#define SEAM_MOST_BATCH 64

struct seam_params {
    int64_t tile_width;       /* target size in pixels; SEAM_AUTO: the cheapest that fits the
                                 budget by trial runs, else by a table. Default SEAM_AUTO. */
    int64_t tile_height;      /* likewise. Default SEAM_AUTO. */
    int64_t halo;             /* in pixels; SEAM_AUTO: what makes the result exact, and `reach` where
                                 nothing does or no such tile fits the budget; SEAM_HALO_FAST: `reach`
                                 where it is less. Default SEAM_AUTO. */
    int64_t reach;            /* in pixels, as seam_model_reach() measured it; SEAM_AUTO: not
                                 measured, which leaves 32 where nothing else is known. Default
                                 SEAM_AUTO. */
    int64_t overlap;          /* in pixels; SEAM_AUTO: see overlap_percent. Default SEAM_AUTO. */
    double overlap_percent;   /* of the tile, where `overlap` is SEAM_AUTO. Default 10. */
    int batch;                /* tiles that go through the network in one run, 1 to SEAM_MOST_BATCH;
                                 SEAM_AUTO: as many as trial runs show to pay. More than 1 need
                                 seam_facts.batches. Default SEAM_AUTO. */
    enum seam_blend blend;    /* Default SEAM_BLEND_AUTO. */
    enum seam_edge edge;      /* Default SEAM_EDGE_REFLECT. */
    enum seam_alpha alpha;    /* Default SEAM_ALPHA_SCALE. */
    enum seam_luma luma;      /* Default SEAM_LUMA_FULL. */
    enum seam_order order;    /* Default SEAM_ORDER_RGB. */
    double range_lo;          /* the network's value of black; NaN: the model's. Default NaN. */
    double range_hi;          /* the network's value of white; NaN: the model's. Default NaN. */
    double strength;          /* 0..1: how much of the restoration is laid over the picture; other
                                 than 1 at scale 1 alone. Default 1. */
    int out_sample;           /* an enum seam_sample; SEAM_AUTO: as the input. Default SEAM_AUTO. */
    uint64_t memory;          /* budget, peak resident bytes of the process; 0: what the machine
                                 can spare. Default 0. */
};

SEAM_API void seam_params_init(struct seam_params *params);

/* What this machine may use. All sizes in bytes. */
struct seam_machine {
    uint64_t pool;      /* physical memory, or the control group's limit where that is lower */
    uint64_t available; /* what can be taken now without swapping or being killed */
    uint64_t resident;  /* what this process holds already */
    int cpus;           /* that the control group and the affinity mask grant */
};

SEAM_API void seam_machine_measure(struct seam_machine *machine);

/* How the bands of the picture go through the channels of the network. */
enum seam_feed {
    SEAM_FEED_DIRECT, /* band i is channel i */
    SEAM_FEED_LUMA,   /* one run on luma */
    SEAM_FEED_EACH,   /* one run a band, copied to all channels */
};

/*
 * Everything decided before the first tile, for one picture, one model and one machine. Plain data:
 * copy it, print it, compare it.
 *
 * Along one axis, in input pixels: cores of `core` pixels start at `origin`, which is 0 for the whole
 * picture, and partition what follows of the aligned picture. The target of a tile is its core and,
 * but for one at 0, `overlap` pixels before it. The
 * engine sees `padded` pixels from `halo` before the target on, moved into [domain_begin,
 * domain_end), which is what one run over the whole picture would see. Every origin and size is a
 * multiple of the alignment.
 */
struct seam_axis {
    int64_t size;         /* of the picture */
    int64_t aligned;      /* size rounded up to the alignment */
    int64_t domain_begin; /* -halo, or 0 with SEAM_EDGE_MODEL */
    int64_t domain_end;   /* aligned + halo, or aligned; more where a fixed shape demands it */
    int64_t origin;       /* where the first core begins: 0, or where smaller tiles went on */
    int64_t tiles;
    int64_t core;
    int64_t overlap; /* 0 where one tile is all */
    int64_t tile;    /* core + overlap */
    int64_t padded;
    int64_t out_size; /* of the result, in output pixels */
};

struct seam_plan {
    struct seam_picture picture;
    struct seam_axis x, y;
    int64_t scale_num, scale_den;
    int64_t alignment;
    int64_t halo;            /* a multiple of the alignment */
    int64_t exact_halo;      /* the least that is exact for this picture; SEAM_AUTO: none is */
    enum seam_halo_reason halo_reason;
    int64_t margin;          /* by which the domain extends the picture: the halo, or less where
                                only the last bits need more */
    int64_t crop;            /* of the halo, what the network itself cuts off */
    bool rows;               /* rows stream through the network: no tiles and no halo. The axes
                                have one tile of the picture's size */
    enum seam_edge edge;
    enum seam_blend blend;   /* never SEAM_BLEND_AUTO */
    enum seam_exact exact;
    enum seam_feed feed;
    enum seam_luma luma;
    enum seam_order order;
    double range_lo, range_hi;
    double strength;
    bool fill_alpha;         /* colours under alpha 0 are filled from their neighbours */
    bool alpha_in_model;     /* alpha takes a run of its own */
    int channels_in, channels_out;
    int runs;                /* of the engine per tile */
    int batch;               /* tiles of a band in one run, at most */
    int out_bands;           /* alpha included */
    enum seam_sample out_sample;
    int64_t window_rows;     /* most input rows held at a time */
    int64_t band_rows;       /* most output rows held at a time */
    double waste;            /* padded area over picture area, less 1 */
    uint64_t window_bytes;
    uint64_t band_bytes;
    uint64_t tensor_bytes;   /* packed input and output of one tile */
    uint64_t scratch_bytes;  /* the engine's, as far as it is measured */
    uint64_t base_bytes;     /* resident before the stream opens */
    uint64_t peak_bytes;     /* sum of all these */
    uint64_t budget_bytes;
    double seconds;          /* of the engine, by trial runs; 0: not known */
};

/*
 * Decide everything. Pure: reads nothing but its arguments.
 *
 * Errors: SEAM_ERROR_ARGUMENT where a setting is absurd or contradicts another (the message names
 * it, its value and the remedy); SEAM_ERROR_MEMORY where no tile fits the budget (the message names
 * the smallest budget that would do). On failure *plan is unspecified.
 */
SEAM_API enum seam_result seam_plan_make(struct seam_plan *plan, const struct seam_picture *picture,
                                         const struct seam_facts *facts,
                                         const struct seam_params *params,
                                         const struct seam_machine *machine,
                                         struct seam_log *log) SEAM_NODISCARD;

/* Write the plan in words, several lines, into `text` of `size` bytes, cut short where it does not
 * fit. Returns the length the whole text has, like snprintf. */
SEAM_API size_t seam_plan_print(const struct seam_plan *plan, char *text, size_t size);

/* ------------------------------------------------------------------------------------------------
 * Reach: how far a network sees, measured by runs
 * --------------------------------------------------------------------------------------------- */

/* The tolerance, of the range, at which a halo is measured where no halo is exact. */
#define SEAM_REACH_TOLERANCE (1.0 / 1024)

struct seam_reach {
    struct seam_sides sides; /* as seam_facts.field_sides, but found by looking: a lower bound */
    int64_t largest;         /* of the sides */
    int64_t halo;            /* what to make of it, for seam_params.reach: `largest` where it is
                                complete, else the halo of the network's bounded part */
    int64_t width, height;   /* of the picture that was run, in pixels */
    bool complete;           /* false: changes were seen up to its border, and may reach farther */
};

/*
 * Change one half of a picture and see how far into the other half the network's output changes by
 * more than `tolerance` of its range (0: by a bit), on each side and for some phases of the alignment.
 *
 * `picture` and `samples` (its rows, without gaps) are what is changed: black against white at
 * tolerance 0, otherwise the other half turned by 180 degrees, as a picture might well go on. Both
 * NULL: noise, of a size that holds the receptive field where that is known. `params` (NULL: the
 * defaults) tells range, order, luma. Some 10 to 70 runs; memory for one tile of the picture's size,
 * for which params->memory is the budget.
 *
 * Errors: SEAM_ERROR_MEMORY, SEAM_ERROR_ENGINE, SEAM_ERROR_ARGUMENT where the picture does not fit the
 * network.
 */
SEAM_API enum seam_result seam_model_reach(struct seam_model *model,
                                           const struct seam_picture *picture, const void *samples,
                                           const struct seam_params *params, double tolerance,
                                           struct seam_reach *reach,
                                           struct seam_log *log) SEAM_NODISCARD;

/* ------------------------------------------------------------------------------------------------
 * The stream: input rows in, finished rows out
 * --------------------------------------------------------------------------------------------- */

/*
 * Where input rows come from. `read` puts the rows y .. y + rows - 1 of plan.picture, each
 * width * bands samples, without gaps, into `dst`, and returns 0; anything else stops the stream
 * with SEAM_ERROR_IO. Rows are asked for in order, each once, from one thread at a time; the first
 * is row 0, or a later one where the stream begins at a later row.
 */
struct seam_source {
    void *opaque;
    int (*read)(void *opaque, int64_t y, int64_t rows, void *dst);
};

struct seam_progress {
    int64_t tiles_done, tiles;
    double input_pixels_done; /* of the picture, cores of finished tiles */
};

struct seam_stream_params {
    /* Called after every tile from the thread that reads. Returning false cancels: the read in
     * progress and all later ones return SEAM_CANCELLED. Default NULL. */
    bool (*progress)(void *opaque, const struct seam_progress *progress);
    void *opaque; /* handed to `progress`. Default NULL. */
    int threads;  /* that share the rows of a tile, beside the engine's; 0: one per CPU.
                     Default 0. */
    int64_t first_row; /* output row that the first read gives, 0 .. plan.y.out_size - 1, with the
                          bits it has in a stream from the top: what continues a run that ended
                          early. Input rows that nothing below it needs are not asked for.
                          Default 0. */
};

SEAM_API void seam_stream_params_init(struct seam_stream_params *params);

/*
 * One picture on its way through a network. Holds a window of input rows and one band of output
 * rows, never the picture; all its memory is taken when it opens.
 *
 * Thread-safety: one call at a time, from any thread.
 */
struct seam_stream;

/*
 * Begin. The model must outlive the stream and serve no other until it is closed; `plan` and
 * `params` are copied, `source` too; `log` is used until the stream is closed.
 *
 * What the plan says of memory is obeyed: a run that would pass plan.budget_bytes is ended before it
 * does, and tiles of half the size go on from the same band, with a notice. Finished rows stay.
 *
 * Errors: SEAM_ERROR_MEMORY, SEAM_ERROR_ARGUMENT where the plan was made for another model or has no
 * row `first_row`.
 */
SEAM_API enum seam_result seam_stream_open(struct seam_stream **stream, struct seam_model *model,
                                           const struct seam_plan *plan,
                                           const struct seam_source *source,
                                           const struct seam_stream_params *params,
                                           struct seam_log *log) SEAM_NODISCARD;

/*
 * Put the next `rows` finished rows, each plan.x.out_size * plan.out_bands samples of
 * plan.out_sample, into `dst`, `stride` bytes apart (0: without gaps). Reading past the last row is
 * SEAM_ERROR_ARGUMENT. After a failure every later call returns the same result.
 */
SEAM_API enum seam_result seam_stream_read(struct seam_stream *stream, int64_t rows, void *dst,
                                           size_t stride) SEAM_NODISCARD;

/* The plan as it stands: that of seam_stream_open(), or with smaller tiles from some row on (y.origin)
 * where a run did not fit the budget. */
SEAM_API void seam_stream_plan(const struct seam_stream *stream, struct seam_plan *plan);

/* How many of the next rows can be read without running the network. */
SEAM_API int64_t seam_stream_ready(const struct seam_stream *stream);

SEAM_API void seam_stream_close(struct seam_stream **stream);

/* ------------------------------------------------------------------------------------------------
 * The journal: finished rows on disk, so that a run that ended early goes on where it ended
 * --------------------------------------------------------------------------------------------- */

/*
 * An open journal holds a lock, which ends with the process however that ends. It is given to a
 * restoration (seamless/vips.h), which reads from it what is done already and adds what it finishes.
 *
 * Thread-safety: one call at a time.
 */
struct seam_journal;

/*
 * Open the journal `path`, or make it.
 *
 * Errors: SEAM_ERROR_IO where it cannot be made, another run holds it, or the file is no journal;
 * SEAM_ERROR_MEMORY.
 */
SEAM_API enum seam_result seam_journal_open(struct seam_journal **journal, const char *path,
                                            struct seam_log *log) SEAM_NODISCARD;

/* Finished rows that it held when the restoration it was given to was set up. */
SEAM_API int64_t seam_journal_rows(const struct seam_journal *journal);

/* Close it and remove the file: the result is safe elsewhere. */
SEAM_API void seam_journal_remove(struct seam_journal **journal);

/* Close it. The file stays for the next run, unless no row is in it. */
SEAM_API void seam_journal_close(struct seam_journal **journal);

#ifdef __cplusplus
}
#endif

#endif /* SEAMLESS_SEAMLESS_H */
