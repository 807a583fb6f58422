#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vips/vips.h>

#include "base/checksum.h"
#include "base/cpu.h"
#include "base/log.h"
#include "files/companion.h"
#include "job/finished.h"
#include "model/builtin.h"
#include "model/model.h"

#define LIST "seamless.finished"
#define KEY_LENGTH 16 /* hexadecimal digits of a checksum */

static uint64_t add_text(uint64_t sum, const char *text)
{
    return seam_checksum(sum, text, strlen(text) + 1);
}

/* How large results are, and what of the pictures they show. */
static uint64_t shape_checksum(const struct seam_job_params *params)
{
    static const struct seam_size as_made = { 0 };
    static const struct seam_region all = { 0 };
    const struct seam_size *s = params->size ? params->size : &as_made;
    const struct seam_region *r = params->region ? params->region : &all;
    char *text = g_strdup_printf(
        "box %lld x %lld fit %d scale %a megapixels %a dpi %a print %a x %a side %lld "
        "region %lld %lld %lld %lld passes %d colour %d",
        (long long)s->width, (long long)s->height, (int)s->fit, s->scale, s->megapixels, s->dpi,
        s->print_width, s->print_height, (long long)s->most_side, (long long)r->left,
        (long long)r->top, (long long)r->width, (long long)r->height, params->passes,
        (int)params->colour);
    const uint64_t sum = add_text(0, text);
    g_free(text);
    return sum;
}

/* Continue the sum by which file this is: its size and times, of which nobody sets the last. False
 * where there is none. */
static bool add_plain(uint64_t *sum, const char *plain)
{
    struct stat st;
    if (stat(plain, &st) != 0 || !S_ISREG(st.st_mode))
        return false;
    const int64_t facts[] = { st.st_size, st.st_mtim.tv_sec, st.st_mtim.tv_nsec, st.st_ctim.tv_sec,
                              st.st_ctim.tv_nsec };
    *sum = seam_checksum(*sum, facts, sizeof(facts));
    return true;
}

/* Of a picture, by its name in libvips, with what it has beside it. False where that cannot be
 * told, too. */
static bool add_file(uint64_t *sum, const char *name)
{
    char *plain = vips_filename_get_filename(name), *other = seam_companion(plain);
    const bool ok = !seam_companion_many(plain) && add_plain(sum, plain) &&
                    (!other || add_plain(sum, other));
    g_free(other);
    g_free(plain);
    return ok;
}

/* What of a command decides its results, but for the names: memory and threads do not. */
static uint64_t settings_checksum(const struct seam_job_params *params,
                                  const struct seam_session *session)
{
    const struct seam_params *p = params->params;
    const bool chosen = params->choose || params->pick;
    char model[128], cpu[256];
    seam_model_identity(session->model, model, sizeof(model));
    char *text = g_strdup_printf(
        "%s %s %s %s %s tile %lld %lld halo %lld overlap %lld %a blend %d edge %d alpha %d luma %d "
        "order %d range %a %a strength %a depth %d transfer %d page %d damaged %d%s%s nodata %s%s%s"
        "%s",
        seam_version(), vips_version_string(), session->facts.engine_text, model,
        seam_cpu_text(cpu, sizeof(cpu)), (long long)p->tile_width, (long long)p->tile_height,
        (long long)p->halo, (long long)p->overlap, p->overlap_percent, (int)p->blend, (int)p->edge,
        (int)p->alpha, (int)p->luma, (int)p->order, p->range_lo, p->range_hi, p->strength,
        p->out_sample, params->transfer, params->page, params->allow_damaged,
        chosen ? " chosen" : "", params->strip ? " stripped" : "",
        params->nodata ? params->nodata : "auto", params->preview ? " preview" : "",
        params->mask ? " mask " : "", params->mask ? params->mask : "");
    uint64_t sum = add_text(shape_checksum(params), text);
    if (chosen) { /* any of those may be a picture's */
        const uint64_t networks = seam_builtin_sum();
        sum = seam_checksum(sum, &networks, sizeof(networks));
    }
    if (params->mask)
        add_file(&sum, params->mask); /* where it cannot be read, nothing is finished */
    g_free(text);
    return sum;
}

/* One picture, its settings and both files as they are now. */
static bool pair_key(const struct seam_finished *f, const struct seam_pair *pair,
                    char key[KEY_LENGTH + 1])
{
    uint64_t sum = add_text(add_text(f->settings, pair->input), pair->output);
    if (!add_file(&sum, pair->input) || !add_file(&sum, pair->output))
        return false;
    g_snprintf(key, KEY_LENGTH + 1, "%016" G_GINT64_MODIFIER "x", sum);
    return true;
}

void seam_finished_open(struct seam_finished *f, const struct seam_pairs *pairs,
                        const struct seam_job_params *params, const struct seam_session *session,
                        struct seam_log *log)
{
    char *text = NULL;
    GError *error = NULL;
    gsize length = 0;
    *f = (struct seam_finished){ 0 };
    if (!params->resume || !pairs->several || !pairs->folder)
        return;
    f->path = g_build_filename(pairs->folder, LIST, NULL);
    f->settings = settings_checksum(params, session);
    f->done = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    /* A pipe would be waited for. */
    if (g_file_test(f->path, G_FILE_TEST_EXISTS) &&
        !g_file_test(f->path, G_FILE_TEST_IS_REGULAR)) {
        seam_warning(log, "what is finished is done again: %s is no plain file", f->path);
        return;
    }
    if (!g_file_get_contents(f->path, &text, &length, &error)) {
        if (!g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOENT))
            seam_warning(log, "what is finished is done again: %s", error->message);
        g_error_free(error);
        return;
    }
    f->torn = length > 0 && text[length - 1] != '\n';
    char **lines = g_strsplit(text, "\n", -1);
    for (int i = 0; lines[i]; i++)
        if (strlen(lines[i]) > KEY_LENGTH && lines[i][KEY_LENGTH] == ' ')
            g_hash_table_add(f->done, g_strndup(lines[i], KEY_LENGTH));
    g_strfreev(lines);
    g_free(text);
}

bool seam_finished_has(const struct seam_finished *f, const struct seam_pair *pair)
{
    char key[KEY_LENGTH + 1];
    return f->done && pair_key(f, pair, key) && g_hash_table_contains(f->done, key);
}

void seam_finished_see(const struct seam_finished *f, struct seam_pair *pair)
{
    pair->seen = 0;
    if (f->path)
        add_file(&pair->seen, pair->input);
}

/* False with errno. A line that does not go as a whole goes on where it stopped. */
static bool write_line(int fd, const char *line)
{
    for (size_t left = fd >= 0 ? strlen(line) : 0; left > 0;) {
        const ssize_t n = write(fd, line, left);
        if (n < 0 && errno != EINTR)
            return false;
        line += n > 0 ? n : 0;
        left -= n > 0 ? (size_t)n : 0;
    }
    return fd >= 0;
}

void seam_finished_add(struct seam_finished *f, const struct seam_pair *pair, struct seam_log *log)
{
    char key[KEY_LENGTH + 1];
    uint64_t now = 0;
    if (!f->path || !pair_key(f, pair, key))
        return;
    if (!add_file(&now, pair->input) || now != pair->seen) {
        seam_warning(log, "%s was changed while it was restored: --resume will do it again",
                     pair->input);
        return;
    }
    /* In one write, so that another run's line is not torn; by name, for that run may have removed
     * the list. The output is for those who look into it. */
    char *line = g_strdup_printf("%s%s %s\n", f->torn ? "\n" : "", key, pair->output);
    const int how = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
    const int fd = open(f->path, how, 0666);
    f->torn = !write_line(fd, line);
    if (f->torn)
        seam_warning(log, "%s cannot be written: %s; --resume would do %s again", f->path,
                     strerror(errno), pair->output);
    if (fd >= 0)
        close(fd);
    g_free(line);
}

void seam_finished_close(struct seam_finished *f, bool all)
{
    if (f->path && all)
        g_unlink(f->path);
    if (f->done)
        g_hash_table_destroy(f->done);
    g_free(f->path);
    *f = (struct seam_finished){ 0 };
}
