#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cache.h"

bool seam_cache_folder(char *folder, size_t size, const char *kind)
{
    const char *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    int n = -1;
    if (xdg && xdg[0] == '/')
        n = snprintf(folder, size, "%s/seamless/%s", xdg, kind);
    else if (home && home[0] == '/')
        n = snprintf(folder, size, "%s/.cache/seamless/%s", home, kind);
    return n > 0 && (size_t)n < size;
}

int64_t seam_cache_read(const char *file, void *data, size_t most)
{
    struct stat st;
    /* A pipe would be waited for. */
    FILE *f = stat(file, &st) == 0 && S_ISREG(st.st_mode) ? fopen(file, "rb") : NULL;
    if (!f)
        return -1;
    const size_t n = fread(data, 1, most, f);
    const bool whole = !ferror(f) && fgetc(f) == EOF;
    fclose(f);
    return whole ? (int64_t)n : -1;
}

/* The folders that a file lies in. */
static bool make_folders(const char *file)
{
    char path[1200];
    const int n = snprintf(path, sizeof(path), "%s", file);
    bool made = n > 0 && (size_t)n < sizeof(path);
    for (char *at = strchr(path + 1, '/'); made && at; at = strchr(at + 1, '/')) {
        *at = '\0';
        made = mkdir(path, 0700) == 0 || errno == EEXIST;
        *at = '/';
    }
    return made;
}

bool seam_cache_write(const char *file, const void *data, size_t size)
{
    char path[1200];
    /* Under another name first: whoever reads meanwhile sees the old file or the new one. */
    const int n = snprintf(path, sizeof(path), "%s.XXXXXX", file);
    if (n <= 0 || (size_t)n >= sizeof(path) || !make_folders(file))
        return false;
    const int fd = mkstemp(path);
    if (fd < 0)
        return false;
    bool ok = write(fd, data, size) == (ssize_t)size;
    ok = close(fd) == 0 && ok;
    ok = ok && rename(path, file) == 0;
    if (!ok)
        unlink(path);
    return ok;
}
