// A convolution as a product of matrices through shared memory: a group of invocations makes 16 x 8
// pixels of 8 * SLICES channels, each invocation 4 pixels of a row of 8 channels. Every sum is one
// chain: the bias, then channels, rows and columns of the window in order, wherever the pixel lies.
#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : enable
#include "common.glsl"
#include "links.glsl"
layout(local_size_x = 4, local_size_y = 8, local_size_z_id = 0) in;
layout(constant_id = 0) const int SLICES = 4; // invocations along the channels
layout(constant_id = 1) const int KX = 3;
layout(constant_id = 2) const int KY = 3;
layout(constant_id = 3) const int SX = 1;
layout(constant_id = 4) const int SY = 1;
layout(constant_id = 5) const int DX = 1;
layout(constant_id = 6) const int DY = 1;
layout(constant_id = 7) const int CHUNK = 8; // channels that lie in shared memory at once

const int WIDE = 15 * SX + (KX - 1) * DX + 1;
const int HIGH = 7 * SY + (KY - 1) * DY + 1;
const int AREA = WIDE * HIGH;
const int PART = CHUNK * KX * KY * SLICES * 2; // of the weights, in vec4

shared float patch_[CHUNK * AREA];
shared vec4 weights_[PART];

void load(int c0, int block, int id, int all, ivec2 corner)
{
    for (int i = id; i < CHUNK * AREA; i += all) {
        const int c = i / AREA, k = i - c * AREA, y = k / WIDE, x = k - y * WIDE;
        const int iy = corner.y + y, ix = corner.x + x;
        // Beyond the border lie zeros.
        const bool inside = c0 + c < p.in_channels && iy >= 0 && iy < p.in_size.y && ix >= 0 &&
                            ix < p.in_size.x;
        const int at = ((p.in_first + c0 + c) * p.in_size.y + iy) * p.in_size.x + ix;
        patch_[i] = inside ? float(src[inside ? at : 0]) : 0;
    }
    for (int i = id; i < PART; i += all) {
        const int at = p.weights + (block + i) * 4;
        weights_[i] = vec4(constants[at], constants[at + 1], constants[at + 2], constants[at + 3]);
    }
}

void main()
{
    const int lx = int(gl_LocalInvocationID.x), ly = int(gl_LocalInvocationID.y);
    const int lz = int(gl_LocalInvocationID.z), id = int(gl_LocalInvocationIndex);
    const ivec2 group = ivec2(gl_WorkGroupID.xy) + ivec2(0, p.row_groups);
    const ivec2 corner = group * ivec2(16 * SX, 8 * SY) + p.base;
    const int chunks = (p.in_channels + CHUNK - 1) / CHUNK;
    const int z = int(gl_WorkGroupID.z), c0 = (z * SLICES + lz) * 8;
    // The biases lie behind the weights of all slices.
    const int bias = p.weights + int(gl_NumWorkGroups.z) * chunks * PART * 4;
    precise vec4 sum[8]; // of a channel each: four pixels
    [[unroll]] for (int o = 0; o < 8; o++)
        sum[o] = vec4(constants[bias + c0 + o]);
    for (int chunk = 0; chunk < chunks; chunk++) {
        barrier();
        load(chunk * CHUNK, (z * chunks + chunk) * PART, id, 32 * SLICES, corner);
        barrier();
        for (int c = 0; c < CHUNK; c++)
            for (int ky = 0; ky < KY; ky++)
                for (int kx = 0; kx < KX; kx++) {
                    const int at = c * AREA + (ly * SY + ky * DY) * WIDE + lx * 4 * SX + kx * DX;
                    const int w = (((c * KY + ky) * KX + kx) * SLICES + lz) * 2;
                    const vec4 v = vec4(patch_[at], patch_[at + SX], patch_[at + 2 * SX],
                                        patch_[at + 3 * SX]);
                    const vec4 w0 = weights_[w], w1 = weights_[w + 1];
                    [[unroll]] for (int o = 0; o < 4; o++) {
                        sum[o] = fma(vec4(w0[o]), v, sum[o]);
                        sum[4 + o] = fma(vec4(w1[o]), v, sum[4 + o]);
                    }
                }
    }
    const int x0 = group.x * 16 + lx * 4, y = group.y * 8 + ly;
    if (y >= p.out_size.y)
        return;
    [[unroll]] for (int o = 0; o < 8; o++)
        if (c0 + o < p.out_channels)
            for (int i = 0; i < 4 && x0 + i < p.out_size.x; i++)
                finish(sum[o][i], p.out_first + c0 + o, x0 + i, y);
    count_dispatch();
}
