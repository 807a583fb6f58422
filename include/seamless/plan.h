/* Plans: everything that is decided before the first tile. Included by seamless.h, where the rules
 * are. */
#ifndef SEAMLESS_PLAN_H
#define SEAMLESS_PLAN_H

#include <seamless/model.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------------------------------------------
 * The plan
 * --------------------------------------------------------------------------------------------- */

/* A picture as it enters: rows of `bands` interleaved samples. */
struct seam_picture {
    int64_t width, height;       /* in pixels, at least 1 */
    int bands;                   /* alpha included, at least 1 */
    bool alpha;                  /* the last band is straight (not premultiplied) alpha */
    bool data;                   /* with `alpha` alone: it hides nothing, being data of another
                                    kind, such as near infrared, that is carried along */
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
    int64_t halo;             /* in pixels; SEAM_AUTO: what makes the result exact, and `reach`
                                 where nothing does or no such tile fits the budget; SEAM_HALO_FAST:
                                 `reach` where it is less. Default SEAM_AUTO. */
    int64_t reach;            /* in pixels, as seam_model_reach() measured it; SEAM_AUTO: not
                                 measured, which leaves 32 where nothing else is known. Default
                                 SEAM_AUTO. */
    int64_t overlap;          /* in pixels; SEAM_AUTO: see overlap_percent. Default SEAM_AUTO. */
    double overlap_percent;   /* of the tile, where `overlap` is SEAM_AUTO. Default 10. */
    int batch;                /* tiles that go through the network in one run, 1 to SEAM_MOST_BATCH;
                                 SEAM_AUTO: as many as trial runs show to pay. More than 1 need
                                 seam_facts.batches. Default SEAM_AUTO. */
    int in_flight;            /* runs of an engine that computes on a device of its own: so many
                                 are there or on their way at a time, 1 to
                                 seam_facts.device.in_flight; SEAM_AUTO: as many, where they fit
                                 both budgets. Bits are the same. Default SEAM_AUTO. */
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
    uint64_t device_memory;   /* budget, bytes of the device's own memory, the network's included;
                                 0: seam_facts.device.memory, which is also the most there is.
                                 Default 0. */
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
    SEAM_FEED_GROUPS, /* one run for three bands; the last band again where they are fewer */
};

/*
 * Everything decided before the first tile, for one picture, one model and one machine. Plain data:
 * copy it, print it, compare it.
 *
 * Along one axis, in input pixels: cores of `core` pixels start at `origin`, which is 0 for the
 * whole picture, and partition what follows of the aligned picture. The target of a tile is its
 * core and, but for one at 0, `overlap` pixels before it. The engine sees `padded` pixels from
 * `halo` before the target on, moved into [domain_begin, domain_end), which is what one run over
 * the whole picture would see. Every origin and size is a multiple of the alignment.
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
    int64_t crop_shift; /* input pixels more than the plan's crop that the network cuts off at the
                           begin of the axis, and less at its end */
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
                                only the last bits need more, or where it is more than can be seen
                                at the border */
    int64_t crop;            /* of the halo, what the network itself cuts off, the mean of two
                                sides */
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
    int in_flight;           /* runs at a time; 1: each is waited for */
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
    uint64_t peak_bytes;     /* sum of all these, and of kept_in_memory_bytes */
    uint64_t budget_bytes;
    uint64_t device_bytes;   /* of a device's own memory, network and its runs in flight; 0: there
                                is none, or nothing counts it */
    uint64_t device_budget_bytes; /* likewise */
    double seconds;          /* of the engine, by trial runs; 0: not known */
    int passes;              /* over the picture: so often a source is read from its first row. 1 */
    uint64_t kept_bytes;     /* most that passes keep of one another at once: in memory as far as
                                the budget leaves room, the rest in a temporary file */
    uint64_t kept_in_memory_bytes; /* of them; a part of peak_bytes */
    uint64_t moved_bytes;    /* that are put away and taken back, all together */
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

/*
 * Whether a plan that came from elsewhere, out of a file or from another machine, is one that a
 * stream may run: sound in itself, and of a network of `facts`. seam_stream_open() asks the same.
 *
 * Errors: SEAM_ERROR_ARGUMENT, and the message names what is wrong.
 */
SEAM_API enum seam_result seam_plan_check(const struct seam_plan *plan,
                                          const struct seam_facts *facts,
                                          struct seam_log *log) SEAM_NODISCARD;

/*
 * Everything of a plan that decides the samples that come out, as lines "name: value" in `text` of
 * `size` bytes, cut short where it does not fit. Returns the length the whole text has. Two plans
 * of one picture, network, engine and CPU with the same identity give the same bits, however much
 * memory each was made for, and rows of the one fit to rows of the other.
 */
SEAM_API size_t seam_plan_identity(const struct seam_plan *plan, char *text, size_t size);

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
 * more than `tolerance` of its range (0: by a bit), on each side and for some phases of the
 * alignment.
 *
 * `picture` and `samples` (its rows, without gaps) are what is changed: black against white at
 * tolerance 0, otherwise the other half turned by 180 degrees, as a picture might well go on. Both
 * NULL: noise, of a size that holds the receptive field where that is known. `params` (NULL: the
 * defaults) tells range, order, luma. Some 10 to 70 runs; memory for one tile of the picture's
 * size, for which params->memory is the budget.
 *
 * Errors: SEAM_ERROR_MEMORY, SEAM_ERROR_ENGINE, SEAM_ERROR_ARGUMENT where the picture does not fit
 * the network.
 */
SEAM_API enum seam_result seam_model_reach(struct seam_model *model,
                                           const struct seam_picture *picture, const void *samples,
                                           const struct seam_params *params, double tolerance,
                                           struct seam_reach *reach,
                                           struct seam_log *log) SEAM_NODISCARD;

/* ------------------------------------------------------------------------------------------------
 * For programs that were built against another header than the library: see seamless/base.h
 * --------------------------------------------------------------------------------------------- */

SEAM_API void seam_params_init_sized(size_t params_size, struct seam_params *params);
SEAM_API void seam_machine_measure_sized(size_t machine_size, struct seam_machine *machine);
SEAM_API enum seam_result seam_plan_make_sized(size_t plan_size, size_t facts_size,
                                               size_t params_size, size_t machine_size,
                                               struct seam_plan *plan,
                                               const struct seam_picture *picture,
                                               const struct seam_facts *facts,
                                               const struct seam_params *params,
                                               const struct seam_machine *machine,
                                               struct seam_log *log) SEAM_NODISCARD;
SEAM_API enum seam_result seam_plan_check_sized(size_t plan_size, size_t facts_size,
                                                const struct seam_plan *plan,
                                                const struct seam_facts *facts,
                                                struct seam_log *log) SEAM_NODISCARD;
SEAM_API size_t seam_plan_identity_sized(size_t plan_size, const struct seam_plan *plan,
                                         char *text, size_t size);
SEAM_API size_t seam_plan_print_sized(size_t plan_size, const struct seam_plan *plan, char *text,
                                      size_t size);
SEAM_API enum seam_result seam_model_reach_sized(size_t params_size, size_t reach_size,
                                                 struct seam_model *model,
                                                 const struct seam_picture *picture,
                                                 const void *samples,
                                                 const struct seam_params *params,
                                                 double tolerance, struct seam_reach *reach,
                                                 struct seam_log *log) SEAM_NODISCARD;

#ifndef SEAM_BUILDING
#define seam_params_init(...) \
    seam_params_init_sized(sizeof(struct seam_params), __VA_ARGS__)
#define seam_machine_measure(...) \
    seam_machine_measure_sized(sizeof(struct seam_machine), __VA_ARGS__)
#define seam_plan_make(...) \
    seam_plan_make_sized(sizeof(struct seam_plan), sizeof(struct seam_facts), \
                         sizeof(struct seam_params), sizeof(struct seam_machine), __VA_ARGS__)
#define seam_plan_check(...) \
    seam_plan_check_sized(sizeof(struct seam_plan), sizeof(struct seam_facts), __VA_ARGS__)
#define seam_plan_identity(...) \
    seam_plan_identity_sized(sizeof(struct seam_plan), __VA_ARGS__)
#define seam_plan_print(...) \
    seam_plan_print_sized(sizeof(struct seam_plan), __VA_ARGS__)
#define seam_model_reach(...) \
    seam_model_reach_sized(sizeof(struct seam_params), sizeof(struct seam_reach), __VA_ARGS__)
#endif

#ifdef __cplusplus
}
#endif

#endif /* SEAMLESS_PLAN_H */
