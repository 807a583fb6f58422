/* The inputs and outputs of a network in ONNX Runtime: which is the picture, what feeds the
 * rest. */
#ifndef SEAM_ORT_IO_H
#define SEAM_ORT_IO_H

#include <onnxruntime_c_api.h>

#include "engine/engine.h"
#include "engine/tensor.h"

#define ORT_IO_MOST_INPUTS 16
#define ORT_IO_MOST_OUTPUTS 32
#define ORT_IO_MOST_DIMS 8

struct ort_input {
    char *name;
    ONNXTensorElementDataType type;
    size_t rank;
    int64_t dims[ORT_IO_MOST_DIMS];    /* -1: any */
    char symbols[ORT_IO_MOST_DIMS][32]; /* names of those that are any */
    double given;                      /* value of every element, where it is no picture */
};

/* The value of an input that is no picture, for one size of picture. */
struct ort_extra {
    OrtValue *value; /* NULL: not made yet */
    void *data;
    int64_t width, height;
};

struct ort_io {
    const OrtApi *api;
    const OrtMemoryInfo *memory;
    struct ort_input inputs[ORT_IO_MOST_INPUTS];
    size_t input_count;
    size_t image; /* which of the inputs is the picture */
    struct seam_tensor_form input_form, output_form;
    char *outputs[ORT_IO_MOST_OUTPUTS];
    size_t output_count;
    const char *output; /* the one to take; NULL until a trial tells */
    char model[256];    /* for messages */
};

/* Read what the session says, choose the picture, and fill facts->channels_in, batches, fixed_width
 * and fixed_height. Errors: SEAM_ERROR_MODEL, SEAM_ERROR_ARGUMENT with the remedy. */
enum seam_result seam_ort_io_open(struct ort_io *io, const OrtApi *api, OrtSession *session,
                             const OrtMemoryInfo *memory, const struct seam_model_params *params,
                             struct seam_facts *facts, struct seam_log *log) SEAM_NODISCARD;
void seam_ort_io_close(struct ort_io *io);

/* Make the values of all inputs but the picture, for a picture of this size, in `extras`, which has
 * ORT_IO_MOST_INPUTS and belongs to a session. */
enum seam_result seam_ort_io_extras(const struct ort_io *io, struct ort_extra *extras,
                                    int64_t width, int64_t height,
                                    struct seam_log *log) SEAM_NODISCARD;
void seam_ort_io_drop_extras(const struct ort_io *io, struct ort_extra *extras);

/* Read size, channels and form out of what came out of a trial. SEAM_ERROR_MODEL: no picture. */
enum seam_result seam_ort_io_result(struct ort_io *io, const char *name, const OrtValue *result,
                                    struct seam_engine_trial *trial,
                                    struct seam_log *log) SEAM_NODISCARD;

#endif /* SEAM_ORT_IO_H */
