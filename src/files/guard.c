#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "files/guard.h"

struct guard {
    int fd;
    int error; /* errno of the first write that failed; 0: none has */
    gint *broken; /* set by then: what computes rows may stop */
};

static gint64 guard_write(VipsTargetCustom *target, const void *data, gint64 length, void *opaque)
{
    (void)target;
    struct guard *g = opaque;
    for (gint64 done = 0; done < length && !g->error;) {
        const ssize_t n = write(g->fd, (const char *)data + done, (size_t)(length - done));
        if (n < 0 && errno != EINTR) {
            g->error = errno;
            g_atomic_int_set(g->broken, 1);
        }
        done += n > 0 ? n : 0;
    }
    return length;
}

static gint64 guard_read(VipsTargetCustom *target, void *data, gint64 length, void *opaque)
{
    (void)target;
    return read(((const struct guard *)opaque)->fd, data, (size_t)length);
}

static gint64 guard_seek(VipsTargetCustom *target, gint64 offset, int whence, void *opaque)
{
    (void)target;
    return lseek(((const struct guard *)opaque)->fd, offset, whence);
}

static int guard_end(VipsTargetCustom *target, void *opaque)
{
    (void)target;
    (void)opaque;
    return 0;
}

bool seam_guarded_write(VipsImage *image, int fd, bool seekable, const char *format,
                        int *broken)
{
    struct guard g = { .fd = fd, .broken = broken };
    VipsTargetCustom *target = vips_target_custom_new();
    g_signal_connect(target, "write", G_CALLBACK(guard_write), &g);
    if (seekable) {
        g_signal_connect(target, "read", G_CALLBACK(guard_read), &g);
        g_signal_connect(target, "seek", G_CALLBACK(guard_seek), &g);
    }
    g_signal_connect(target, "end", G_CALLBACK(guard_end), &g);
    const bool ok = vips_image_write_to_target(image, format, VIPS_TARGET(target), NULL) == 0;
    g_object_unref(target);
    errno = g.error;
    return ok && !g.error;
}

bool seam_guarded_save(VipsImage *image, const char *path, const char *format, int *broken)
{
    const int fd = open(path, O_RDWR | O_TRUNC | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool ok = seam_guarded_write(image, fd, true, format, broken);
    int error = errno;
    if (close(fd) != 0 && ok) {
        ok = false;
        error = errno;
    }
    errno = error;
    return ok;
}
