// What all shaders share. Tensors are planes of samples, one after the other: sample x, y of channel
// c lies at (c * height + y) * width + x. Half ones are float16 in memory alone: all is computed in
// float32.
#if defined(HALF_IN) || defined(HALF_OUT)
#extension GL_EXT_shader_16bit_storage : require
#endif
#ifdef HALF_IN
#define SIN float16_t
#else
#define SIN float
#endif
#ifdef HALF_OUT
#define SOUT float16_t
#else
#define SOUT float
#endif

layout(push_constant) uniform Push {
    ivec2 in_size, out_size; // width, height
    ivec2 base;              // of the input's coordinates, or of the place in a block
    ivec2 in_base;           // where a block begins in the input
    int in_first, in_channels;   // of the input's tensor
    int out_first, out_channels; // of the output's: those that are made here
    int channels;                // of the output's tensor
    int weights;                 // where in the constants, in floats
    int chain;                   // likewise: of the links
    float fill;
    ivec4 with;                  // first channels of the other tensors
    int row_groups;              // rows of groups that another dispatch makes before this one
} p;

layout(std430, binding = 0) readonly buffer In { SIN src[]; };
layout(std430, binding = 1) writeonly buffer Out { SOUT dst[]; };
layout(std430, binding = 2) readonly buffer Constants { float constants[]; };
layout(std430, binding = 7) buffer Guard { uint done[]; };

// Each dispatch counts itself, by the last of its groups: one that a driver left out, or ended early,
// is missing in the end.
void count_dispatch()
{
    if (gl_LocalInvocationIndex == 0 && gl_WorkGroupID == gl_NumWorkGroups - 1)
        atomicAdd(done[0], 1);
}
