/* Attention within windows: which kernel, and its scratch. */
#include "engine/native/attend.h"
#include "engine/native/kernel_set.h"

size_t seam_attend_scratch(const struct seam_attend *a)
{
    const size_t wide = ((size_t)a->value + 15) / 16 * 16;
    const size_t floats = (size_t)a->pitch * ((size_t)a->query + 1 + KERNEL_ATTEND_TOGETHER) +
                          (size_t)a->keys * wide;
    return (floats * sizeof(float) + 63) / 64 * 64;
}

void seam_attend_run(enum seam_cpu cpu, const struct seam_attend *a,
                     const struct seam_attend_window *w, void *scratch)
{
    seam_cpu_kernels(cpu)->attend(a, w, scratch);
}
