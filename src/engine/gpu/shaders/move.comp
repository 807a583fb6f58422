// What moves samples or mixes few of them; one invocation makes a sample.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "links.glsl"
layout(local_size_x = 64) in;
layout(constant_id = 0) const int WHAT = 0;
// CROP: steps. SHUFFLE: sides of the input's block. RESIZE: of its period. POOL: window, stride,
// dilation, and whether what lies beyond the border counts. PAD: how.
layout(constant_id = 1) const int AX = 1;
layout(constant_id = 2) const int AY = 1;
layout(constant_id = 3) const int BX = 1; // of the output's block or period
layout(constant_id = 4) const int BY = 1;
layout(constant_id = 5) const int CX = 1; // taps
layout(constant_id = 6) const int CY = 1;
layout(constant_id = 7) const int MODE = 0;

#define COPY 0
#define FILL 1
#define CROP 2
#define PAD 3
#define SHUFFLE 4
#define RESIZE 5
#define POOL_MOST 6
#define POOL_AVERAGE 7

float at(int c, int y, int x)
{
    return float(src[((p.in_first + c) * p.in_size.y + y) * p.in_size.x + x]);
}

// Of the constants, which hold whole numbers as well.
int whole(int i)
{
    return floatBitsToInt(constants[p.weights + i]);
}

// Where a place beyond the border is mirrored from: again where it lies farther than the picture is
// wide.
int mirror(int v, int n)
{
    if (n == 1)
        return 0;
    const int period = 2 * (n - 1);
    v %= period;
    v = v < 0 ? v + period : v;
    return v < n ? v : period - v;
}

float pad(int c, int y, int x)
{
    if (MODE == 0 && (x < 0 || y < 0 || x >= p.in_size.x || y >= p.in_size.y))
        return p.fill;
    if (MODE == 1)
        return at(c, mirror(y, p.in_size.y), mirror(x, p.in_size.x));
    return at(c, clamp(y, 0, p.in_size.y - 1), clamp(x, 0, p.in_size.x - 1));
}

float shuffle(int c, int y, int x)
{
    const int ty = y + p.base.y, tx = x + p.base.x, qy = ty / BY, qx = tx / BX;
    const int m = whole((c * BY + ty - qy * BY) * BX + tx - qx * BX);
    const int fx = m % AX, fy = m / AX % AY;
    return at(m / AX / AY, qy * AY + fy + p.in_base.y, qx * AX + fx + p.in_base.x);
}

// The tables: places and weights by row, then by column.
float resize(int c, int y, int x)
{
    const int ty = y + p.base.y, tx = x + p.base.x, qy = ty / BY, qx = tx / BX;
    const int ry = (ty - qy * BY) * CY, rx = 2 * BY * CY + (tx - qx * BX) * CX;
    precise float sum = 0;
    for (int v = 0; v < CY; v++) {
        const int iy = clamp(qy * AY + whole(ry + v) + p.in_base.y, 0, p.in_size.y - 1);
        for (int u = 0; u < CX; u++) {
            const int ix = clamp(qx * AX + whole(rx + u) + p.in_base.x, 0, p.in_size.x - 1);
            precise const float w = constants[p.weights + BY * CY + ry + v] *
                                    constants[p.weights + BX * CX + rx + u];
            precise const float one = w * at(c, iy, ix);
            sum = u + v == 0 ? one : sum + one;
        }
    }
    return sum;
}

float pool(int c, int y, int x)
{
    precise float r = WHAT == POOL_AVERAGE ? 0 : intBitsToFloat(0xff800000);
    int inside = 0;
    for (int v = 0; v < AY; v++)
        for (int u = 0; u < AX; u++) {
            const int iy = y * BY + v * CY + p.base.y, ix = x * BX + u * CX + p.base.x;
            if (iy < 0 || ix < 0 || iy >= p.in_size.y || ix >= p.in_size.x)
                continue;
            const float s = at(c, iy, ix);
            inside++;
            if (WHAT == POOL_AVERAGE)
                r += s;
            else
                r = s > r || isnan(s) ? s : r;
        }
    return WHAT == POOL_AVERAGE ? r / float(MODE != 0 ? AX * AY : inside) : r;
}

void main()
{
    const int x = int(gl_GlobalInvocationID.x), y = int(gl_GlobalInvocationID.y) + p.row_groups;
    const int c = int(gl_GlobalInvocationID.z);
    if (x >= p.out_size.x)
        return;
    float v = p.fill;
    if (WHAT == COPY) v = at(c, y, x);
    else if (WHAT == CROP) v = at(c, y * AY + p.base.y, x * AX + p.base.x);
    else if (WHAT == PAD) v = pad(c, y + p.base.y, x + p.base.x);
    else if (WHAT == SHUFFLE) v = shuffle(c, y, x);
    else if (WHAT == RESIZE) v = resize(c, y, x);
    else if (WHAT == POOL_MOST || WHAT == POOL_AVERAGE) v = pool(c, y, x);
    finish(v, p.out_first + c, x, y);
    count_dispatch();
}
