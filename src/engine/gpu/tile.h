/*
 * Tiles of a program on a device: commands are recorded once for each shape and run as often as a
 * tile of that shape comes.
 *
 *     seam_gpu_core_open(&core, &device, program, log);  // with weights and pipelines
 *     seam_gpu_tile_open(&tile, core, domain);           // VkResult
 *     memcpy(tile->in.map, planes, ...);
 *     seam_gpu_tile_submit(tile);                        // VkResult; one of a core at a time
 *     seam_gpu_tile_wait(tile);                          // VkResult
 *     ... tile->out.map
 *
 * Thread-safety: a core is counted by its users' own lock; of one core one submit at a time.
 */
#ifndef SEAM_GPU_TILE_H
#define SEAM_GPU_TILE_H

#include "engine/gpu/device.h"

/* A device that holds what all tiles of a network share. */
struct seam_gpu_core {
    const struct seam_gpu_program *program;
    struct seam_gpu_device *device;
    struct seam_gpu_buffer constants;
    VkPipeline *pipelines; /* by dispatch */
    double rate;           /* multiply-adds a second, the most that were seen */
    int users;
};

/* Takes the device over. SEAM_ERROR_ENGINE, SEAM_ERROR_MEMORY, said; then nothing is held. */
enum seam_result seam_gpu_core_open(struct seam_gpu_core **core, struct seam_gpu_device **device,
                                    const struct seam_gpu_program *program,
                                    struct seam_log *log) SEAM_NODISCARD;
void seam_gpu_core_close(struct seam_gpu_core **core);

/* Some rows of groups of a dispatch. */
struct seam_gpu_piece {
    int dispatch;
    uint32_t first, count;
    bool begins; /* a submission */
};

struct seam_gpu_cut {
    struct seam_gpu_piece *pieces;
    int n, room, submissions;
    double work; /* multiply-adds of all */
};

struct seam_gpu_tile {
    struct seam_gpu_core *core;
    struct seam_span domain[2];
    struct seam_gpu_place *places; /* by tensor */
    struct seam_gpu_layout layout;
    struct seam_gpu_buffer arena, in, out;
    uint64_t out_bytes; /* of planes; the guard follows */
    VkDescriptorPool sets;
    VkCommandPool pool;
    struct seam_gpu_cut cut;
    VkCommandBuffer *commands; /* by submission */
    int n_commands;
    VkFence fence;
};

/* What a tile takes, counted before any is taken: on the device, and of the host's beside. False:
 * it is too small, or too large for the device. */
bool seam_gpu_tile_measure(const struct seam_gpu_core *core, const struct seam_span domain[2],
                           struct seam_gpu_layout *layout, uint64_t *device_bytes,
                           uint64_t *host_bytes);

VkResult seam_gpu_tile_open(struct seam_gpu_tile **tile, struct seam_gpu_core *core,
                            const struct seam_span domain[2]);
void seam_gpu_tile_close(struct seam_gpu_tile **tile);

/* Its own submissions, one after the other. Where it fails none of them is in flight any more. */
VkResult seam_gpu_tile_submit(struct seam_gpu_tile *tile);
/* VK_ERROR_DEVICE_LOST also where it takes ten minutes. */
VkResult seam_gpu_tile_wait(struct seam_gpu_tile *tile);
/* Whether every dispatch of the run that was waited for came to its end. */
bool seam_gpu_tile_is_whole(const struct seam_gpu_tile *tile);

/* Record its commands (record.c). */
VkResult seam_gpu_tile_record(struct seam_gpu_tile *tile);

/* How its dispatches are cut (cut.c); false: no memory. */
bool seam_gpu_cut_tile(struct seam_gpu_cut *cut, const struct seam_gpu_tile *tile);
void seam_gpu_cut_close(struct seam_gpu_cut *cut);

/* The guard: a number that begins a run, to which each dispatch adds one. It lies behind all
 * tensors, and behind the planes that come out. */
#define SEAM_GPU_GUARD 0x5ea30000u
#define SEAM_GPU_GUARD_BYTES sizeof(uint32_t)

#endif /* SEAM_GPU_TILE_H */
