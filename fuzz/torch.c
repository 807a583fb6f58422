/* Fuzz target: a checkpoint of PyTorch in memory: archive or pickles in a row, then the
 * architecture and its analysis. See standalone.h. */

#include "../tests/unit/weight_files.h"
#include "graph.h"
#include "standalone.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct seam_log log = { 0 };
    struct seam_graph *graph = NULL;
    const enum seam_result result = seam_graph_open_memory(&graph, data, size, "fuzz", &log);
    seam_fuzz_graph(&graph, result, &log);
    return 0;
}

#ifdef SEAM_FUZZ_STANDALONE

static void *seed(size_t number, size_t *size)
{
    static const struct torch_style styles[] = {
        { 0 },
        { .half = true, .deflated = true, .crc = true },
        { .half = true, .zip64 = true, .wrapper = "params_ema" },
        { .protocol4 = true, .prefix = "module." },
        { .strided = true, .byteorder = "little" },
    };
    const size_t n = sizeof(styles) / sizeof(styles[0]);
    if (number >= 2 * n)
        return NULL;
    const struct bytes b =
        number < n ? torch_zip(&styles[number]) : torch_rows(&styles[number - n]);
    *size = b.size;
    return b.data;
}

int main(int argc, char **argv)
{
    return seam_fuzz_main(argc, argv, seed);
}

#endif /* SEAM_FUZZ_STANDALONE */
