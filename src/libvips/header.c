#include "base/log.h"
#include "files/metadata.h"
#include "files/profile.h"
#include "libvips/header.h"

VipsBandFormat seam_result_format(enum seam_sample sample)
{
    static const VipsBandFormat formats[] = { VIPS_FORMAT_UCHAR, VIPS_FORMAT_USHORT,
                                              VIPS_FORMAT_FLOAT };
    return formats[sample];
}

VipsInterpretation seam_result_type(int colours, enum seam_sample sample)
{
    const bool deep = sample == SEAM_SAMPLE_U16;
    if (colours == 1)
        return deep ? VIPS_INTERPRETATION_GREY16 : VIPS_INTERPRETATION_B_W;
    return deep ? VIPS_INTERPRETATION_RGB16 : VIPS_INTERPRETATION_sRGB;
}

bool seam_result_to_integers(VipsImage **image, enum seam_sample sample)
{
    const bool deep = sample == SEAM_SAMPLE_U16;
    VipsImage *scaled = NULL, *whole = NULL, *named = NULL;
    const bool ok =
        vips_linear1(*image, &scaled, deep ? 65535 : 255, 0.5, NULL) == 0 &&
        vips_cast(scaled, &whole, seam_result_format(sample), NULL) == 0 &&
        vips_copy(whole, &named, "interpretation",
                  seam_result_type((*image)->Bands < 3 ? 1 : 3, sample), NULL) == 0;
    if (scaled)
        g_object_unref(scaled);
    if (whole)
        g_object_unref(whole);
    if (ok) {
        g_object_unref(*image);
        *image = named;
    }
    return ok;
}

static VipsInterpretation interpretation(VipsImage *in, const struct seam_plan *plan)
{
    const int colours = plan->out_bands - (plan->picture.alpha ? 1 : 0);
    /* Four channels through a network of four: what they were they still are. */
    if (colours == plan->picture.bands && colours != 1 && colours != 3)
        return in->Type;
    if (colours != 1 && colours != 3)
        return VIPS_INTERPRETATION_MULTIBAND;
    if (colours == 3 && plan->out_sample == SEAM_SAMPLE_F32 &&
        plan->picture.transfer == SEAM_TRANSFER_SRGB)
        return VIPS_INTERPRETATION_scRGB;
    return seam_result_type(colours, plan->out_sample);
}

/* A profile of other colours than the result has would have them read wrongly. */
static void drop_profile(VipsImage *out, VipsImage *in, const struct seam_plan *plan,
                         struct seam_log *log)
{
    const void *data;
    size_t size;
    if (!vips_image_get_typeof(out, VIPS_META_ICC_NAME) ||
        vips_image_get_blob(out, VIPS_META_ICC_NAME, &data, &size))
        return;
    const int of_profile = seam_profile_colours(data, size);
    const int colours = out->Bands - (plan->picture.alpha ? 1 : 0);
    if (of_profile == colours || out->Bands == in->Bands)
        return;
    seam_notice(log,
                "the picture's colour profile is of %d colours and the result has %d: left out",
                of_profile, colours);
    vips_image_remove(out, VIPS_META_ICC_NAME);
}

/* libvips reads a bare float RGB file back as linear light: say what encoded values are. */
static int add_profile(VipsImage *out, const struct seam_plan *plan)
{
    VipsBlob *blob = NULL;
    if (plan->out_sample != SEAM_SAMPLE_F32 || out->Type != VIPS_INTERPRETATION_sRGB ||
        vips_image_get_typeof(out, VIPS_META_ICC_NAME))
        return 0;
    if (vips_profile_load("srgb", &blob, NULL))
        return -1;
    size_t length;
    const void *data = vips_blob_get(blob, &length);
    vips_image_set_blob_copy(out, VIPS_META_ICC_NAME, data, length);
    vips_area_unref(VIPS_AREA(blob));
    return 0;
}

int seam_result_header(VipsImage *out, VipsImage *in, const struct seam_plan *plan, int64_t pages,
                       struct seam_log *log)
{
    /* Not one row at a time: each request takes the lock and wakes a thread. */
    if (vips_image_pipelinev(out, VIPS_DEMAND_STYLE_FATSTRIP, in, NULL))
        return -1;
    const double scale = (double)plan->scale_num / (double)plan->scale_den;
    out->Xsize = (int)plan->x.out_size;
    out->Ysize = (int)(plan->y.out_size * pages);
    out->Bands = plan->out_bands;
    out->BandFmt = seam_result_format(plan->out_sample);
    out->Coding = VIPS_CODING_NONE;
    out->Type = interpretation(in, plan);
    out->Xres *= scale;
    out->Yres *= scale;
    if (vips_image_get_typeof(out, VIPS_META_PAGE_HEIGHT))
        vips_image_set_int(out, VIPS_META_PAGE_HEIGHT, (int)plan->y.out_size);
    drop_profile(out, in, plan, log);
    seam_metadata_correct(out, scale, log);
    return add_profile(out, plan);
}
