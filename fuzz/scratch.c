/* memfd_create() is of Linux; glibc wants to be asked. */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scratch.h"

static struct {
    int fd; /* and 1: 0 is none */
    char path[32];
} files[SEAM_FUZZ_FILES];

static void make(enum seam_fuzz_file which)
{
    const int fd = memfd_create("seamless-fuzz", MFD_CLOEXEC);
    if (fd < 0)
        abort();
    files[which].fd = fd + 1;
    snprintf(files[which].path, sizeof(files[which].path), "/proc/self/fd/%d", fd);
}

int seam_fuzz_descriptor(enum seam_fuzz_file which)
{
    if (files[which].fd == 0)
        make(which);
    if (lseek(files[which].fd - 1, 0, SEEK_SET) != 0)
        abort();
    return files[which].fd - 1;
}

const char *seam_fuzz_put(enum seam_fuzz_file which, const void *data, size_t size)
{
    const int fd = seam_fuzz_descriptor(which);
    if (ftruncate(fd, 0) != 0 || (size && pwrite(fd, data, size, 0) != (ssize_t)size))
        abort();
    return files[which].path;
}

void *seam_fuzz_get(enum seam_fuzz_file which, size_t *size)
{
    const int fd = seam_fuzz_descriptor(which);
    struct stat st;
    if (fstat(fd, &st) != 0)
        abort();
    *size = (size_t)st.st_size;
    void *data = malloc(*size ? *size : 1);
    if (!data || pread(fd, data, *size, 0) != (ssize_t)*size)
        abort();
    return data;
}
