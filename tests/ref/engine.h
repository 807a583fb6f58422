/* ONNX Runtime by itself, without the library under test: what a tiled run is compared with. */
#ifndef SEAM_REF_ENGINE_H
#define SEAM_REF_ENGINE_H

#include "ref.h"

struct ref_engine;

/* Planar float32 networks of one image input and output, with the settings that the library
 * uses. */
struct ref_engine *ref_engine_open(const char *path, int threads);
void ref_engine_close(struct ref_engine *engine);

/* Run on planes; the result's planes are the caller's to free. */
float *ref_engine_run(struct ref_engine *engine, const float *input, int64_t channels,
                      int64_t height, int64_t width, int64_t *out_channels, int64_t *out_height,
                      int64_t *out_width);

#endif /* SEAM_REF_ENGINE_H */
