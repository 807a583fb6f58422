#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "files/disk.h"
#include "files/temporary.h"

/* Paths that exist, for a signal handler: it may neither lock nor walk a list that moves. One run
 * holds few at a time; a path that finds no place is removed on every way but that one. */
#define MOST_PATHS 8
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

/* Keep the name of what was opened, or free it with errno as it is. */
static int hold(int fd, char *name, char **path)
{
    const int error = errno;
    if (fd < 0) {
        g_free(name);
        name = NULL;
    }
    if (name)
        remember(name);
    *path = name;
    errno = error;
    return fd;
}

int seam_temporary_open(const char *dir, const char *suffix, mode_t mode, char **path)
{
    char *name = g_strdup_printf("%s/.seamless-XXXXXX%s", dir ? dir : seam_disk_folder(), suffix);
    return hold(g_mkstemp_full(name, O_RDWR | O_CLOEXEC, (int)mode), name, path);
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
    char *name = name_of(dir, base);
    g_unlink(name);
    return hold(open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode), name, path);
}

/* Wait until there is something to read, looking up now and then whether it is still wanted. */
static bool wait_for(int fd, const struct seam_cancel *cancel)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };
    for (;;) {
        if (seam_cancel_asked(cancel)) {
            errno = EINTR;
            return false;
        }
        const int ready = poll(&p, 1, cancel ? 200 : -1);
        if (ready > 0 || (ready < 0 && errno != EINTR))
            return true;
    }
}

bool seam_temporary_copy(int from, int to, const struct seam_cancel *cancel)
{
    char buffer[65536];
    for (;;) {
        if (!wait_for(from, cancel))
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
    if (!g_atomic_int_get(&removing))
        g_free(*path);
    *path = NULL;
}
