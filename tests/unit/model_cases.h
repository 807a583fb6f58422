/*
 * Small networks, at least one for every operator that the analysis knows, with their verdicts.
 * The unit test checks the verdicts; the probe runs the same networks and looks.
 */
#ifndef SEAM_TESTS_MODEL_CASES_H
#define SEAM_TESTS_MODEL_CASES_H

#include "field/analysis.h"
#include "onnx_builder.h"

struct model_case {
    const char *name;
    int opset;
    /*
     * Statements parted by semicolons:
     *   w NAME DIMS          random weights      f NAME VALUES   floats in one dimension
     *   i NAME VALUES        whole numbers       c NAME DIMS V   a tensor filled with V
     *   OP IN .. > OUT .. : ATTRIBUTES
     * The input is x (or x0, where the graph names it), 1,4,h,w; the output is y.
     */
    const char *graph;
    int scale_num, scale_den, alignment;
    int before, behind; /* field: left and top, right and bottom */
    int crop;           /* on all sides */
    enum seam_level level;
    const char *op;     /* of the first unbounded node; NULL: bounded */
};

extern const struct model_case model_cases[];
extern const size_t n_model_cases;

/* Operators of one input and one output that work element by element. */
extern const char *const model_unary[];
extern const size_t n_model_unary;

void model_case_build(const struct model_case *c, struct onnx_builder *b);
/* A convolution 3x3, the operator, a convolution 3x3. */
void model_unary_build(const char *op, struct onnx_builder *b);

#endif /* SEAM_TESTS_MODEL_CASES_H */
