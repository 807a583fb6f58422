#include <math.h>
#include <stdlib.h>

#include "base/common.h"
#include "field/sym.h"

/* Larger numbers come only from hostile files; staying below leaves room for a product. */
#define SYM_LIMIT ((int64_t)1 << 52)

int64_t seam_floor_div(int64_t num, int64_t den)
{
    return num / den - (num % den < 0);
}

int64_t seam_floor_mod(int64_t num, int64_t den)
{
    return num - seam_floor_div(num, den) * den;
}

static int64_t gcd_abs(int64_t a, int64_t b)
{
    return seam_gcd(llabs(a), llabs(b));
}

/* A product below the limit. */
static bool mul_small(int64_t a, int64_t b, int64_t *out)
{
    return !__builtin_mul_overflow(a, b, out) && llabs(*out) < SYM_LIMIT;
}

struct seam_sym seam_sym_unknown(void)
{
    return (struct seam_sym){ .den = 0 };
}

static struct seam_sym sym_reduce(struct seam_sym a)
{
    if (llabs(a.hw) >= SYM_LIMIT || llabs(a.h) >= SYM_LIMIT || llabs(a.w) >= SYM_LIMIT ||
        llabs(a.c) >= SYM_LIMIT || a.den <= 0 || a.den >= SYM_LIMIT)
        return seam_sym_unknown();
    int64_t g = gcd_abs(gcd_abs(gcd_abs(a.hw, a.h), gcd_abs(a.w, a.c)), a.den);
    return (struct seam_sym){ a.hw / g, a.h / g, a.w / g, a.c / g, a.den / g };
}

struct seam_sym seam_sym_const(int64_t value)
{
    return seam_sym_ratio(value, 1);
}

struct seam_sym seam_sym_stored(int64_t value)
{
    return seam_sym_const(seam_clamp(value, -((int64_t)1 << 50), (int64_t)1 << 50));
}

struct seam_sym seam_sym_ratio(int64_t num, int64_t den)
{
    if (num == INT64_MIN || llabs(num) >= SYM_LIMIT)
        return seam_sym_unknown();
    return sym_reduce((struct seam_sym){ .c = num, .den = den });
}

struct seam_sym seam_sym_side(int side)
{
    return (struct seam_sym){ .h = side == 0, .w = side == 1, .den = 1 };
}

struct seam_sym seam_sym_float(double value)
{
    if (!(fabs(value) < 1e12))
        return seam_sym_unknown();
    for (int64_t den = 1; den <= 1024; den++) {
        double num = round(value * (double)den);
        /* The file's number went through a float or a double. */
        if (num / (double)den == value || (double)(float)(num / (double)den) == value)
            return seam_sym_ratio((int64_t)num, den);
    }
    int exponent;
    double mantissa = frexp(value, &exponent);
    double scaled = ldexp(mantissa, 30);
    if (scaled != round(scaled) || exponent > 20 || exponent < -10)
        return seam_sym_unknown();
    return seam_sym_ratio((int64_t)ldexp(mantissa, 30 + (exponent > 0 ? exponent : 0)),
                          (int64_t)1 << (exponent > 0 ? 30 : 30 - exponent));
}

bool seam_sym_known(struct seam_sym a)
{
    return a.den != 0;
}

bool seam_sym_fixed(struct seam_sym a)
{
    return a.den && !a.hw && !a.h && !a.w;
}

bool seam_sym_whole(struct seam_sym a, int64_t *value)
{
    if (!seam_sym_fixed(a) || a.den != 1)
        return false;
    *value = a.c;
    return true;
}

bool seam_sym_is(struct seam_sym a, int64_t value)
{
    return seam_sym_fixed(a) && a.den == 1 && a.c == value;
}

bool seam_sym_equal(struct seam_sym a, struct seam_sym b)
{
    return a.den && a.den == b.den && a.hw == b.hw && a.h == b.h && a.w == b.w && a.c == b.c;
}

static bool sym_scale(struct seam_sym *a, int64_t k)
{
    return mul_small(a->hw, k, &a->hw) && mul_small(a->h, k, &a->h) && mul_small(a->w, k, &a->w) &&
           mul_small(a->c, k, &a->c);
}

struct seam_sym seam_sym_add(struct seam_sym a, struct seam_sym b)
{
    if (!a.den || !b.den)
        return seam_sym_unknown();
    int64_t g = seam_gcd(a.den, b.den), den;
    if (!sym_scale(&a, b.den / g) || !sym_scale(&b, a.den / g) ||
        !mul_small(a.den, b.den / g, &den))
        return seam_sym_unknown();
    return sym_reduce((struct seam_sym){ a.hw + b.hw, a.h + b.h, a.w + b.w, a.c + b.c, den });
}

struct seam_sym seam_sym_sub(struct seam_sym a, struct seam_sym b)
{
    if (!sym_scale(&b, -1))
        return seam_sym_unknown();
    return seam_sym_add(a, b);
}

struct seam_sym seam_sym_mul(struct seam_sym a, struct seam_sym b)
{
    if (!seam_sym_fixed(b)) {
        struct seam_sym t = a;
        a = b;
        b = t;
    }
    int64_t den;
    if (!a.den || !b.den || !mul_small(a.den, b.den, &den))
        return seam_sym_unknown();
    if (seam_sym_fixed(b)) {
        if (!sym_scale(&a, b.c))
            return seam_sym_unknown();
        a.den = den;
        return sym_reduce(a);
    }
    /* (h1 H + w1 W + c1)(h2 H + w2 W + c2), where no square may appear. */
    if (a.hw || b.hw || (a.h && b.h) || (a.w && b.w))
        return seam_sym_unknown();
    int64_t x[7];
    if (!mul_small(a.h, b.w, &x[0]) || !mul_small(a.w, b.h, &x[1]) || !mul_small(a.h, b.c, &x[2]) ||
        !mul_small(a.c, b.h, &x[3]) || !mul_small(a.w, b.c, &x[4]) || !mul_small(a.c, b.w, &x[5]) ||
        !mul_small(a.c, b.c, &x[6]))
        return seam_sym_unknown();
    return sym_reduce((struct seam_sym){ x[0] + x[1], x[2] + x[3], x[4] + x[5], x[6], den });
}

bool seam_sym_quotient(struct seam_sym a, struct seam_sym b, int64_t *num, int64_t *den)
{
    if (!a.den || !b.den)
        return false;
    int64_t top[4] = { a.hw, a.h, a.w, a.c }, bottom[4] = { b.hw, b.h, b.w, b.c };
    int pivot = 0;
    while (pivot < 4 && !bottom[pivot])
        pivot++;
    if (pivot == 4)
        return false;
    for (int i = 0; i < 4; i++) {
        int64_t l, r;
        if (!mul_small(top[i], bottom[pivot], &l) || !mul_small(top[pivot], bottom[i], &r) ||
            l != r)
            return false;
    }
    int64_t n, d;
    if (!mul_small(top[pivot], b.den, &n) || !mul_small(bottom[pivot], a.den, &d))
        return false;
    int64_t g = gcd_abs(n, d);
    *num = d < 0 ? -n / g : n / g;
    *den = llabs(d) / g;
    return true;
}

struct seam_sym seam_sym_div(struct seam_sym a, struct seam_sym b)
{
    int64_t num, den;
    if (!a.den || !b.den || (!b.c && seam_sym_fixed(b)))
        return seam_sym_unknown();
    if (seam_sym_fixed(b)) {
        struct seam_sym inverse =
            b.c < 0 ? seam_sym_ratio(-b.den, -b.c) : seam_sym_ratio(b.den, b.c);
        return seam_sym_mul(a, inverse);
    }
    if (seam_sym_quotient(a, b, &num, &den))
        return seam_sym_ratio(num, den);
    /* A product of height and width over one of them: try the factors that fit. */
    if (a.hw && !b.hw && b.h != 0 && !b.w) {
        struct seam_sym q = { .w = a.hw, .c = a.h, .den = 1 };
        struct seam_sym unit = seam_sym_ratio(b.den, 1),
                        over = seam_sym_mul(seam_sym_const(b.h), seam_sym_const(a.den));
        q = seam_sym_div(seam_sym_mul(q, unit), over);
        if (seam_sym_equal(seam_sym_mul(q, b), a))
            return q;
    }
    if (a.hw && !b.hw && b.w != 0 && !b.h) {
        struct seam_sym q = { .h = a.hw, .c = a.w, .den = 1 };
        struct seam_sym unit = seam_sym_ratio(b.den, 1),
                        over = seam_sym_mul(seam_sym_const(b.w), seam_sym_const(a.den));
        q = seam_sym_div(seam_sym_mul(q, unit), over);
        if (seam_sym_equal(seam_sym_mul(q, b), a))
            return q;
    }
    return seam_sym_unknown();
}

bool seam_align_demand(struct seam_align *align, int side, int64_t factor)
{
    if (factor <= 0 || factor > SEAM_ALIGN_LIMIT)
        return false;
    int64_t lcm = seam_lcm(align->side[side], factor);
    if (lcm > SEAM_ALIGN_LIMIT)
        return false;
    align->side[side] = lcm;
    return true;
}

struct seam_sym seam_sym_floor(struct seam_sym a, struct seam_align *align)
{
    if (!a.den)
        return a;
    if (a.h && !seam_align_demand(align, 0, a.den / gcd_abs(a.h, a.den)))
        return seam_sym_unknown();
    if (a.w && !seam_align_demand(align, 1, a.den / gcd_abs(a.w, a.den)))
        return seam_sym_unknown();
    /* An area: it is enough that one of the sides divides it. */
    int64_t rest = a.hw ? a.den / gcd_abs(a.hw, a.den) : 1;
    if (rest > 1) {
        rest /= seam_gcd(rest, align->side[1]);
        if (!seam_align_demand(align, 0, rest))
            return seam_sym_unknown();
    }
    int64_t c = seam_floor_div(a.c, a.den);
    if (!mul_small(c, a.den, &a.c))
        return seam_sym_unknown();
    return sym_reduce(a);
}

struct seam_sym seam_sym_ceil(struct seam_sym a, struct seam_align *align)
{
    struct seam_sym zero = seam_sym_const(0);
    return seam_sym_sub(zero, seam_sym_floor(seam_sym_sub(zero, a), align));
}

int seam_sym_sign(struct seam_sym a)
{
    if (!a.den)
        return 2;
    if (seam_sym_fixed(a))
        return (a.c > 0) - (a.c < 0);
    /* H and W are at least 1, so that the factors may carry a constant of the other sign. */
    int64_t least = a.hw + a.h + a.w + a.c;
    if (a.hw >= 0 && a.h >= 0 && a.w >= 0 && least > 0)
        return 1;
    if (a.hw <= 0 && a.h <= 0 && a.w <= 0 && least < 0)
        return -1;
    return 2;
}
