/* Fuzz target: a safetensors file in memory, then the architecture and its analysis. See
 * standalone.h. */
#include <stdlib.h>
#include <string.h>

#include "../tests/unit/weight_files.h"
#include "field/analysis.h"
#include "graph/read.h"
#include "standalone.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct seam_log log = { 0 };
    struct seam_graph *graph = NULL;
    struct seam_analysis a;
    const enum seam_result result = seam_graph_open_memory(&graph, data, size, "fuzz", &log);
    /* What fails is said, and only that. */
    if ((result == SEAM_OK) != (log.error[0] == '\0') || (result == SEAM_OK) != (graph != NULL))
        abort();
    if (result == SEAM_OK && seam_analysis_make(&a, graph, NULL, NULL, &log) == SEAM_OK &&
        a.alignment < 1)
        abort();
    seam_graph_close(&graph);
    return 0;
}

#ifdef SEAM_FUZZ_STANDALONE

static void *seed(size_t number, size_t *size)
{
    if (number >= 2)
        return NULL;
    const struct bytes b = safetensors_file(number == 1);
    *size = b.size;
    return b.data;
}

int main(int argc, char **argv)
{
    return seam_fuzz_main(argc, argv, seed);
}

#endif /* SEAM_FUZZ_STANDALONE */
