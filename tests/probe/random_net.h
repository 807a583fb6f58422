/* Random networks of layers that move, scale and mix samples. */
#ifndef SEAM_TESTS_RANDOM_NET_H
#define SEAM_TESTS_RANDOM_NET_H

#include "onnx_builder.h"

/* Two to six layers on four channels, from x to y; the same for the same `seed`. */
void random_net_build(uint32_t seed, struct onnx_builder *b);

#endif /* SEAM_TESTS_RANDOM_NET_H */
