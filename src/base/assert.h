/* Invariants that stay in the shipped build: for places whose failure would write over memory or
 * give a wrong picture in silence. */
#ifndef SEAM_ASSERT_H
#define SEAM_ASSERT_H

/* End the process with file, line and `sentence`, which says what holds unless the code is wrong.
 * Never for what a file, a setting or the machine can bring about: those are errors. */
#define seam_assert(condition, sentence)                                                           \
    ((condition) ? (void)0 : seam_assert_failed(__FILE__, __LINE__, (sentence)))

_Noreturn void seam_assert_failed(const char *file, int line, const char *sentence);

#endif /* SEAM_ASSERT_H */
