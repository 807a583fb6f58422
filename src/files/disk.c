#include <glib.h>
#include <sys/statvfs.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/vfs.h>
#endif

#include "files/disk.h"
#include "base/log.h"
#include "base/text.h"

const char *seam_disk_folder(void)
{
    if (!g_getenv("TMPDIR") && g_file_test("/var/tmp", G_FILE_TEST_IS_DIR) &&
        access("/var/tmp", W_OK) == 0)
        return "/var/tmp";
    return g_get_tmp_dir();
}

bool seam_disk_is_memory(const char *folder)
{
#ifdef __linux__
    static const long kinds[] = { 0x01021994, 0x858458f6 }; /* tmpfs, ramfs */
    struct statfs fs;
    if (statfs(folder, &fs) != 0)
        return false;
    return fs.f_type == kinds[0] || fs.f_type == kinds[1];
#else
    (void)folder;
    return false;
#endif
}

bool seam_disk_is_local(const char *folder)
{
#ifdef __linux__
    static const unsigned long kinds[] = {
        0xef53,     0x58465342, 0x9123683e, /* ext, xfs, btrfs */
        0x01021994, 0x858458f6, 0x794c7630, /* tmpfs, ramfs, overlay */
        0xf2f52010, 0x2fc12fc1, 0xca451a4e, /* f2fs, zfs, bcachefs */
    };
    struct statfs fs;
    for (size_t i = 0; statfs(folder, &fs) == 0 && i < G_N_ELEMENTS(kinds); i++)
        if (((unsigned long)fs.f_type & 0xffffffff) == kinds[i])
            return true;
#else
    (void)folder;
#endif
    return false;
}

uint64_t seam_disk_room(const char *folder)
{
    struct statvfs fs;
    if (statvfs(folder, &fs) != 0 || fs.f_blocks == 0)
        return UINT64_MAX;
    return (uint64_t)fs.f_bavail * fs.f_frsize;
}

enum seam_result seam_disk_check(uint64_t bytes, const char *what, struct seam_log *log)
{
    const char *folder = seam_disk_folder();
    const uint64_t room = seam_disk_room(folder);
    if (bytes <= room)
        return SEAM_OK;
    return seam_log_fail(log, SEAM_ERROR_IO,
                         "%s takes about %s and there is room for %s in %s: set TMPDIR to a folder "
                         "with more", what, seam_text_bytes(bytes).s, seam_text_bytes(room).s,
                         folder);
}
