/* What runs a network. Each engine is one table of functions. */
#ifndef SEAM_ENGINE_H
#define SEAM_ENGINE_H

#include "seamless/seamless.h"

/* Pictures through a network: planes of floats, planar, in the network's own range. */
struct seam_engine_io {
    const float *input; /* batch x channels_in x height x width */
    int64_t batch;      /* pictures in one run; more than 1 where facts.batches. 0 stands for 1 */
    int64_t width, height;
    int64_t x, y; /* of its first pixel in the picture: engines that work by a grid lay it there */
    float *output; /* batch x channels_out x out_height x out_width; room for the result */
    int64_t out_width, out_height;
    const float *result; /* set by the run: `output`, or where else the result lies until the next
                            run; an engine that changes nothing leaves it where it came in */
    uint64_t lacked; /* set by a run that is SEAM_ERROR_MEMORY: bytes it went past its limit by, as
                        far as it got; 0: not known */
};

/* What a run on some picture of the given size shows. */
struct seam_engine_trial {
    int64_t width, height;         /* given */
    int64_t out_width, out_height; /* found */
    int channels_out;              /* found */
    uint64_t scratch_bytes;        /* found: most memory the engine took for the run; 0: unknown */
};

struct seam_engine_ops {
    const char *name;
    bool reads_onnx; /* whether its models are ONNX files, which can be analysed */

    /* Whether this engine takes the model called `name`. */
    bool (*takes)(const char *name);

    /* Load the network and fill what `facts` says of engine, channels_in, batches and fixed sizes. */
    enum seam_result (*open)(void **engine, const char *name,
                             const struct seam_model_params *params, struct seam_facts *facts,
                             struct seam_log *log);

    /* Run on a grey picture of trial->width x trial->height and see what comes out. A size that the
     * network does not take is SEAM_ERROR_ENGINE with the engine's words in the log. */
    enum seam_result (*try_size)(void *engine, struct seam_engine_trial *trial,
                                 struct seam_log *log);

    /* SEAM_ERROR_MEMORY: the run takes more than the limit, or the system, gives; a smaller one may
     * follow. */
    enum seam_result (*run)(void *engine, struct seam_engine_io *io, struct seam_log *log);

    /* Give back what earlier runs left, and keep the process within `budget` bytes of resident memory
     * during later ones (0: no limit). `others` is what it holds, or is sure to hold soon, beside
     * what runs take. NULL: nothing is kept, and runs take nothing. */
    void (*limit)(void *engine, uint64_t budget, uint64_t others);

    /* Give back what earlier runs left, and count anew what runs take. NULL, as the next: memory is
     * not counted, and runs are not worth timing unless it is derived (seam_rows_cost). */
    void (*count_begin)(void *engine);
    /* Most bytes that runs held at once since then, beside what is in seam_engine_io. */
    uint64_t (*count_end)(void *engine);

    void (*close)(void *engine);
};

extern const struct seam_engine_ops seam_engine_null;
extern const struct seam_engine_ops seam_engine_ort;
extern const struct seam_engine_ops seam_engine_native;

/* All engines of this build, NULL at the end; the first that takes a name gets it. */
extern const struct seam_engine_ops *const seam_engines[];

#endif /* SEAM_ENGINE_H */
