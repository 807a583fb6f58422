#include <glib.h>
#include <string.h>

#include "files/companion.h"

/* Analyze and NIfTI: a head, and the samples in another file. */
static const char *const pairs[][2] = {
    { ".hdr", ".img" }, { ".img", ".hdr" }, { ".HDR", ".IMG" }, { ".IMG", ".HDR" },
};

char *seam_companion(const char *path)
{
    for (size_t i = 0; i < G_N_ELEMENTS(pairs); i++) {
        if (!g_str_has_suffix(path, pairs[i][0]))
            continue;
        char *other = g_strdup_printf("%.*s%s", (int)(strlen(path) - strlen(pairs[i][0])), path,
                                      pairs[i][1]);
        if (g_file_test(other, G_FILE_TEST_IS_REGULAR))
            return other;
        g_free(other);
    }
    return NULL;
}

bool seam_companion_many(const char *path)
{
    static const char *const suffixes[] = { ".mrxs", ".vms", ".vmu" };
    const char *dot = strrchr(path, '.');
    for (size_t i = 0; dot && i < G_N_ELEMENTS(suffixes); i++)
        if (g_ascii_strcasecmp(dot, suffixes[i]) == 0)
            return true;
    return false;
}
