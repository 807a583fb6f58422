/*
 * Tiles of a program on a device: commands are recorded once for each shape and run as often as a
 * tile of that shape comes.
 *
 *     seam_gpu_core_open(&core, program, choice, log);   // a device, with weights and pipelines
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
    int users;
};

/* SEAM_ERROR_ENGINE, SEAM_ERROR_MEMORY, said; then nothing is held. */
enum seam_result seam_gpu_core_open(struct seam_gpu_core **core,
                                    const struct seam_gpu_program *program, const char *choice,
                                    struct seam_log *log) SEAM_NODISCARD;
void seam_gpu_core_close(struct seam_gpu_core **core);

struct seam_gpu_tile {
    struct seam_gpu_core *core;
    struct seam_span domain[2];
    struct seam_gpu_place *places; /* by tensor */
    struct seam_gpu_layout layout;
    struct seam_gpu_buffer arena, in, out;
    VkDescriptorPool sets;
    VkCommandPool pool;
    VkCommandBuffer commands;
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

VkResult seam_gpu_tile_submit(struct seam_gpu_tile *tile);
/* VK_ERROR_DEVICE_LOST also where it takes ten minutes. */
VkResult seam_gpu_tile_wait(struct seam_gpu_tile *tile);

/* Record its commands (record.c). */
VkResult seam_gpu_tile_record(struct seam_gpu_tile *tile);

#endif /* SEAM_GPU_TILE_H */
