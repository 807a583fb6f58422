/* The networks that are part of the library. */
#ifndef SEAM_BUILTIN_H
#define SEAM_BUILTIN_H

#include "seamless/seamless.h"

struct seam_builtin {
    const char *name;
    const char *purpose;
    const unsigned char *begin, *end; /* the ONNX file */
};

/* NULL where there is none of that name. */
const struct seam_builtin *seam_builtin_find(const char *name);

/* A checksum of all of them. */
uint64_t seam_builtin_sum(void);

/* "smooth, denoise or null" into `text`, for messages; returns `text`. */
const char *seam_builtin_list(char *text, size_t size);

/* Whether there is a file or folder of that name at all: SEAM_OK, or SEAM_ERROR_MODEL. */
enum seam_result seam_builtin_check_file(const char *name, struct seam_log *log) SEAM_NODISCARD;

#endif /* SEAM_BUILTIN_H */
