/*
 * Loaded before the command (LD_PRELOAD): the system refuses what the environment says.
 *
 * REFUSE_THREADS=N: it gives N threads at a time and no more, as it does where there is no room for
 * another's stack.
 * REFUSE_PATH=PART, REFUSE_HOW: of files whose path holds PART, `eio-read` and `eio-write`, from
 * call REFUSE_AT on (1 is the first), say that the disk is at fault, `full-write` that it is full;
 * `flip-write` changes a byte of what that one call writes; `short-read` and `short-write` do half
 * of what is asked; before the call REFUSE_AT of `kill-read`, `kill-write`, `kill-rename` and
 * `kill-unlink` the process gets the signal REFUSE_SIGNAL. Before the call REFUSE_AT of `cut-read`
 * and `cut-close` somebody else cuts the file to its first 4096 bytes. Of reads at a place, as we
 * do them and libvips does not, the one call REFUSE_AT of `eio-at` fails; `count-at` lets all be
 * and writes to the file REFUSE_COUNT how many there were.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PUBLIC __attribute__((visibility("default")))

static atomic_int alive, calls;

struct work {
    void *(*run)(void *);
    void *opaque;
};

static void *counted(void *opaque)
{
    const struct work work = *(struct work *)opaque;
    free(opaque);
    void *result = work.run(work.opaque);
    atomic_fetch_sub(&alive, 1);
    return result;
}

PUBLIC int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
                          void *opaque)
{
    int (*create)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    const char *most = getenv("REFUSE_THREADS");
    struct work *work = malloc(sizeof(*work));
    int error = work ? 0 : EAGAIN;
    if (!error && atomic_fetch_add(&alive, 1) >= (most ? atoi(most) : 1 << 20))
        error = EAGAIN;
    if (!error) {
        *work = (struct work){ run, opaque };
        *(void **)&create = dlsym(RTLD_NEXT, "pthread_create");
        error = create(thread, attributes, counted, work);
    }
    if (error) {
        atomic_fetch_sub(&alive, work ? 1 : 0);
        free(work);
    }
    return error;
}

/* Send the signal that ends the process, where this is the call. */
static void end_at_call(void)
{
    const char *at = getenv("REFUSE_AT"), *signal = getenv("REFUSE_SIGNAL");
    if (atomic_fetch_add(&calls, 1) + 1 == (at ? atoi(at) : 1))
        kill(getpid(), signal ? atoi(signal) : SIGKILL);
}

/* Likewise by the name of a file. */
static void end_at_name(const char *what, const char *path)
{
    const char *how = getenv("REFUSE_HOW"), *part = getenv("REFUSE_PATH");
    if (how && strcmp(how, what) == 0 && part && strstr(path, part))
        end_at_call();
}

static void find_name(int fd, char path[4096])
{
    char link[32];
    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    const ssize_t n = readlink(link, path, 4095);
    path[n > 0 ? n : 0] = '\0';
}

static bool is_meant(int fd)
{
    char path[4096];
    const char *part = getenv("REFUSE_PATH");
    if (!part)
        return false;
    find_name(fd, path);
    return strstr(path, part) != NULL;
}

static void cut_at_call(int fd)
{
    char path[4096];
    const char *at = getenv("REFUSE_AT");
    find_name(fd, path);
    if (atomic_fetch_add(&calls, 1) + 1 == (at ? atoi(at) : 1) && truncate(path, 4096) != 0)
        abort();
}

/* How much of `size` bytes of a file the system does; 0 with errno: it fails. */
static size_t granted(int fd, const char *what, size_t size)
{
    const char *how = getenv("REFUSE_HOW"), *at = getenv("REFUSE_AT");
    const int error = errno;
    if (!how || !strstr(how, what) || strncmp(how, "flip", 4) == 0 || !is_meant(fd)) {
        errno = error;
        return size;
    }
    if (strncmp(how, "kill", 4) == 0) {
        end_at_call();
        errno = error;
        return size;
    }
    if (strncmp(how, "count", 5) == 0) {
        atomic_fetch_add(&calls, 1);
        errno = error;
        return size;
    }
    if (strncmp(how, "cut", 3) == 0) {
        cut_at_call(fd);
        errno = error;
        return size;
    }
    if (strncmp(how, "short", 5) == 0)
        return (size + 1) / 2;
    const int call = atomic_fetch_add(&calls, 1) + 1, first = at ? atoi(at) : 1;
    const bool fails = strcmp(what, "at") == 0 ? call == first : call >= first;
    errno = !fails ? error : strncmp(how, "full", 4) == 0 ? ENOSPC : EIO;
    return fails ? 0 : size;
}

/* Whether this write is the one that is to go wrong without a word. */
static bool is_flipped(int fd)
{
    const char *how = getenv("REFUSE_HOW"), *at = getenv("REFUSE_AT");
    const int error = errno;
    const bool flipped = how && strcmp(how, "flip-write") == 0 && is_meant(fd) &&
                         atomic_fetch_add(&calls, 1) + 1 == (at ? atoi(at) : 1);
    errno = error;
    return flipped;
}

#define REAL(name) (*(void **)&real = dlsym(RTLD_NEXT, name))

PUBLIC ssize_t read(int fd, void *data, size_t size)
{
    ssize_t (*real)(int, void *, size_t);
    const size_t n = granted(fd, "read", size);
    REAL("read");
    return n || !size ? real(fd, data, n) : -1;
}

PUBLIC ssize_t write(int fd, const void *data, size_t size)
{
    ssize_t (*real)(int, const void *, size_t);
    const size_t n = granted(fd, "write", size);
    REAL("write");
    return n || !size ? real(fd, data, n) : -1;
}

PUBLIC ssize_t pread(int fd, void *data, size_t size, off_t at)
{
    ssize_t (*real)(int, void *, size_t, off_t);
    const char *how = getenv("REFUSE_HOW");
    const size_t n = granted(fd, how && strstr(how, "-at") ? "at" : "read", size);
    REAL("pread");
    return n || !size ? real(fd, data, n, at) : -1;
}

PUBLIC ssize_t pwrite(int fd, const void *data, size_t size, off_t at)
{
    ssize_t (*real)(int, const void *, size_t, off_t);
    const size_t n = granted(fd, "write", size);
    REAL("pwrite");
    if (n > 0 && is_flipped(fd)) {
        const unsigned char byte = ((const unsigned char *)data)[0] ^ 4;
        return real(fd, &byte, 1, at);
    }
    return n || !size ? real(fd, data, n, at) : -1;
}

PUBLIC int close(int fd)
{
    int (*real)(int);
    (void)granted(fd, "cut-close", 1);
    REAL("close");
    return real(fd);
}

PUBLIC int rename(const char *from, const char *to)
{
    int (*real)(const char *, const char *);
    end_at_name("kill-rename", to);
    REAL("rename");
    return real(from, to);
}

PUBLIC int unlink(const char *path)
{
    int (*real)(const char *);
    end_at_name("kill-unlink", path);
    REAL("unlink");
    return real(path);
}

/* What goes through a FILE: the C library's own calls cannot be come between, but a FILE of one's
 * own can be given. */
static ssize_t cookie_read(void *cookie, char *data, size_t size)
{
    return read((int)(intptr_t)cookie, data, size);
}

static ssize_t cookie_write(void *cookie, const char *data, size_t size)
{
    const ssize_t n = write((int)(intptr_t)cookie, data, size);
    return n < 0 ? 0 : n;
}

static int cookie_seek(void *cookie, off64_t *at, int whence)
{
    *at = lseek64((int)(intptr_t)cookie, *at, whence);
    return *at < 0 ? -1 : 0;
}

static int cookie_close(void *cookie)
{
    return close((int)(intptr_t)cookie);
}

PUBLIC FILE *fopen(const char *path, const char *mode)
{
    FILE *(*real)(const char *, const char *);
    const char *part = getenv("REFUSE_PATH");
    const cookie_io_functions_t io = { cookie_read, cookie_write, cookie_seek, cookie_close };
    if (!part || !strstr(path, part) || strchr(mode, '+') || mode[0] == 'a') {
        REAL("fopen");
        return real(path, mode);
    }
    const int how = mode[0] == 'r' ? O_RDONLY : O_WRONLY | O_CREAT | O_TRUNC;
    const int fd = open(path, how | O_CLOEXEC, 0666);
    return fd < 0 ? NULL : fopencookie((void *)(intptr_t)fd, mode, io);
}

__attribute__((destructor)) static void tell_count(void)
{
    FILE *(*real)(const char *, const char *);
    const char *path = getenv("REFUSE_COUNT");
    REAL("fopen");
    FILE *f = path ? real(path, "w") : NULL;
    if (f) {
        fprintf(f, "%d\n", atomic_load(&calls));
        fclose(f);
    }
}
