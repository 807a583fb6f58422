#include <glib.h>

#include "base/common.h"
#include "job/history.h"
#include "model/model.h"

char *seam_history_make(const struct seam_session *session, const struct seam_job_params *params,
                        const struct seam_shape *shape)
{
    char identity[128];
    GString *text = g_string_new(NULL);
    char *name = g_utf8_make_valid(session->facts.name, -1);
    seam_model_identity(session->model, identity, sizeof(identity));
    g_string_append_printf(text, "model %s (%s)", name, identity[0] ? identity : "unknown");
    if (params->params->strength != 1 || session->facts.stronger > 0) {
        char number[G_ASCII_DTOSTR_BUF_SIZE];
        g_string_append_printf(text, ", strength %s",
                               g_ascii_dtostr(number, sizeof(number),
                                              params->params->strength + session->facts.stronger));
    }
    if (session->facts.ensemble > 1)
        g_string_append_printf(text, ", ensemble of %lld", (long long)session->facts.ensemble);
    if (shape->passes > 1)
        g_string_append_printf(text, ", %d passes", shape->passes);
    if (params->region)
        g_string_append_printf(text, ", region %lld,%lld,%lldx%lld",
                               (long long)params->region->left, (long long)params->region->top,
                               (long long)params->region->width,
                               (long long)params->region->height);
    if (params->mask)
        g_string_append(text, ", where a mask is white");
    if (shape->resized)
        g_string_append_printf(text, ", resized to %lldx%lld", (long long)shape->width,
                               (long long)shape->height);
    g_free(name);
    return g_string_free(text, FALSE);
}
