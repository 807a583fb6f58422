#include <fnmatch.h>
#include <glib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "files/kind.h"
#include "job/walk.h"

/* Deeper trees are loops that nobody meant. */
#define MOST_DEPTH 64

/* One walk: what it has met so far. */
struct state {
    const struct seam_walk *walk;
    struct seam_log *log;
    const char *top;
    guint found, excluded, unread;
    guint folders, links; /* that were not gone into */
    bool broken;
};

/* Whether a file is named as a picture, or as what a camera makes, and is not to be read: a link to
 * nothing, too. */
static bool is_called_picture(const char *path)
{
    static const char *const suffixes[] = { ".jpg",  ".jpeg", ".png",  ".tif", ".tiff", ".webp",
                                            ".heic", ".heif", ".avif", ".jxl", ".jp2",  ".gif",
                                            ".bmp",  ".cr2",  ".cr3",  ".nef", ".arw",  ".dng",
                                            ".orf",  ".rw2",  ".raf" };
    const char *dot = strrchr(path, '.');
    for (size_t i = 0; dot && i < G_N_ELEMENTS(suffixes); i++)
        if (g_ascii_strcasecmp(dot, suffixes[i]) == 0)
            return g_file_test(path, G_FILE_TEST_IS_REGULAR) ||
                   !g_file_test(path, G_FILE_TEST_EXISTS);
    return false;
}

/* What somebody may think is restored too. */
static void say_passed_over(const struct state *s)
{
    if (s->folders > 0)
        seam_notice(s->log,
                    "%s holds %u folder%s, whose pictures are not restored: -r restores those too",
                    s->top, s->folders, s->folders == 1 ? "" : "s");
    if (s->links > 0)
        seam_notice(s->log,
                    "%s holds %u link%s to folders, whose pictures are not restored: name those "
                    "folders too; -v names %s",
                    s->top, s->links, s->links == 1 ? "" : "s", s->links == 1 ? "it" : "them");
    if (s->unread > 0)
        seam_warning(s->log,
                     "%s: %u file%s named as %s cannot be read and %s passed over; -v names %s",
                     s->top, s->unread, s->unread == 1 ? "" : "s",
                     s->unread == 1 ? "a picture" : "pictures", s->unread == 1 ? "is" : "are",
                     s->unread == 1 ? "it" : "them");
}

/* A pattern with a slash is of the way from the folder walked, any other of the name alone. */
static bool matches(const char *const *globs, const char *below, const char *name)
{
    char *way = below[0] ? g_build_filename(below, name, NULL) : g_strdup(name);
    bool found = false;
    for (int i = 0; globs[i] && !found; i++)
        found = strchr(globs[i], '/') ? fnmatch(globs[i], way, FNM_PATHNAME) == 0
                                      : fnmatch(globs[i], name, 0) == 0;
    g_free(way);
    return found;
}

static bool is_wanted(const struct state *s, const char *below, const char *name)
{
    const struct seam_batch_params *p = s->walk->params;
    return (!p->include || !p->include[0] || matches(p->include, below, name)) &&
           !(p->exclude && matches(p->exclude, below, name));
}

static int by_name(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool walk_cancelled(const struct state *s)
{
    const struct seam_batch_params *p = s->walk->params;
    return p->cancelled && p->cancelled(p->opaque);
}

/* The names in a folder, in order, without the hidden ones; NULL, and said, where it cannot be
 * read. */
static GPtrArray *names_in(struct state *s, const char *folder)
{
    GError *error = NULL;
    GDir *dir = g_dir_open(folder, 0, &error);
    if (!dir) {
        if (strcmp(folder, s->top) == 0)
            seam_log_fail(s->log, SEAM_ERROR_IO, "%s cannot be read: %s", folder, error->message);
        else
            seam_warning(s->log, "%s cannot be read and is passed over: %s", folder,
                         error->message);
        g_error_free(error);
        return NULL;
    }
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    for (const char *name; !walk_cancelled(s) && (name = g_dir_read_name(dir)) != NULL;)
        if (name[0] != '.')
            g_ptr_array_add(names, g_strdup(name));
    g_dir_close(dir);
    g_ptr_array_sort(names, by_name);
    return names;
}

/* Whether the folder is the one that results go to. */
static bool is_output(const struct state *s, const char *folder)
{
    struct stat a, b;
    const char *output = s->walk->params->output;
    return output && stat(output, &a) == 0 && stat(folder, &b) == 0 && a.st_dev == b.st_dev &&
           a.st_ino == b.st_ino;
}

static void walk_file(struct state *s, const char *path, const char *below, const char *name)
{
    if (!is_wanted(s, below, name)) {
        seam_debug(s->log, "%s is passed over: --include or --exclude says so", path);
        s->excluded++;
    } else if (seam_file_is_picture(path)) {
        s->walk->found(s->walk->opaque, path, below);
        s->found++;
    } else {
        seam_debug(s->log, "%s is passed over: no picture", path);
        if (is_called_picture(path)) {
            s->walk->passed(s->walk->opaque, path);
            s->unread++;
        }
    }
}

static void walk_folder(struct state *s, const char *folder, const char *below, int depth);

static void walk_below(struct state *s, const char *path, const char *below, const char *name,
                       int depth)
{
    const struct seam_batch_params *p = s->walk->params;
    const bool linked = g_file_test(path, G_FILE_TEST_IS_SYMLINK);
    const bool wanted =
        !is_output(s, path) && !(p->exclude && matches(p->exclude, below, name));
    if (!p->recursive) {
        s->folders++;
    } else if (wanted && !linked && depth < MOST_DEPTH) {
        char *deeper = below[0] ? g_build_filename(below, name, NULL) : g_strdup(name);
        walk_folder(s, path, deeper, depth + 1);
        g_free(deeper);
    } else {
        seam_debug(s->log, "%s is not gone into", path);
        s->links += wanted && linked;
    }
}

static void walk_folder(struct state *s, const char *folder, const char *below, int depth)
{
    GPtrArray *names = names_in(s, folder);
    if (!names) {
        s->broken = s->broken || depth == 0;
        return;
    }
    /* Pictures before folders, so that those of one folder are done together. */
    GPtrArray *folders = g_ptr_array_new();
    for (guint i = 0; i < names->len && !walk_cancelled(s); i++) {
        char *name = g_ptr_array_index(names, i), *path = g_build_filename(folder, name, NULL);
        if (g_file_test(path, G_FILE_TEST_IS_DIR))
            g_ptr_array_add(folders, name);
        else
            walk_file(s, path, below, name);
        g_free(path);
    }
    for (guint i = 0; i < folders->len && !walk_cancelled(s); i++) {
        const char *name = g_ptr_array_index(folders, i);
        char *path = g_build_filename(folder, name, NULL);
        walk_below(s, path, below, name, depth);
        g_free(path);
    }
    g_ptr_array_free(folders, TRUE);
    g_ptr_array_free(names, TRUE);
}

enum seam_result seam_walk(const struct seam_walk *walk, const char *folder, struct seam_log *log)
{
    struct state s = { .walk = walk, .log = log, .top = folder };
    walk_folder(&s, folder, "", 0);
    if (s.broken)
        return SEAM_ERROR_IO;
    if (walk_cancelled(&s))
        return seam_log_fail(log, SEAM_CANCELLED, "cancelled");
    say_passed_over(&s);
    if (s.found > 0)
        return SEAM_OK;
    return seam_log_fail(log, SEAM_ERROR_IO,
                         s.excluded > 0
                             ? "%s holds no picture that --include and --exclude leave over"
                             : "%s holds no picture that libvips can read", folder);
}
