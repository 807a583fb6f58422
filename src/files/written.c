#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vips/vips.h>

#include "files/written.h"

static bool stat_of(const char *name, struct stat *st)
{
    char *plain = vips_filename_get_filename(name);
    const bool ok = stat(plain, st) == 0 && S_ISREG(st->st_mode);
    g_free(plain);
    return ok;
}

uint64_t seam_written_bytes(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 ? (uint64_t)st.st_size : 0;
}

char *seam_written_sha256(const char *path, const struct seam_cancel *cancel)
{
    unsigned char buffer[65536];
    ssize_t n = -1;
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    GChecksum *sum = g_checksum_new(G_CHECKSUM_SHA256);
    bool cancelled = false;
    while (fd >= 0 && n != 0 && !(cancelled = seam_cancel_asked(cancel))) {
        n = read(fd, buffer, sizeof(buffer));
        if (n < 0 && errno != EINTR)
            break;
        g_checksum_update(sum, buffer, n > 0 ? n : 0);
    }
    const int error = cancelled ? 0 : errno;
    char *text = n == 0 ? g_strdup(g_checksum_get_string(sum)) : NULL;
    g_checksum_free(sum);
    if (fd >= 0)
        close(fd);
    errno = error;
    return text;
}

bool seam_written_take_times(const char *path, const char *input)
{
    struct stat st;
    if (!stat_of(input, &st))
        return true;
    const struct timespec times[] = { st.st_atim, st.st_mtim };
    return utimensat(AT_FDCWD, path, times, 0) == 0;
}

bool seam_written_is_there(const char *path, const char *input)
{
    struct stat of_path, of_input;
    if (!stat_of(path, &of_path) || of_path.st_size == 0)
        return false;
    if (!input || !stat_of(input, &of_input))
        return true;
    const struct timespec a = of_path.st_mtim, b = of_input.st_mtim;
    return a.tv_sec > b.tv_sec || (a.tv_sec == b.tv_sec && a.tv_nsec >= b.tv_nsec);
}
