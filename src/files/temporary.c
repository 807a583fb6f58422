#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "files/disk.h"
#include "files/sweep.h"
#include "files/temporary.h"

/* Paths that exist, for a signal handler: it may neither lock nor walk a list that moves. A picture
 * holds few at a time, and some pictures are restored side by side; a path that finds no place is
 * removed on every way but that one. */
#define MOST_PATHS 64
static char *volatile paths[MOST_PATHS];

static void remember(char *path)
{
    for (int i = 0; i < MOST_PATHS; i++)
        if (g_atomic_pointer_compare_and_exchange(&paths[i], NULL, path))
            return;
}

static void forget(char *path)
{
    for (int i = 0; i < MOST_PATHS; i++)
        if (g_atomic_pointer_compare_and_exchange(&paths[i], path, NULL))
            return;
}

/* What keeps others from sweeping them. */
struct held {
    struct held *next;
    const char *path; /* as its owner has it: the pointer is what tells them apart */
    int fd;
};
static GMutex mutex;
static struct held *all_held;

static void hold_on(const char *path, int fd)
{
    struct held *h = g_new(struct held, 1);
    g_mutex_lock(&mutex);
    *h = (struct held){ all_held, path, fd };
    all_held = h;
    g_mutex_unlock(&mutex);
}

static void let_go(const char *path)
{
    g_mutex_lock(&mutex);
    struct held **at = &all_held, *h;
    while (*at && (*at)->path != path)
        at = &(*at)->next;
    h = *at;
    if (h)
        *at = h->next;
    g_mutex_unlock(&mutex);
    if (h)
        close(h->fd);
    g_free(h);
}

/* Set before a name is looked at, which nobody frees from then on: the process ends. */
static gint removing;

void seam_temporary_remove_all(void)
{
    g_atomic_int_set(&removing, 1);
    for (int i = 0; i < MOST_PATHS; i++) {
        const char *path = paths[i]; /* once: another thread may be forgetting it */
        if (path)
            unlink(path);
    }
}

/* Keep the name of what was opened, or free it with errno as it is. *again: it was taken for what a
 * dead run left before it could be held. */
static int hold(int fd, char *name, char **path, bool *again)
{
    int error = errno, held = -1;
    *again = false;
    if (fd >= 0) {
        const enum seam_held how = seam_sweep_hold(fd, &held);
        *again = how == SEAM_HELD_GONE;
        if (how == SEAM_HELD_FAILED) {
            error = errno;
            g_unlink(name);
        }
        if (how == SEAM_HELD_FAILED || how == SEAM_HELD_GONE) {
            close(fd);
            fd = -1;
        }
    }
    if (fd < 0) {
        g_free(name);
        name = NULL;
    }
    if (name)
        remember(name);
    if (held >= 0)
        hold_on(name, held);
    *path = name;
    errno = error;
    return fd;
}

int seam_temporary_open(const char *dir, const char *suffix, mode_t mode, char **path)
{
    const char *folder = dir ? dir : seam_disk_folder();
    bool again;
    int fd;
    seam_sweep(folder);
    do {
        char *name = g_strdup_printf("%s/.seamless-XXXXXX%s", folder, suffix);
        fd = hold(g_mkstemp_full(name, O_RDWR | O_CLOEXEC, (int)mode), name, path, &again);
    } while (again);
    return fd;
}

static char *name_of(const char *dir, const char *base)
{
    return g_strdup_printf("%s/.seamless-%s", dir, base);
}

void seam_temporary_drop(const char *dir, const char *base)
{
    char *name = name_of(dir, base);
    g_unlink(name);
    g_free(name);
}

int seam_temporary_take(const char *dir, const char *base, mode_t mode, char **path)
{
    bool again;
    int fd;
    seam_sweep(dir);
    do {
        char *name = name_of(dir, base);
        g_unlink(name);
        fd = hold(open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode), name, path,
                  &again);
    } while (again);
    return fd;
}

bool seam_temporary_copy(int from, int to, const struct seam_cancel *cancel)
{
    char buffer[65536];
    for (;;) {
        if (!seam_cancel_wait(from, cancel))
            return false;
        ssize_t n = read(from, buffer, sizeof(buffer));
        if (n == 0)
            return true;
        if (n < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (n < 0)
            return false;
        for (ssize_t done = 0; done < n;) {
            ssize_t w = write(to, buffer + done, (size_t)(n - done));
            if (w < 0 && errno != EINTR)
                return false;
            done += w > 0 ? w : 0;
        }
    }
}

void seam_temporary_remove(char **path)
{
    if (!*path)
        return;
    g_unlink(*path);
    seam_temporary_forget(path);
}

void seam_temporary_forget(char **path)
{
    forget(*path);
    let_go(*path);
    if (!g_atomic_int_get(&removing))
        g_free(*path);
    *path = NULL;
}
