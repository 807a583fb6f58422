/* Which instruction sets this build has kernels for, and this machine runs. */
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/common.h"
#include "engine/native/kernel_set.h"

static const char *const names[SEAM_CPUS] = {
    [SEAM_CPU_BEST] = "best", [SEAM_CPU_C] = "c",       [SEAM_CPU_AVX2] = "avx2",
    [SEAM_CPU_AVX512] = "avx512", [SEAM_CPU_NEON] = "neon",
};

/* NULL: not in this build. */
static const struct kernel_set *const sets[SEAM_CPUS] = {
    [SEAM_CPU_C] = &seam_kernels_c,
#ifdef SEAM_HAVE_X86
    [SEAM_CPU_AVX2] = &seam_kernels_avx2,
    [SEAM_CPU_AVX512] = &seam_kernels_avx512,
#endif
#ifdef SEAM_HAVE_NEON
    [SEAM_CPU_NEON] = &seam_kernels_neon,
#endif
};

bool seam_cpu_has(enum seam_cpu cpu)
{
#ifdef SEAM_HAVE_X86
    if (cpu == SEAM_CPU_AVX2)
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    if (cpu == SEAM_CPU_AVX512)
        return __builtin_cpu_supports("avx512f");
#endif
    return cpu == SEAM_CPU_BEST || sets[cpu];
}

enum seam_cpu seam_cpu_resolve(enum seam_cpu cpu)
{
    static const enum seam_cpu order[] = { SEAM_CPU_AVX512, SEAM_CPU_AVX2, SEAM_CPU_NEON };
    if (cpu != SEAM_CPU_BEST)
        return cpu;
    const char *wanted = getenv("SEAMLESS_CPU");
    for (int i = SEAM_CPU_C; wanted && i < SEAM_CPUS; i++)
        if (strcmp(wanted, names[i]) == 0 && seam_cpu_has((enum seam_cpu)i))
            return (enum seam_cpu)i;
    for (size_t i = 0; i < SEAM_ARRAY_LEN(order); i++)
        if (seam_cpu_has(order[i]))
            return order[i];
    return SEAM_CPU_C;
}

const char *seam_cpu_name(enum seam_cpu cpu)
{
    return names[cpu];
}

const struct kernel_set *seam_cpu_kernels(enum seam_cpu cpu)
{
    const struct kernel_set *set = sets[seam_cpu_resolve(cpu)];
    seam_assert(set, "nobody asks for an instruction set that this build lacks");
    return set;
}

int seam_cpu_width(enum seam_cpu cpu)
{
    return seam_cpu_kernels(cpu)->width;
}

int seam_row_pitch(enum seam_cpu cpu, int channels)
{
    const int width = seam_cpu_width(cpu);
    return channels <= 4 ? channels : (channels + width - 1) / width * width;
}
