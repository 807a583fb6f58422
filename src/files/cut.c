#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <vips/vips.h>

#include "base/common.h"
#include "files/cut.h"
#include "files/tiff.h"

/* Bytes at a file's end in which its last mark is looked for: behind it may lie what others put
 * there. */
#define TAIL (1 << 18)

/* How a format begins, and what it has at its end, behind all that is its picture. */
static const struct {
    const char *begins, *ends;
    size_t begin_bytes, end_bytes;
} marks[] = {
    { "\x89PNG\r\n\x1a\n", "IEND\xae\x42\x60\x82", 8, 8 },
    { "\xff\xd8\xff", "\xff\xd9", 3, 2 },
};

static bool holds(const char *bytes, size_t size, const char *mark, size_t length)
{
    for (const char *at = bytes; size >= length;) {
        const char *next = memchr(at, mark[0], size - length + 1);
        if (!next)
            return false;
        if (memcmp(next, mark, length) == 0)
            return true;
        size -= (size_t)(next + 1 - at);
        at = next + 1;
    }
    return false;
}

/* Whether the file begins as one of these, and its end lacks the mark. */
static bool lacks_its_end(int fd, int64_t size)
{
    char head[8] = { 0 };
    const int64_t tail = seam_min(size, TAIL);
    if (pread(fd, head, sizeof(head), 0) != (ssize_t)sizeof(head))
        return false;
    for (size_t i = 0; i < SEAM_ARRAY_LEN(marks); i++) {
        if (memcmp(head, marks[i].begins, marks[i].begin_bytes) != 0)
            continue;
        char *end = g_malloc((gsize)tail);
        const bool read = pread(fd, end, (size_t)tail, (off_t)(size - tail)) == (ssize_t)tail;
        const bool whole = !read || holds(end, (size_t)tail, marks[i].ends, marks[i].end_bytes);
        g_free(end);
        return !whole;
    }
    return false;
}

bool seam_file_is_cut(const char *name, int page)
{
    char *path = vips_filename_get_filename(name);
    struct seam_tiff tiff;
    struct stat st;
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    const bool regular = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0;
    const bool cut = regular && lacks_its_end(fd, st.st_size);
    if (fd >= 0)
        close(fd);
    const bool is = cut || (regular && seam_tiff_read(&tiff, path, MAX(page - 1, 0), NULL) &&
                            tiff.reaches > (uint64_t)st.st_size);
    g_free(path);
    return is;
}
