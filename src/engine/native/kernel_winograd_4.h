/* The transforms of Winograd's F(4x4, 3x3): 36 products a channel for 16 outputs, where the plain
 * sum takes 144. The points are 0, 1, -1, 2, -2 and infinity (Lavin and Gray 2016). */

/* One row of the input transform, B' d, stored to six slots. */
ALWAYS void winograd_4_in_row(float *to, size_t slot, const vf *d)
{
    const vf four = vsplat(4), two = vsplat(2), five = vsplat(-5);
    const vf p = vfma(vsplat(-4), d[2], d[4]);
    const vf q = vfma(vsplat(-4), d[1], d[3]);
    const vf r = d[4] - d[2];
    const vf s = d[3] - d[1];
    vstore(to, vfma(four, d[0], vfma(five, d[2], d[4])));
    vstore(to + slot, p + q);
    vstore(to + 2 * slot, p - q);
    vstore(to + 3 * slot, vfma(two, s, r));
    vstore(to + 4 * slot, vfma(vsplat(-2), s, r));
    vstore(to + 5 * slot, vfma(four, d[1], vfma(five, d[3], d[5])));
}

/* One vector of channels of one cell. Its rows are made one or two at a time: all 36 together would
 * not fit the registers. */
ALWAYS void winograd_4_in(const float *const *in, ptrdiff_t at, ptrdiff_t pitch, float *to,
                          size_t slot)
{
    vf d[6], e[6];
    UNROLL
    for (int k = 0; k < 6; k++) {
        const ptrdiff_t x = at + k * pitch;
        d[k] = vfma(vsplat(4), vload(in[0] + x),
                    vfma(vsplat(-5), vload(in[2] + x), vload(in[4] + x)));
    }
    winograd_4_in_row(to, slot, d);
    UNROLL
    for (int k = 0; k < 6; k++) {
        const ptrdiff_t x = at + k * pitch;
        const vf p = vfma(vsplat(-4), vload(in[2] + x), vload(in[4] + x));
        const vf q = vfma(vsplat(-4), vload(in[1] + x), vload(in[3] + x));
        d[k] = p + q;
        e[k] = p - q;
    }
    winograd_4_in_row(to + 6 * slot, slot, d);
    winograd_4_in_row(to + 12 * slot, slot, e);
    UNROLL
    for (int k = 0; k < 6; k++) {
        const ptrdiff_t x = at + k * pitch;
        const vf r = vload(in[4] + x) - vload(in[2] + x);
        const vf s = vload(in[3] + x) - vload(in[1] + x);
        d[k] = vfma(vsplat(2), s, r);
        e[k] = vfma(vsplat(-2), s, r);
    }
    winograd_4_in_row(to + 18 * slot, slot, d);
    winograd_4_in_row(to + 24 * slot, slot, e);
    UNROLL
    for (int k = 0; k < 6; k++) {
        const ptrdiff_t x = at + k * pitch;
        d[k] = vfma(vsplat(4), vload(in[1] + x),
                    vfma(vsplat(-5), vload(in[3] + x), vload(in[5] + x)));
    }
    winograd_4_in_row(to + 30 * slot, slot, d);
}

/* One row or column of the output transform, A' m: six in, four out. */
ALWAYS void winograd_4_out(const vf *m, vf *y)
{
    const vf p = m[1] + m[2], q = m[1] - m[2], r = m[3] + m[4], s = m[3] - m[4];
    y[0] = (m[0] + p) + r;
    y[1] = vfma(vsplat(2), s, q);
    y[2] = vfma(vsplat(4), r, p);
    y[3] = vfma(vsplat(8), s, q) + m[5];
}
