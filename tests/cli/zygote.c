/*
 * Loaded before the command (LD_PRELOAD): where the environment names a socket, the command stops
 * before its main, with all its libraries in place, and each message brings forth a copy that goes
 * on from there.
 *
 * Over a hundred shared libraries make up two thirds of what a run on a small picture takes.
 *
 * ZYGOTE_SOCKET=N: descriptor N is a SOCK_SEQPACKET socket. A message holds, each with a null after
 * it, the number of arguments, the folder, the arguments and the environment; with it come the
 * descriptors of standard input, output and error and of a socket for this run, which gets the
 * copy's process number and, when it has ended, its status and times. The end of the socket ends
 * the process.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST_BYTES = 1 << 18, MOST_WORDS = 4096, MOST_RUNS = 64, FILES = 4 };

typedef int main_function(int, char **, char **);
typedef int start_function(main_function *, int, char **, void (*)(void), void (*)(void),
                           void (*)(void), void *);

struct run {
    pid_t pid; /* 0: none */
    int socket;
};

struct ended {
    int32_t status;
    int32_t reserved;
    double user, system; /* seconds */
};

/* argv, a null, the environment, a null: as the system lays them before a program. */
static char bytes[MOST_BYTES];
static char *words[MOST_WORDS];
static struct run runs[MOST_RUNS];

extern char **environ;

/* The arguments' number, with everything in its place and in its folder, or -1. */
static int unpack(size_t size)
{
    const int argc = atoi(bytes);
    const char *folder = bytes + strlen(bytes) + 1;
    char *at = (char *)folder + strlen(folder) + 1;
    int n = 0;
    for (; at < bytes + size && n < MOST_WORDS - 2; at += strlen(at) + 1) {
        words[n++] = at;
        if (n == argc)
            words[n++] = NULL;
    }
    words[n] = NULL;
    environ = words + argc + 1;
    return chdir(folder) == 0 && at == bytes + size ? argc : -1;
}

static double seconds(struct timeval t)
{
    return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static void reap(void)
{
    int status;
    struct rusage used;
    pid_t pid;
    while ((pid = wait4(-1, &status, WNOHANG, &used)) > 0)
        for (int i = 0; i < MOST_RUNS; i++)
            if (runs[i].pid == pid) {
                const struct ended e = { status, 0, seconds(used.ru_utime),
                                         seconds(used.ru_stime) };
                (void)!write(runs[i].socket, &e, sizeof(e));
                close(runs[i].socket);
                runs[i].pid = 0;
            }
}

/* The next message; its size, or 0 at the end. */
static size_t receive(int control, int files[FILES])
{
    struct iovec part = { bytes, sizeof(bytes) };
    union {
        char room[CMSG_SPACE(FILES * sizeof(int))];
        struct cmsghdr align;
    } with_it;
    struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = with_it.room,
                              .msg_controllen = sizeof(with_it.room) };
    const ssize_t size = recvmsg(control, &message, MSG_CMSG_CLOEXEC);
    const struct cmsghdr *with = size > 0 ? CMSG_FIRSTHDR(&message) : NULL;
    if (!with || with->cmsg_len != CMSG_LEN(FILES * sizeof(int)))
        return 0;
    memcpy(files, CMSG_DATA(with), FILES * sizeof(int));
    return (size_t)size;
}

/* In the copy: what a program finds when it begins. */
static int begin(size_t size, const int files[FILES], int control, int signals,
                 const sigset_t *mask)
{
    for (int i = 0; i < 3; i++)
        dup2(files[i], i);
    for (int i = 0; i < FILES; i++)
        close(files[i]);
    for (int i = 0; i < MOST_RUNS; i++)
        if (runs[i].pid)
            close(runs[i].socket);
    close(control);
    close(signals);
    sigprocmask(SIG_SETMASK, mask, NULL);
    return unpack(size);
}

/* Returns in a copy, with the number of its arguments. */
static int serve(int control)
{
    sigset_t ends, mask;
    sigemptyset(&ends);
    sigaddset(&ends, SIGCHLD);
    sigprocmask(SIG_BLOCK, &ends, &mask);
    const int signals = signalfd(-1, &ends, SFD_CLOEXEC | SFD_NONBLOCK);
    for (;;) {
        struct pollfd wait[] = { { control, POLLIN, 0 }, { signals, POLLIN, 0 } };
        if (poll(wait, 2, -1) < 0)
            continue;
        struct signalfd_siginfo info;
        while (read(signals, &info, sizeof(info)) > 0)
            ;
        reap();
        if (!wait[0].revents)
            continue;
        int files[FILES], slot = 0;
        const size_t size = receive(control, files);
        if (size == 0)
            _exit(0);
        while (slot < MOST_RUNS && runs[slot].pid)
            slot++;
        const pid_t pid = slot < MOST_RUNS ? fork() : -1;
        if (pid == 0)
            return begin(size, files, control, signals, &mask);
        for (int i = 0; i < 3; i++)
            close(files[i]);
        const int32_t number = (int32_t)pid;
        (void)!write(files[3], &number, sizeof(number));
        if (pid > 0)
            runs[slot] = (struct run){ pid, files[3] };
        else
            close(files[3]);
    }
}

#define PUBLIC __attribute__((visibility("default")))

PUBLIC int __libc_start_main(main_function *program, int argc, char **argv, void (*init)(void),
                             void (*fini)(void), void (*loader)(void), void *stack);

/* In place of the one of libc, which a program calls first of all. */
int __libc_start_main(main_function *program, int argc, char **argv, void (*init)(void),
                      void (*fini)(void), void (*loader)(void), void *stack)
{
    start_function *start;
    *(void **)&start = dlsym(RTLD_NEXT, "__libc_start_main");
    const char *control = getenv("ZYGOTE_SOCKET");
    if (control) {
        argc = serve(atoi(control));
        argv = words;
    }
    if (argc < 1)
        _exit(127);
    return start(program, argc, argv, init, fini, loader, stack);
}
