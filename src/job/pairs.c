#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vips/vips.h>

#include "base/cancel.h"
#include "base/log.h"
#include "job/naming.h"
#include "job/pairs.h"
#include "job/walk.h"

/* More bytes than any system's names have. */
#define MOST_NAME 65536
/* More than a list has: what never ends would be read until no memory is left. */
#define MOST_NAMES 1000000
#define MOST_BYTES ((gsize)256 << 20)

/* The name a picture gets in the output folder: its own, in a format that can be written. */
static char *name_in_folder(const char *folder, const char *input)
{
    char *base = seam_naming_base(input);
    const bool writable = strchr(base, '.') && vips_foreign_find_save(base);
    vips_error_clear();
    char *name = writable ? g_strdup(base) : g_strconcat(base, ".png", NULL);
    char *path = g_build_filename(folder, name, NULL);
    g_free(base);
    g_free(name);
    return path;
}

static void add(struct seam_pairs *pairs, const char *input, const char *below)
{
    const struct seam_pair pair = { .input = g_strdup(input), .below = g_strdup(below) };
    g_array_append_val(pairs->list, pair);
}

static void add_found(void *opaque, const char *path, const char *below)
{
    add(opaque, path, below);
}

static void add_passed(void *opaque, const char *path)
{
    const struct seam_pairs *pairs = opaque;
    g_ptr_array_add(pairs->passed, g_strdup(path));
}

static bool cancelled(const struct seam_batch_params *params)
{
    return params->cancelled && params->cancelled(params->opaque);
}

static bool ends_name(char c)
{
    return c == '\0' || c == '\n';
}

/* Whether no name ends in more bytes than one can have, as in those of /dev/zero. *since: how many
 * did not before `from`. */
static bool is_endless(const GString *text, gsize from, gsize *since)
{
    for (gsize i = from; i < text->len && *since <= MOST_NAME; i++)
        *since = ends_name(text->str[i]) && i > 0 && !ends_name(text->str[i - 1]) ? 0 : *since + 1;
    return *since > MOST_NAME;
}

/* The same of a list whose names are names. *names: how many ended before `from`. */
static bool is_too_long(const GString *text, gsize from, gsize *names)
{
    for (gsize i = from; i < text->len; i++)
        *names += ends_name(text->str[i]);
    return *names > MOST_NAMES || text->len > MOST_BYTES;
}

static bool read_all(int fd, const struct seam_batch_params *params, GString *text)
{
    const struct seam_cancel cancel = { params->cancelled, params->opaque };
    char buffer[65536];
    gsize since = 0, names = 0;
    while (seam_cancel_wait(fd, &cancel)) {
        const ssize_t n = read(fd, buffer, sizeof(buffer));
        if (n == 0)
            return true;
        if (n < 0 && errno != EINTR && errno != EAGAIN)
            return false;
        const gsize before = text->len;
        g_string_append_len(text, buffer, n > 0 ? n : 0);
        if (is_endless(text, before, &since)) {
            errno = ENAMETOOLONG;
            return false;
        }
        if (is_too_long(text, before, &names)) {
            errno = E2BIG;
            return false;
        }
    }
    return false;
}

/* Names, one a line; where the list has NULs, as `find -print0` writes it, those end the names. */
static void add_names(struct seam_pairs *pairs, const GString *text)
{
    const char end = memchr(text->str, '\0', text->len) ? '\0' : '\n';
    for (gsize at = 0; at < text->len;) {
        const char *name = text->str + at, *stop = memchr(name, end, text->len - at);
        gsize length = stop ? (gsize)(stop - name) : text->len - at;
        at += length + 1;
        if (end == '\n' && length > 0 && name[length - 1] == '\r')
            length--;
        char *copy = g_strndup(name, length);
        if (length > 0)
            add(pairs, copy, "");
        g_free(copy);
    }
}

static enum seam_result list_unread(const struct seam_batch_params *params, const char *name,
                                    int error, struct seam_log *log)
{
    if (cancelled(params))
        return seam_log_fail(log, SEAM_CANCELLED, "cancelled");
    if (error == E2BIG)
        return seam_log_fail(log, SEAM_ERROR_IO,
                             "the list %s names more than a million files, or has no end: give "
                             "it in parts, as 'split -l 100000' makes them", name);
    return seam_log_fail(log, SEAM_ERROR_IO, "the list %s cannot be read: %s", name,
                         strerror(error));
}

static enum seam_result add_list(struct seam_pairs *pairs, const struct seam_batch_params *params,
                                 struct seam_log *log)
{
    const char *list = params->list;
    const bool standard_input = strcmp(list, "-") == 0;
    const char *name = standard_input ? "standard input" : list;
    /* A pipe that nobody writes to yet is waited for, and not by open(). */
    const int fd = standard_input ? STDIN_FILENO : open(list, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    GString *text = g_string_new(NULL);
    enum seam_result r = SEAM_OK;
    if (fd < 0 || !read_all(fd, params, text))
        r = list_unread(params, name, errno, log);
    if (fd >= 0 && !standard_input)
        close(fd);
    const guint before = pairs->list->len;
    if (r == SEAM_OK)
        add_names(pairs, text);
    if (r == SEAM_OK && pairs->list->len == before)
        r = seam_log_fail(log, SEAM_ERROR_IO, "the list %s names no file", name);
    g_string_free(text, TRUE);
    return r;
}

static enum seam_result pairs_inputs(struct seam_pairs *pairs,
                                     const struct seam_batch_params *params, struct seam_log *log)
{
    enum seam_result r = SEAM_OK;
    for (int i = 0; params->inputs && params->inputs[i] && r == SEAM_OK; i++) {
        pairs->several = pairs->several || i > 0;
        if (!g_file_test(params->inputs[i], G_FILE_TEST_IS_DIR)) {
            add(pairs, params->inputs[i], "");
            continue;
        }
        pairs->several = true;
        const struct seam_walk walk = { params, add_found, add_passed, pairs };
        r = seam_walk(&walk, params->inputs[i], log);
    }
    if (r == SEAM_OK && params->list) {
        pairs->several = true;
        r = add_list(pairs, params, log);
    }
    return r;
}

/* The output of a picture that lies in a folder below the one that was named. */
static char *with_below(const char *output, const char *below)
{
    char *folder = g_path_get_dirname(output), *base = g_path_get_basename(output);
    char *path = below[0] ? g_build_filename(folder, below, base, NULL) : g_strdup(output);
    g_free(folder);
    g_free(base);
    return path;
}

static char *output_of(const struct seam_pair *pair, const char *output, bool pattern, bool folder)
{
    char *path = folder    ? name_in_folder(output, pair->input)
                 : pattern ? seam_naming_of_input(output, pair->input)
                           : g_strdup(output);
    char *full = with_below(path, pair->below);
    g_free(path);
    return full;
}

static enum seam_result pairs_outputs(struct seam_pairs *pairs, const char *output,
                                      struct seam_log *log)
{
    char *unknown;
    const bool pattern = seam_naming_is_pattern(output, &unknown);
    if (unknown) {
        const enum seam_result r = seam_log_fail(
            log, SEAM_ERROR_ARGUMENT,
            "%s: %s is none of the words that are replaced in an output: {name} and {ext} of the "
            "input, {model}, and {scale}, {width}, {height} of the result", output, unknown);
        g_free(unknown);
        return r;
    }
    /* A name that ends in a slash is that of a folder, whether it is there yet or not. */
    if (g_str_has_suffix(output, "/") && !pattern && g_mkdir_with_parents(output, 0777) != 0)
        return seam_log_fail(log, SEAM_ERROR_IO, "the folder %s cannot be made: %s", output,
                             g_strerror(errno));
    const bool folder = !pattern && g_file_test(output, G_FILE_TEST_IS_DIR);
    if (pairs->several && !pattern && !folder)
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT,
                             "with several inputs the output %s must be a folder that exists, a "
                             "name that ends in / for one to be made, or one with {name} in it",
                             output);
    pairs->pattern = pattern;
    for (guint i = 0; i < pairs->list->len; i++) {
        struct seam_pair *pair = &g_array_index(pairs->list, struct seam_pair, i);
        pair->output = output_of(pair, output, pattern, folder);
    }
    char *plain = vips_filename_get_filename(output);
    if (strcmp(output, "-") != 0)
        pairs->folder = folder ? g_strdup(output) : g_path_get_dirname(plain);
    g_free(plain);
    return SEAM_OK;
}

/* What is one file whatever it is called, or NULL where there is none. */
static char *file_id(const char *name)
{
    struct stat st;
    char *plain = vips_filename_get_filename(name);
    char *id = stat(plain, &st) == 0
                   ? g_strdup_printf("%lld:%lld", (long long)st.st_dev, (long long)st.st_ino)
                   : NULL;
    g_free(plain);
    return id;
}

/* Two of one name would overwrite each other, and one that goes over an input would be read in its
 * place. A single picture is checked where its file is opened. */
static enum seam_result pairs_check(const struct seam_pairs *pairs, struct seam_log *log)
{
    enum seam_result r = SEAM_OK;
    GHashTable *outputs = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    GHashTable *inputs = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 0; i < pairs->list->len; i++) {
        char *id = file_id(g_array_index(pairs->list, struct seam_pair, i).input);
        if (id)
            g_hash_table_add(inputs, id);
    }
    for (guint i = 0; i < pairs->list->len && r == SEAM_OK; i++) {
        const struct seam_pair *pair = &g_array_index(pairs->list, struct seam_pair, i);
        char *id = file_id(pair->output);
        if (id && g_hash_table_contains(inputs, id))
            r = seam_log_fail(log, SEAM_ERROR_ARGUMENT,
                              "%s would be written over one of the inputs: name another folder, or "
                              "add to the name (where it is a result of an earlier run, leave "
                              "those out by --exclude)", pair->output);
        else if (!g_hash_table_add(outputs, vips_filename_get_filename(pair->output)))
            r = seam_log_fail(log, SEAM_ERROR_ARGUMENT,
                              "two inputs would both be written to %s: restore them into different "
                              "folders", pair->output);
        g_free(id);
    }
    g_hash_table_destroy(outputs);
    g_hash_table_destroy(inputs);
    return r;
}

enum seam_result seam_pairs_open(struct seam_pairs *pairs, const struct seam_batch_params *params,
                                struct seam_log *log)
{
    *pairs = (struct seam_pairs){ .list = g_array_new(FALSE, TRUE, sizeof(struct seam_pair)),
                                  .passed = g_ptr_array_new_with_free_func(g_free) };
    enum seam_result r = pairs_inputs(pairs, params, log);
    g_ptr_array_add(pairs->passed, NULL);
    if (r == SEAM_OK)
        r = pairs_outputs(pairs, params->output, log);
    if (r == SEAM_OK && pairs->several)
        r = pairs_check(pairs, log);
    if (r != SEAM_OK)
        seam_pairs_close(pairs);
    return r;
}

void seam_pairs_close(struct seam_pairs *pairs)
{
    for (guint i = 0; pairs->list && i < pairs->list->len; i++) {
        g_free(g_array_index(pairs->list, struct seam_pair, i).input);
        g_free(g_array_index(pairs->list, struct seam_pair, i).output);
        g_free(g_array_index(pairs->list, struct seam_pair, i).below);
    }
    if (pairs->list)
        g_array_free(pairs->list, TRUE);
    if (pairs->passed)
        g_ptr_array_unref(pairs->passed);
    g_free(pairs->folder);
    *pairs = (struct seam_pairs){ 0 };
}
