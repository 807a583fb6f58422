/* Networks, and what is known of them. Included by seamless.h, where the rules are. */
#ifndef SEAMLESS_MODEL_H
#define SEAMLESS_MODEL_H

#include <seamless/base.h>

#ifdef __cplusplus
extern "C" {
#endif

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
    SEAM_ENGINE_GPU,    /* a Vulkan device, by tiles; chosen by itself where it pays */
};

/* "native"; NULL where there is none. Static storage. */
SEAM_API const char *seam_engine_name(enum seam_engine value);

/* What a device is. */
enum seam_device_kind {
    SEAM_DEVICE_OTHER,
    SEAM_DEVICE_DISCRETE,   /* a GPU with memory of its own */
    SEAM_DEVICE_INTEGRATED, /* one that shares the machine's */
    SEAM_DEVICE_VIRTUAL,
    SEAM_DEVICE_CPU, /* a CPU that stands for one, for tests */
};

/* "discrete"; NULL where there is none. Static storage. */
SEAM_API const char *seam_device_kind_name(enum seam_device_kind value);

/* A device beside the CPU that runs networks, by Vulkan. */
struct seam_device {
    char name[128];   /* "NVIDIA GeForce RTX 4070" */
    char driver[128]; /* its name and version */
    enum seam_device_kind kind;
    bool shares_memory; /* with the CPU */
    bool half;          /* takes float16 in memory */
    uint64_t memory;    /* bytes that lie on the device */
    uint64_t available; /* of them now, as far as the driver tells */
};

/*
 * Fill up to `most` entries of `devices`, numbered as seam_model_params.device takes them, and
 * return how many there are. 0 where there is none; -1, with the reason in the log, where Vulkan is
 * missing or this build is without it.
 */
SEAM_API int seam_device_list(struct seam_device *devices, int most, struct seam_log *log);

/* How samples lie in memory between layers. All sums are float32. */
enum seam_precision {
    SEAM_PRECISION_AUTO,  /* float */
    SEAM_PRECISION_FLOAT, /* float32 */
    SEAM_PRECISION_HALF,  /* float16, on a device: faster there, and right to 1/512 of the range */
    SEAM_PRECISION_EIGHT, /* what does for samples of 8 bits: half where the device takes it and
                             the network stands it, else float */
};

/* "auto", "float", "half", "eight". Static storage; NULL for what is none. */
SEAM_API const char *seam_precision_name(enum seam_precision value);

/* No network strides farther. */
#define SEAM_MOST_ALIGNMENT 1024
#define SEAM_MOST_THREADS 1024

struct seam_model_params {
    enum seam_engine engine;               /* Default SEAM_ENGINE_AUTO. */
    int threads;                           /* of the engine; 0: one per CPU. Default 0. */
    const char *picture;                   /* input that takes the picture; NULL: the first that can
                                              and has no value below, of three channels if there
                                              is one. Default NULL. */
    const char *output;                    /* output to take; NULL: the largest, and of two of
                                              one size that with the picture's channels. Default
                                              NULL. */
    const struct seam_model_input *inputs; /* extra inputs. Default NULL. */
    size_t input_count;                    /* entries of `inputs`. Default 0. */
    int64_t alignment;                     /* 1 to SEAM_MOST_ALIGNMENT; 0: found by trying.
                                              Default 0. */
    enum seam_layout layout;               /* Default SEAM_LAYOUT_AUTO. */
    bool lenient;                          /* enough to describe a network: extra inputs that got no
                                              value become 0, and one that the engine refuses is
                                              opened by its graph alone. Default false. */
    uint64_t memory;                       /* budget, peak resident bytes of the process while the
                                              network is loaded and tried; trial runs keep within
                                              it but for the smallest. 0: none while loading, and
                                              for trial runs a little of what the machine can
                                              spare. Default 0. */
    const char *device;                    /* that runs it: "cpu"; "gpu", the first that is no CPU;
                                              a number of seam_device_list(), or up to four with
                                              commas between, "0,1", which must be alike and share
                                              the tiles of a picture; or a part of a name there;
                                              "auto" or NULL, the CPU, or the first GPU
                                              where `pixels` are so many that, by trial runs of
                                              both, it is done 1.3 times sooner. What a GPU cannot
                                              run, or runs wrongly, the CPU does, unless `engine`
                                              is SEAM_ENGINE_GPU. Default NULL. */
    int64_t scale;                         /* how much it enlarges, where its file leaves that open
                                              (ESRGAN of 2 or 3 times), 1 to 16; 0: as its name
                                              says, else the usual. Default 0. */
    int64_t ensemble;                      /* 1: the network makes the mean of what it gives of a
                                              picture turned and mirrored in all eight ways, each
                                              turned back, at eight times the cost; 0: not.
                                              Default 0. */
    bool (*cancelled)(void *opaque); /* asked between the steps of opening and before each small
                                        run, from the thread that opens; true ends it. Default
                                        NULL. */
    void *opaque;                    /* for it. Default NULL. */
    int64_t precision;                     /* an enum seam_precision. SEAM_PRECISION_HALF is for
                                              devices alone. Default SEAM_PRECISION_AUTO. */
    double pixels;                         /* of all pictures ahead, for `device` "auto"; 0: not
                                              known. Default 0. */
    double stronger;                       /* 0 to 1: how much more the network removes than it
                                              would, where it was taught to
                                              (seam_facts.strengthens). Default 0. */
};

SEAM_API void seam_model_params_init(struct seam_model_params *params);

/*
 * A trained network, loaded into an inference engine.
 *
 * Thread-safety: once open it serves any number of streams at the same time, from any threads, and
 * its weights are there once; each stream has threads and scratch memory of its own. Open, measure
 * and close it while nothing else uses it.
 */
struct seam_model;

/*
 * Open the network `name`: the path of a file (ONNX, PyTorch, safetensors, either file of an ncnn
 * pair), of a folder that holds one network, or of a .dtmodel; or one of the built-in networks, or
 * of the test networks `null`, `null2x`, `null4x` (identity at scales 1, 2, 4). A few small runs
 * find its scale and alignment.
 *
 * Errors: SEAM_ERROR_MODEL, SEAM_ERROR_ENGINE, SEAM_ERROR_MEMORY, SEAM_ERROR_ARGUMENT,
 * SEAM_CANCELLED.
 * `params` is not kept; NULL stands for the defaults. `log` is used during this call alone.
 */
SEAM_API enum seam_result seam_model_open(struct seam_model **model, const char *name,
                                          const struct seam_model_params *params,
                                          struct seam_log *log) SEAM_NODISCARD;

/*
 * The same for a file in memory, of any format that is known by its bytes; weights in other files
 * are refused. `data` is read during this call alone. `name` stands in messages and in facts.name.
 */
SEAM_API enum seam_result seam_model_open_memory(struct seam_model **model, const void *data,
                                                 size_t size, const char *name,
                                                 const struct seam_model_params *params,
                                                 struct seam_log *log) SEAM_NODISCARD;

/* Streams that are still open keep what they need of it. */
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

/* No engine keeps more runs in flight. */
#define SEAM_MOST_IN_FLIGHT 8

/* What runs take of a device beside the CPU; all is 0 where there is none. */
struct seam_device_cost {
    char name[128];         /* as its driver says it */
    int in_flight;          /* runs that it takes at a time, so that it computes while others are
                               made ready, 1 to SEAM_MOST_IN_FLIGHT; 0: the caller waits for each */
    bool shared;            /* its memory is the machine's: what runs take counts twice */
    uint64_t memory;        /* bytes of it that may be taken now, the network's included; 0: they
                               are not counted */
    uint64_t bytes;         /* of it that the network holds, whatever runs */
    uint64_t run_bytes;     /* that each run in flight takes beside, whatever its size */
    double bytes_per_pixel; /* and for each padded input pixel of it */
};

/* What one run of the network took at one size. */
struct seam_trial {
    int64_t pixels; /* padded input pixels */
    double seconds; /* the fastest of several runs, memory taken before */
    uint64_t bytes; /* most that the engine held at once, beside the tile's own tensors */
    double batch_seconds; /* of SEAM_TRIAL_BATCH of them in one run; 0: not tried, -1: refused */
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
    int64_t crop;          /* input pixels a side that the network itself cuts off: the mean of the
                              two sides, where it cuts more of one */
    int64_t crop_shift_x;  /* how much more than that it cuts off at the left, and less at the
                              right */
    int64_t crop_shift_y;  /* likewise at the top and at the bottom */
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
    struct seam_device_cost device;
    char obstacle[400];    /* the node that keeps the native engine from running it, and why; ""
                              where it does, or was not asked */
    double seconds_per_pixel; /* of a trial run, per padded input pixel; 0: not measured */
    struct seam_trial trials[SEAM_MOST_TRIALS]; /* by seam_model_measure(), pixels ascending */
    int trial_count;          /* of them; 0: not measured */

    bool field_known;      /* the receptive field is bounded, and known */
    int64_t field;         /* its reach in input pixels, largest of the sides; of the bounded part
                              of the network where that is all that is known */
    int64_t halo;          /* the exact halo: the same reach from edges that are multiples of the
                              alignment, at most `field` */
    struct seam_sides field_sides;
    bool wraps_border;     /* a border is filled from far away, as by a cyclic roll: nothing is
                              exact with SEAM_EDGE_MODEL */
    enum seam_exact exact; /* the best level a plan can promise */
    int64_t bits_halo;     /* the halo of tiles whose last bits are exact too, where the engine
                              computes by a grid and rounds by all of a cell; else no more than
                              `halo` */
    size_t unbounded_nodes; /* nodes that no halo can make exact; see seam_model_unbounded() */
    int passes;            /* over the picture, by rows, that make the result exact where nodes sum
                              up all of it; 1: none does, or no engine knows how. Tiles are not
                              exact then, whatever their halo, but where `passes_in_tiles` */
    double pass_work;      /* multiply-adds of all passes over those of one; 1 where it is one */
    int64_t opset;         /* of its graph as ONNX; 0: not known, as all that follows */
    int64_t layers;        /* convolutions and matrix products with weights */
    int64_t parameters;    /* numbers in the weights */
    double macs_per_pixel; /* multiply-adds per input pixel */
    double activation_bytes_per_pixel; /* most that is alive at once, per input pixel */
    /* What passes keep of one another, float32, by rows: */
    double kept_bytes_per_pixel;  /* most at once, for each pixel of the input */
    double moved_bytes_per_pixel; /* put away and taken back, all together */
    char engine_text[264]; /* the engine once more, with the name and the driver of the device that
                              it runs on: all that its bits depend on but the CPU */
    double grey_least, grey_most; /* what a flat grey of 0.5 becomes in trial runs, in the network's
                              values; both 0: not seen */
    int64_t ensemble;      /* ways to turn a picture whose results it makes the mean of: 8, or 1 */
    int64_t precision;     /* SEAM_PRECISION_FLOAT or SEAM_PRECISION_HALF */
    int64_t devices;       /* that runs are dealt to in turn, each of which holds what `device` says
                              of the network; 0: none, or one */
    uint64_t device_whole; /* bytes of a device's memory, whoever uses them; 0: there is none */
    double pass_share;     /* what passes by rows take of the time of a tile or a trial run of as
                              many pixels, where they keep nothing of one another: an estimate; 0
                              or 1 where it is one pass */
    bool passes_in_tiles;  /* the passes run by tiles, not by rows: those of all plans do, and the
                              last is exact */
    double taken_bytes_per_pixel; /* what such a pass gives to be summed up, of a tile */
    bool strengthens; /* takes seam_model_params.stronger above 0 */
    double stronger;  /* what it was opened with */
};

/* A node of the network whose result at one pixel may depend on all others, or that is not known.
 * The strings live as long as the model. */
struct seam_unbounded_node {
    const char *name, *op, *why;
};

/* Node i, 0 .. facts.unbounded_nodes - 1, in the order of the graph. */
SEAM_API struct seam_unbounded_node seam_model_unbounded(const struct seam_model *model, size_t i);

/* An input or output of the network as its file declares it. The strings live as long as the
 * model. */
#define SEAM_PORT_MOST_DIMS 8
struct seam_port {
    const char *name;
    const char *type; /* of its elements: "float", "float16" */
    int rank;         /* -1: not said */
    int64_t dims[SEAM_PORT_MOST_DIMS];        /* -1: any */
    const char *symbols[SEAM_PORT_MOST_DIMS]; /* names of those that are any, mostly; else "" */
};

/* Input or output i, in the order of the graph; false past the last, and where there is no
 * graph. */
SEAM_API bool seam_model_port(const struct seam_model *model, bool output, size_t i,
                                struct seam_port *port);

/* Built-in network i: its name, or NULL past the last; *purpose, if not NULL, is what it is for.
 * Static storage. */
SEAM_API const char *seam_builtin_name(size_t i, const char **purpose);

/* The size of its ONNX file in bytes; 0 past the last. */
SEAM_API uint64_t seam_builtin_bytes(size_t i);

/* What limits the trial runs of seam_model_measure(). */
struct seam_measure_params {
    uint64_t memory;   /* budget of the process in bytes, of which the runs take no more than half
                          of what is left; 0: a little of what the machine can spare. Default 0. */
    double pixels;     /* of the picture ahead: no run is larger, and all together take a few per
                          cent of the time that it will; 0: not known. Default 0. */
    const char *cache; /* folder that keeps what was measured for the next process, made if need be;
                          "": none; NULL: "seamless/trials" in the user's cache folder. Default
                          NULL. */
    bool (*cancelled)(void *opaque); /* asked before each run; true ends them. Default NULL. */
    void *opaque;                    /* for it. Default NULL. */
};

SEAM_API void seam_measure_params_init(struct seam_measure_params *params);

/*
 * Time the network at a few sizes, two seconds at most, and see what memory each takes: with this
 * in its facts, a plan is made by its cost. What was kept of earlier runs is not measured again, as
 * long as network, engine, CPU and threads are the same.
 *
 * Nothing depends on it: what cannot be measured, within the limits or at all, is left out, and
 * plans go by a table. Runs the network; no stream may be open on it. `params` may be NULL.
 */
SEAM_API void seam_model_measure(struct seam_model *model,
                                 const struct seam_measure_params *params, struct seam_log *log);

SEAM_API void seam_model_describe(const struct seam_model *model, struct seam_facts *facts);

/* ------------------------------------------------------------------------------------------------
 * For programs that were built against another header than the library: see seamless/base.h
 * --------------------------------------------------------------------------------------------- */

SEAM_API void seam_model_params_init_sized(size_t params_size, struct seam_model_params *params);
SEAM_API enum seam_result seam_model_open_sized(size_t params_size, struct seam_model **model,
                                                const char *name,
                                                const struct seam_model_params *params,
                                                struct seam_log *log) SEAM_NODISCARD;
SEAM_API enum seam_result seam_model_open_memory_sized(size_t params_size,
                                                       struct seam_model **model,
                                                       const void *data, size_t size,
                                                       const char *name,
                                                       const struct seam_model_params *params,
                                                       struct seam_log *log) SEAM_NODISCARD;
SEAM_API bool seam_model_port_sized(size_t port_size, const struct seam_model *model, bool output,
                                    size_t i, struct seam_port *port);
SEAM_API void seam_measure_params_init_sized(size_t params_size,
                                             struct seam_measure_params *params);
SEAM_API void seam_model_measure_sized(size_t params_size, struct seam_model *model,
                                       const struct seam_measure_params *params,
                                       struct seam_log *log);
SEAM_API void seam_model_describe_sized(size_t facts_size, const struct seam_model *model,
                                        struct seam_facts *facts);

#ifndef SEAM_BUILDING
#define seam_model_params_init(...) \
    seam_model_params_init_sized(sizeof(struct seam_model_params), __VA_ARGS__)
#define seam_model_open(...) \
    seam_model_open_sized(sizeof(struct seam_model_params), __VA_ARGS__)
#define seam_model_open_memory(...) \
    seam_model_open_memory_sized(sizeof(struct seam_model_params), __VA_ARGS__)
#define seam_model_port(...) \
    seam_model_port_sized(sizeof(struct seam_port), __VA_ARGS__)
#define seam_measure_params_init(...) \
    seam_measure_params_init_sized(sizeof(struct seam_measure_params), __VA_ARGS__)
#define seam_model_measure(...) \
    seam_model_measure_sized(sizeof(struct seam_measure_params), __VA_ARGS__)
#define seam_model_describe(...) \
    seam_model_describe_sized(sizeof(struct seam_facts), __VA_ARGS__)
#endif

#ifdef __cplusplus
}
#endif

#endif /* SEAMLESS_MODEL_H */
