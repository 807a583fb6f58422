/* What runs a network. Each engine is one table of functions. */
#ifndef SEAM_ENGINE_H
#define SEAM_ENGINE_H

#include "engine/rows.h"
#include "seamless/seamless.h"

struct seam_graph;
struct seam_analysis;
struct seam_sums;

/* A network that passes over the picture so many times its own work is not taken unless it is asked
 * for, or runs by tiles that are blended. */
#define SEAM_MOST_PASS_WORK 6.0

/* Of the network, and of the node. */
#define SEAM_SUM_NOT_FINITE                                                                       \
    "%s: what %s sums up over the picture is no number, though the picture holds numbers alone: " \
    "give the range it was trained with (--range LO..HI)"

/* What a pass over the picture asks of a run on one of its tiles (sums.h). */
struct seam_engine_pass {
    int number; /* 0 .. facts.passes - 1: all but the last put out nothing */
    struct seam_span own[2]; /* rows and columns of the picture that are summed up of this tile */
    struct seam_sums *sums;  /* what earlier passes have found, and what this one takes */
    struct seam_crew *crew;  /* to share that work; NULL: none */
};

/* Pictures through a network: planes of floats, planar, in the network's own range. */
struct seam_engine_io {
    const float *input; /* batch x channels_in x height x width */
    int64_t batch;      /* pictures in one run; more than 1 where facts.batches. 0 stands for 1 */
    int64_t width, height;
    int64_t x, y; /* of its first pixel in the picture: engines that work by a grid lay it there */
    struct seam_span core[2]; /* rows and columns of the picture, without what was put around it:
                                 what a network that sums up the picture sums up of this one. Both
                                 empty: all */
    float *output; /* batch x channels_out x out_height x out_width; room for the result */
    int64_t out_width, out_height;
    const float *result; /* set by the run: `output`, or where else the result lies until the next
                            run; an engine that changes nothing leaves it where it came in */
    uint64_t lacked; /* set by a run that is SEAM_ERROR_MEMORY: bytes it went past its limit by, as
                        far as it got; 0: not known */
    const struct seam_engine_pass *pass; /* of a network whose facts.passes_in_tiles; NULL: the tile
                                            is a picture of its own */
    int slot; /* of runs in flight at the same time no two have the same, 0 .. in_flight - 1 */
};

/* What a run on some picture of the given size shows. */
struct seam_engine_trial {
    int64_t width, height;         /* given */
    int64_t out_width, out_height; /* found */
    int channels_out;              /* found */
    uint64_t scratch_bytes;        /* found: most memory the engine took for the run; 0: unknown */
    bool seen;                     /* found: whether the next two are */
    float least, most;             /* of what a grey of 0.5 became, in the network's values */
};

/* A network as an engine gets it: read once, analysed once. All of it outlives the opening
 * alone. */
struct seam_network {
    const char *name;                       /* as the user gave it */
    const struct seam_graph *graph;         /* NULL: no reader takes the file, or it needs none */
    const struct seam_analysis *analysis;   /* of the graph; NULL: it cannot be followed */
    const char *unread;                     /* why either is missing, in words; else "" */
    bool in_memory;                         /* there is no file of that name */
};

/*
 * An engine in two parts: what is opened is the network, whose weights are there once; what is
 * begun upon it is a session, with threads, scratch and limits of its own, and every stream has
 * one. An engine without begin() keeps nothing between runs, and what it opened is its only
 * session.
 *
 * What an engine must have: name, open, try_size, run, close. NULL where it has no more.
 *
 * Thread-safety: an opened network is constant, and any number of sessions run on it at once; of
 * one session, one call at a time. try_size() is called before there is a second session.
 */
struct seam_engine_ops {
    const char *name;
    enum seam_engine choice; /* value of seam_model_params.engine that asks for it */

    /* Whether `name` is a network of the engine's own. NULL: it runs graphs. */
    bool (*takes)(const char *name);

    /* Of the library that runs graphs for it. NULL: it runs them itself. */
    const char *(*version)(void);

    bool on_device;      /* it is taken only where a device is asked for, and what it gives is held
                            against the native engine's before it is believed */
    uint64_t (*code)(void); /* a checksum of what it runs on a device: what was proved holds for
                               that alone. NULL: it runs on none */
    bool opens_files;    /* it may know a file that no reader takes, and open it by its name */
    bool fixed_rounding; /* each result is one fixed chain of operations, whatever the network:
                            where a halo suffices, its bits are exact */

    /* Load the network and fill what `facts` says of engine, device, channels_in, batches and fixed
     * sizes. `facts` stays where it is while the engine is open. */
    enum seam_result (*open)(void **engine, const struct seam_network *network,
                             const struct seam_model_params *params, struct seam_facts *facts,
                             struct seam_log *log);
    void (*close)(void *engine);

    /* `threads`: of the session. An engine whose threads are the network's leaves it. */
    enum seam_result (*begin)(void **session, void *engine, int threads, struct seam_log *log);
    void (*end)(void *session);

    /* Run on a grey picture of trial->width x trial->height and see what comes out. A size that the
     * network does not take is SEAM_ERROR_ENGINE with the engine's words in the log. */
    enum seam_result (*try_size)(void *session, struct seam_engine_trial *trial,
                                 struct seam_log *log);

    /* SEAM_ERROR_MEMORY: the run takes more than the limit, or the system, gives; a smaller one may
     * follow. */
    enum seam_result (*run)(void *session, struct seam_engine_io *io, struct seam_log *log);

    /*
     * The same in two halves, for an engine that computes on its own while the caller makes other
     * runs ready. facts.device.in_flight says how many at a time; where it is 0 neither is called,
     * and both may be NULL.
     *
     * submit() begins a run and returns. `io` and its tensors stay where they are until wait(),
     * which ends as run() would have, io->result and io->lacked included. Every run that was
     * submitted is waited for once, in the order of submitting, whatever became of those before it,
     * and its result stays until the next run in its slot. While any is in flight no other function
     * of the session is called.
     *
     * Errors of submit(): those of run(), and then there is nothing to wait for.
     */
    enum seam_result (*submit)(void *session, struct seam_engine_io *io, struct seam_log *log);
    enum seam_result (*wait)(void *session, struct seam_engine_io *io, struct seam_log *log);

    /* Give back what earlier runs left, and keep the process within `budget` bytes of resident
     * memory during later ones (0: no limit). `others` is what it holds, or is sure to hold soon,
     * beside what runs take. NULL: nothing is kept, and runs take nothing. */
    void (*limit)(void *session, uint64_t budget, uint64_t others);

    /* Give back what earlier runs left, and count anew what runs take. NULL, as the next: memory is
     * not counted, and runs are not worth timing unless it is derived (seam_rows_cost). */
    void (*count_begin)(void *session);
    /* Most bytes that runs held at once since then, beside what is in seam_engine_io. */
    uint64_t (*count_end)(void *session);

    /* How it streams rows; NULL: by tiles alone. */
    const struct seam_rows_ops *rows;
};

extern const struct seam_engine_ops seam_engine_null;
extern const struct seam_engine_ops seam_engine_ort;
extern const struct seam_engine_ops seam_engine_native;
extern const struct seam_engine_ops seam_engine_gpu;

/* All engines of this build, NULL at the end: the first that takes a name gets it, the first that
 * can run it a graph. */
extern const struct seam_engine_ops *const seam_engines[];

#endif /* SEAM_ENGINE_H */
