/* Memory of this process. */
#ifndef SEAM_PROCESS_H
#define SEAM_PROCESS_H

#include <stdint.h>

/* Most bytes that were ever resident. */
uint64_t seam_memory_peak(void);

/* What this process held when something began: its peak from then on is no earlier work's. */
struct seam_memory_mark {
    uint64_t before; /* the peak of the process until then */
    uint64_t most;   /* resident at any look since */
};

void seam_memory_mark(struct seam_memory_mark *mark);

/* Most bytes resident since the mark: to the byte where the process went beyond what it ever held
 * before, else at the looks that this takes. */
uint64_t seam_memory_since(struct seam_memory_mark *mark);

/* Bytes that are resident now; 0 where the system does not tell. */
uint64_t seam_memory_resident(void);

/* Give back to the system what was freed and is kept by the C library. */
void seam_memory_trim(void);

/* seam_machine_measure() of memory alone, for whoever asks often: CPUs are not looked for. */
struct seam_machine;
void seam_machine_memory(struct seam_machine *machine);

/* The number after `key` in a file of lines like "MemTotal:  16 kB"; 0 where there is none. */
uint64_t seam_proc_field(const char *path, const char *key);

#endif /* SEAM_PROCESS_H */
