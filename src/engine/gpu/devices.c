/* The devices that a program may show and choose from. */
#include "base/log.h"
#ifdef SEAM_HAVE_GPU
#include "engine/gpu/device.h"

int seam_device_list(struct seam_device *devices, int most, struct seam_log *log)
{
    return seam_gpu_list(devices, most, log);
}
#else
int seam_device_list(struct seam_device *devices, int most, struct seam_log *log)
{
    (void)devices;
    (void)most;
    seam_log_fail(log, SEAM_ERROR_ENGINE, "this build is without the engine gpu: it was made where "
                  "Vulkan's headers or glslang were missing");
    return -1;
}
#endif
