#include <glib.h>
#include <string.h>
#include <vips/vips.h>

#include "job/look.h"
#include "job/naming.h"
#include "job/shape.h"

static const char *const words[] = { "{name}", "{ext}", "{model}", "{scale}", "{width}",
                                     "{height}", NULL };

bool seam_naming_is_pattern(const char *output, char **unknown)
{
    bool any = false;
    *unknown = NULL;
    for (const char *at = strchr(output, '{'); at && !*unknown; at = strchr(at + 1, '{')) {
        const size_t letters = strspn(at + 1, "abcdefghijklmnopqrstuvwxyz_");
        bool known = false;
        if (letters == 0 || at[1 + letters] != '}')
            continue;
        for (int i = 0; words[i]; i++)
            known = known || strncmp(at, words[i], strlen(words[i])) == 0;
        any = any || known;
        if (!known)
            *unknown = g_strndup(at, letters + 2);
    }
    return any;
}

static char *replace(char *text, const char *word, const char *value)
{
    char **parts = g_strsplit(text, word, -1);
    char *result = g_strjoinv(value, parts);
    g_strfreev(parts);
    g_free(text);
    return result;
}

char *seam_naming_base(const char *input)
{
    char *plain = vips_filename_get_filename(input);
    char *base = g_path_get_basename(strcmp(plain, "-") == 0 ? "stdin.png" : plain);
    g_free(plain);
    return base;
}

char *seam_naming_of_input(const char *pattern, const char *input)
{
    char *base = seam_naming_base(input);
    char *dot = strrchr(base, '.');
    const bool suffix = dot && dot != base;
    if (suffix)
        *dot = '\0';
    char *path = replace(g_strdup(pattern), "{ext}", suffix ? dot + 1 : "png");
    path = replace(path, "{name}", base);
    g_free(base);
    return path;
}

/* The network's name without folder and suffix. */
static char *model_word(const struct seam_session *session)
{
    char *base = g_path_get_basename(session->facts.name), *dot = strrchr(base, '.');
    if (dot && dot != base)
        *dot = '\0';
    return base;
}

enum seam_result seam_naming_of_result(char **output, const char *input,
                                       const struct seam_session *session,
                                       const struct seam_job_params *params, struct seam_log *log)
{
    struct seam_shape shape;
    int64_t width = 0, height = 0;
    char text[64];
    if (strstr(*output, "{model}")) {
        char *model = model_word(session);
        *output = replace(*output, "{model}", model);
        g_free(model);
    }
    if (!strstr(*output, "{scale}") && !strstr(*output, "{width}") && !strstr(*output, "{height}"))
        return SEAM_OK;
    enum seam_result r = seam_look_at_size(input, params, &width, &height, log);
    if (r == SEAM_OK && params->region) {
        width = params->region->width;
        height = params->region->height;
    }
    if (r == SEAM_OK)
        r = seam_shape_make(&shape, params, &session->facts, width, height, log);
    if (r != SEAM_OK)
        return r;
    const double scale = (double)shape.width / (double)width;
    *output = replace(*output, "{scale}", g_ascii_formatd(text, sizeof(text), "%.3g", scale));
    g_snprintf(text, sizeof(text), "%lld", (long long)shape.width);
    *output = replace(*output, "{width}", text);
    g_snprintf(text, sizeof(text), "%lld", (long long)shape.height);
    *output = replace(*output, "{height}", text);
    return SEAM_OK;
}

char *seam_naming_place(const char *output, bool planned)
{
    if (!planned || strcmp(output, "-") == 0)
        return g_strdup(output);
    char *plain = vips_filename_get_filename(output);
    char *options = vips_filename_get_options(output);
    char *base = g_path_get_basename(plain), *folder = g_path_get_dirname(plain);
    while (!g_file_test(folder, G_FILE_TEST_EXISTS)) {
        char *above = g_path_get_dirname(folder);
        g_free(folder);
        folder = above;
    }
    char *name = g_strconcat(base, options, NULL);
    char *place = g_build_filename(folder, name, NULL);
    char *all[] = { plain, options, base, folder, name };
    for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
        g_free(all[i]);
    return place;
}
