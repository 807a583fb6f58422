/* What the two containers of PyTorch have in common; torch.c reads them, torch_state.c what they
 * hold. */
#ifndef SEAM_GRAPH_TORCH_H
#define SEAM_GRAPH_TORCH_H

#include <stdarg.h>

#include "graph/parts.h"
#include "graph/pickle.h"
#include "graph/zip.h"

struct seam_torch_block {
    const char *key;
    const uint8_t *data;
    uint64_t size;
};

struct seam_torch {
    struct seam_graph *graph;
    struct seam_log *log;
    struct seam_arena arena; /* of the pickles' values; gone when the file is read */
    uint64_t size;           /* of the file */
    uint64_t copies;         /* bytes that may still be copied of tensors with other strides */
    /* The bytes of the storage `key`; NULL, and why, where they are not there. */
    const uint8_t *(*storage)(struct seam_torch *t, const char *key, uint64_t *size,
                              const char **why);
    struct seam_zip *zip;
    const char *folder; /* of its members, not ended by a zero byte */
    size_t folder_length;
    struct seam_torch_block *blocks; /* sorted by key */
    size_t n_blocks;
};

/* The checkpoint whose data.pkl lies in a folder of `folder` letters. */
enum seam_result seam_torch_zip(struct seam_graph *graph, const struct seam_network_file *file,
                                struct seam_zip *zip, struct seam_zip_member *pickle, size_t folder,
                                struct seam_log *log);

/* From the object of a checkpoint to a graph. */
enum seam_result seam_torch_build(struct seam_torch *t, const struct seam_pickle *root);

/* Bytes of an element of a storage's or a tensor's type, and enum seam_onnx_type of it; 0 where it
 * is none that networks compute with. `type` may be NULL. */
size_t seam_torch_element(const char *name, int32_t *type);

enum seam_result seam_torch_refuse(const struct seam_torch *t, const char *format, ...)
    SEAM_PRINTF(2, 3);

#endif /* SEAM_GRAPH_TORCH_H */
