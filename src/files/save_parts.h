/* What the files of save_*.c know of each other. */
#ifndef SEAM_IO_SAVE_PARTS_H
#define SEAM_IO_SAVE_PARTS_H

#include "files/save.h"

bool seam_save_is_tiff(const struct seam_save *save);
bool seam_save_is_heif(const struct seam_save *save);
bool seam_save_is_one_of(const struct seam_save *save, const char *const *suffixes);

/* Whether it is a TIFF whose compression loses, and holds 8 bits. */
bool seam_save_tiff_loses(const struct seam_save *save);

/* Whether the saver, of `class`, takes the options. Errors: SEAM_ERROR_ARGUMENT. */
enum seam_result seam_save_check_options(const struct seam_save *save, GObjectClass *class,
                                         struct seam_log *log) SEAM_NODISCARD;

/* The number that an option is given; 0 where it is not. */
int seam_save_option(const struct seam_save *save, const char *name);

/* The options with a fine quality, or with bigtiff added where a file may pass what 32 bits
 * address: by its samples, a third more for the layers of a pyramid, what of tiles stands out, and
 * half as much again for LZW, which makes noise larger. Free it with g_free(). */
char *seam_save_options(const struct seam_save *save, const VipsImage *image);

/* Say what of `image` the format does not hold, by name. */
void seam_save_say_lost(const struct seam_save *save, VipsImage *image, struct seam_log *log);

/* Whether the file tells where on earth its picture lies. */
bool seam_save_keeps_geo(const struct seam_save *save);

/* Let the metadata say what was done, where the format holds them. */
void seam_save_sign(const struct seam_save *save, VipsImage *image);

/* Put EXIF and georeference into the finished temporary file, where it is a TIFF. False with errno
 * set. */
bool seam_save_tags(const struct seam_save *save, VipsImage *image);

/* What page `page` (0 the first) of a TIFF is to tell, as the same page of save->pages does: EXIF,
 * XMP, IPTC, a georeference. NULL where that cannot be read. */
GPtrArray *seam_save_page_tags(const struct seam_save *save, VipsImage *image, int page,
                               struct seam_tags_place *place);

/* The same of what is in the header of `image`, which is such a page. */
GPtrArray *seam_save_image_tags(const struct seam_save *save, VipsImage *image);

/* Read the header of what was written to `path` and compare it with what was to be. Errors:
 * SEAM_ERROR_IO. */
enum seam_result seam_save_verify(const struct seam_save *save, const char *path, VipsImage *image,
                                  struct seam_log *log) SEAM_NODISCARD;

/* The result as the format is to get it: PFM holds linear light, and text fields in its own form.
 * NULL where libvips fails. */
VipsImage *seam_save_prepare(const struct seam_save *save, VipsImage *image);

#endif /* SEAM_IO_SAVE_PARTS_H */
