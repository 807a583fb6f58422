#include <stdio.h>
#include <string.h>

#include "base/names.h"

const char *const seam_sample_names[] = { "8", "16", "float", NULL };
const char *const seam_edge_names[] = { "reflect", "replicate", "zero", "model", NULL };
const char *const seam_blend_names[] = { "auto", "none", "linear", "gaussian", NULL };
const char *const seam_alpha_names[] = { "scale", "model", NULL };
const char *const seam_luma_names[] = { "full", "studio", "each", NULL };
const char *const seam_order_names[] = { "rgb", "bgr", NULL };
const char *const seam_transfer_names[] = { "none", "srgb", NULL };
const char *const seam_exact_names[] = { "no", "numeric", "bits", NULL };
const char *const seam_halo_reason_names[] = { "exact", "reach", "asked", "shape", "default",
                                               NULL };
const char *const seam_layout_names[] = { "auto", "nchw", "nhwc", NULL };
const char *const seam_engine_names[] = { "auto", "native", "ort", "gpu", NULL };
static const char *const precision_names[] = { "auto", "float", "half", "eight", NULL };
static const char *const device_kind_names[] = { "other", "discrete", "integrated", "virtual",
                                                 "cpu", NULL };

static const char *names_get(const char *const *names, int value)
{
    for (int i = 0; names[i]; i++)
        if (i == value)
            return names[i];
    return NULL;
}

int seam_names_find(const char *const *names, const char *name)
{
    for (int i = 0; names[i]; i++)
        if (strcmp(names[i], name) == 0)
            return i;
    return -1;
}

const char *seam_names_list(const char *const *names, char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    for (int i = 0; names[i] && used < size; i++) {
        const char *comma = i == 0 ? "" : names[i + 1] ? ", " : " or ";
        int n = snprintf(text + used, size - used, "%s%s", comma, names[i]);
        used += n > 0 ? (size_t)n : 0;
    }
    return text;
}

const char *seam_engine_name(enum seam_engine value)
{
    return names_get(seam_engine_names, (int)value);
}

const char *seam_device_kind_name(enum seam_device_kind value)
{
    return names_get(device_kind_names, (int)value);
}

const char *seam_precision_name(enum seam_precision value)
{
    return names_get(precision_names, (int)value);
}

const char *seam_sample_name(enum seam_sample value)
{
    return names_get(seam_sample_names, (int)value);
}

const char *seam_edge_name(enum seam_edge value)
{
    return names_get(seam_edge_names, (int)value);
}

const char *seam_blend_name(enum seam_blend value)
{
    return names_get(seam_blend_names, (int)value);
}

const char *seam_alpha_name(enum seam_alpha value)
{
    return names_get(seam_alpha_names, (int)value);
}

const char *seam_luma_name(enum seam_luma value)
{
    return names_get(seam_luma_names, (int)value);
}

const char *seam_order_name(enum seam_order value)
{
    return names_get(seam_order_names, (int)value);
}

const char *seam_transfer_name(enum seam_transfer value)
{
    return names_get(seam_transfer_names, (int)value);
}

const char *seam_exact_name(enum seam_exact value)
{
    return names_get(seam_exact_names, (int)value);
}

const char *seam_halo_reason_name(enum seam_halo_reason value)
{
    return names_get(seam_halo_reason_names, (int)value);
}
