#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "files/disk.h"
#include "files/sweep.h"

#define BEGIN ".seamless-"
#define RANDOM 6 /* characters of mkstemp() behind it */

enum seam_held seam_sweep_hold(int fd, int *held)
{
    struct stat st;
    *held = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (*held < 0)
        return SEAM_HELD_FAILED;
    /* A sweeper that came first is waited for: it has nothing else to do than to remove it. */
    int locked;
    do
        locked = flock(*held, LOCK_EX);
    while (locked != 0 && errno == EINTR);
    const bool gone = locked == 0 && fstat(*held, &st) == 0 && st.st_nlink == 0;
    if (locked == 0 && !gone)
        return SEAM_HELD;
    close(*held);
    *held = -1;
    return gone ? SEAM_HELD_GONE : SEAM_HELD_NOT;
}

/* Writers of these keep the file that they find; and what has no suffix is ours. */
static bool keeps_file(const char *suffix)
{
    static const char *const known[] = { "",      ".tif",  ".tiff", ".png", ".jpg", ".jpeg",
                                         ".jpe",  ".webp", ".jxl",  ".heic", ".heif", ".avif",
                                         ".gif",  ".jp2",  ".j2k",  ".ppm", ".pgm", ".pnm",
                                         ".pfm",  ".v",    ".onnx", ".safetensors", NULL };
    size_t i = 0;
    while (known[i] && g_ascii_strcasecmp(suffix, known[i]) != 0)
        i++;
    return known[i] != NULL;
}

static bool is_temporary(const char *name)
{
    if (!g_str_has_prefix(name, BEGIN))
        return false;
    name += strlen(BEGIN);
    for (int i = 0; i < RANDOM; i++)
        if (!g_ascii_isalnum(name[i]))
            return false;
    return keeps_file(name + RANDOM);
}

/* Remove it if nobody holds it. */
static void sweep_file(int folder, const char *name)
{
    struct stat st, there;
    const int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() &&
        flock(fd, LOCK_EX | LOCK_NB) == 0 &&
        fstatat(folder, name, &there, AT_SYMLINK_NOFOLLOW) == 0 && there.st_dev == st.st_dev &&
        there.st_ino == st.st_ino)
        unlinkat(folder, name, 0);
    close(fd);
}

/* Whether it is the first time; a batch writes many files into one folder. */
static bool is_new(const struct stat *st)
{
    static GMutex mutex;
    static GHashTable *swept;
    char *key = g_strdup_printf("%llu:%llu", (unsigned long long)st->st_dev,
                                (unsigned long long)st->st_ino);
    g_mutex_lock(&mutex);
    if (!swept)
        swept = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    const bool added = g_hash_table_add(swept, key);
    g_mutex_unlock(&mutex);
    return added;
}

void seam_sweep(const char *dir)
{
    struct stat st;
    const int error = errno;
    if (stat(dir, &st) != 0 || !is_new(&st) || !seam_disk_is_local(dir)) {
        errno = error;
        return;
    }
    DIR *folder = opendir(dir);
    const struct dirent *entry;
    while (folder && (entry = readdir(folder)) != NULL)
        if (is_temporary(entry->d_name))
            sweep_file(dirfd(folder), entry->d_name);
    if (folder)
        closedir(folder);
    errno = error;
}
