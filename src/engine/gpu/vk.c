#include "engine/gpu/vk.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "base/common.h"
#include "base/log.h"

static const char *const libraries[] = {
    "libvulkan.so.1",
    "libvulkan.1.dylib",
    "/opt/homebrew/lib/libvulkan.1.dylib",
    "/usr/local/lib/libvulkan.1.dylib",
    "libMoltenVK.dylib",
    "/opt/homebrew/lib/libMoltenVK.dylib",
};

static void *open_library(void)
{
    const char *named = getenv("SEAMLESS_VULKAN");
    void *library = NULL;
    if (named && *named)
        return dlopen(named, RTLD_NOW | RTLD_LOCAL);
    for (size_t i = 0; i < SEAM_ARRAY_LEN(libraries) && !library; i++)
        library = dlopen(libraries[i], RTLD_NOW | RTLD_LOCAL);
    return library;
}

/* Drivers that translate to another interface are listed only where they are asked for. */
static bool lists_translators(const struct seam_vk *vk)
{
    VkExtensionProperties list[64];
    uint32_t n = SEAM_ARRAY_LEN(list);
    const VkResult r = vk->vkEnumerateInstanceExtensionProperties(NULL, &n, list);
    if (r != VK_SUCCESS && r != VK_INCOMPLETE)
        return false;
    for (uint32_t i = 0; i < n; i++)
        if (strcmp(list[i].extensionName, VK_KHR_PORTABILITY_ENUMERATION_EXTENSION_NAME) == 0)
            return true;
    return false;
}

static VkResult create_instance(struct seam_vk *vk)
{
    const char *const portability = VK_KHR_PORTABILITY_ENUMERATION_EXTENSION_NAME;
    const bool translators = lists_translators(vk);
    const VkApplicationInfo app = {
        .sType = VK_STRUCTURE_TYPE_APPLICATION_INFO,
        .pApplicationName = "seamless",
        .apiVersion = VK_API_VERSION_1_2,
    };
    const VkInstanceCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
        .flags = translators ? VK_INSTANCE_CREATE_ENUMERATE_PORTABILITY_BIT_KHR : 0,
        .pApplicationInfo = &app,
        .enabledExtensionCount = translators ? 1 : 0,
        .ppEnabledExtensionNames = &portability,
    };
    return vk->vkCreateInstance(&info, NULL, &vk->instance);
}

/* The standard forbids this cast of what it has no other way for. */
static PFN_vkGetInstanceProcAddr entry(void *library)
{
    PFN_vkGetInstanceProcAddr get;
    void *symbol = dlsym(library, "vkGetInstanceProcAddr");
    memcpy(&get, &symbol, sizeof(get));
    return get;
}

enum seam_result seam_vk_open(struct seam_vk *vk, struct seam_log *log)
{
    uint32_t version = 0;
    memset(vk, 0, sizeof(*vk));
    vk->library = open_library();
    vk->get = vk->library ? entry(vk->library) : NULL;
    if (!vk->get) {
        seam_vk_close(vk);
        return seam_log_fail(log, SEAM_ERROR_ENGINE, "there is no Vulkan loader here: install "
                             "libvulkan1 (Debian), vulkan-loader (Fedora) or molten-vk (Homebrew), "
                             "and the driver of the GPU");
    }
#define LOAD(f) vk->f = (PFN_##f)vk->get(NULL, #f);
    SEAM_VK_GLOBAL(LOAD)
#undef LOAD
    if (!vk->vkEnumerateInstanceVersion || !vk->vkCreateInstance ||
        vk->vkEnumerateInstanceVersion(&version) != VK_SUCCESS || version < VK_API_VERSION_1_1) {
        seam_vk_close(vk);
        return seam_log_fail(log, SEAM_ERROR_ENGINE, "the Vulkan loader is older than 1.1");
    }
    const VkResult r = create_instance(vk);
    if (r != VK_SUCCESS) {
        vk->instance = VK_NULL_HANDLE;
        seam_vk_close(vk);
        return seam_log_fail(log, SEAM_ERROR_ENGINE, "Vulkan does not start: %s (is the driver of "
                             "the GPU installed?)", seam_vk_words(r));
    }
#define LOAD(f) vk->f = (PFN_##f)vk->get(vk->instance, #f);
    SEAM_VK_INSTANCE(LOAD)
#undef LOAD
    return SEAM_OK;
}

void seam_vk_close(struct seam_vk *vk)
{
    if (vk->instance)
        vk->vkDestroyInstance(vk->instance, NULL);
    if (vk->library)
        dlclose(vk->library);
    memset(vk, 0, sizeof(*vk));
}

const char *seam_vk_words(VkResult result)
{
    switch (result) {
    case VK_SUCCESS: return "done";
    case VK_TIMEOUT: return "it takes too long";
    case VK_ERROR_OUT_OF_HOST_MEMORY: return "out of memory";
    case VK_ERROR_OUT_OF_DEVICE_MEMORY: return "out of device memory";
    case VK_ERROR_INITIALIZATION_FAILED: return "its driver does not start";
    case VK_ERROR_DEVICE_LOST: return "the device was lost";
    case VK_ERROR_INCOMPATIBLE_DRIVER: return "there is no driver";
    case VK_ERROR_EXTENSION_NOT_PRESENT:
    case VK_ERROR_FEATURE_NOT_PRESENT: return "it lacks what is needed";
    default: return "it fails";
    }
}

enum seam_result seam_vk_result(VkResult result)
{
    switch (result) {
    case VK_SUCCESS: return SEAM_OK;
    case VK_ERROR_OUT_OF_HOST_MEMORY:
    case VK_ERROR_OUT_OF_DEVICE_MEMORY: return SEAM_ERROR_MEMORY;
    default: return SEAM_ERROR_ENGINE;
    }
}
