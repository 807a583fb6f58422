// Any convolution, one invocation a sample: for windows that do not fit in shared memory, and for
// groups of few channels. The sums are those of conv.comp.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "links.glsl"
layout(local_size_x = 64) in;
layout(constant_id = 1) const int KX = 3;
layout(constant_id = 2) const int KY = 3;
layout(constant_id = 3) const int SX = 1;
layout(constant_id = 4) const int SY = 1;
layout(constant_id = 5) const int DX = 1;
layout(constant_id = 6) const int DY = 1;
layout(constant_id = 7) const int GROUPS = 1;

void main()
{
    const int x = int(gl_GlobalInvocationID.x), y = int(gl_GlobalInvocationID.y) + p.row_groups;
    const int o = int(gl_GlobalInvocationID.z), each = p.in_channels / GROUPS;
    const int first = p.in_first + o / (p.out_channels / GROUPS) * each;
    if (x >= p.out_size.x)
        return;
    const int window = each * KX * KY;
    precise float sum = constants[p.weights + p.out_channels * window + o];
    int w = p.weights + o * window;
    for (int c = 0; c < each; c++)
        for (int ky = 0; ky < KY; ky++) {
            const int iy = y * SY + ky * DY + p.base.y;
            const int row = ((first + c) * p.in_size.y + iy) * p.in_size.x;
            for (int kx = 0; kx < KX; kx++) {
                const int ix = x * SX + kx * DX + p.base.x;
                const bool inside = iy >= 0 && iy < p.in_size.y && ix >= 0 && ix < p.in_size.x;
                const float v = inside ? float(src[inside ? row + ix : 0]) : 0;
                sum = fma(constants[w++], v, sum);
            }
        }
    finish(sum, p.out_first + o, x, y);
    count_dispatch();
}
