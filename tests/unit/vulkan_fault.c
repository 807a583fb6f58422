/* See vulkan_fault.h. What it does not count goes to the real loader. */
#define VK_NO_PROTOTYPES
#include <vulkan/vulkan_core.h>

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "vulkan_fault.h"

#define EXPORT __attribute__((visibility("default")))

extern EXPORT struct vulkan_fault vulkan_fault;
struct vulkan_fault vulkan_fault = { .after = -1 };

VKAPI_ATTR EXPORT PFN_vkVoidFunction VKAPI_CALL vkGetInstanceProcAddr(VkInstance instance,
                                                                      const char *name);

static PFN_vkGetInstanceProcAddr real;
static PFN_vkGetDeviceProcAddr real_device;
static PFN_vkCreateDevice real_create;
static PFN_vkGetPhysicalDeviceProperties2 real_properties;
static PFN_vkAllocateMemory real_allocate;
static PFN_vkFreeMemory real_free;
static PFN_vkQueueSubmit real_submit;
static PFN_vkWaitForFences real_wait;
static PFN_vkCmdPushConstants real_push;
static PFN_vkCmdPipelineBarrier real_barrier;

static struct {
    VkDeviceMemory memory;
    VkDeviceSize size;
} blocks[256];

/* What a call is to return instead; VK_SUCCESS: it is to be made. */
static VkResult failure(enum vulkan_call call)
{
    struct vulkan_fault *f = &vulkan_fault;
    f->counts[call]++;
    if (f->lost)
        return VK_ERROR_DEVICE_LOST;
    if (f->after < 0 || call != f->call || f->times == 0 || f->after-- > 0)
        return VK_SUCCESS;
    f->times--;
    f->after = 0;
    f->lost = f->result == VK_ERROR_DEVICE_LOST;
    return (VkResult)f->result;
}

static VkResult create(VkPhysicalDevice gpu, const VkDeviceCreateInfo *info,
                       const VkAllocationCallbacks *a, VkDevice *device)
{
    vulkan_fault.lost = 0;
    return real_create(gpu, info, a, device);
}

static void properties(VkPhysicalDevice gpu, VkPhysicalDeviceProperties2 *all)
{
    real_properties(gpu, all);
    if (vulkan_fault.kind)
        all->properties.deviceType = (VkPhysicalDeviceType)vulkan_fault.kind;
}

static VkResult allocate(VkDevice device, const VkMemoryAllocateInfo *info,
                         const VkAllocationCallbacks *a, VkDeviceMemory *memory)
{
    VkResult r = failure(VULKAN_ALLOCATE);
    if (r == VK_SUCCESS)
        r = real_allocate(device, info, a, memory);
    for (int i = 0; r == VK_SUCCESS && i < 256; i++)
        if (!blocks[i].memory) {
            blocks[i].memory = *memory;
            blocks[i].size = info->allocationSize;
            vulkan_fault.allocated += info->allocationSize;
            if (vulkan_fault.allocated > vulkan_fault.peak)
                vulkan_fault.peak = vulkan_fault.allocated;
            break;
        }
    return r;
}

static void give_back(VkDevice device, VkDeviceMemory memory, const VkAllocationCallbacks *a)
{
    for (int i = 0; i < 256; i++)
        if (memory && blocks[i].memory == memory) {
            vulkan_fault.allocated -= blocks[i].size;
            blocks[i].memory = VK_NULL_HANDLE;
        }
    real_free(device, memory, a);
}

static VkResult submit(VkQueue queue, uint32_t n, const VkSubmitInfo *info, VkFence fence)
{
    const VkResult r = failure(VULKAN_SUBMIT);
    /* As a device does that was reset, and of whose reset nobody is told. */
    if (r == (VkResult)VULKAN_NOTHING)
        return real_submit(queue, 0, NULL, fence);
    return r == VK_SUCCESS ? real_submit(queue, n, info, fence) : r;
}

static VkResult wait_for(VkDevice device, uint32_t n, const VkFence *fences, VkBool32 all,
                         uint64_t timeout)
{
    const VkResult r = failure(VULKAN_WAIT);
    /* The real device is not lost: it must be done before anything is taken from it. */
    const VkResult done = real_wait(device, n, fences, all, timeout);
    return r == VK_SUCCESS ? done : r;
}

/* A driver with a fault: what is computed is something else. */
static void push(VkCommandBuffer commands, VkPipelineLayout layout, VkShaderStageFlags stages,
                 uint32_t offset, uint32_t size, const void *values)
{
    int32_t copy[32];
    memcpy(copy, values, size);
    copy[4] += vulkan_fault.spoil; /* the base of columns */
    real_push(commands, layout, stages, offset, size, copy);
}

/* A program with a fault, for the validation layers: nothing waits for anything. */
static void barrier(VkCommandBuffer commands, VkPipelineStageFlags from, VkPipelineStageFlags to,
                    VkDependencyFlags flags, uint32_t n, const VkMemoryBarrier *memory,
                    uint32_t n_buffers, const VkBufferMemoryBarrier *buffers, uint32_t n_images,
                    const VkImageMemoryBarrier *images)
{
    if (!getenv("SEAM_VULKAN_NO_BARRIER"))
        real_barrier(commands, from, to, flags, n, memory, n_buffers, buffers, n_images, images);
}

/* `f` in the place of what the real loader gives, which goes to `to`. */
#define STAND_FOR(named, to, f) \
    if (strcmp(name, named) == 0) { \
        memcpy(&(to), &found, sizeof(to)); \
        return (PFN_vkVoidFunction)(f); \
    }

static PFN_vkVoidFunction device_function(VkDevice device, const char *name)
{
    const PFN_vkVoidFunction found = real_device(device, name);
    STAND_FOR("vkAllocateMemory", real_allocate, allocate)
    STAND_FOR("vkFreeMemory", real_free, give_back)
    STAND_FOR("vkQueueSubmit", real_submit, submit)
    STAND_FOR("vkWaitForFences", real_wait, wait_for)
    STAND_FOR("vkCmdPushConstants", real_push, push)
    STAND_FOR("vkCmdPipelineBarrier", real_barrier, barrier)
    return found;
}

PFN_vkVoidFunction vkGetInstanceProcAddr(VkInstance instance, const char *name)
{
    if (!real) {
        void *library = dlopen("libvulkan.so.1", RTLD_NOW | RTLD_LOCAL);
        void *symbol = library ? dlsym(library, "vkGetInstanceProcAddr") : NULL;
        memcpy(&real, &symbol, sizeof(real));
    }
    const PFN_vkVoidFunction found = real ? real(instance, name) : NULL;
    STAND_FOR("vkGetDeviceProcAddr", real_device, device_function)
    STAND_FOR("vkCreateDevice", real_create, create)
    STAND_FOR("vkGetPhysicalDeviceProperties2", real_properties, properties)
    return found;
}
