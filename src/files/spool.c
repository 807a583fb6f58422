#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "files/deaf.h"
#include "files/disk.h"
#include "files/formats.h"
#include "files/metadata.h"
#include "files/normalise.h"
#include "files/remedy.h"
#include "files/rewrite.h"
#include "files/spool.h"
#include "files/temporary.h"
#include "base/log.h"

/* A decoder may hold this part of the budget before its picture goes to disk. */
#define HELD_PART 8

static bool cancelled(const struct seam_load_params *params)
{
    return seam_cancel_asked(params->cancel);
}

/* An empty temporary file for `bytes` of the picture `name`. */
static enum seam_result spool_open(const char *name, const char *suffix, uint64_t bytes, int *fd,
                                   char **path, struct seam_log *log)
{
    char what[600];
    g_snprintf(what, sizeof(what), "a temporary copy of %s", name);
    enum seam_result r = seam_disk_check(bytes, what, log);
    if (r != SEAM_OK)
        return r;
    *fd = seam_temporary_open(NULL, suffix, 0600, path);
    if (*fd < 0)
        return seam_log_fail(log, SEAM_ERROR_IO, "%s cannot be made in %s: %s", what,
                             seam_disk_folder(), strerror(errno));
    if (seam_disk_is_memory(seam_disk_folder()))
        seam_warning(log, "%s lies in memory: set TMPDIR to a folder on disk", seam_disk_folder());
    return SEAM_OK;
}

/* --- Rows in another order
 * --------------------------------------------------------------------------- */

/* Write the picture at `from` anew, to load->rewritten. */
static enum seam_result rewrite(struct seam_load *load, const char *from, bool png,
                                const struct seam_load_params *params, struct seam_log *log)
{
    const uint64_t bytes = (uint64_t)load->held_bytes;
    int to = -1, scratch = -1;
    char *hidden = NULL;
    enum seam_result r = spool_open(load->name, png ? ".png" : ".jpg", 2 * bytes, &to,
                                    &load->rewritten, log);
    if (r == SEAM_OK)
        close(to);
    if (r == SEAM_OK)
        r = spool_open(load->name, "", 2 * bytes, &scratch, &hidden, NULL);
    if (r != SEAM_OK)
        return seam_log_fail(log, r, "no temporary file to read %s with", load->name);
    seam_temporary_remove(&hidden); /* it lives as long as it is open */
    struct seam_rewrite job = {
        .from = from,
        .to = load->rewritten,
        .scratch = scratch,
        .allow_damaged = params->allow_damaged,
        .cancel = params->cancel,
    };
    const bool ok = png ? seam_rewrite_png(&job) : seam_rewrite_jpeg(&job);
    close(scratch);
    if (ok)
        return SEAM_OK;
    if (cancelled(params))
        return seam_log_fail(log, SEAM_CANCELLED, "cancelled");
    return seam_log_fail(log, SEAM_ERROR_IO, "%s cannot be read%s: %s", load->name,
                         seam_load_remedy(params, job.why), job.why);
}

enum seam_result seam_spool_rows(struct seam_load *load, const char *path,
                                 const struct seam_load_params *params, uint64_t budget,
                                 struct seam_log *log)
{
    const bool png = seam_format_is_interlaced_png(load->image);
    /* libvips gives nothing of an interlaced PNG that is damaged. */
    const bool fits = load->held_bytes <= (double)(budget / HELD_PART);
    if ((!png && !seam_format_is_multiscan_jpeg(load->image)) ||
        (fits && !(png && params->allow_damaged)))
        return SEAM_OK;
    if (params->header_only) {
        load->held_bytes = 0;
        return SEAM_OK;
    }
    seam_notice(log, "%s is %s, which is decoded as a whole: read through a temporary file in %s",
                load->name, png ? "an interlaced PNG" : "a progressive JPEG", seam_disk_folder());
    char *plain = vips_filename_get_filename(path), *options = vips_filename_get_options(path);
    enum seam_result r = rewrite(load, plain, png, params, log);
    char *again = g_strconcat(load->rewritten ? load->rewritten : "", options, NULL);
    VipsImage *image = r == SEAM_OK ? seam_load_file(again, params, 0, 0) : NULL;
    if (r == SEAM_OK && !image)
        r = seam_io_vips_failed(log, SEAM_ERROR_IO, load->name);
    if (image) {
        g_object_unref(load->image);
        load->image = image;
        load->held_bytes = 0;
    }
    g_free(plain);
    g_free(options);
    g_free(again);
    return r;
}

/* --- Turning
 * ----------------------------------------------------------------------------------------- */

static void spool_eval(VipsImage *image, VipsProgress *progress, void *opaque)
{
    (void)progress;
    if (cancelled(opaque))
        vips_image_set_kill(image, TRUE);
}

/* Each page of a roll by itself: turned as one, pages would stand side by side. */
static VipsImage *turn_pages(VipsImage *roll, int page_height)
{
    const int pages = roll->Ysize / page_height;
    VipsImage **cut = (VipsImage **)vips_object_local_array(VIPS_OBJECT(roll), 2 * pages + 1);
    VipsImage **turned = cut + pages, **joined = turned + pages, *out = NULL;
    for (int i = 0; i < pages; i++)
        if (vips_extract_area(roll, &cut[i], 0, i * page_height, roll->Xsize, page_height, NULL) ||
            vips_autorot(cut[i], &turned[i], NULL))
            return NULL;
    if (vips_arrayjoin(turned, joined, pages, "across", 1, NULL) ||
        vips_copy(*joined, &out, NULL))
        return NULL;
    vips_image_set_int(out, VIPS_META_PAGE_HEIGHT, turned[0]->Ysize);
    return out;
}

/* All that is said comes from the picture itself: what a temporary TIFF made of it is bent. */
static void *carry_field(VipsImage *from, const char *field, GValue *value, void *to)
{
    (void)from;
    if (strcmp(field, VIPS_META_N_PAGES) != 0 && strcmp(field, VIPS_META_PAGE_HEIGHT) != 0)
        vips_image_set(to, field, value);
    return NULL;
}

static void *list_field(VipsImage *from, const char *field, GValue *value, void *list)
{
    (void)from;
    (void)value;
    if (strcmp(field, VIPS_META_N_PAGES) != 0 && strcmp(field, VIPS_META_PAGE_HEIGHT) != 0)
        g_ptr_array_add(list, g_strdup(field));
    return NULL;
}

/* The header of `from` for a picture of its pixels, turned; n-pages and sizes are those of `to`. */
static void carry_header(VipsImage *from, VipsImage *to)
{
    GPtrArray *fields = g_ptr_array_new_with_free_func(g_free);
    vips_image_map(to, list_field, fields);
    for (guint i = 0; i < fields->len; i++)
        vips_image_remove(to, g_ptr_array_index(fields, i));
    g_ptr_array_free(fields, TRUE);
    vips_image_map(from, carry_field, to);
    to->Type = from->Type;
    const bool across = vips_image_get_orientation(from) >= 5;
    to->Xres = across ? from->Yres : from->Xres;
    to->Yres = across ? from->Xres : from->Yres;
    seam_metadata_upright(to);
}

/* Turned while it is read: no row moves, or none will be read. */
static enum seam_result turn_directly(struct seam_load *load, struct seam_log *log)
{
    VipsImage *turned = NULL;
    VipsImage *own = NULL;
    if (vips_autorot(load->image, &turned, NULL) || vips_copy(turned, &own, NULL)) {
        if (turned)
            g_object_unref(turned);
        return seam_io_vips_failed(log, SEAM_ERROR_IO, load->name);
    }
    seam_metadata_upright(own);
    g_object_unref(turned);
    g_object_unref(load->image);
    load->image = own;
    return SEAM_OK;
}

/* The picture as tiles in a file, from which any row can be had; NULL where libvips fails. */
static VipsImage *tiles_on_disk(struct seam_load *load, const struct seam_load_params *params)
{
    vips_image_set_progress(load->image, TRUE);
    g_signal_connect(load->image, "eval", G_CALLBACK(spool_eval), (void *)(uintptr_t)params);
    seam_deaf_begin();
    const bool ok = vips_tiffsave(load->image, load->spool, "tile", TRUE, "tile_width", 256,
                                  "tile_height", 256, "bigtiff", TRUE, "page_height",
                                  load->image->Ysize, NULL) == 0;
    seam_deaf_end();
    return ok ? vips_image_new_from_file(load->spool, NULL) : NULL;
}

enum seam_result seam_spool_upright(struct seam_load *load, const struct seam_load_params *params,
                                    struct seam_log *log)
{
    const int orientation = vips_image_get_orientation(load->image);
    if (orientation <= 1 || orientation > 8)
        return SEAM_OK;
    if (params->header_only || orientation == 2)
        return turn_directly(load, log);
    seam_debug(log, "%s lies on its side (orientation %d): turned upright through a temporary file "
                     "in %s", load->name, orientation, seam_disk_folder());
    const double pixels = (load->image->Xsize + 255.0) * (load->image->Ysize + 255.0);
    int fd = -1;
    enum seam_result r =
        spool_open(load->name, ".tif",
                   (uint64_t)(pixels * (double)VIPS_IMAGE_SIZEOF_PEL(load->image)), &fd,
                   &load->spool, log);
    if (r != SEAM_OK)
        return r;
    close(fd);
    const int page_height = vips_image_get_page_height(load->image);
    VipsImage *spooled = tiles_on_disk(load, params);
    if (cancelled(params)) {
        vips_error_clear();
        r = seam_log_fail(log, SEAM_CANCELLED, "cancelled");
    }
    VipsImage *upright = spooled && r == SEAM_OK ? turn_pages(spooled, page_height) : NULL;
    if (upright) {
        carry_header(load->image, upright);
        g_object_unref(load->image);
        load->image = upright;
        load->held_bytes = 0;
    }
    if (spooled)
        g_object_unref(spooled);
    if (r == SEAM_OK && !upright)
        r = seam_load_failed(load, params, log);
    return r;
}
