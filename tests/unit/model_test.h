/* What the tests of the graph analysis share. */
#ifndef SEAM_TESTS_MODEL_TEST_H
#define SEAM_TESTS_MODEL_TEST_H

#include <glib.h>

#include "field/analysis.h"
#include "onnx_builder.h"

/* A network under test and what was found about it. */
struct model_test {
    void *file;
    size_t size;
    struct seam_graph *graph;
    struct seam_analysis found;
};

/* Finish the file and analyse it; any error fails the test. */
void model_test_run(struct model_test *t, struct onnx_builder *b);
void model_test_end(struct model_test *t);

/* Bounded, with this scale, alignment and field on all four sides. */
void model_test_expect(struct onnx_builder *b, int64_t scale, int64_t alignment, int64_t field,
                       enum seam_level level);
/* Unbounded, and the first node that is to blame has this operator. */
void model_test_unbounded(struct onnx_builder *b, const char *op);

#endif /* SEAM_TESTS_MODEL_TEST_H */
