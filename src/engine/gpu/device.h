/* Devices: which there are, one that is opened, its buffers and pipelines. */
#ifndef SEAM_GPU_DEVICE_H
#define SEAM_GPU_DEVICE_H

#include "engine/gpu/program.h"
#include "engine/gpu/vk.h"

/* Of the sets that all shaders have: input, output, constants, four other tensors, the guard. */
#define SEAM_GPU_BINDINGS 8

struct seam_gpu_buffer {
    VkBuffer buffer;
    VkDeviceMemory memory;
    uint64_t bytes;
    void *map; /* NULL: it lies on the device */
};

/* A pipeline and what it was made of. */
struct seam_gpu_pipeline {
    enum seam_gpu_shader shader;
    bool half;
    int32_t spec[SEAM_GPU_SPECS];
    VkPipeline pipeline;
};

/* One that is opened. */
struct seam_gpu_device {
    struct seam_vk vk;
    struct seam_device is; /* what is told of it */
    VkPhysicalDevice physical;
    VkDevice device;
    VkQueue queue;
    uint32_t family;
    VkPhysicalDeviceMemoryProperties memory;
    uint64_t most_range, most_bytes; /* of a tensor, of an allocation */
    uint64_t offset_alignment;       /* of a tensor in a buffer */
    VkDescriptorSetLayout sets;
    VkPipelineLayout layout;
    VkCommandPool commands; /* of uploads */
    struct seam_gpu_pipeline *pipelines;
    int n_pipelines;
};

/* Fill up to `most` of `devices`, in Vulkan's order, and return how many there are; -1, said, where
 * Vulkan does not start. */
int seam_gpu_list(struct seam_device *devices, int most, struct seam_log *log);

/* Whether `choice` asks for device number `index`: by number, by a part of its name in any case, or
 * as "gpu", which is any that is no CPU. */
bool seam_gpu_chosen(const char *choice, const struct seam_device *device, int index);

/* Open the device that `choice` names. SEAM_ERROR_ENGINE, said, where there is none or it does not
 * open; then nothing is held. */
enum seam_result seam_gpu_open(struct seam_gpu_device **device, const char *choice,
                               struct seam_log *log) SEAM_NODISCARD;
void seam_gpu_close(struct seam_gpu_device **device);

/* A buffer of the device, or one that the host writes to and reads from. */
VkResult seam_gpu_buffer_open(const struct seam_gpu_device *device, struct seam_gpu_buffer *buffer,
                              uint64_t bytes, bool host);
void seam_gpu_buffer_close(const struct seam_gpu_device *device, struct seam_gpu_buffer *buffer);
/* One that holds `data`, on the device. */
VkResult seam_gpu_buffer_fill(const struct seam_gpu_device *device, struct seam_gpu_buffer *buffer,
                              const void *data, uint64_t bytes);

/* What the driver keeps of pipelines that were made before, by this process or another
 * (pipeline_cache.c); *size: its bytes. VK_NULL_HANDLE where it keeps nothing. */
VkPipelineCache seam_gpu_pipeline_cache_open(const struct seam_gpu_device *device, size_t *size);
/* Keep it where more has come to the `had` bytes. */
void seam_gpu_pipeline_cache_close(const struct seam_gpu_device *device, VkPipelineCache cache,
                                   size_t had);

/* The pipelines of a program, one for all dispatches that are alike; pipelines[i] is dispatch
 * i's. */
VkResult seam_gpu_pipelines(struct seam_gpu_device *device, const struct seam_gpu_program *program,
                            VkPipeline *pipelines);
/* A checksum of all shaders. */
uint64_t seam_gpu_code(void);

#endif /* SEAM_GPU_DEVICE_H */
