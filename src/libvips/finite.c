#include <math.h>

#include "base/log.h"
#include "libvips/finite.h"
#include "tile/samples.h"

bool seam_vips_finite(const float *row, int64_t width, int bands, int left, int y,
                      const char *what, struct seam_log *log)
{
    const int64_t bad = seam_samples_not_finite(row, width * bands);
    if (bad < 0)
        return true;
    seam_log_fail(log, SEAM_ERROR_NOT_FINITE,
                  "%s gives NaN or infinity at %d,%d: samples there are too far from 0..1 for it; "
                  "if they stand for pixels without data, --nodata passes over them", what,
                  left + (int)(bad / bands), y);
    return false;
}

bool seam_vips_held(const float *row, int64_t width, int bands, int left, int y,
                    struct seam_log *log)
{
    const int64_t bad = seam_samples_not_finite(row, width * bands);
    if (bad < 0)
        return true;
    seam_log_fail(log, SEAM_ERROR_NOT_FINITE,
                  "the picture holds %s at %d,%d (band %d): put a number there first, or see "
                  "--nodata", isnan(row[bad]) ? "NaN" : "infinity", left + (int)(bad / bands), y,
                  (int)(bad % bands));
    return false;
}
