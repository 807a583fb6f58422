/* JPEG: libjpeg holds the coefficients of all blocks until the last scan is in. Here its memory
 * manager is given arrays that lie in a file and show a few rows of blocks at a time; the
 * coefficients are then written out again as they are, in one scan. */
#include <errno.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jpeglib.h>
#include <jerror.h>

#include "base/common.h"
#include "files/rewrite.h"

/* Memory that an array shows at a time, at most but for one request. */
#define WINDOW_BYTES (1 << 20)
/* A file of a few bytes a scan, each of which goes over the whole picture, would keep us for
 * ever. */
#define MOST_SCANS 200

/* Comments and other segments, which libjpeg keeps in memory until the picture is read: no camera
 * and no editor writes as much. */
#define MOST_SEGMENT_BYTES (64 << 20)

/* libjpeg knows this by its name alone: what a virtual array is, is its memory manager's
 * business. */
struct jvirt_barray_control {
    int file;
    off_t at;                  /* in the file, of row 0 */
    JDIMENSION blocks, rows;   /* of the array */
    JDIMENSION most;           /* rows in the window */
    JDIMENSION first, held;    /* rows that are in it */
    bool changed;
    JBLOCKROW *window;
};

struct jpeg {
    struct seam_rewrite *job;
    struct jpeg_decompress_struct src;
    struct jpeg_compress_struct dst;
    struct jpeg_error_mgr errors;
    struct jpeg_progress_mgr progress;
    jmp_buf failed;
    off_t end; /* of the arrays in the scratch file */
    size_t kept; /* bytes of segments */
    boolean (*fill)(j_decompress_ptr info); /* libjpeg's own */
    void *(*alloc)(j_common_ptr info, int pool, size_t bytes);
    FILE *in, *out;
};

static void on_error(j_common_ptr info)
{
    struct jpeg *j = info->client_data;
    if (!j->job->why[0])
        info->err->format_message(info, j->job->why);
    longjmp(j->failed, 1);
}

static void fail(j_common_ptr info, const char *why)
{
    struct jpeg *j = info->client_data;
    snprintf(j->job->why, sizeof(j->job->why), "%s", why);
    on_error(info);
}

static void on_message(j_common_ptr info, int level)
{
    const struct jpeg *j = info->client_data;
    if (ferror(j->in)) /* no end of the picture, but of the disk's patience */
        fail(info, errno ? strerror(errno) : "the disk is at fault");
    if (level < 0 && info->err->msg_code == JWRN_JPEG_EOF && !j->job->allow_damaged)
        fail(info, "the file is cut short");
}

static void on_progress(j_common_ptr info)
{
    struct jpeg *j = info->client_data;
    if (seam_cancel_asked(j->job->cancel))
        fail(info, "cancelled");
    if (info->is_decompressor && j->src.input_scan_number > MOST_SCANS)
        fail(info, "it has more scans than any encoder makes");
}

/* Whatever libjpeg loops over, it comes back for more of the file. */
static boolean fill_and_look(j_decompress_ptr info)
{
    struct jpeg *j = info->client_data;
    if (seam_cancel_asked(j->job->cancel))
        fail((j_common_ptr)info, "cancelled");
    return j->fill(info);
}

/* What libjpeg takes of this kind while it reads is segments. */
static void *alloc_counted(j_common_ptr info, int pool, size_t bytes)
{
    struct jpeg *j = info->client_data;
    j->kept += bytes;
    if (j->kept > MOST_SEGMENT_BYTES)
        fail(info, "it holds more comments and metadata than any program writes");
    return j->alloc(info, pool, bytes);
}

/* --- Arrays in a file
 * -------------------------------------------------------------------------------- */

static size_t row_bytes(const struct jvirt_barray_control *array)
{
    return (size_t)array->blocks * sizeof(JBLOCK);
}

static jvirt_barray_ptr request_array(j_common_ptr info, int pool, boolean zero, JDIMENSION blocks,
                                      JDIMENSION rows, JDIMENSION most)
{
    struct jpeg *j = info->client_data;
    struct jvirt_barray_control *array = info->mem->alloc_small(info, pool, sizeof(*array));
    (void)zero; /* a file reads as zeros where nothing was written */
    *array = (struct jvirt_barray_control){
        .file = j->job->scratch,
        .at = j->end,
        .blocks = blocks,
        .rows = rows,
    };
    const size_t fit = WINDOW_BYTES / row_bytes(array) / most * most;
    array->most = (JDIMENSION)seam_min(rows, (int64_t)(fit > most ? fit : most));
    j->end += (off_t)row_bytes(array) * rows;
    array->window = info->mem->alloc_barray(info, pool, blocks, array->most);
    if (ftruncate(array->file, j->end) != 0)
        fail(info, strerror(errno));
    return array;
}

static void move_bytes(j_common_ptr info, const struct jvirt_barray_control *array, bool out)
{
    for (JDIMENSION i = 0; i < array->held; i++) {
        const size_t bytes = row_bytes(array);
        const off_t at = array->at + (off_t)bytes * (array->first + i);
        errno = 0;
        const ssize_t n = out ? pwrite(array->file, array->window[i], bytes, at)
                              : pread(array->file, array->window[i], bytes, at);
        if (n != (ssize_t)bytes)
            fail(info, errno ? strerror(errno) : "the disk is full");
    }
}

static JBLOCKARRAY access_array(j_common_ptr info, jvirt_barray_ptr array, JDIMENSION first,
                                JDIMENSION rows, boolean writable)
{
    if (first < array->first || first + rows > array->first + array->held) {
        if (array->changed)
            move_bytes(info, array, true);
        array->changed = false;
        array->first = first;
        array->held = (JDIMENSION)seam_min(array->most, array->rows - first);
        move_bytes(info, array, false);
    }
    array->changed = array->changed || writable;
    return array->window + (first - array->first);
}

static void use_files(struct jpeg_memory_mgr *memory)
{
    memory->request_virt_barray = request_array;
    memory->access_virt_barray = access_array;
}

/* --- In and out
 * ----------------------------------------------------------------------------------------- */

static bool is_marker(const struct jpeg_marker_struct *m, int code, const char *name)
{
    const size_t length = strlen(name);
    return m->marker == code && m->data_length >= length && memcmp(m->data, name, length) == 0;
}

/* EXIF, profiles and comments; libjpeg has written JFIF and Adobe markers itself. */
static void copy_markers(struct jpeg *j)
{
    for (const struct jpeg_marker_struct *m = j->src.marker_list; m; m = m->next) {
        if ((j->dst.write_JFIF_header && is_marker(m, JPEG_APP0, "JFIF")) ||
            (j->dst.write_Adobe_marker && is_marker(m, JPEG_APP0 + 14, "Adobe")))
            continue;
        jpeg_write_marker(&j->dst, m->marker, m->data, m->data_length);
    }
}

static void open_both(struct jpeg *j)
{
    jpeg_std_error(&j->errors);
    j->errors.error_exit = on_error;
    j->errors.emit_message = on_message;
    j->progress.progress_monitor = on_progress;
    j->src.err = j->dst.err = &j->errors;
    j->src.client_data = j->dst.client_data = j;
    jpeg_create_decompress(&j->src);
    jpeg_create_compress(&j->dst);
    j->src.progress = j->dst.progress = &j->progress;
    use_files(j->src.mem);
    use_files(j->dst.mem);
    jpeg_stdio_src(&j->src, j->in);
    j->fill = j->src.src->fill_input_buffer;
    j->src.src->fill_input_buffer = fill_and_look;
    j->alloc = j->src.mem->alloc_large;
    j->src.mem->alloc_large = alloc_counted;
    jpeg_stdio_dest(&j->dst, j->out);
}

static bool rewrite(struct jpeg *j)
{
    if (setjmp(j->failed))
        return false;
    open_both(j);
    jpeg_save_markers(&j->src, JPEG_COM, 0xFFFF);
    for (int i = 0; i < 16; i++)
        jpeg_save_markers(&j->src, JPEG_APP0 + i, 0xFFFF);
    jpeg_read_header(&j->src, TRUE);
    jvirt_barray_ptr *arrays = jpeg_read_coefficients(&j->src);
    jpeg_copy_critical_parameters(&j->src, &j->dst);
    jpeg_write_coefficients(&j->dst, arrays);
    copy_markers(j);
    jpeg_finish_compress(&j->dst);
    jpeg_finish_decompress(&j->src);
    return true;
}

bool seam_rewrite_jpeg(struct seam_rewrite *job)
{
    struct jpeg *j = calloc(1, sizeof(*j));
    bool ok = false;
    job->why[0] = '\0';
    if (!j)
        return false;
    j->job = job;
    j->in = fopen(job->from, "rb");
    j->out = j->in ? fopen(job->to, "wb") : NULL;
    if (j->in && j->out) {
        ok = rewrite(j);
        jpeg_destroy_compress(&j->dst);
        jpeg_destroy_decompress(&j->src);
    }
    if (!ok && !job->why[0])
        snprintf(job->why, sizeof(job->why), "%s", strerror(errno));
    if (j->in)
        fclose(j->in);
    if (j->out && fclose(j->out) != 0 && ok) {
        snprintf(job->why, sizeof(job->why), "%s", strerror(errno));
        ok = false;
    }
    free(j);
    return ok;
}
