/* Memory of this process. */
#ifndef SEAM_MEMORY_H
#define SEAM_MEMORY_H

#include <stdint.h>

/* Most bytes that were ever resident. */
uint64_t seam_memory_peak(void);

#endif /* SEAM_MEMORY_H */
