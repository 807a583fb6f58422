/* A saver of libvips may fail without a word: what it wrote is read back before it takes the place
 * of what was there. */
#include "base/log.h"
#include "files/deaf.h"
#include "files/normalise.h"
#include "files/save_parts.h"
#include "files/sniff.h"

/* Formats that libvips writes and cannot tell when it reads. */
static bool is_readable(const struct seam_save *save)
{
    static const char *const blind[] = { ".raw", ".csv", ".mat", ".txt", NULL };
    return !seam_save_is_one_of(save, blind);
}

/* Whether a file of `found` bands may hold a picture of `written`: alpha is laid over black where a
 * format has none, grey made colour where it has no grey. */
static bool bands_fit(const VipsImage *written, int found, VipsSaveable saveable)
{
    const int alpha = vips_image_hasalpha((VipsImage *)written) ? 1 : 0;
    if (found == written->Bands || found == written->Bands - alpha)
        return true;
    if (written->Bands == 1 + alpha && found == 3 + alpha)
        return true;
    return saveable != VIPS_SAVEABLE_ANY && found >= 3 && found <= 4 && written->Bands < found;
}

struct shape {
    int width, height, bands;
};

/* What a file says of its picture; false where libvips cannot read it. Of JPEG it is read here, for
 * libvips would take every field of its EXIF apart once more; of PNG the loader is known; to find
 * that of others, libvips asks all that it has, each of which opens the file. */
static bool read_shape(const struct seam_save *save, const char *path, struct shape *shape)
{
    static const char *const jpeg[] = { ".jpg", ".jpeg", ".jpe", NULL };
    static const char *const png[] = { ".png", NULL };
    const VipsAccess access = VIPS_ACCESS_SEQUENTIAL;
    VipsImage *file = NULL;
    struct seam_sniff sniff = { 0 };
    if (seam_save_is_one_of(save, jpeg))
        seam_sniff(&sniff, path, 1, NULL);
    *shape = (struct shape){ sniff.jpeg.width, sniff.jpeg.height, sniff.jpeg.bands };
    if (shape->width > 0)
        return true;
    seam_deaf_begin();
    const bool failed = seam_save_is_one_of(save, png)
                            ? vips_pngload(path, &file, "access", access, NULL) != 0
                            : !(file = vips_image_new_from_file(path, "access", access, NULL));
    seam_deaf_end();
    if (failed)
        return false;
    *shape = (struct shape){ file->Xsize, file->Ysize, file->Bands };
    g_object_unref(file);
    return true;
}

enum seam_result seam_save_verify(const struct seam_save *save, const char *path, VipsImage *image,
                                  struct seam_log *log)
{
    if (!is_readable(save))
        return SEAM_OK;
    struct shape file;
    if (!read_shape(save, path, &file)) {
        char what[600];
        g_snprintf(what, sizeof(what),
                   "%s: libvips wrote a file that it cannot read back, so it is thrown "
                   "away; try other options, or another format",
                   save->name);
        return seam_io_vips_failed(log, SEAM_ERROR_IO, what);
    }
    const int page = vips_image_get_page_height(image);
    const bool same = file.width == image->Xsize &&
                      (file.height == image->Ysize || file.height == page) &&
                      bands_fit(image, file.bands, save->saveable);
    enum seam_result r = SEAM_OK;
    if (!same)
        r = seam_log_fail(
            log, SEAM_ERROR_IO,
            "%s: libvips wrote %d x %d pixels of %d bands where %d x %d of %d were meant, so the "
            "file is thrown away; try other options, or another format",
            save->name, file.width, file.height, file.bands, image->Xsize, image->Ysize,
            image->Bands);
    return r;
}
