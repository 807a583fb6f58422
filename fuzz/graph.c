#include <stdlib.h>

#include "field/analysis.h"
#include "graph.h"

void seam_fuzz_graph(struct seam_graph **graph, enum seam_result result,
                     const struct seam_log *said)
{
    const bool ok = result == SEAM_OK;
    struct seam_log log = { 0 };
    struct seam_analysis a;
    if (ok != (said->error[0] == '\0') || ok != (*graph != NULL))
        abort();
    if (ok && seam_analysis_make(&a, *graph, NULL, NULL, &log) == SEAM_OK && a.alignment < 1)
        abort();
    seam_graph_close(graph);
}
