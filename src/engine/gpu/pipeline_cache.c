/* What a driver has made of shaders, kept for the next process. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cache.h"
#include "base/checksum.h"
#include "engine/gpu/device.h"

/* More is begun anew: pipelines of networks that nobody uses any more. */
#define LARGEST_FILE ((size_t)64 << 20)

/* The file of a device and its driver: the sum of what follows, and then the driver's own bytes. */
static bool file_of(const struct seam_gpu_device *d, char *file, size_t size)
{
    char folder[1024];
    uint64_t sum = seam_checksum(0, d->is.name, strlen(d->is.name));
    sum = seam_checksum(sum, d->is.driver, strlen(d->is.driver));
    if (!seam_cache_folder(folder, sizeof(folder), "pipelines"))
        return false;
    const int n = snprintf(file, size, "%s/%016" PRIx64, folder, sum);
    return n > 0 && (size_t)n < size;
}

/* Its bytes behind the sum, in memory that the caller frees; NULL: there is none of use. Drivers
 * look at the head of what they are given, and believe the rest. */
static unsigned char *read_file(const char *file, size_t *size)
{
    unsigned char *data = malloc(LARGEST_FILE);
    uint64_t sum;
    const int64_t n = data ? seam_cache_read(file, data, LARGEST_FILE) : -1;
    if (n > (int64_t)sizeof(sum)) {
        *size = (size_t)n - sizeof(sum);
        memcpy(&sum, data, sizeof(sum));
        if (sum == seam_checksum(0, data + sizeof(sum), *size))
            return data;
    }
    free(data);
    return NULL;
}

VkPipelineCache seam_gpu_pipeline_cache_open(const struct seam_gpu_device *d, size_t *size)
{
    char file[1100];
    VkPipelineCache cache = VK_NULL_HANDLE;
    *size = 0;
    unsigned char *data = file_of(d, file, sizeof(file)) ? read_file(file, size) : NULL;
    const VkPipelineCacheCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_PIPELINE_CACHE_CREATE_INFO,
        .initialDataSize = *size,
        .pInitialData = data ? data + sizeof(uint64_t) : NULL,
    };
    if (d->vk.vkCreatePipelineCache(d->device, &info, NULL, &cache) != VK_SUCCESS)
        cache = VK_NULL_HANDLE;
    free(data);
    return cache;
}

void seam_gpu_pipeline_cache_close(const struct seam_gpu_device *d, VkPipelineCache cache,
                                   size_t had)
{
    char file[1100];
    size_t size = 0;
    if (!cache)
        return;
    VkResult r = d->vk.vkGetPipelineCacheData(d->device, cache, &size, NULL);
    const bool grew = r == VK_SUCCESS && size != had && size < LARGEST_FILE - sizeof(uint64_t);
    unsigned char *data = grew ? malloc(sizeof(uint64_t) + size) : NULL;
    if (data && file_of(d, file, sizeof(file))) {
        r = d->vk.vkGetPipelineCacheData(d->device, cache, &size, data + sizeof(uint64_t));
        const uint64_t sum = seam_checksum(0, data + sizeof(sum), size);
        memcpy(data, &sum, sizeof(sum));
        if (r == VK_SUCCESS)
            (void)seam_cache_write(file, data, sizeof(sum) + size);
    }
    free(data);
    d->vk.vkDestroyPipelineCache(d->device, cache, NULL);
}
