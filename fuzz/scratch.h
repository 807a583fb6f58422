/* Files for targets whose subject reads and writes files. They have no name and go with the
 * process. */
#ifndef SEAM_FUZZ_SCRATCH_H
#define SEAM_FUZZ_SCRATCH_H

#include <stddef.h>

enum seam_fuzz_file { SEAM_FUZZ_IN, SEAM_FUZZ_OUT, SEAM_FUZZ_SCRATCH, SEAM_FUZZ_FILES };

/* A path that opens file `which`, which now holds just these bytes. */
const char *seam_fuzz_put(enum seam_fuzz_file which, const void *data, size_t size);

/* What a file holds; the caller frees it. */
void *seam_fuzz_get(enum seam_fuzz_file which, size_t *size);

/* Its descriptor, at its begin. */
int seam_fuzz_descriptor(enum seam_fuzz_file which);

#endif /* SEAM_FUZZ_SCRATCH_H */
