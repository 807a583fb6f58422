#include <stdio.h>
#include <sys/utsname.h>

#ifdef __linux__
#include <sys/auxv.h>
#endif

#include "base/cpu.h"

/* The compiler wants to see each name, so this is no table. */
static int cpu_features(char *text, size_t size)
{
#if defined(__x86_64__) || defined(__i386__)
#define HAS(name) (__builtin_cpu_supports(name) ? " " name : "")
    __builtin_cpu_init();
    /* Not "f16c", which clang 14 has no name for: of CPUs with AVX one generation alone is
     * without. */
    return snprintf(text, size, "%s%s%s%s%s%s%s%s", HAS("sse4.1"), HAS("avx"), HAS("fma"),
                    HAS("avx2"), HAS("avx512f"), HAS("avx512bw"), HAS("avx512vl"),
                    HAS("avx512vnni"));
#undef HAS
#elif defined(__linux__) && defined(AT_HWCAP2)
    return snprintf(text, size, " %lx %lx", getauxval(AT_HWCAP), getauxval(AT_HWCAP2));
#else
    text[0] = '\0';
    return 0;
#endif
}

char *seam_cpu_text(char *text, size_t size)
{
    struct utsname name;
    char features[128];
    cpu_features(features, sizeof(features));
    snprintf(text, size, "%s%s", uname(&name) == 0 ? name.machine : "unknown", features);
    return text;
}
