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

/* The rights that a new file gets beside `path`. The mask could be asked for by setting it alone,
 * which other threads' files would feel: a file is made and looked at. */
static mode_t mode_of_new_files(const char *path)
{
    struct stat st;
    mode_t mode = 0600;
    char *name = g_strconcat(path, "~", NULL);
    const int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (fd >= 0) {
        if (fstat(fd, &st) == 0)
            mode = st.st_mode & 0777;
        close(fd);
        g_unlink(name);
    }
    g_free(name);
    return mode;
}

enum seam_result seam_place(char **temporary, const char *path, const char *name,
                            struct seam_log *log)
{
    struct stat st;
    const mode_t mode =
        stat(path, &st) == 0 ? st.st_mode & 07777 : mode_of_new_files(*temporary);
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
