/* Fuzz target: a network of ncnn in memory: its text, a zero byte, its weights; then its analysis.
 * See standalone.h. */
#include <string.h>

#include "../tests/unit/weight_files.h"
#include "graph.h"
#include "standalone.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct seam_log log = { 0 };
    struct seam_graph *graph = NULL;
    const uint8_t *const zero = size ? memchr(data, 0, size) : NULL;
    if (!zero)
        return 0;
    const size_t text = (size_t)(zero - data);
    const enum seam_result result =
        seam_ncnn_open_memory(&graph, data, text, zero + 1, size - text - 1, &log);
    seam_fuzz_graph(&graph, result, &log);
    return 0;
}

#ifdef SEAM_FUZZ_STANDALONE

static void *seed(size_t number, size_t *size)
{
    if (number >= 4)
        return NULL;
    struct bytes b = number == NCNN_INT8 ? ncnn_param_int8() : ncnn_param();
    struct bytes bin = ncnn_bin((enum ncnn_kind)number);
    bytes_number(&b, 0, 1);
    bytes_put(&b, bin.data, bin.size);
    bytes_free(&bin);
    *size = b.size;
    return b.data;
}

int main(int argc, char **argv)
{
    return seam_fuzz_main(argc, argv, seed);
}

#endif /* SEAM_FUZZ_STANDALONE */
