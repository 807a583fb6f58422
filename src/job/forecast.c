#include "files/formats.h"
#include "job/forecast.h"
#include "libvips/resize.h"

double seam_forecast_beside(const struct seam_load *load, const struct seam_save *save,
                            const struct seam_shape *shape, const struct seam_plan *plan,
                            int64_t pages)
{
    const double bands = (double)plan->out_bands * (double)pages;
    const double in = (double)plan->picture.width * (double)plan->picture.height;
    const double made = (double)plan->x.out_size * (double)plan->y.out_size;
    const double out = (double)shape->width * (double)shape->height;
    double seconds = seam_format_load_seconds(load->image, in * (double)pages);
    if (shape->resized)
        seconds += seam_resize_seconds(made * bands, out * bands);
    if (save)
        seconds += seam_format_save_seconds(save->suffix, save->options, out * bands);
    return seconds;
}
