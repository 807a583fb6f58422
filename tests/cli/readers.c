/*
 * What the readers of model files say of each:
 *
 *     readers FILE...
 *
 * A line for a file, as the command shows it behind "error:"; "read" where nothing is amiss.
 */
#include <stdio.h>

#include "base/log.h"
#include "graph/finite.h"
#include "graph/read.h"

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        struct seam_graph *graph;
        struct seam_log log;
        seam_log_init(&log);
        enum seam_result result = seam_graph_open(&graph, argv[i], &log);
        if (result == SEAM_OK)
            result = seam_graph_check_finite(graph, &log);
        seam_graph_close(&graph);
        puts(result == SEAM_OK ? "read" : log.error);
    }
    return 0;
}
