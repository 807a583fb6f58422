/* A Vulkan loader that stands before the real one, counts calls and lets one of them fail. */
#ifndef SEAM_TESTS_VULKAN_FAULT_H
#define SEAM_TESTS_VULKAN_FAULT_H

#include <stdint.h>

/* Instead of a VkResult of VULKAN_SUBMIT: it goes well, and nothing of it is done. */
#define VULKAN_NOTHING 1000

enum vulkan_call { VULKAN_ALLOCATE, VULKAN_SUBMIT, VULKAN_WAIT, VULKAN_CALLS };

/* Exported as `vulkan_fault`. */
struct vulkan_fault {
    enum vulkan_call call; /* which fails */
    int after;             /* so many of them from now on; -1: none */
    int result;            /* a VkResult. A lost device stays lost until another is opened */
    int times;             /* so often, each time the first call after a device is opened anew */
    int lost;              /* the device is lost now */
    int spoil;             /* every dispatch looks so many columns beside where it should */
    int kind;              /* all devices say that they are this, a VkPhysicalDeviceType; 0: what
                              they are */
    int counts[VULKAN_CALLS];
    uint64_t allocated, peak; /* bytes */
};

#endif /* SEAM_TESTS_VULKAN_FAULT_H */
