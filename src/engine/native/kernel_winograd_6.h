/* The transforms of Winograd's F(6x6, 3x3): 64 products a channel for 36 outputs, where the plain
 * sum takes 324. The points are 0, 1, -1, 2, -2, 1/2, -1/2 and infinity. On weights of trained
 * networks it rounds no worse than the smaller cell; on random ones it does. */

/* Two of the eight elements of B' d, which are made of the same sums: part 0 is the first and the
 * last, part k the two of the k-th pair of points. */
ALWAYS void winograd_6_in_part(const int part, const vf *d, vf *a, vf *b)
{
    if (part == 0) {
        *a = vfma(vsplat(5.25f), d[4] - d[2], d[0] - d[6]);
        *b = vfma(vsplat(5.25f), d[3] - d[5], d[7] - d[1]);
        return;
    }
    vf even, odd;
    if (part == 1) {
        even = vfma(vsplat(-4.25f), d[4], d[2] + d[6]);
        odd = vfma(vsplat(-4.25f), d[3], d[1] + d[5]);
    } else if (part == 2) {
        even = vfma(vsplat(0.25f), d[2], vfma(vsplat(-1.25f), d[4], d[6]));
        odd = vfma(vsplat(0.5f), d[1], vfma(vsplat(-2.5f), d[3], d[5] + d[5]));
    } else {
        even = vfma(vsplat(4), d[2], vfma(vsplat(-5), d[4], d[6]));
        odd = vfma(vsplat(2), d[1], vfma(vsplat(-2.5f), d[3], vsplat(0.5f) * d[5]));
    }
    *a = even + odd;
    *b = even - odd;
}

/* Where a part's elements lie. */
ALWAYS size_t winograd_6_first(const int part) { return part == 0 ? 0 : 2 * (size_t)part - 1; }
ALWAYS size_t winograd_6_second(const int part) { return part == 0 ? 7 : 2 * (size_t)part; }

ALWAYS void winograd_6_in_row(float *to, size_t slot, const vf *d)
{
    UNROLL
    for (int part = 0; part < 4; part++) {
        vf a, b;
        winograd_6_in_part(part, d, &a, &b);
        vstore(to + winograd_6_first(part) * slot, a);
        vstore(to + winograd_6_second(part) * slot, b);
    }
}

/* One vector of channels of one cell, two rows at a time: all 64 together would not fit the
 * registers. */
ALWAYS void winograd_6_in(const float *const *in, ptrdiff_t at, ptrdiff_t pitch, float *to,
                          size_t slot)
{
    UNROLL
    for (int part = 0; part < 4; part++) {
        vf a[8], b[8];
        UNROLL
        for (int k = 0; k < 8; k++) {
            const ptrdiff_t x = at + k * pitch;
            vf d[8];
            UNROLL
            for (int r = 0; r < 8; r++)
                d[r] = vload(in[r] + x);
            winograd_6_in_part(part, d, &a[k], &b[k]);
        }
        winograd_6_in_row(to + 8 * winograd_6_first(part) * slot, slot, a);
        winograd_6_in_row(to + 8 * winograd_6_second(part) * slot, slot, b);
    }
}

/* One row or column of the output transform, A' m: eight in, six out. */
ALWAYS void winograd_6_out(const vf *m, vf *y)
{
    const vf p1 = m[1] + m[2], q1 = m[1] - m[2];
    const vf p2 = m[3] + m[4], q2 = m[3] - m[4];
    const vf p3 = m[5] + m[6], q3 = m[5] - m[6];
    y[0] = ((m[0] + p1) + p2) + p3;
    y[1] = vfma(vsplat(0.5f), q3, vfma(vsplat(2), q2, q1));
    y[2] = vfma(vsplat(0.25f), p3, vfma(vsplat(4), p2, p1));
    y[3] = vfma(vsplat(0.125f), q3, vfma(vsplat(8), q2, q1));
    y[4] = vfma(vsplat(0.0625f), p3, vfma(vsplat(16), p2, p1));
    y[5] = vfma(vsplat(0.03125f), q3, vfma(vsplat(32), q2, q1)) + m[7];
}
