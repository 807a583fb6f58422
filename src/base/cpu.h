/* What the CPU can do, as far as it decides which kernels an engine takes. */
#ifndef SEAM_CPU_H
#define SEAM_CPU_H

#include <stddef.h>

/* "x86_64 avx avx2 fma" into `text`, always ended; returns `text`. */
char *seam_cpu_text(char *text, size_t size);

#endif /* SEAM_CPU_H */
