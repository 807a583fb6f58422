/* Memory of this process. */
#ifndef SEAM_MEMORY_H
#define SEAM_MEMORY_H

#include <stdint.h>

/* Most bytes that were ever resident. */
uint64_t seam_memory_peak(void);

/* Bytes that are resident now; 0 where the system does not tell. */
uint64_t seam_memory_resident(void);

/* Give back to the system what was freed and is kept by the C library. */
void seam_memory_trim(void);

#endif /* SEAM_MEMORY_H */
