#include <stddef.h>

#include "engine/engine.h"

const struct seam_engine_ops *const seam_engines[] = {
    &seam_engine_null,
#ifdef SEAM_HAVE_GPU
    &seam_engine_gpu,
#endif
    &seam_engine_native,
#ifdef SEAM_HAVE_ORT
    &seam_engine_ort,
#endif
    NULL,
};
