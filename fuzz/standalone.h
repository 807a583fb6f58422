/*
 * A main() for a fuzz target, for replays and for bounded runs without a fuzzer:
 *
 *     TARGET FILE ...          run each file once
 *     TARGET --seeds FOLDER    write the seeds there
 *     TARGET --mutate N [S]    N random mutations of the seeds, from random state S
 *     TARGET --seconds N [S]   as many as N seconds allow
 */
#ifndef SEAM_FUZZ_STANDALONE_H
#define SEAM_FUZZ_STANDALONE_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A seed; the caller frees it. NULL behind the last. */
typedef void *seam_fuzz_seed(size_t number, size_t *size);

int seam_fuzz_main(int argc, char **argv, seam_fuzz_seed *seed);

#endif /* SEAM_FUZZ_STANDALONE_H */
