/*
 * Vulkan as this engine uses it: the loader is opened at run time, nothing is linked. Functions lie
 * in a table, so that one who stands for the loader can stand for any of them.
 *
 * Thread-safety: as Vulkan's own; what is opened here is changed by nobody.
 */
#ifndef SEAM_GPU_VK_H
#define SEAM_GPU_VK_H

#define VK_NO_PROTOTYPES
#include <vulkan/vulkan_core.h>

#include "seamless/seamless.h"

#define SEAM_VK_GLOBAL(X) \
    X(vkCreateInstance) X(vkEnumerateInstanceVersion) X(vkEnumerateInstanceExtensionProperties)
#define SEAM_VK_INSTANCE(X) \
    X(vkDestroyInstance) X(vkEnumeratePhysicalDevices) X(vkGetPhysicalDeviceProperties2) \
    X(vkGetPhysicalDeviceFeatures2) X(vkGetPhysicalDeviceMemoryProperties2) \
    X(vkGetPhysicalDeviceQueueFamilyProperties) X(vkEnumerateDeviceExtensionProperties) \
    X(vkCreateDevice) X(vkGetDeviceProcAddr)
#define SEAM_VK_DEVICE(X) \
    X(vkDestroyDevice) X(vkGetDeviceQueue) X(vkCreateBuffer) X(vkDestroyBuffer) \
    X(vkGetBufferMemoryRequirements) X(vkAllocateMemory) X(vkFreeMemory) X(vkBindBufferMemory) \
    X(vkMapMemory) X(vkCreateShaderModule) X(vkDestroyShaderModule) \
    X(vkCreateDescriptorSetLayout) X(vkDestroyDescriptorSetLayout) X(vkCreatePipelineLayout) \
    X(vkDestroyPipelineLayout) X(vkCreateComputePipelines) X(vkDestroyPipeline) \
    X(vkCreateDescriptorPool) X(vkDestroyDescriptorPool) X(vkAllocateDescriptorSets) \
    X(vkUpdateDescriptorSets) X(vkCreateCommandPool) X(vkDestroyCommandPool) \
    X(vkAllocateCommandBuffers) X(vkBeginCommandBuffer) X(vkEndCommandBuffer) \
    X(vkCmdBindPipeline) X(vkCmdBindDescriptorSets) X(vkCmdPushConstants) X(vkCmdDispatch) \
    X(vkCmdPipelineBarrier) X(vkCmdCopyBuffer) X(vkCmdFillBuffer) X(vkQueueSubmit) \
    X(vkCreateFence) X(vkDestroyFence) X(vkWaitForFences) X(vkResetFences) X(vkDeviceWaitIdle) \
    X(vkCreatePipelineCache) X(vkGetPipelineCacheData) X(vkDestroyPipelineCache)

/* The loader and one instance. */
struct seam_vk {
#define SEAM_VK_MEMBER(f) PFN_##f f;
    SEAM_VK_GLOBAL(SEAM_VK_MEMBER)
    SEAM_VK_INSTANCE(SEAM_VK_MEMBER)
    SEAM_VK_DEVICE(SEAM_VK_MEMBER) /* of the one device that is opened on it */
    PFN_vkGetInstanceProcAddr get;
    void *library;
    VkInstance instance;
};

/* SEAM_ERROR_ENGINE, said, where there is no loader, no driver, or only ones that are too old; then
 * nothing is held. The environment's SEAMLESS_VULKAN names a loader to take instead. */
enum seam_result seam_vk_open(struct seam_vk *vk, struct seam_log *log) SEAM_NODISCARD;
void seam_vk_close(struct seam_vk *vk);

/* "out of device memory" and the like. Static storage. */
const char *seam_vk_words(VkResult result);

/* What a failure is to the callers of an engine. */
enum seam_result seam_vk_result(VkResult result);

#endif /* SEAM_GPU_VK_H */
