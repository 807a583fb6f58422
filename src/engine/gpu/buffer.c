/* Memory of a device. */
#include <string.h>

#include "engine/gpu/device.h"

#define VISIBLE (VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT)

/* The first type of `allowed` that has all of `wanted`; UINT32_MAX: none. */
static uint32_t memory_type(const struct seam_gpu_device *d, uint32_t allowed,
                            VkMemoryPropertyFlags wanted)
{
    for (uint32_t i = 0; i < d->memory.memoryTypeCount; i++)
        if ((allowed >> i & 1) && (d->memory.memoryTypes[i].propertyFlags & wanted) == wanted)
            return i;
    return UINT32_MAX;
}

static uint32_t best_type(const struct seam_gpu_device *d, uint32_t allowed, bool host)
{
    uint32_t type = memory_type(d, allowed, host ? VISIBLE | VK_MEMORY_PROPERTY_HOST_CACHED_BIT
                                                 : VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT);
    return type != UINT32_MAX ? type : memory_type(d, allowed, host ? VISIBLE : 0);
}

static VkResult take_memory(const struct seam_gpu_device *d, struct seam_gpu_buffer *b, bool host)
{
    VkMemoryRequirements need;
    d->vk.vkGetBufferMemoryRequirements(d->device, b->buffer, &need);
    const VkMemoryAllocateInfo info = {
        .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
        .allocationSize = need.size,
        .memoryTypeIndex = best_type(d, need.memoryTypeBits, host),
    };
    if (info.memoryTypeIndex == UINT32_MAX || need.size > d->most_bytes)
        return VK_ERROR_OUT_OF_DEVICE_MEMORY;
    const VkResult r = d->vk.vkAllocateMemory(d->device, &info, NULL, &b->memory);
    if (r != VK_SUCCESS)
        b->memory = VK_NULL_HANDLE;
    else
        b->bytes = need.size;
    return r;
}

VkResult seam_gpu_buffer_open(const struct seam_gpu_device *d, struct seam_gpu_buffer *b,
                              uint64_t bytes, bool host)
{
    const VkBufferCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
        .size = bytes < 64 ? 64 : bytes,
        .usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_TRANSFER_SRC_BIT |
                 VK_BUFFER_USAGE_TRANSFER_DST_BIT,
    };
    *b = (struct seam_gpu_buffer){ 0 };
    VkResult r = d->vk.vkCreateBuffer(d->device, &info, NULL, &b->buffer);
    if (r != VK_SUCCESS)
        b->buffer = VK_NULL_HANDLE;
    else
        r = take_memory(d, b, host);
    if (r == VK_SUCCESS)
        r = d->vk.vkBindBufferMemory(d->device, b->buffer, b->memory, 0);
    if (r == VK_SUCCESS && host)
        r = d->vk.vkMapMemory(d->device, b->memory, 0, VK_WHOLE_SIZE, 0, &b->map);
    if (r != VK_SUCCESS)
        seam_gpu_buffer_close(d, b);
    return r;
}

void seam_gpu_buffer_close(const struct seam_gpu_device *d, struct seam_gpu_buffer *b)
{
    if (b->buffer)
        d->vk.vkDestroyBuffer(d->device, b->buffer, NULL);
    if (b->memory)
        d->vk.vkFreeMemory(d->device, b->memory, NULL);
    *b = (struct seam_gpu_buffer){ 0 };
}

/* Copy all of `from`, and wait. */
static VkResult copy(const struct seam_gpu_device *d, VkBuffer to, VkBuffer from, uint64_t bytes)
{
    VkCommandBuffer commands;
    const VkCommandBufferAllocateInfo info = {
        .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
        .commandPool = d->commands,
        .level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
        .commandBufferCount = 1,
    };
    const VkCommandBufferBeginInfo begin = {
        .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
        .flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT,
    };
    VkResult r = d->vk.vkAllocateCommandBuffers(d->device, &info, &commands);
    if (r != VK_SUCCESS)
        return r;
    r = d->vk.vkBeginCommandBuffer(commands, &begin);
    if (r != VK_SUCCESS)
        return r;
    d->vk.vkCmdCopyBuffer(commands, from, to, 1, &(VkBufferCopy){ 0, 0, bytes });
    r = d->vk.vkEndCommandBuffer(commands);
    const VkSubmitInfo submit = {
        .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
        .commandBufferCount = 1,
        .pCommandBuffers = &commands,
    };
    if (r == VK_SUCCESS)
        r = d->vk.vkQueueSubmit(d->queue, 1, &submit, VK_NULL_HANDLE);
    if (r == VK_SUCCESS)
        r = d->vk.vkDeviceWaitIdle(d->device);
    return r;
}

VkResult seam_gpu_buffer_fill(const struct seam_gpu_device *d, struct seam_gpu_buffer *b,
                              const void *data, uint64_t bytes)
{
    struct seam_gpu_buffer staging;
    VkResult r = seam_gpu_buffer_open(d, b, bytes, false);
    if (r != VK_SUCCESS)
        return r;
    r = seam_gpu_buffer_open(d, &staging, bytes, true);
    if (r == VK_SUCCESS) {
        memcpy(staging.map, data, (size_t)bytes);
        r = copy(d, b->buffer, staging.buffer, bytes);
        seam_gpu_buffer_close(d, &staging);
    }
    if (r != VK_SUCCESS)
        seam_gpu_buffer_close(d, b);
    return r;
}
