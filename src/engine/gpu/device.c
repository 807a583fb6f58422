/* Which devices there are, and one that is opened. */
#include "engine/gpu/device.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/common.h"
#include "base/log.h"

#define MOST_DEVICES 32

static bool has_extension(const struct seam_vk *vk, VkPhysicalDevice gpu, const char *name)
{
    uint32_t n = 0;
    bool found = false;
    if (vk->vkEnumerateDeviceExtensionProperties(gpu, NULL, &n, NULL) != VK_SUCCESS || n == 0)
        return false;
    VkExtensionProperties *list = calloc(n, sizeof(*list));
    if (list && vk->vkEnumerateDeviceExtensionProperties(gpu, NULL, &n, list) >= VK_SUCCESS)
        for (uint32_t i = 0; i < n && !found; i++)
            found = strcmp(list[i].extensionName, name) == 0;
    free(list);
    return found;
}

/* What is left of the largest heap that lies on the device. */
static void describe_memory(const struct seam_vk *vk, VkPhysicalDevice gpu,
                            VkPhysicalDeviceMemoryProperties *memory, struct seam_device *device)
{
    const bool told = has_extension(vk, gpu, VK_EXT_MEMORY_BUDGET_EXTENSION_NAME);
    VkPhysicalDeviceMemoryBudgetPropertiesEXT budget = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_BUDGET_PROPERTIES_EXT,
    };
    VkPhysicalDeviceMemoryProperties2 all = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_PROPERTIES_2,
        .pNext = told ? &budget : NULL,
    };
    vk->vkGetPhysicalDeviceMemoryProperties2(gpu, &all);
    *memory = all.memoryProperties;
    for (uint32_t i = 0; i < memory->memoryHeapCount; i++) {
        const uint64_t size = memory->memoryHeaps[i].size;
        if (!(memory->memoryHeaps[i].flags & VK_MEMORY_HEAP_DEVICE_LOCAL_BIT) ||
            size <= device->memory)
            continue;
        device->memory = size;
        /* Others' windows want some of it where nobody tells how much. */
        device->available = size / 10 * 6;
        if (told)
            device->available = budget.heapBudget[i] > budget.heapUsage[i]
                                    ? budget.heapBudget[i] - budget.heapUsage[i] : 0;
    }
}

static bool takes_half(const struct seam_vk *vk, VkPhysicalDevice gpu)
{
    VkPhysicalDevice16BitStorageFeatures half = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_16BIT_STORAGE_FEATURES,
    };
    VkPhysicalDeviceFeatures2 all = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2,
        .pNext = &half,
    };
    vk->vkGetPhysicalDeviceFeatures2(gpu, &all);
    return half.storageBuffer16BitAccess;
}

static enum seam_device_kind kind_of(VkPhysicalDeviceType type)
{
    switch (type) {
    case VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU: return SEAM_DEVICE_DISCRETE;
    case VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU: return SEAM_DEVICE_INTEGRATED;
    case VK_PHYSICAL_DEVICE_TYPE_VIRTUAL_GPU: return SEAM_DEVICE_VIRTUAL;
    case VK_PHYSICAL_DEVICE_TYPE_CPU: return SEAM_DEVICE_CPU;
    default: return SEAM_DEVICE_OTHER;
    }
}

static void describe(const struct seam_vk *vk, VkPhysicalDevice gpu,
                     struct seam_gpu_device *device)
{
    VkPhysicalDeviceDriverProperties driver = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DRIVER_PROPERTIES,
    };
    VkPhysicalDeviceMaintenance3Properties most = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MAINTENANCE_3_PROPERTIES,
        .pNext = has_extension(vk, gpu, VK_KHR_DRIVER_PROPERTIES_EXTENSION_NAME) ? &driver : NULL,
    };
    VkPhysicalDeviceProperties2 all = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2,
        .pNext = &most,
    };
    vk->vkGetPhysicalDeviceProperties2(gpu, &all);
    const VkPhysicalDeviceProperties *p = &all.properties;
    struct seam_device *is = &device->is;
    *is = (struct seam_device){ .kind = kind_of(p->deviceType), .half = takes_half(vk, gpu) };
    is->shares_memory = is->kind == SEAM_DEVICE_INTEGRATED || is->kind == SEAM_DEVICE_CPU;
    snprintf(is->name, sizeof(is->name), "%.127s", p->deviceName);
    if (driver.driverName[0])
        snprintf(is->driver, sizeof(is->driver), "%.60s %.60s", driver.driverName,
                 driver.driverInfo);
    else
        snprintf(is->driver, sizeof(is->driver), "%x", p->driverVersion);
    device->most_range = p->limits.maxStorageBufferRange;
    device->most_bytes = most.maxMemoryAllocationSize;
    device->offset_alignment =
        (uint64_t)seam_max((int64_t)p->limits.minStorageBufferOffsetAlignment, 64);
    describe_memory(vk, gpu, &device->memory, is);
}

/* All of them; their number. */
static int enumerate(const struct seam_vk *vk, VkPhysicalDevice *list)
{
    uint32_t n = MOST_DEVICES;
    return vk->vkEnumeratePhysicalDevices(vk->instance, &n, list) >= VK_SUCCESS ? (int)n : 0;
}

int seam_gpu_list(struct seam_device *devices, int most, struct seam_log *log)
{
    struct seam_vk vk;
    VkPhysicalDevice list[MOST_DEVICES];
    if (seam_vk_open(&vk, log) != SEAM_OK)
        return -1;
    const int n = enumerate(&vk, list);
    for (int i = 0; i < n && i < most; i++) {
        struct seam_gpu_device d = { 0 };
        describe(&vk, list[i], &d);
        devices[i] = d.is;
    }
    seam_vk_close(&vk);
    return n;
}

/* Whether `part` occurs in `text`, in any case. */
static bool contains(const char *text, const char *part)
{
    for (; *text; text++) {
        size_t i = 0;
        while (part[i] && tolower((unsigned char)text[i]) == tolower((unsigned char)part[i]))
            i++;
        if (!part[i])
            return true;
    }
    return false;
}

bool seam_gpu_chosen(const char *choice, const struct seam_device *device, int index)
{
    char *end;
    if (!choice || strcmp(choice, "gpu") == 0 || strcmp(choice, "auto") == 0)
        return device->kind != SEAM_DEVICE_CPU;
    const long number = strtol(choice, &end, 10);
    if (*choice && *end == '\0')
        return number == index;
    return *choice && contains(device->name, choice);
}

static bool find_queue(struct seam_gpu_device *d)
{
    VkQueueFamilyProperties list[32];
    uint32_t n = SEAM_ARRAY_LEN(list);
    d->vk.vkGetPhysicalDeviceQueueFamilyProperties(d->physical, &n, list);
    d->family = UINT32_MAX;
    /* One without graphics is no window's: it may run for longer. */
    for (uint32_t i = 0; i < n; i++)
        if ((list[i].queueFlags & VK_QUEUE_COMPUTE_BIT) &&
            (d->family == UINT32_MAX || !(list[i].queueFlags & VK_QUEUE_GRAPHICS_BIT)))
            d->family = i;
    return d->family != UINT32_MAX;
}

static VkResult create_device(struct seam_gpu_device *d)
{
    const float priority = 1;
    const VkDeviceQueueCreateInfo queue = {
        .sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
        .queueFamilyIndex = d->family,
        .queueCount = 1,
        .pQueuePriorities = &priority,
    };
    VkPhysicalDevice16BitStorageFeatures half = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_16BIT_STORAGE_FEATURES,
        .storageBuffer16BitAccess = d->is.half,
    };
    const char *const portability = "VK_KHR_portability_subset";
    const VkDeviceCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
        .pNext = &half,
        .queueCreateInfoCount = 1,
        .pQueueCreateInfos = &queue,
        .enabledExtensionCount = has_extension(&d->vk, d->physical, portability),
        .ppEnabledExtensionNames = &portability,
    };
    const VkResult r = d->vk.vkCreateDevice(d->physical, &info, NULL, &d->device);
    if (r != VK_SUCCESS) {
        d->device = VK_NULL_HANDLE;
        return r;
    }
#define LOAD(f) d->vk.f = (PFN_##f)d->vk.vkGetDeviceProcAddr(d->device, #f);
    SEAM_VK_DEVICE(LOAD)
#undef LOAD
    d->vk.vkGetDeviceQueue(d->device, d->family, 0, &d->queue);
    return VK_SUCCESS;
}

/* What all pipelines share. */
static VkResult create_layout(struct seam_gpu_device *d)
{
    VkDescriptorSetLayoutBinding bindings[SEAM_GPU_BINDINGS];
    for (uint32_t i = 0; i < SEAM_GPU_BINDINGS; i++)
        bindings[i] = (VkDescriptorSetLayoutBinding){
            .binding = i,
            .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
            .descriptorCount = 1,
            .stageFlags = VK_SHADER_STAGE_COMPUTE_BIT,
        };
    const VkDescriptorSetLayoutCreateInfo sets = {
        .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO,
        .bindingCount = SEAM_GPU_BINDINGS,
        .pBindings = bindings,
    };
    VkResult r = d->vk.vkCreateDescriptorSetLayout(d->device, &sets, NULL, &d->sets);
    const VkPushConstantRange push = { VK_SHADER_STAGE_COMPUTE_BIT, 0, 128 };
    const VkPipelineLayoutCreateInfo layout = {
        .sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
        .setLayoutCount = 1,
        .pSetLayouts = &d->sets,
        .pushConstantRangeCount = 1,
        .pPushConstantRanges = &push,
    };
    if (r == VK_SUCCESS)
        r = d->vk.vkCreatePipelineLayout(d->device, &layout, NULL, &d->layout);
    const VkCommandPoolCreateInfo pool = {
        .sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
        .queueFamilyIndex = d->family,
    };
    if (r == VK_SUCCESS)
        r = d->vk.vkCreateCommandPool(d->device, &pool, NULL, &d->commands);
    return r;
}

static enum seam_result none_chosen(const struct seam_vk *vk, const VkPhysicalDevice *list, int n,
                                    const char *choice, struct seam_log *log)
{
    char names[512] = "";
    size_t used = 0;
    for (int i = 0; i < n && used < sizeof(names); i++) {
        struct seam_gpu_device d = { 0 };
        describe(vk, list[i], &d);
        const int more = snprintf(names + used, sizeof(names) - used, "%s%d, %s%s", i ? "; " : "",
                                  i, d.is.name, d.is.kind == SEAM_DEVICE_CPU ? " (a CPU)" : "");
        used += more > 0 ? (size_t)more : 0;
    }
    if (n == 0)
        return seam_log_fail(log, SEAM_ERROR_ENGINE, "there is no GPU that Vulkan finds; use "
                             "--device cpu");
    return seam_log_fail(log, SEAM_ERROR_ENGINE, "there is no device '%s'; there are: %s; use "
                         "--device NUMBER, or --device cpu", choice ? choice : "gpu", names);
}

static enum seam_result choose(struct seam_gpu_device *d, const char *choice, struct seam_log *log)
{
    VkPhysicalDevice list[MOST_DEVICES];
    const int n = enumerate(&d->vk, list);
    for (int i = 0; i < n; i++) {
        memset(&d->is, 0, sizeof(d->is));
        describe(&d->vk, list[i], d);
        if (!seam_gpu_chosen(choice, &d->is, i))
            continue;
        d->physical = list[i];
        return SEAM_OK;
    }
    return none_chosen(&d->vk, list, n, choice, log);
}

enum seam_result seam_gpu_open(struct seam_gpu_device **device, const char *choice,
                               struct seam_log *log)
{
    struct seam_gpu_device *d = calloc(1, sizeof(*d));
    *device = NULL;
    if (!d)
        return seam_log_fail(log, SEAM_ERROR_MEMORY, "no memory for a device");
    enum seam_result r = seam_vk_open(&d->vk, log);
    if (r == SEAM_OK)
        r = choose(d, choice, log);
    if (r == SEAM_OK && !find_queue(d))
        r = seam_log_fail(log, SEAM_ERROR_ENGINE, "%s cannot compute; use --device cpu",
                          d->is.name);
    if (r == SEAM_OK) {
        VkResult v = create_device(d);
        if (v == VK_SUCCESS)
            v = create_layout(d);
        if (v != VK_SUCCESS)
            r = seam_log_fail(log, SEAM_ERROR_ENGINE, "%s (driver %s) does not open: %s; use "
                              "--device cpu", d->is.name, d->is.driver, seam_vk_words(v));
    }
    if (r != SEAM_OK)
        seam_gpu_close(&d);
    *device = d;
    return r;
}

void seam_gpu_close(struct seam_gpu_device **device)
{
    struct seam_gpu_device *d = *device;
    *device = NULL;
    if (!d)
        return;
    if (d->device) {
        for (int i = 0; i < d->n_pipelines; i++)
            d->vk.vkDestroyPipeline(d->device, d->pipelines[i].pipeline, NULL);
        d->vk.vkDestroyCommandPool(d->device, d->commands, NULL);
        d->vk.vkDestroyPipelineLayout(d->device, d->layout, NULL);
        d->vk.vkDestroyDescriptorSetLayout(d->device, d->sets, NULL);
        d->vk.vkDestroyDevice(d->device, NULL);
    }
    seam_vk_close(&d->vk);
    free(d->pipelines);
    free(d);
}
