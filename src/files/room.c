#include <errno.h>
#include <string.h>

#include "files/disk.h"
#include "files/room.h"
#include "base/log.h"
#include "base/text.h"

uint64_t seam_room_of(const struct seam_save *save, const VipsImage *image)
{
    static const char *const plain[] = { ".tif", ".tiff", ".v", ".vips", ".ppm", ".pgm", ".pfm" };
    const char *compression = strstr(save->options, "compression");
    if ((compression && !strstr(compression, "none")) || strstr(save->options, "bitdepth"))
        return 0;
    for (size_t i = 0; i < G_N_ELEMENTS(plain); i++)
        if (g_ascii_strcasecmp(save->suffix, plain[i]) == 0)
            return VIPS_IMAGE_SIZEOF_IMAGE(image);
    return 0;
}

enum seam_result seam_room_check(const char *path, uint64_t bytes, const char *what,
                                 struct seam_log *log)
{
    char *folder = g_path_get_dirname(path);
    const uint64_t room = seam_disk_room(folder);
    g_free(folder);
    if (bytes <= room)
        return SEAM_OK;
    return seam_log_fail(log, SEAM_ERROR_IO,
                         "%s cannot be written: %s: %s takes %s, there is room for %s; make "
                         "room there, or name another place", path, strerror(ENOSPC), what,
                         seam_text_bytes(bytes).s, seam_text_bytes(room).s);
}
