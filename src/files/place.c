#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "files/place.h"
#include "files/temporary.h"

int seam_place_open(const char *path, const char *suffix, char **temporary, mode_t *rights)
{
    struct stat st;
    char *dir = g_path_get_dirname(path), *base = g_path_get_basename(path);
    const bool older = stat(path, &st) == 0;
    *rights = older ? st.st_mode & 07777 : 0600;
    const mode_t mode = older ? 0600 : 0666;
    const int fd = suffix ? seam_temporary_open(dir, suffix, mode, temporary)
                          : seam_temporary_take(dir, base, mode, temporary);
    /* Some savers make the file anew, with rights of their own: what the mask left is kept. */
    if (fd >= 0 && !older && fstat(fd, &st) == 0)
        *rights = st.st_mode & 0777;
    g_free(dir);
    g_free(base);
    return fd;
}

enum seam_result seam_place(char **temporary, const char *path, mode_t rights, const char *name,
                            struct seam_log *log)
{
    struct stat st;
    const mode_t mode = stat(path, &st) == 0 ? st.st_mode & 07777 : rights;
    int fd = open(*temporary, O_RDONLY | O_CLOEXEC);
    bool ok = fd >= 0 && fchmod(fd, mode) == 0 && fsync(fd) == 0;
    const int error = errno;
    if (fd >= 0)
        close(fd);
    errno = error;
    ok = ok && g_rename(*temporary, path) == 0;
    if (!ok)
        return seam_log_fail(log, SEAM_ERROR_IO, "%s cannot be put in place: %s", name,
                             strerror(errno));
    seam_temporary_forget(temporary);
    /* The rename itself lasts only once the folder is on disk; not all file systems can. */
    char *dir = g_path_get_dirname(path);
    fd = open(dir, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        (void)!fsync(fd);
        close(fd);
    }
    g_free(dir);
    return SEAM_OK;
}
