/*
 * Writes small files of weights in memory: PyTorch's containers, safetensors, ncnn's pair. For
 * tests and as seeds of the fuzz targets. They hold a network of three layers that doubles a
 * picture (the names of Compact), with weights that follow from their place.
 *
 * Running out of memory aborts: it is a test.
 */
#ifndef SEAM_TESTS_WEIGHT_FILES_H
#define SEAM_TESTS_WEIGHT_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bytes {
    uint8_t *data;
    size_t size, room;
};

void bytes_put(struct bytes *b, const void *data, size_t size);
void bytes_text(struct bytes *b, const char *text); /* without its zero */
void bytes_number(struct bytes *b, uint64_t value, int n); /* little-endian */
void bytes_free(struct bytes *b);

/* How a checkpoint is written. All zero: plain float32 in stored members. */
struct torch_style {
    const char *wrapper; /* a dictionary around it, or NULL */
    const char *prefix;  /* of each name, or NULL */
    bool half, deflated, zip64, protocol4, strided, crc;
    const char *byteorder; /* a member of that name, or NULL */
    bool script;           /* with what makes it TorchScript */
};

/* The pickle alone: a dictionary of tensors. */
struct bytes torch_pickle(const struct torch_style *style);
struct bytes torch_zip(const struct torch_style *style);
/* The same around any pickle. */
struct bytes torch_zip_of(const struct bytes *pickle, const struct torch_style *style);
struct bytes torch_rows(const struct torch_style *style);
struct bytes safetensors_file(bool half);

/* One member of an archive. */
struct zip_entry {
    const char *name;
    const void *data;
    size_t size;
};
struct bytes zip_file(const struct zip_entry *entries, size_t n, const struct torch_style *style);

struct bytes ncnn_param(void);
enum ncnn_kind { NCNN_FLOAT, NCNN_HALF, NCNN_LEVELS, NCNN_INT8 };
struct bytes ncnn_bin(enum ncnn_kind kind);
struct bytes ncnn_param_int8(void);

/* The tensors that the files hold. */
#define WEIGHT_TENSORS 5
struct weight_tensor {
    const char *name;
    int rank, dims[4];
};
extern const struct weight_tensor weight_tensors[WEIGHT_TENSORS];
int weight_count(const struct weight_tensor *t);
float weight_value(int tensor, int at); /* a half float holds it */

#endif /* SEAM_TESTS_WEIGHT_FILES_H */
