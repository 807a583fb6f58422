/*
 * A network as dispatches: which shader makes which channels of which tensor of what, with the
 * constants they read. Pure: no word of Vulkan, and nothing that depends on a tile's size.
 */
#ifndef SEAM_GPU_PROGRAM_H
#define SEAM_GPU_PROGRAM_H

#include "net/net.h"

enum seam_gpu_shader {
    SEAM_GPU_CONV,
    SEAM_GPU_DIRECT,
    SEAM_GPU_MOVE,
    SEAM_GPU_TO_HALF,   /* what comes in, planes of float32 */
    SEAM_GPU_FROM_HALF, /* and what goes out */
    SEAM_GPU_SHADERS,
};

/* What move.comp does. */
enum seam_gpu_move {
    SEAM_GPU_COPY,
    SEAM_GPU_FILL,
    SEAM_GPU_CROP,
    SEAM_GPU_PAD,
    SEAM_GPU_SHUFFLE,
    SEAM_GPU_RESIZE,
    SEAM_GPU_POOL_MOST,
    SEAM_GPU_POOL_AVERAGE,
};

/* Specialisation constants, as the shaders number them: first eight of the shader's own, then from
 * 32 on those of its links. */
#define SEAM_GPU_OWN_SPECS 8
#define SEAM_GPU_LINKS 6 /* in one dispatch */
#define SEAM_GPU_SPECS (SEAM_GPU_OWN_SPECS + 1 + 2 * SEAM_GPU_LINKS)
#define SEAM_GPU_LINK_SPEC 32
#define SEAM_GPU_WITH 4 /* other tensors of one dispatch */

/* Pixels and channels that one group of invocations makes. */
#define SEAM_GPU_CONV_WIDE 16
#define SEAM_GPU_CONV_HIGH 8
#define SEAM_GPU_CONV_SLICE 8
#define SEAM_GPU_MOVE_WIDE 64

struct seam_gpu_dispatch {
    enum seam_gpu_shader shader;
    int op;                    /* of the network; -1: it moves planes in or out */
    int out;                   /* the tensor that it makes; of planes that go out, theirs */
    struct seam_ref in;        /* tensor -1: none */
    int out_first, out_channels;
    struct seam_ref with[SEAM_GPU_WITH];
    int32_t spec[SEAM_GPU_SPECS];
    int32_t weights, chain; /* where in the constants */
    float fill;
};

struct seam_gpu_program {
    const struct seam_net *net;
    struct seam_gpu_dispatch *dispatches;
    int n_dispatches, room;
    float *constants; /* weights, biases, links, and tables of whole numbers by their bits */
    int64_t n_constants, constants_room;
    bool half;   /* tensors are float16 in memory; sums and constants are float32 all the same */
    bool failed; /* there was no memory */
};

/* Whether there are shaders for all of a network: SEAM_ERROR_MODEL with *obstacle filled. */
enum seam_result seam_gpu_program_check(const struct seam_net *net,
                                        struct seam_net_obstacle *obstacle) SEAM_NODISCARD;
/* Of a network for which there are, and which must outlive it; its weights are copied. `half`: see
 * there. SEAM_ERROR_MEMORY. */
enum seam_result seam_gpu_program_open(struct seam_gpu_program **program,
                                       const struct seam_net *net, bool half) SEAM_NODISCARD;
void seam_gpu_program_close(struct seam_gpu_program **program);

/* ---- for the program*.c files alone ---- */

/* The next dispatch of operation `op`, zeroed but for `in` and tensors that are none; NULL, with
 * `failed` set. */
struct seam_gpu_dispatch *seam_gpu_dispatch_add(struct seam_gpu_program *p, int op);
/* Room for `count` more constants, zeroed; NULL, with `failed` set. *at: where they lie. */
float *seam_gpu_constants_add(struct seam_gpu_program *p, int64_t count, int32_t *at);
/* All of a convolution but its links. */
void seam_gpu_program_conv(struct seam_gpu_program *p, int op);
/* The links of `op`, to the dispatches from `first` on, and more dispatches where they are
 * many. */
void seam_gpu_program_links(struct seam_gpu_program *p, int op, int first);
/* NULL, or why there is no way to do one of its links. */
const char *seam_gpu_links_refused(const struct seam_net_op *op);

/* ---- where a tile's tensors lie (place.c) ---- */

struct seam_gpu_place {
    struct seam_span domain[2];
    uint64_t at, bytes; /* in the arena */
};

/* What one tile takes. */
struct seam_gpu_layout {
    uint64_t arena;   /* bytes of all tensors, each where nothing else lives at its time */
    uint64_t guard;   /* where the count of dispatches lies in it */
    uint64_t largest; /* tensor, in bytes */
    int64_t out_width, out_height;
};

/* Of a sample in memory. */
uint64_t seam_gpu_sample_bytes(const struct seam_gpu_program *program);

/* Place all tensors for an input of `domain`; `places` by tensor. Offsets are multiples of
 * `alignment`, a sample has `sample` bytes. False: the picture is too small, or too large to be
 * counted. */
bool seam_gpu_place_all(const struct seam_net *net, const struct seam_span domain[2],
                        uint64_t sample, uint64_t alignment, struct seam_gpu_place *places,
                        struct seam_gpu_layout *layout);

#endif /* SEAM_GPU_PROGRAM_H */
