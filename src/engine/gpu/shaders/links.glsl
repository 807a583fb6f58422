// The chain of links that ends an operation. Kinds are those of enum seam_link_kind; for each link the
// constants hold a, b and a list by channel. The functions are those of the native engine.
layout(std430, binding = 3) readonly buffer With0 { SOUT with0[]; };
layout(std430, binding = 4) readonly buffer With1 { SOUT with1[]; };
layout(std430, binding = 5) readonly buffer With2 { SOUT with2[]; };
layout(std430, binding = 6) readonly buffer With3 { SOUT with3[]; };

// Of each link its kind; and with what: 0 a constant, 1 a list, 2 .. 5 a tensor, 6 .. 9 the one
// channel of a tensor.
layout(constant_id = 32) const int LINKS = 0;
layout(constant_id = 33) const int KIND0 = 0;
layout(constant_id = 34) const int KIND1 = 0;
layout(constant_id = 35) const int KIND2 = 0;
layout(constant_id = 36) const int KIND3 = 0;
layout(constant_id = 37) const int KIND4 = 0;
layout(constant_id = 38) const int KIND5 = 0;
layout(constant_id = 39) const int WITH0 = 0;
layout(constant_id = 40) const int WITH1 = 0;
layout(constant_id = 41) const int WITH2 = 0;
layout(constant_id = 42) const int WITH3 = 0;
layout(constant_id = 43) const int WITH4 = 0;
layout(constant_id = 44) const int WITH5 = 0;

float exp_of(float v)
{
    precise const float x = clamp(v, -87.0, 87.0);
    precise const float moved = x * 1.44269504088896341 + 12582912.0;
    precise const float n = moved - 12582912.0;
    precise const float r = (x - n * 0.693359375) + n * 2.12194440e-4;
    precise float q = 1.9875691500e-4;
    q = q * r + 1.3981999507e-3;
    q = q * r + 8.3334519073e-3;
    q = q * r + 4.1665795894e-2;
    q = q * r + 1.6666665459e-1;
    q = q * r + 5.0000001201e-1;
    q = q * r * r + r + 1;
    return q * intBitsToFloat((int(n) + 127) << 23);
}

float whole_exp_of(float x)
{
    const float middle = exp_of(0.5 * x);
    return abs(x) > 87 ? middle * middle : exp_of(x);
}

float sigmoid_of(float x)
{
    return 1 / (1 + exp_of(-x));
}

float tanh_of(float x)
{
    precise const float a = abs(x), s = x * x;
    precise float q = -5.70498872745e-3;
    q = q * s + 2.06390887954e-2;
    q = q * s - 5.37397155531e-2;
    q = q * s + 1.33314422036e-1;
    q = q * s - 3.33332819422e-1;
    precise const float small = q * s * x + x;
    precise const float large = 1 - 2 / (exp_of(2 * a) + 1);
    return a < 0.625 ? small : x < 0 ? -large : large;
}

// Abramowitz and Stegun 7.1.26, to 1.5e-7; by its series where that would cancel.
float erf_of(float x)
{
    precise const float a = min(abs(x), 10.0), s = a * a, t = 1 / (1 + 0.3275911 * a);
    precise const float q =
        ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t;
    precise const float large = 1 - q * exp_of(-s);
    precise const float small = a * (1.1283791671 + s * (-0.3761263890 + s * (0.1128379167 +
                                s * (-0.0268661706 + s * 0.0052239776))));
    const float r = a < 0.5 ? small : large;
    return x < 0 ? -r : r;
}

float gelu_of(float x)
{
    return 0.5 * x * (1 + erf_of(x * 0.70710678118654752));
}

float gelu_tanh_of(float x)
{
    precise const float inner = 0.79788456080286536 * (x + 0.044715 * x * x * x);
    return 0.5 * x * (1 + tanh_of(inner));
}

// What is no number fails both comparisons and is kept.
float clip_of(float v, float lo, float hi)
{
    v = v < lo ? lo : v;
    return v > hi ? hi : v;
}

float link(int kind, float x, float a, float b, float o)
{
    precise float r = x;
    if (kind == 0) r = x < 0 ? 0 : x;
    else if (kind == 1) r = x < 0 ? o * x : x;
    else if (kind == 2) r = clip_of(x, a, b);
    else if (kind == 3) r = sigmoid_of(x);
    else if (kind == 4) r = x * sigmoid_of(a * x);
    else if (kind == 5) r = tanh_of(x);
    else if (kind == 6) r = x > 0 ? x : a * (exp_of(x) - 1);
    else if (kind == 7) r = clip_of(a * x + b, 0, 1);
    else if (kind == 8) r = x * clip_of(x * (1.0 / 6) + 0.5, 0, 1);
    else if (kind == 9) r = gelu_of(x);
    else if (kind == 10) r = gelu_tanh_of(x);
    else if (kind == 11) r = erf_of(x);
    else if (kind == 12) r = abs(x);
    else if (kind == 13) r = sqrt(x);
    else if (kind == 14) r = whole_exp_of(x);
    else if (kind == 15) r = max(x, 0) + log(1 + exp_of(-abs(x)));
    else if (kind == 16) r = x + o;
    else if (kind == 17) r = x - o;
    else if (kind == 18) r = o - x;
    else if (kind == 19) r = x * o;
    else if (kind == 20) r = x / o;
    else if (kind == 21) r = o / x;
    else if (kind == 22) r = x * x; // the power of 2 alone
    else if (kind == 24) r = x < o || isnan(x) ? x : o;
    else if (kind == 25) r = x > o || isnan(x) ? x : o;
    return r;
}

float other(int with, int at, int c, int pixel, int plane)
{
    if (with == 1) return constants[at + 2 + c];
    if (with == 2) return float(with0[(p.with.x + c) * plane + pixel]);
    if (with == 3) return float(with1[(p.with.y + c) * plane + pixel]);
    if (with == 4) return float(with2[(p.with.z + c) * plane + pixel]);
    if (with == 5) return float(with3[(p.with.w + c) * plane + pixel]);
    if (with == 6) return float(with0[p.with.x * plane + pixel]);
    if (with == 7) return float(with1[p.with.y * plane + pixel]);
    if (with == 8) return float(with2[p.with.z * plane + pixel]);
    if (with == 9) return float(with3[p.with.w * plane + pixel]);
    return constants[at];
}

float step_of(int i, int kind, int with, float v, int c, int pixel, int plane)
{
    const int at = p.chain + i * (2 + p.channels);
    return link(kind, v, constants[at], constants[at + 1], other(with, at, c, pixel, plane));
}

// Store sample x, y of channel c of the output.
void finish(float v, int c, int x, int y)
{
    const int pixel = y * p.out_size.x + x, plane = p.out_size.x * p.out_size.y;
    if (LINKS > 0) v = step_of(0, KIND0, WITH0, v, c, pixel, plane);
    if (LINKS > 1) v = step_of(1, KIND1, WITH1, v, c, pixel, plane);
    if (LINKS > 2) v = step_of(2, KIND2, WITH2, v, c, pixel, plane);
    if (LINKS > 3) v = step_of(3, KIND3, WITH3, v, c, pixel, plane);
    if (LINKS > 4) v = step_of(4, KIND4, WITH4, v, c, pixel, plane);
    if (LINKS > 5) v = step_of(5, KIND5, WITH5, v, c, pixel, plane);
    dst[c * plane + pixel] = SOUT(v);
}
